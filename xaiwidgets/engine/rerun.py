"""An explanation's method once more, on another input or another model."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from torch import Tensor

from xaiwidgets.engine.limits import Limits
from xaiwidgets.engine.methods import METHODS
from xaiwidgets.engine.pace import Pace
from xaiwidgets.engine.problem import Problem
from xaiwidgets.engine.run import Run
from xaiwidgets.explanation import Explanation

Again = Callable[[Problem], Generator[int, None, Tensor]]


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
