"""Questions about a model on a whole data set: which columns it needs, and which features move it on average.

Each question is an adapter whose input is a data set, so that `xw.start`, a job's stop and resume, and `xw.FeatureBars`
work on it as on one input; the functions are the short way to a result.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from xaiwidgets.engine.explain import adapter, start
from xaiwidgets.engine.global_importance import Inputs
from xaiwidgets.engine.job import Job
from xaiwidgets.engine.limits import Limits
from xaiwidgets.engine.limits import limits as checked_limits
from xaiwidgets.engine.permutation_importance import Metric, Scored, accuracy, r2
from xaiwidgets.engine.problem import Problem
from xaiwidgets.engine.request import ABSENCE, Explainable, requested
from xaiwidgets.engine.run import Run
from xaiwidgets.errors import InputError, MethodError, ModelError, TargetError, XaiError
from xaiwidgets.explanation import Explanation, Outputs, Target

ROWS_AT_ONCE = 65536
"""Shuffled rows that are predicted in one call: a large table times a large batch would fill the memory."""

_NO_OUTPUTS = Outputs(kind="score", labels=(), ids=(), scores=(), probabilities=None, total=0)


@runtime_checkable
class Tabular(Protocol):
    """A model of tables, as `xw.TabularModel` is one."""

    feature_names: tuple[str, ...]

    @property
    def classifies(self) -> bool:
        """Whether its predictions are classes."""

    def rows(self, given: Any, what: str = "The data") -> npt.NDArray[Any]:
        """Rows as the model reads them, [N, d]."""

    def predictions(self, rows: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """What it says of each row, [N] or [N, outputs]."""

    def answers(self, y: Any) -> npt.NDArray[Any]:
        """The truth in the form of its predictions, [N] or [N, outputs]."""


@dataclass(frozen=True, kw_only=True)
class ScoredProblem(Problem):
    """A problem whose face is a score on data that can be shuffled."""

    scored: Scored


@dataclass(frozen=True, kw_only=True)
class InputsProblem(Problem):
    """A problem whose face is many inputs."""

    inputs: Inputs


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
            target=Target(name=self.name, index=0, unit="score"),
            outputs=_NO_OUTPUTS,
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
            score: Any = self.metric(truth, said)
            if not np.isscalar(score) or not np.isfinite(score):  # type: ignore[arg-type]
                msg = f"The metric {self.name!r} returned {score!r}; it must return one finite number."
                raise ModelError(msg)
            scores.append(float(score))
        return scores


class Averaged:
    """A model, asked which features move it on average: an adapter whose input is many inputs.

    Attributes:
        model: any adapter.
    """

    faces = frozenset({"inputs"})

    def __init__(self, model: Any, method: str | None = None, *, each: int | None = None, **options: Any) -> None:
        """Wrap a model.

        Args:
            model: any adapter.
            method: which attribution is averaged; None: the model's default.
            each: evaluations for each input; None: the method's own limits.
            **options: the method's own.

        Raises:
            MethodError: the method is unknown, does not fit the model, or lacks an option.
        """
        self.model: Explainable = adapter(model)
        self._request = requested(self.model, method, options)
        self._each: Limits = checked_limits(budget=each)

    def problem(self, x: Any, target: Any = None, **absence: Any) -> Problem:
        """Which features move the score of `target` (None: each input's highest) over the inputs `x`.

        Raises:
            InputError: there are no inputs.
        """
        inputs = self._read(x)
        request, model = self._request, self.model

        def one(number: int) -> Problem:
            try:
                return model.problem(inputs[number], target, **absence)
            except XaiError as problem:
                msg = f"Input {number}: {problem}"
                raise type(problem)(msg) from problem

        def begin(number: int, seed: int) -> Run:
            return Run(one(number), request.method, seed=seed, options=request.options)

        first = one(0)
        several = target is None and first.outputs.total > 1
        return InputsProblem(
            # A text's features are its words, which are met with on the way.
            features=first.features or ("",),
            input=_shared(first.input),
            target=Target(name="each input's highest score", index=-1, unit=first.target.unit)
            if several
            else first.target,
            outputs=_NO_OUTPUTS,
            output=float("nan"),
            evaluations=first.evaluations,
            seconds=first.seconds,
            parameters={
                "of": request.method.name,
                **request.options,
                **({"each": self._each.budget} if self._each.budget else {}),
            },
            notes=first.notes,
            provenance=first.provenance,
            inputs=Inputs(count=len(inputs), begin=begin, limits=self._each),
        )

    def _read(self, given: Any) -> Sequence[Any]:
        if isinstance(self.model, Tabular):
            rows: Sequence[Any] = list(self.model.rows(given, "The data"))
        elif isinstance(given, (str, bytes, Mapping)) or not hasattr(given, "__iter__"):
            msg = f"A {type(given).__name__} was given where several inputs are needed; give a list of them."
            raise InputError(msg)
        else:
            rows = list(given)
        if not rows:
            raise InputError("No inputs were given; give at least two, for one tells nothing of the others.")
        return rows


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


def global_importance(
    model: Any,
    inputs: Any,
    *,
    method: str | None = None,
    target: Any = None,
    each: int | None = None,
    on_update: Callable[[Job[Explanation]], None] | None = None,
    **request: Any,
) -> Explanation:
    """The mean |attribution| of each feature over many inputs: columns, regions, or a text's words.

    `xw.start(xw.Averaged(model, method), inputs)` gives a job.

    Args:
        model: any adapter.
        inputs: many of its inputs; for a table rows, [N, d].
        method: which attribution; None: the model's default.
        target: which output; None: each input's highest.
        each: evaluations for each input; None: the method's own limits.
        on_update: called in a worker thread with the job after each estimate.
        **request: seed, the limits of `xw.start` for all inputs together, baseline, background, the method's options.

    Returns:
        An explanation whose values are the means, with 95 % bands for inputs like these; `details` has the means with
        their sign ("mean") and how often each feature occurred ("count").

    Raises:
        XaiError: in one sentence what was wrong.
    """
    common = {"tolerance", "budget", "within", "memory", "seed", *ABSENCE}
    options = {name: value for name, value in request.items() if name not in common}
    whole = {name: value for name, value in request.items() if name in common}
    asked = Averaged(model, method, each=each, **options)
    return start(asked, inputs, target=target, on_update=on_update, **whole).result()


def tabular(model: Any, question: str) -> Tabular:
    """The model, refused when it is none of tables.

    Raises:
        InputError: it is something else.
    """
    if not isinstance(model, Tabular):
        msg = (
            f"{question} is for tables, and a {type(model).__name__} was given; "
            "wrap a model of tables first: xw.TabularModel(predict, background)."
        )
        raise InputError(msg)
    return model


def _shared(layout: Mapping[str, Any]) -> dict[str, Any]:
    """What inputs have in common of how their features lie."""
    return {
        name: layout[name] for name in ("kind", "columns", "regions", "grid") if name in layout and "text" not in layout
    }
