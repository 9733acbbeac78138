"""The catalogue: every method there is, family by family.

A new method is one generator and one `Method` at the end of its family's file; a new family is one row here.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any, Protocol

from xaiwidgets.engine import (
    attention,
    attn_lrp,
    banzhaf,
    cam,
    captum_bridge,
    conductance,
    expected_gradients,
    global_importance,
    gradients,
    hierarchical,
    integrated_gradients,
    interactions,
    kernel_shap,
    lime,
    occlusion,
    permutation_importance,
    rise,
    score_cam,
    shapley,
    smoothing,
    xrai,
)
from xaiwidgets.engine.captum_algorithms import named_by_captum
from xaiwidgets.engine.method import Method
from xaiwidgets.errors import MethodError

FAMILIES = (
    integrated_gradients,
    gradients,
    kernel_shap,
    occlusion,
    shapley,
    hierarchical,
    lime,
    banzhaf,
    interactions,
    attention,
    attn_lrp,
    cam,
    score_cam,
    conductance,
    smoothing,
    xrai,
    expected_gradients,
    captum_bridge,
    rise,
    permutation_importance,
    global_importance,
)

METHODS: dict[str, Method] = {method.name: method for family in FAMILIES for method in family.METHODS}


_NEEDS = {
    "game": "coalitions of features",
    "field": "gradients",
    "inside": "a torch module to look into",
    "attention": "attention weights",
    "maps": "a layer whose cells lie over a picture",
    "veil": "a picture",
    "positions": "features that lie side by side",
    "scored": "a table whose columns can be shuffled (see xw.permutation_importance)",
    "inputs": "a whole data set (see xw.global_importance)",
}


class Faced(Protocol):
    """A model with faces. It may name a `default_method`, where the first of the catalogue would serve it badly.

    Beside the faces of a `Problem`, "positions" is among them where features lie side by side, and "background" where
    the model brings inputs that stand for an absent one.
    """

    @property
    def faces(self) -> frozenset[str]:
        """The faces of its problems."""


def fitting(model: Faced) -> list[Method]:
    """The methods that work on this model's problems, the default one first."""
    first = getattr(model, "default_method", None)
    fit = [method for method in METHODS.values() if method.needs <= model.faces]
    return sorted(fit, key=lambda method: method.name != first)


def find(name: Any, model: Faced, options: dict[str, Any]) -> Method:
    """The method called `name` (None: the model's default), or an algorithm of Captum's by its class.

    Raises:
        MethodError: when it is unknown, needs a face the model does not have, or lacks one of the options.
    """
    fit = [method.name for method in fitting(model)]
    if name is None:
        name = fit[0]
    captums = named_by_captum(name)
    if not captums and (not isinstance(name, str) or name not in METHODS):
        close = get_close_matches(str(name), METHODS, n=1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        msg = f"There is no method {name!r}: {hint}For this model choose one of {', '.join(fit)}."
        raise MethodError(msg)
    method = captum_bridge.captum_method(name, frozenset(model.faces)) if captums else METHODS[name]
    name = method.name
    # A background may come with the input; if it does not, the method says so.
    missing = [need for need in _NEEDS if need in method.needs - model.faces]
    if missing:
        what = _NEEDS[missing[0]]
        msg = f"{name!r} needs {what}, which this model does not give; choose one of {', '.join(fit)}."
        raise MethodError(msg)
    unknown = sorted(set(options) - method.options)
    if unknown:
        has = ", ".join(sorted(method.options - {"seed"})) or "none"
        msg = f"{name!r} has no option {unknown[0]!r}; its options are: {has}."
        raise MethodError(msg)
    return method
