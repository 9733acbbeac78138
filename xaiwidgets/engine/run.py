"""One run of a method on a problem: it advances until a limit is met, and can advance again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from numbers import Integral
from operator import index
from typing import Any

import torch
from torch import Tensor

from xaiwidgets.engine.answers import Answers
from xaiwidgets.engine.estimate import Estimate
from xaiwidgets.engine.limits import Limits
from xaiwidgets.engine.method import Method
from xaiwidgets.engine.pace import Pace
from xaiwidgets.engine.problem import Game, Problem, Veil
from xaiwidgets.errors import MethodError
from xaiwidgets.explanation import Explanation


class Run:
    """A method at work on a problem, suspended between model calls.

    Attributes:
        problem: what is explained.
        method: by which method.
        pace: what it has cost.
        estimate: the best so far, or None.
        stopped_by: the limit that ended the last advance, or None while advancing.
    """

    def __init__(
        self,
        problem: Problem,
        method: Method,
        *,
        seed: int,
        options: Mapping[str, Any],
        average: int = 1,
        absence: Mapping[str, Any] | None = None,
    ) -> None:
        self.problem = problem
        self.method = method
        self.pace = Pace(evaluations=problem.evaluations, seconds=problem.seconds, each=_times(average))
        self.estimate: Estimate | None = None
        self.stopped_by: str | None = None
        try:
            self._seed = index(seed)
        except TypeError:
            msg = f"seed={seed!r} was given; it must be a whole number."
            raise MethodError(msg) from None
        self._options = dict(options)
        self._absence = {name: _kept(value) for name, value in (absence or {}).items()}
        self._limits = Limits()
        self._answers = Answers(problem, self.pace)
        if not problem.features:
            self._estimates: Iterator[Estimate] = iter(())
            return
        if "seed" in method.options:
            options = {**options, "seed": self._seed}
        face = self._answers.face(method.face)
        if self.pace.each == 1:
            self._estimates = method.estimates(face, self.pace, **options)
        else:
            self._estimates = self._averaged(face, options)

    @property
    def defaults(self) -> Limits:
        """The method's own limits."""
        return Limits(tolerance=self.method.tolerance, budget=self.method.budget)

    def advance(self, limits: Limits, *, cancelled: Callable[[], bool]) -> Iterator[Estimate]:
        """Yield estimates until a limit is met, the method is through, or `cancelled()`."""
        self._limits = limits
        limits, pace = limits.with_defaults(self.defaults), self.pace
        pace.keep_to(limits)
        self.stopped_by = None
        least = self.problem.evaluations + (1 if pace.each == 1 else 2 * pace.each)
        if self.estimate is None and self.problem.features and pace.budget < least:
            msg = (
                f"budget={limits.budget} was given, but the first estimate takes {least} evaluations; give at least "
                f"{least}."
            )
            raise MethodError(msg)
        while True:
            self.stopped_by = "cancelled" if cancelled() else self._met(limits) if self.estimate else None
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
        average = {"average": self.pace.each} if self.pace.each > 1 else {}
        return Explanation(
            values=estimate.values.numpy(),
            features=problem.features if estimate.features is None else estimate.features,
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
            parameters={**self._limits.given, **average, **problem.parameters, **self._absence, **self._options},
            seed=self._seed,
            stopped_by=self.stopped_by or "running",
            outputs=problem.outputs,
            input=problem.input,
            notes=(*problem.notes, *self._answers.notes, *self.pace.notes, *estimate.notes),
            details={name: _plain(value) for name, value in estimate.details.items()},
            provenance=problem.provenance(),
        )

    outcome = explanation
    """What a `Job` asks of any computation."""

    def _averaged(self, face: Any, options: Mapping[str, Any]) -> Iterator[Estimate]:
        """The method's estimates, for an input whose own score is a mean too."""
        whole = self._answers.whole(face)
        self.problem = replace(self.problem, output=whole)
        yield from self.method.estimates(
            replace(face, whole=whole) if isinstance(face, (Game, Veil)) else face, self.pace, **options
        )

    def _met(self, limits: Limits) -> str | None:
        assert self.estimate is not None  # noqa: S101
        estimate, pace = self.estimate, self.pace
        if estimate.needs == 0:
            return "complete"
        known = estimate.kind in {"band", "rule"}
        if limits.tolerance is not None and known and estimate.relative_error <= limits.tolerance:
            return "tolerance"
        if pace.evaluations + estimate.needs * pace.each > pace.budget:
            return "budget"
        if pace.starved:
            return "memory"
        return "within" if pace.late(estimate.needs) else None


def _times(average: Any) -> int:
    """How often each row is asked for."""
    if isinstance(average, bool) or not isinstance(average, Integral) or average < 1:
        msg = f"average={average!r} was given; it must be a whole number, 1 or more: how often each row is evaluated."
        raise MethodError(msg)
    return int(average)


def _kept(value: Any) -> Any:
    """What stood for an absent feature, as an explanation can keep it: texts and numbers; None says it could not."""
    return value if isinstance(value, (str, int, float)) else None


def _plain(value: Any) -> Any:
    return value.detach().cpu().numpy() if isinstance(value, Tensor) else value
