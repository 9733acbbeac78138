"""An explanation's method once more, on another input or another model."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from typing import Any

from torch import Tensor

from xaiwidgets.engine.limits import Limits
from xaiwidgets.engine.methods import METHODS
from xaiwidgets.engine.pace import Pace
from xaiwidgets.engine.problem import Problem
from xaiwidgets.engine.request import ABSENCE, Explainable
from xaiwidgets.engine.run import Run
from xaiwidgets.engine.view import VIEW, viewed
from xaiwidgets.errors import InputError
from xaiwidgets.explanation import Explanation

Again = Callable[[Problem], Generator[int, None, Tensor]]


def posed(e: Explanation, x: Any, target: Any, absence: Mapping[str, Any]) -> Callable[[Explainable], Problem]:
    """What asks a model the question that `e` answers: at the same layer, with the same absent features.

    Args:
        e: the explanation.
        x: its input.
        target: its target, as the adapter reads it.
        absence: baseline or background, where the explanation does not hold them.

    Raises:
        InputError: the explanation was made with one that it does not hold, and none is given.
    """
    kept = {name: e.parameters[name] for name in ABSENCE if name in e.parameters}
    given = {**kept, **absence}
    for name, value in given.items():
        if value is None:
            msg = f"The explanation was made with a {name}= that it does not hold; give the same {name}= again."
            raise InputError(msg)
    method = METHODS.get(e.method)
    view = {name: e.parameters[name] for name in VIEW if name in e.parameters}

    def pose(model: Explainable) -> Problem:
        problem = model.problem(x, target, **given)
        if method is None or not view:
            return problem
        seen = viewed(problem, method, **view)
        # A layer changes the path of gradients; what the model does without some features stays what it is.
        same = "neuron" not in view and seen.features == problem.features
        return replace(seen, game=problem.game) if same and seen.game is None else seen

    return pose


def again(e: Explanation, pace: Pace) -> Again:
    """What computes another problem's values as `e` came about: same method, options, seed and evaluations."""
    method = METHODS[e.method]
    options = {name: value for name, value in e.parameters.items() if name in method.options - {"seed"}}
    tolerance: Any = e.parameters.get("tolerance")

    def compute(problem: Problem) -> Generator[int, None, Tensor]:
        run = Run(problem, method, seed=e.seed, options=options)
        before, seconds = pace.evaluations, pace.seconds
        budget = max(1, e.evaluations)
        for _ in run.advance(Limits(tolerance=tolerance, budget=budget), cancelled=lambda: False):
            pace.evaluations, pace.seconds = before + run.pace.evaluations, seconds + run.pace.seconds
            yield budget - run.pace.evaluations
        assert run.estimate is not None  # noqa: S101
        return run.estimate.values.nan_to_num()

    return compute
