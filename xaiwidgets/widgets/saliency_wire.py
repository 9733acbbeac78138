"""How pictures' explanations travel to the browser; js/src/widgets/saliency_overlay/wire.ts is the other end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from xaiwidgets.engine.measuring import Measuring
from xaiwidgets.engine.methods import fitting
from xaiwidgets.engine.request import Explainable
from xaiwidgets.errors import InputError
from xaiwidgets.explanation import Explanation, Outputs
from xaiwidgets.models.picture import read_picture
from xaiwidgets.trust import Faithfulness
from xaiwidgets.widgets.array import wire
from xaiwidgets.widgets.badge import badge
from xaiwidgets.widgets.layout import wired_outputs
from xaiwidgets.widgets.saliency_picture import at_most, encoded
from xaiwidgets.words import described

UNKNOWN = -32768
FINEST = 256
"""Rows and columns of a map that travels: as fine as it is drawn."""

TOP = 20
"""Outputs that travel; a thousand classes would be forty kilobytes at each picture."""


def wired_map(heat: npt.NDArray[Any]) -> dict[str, Any]:
    """A map, float [h, w], in 16 bits and at most 256 rows and columns; NaN stays unknown."""
    coarse = _shrunk(np.asarray(heat, dtype=np.float32))
    known = np.isfinite(coarse)
    largest = float(np.abs(coarse[known]).max()) if known.any() else 0.0
    scale = largest / 32767 if largest > 0 else 1.0
    codes = np.where(known, np.rint(np.where(known, coarse, 0.0) / scale), UNKNOWN)
    return {"codes": wire(codes, np.int16), "scale": scale}


def wired_regions(
    given: Mapping[str, Any], names: Sequence[str], *, picture: int, absent: npt.NDArray[np.uint8] | None
) -> dict[str, Any]:
    """The features of a picture, and what shows where they are absent; see `ImageClassifier.problem`."""
    grid = given["grid"]
    return {
        "picture": picture,
        "count": len(names),
        "grid": None if grid is None else list(grid),
        "labels": wire(at_most(given["regions"]), np.uint16) if grid is None else None,
        "names": list(names),
        "absent": None if absent is None else encoded(read_picture(at_most(absent))).wired,
    }


def wired_top(outputs: Outputs, ids: Sequence[int], *, picture: int) -> dict[str, Any]:
    """The highest outputs, and those that are asked about."""
    order = sorted(range(len(outputs.ids)), key=lambda place: -outputs.scores[place])
    wanted = set(ids)
    kept = [place for rank, place in enumerate(order) if rank < TOP or outputs.ids[place] in wanted]
    part = replace(
        outputs,
        labels=tuple(outputs.labels[place] for place in kept),
        ids=tuple(outputs.ids[place] for place in kept),
        scores=tuple(outputs.scores[place] for place in kept),
        probabilities=None if outputs.probabilities is None else tuple(outputs.probabilities[place] for place in kept),
    )
    return wired_outputs(picture, part)


def wired_estimate(e: Explanation, *, panel: int, picture: int, run: int, state: str) -> dict[str, Any]:
    """What a panel shows."""
    heat = e.details.get("map")
    layer = e.details.get("layer", e.parameters.get("layer"))
    return {
        **nothing(panel=panel, picture=picture, run=run, method=e.method, state=state),
        "target": e.target,
        "contrast": e.contrast,
        "targets": list(e.targets),
        "layer": layer if isinstance(layer, str) else None,
        "values": wire(e.values, np.float32),
        "error": wire(e.error, np.float32),
        "map": None if heat is None else wired_map(heat),
        "unit": e.unit,
        "signed": e.signed,
        "output": finite(e.output),
        "baseline_output": finite(e.baseline_output),
        "evaluations": e.evaluations,
        "seconds": e.seconds,
        "relative_error": finite(e.relative_error),
        "error_kind": e.error_kind,
        "stopped_by": None if state == "running" else e.stopped_by,
        "notes": list(e.notes),
        "trust": {} if e.faithfulness is None else badge(e.faithfulness, run=run),
    }


def nothing(*, panel: int, picture: int, run: int, method: str, state: str, fault: str | None = None) -> dict[str, Any]:
    """A panel that has no numbers yet, or none at all."""
    none = wire(np.empty(0), np.float32)
    return {
        "panel": panel,
        "picture": picture,
        "run": run,
        "method": method,
        "target": "",
        "contrast": None,
        "targets": [],
        "layer": None,
        "values": none,
        "error": none,
        "map": None,
        "unit": "",
        "signed": False,
        "output": None,
        "baseline_output": None,
        "evaluations": 0,
        "seconds": 0.0,
        "relative_error": None,
        "error_kind": "unknown",
        "state": state,
        "stopped_by": None,
        "notes": [],
        "fault": fault,
        "trust": {},
    }


def wired_game(measured: Measuring, order: Sequence[int], *, panel: int, picture: int, run: int) -> dict[str, Any]:
    """The deletion and the insertion game, as far as they are played."""
    found = measured.outcome()
    curves = {} if found is None else found.curves
    share = curves.get("share", np.empty(0))
    told: dict[str, Any] = {
        "panel": panel,
        "picture": picture,
        "run": run,
        "order": list(order),
        "steps": np.rint(share * len(order)).astype(int).tolist(),
        "done": measured.stopped_by is not None,
    }
    for name in ("deletion", "insertion"):
        told[name] = wire(curves.get(name, np.empty(0)), np.float32)
        band = [curves.get(f"{name}.{end}") for end in ("low", "random", "high")]
        known = [one for one in band if one is not None and np.isfinite(one).all()]
        told[f"random_{name}"] = wire(np.stack(known), np.float32) if len(known) == 3 else None
        measure = None if found is None else found.measures.get(name)
        areas = () if measure is None else (measure.value, measure.random, measure.low, measure.high)
        told[f"{name}_area"] = list(areas) if areas and np.isfinite(areas).all() else None
    return told


def frame_facts(e: Explanation | None, *, state: str, fault: str | None = None) -> dict[str, Any]:
    """What the film says of a picture."""
    outputs = None if e is None else e.outputs
    label, score = "", None
    if outputs is not None and outputs.ids:
        best = max(range(len(outputs.scores)), key=lambda place: outputs.scores[place])
        label = outputs.labels[best]
        score = (outputs.scores if outputs.probabilities is None else outputs.probabilities)[best]
    trust: Faithfulness | None = None if e is None else e.faithfulness
    return {
        "state": state,
        "label": label,
        "score": score,
        "trust": {} if trust is None else badge(trust, run=0),
        "fault": fault,
    }


def facts_of(name: str, model: Explainable) -> dict[str, Any]:
    """What is told of a model before it has said anything."""
    fit = fitting(model)
    return {
        "name": name,
        "methods": [words for one in fit for words in described(one.name)],
        "layers": [],
        "layered": [one.name for one in fit if one.face == "maps"],
        "hides": True,
        "outputs": {},
    }


def facts_of_finished(names: Iterable[str]) -> dict[str, Any]:
    """The same where no model is there, of the methods that the maps were made by."""
    methods = [words for name in dict.fromkeys(names) for words in described(name)]
    return {"name": "", "methods": methods, "layers": [], "layered": [], "hides": False, "outputs": {}}


def read_cover(told: Mapping[str, Any]) -> npt.NDArray[np.bool_]:
    """What a person painted, bool [h, w]; see `Cover` in wire.ts.

    Raises:
        InputError: it has another size than it says.
    """
    height, width = int(told["height"]), int(told["width"])
    runs = np.asarray(told["runs"], dtype=np.int64)
    if runs.ndim != 1 or (runs < 0).any() or runs.sum() != height * width:
        msg = f"A cover of {int(runs.sum())} pixels was told for {height} × {width}; paint again."
        raise InputError(msg)
    covered: npt.NDArray[np.bool_] = np.repeat(np.arange(len(runs)) % 2 == 1, runs).reshape(height, width)
    return covered


def finite(value: float) -> float | None:
    """The number, or None where it is none."""
    return float(value) if np.isfinite(value) else None


def _shrunk(heat: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The same map with at most 256 rows and columns: means of what is known in each block."""
    if max(heat.shape) <= FINEST:
        return heat
    known = np.isfinite(heat)
    sums, counts = np.where(known, heat, 0.0).astype(np.float64), known.astype(np.float64)
    for axis, size in enumerate(heat.shape):
        if size > FINEST:
            edges = np.arange(FINEST) * size // FINEST
            sums, counts = (np.add.reduceat(one, edges, axis=axis) for one in (sums, counts))
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan).astype(np.float32)
