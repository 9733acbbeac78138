"""Which columns a model of tables needs: an adapter whose input is a data set, and the short way to its result."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from xaiwidgets.engine.explain import start
from xaiwidgets.engine.job import Job
from xaiwidgets.engine.permutation_importance import Metric, Scored, accuracy, r2
from xaiwidgets.engine.problem import Problem
from xaiwidgets.engine.tabular import tabular
from xaiwidgets.errors import InputError, MethodError, ModelError, TargetError
from xaiwidgets.explanation import Explanation, Outputs, Target

ROWS_AT_ONCE = 65536
"""Shuffled rows that are predicted in one call: a large table times a large batch would fill the memory."""


@dataclass(frozen=True, kw_only=True)
class ScoredProblem(Problem):
    """A problem whose face is a score on data that can be shuffled."""

    scored: Scored


class Shuffled:
    """A model of tables, asked which columns it needs: an adapter whose input is (X, y).

    Attributes:
        model: a `TabularModel`.
        metric: maps (truth [N], predictions [N]) to a score; higher is better.
        name: what the score is called.
    """

    faces = frozenset({"scored"})

    def __init__(self, model: Any, metric: Metric | str | None = None) -> None:
        """Wrap a model.

        Args:
            model: a `TabularModel`.
            metric: "accuracy", "r2", or a function of (truth, predictions) as those of `sklearn.metrics` that are
                higher when better; None: accuracy for classes, else R².

        Raises:
            InputError: it is no model of tables. MethodError: there is no such metric.
        """
        self.model = tabular(model, "Permutation importance")
        known: dict[str, Metric] = {"accuracy": accuracy, "r2": r2}
        if metric is None:
            metric = "accuracy" if self.model.classifies else "r2"
        if isinstance(metric, str) and metric not in known:
            msg = f"metric={metric!r} was given; choose 'accuracy' or 'r2', or give a function of (truth, predictions)."
            raise MethodError(msg)
        self.metric = known[metric] if isinstance(metric, str) else metric
        self.name = metric if isinstance(metric, str) else getattr(metric, "__name__", "metric")

    def problem(self, x: Any, target: Any = None, **absence: Any) -> Problem:
        """How much of the score on `x` = (X, y) is lost when a column is shuffled.

        Raises:
            InputError: X or y does not fit. TargetError, MethodError: something was given that has no meaning here.
        """
        if target is not None:
            raise TargetError("Permutation importance scores the model's predictions as a whole; leave target out.")
        if absence:
            msg = f"Permutation importance shuffles columns, so that none is absent; leave {next(iter(absence))} out."
            raise MethodError(msg)
        if not isinstance(x, (tuple, list)) or len(x) != 2:
            raise InputError("Permutation importance needs rows and what is true of them; give the pair (X, y).")
        rows, truth = self.model.rows(x[0], "X"), self.model.answers(x[1])
        if len(rows) != len(truth):
            msg = f"X has {len(rows)} rows and y has {len(truth)}; give one answer for each row."
            raise InputError(msg)
        if len(rows) < 2:
            msg = f"X has {len(rows)} rows, which cannot be shuffled; give at least 2."
            raise InputError(msg)
        begun = time.perf_counter()
        whole = self._scores(rows[None], truth)[0]
        seconds = time.perf_counter() - begun

        def score(columns: Tensor, orders: Tensor) -> Tensor:
            found: list[float] = []
            size = max(1, ROWS_AT_ONCE // len(rows))
            for some, in_order in zip(torch.split(columns, size), torch.split(orders, size), strict=True):
                shuffled = np.repeat(rows[None], len(some), axis=0)
                for copy, column, order in zip(shuffled, some.tolist(), in_order.numpy(), strict=True):
                    copy[:, column] = rows[order, column]
                found += self._scores(shuffled, truth)
            return torch.tensor(found, dtype=torch.float64)

        return ScoredProblem(
            features=self.model.feature_names,
            input={"kind": "table", "columns": list(self.model.feature_names)},
            target=Target(name=self.name, index=-1, unit="score"),
            outputs=Outputs(kind="score", labels=(self.name,), ids=(0,), scores=(whole,), probabilities=None, total=1),
            output=whole,
            seconds=seconds,
            notes=(f"One evaluation predicts {len(rows)} rows.",),
            scored=Scored(score=score, rows=len(rows), columns=rows.shape[1], whole=whole),
        )

    def _scores(self, tables: npt.NDArray[Any], truth: npt.NDArray[Any]) -> list[float]:
        """The score of each of B tables, [B, N, d]."""
        count, length, width = tables.shape
        predicted = self.model.predictions(tables.reshape(-1, width))
        scores = []
        for said in predicted.reshape(count, length, *predicted.shape[1:]):
            returned: Any = self.metric(truth, said)
            try:
                score = float(returned)
            except (TypeError, ValueError):
                score = math.nan
            if not math.isfinite(score):
                msg = f"The metric {self.name!r} returned {returned!r}; it must return one finite number."
                raise ModelError(msg)
            scores.append(score)
        return scores


def permutation_importance(
    model: Any,
    X: Any,  # noqa: N803 - as scikit-learn calls it
    y: Any,
    *,
    metric: Metric | str | None = None,
    on_update: Callable[[Job[Explanation]], None] | None = None,
    **request: Any,
) -> Explanation:
    """How much of a table model's score is lost when one column is shuffled (scikit-learn's semantics).

    `xw.start(xw.Shuffled(model), (X, y))` gives a job, and `xw.FeatureBars(xw.Shuffled(model), (X, y))` shows it live.

    Args:
        model: a `TabularModel`.
        X: rows, [N, d].
        y: what is true of them, [N]: classes as the estimator knows them, or numbers.
        metric: see `Shuffled`.
        on_update: called in a worker thread with the job after each estimate.
        **request: repeats (of each column, 30), seed, and the limits of `xw.start`; one evaluation predicts all of X.

    Returns:
        An explanation whose values are the mean drops, with 95 % bands over repeats; `output` is the score itself, and
        `details["drops"]` has each repeat's, [d, repeats].

    Raises:
        XaiError: in one sentence what was wrong.
    """
    return start(Shuffled(model, metric), (X, y), on_update=on_update, **request).result()
