"""Where a request looks: at the input, at a layer inside the model, or at one neuron of a layer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xaiwidgets.engine.feature_maps import maps_at
from xaiwidgets.engine.layer_problem import at_layer
from xaiwidgets.engine.method import Method
from xaiwidgets.engine.neuron_problem import at_neuron, through_neuron
from xaiwidgets.engine.problem import Problem
from xaiwidgets.errors import MethodError

VIEW = ("layer", "units", "neuron")
"""The options that ask inside the model."""


def check_view(method: Method, view: Mapping[str, Any]) -> None:
    """Refuse a method that cannot look at a layer.

    Args:
        method: the method.
        view: those of `VIEW` that were given.

    Raises:
        MethodError: the method looks at the input alone, or there is no layer for the units or the neuron.
    """
    if view and "layer" not in view:
        given = next(iter(view))
        msg = f"{given}={view[given]!r} was given without a layer; add layer=, xw.layers(model, x) lists them."
        raise MethodError(msg)
    if "units" in view and "neuron" in view:
        raise MethodError("units= says what the features of a layer are, but neuron= asks about the input's; give one.")
    if method.face == "maps" and ("units" in view or "neuron" in view):
        given = "units" if "units" in view else "neuron"
        msg = f"{method.name!r} has no {given}=: it weighs all the maps of a layer; leave {given}= out."
        raise MethodError(msg)
    if "layer" in view and "neuron" not in view and not (method.face in {"field", "maps"} or method.layered):
        msg = (
            f"{method.name!r} looks at the input and not at a layer; leave layer= out, or choose a method of "
            "gradients, such as 'integrated_gradients' or 'conductance'."
        )
        raise MethodError(msg)


def viewed(
    problem: Problem, method: Method, *, layer: str | None = None, units: Any = None, neuron: Any = None
) -> Problem:
    """The problem as it is, at a layer, with its maps, about a neuron, or for conductance through a neuron."""
    if method.face == "maps":
        return maps_at(problem, layer)
    if layer is None:
        return problem
    if neuron is None:
        return at_layer(problem, layer, units)
    return through_neuron(problem, layer, neuron) if method.name == "conductance" else at_neuron(problem, layer, neuron)
