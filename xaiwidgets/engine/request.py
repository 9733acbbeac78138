"""What a user asks for, checked once: the method, its options, the limits and what stands for an absent feature."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from xaiwidgets.engine.limits import LIMITS, Limits, limits
from xaiwidgets.engine.method import Method
from xaiwidgets.engine.methods import find
from xaiwidgets.engine.problem import Problem
from xaiwidgets.engine.run import Run
from xaiwidgets.engine.view import VIEW, check_view, viewed
from xaiwidgets.errors import MethodError

ABSENCE = ("baseline", "background", "regions")
"""What only the adapter can read: an input, or several, in which the features count as absent, and what a picture's
features are."""


@runtime_checkable
class Explainable(Protocol):
    """What an adapter is: it turns an input and a target into a problem."""

    @property
    def faces(self) -> frozenset[str]:
        """The faces its problems have."""

    def problem(self, x: Any, target: Any = None, **absence: Any) -> Problem:
        """Set the problem up: one forward pass for the scores. `absence` are those of `ABSENCE` that were given."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request that can be run on any input.

    Attributes:
        method: the method.
        limits: when to stop.
        seed: of sampling methods.
        options: the method's own.
        absence: what stands for an absent feature, where the user said so; see `ABSENCE`.
        average: how often each row is evaluated.
        view: a layer to look at instead of the input, or a neuron instead of the score; see `VIEW`.
    """

    method: Method
    limits: Limits
    seed: int
    options: Mapping[str, Any]
    absence: Mapping[str, Any]
    average: int = 1
    view: Mapping[str, Any] = field(default_factory=dict)

    def begin(self, model: Explainable, x: Any, target: Any) -> Run:
        """Set the problem up and the method before it."""
        problem = viewed(model.problem(x, target, **self.absence), self.method, **self.view)
        return Run(
            problem, self.method, seed=self.seed, options=self.options, average=self.average, absence=self.absence
        )


def requested(
    model: Explainable, method: str | None, request: Mapping[str, Any], *, of_any_method: bool = False
) -> Request:
    """The request that keyword arguments make.

    Args:
        model: the adapter.
        method: a name, or None for the model's default.
        request: limits, seed, average, baseline, background, regions, layer, units, neuron and the
            method's options.
        of_any_method: leave out options that the method does not have, as they may be another one's.

    Raises:
        MethodError: an unknown method or option, or a limit that cannot be read.
    """
    common = {*LIMITS, *ABSENCE, *VIEW, "seed", "average"}
    options = {name: value for name, value in request.items() if name not in common}
    view = {name: request[name] for name in VIEW if request.get(name) is not None}
    if of_any_method:
        plain = find(method, model, {})
        options = {name: value for name, value in options.items() if name in plain.options}
        view = view if plain.face in {"field", "maps"} or plain.layered or "neuron" in view else {}
    if request.get("regions") is not None and "veil" not in model.faces:
        raise MethodError("regions= says what the features of a picture are, and this model reads none; leave it out.")
    found = find(method, model, options)
    check_view(found, view)
    return Request(
        method=found,
        limits=limits(**{name: request.get(name) for name in LIMITS}),
        seed=request.get("seed", 0),
        options=options,
        absence={name: request[name] for name in ABSENCE if request.get(name) is not None},
        average=request.get("average", 1),
        view=view,
    )
