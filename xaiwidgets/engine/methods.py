"""The catalogue: what each method is called, which face it plays, and when it is good enough.

A new method is one generator in a file of its family and one entry here.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Literal, Protocol

from xaiwidgets.engine.estimate import Estimate
from xaiwidgets.engine.gradients import input_x_gradient, saliency
from xaiwidgets.engine.integrated_gradients import integrated_gradients
from xaiwidgets.engine.occlusion import occlusion
from xaiwidgets.engine.shapley import permutation_shap
from xaiwidgets.errors import MethodError
from xaiwidgets.words import words


@dataclass(frozen=True, kw_only=True)
class Method:
    """One way to attribute a score to features; its title and summary are in `words.json`.

    Attributes:
        name: what users write.
        face: the face of a `Problem` that it works on.
        estimates: maps (face, pace, **options) to ever better estimates. It yields after every model
            call, so that whoever drives it can stop, show and resume.
        tolerance: the relative error at which it stops when nothing else is asked for.
        budget: the evaluations at which it stops when nothing else is asked for.
        signed: whether the sign of a value says which way the feature moved the score.
    """

    name: str
    face: Literal["game", "field"]
    estimates: Callable[..., Iterator[Estimate]]
    tolerance: float | None = None
    budget: int | None = None
    signed: bool = True
    options: frozenset[str] = field(init=False)

    @property
    def summary(self) -> str:
        """One line on what its values mean."""
        return words("en")[f"method.{self.name}.summary"]

    def __post_init__(self) -> None:
        parameters = inspect.signature(self.estimates).parameters.values()
        object.__setattr__(self, "options", frozenset(p.name for p in parameters if p.kind is p.KEYWORD_ONLY))


METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method(
            name="integrated_gradients",
            face="field",
            estimates=integrated_gradients,
            tolerance=0.02,
            budget=260,
        ),
        Method(
            name="input_x_gradient",
            face="field",
            estimates=input_x_gradient,
        ),
        Method(
            name="saliency",
            face="field",
            estimates=saliency,
            signed=False,
        ),
        Method(
            name="occlusion",
            face="game",
            estimates=occlusion,
        ),
        Method(
            name="permutation_shap",
            face="game",
            estimates=permutation_shap,
            tolerance=0.1,
            budget=2000,
        ),
    )
}


class Faced(Protocol):
    """A model with faces. It may name a `default_method`, where the first of the catalogue would serve it badly."""

    @property
    def faces(self) -> frozenset[str]:
        """The faces of its problems."""


def fitting(model: Faced) -> list[Method]:
    """The methods that work on this model's problems, the default one first."""
    first = getattr(model, "default_method", None)
    fit = [method for method in METHODS.values() if method.face in model.faces]
    return sorted(fit, key=lambda method: method.name != first)


def find(name: str | None, model: Faced, options: dict[str, Any]) -> Method:
    """The method called `name` (None: the model's default).

    Raises:
        MethodError: when it is unknown, needs a face the model does not have, or lacks one of the options.
    """
    fit = [method.name for method in fitting(model)]
    if name is None:
        name = fit[0]
    if not isinstance(name, str) or name not in METHODS:
        close = get_close_matches(str(name), METHODS, n=1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        msg = f"There is no method {name!r}: {hint}For this model choose one of {', '.join(fit)}."
        raise MethodError(msg)
    method = METHODS[name]
    if method.face not in model.faces:
        what = "gradients" if method.face == "field" else "coalitions of features"
        msg = f"{name!r} needs {what}, which this model does not give; choose one of {', '.join(fit)}."
        raise MethodError(msg)
    unknown = sorted(set(options) - method.options)
    if unknown:
        has = ", ".join(sorted(method.options - {"seed"})) or "none"
        msg = f"{name!r} has no option {unknown[0]!r}; its options are: {has}."
        raise MethodError(msg)
    return method
