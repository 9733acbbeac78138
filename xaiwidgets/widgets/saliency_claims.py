"""What a person asks of a model to test what a map claims: without a part of the picture, and inside a layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from xaiwidgets.engine.behind import behind
from xaiwidgets.engine.map_ranking import ranked_maps
from xaiwidgets.engine.problem import Problem
from xaiwidgets.engine.request import Explainable
from xaiwidgets.errors import InputError
from xaiwidgets.widgets.saliency_panel import Panel
from xaiwidgets.widgets.saliency_picture import at_most
from xaiwidgets.widgets.saliency_wire import wired_top

FILLS = ("baseline", "blur", "mean", "noise")


class Claims:
    """The questions about one picture."""

    def __init__(self, models: Sequence[Explainable], picture: Any, request: Mapping[str, Any]) -> None:
        """Prepare; nothing runs yet.

        Args:
            models: the adapters.
            picture: what they look at.
            request: "baseline" and "regions" of it are what an absent region shows and what the regions are.
        """
        self._models = models
        self._picture = picture
        self._request = request
        self._problems: dict[tuple[Any, ...], Problem] = {}

    def problem(self, panel: Panel, *, fill: str = "baseline") -> Problem:
        """The panel's question with parts of the picture that show `fill` where they are absent."""
        key = (panel.model, panel.target, fill)
        if key not in self._problems:
            kept = ("baseline", "regions")
            given = {name: self._request[name] for name in kept if self._request.get(name) is not None}
            absence = given if fill == "baseline" else {**given, "baseline": fill}
            model, picture = self._models[panel.model], self._picture
            self._problems[key] = model.problem(picture, panel.target, **absence)
        return self._problems[key]

    def hidden(
        self, panel: Panel, cover: npt.NDArray[np.bool_], fill: str, *, picture: int
    ) -> tuple[dict[str, Any], npt.NDArray[np.uint8]]:
        """What the model says with a part of the picture hidden: one forward pass.

        Args:
            panel: whose model and target.
            cover: bool [h, w], true where it is hidden.
            fill: what the part shows.
            picture: its number on the wire.

        Raises:
            InputError: no such fill.
        """
        if fill not in FILLS:
            msg = f"fill={fill!r} was asked for; choose from {', '.join(FILLS)}."
            raise InputError(msg)
        problem = self.problem(panel, fill=fill)
        found = behind(problem, cover)
        ids = asked_about(problem)
        told = {
            "outputs": wired_top(found.outputs, [*ids, *_top_ids(problem)], picture=picture),
            "output": found.output,
            "before": problem.output,
        }
        return told, at_most(found.picture)

    def features(self, panel: Panel, layer: str | None) -> tuple[dict[str, Any], npt.NDArray[np.uint8]]:
        """A layer's maps that count most for a panel's target."""
        found = ranked_maps(self.problem(panel), layer)
        low, high = found.maps.min((1, 2), keepdims=True), found.maps.max((1, 2), keepdims=True)
        codes = np.rint(255 * (found.maps - low) / np.where(high > low, high - low, 1)).astype(np.uint8)
        told = {
            "layer": found.layer,
            "units": found.units.tolist(),
            "contributions": found.contributions.tolist(),
            "total": found.total,
        }
        return told, codes


def asked_about(problem: Problem) -> list[int]:
    """The outputs that a problem is about."""
    target = problem.target
    return [index for index in (target.index, target.contrast_index) if index is not None]


def _top_ids(problem: Problem) -> list[int]:
    outputs = problem.outputs
    order = sorted(range(len(outputs.ids)), key=lambda place: -outputs.scores[place])
    return [outputs.ids[place] for place in order[:5]]
