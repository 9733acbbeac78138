"""Global importance: the mean |attribution| of each feature over a data set."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from xaiwidgets.engine.by_word import by_word
from xaiwidgets.engine.estimate import Estimate, share_of_norm
from xaiwidgets.engine.limits import Limits
from xaiwidgets.engine.method import Method
from xaiwidgets.engine.pace import Pace
from xaiwidgets.engine.run import Run
from xaiwidgets.engine.student import t_quantile
from xaiwidgets.explanation import Explanation


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """Many inputs of one model, each to be explained by one method.

    Attributes:
        count: how many there are.
        begin: sets up the explanation of one, by number and seed.
        limits: when each ends.
        details: what else was asked of each, by name.
    """

    count: int
    begin: Callable[[int, int], Run]
    limits: Limits
    details: Mapping[str, Any]


def global_importance(inputs: Inputs, pace: Pace, *, seed: int = 0) -> Iterator[Estimate]:
    """Σ|value| of each feature over the inputs, by the number of times it occurs.

    The mean |SHAP value| of Lundberg & Lee 2017 and Lundberg et al. 2020 ("From local explanations to global
    understanding with explainable AI for trees"), for any attribution. The inputs come in a random order, so that those
    seen are a fair sample at any time. A column or region occurs once in each input; a text's features are its words,
    whatever their case, and one may occur several times. The error is a 95 % t-band for inputs like these (of the ratio
    Σ|value| / Σcount with inputs as its units: Cochran 1977, "Sampling Techniques", eq. 2.45); NaN for what only one
    input has. `details` has the mean with its sign, and how often each feature occurred.
    """
    tally = Tally(inputs.details)
    order = torch.randperm(inputs.count, generator=torch.Generator().manual_seed(seed)).tolist()
    before: Run | None = None
    for number in order:
        run = inputs.begin(number, seed + number)
        if before is not None:
            run.pace.as_found_by(before.pace)
        before = run
        account = _Account(pace, run)
        account.settle()
        limits = inputs.limits if math.isinf(pace.memory) else replace(inputs.limits, memory=pace.memory)
        for estimate in run.advance(limits, cancelled=lambda: False):
            account.settle()
            if estimate.needs == 0:
                break
            shown = tally.estimate() if tally.inputs else _first(run, inputs.details)
            yield replace(shown, needs=estimate.needs)
            # The budget of all may be another one by now.
            account.settle()
        account.settle()
        made = run.explanation()
        assert made is not None  # noqa: S101 - a run that could not begin has raised
        tally.add(made)
        # Where answers are averaged the first estimate takes the input's own score again.
        least = run.problem.evaluations + (1 if run.pace.each == 1 else 2 * run.pace.each)
        yield replace(tally.estimate(), needs=least if tally.inputs < inputs.count else 0)


@dataclass
class _Account:
    """Carries what a run costs over to the pace of all of them, and keeps it within their budget."""

    pace: Pace
    run: Run
    evaluations: int = 0
    seconds: float = 0.0

    def settle(self) -> None:
        of_all, of_run = self.pace, self.run.pace
        of_all.evaluations += of_run.evaluations - self.evaluations
        of_all.seconds += of_run.seconds - self.seconds
        self.evaluations, self.seconds = of_run.evaluations, of_run.seconds
        of_run.halt = of_all.room + self.evaluations


@dataclass
class Tally:
    """The sums that a mean |value| and its band are made of, by feature.

    Attributes:
        asked: what was asked of each, by name; "of" is the method.
        inputs: how many explanations were added.
    """

    asked: Mapping[str, Any]
    inputs: int = 0
    _sums: dict[str, npt.NDArray[np.float64]] = field(default_factory=dict)
    _errors: list[float] = field(default_factory=list)

    def add(self, e: Explanation) -> None:
        """Count one more explanation; features that it does not know the value of are left out."""
        self.inputs += 1
        names, values, _, _ = by_word(e)
        text = "text" in e.input
        here: dict[str, list[float]] = {}
        for name, value in zip(names, values.tolist(), strict=True):
            if not math.isnan(value):
                here.setdefault(name.lower() if text else name, []).append(value)
        for name, found in here.items():
            size, count = sum(map(abs, found)), len(found)
            row = np.array([1, count, size, size * size, size * count, count * count, sum(found)], dtype=np.float64)
            self._sums[name] = self._sums.get(name, 0) + row
        if e.error_kind == "band" and not math.isnan(e.relative_error):
            self._errors.append(e.relative_error)

    def estimate(self) -> Estimate:
        """What is known by now."""
        table = np.stack(list(self._sums.values())) if self._sums else np.zeros((0, 7))
        inputs, counts, sizes, squares, products, counts2, signed = table.T
        mean = sizes / counts
        around = np.maximum(squares - 2 * mean * products + mean**2 * counts2, 0)
        quantiles = np.array([t_quantile(int(m) - 1) if m > 1 else math.nan for m in inputs])
        band = quantiles * np.sqrt(around * inputs / np.maximum(inputs - 1, 1)) / counts
        values, error = torch.from_numpy(mean), torch.from_numpy(band)
        return Estimate(
            values=values,
            error=error,
            kind="band" if bool((~error.isnan()).any()) else "unknown",
            relative_error=share_of_norm(error, values),
            details={"mean": torch.from_numpy(signed / counts), "count": torch.from_numpy(counts), **self.asked},
            notes=self._notes(),
            features=tuple(self._sums),
        )

    def _notes(self) -> tuple[str, ...]:
        said = [f"Mean |value| by {self.asked['of']} over {self.inputs} inputs; the band is for inputs like these."]
        if self._errors:
            typical = float(np.median(self._errors))
            said.append(
                f"Each of these maps is itself off by about {100 * typical:.0f} %, which makes small values larger."
            )
        return tuple(said)


def _first(run: Run, details: Mapping[str, Any]) -> Estimate:
    """What the first input tells before it is through."""
    so_far = Tally(details)
    e = run.explanation()
    assert e is not None  # noqa: S101 - it has just made an estimate
    so_far.add(e)
    return so_far.estimate()


METHODS = (Method(name="global_importance", face="inputs", estimates=global_importance, signed=False),)
