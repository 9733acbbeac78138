"""What a saliency overlay tells of its models and of the picture's regions, the same for all panels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from xaiwidgets.engine.problem import Problem
from xaiwidgets.errors import InputError
from xaiwidgets.explanation import Explanation, Outputs
from xaiwidgets.widgets.saliency_claims import asked_about
from xaiwidgets.widgets.saliency_panel import Panel
from xaiwidgets.widgets.saliency_wire import wired_regions, wired_top


class Said:
    """What was told so far.

    Attributes:
        facts: of each model, as the browser is told; see `ModelFacts` in wire.ts.
    """

    def __init__(self) -> None:
        self.facts: list[dict[str, Any]] = []
        self._ids: list[set[int]] = []
        self._first: tuple[tuple[str, ...], Mapping[str, Any]] | None = None

    def describe(self, facts: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """What is told of the models beside their outputs and layers; gives the trait."""
        self.facts = [dict(one) for one in facts]
        self.anew()
        return [dict(one) for one in self.facts]

    def anew(self) -> None:
        """The picture is another one."""
        self._ids, self._first = [set() for _ in self.facts], None

    def of_problem(self, panel: Panel, problem: Problem, *, picture: int) -> dict[str, Any]:
        """The traits with the regions, and what a model says, of what it was asked.

        Raises:
            InputError: see `_fit`.
        """
        self._fit(problem.features, problem.input)
        absent = None if problem.veil is None else problem.veil.absent.cpu().numpy()
        regions = wired_regions(problem.input, problem.features, picture=picture, absent=absent)
        return {"_regions": regions, **self._outputs(panel, problem.outputs, asked_about(problem), picture)}

    def of_explanation(
        self, panel: Panel, e: Explanation, absent: npt.NDArray[np.uint8] | None, *, picture: int
    ) -> dict[str, Any]:
        """The same of a finished explanation.

        Args:
            panel: that shows it.
            e: the explanation.
            absent: what there is where regions are absent, uint8 [H, W, 3], or None where nobody can say.
            picture: its number on the wire.

        Raises:
            InputError: see `_fit`.
        """
        self._fit(e.features, e.input)
        regions = wired_regions(e.input, e.features, picture=picture, absent=absent)
        outputs = {} if e.outputs is None else self._outputs(panel, e.outputs, list(e.targets), picture)
        return {"_regions": regions, **outputs}

    def asks_layers(self, model: int) -> bool:
        """Whether the model's layers are not told yet, and some method looks at one."""
        return not self.facts[model].get("layers") and bool(self.facts[model].get("layered"))

    def of_layers(self, model: int, found: Mapping[str, Sequence[int]]) -> dict[str, Any]:
        """The trait with a model's layers, by name, with the shape of their maps."""
        self.facts[model]["layers"] = [{"name": name, "shape": list(shape)} for name, shape in found.items()]
        return {"_models": [dict(one) for one in self.facts]}

    def _outputs(self, panel: Panel, outputs: Outputs, ids: Sequence[int], picture: int) -> dict[str, Any]:
        """What the model says, with every output that a panel asks about."""
        self._ids[panel.model].update(ids)
        self.facts[panel.model]["outputs"] = wired_top(outputs, sorted(self._ids[panel.model]), picture=picture)
        return {"_models": [dict(one) for one in self.facts]}

    def _fit(self, features: tuple[str, ...], given: Mapping[str, Any]) -> None:
        """Refuse features that are other ones than the first panel's.

        Raises:
            InputError: they are, or they do not lie over the picture.
        """
        if given.get("kind") != "image":
            msg = (
                f"This panel's {len(features)} features lie inside the model and not over the picture; choose a layer "
                "whose cells do, such as a convolution, or leave units= and neuron= out."
            )
            raise InputError(msg)
        if self._first is None:
            self._first = (features, given)
        names, first = self._first
        if names != features or (given["grid"] is None and not np.array_equal(first["regions"], given["regions"])):
            msg = (
                f"This panel has {len(features)} regions and the first one {len(names)}, or other ones; give the "
                "models the same grid=, so that they can be compared."
            )
            raise InputError(msg)
