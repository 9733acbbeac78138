"""One run of a method on a problem: it advances until a limit is met, and can advance again."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from numbers import Integral, Real
from operator import index
from typing import Any, TypeVar

import torch
from torch import Tensor

from xaiwidgets.engine.estimate import Estimate
from xaiwidgets.engine.method import Face, Method
from xaiwidgets.engine.pace import Pace
from xaiwidgets.engine.problem import Problem
from xaiwidgets.errors import MethodError, ModelError
from xaiwidgets.explanation import Explanation

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Limits:
    """When to stop; whichever comes first.

    Attributes:
        tolerance: relative error of the map that is good enough; None: the method's own.
        budget: evaluations in all; None: the method's own.
        within: seconds, or None.
    """

    tolerance: float | None = None
    budget: int | None = None
    within: float | None = None


def limits(*, tolerance: float | None, budget: int | None, within: float | str | None) -> Limits:
    """The limits that a user gave, checked.

    Raises:
        MethodError: when one is not positive or cannot be read.
    """
    seconds = within
    if isinstance(within, str):
        read = re.fullmatch(r"\s*(\d+\.?\d*|\.\d+)\s*(ms|s|min)?\s*", within)
        if read is None:
            msg = f"within={within!r} cannot be read as a time; give seconds, or text like '2s', '500ms' or '1min'."
            raise MethodError(msg)
        seconds = float(read[1]) * {"ms": 0.001, "min": 60.0}.get(read[2] or "s", 1.0)
    return Limits(
        tolerance=_positive("tolerance", tolerance, float, Real),
        budget=_positive("budget", budget, int, Integral),
        within=_positive("within", seconds, float, Real),
    )


def _positive(name: str, value: Any, kind: Callable[[Any], T], accepted: Any) -> T | None:
    """A limit as a plain number, which can be saved; NumPy's are as good."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, accepted) or not value > 0:
        what = "a positive whole number" if kind is int else "a positive number"
        msg = f"{name}={value!r} was given; it must be {what}, or None for the method's own."
        raise MethodError(msg)
    return kind(value)


class Run:
    """A method at work on a problem, suspended between model calls.

    Attributes:
        problem: what is explained.
        method: by which method.
        pace: what it has cost.
        estimate: the best so far, or None.
        stopped_by: the limit that ended the last advance, or None while advancing.
    """

    def __init__(self, problem: Problem, method: Method, *, seed: int, options: Mapping[str, Any]) -> None:
        self.problem = problem
        self.method = method
        self.pace = Pace(evaluations=problem.evaluations, seconds=problem.seconds)
        self.estimate: Estimate | None = None
        self.stopped_by: str | None = None
        try:
            self._seed = index(seed)
        except TypeError:
            msg = f"seed={seed!r} was given; it must be a whole number."
            raise MethodError(msg) from None
        self._options = dict(options)
        self._limits = Limits()
        self._started = time.perf_counter()
        if not problem.features:
            self._estimates: Iterator[Estimate] = iter(())
            return
        if "seed" in method.options:
            options = {**options, "seed": self._seed}
        self._estimates = method.estimates(_checked(problem, method.face), self.pace, **options)

    @property
    def defaults(self) -> Limits:
        """The method's own limits."""
        return Limits(tolerance=self.method.tolerance, budget=self.method.budget)

    def advance(self, limits: Limits, *, cancelled: Callable[[], bool]) -> Iterator[Estimate]:
        """Yield estimates until a limit is met, the method is through, or `cancelled()`."""
        self._limits = limits
        tolerance = self.method.tolerance if limits.tolerance is None else limits.tolerance
        budget = self.method.budget if limits.budget is None else limits.budget
        deadline = None if limits.within is None else time.perf_counter() + limits.within
        self.pace.budget = float("inf") if budget is None else budget
        self.stopped_by = None
        least = self.problem.evaluations + 1
        if self.estimate is None and self.problem.features and self.pace.budget < least:
            msg = f"budget={budget} was given, but the first estimate takes {least} evaluations; give at least {least}."
            raise MethodError(msg)
        while True:
            self.stopped_by = (
                "cancelled" if cancelled() else self._met(tolerance, budget, deadline) if self.estimate else None
            )
            if self.stopped_by is not None:
                return
            try:
                self.estimate = next(self._estimates)
            except StopIteration:
                self.stopped_by = "complete"
                return
            except Exception:
                self.stopped_by = "failed"
                raise
            yield self.estimate

    def explanation(self) -> Explanation | None:
        """What is known so far, or None before the first estimate."""
        problem, estimate = self.problem, self.estimate
        if estimate is None:
            if problem.features:
                return None
            nothing = torch.zeros(0, dtype=torch.float64)
            estimate = Estimate(values=nothing, error=nothing, kind="exact", relative_error=0.0, needs=0)
        given = {name: value for name, value in vars(self._limits).items() if value is not None}
        return Explanation(
            values=estimate.values.numpy(),
            features=problem.features,
            target=problem.target.name,
            contrast=problem.target.contrast,
            targets=tuple(i for i in (problem.target.index, problem.target.contrast_index) if i is not None),
            unit=problem.target.unit,
            signed=self.method.signed,
            output=problem.output,
            baseline_output=estimate.baseline_output,
            error=estimate.error.numpy(),
            error_kind=estimate.kind,
            relative_error=estimate.relative_error,
            evaluations=self.pace.evaluations,
            seconds=self.pace.seconds,
            method=self.method.name,
            parameters={**given, **problem.parameters, **self._options},
            seed=self._seed,
            stopped_by=self.stopped_by or "running",
            outputs=problem.outputs,
            input=problem.input,
            notes=(*problem.notes, *estimate.notes),
            details={name: _plain(value) for name, value in estimate.details.items()},
            provenance=problem.provenance(),
        )

    outcome = explanation
    """What a `Job` asks of any computation."""

    def _met(self, tolerance: float | None, budget: int | None, deadline: float | None) -> str | None:
        assert self.estimate is not None  # noqa: S101
        estimate = self.estimate
        if estimate.needs == 0:
            return "complete"
        if tolerance is not None and estimate.kind in {"band", "rule"} and estimate.relative_error <= tolerance:
            return "tolerance"
        if budget is not None and self.pace.evaluations + estimate.needs > budget:
            return "budget"
        if deadline is not None and time.perf_counter() >= deadline:
            return "within"
        return None


def _checked(problem: Problem, face: Face) -> Any:
    """The face, refusing scores of a wrong shape and scores or gradients that are not finite."""
    if face == "game":
        game = problem.game
        assert game is not None  # noqa: S101
        return replace(game, values=lambda masks: _finite(game.values(masks), len(masks), "score"))
    if face != "field":
        return getattr(problem, face)
    field = problem.field
    assert field is not None  # noqa: S101

    def value_and_grad(points: Tensor) -> tuple[Tensor, Tensor]:
        values, gradients = field.value_and_grad(points)
        if not bool(torch.isfinite(gradients).all()):
            raise ModelError("The model's gradient is NaN or infinite at this input; check its weights and precision.")
        return _finite(values, len(points), "score"), gradients

    return replace(field, value_and_grad=value_and_grad)


def _plain(value: Any) -> Any:
    return value.detach().cpu().numpy() if isinstance(value, Tensor) else value


def _finite(values: Tensor, rows: int, what: str) -> Tensor:
    if values.shape != (rows,):
        msg = f"The model returned {what}s of shape {tuple(values.shape)} for {rows} inputs; it must return one each."
        raise ModelError(msg)
    values = values.detach().cpu().double()
    if not bool(torch.isfinite(values).all()):
        msg = f"The model returned a {what} that is NaN or infinite; check its weights, precision and this input."
        raise ModelError(msg)
    return values
