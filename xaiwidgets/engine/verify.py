"""Whether an explanation can be had again: the same request on a model at hand, and what comes out differently."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from xaiwidgets.engine.explain import adapter
from xaiwidgets.engine.job import Job
from xaiwidgets.engine.limits import LIMITS, Limits
from xaiwidgets.engine.request import ABSENCE, Explainable, requested
from xaiwidgets.engine.run import Run
from xaiwidgets.errors import InputError
from xaiwidgets.explanation import Explanation, Verification

TOLERANCE = 1e-4
"""A share of the largest value: what float32 and another batch size change."""


def verify(
    e: Explanation, model: Explainable, x: Any = None, *, tolerance: float = TOLERANCE, **request: Any
) -> Verification:
    """Compute an explanation again, by its method, options, seed and evaluations, and compare.

    Args:
        e: the explanation.
        model: an adapter.
        x: the input; a text or a table's row need not be given, for the explanation holds them.
        tolerance: how far values may differ, as a share of the largest one; half precision needs more.
        **request: what an explanation cannot hold: a baseline that is no text, a background, a Captum class as method.

    Raises:
        InputError: the explanation names no method of ours, or the input is needed.
        MethodError: the method does not fit the model.
    """
    if not e.method or not e.evaluations:
        msg = "This explanation was made from given numbers; only one that xaiwidgets computed can be verified."
        raise InputError(msg)
    asked = _asked(e, request)
    explainable = adapter(model)
    wanted = requested(explainable, asked.pop("method", e.method), asked)
    given = _input(e) if x is None else x

    def begin(_: object) -> Run:
        run = wanted.begin(explainable, given, target_of(e))
        run.pace.halt = e.evaluations
        return run

    def halt(job: Job) -> None:
        if isinstance(job.run, Run) and job.run.pace.evaluations >= e.evaluations:
            job.cancel()

    # What ended it, a tolerance, a time or a person, would end it elsewhere this time; its evaluations say where.
    budget: Any = e.parameters.get("budget")
    limits = Limits(tolerance=0.0, budget=budget, within=float("inf") if "within" in e.parameters else None)
    again = Job(begin, limits, on_update=halt).result()
    if again.features != e.features:
        msg = (
            f"The explanation has {len(e.features)} features and the model reads {len(again.features)} in this input, "
            "or others; give the input that was explained."
        )
        raise InputError(msg)
    return _compared(e, again, tolerance)


def _asked(e: Explanation, request: Mapping[str, Any]) -> dict[str, Any]:
    """The request that made it, as far as it was kept."""
    asked = {"seed": e.seed, **{name: value for name, value in e.parameters.items() if name not in LIMITS}, **request}
    for name in ABSENCE:
        if name in asked and asked[name] is None:
            msg = f"The explanation was made with a {name}= that it does not hold; give the same {name}= again."
            raise InputError(msg)
    return asked


def _input(e: Explanation) -> Any:
    kind = e.input.get("kind")
    if kind == "text" and e.input.get("prompt") is None:
        return e.input["text"]
    if kind == "table" and "row" in e.input:
        return dict(zip(e.input["columns"], e.input["row"], strict=True))
    what = "the picture" if kind == "image" else "the continuation" if kind == "text" else "the data"
    msg = f"The explanation does not hold {what} as it was given; give the same again: e.verify(model, x)."
    raise InputError(msg)


def target_of(e: Explanation) -> Any:
    """The target as the adapter reads it: an encoder's is a text, all others have numbers."""
    named = e.outputs is not None and e.outputs.kind == "similarity"
    numbers = tuple(number for number in e.targets if number >= 0)
    chosen = ((e.target, e.contrast) if e.contrast is not None else (e.target,)) if named else numbers
    return chosen[0] if len(chosen) == 1 else chosen or None


def _compared(e: Explanation, again: Explanation, tolerance: float) -> Verification:
    scale = float(np.nanmax(np.abs(again.values), initial=0.0)) or 1.0
    apart = np.abs(again.values - e.values)[~(np.isnan(again.values) & np.isnan(e.values))]
    # A value that only one of the two has is as different as can be.
    difference = float(np.nan_to_num(apart, nan=scale).max(initial=0.0)) / scale
    differs = []
    if difference > tolerance:
        differs.append(f"A value differs by {100 * difference:.2g} % of the largest.")
    score = abs(again.output - e.output)
    if score > tolerance * max(abs(e.output), scale):
        differs.append(f"The score of the input was {e.output:.6g} and is {again.output:.6g}.")
    agrees = not differs
    for name in sorted({*e.provenance, *again.provenance}):
        was, now = e.provenance.get(name, "unknown"), again.provenance.get(name, "unknown")
        if was != now:
            what = _IDENTITY.get(name, f"The version of {name}")
            differs.append(f"{what} was {was} and is {now}.")
    return Verification(agrees=agrees, difference=difference, differs=tuple(differs), again=again)


_IDENTITY = {"model": "The model's class", "weights": "The weights' fingerprint"}
