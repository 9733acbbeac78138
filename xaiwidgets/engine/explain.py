"""From a model and an input to a job: what a user calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, runtime_checkable

from xaiwidgets.engine.job import Job
from xaiwidgets.engine.methods import find, fitting
from xaiwidgets.engine.problem import Problem
from xaiwidgets.engine.run import Limits, Run, limits
from xaiwidgets.errors import InputError
from xaiwidgets.explanation import Explanation


@runtime_checkable
class Explainable(Protocol):
    """What an adapter is: it turns an input and a target into a problem."""

    @property
    def faces(self) -> frozenset[str]:
        """The faces its problems have."""

    def problem(self, x: Any, target: Any = None) -> Problem:
        """Set the problem up: one forward pass for the scores."""


def methods(model: Explainable) -> dict[str, str]:
    """The methods that work for this model, by name, with one line each; the first is the default."""
    return {method.name: method.summary for method in fitting(_adapter(model))}


def start(
    model: Explainable,
    x: Any,
    *,
    method: str | None = None,
    target: Any = None,
    tolerance: float | None = None,
    budget: int | None = None,
    within: float | str | None = None,
    seed: int = 0,
    supersede: Job | None = None,
    on_update: Callable[[Job], None] | None = None,
    **options: Any,
) -> Job:
    """Explain in a worker thread; returns a `Job` at once.

    Args:
        model: an adapter, such as `xw.TextClassifier(model, tokenizer)`.
        x: the input.
        method: one of `xw.methods(model)`; None: the first.
        target: which output, by name or index; a pair (a, b) asks why a rather than b; None: the highest.
        tolerance: relative error of the map that is good enough.
        budget: evaluations to spend in all, the one for the scores included.
        within: seconds to spend, or text like "2s".
        seed: of sampling methods.
        supersede: an older job that this one replaces.
        on_update: called in the worker thread after each estimate and at the end.
        **options: the method's own.

    Raises:
        MethodError: the method is unknown, does not fit the model, or lacks an option.
    """
    adapter = _adapter(model)
    chosen = find(method, adapter, options)
    ends = limits(tolerance=tolerance, budget=budget, within=within)
    return Job(
        lambda _: Run(adapter.problem(x, target), chosen, seed=seed, options=options),
        ends,
        supersede=supersede,
        on_update=on_update,
    )


def explain(model: Explainable, x: Any, **request: Any) -> Explanation:
    """Explain, and wait for the result; takes what `start` takes.

    Raises:
        XaiError: in one sentence what was wrong with the input, the target, the method or the model.
    """
    return start(model, x, **request).result()


def limits_of(request: Mapping[str, Any]) -> Limits:
    """The limits among the keyword arguments of a request, checked."""
    return limits(**{name: request.get(name) for name in ("tolerance", "budget", "within")})


def _adapter(model: Any) -> Explainable:
    if not isinstance(model, Explainable):
        msg = (
            f"A {type(model).__name__} was given where an adapter is needed; wrap it first, "
            "for example xw.TextClassifier(model, tokenizer)."
        )
        raise InputError(msg)
    return model
