"""The adapter of a model of tables: a torch module, a scikit-learn estimator or any function of rows."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from xaiwidgets.engine.problem import Field, Game, Inside, Problem
from xaiwidgets.errors import InputError, ModelError
from xaiwidgets.explanation import Outputs, Target
from xaiwidgets.models.classes import choose_class, choose_score
from xaiwidgets.models.columns import Rows, columns_of, missing
from xaiwidgets.models.evaluation import evaluating, provenance, score_and_grad, versions
from xaiwidgets.models.table_function import as_points, module_scores, names_fitted, table_function
from xaiwidgets.models.targets import index_among, pick

LARGEST_BACKGROUND = 100
"""Rows on which a coalition is evaluated: the mean over more changes little and costs in proportion."""


class TabularModel:
    """A model of rows and a background that says what its features usually are, ready to be explained.

    A feature that is absent takes its values from the background (interventional): the score of a coalition S is the
    mean of f(x_S, b_rest) over the background's rows b, so that one evaluation runs the model on K rows at once. Of a
    larger background a seeded sample of 100 rows is taken. A torch module is also explained by gradients, from the
    background's mean row.

    The explained score is a torch module's logit, a classifier's probability (or decision, where it has none), or
    what a regressor or a function returns; for a contrast the difference of two.

    Attributes:
        model: as given.
        background: the rows, float64 or objects [N, d].
        feature_names: d names.
        labels: the names of the C outputs, or none.
        columns: what is known of the columns.
    """

    def __init__(
        self,
        predict: Any,
        background: Any,
        feature_names: Sequence[str] | None = None,
        labels: Sequence[str] | None = None,
        *,
        categorical: Sequence[str | int] | Mapping[Any, Sequence[str]] | None = None,
    ) -> None:
        """Wrap a model.

        Args:
            predict: a torch module, float [B, d] → [B] or [B, C]; a fitted estimator with scikit-learn's methods; or
                any function from B rows to [B] or [B, C]. It gets rows as the background is: a frame with the same
                columns and dtypes, an array or a tensor.
            background: rows of usual values, [N, d]: a frame, an array, a tensor or a list.
            feature_names: d names; None: the frame's, the estimator's, or "x0", "x1", …
            labels: C names; None: the estimator's `classes_`, or "0", "1", …
            categorical: columns whose numbers are categories, by name or position, or a mapping from them to the names
                of the categories 0, 1, …; columns of text are categorical anyway.

        Raises:
            InputError: the background is empty or does not fit the model, or the model is of another kind.
        """
        self.columns, self.background = columns_of(
            background, feature_names, categorical, names_of_model=names_fitted(predict)
        )
        self.model = predict
        self.feature_names = self.columns.names
        self._function = table_function(predict, self.columns)
        self.labels = self._function.labels if labels is None else tuple(str(label) for label in labels)
        if isinstance(predict, nn.Module):
            self._refuse_missing(self.background, "The background")

    @property
    def faces(self) -> frozenset[str]:
        """Gradients say something of numbers alone, and only a torch module has them."""
        smooth = isinstance(self.model, nn.Module) and not self.columns.categorical
        return frozenset({"game", "field", "inside", "background"} if smooth else {"game"})

    def problem(self, x: Any, target: Any = None, *, baseline: Any = None, background: Any = None) -> Problem:
        """Why the score of `target` (None: the highest) is what it is for the row `x`.

        Args:
            x: d values, or values by column name: a mapping, a Series, a frame of one row.
            target: a class or output by name or number, or a pair of them. Where the classes are whole numbers, a
                number means the class that is called so.
            baseline: one row in which every feature counts as absent, instead of the background.
            background: rows, instead of the model's own.

        Raises:
            InputError: the row does not fit. TargetError: no such output. ModelError: bad scores.
        """
        row = self.columns.row(x)
        rows = self.background if background is None else self.columns.rows(background, "The background")
        if not len(rows):
            raise InputError("The background is empty; give at least one row of the values that features usually have.")
        absent, told = drawn(rows)
        if baseline is not None:
            absent, told = self.columns.row(baseline, "The baseline")[None], ""
        if isinstance(self.model, nn.Module):
            self._refuse_missing(absent, "The background" if baseline is None else "The baseline")
        if isinstance(self.model, nn.Module) or not missing(rows).any():
            self._refuse_missing(row[None], "The row")
        start = time.perf_counter()
        scores = self.scores(row[None])
        seconds = time.perf_counter() - start
        chosen, outputs = self.choose(scores[0], target)
        whole = float(pick(scores, chosen)[0])
        field = self._field(row, absent, rows, chosen) if "field" in self.faces else None
        inside, mean = None, ""
        if field is not None:
            mean = "Methods of gradients begin at the background's mean row." if told else ""
            inside = Inside(
                module=self.model,
                score=lambda points: pick(module_scores(self.model, points), chosen),
                evaluating=lambda: evaluating(self.model),
                field=field,
            )
        return Problem(
            features=self.feature_names,
            input=self.columns.layout(row),
            target=chosen,
            outputs=outputs,
            output=whole,
            game=Game(values=lambda masks: self._values(masks, row, absent, chosen), players=len(row), whole=whole),
            field=field,
            inside=inside,
            opaque=not isinstance(self.model, nn.Module) and not hasattr(self.model, "predict"),
            seconds=seconds,
            notes=tuple(note for note in (told, mean) if note),
            provenance=_provenance(self.model),
        )

    def rows(self, given: Any, what: str = "The data") -> Rows:
        """Rows as this model's background has them, [N, d], from a frame, an array, a tensor or a list.

        Raises:
            InputError: the columns are others, or a value cannot be read.
        """
        return self.columns.rows(given, what)

    def scores(self, rows: Rows) -> Tensor:
        """The model's scores of rows, [N, C].

        Raises:
            ModelError: it returned something else than finite numbers for each row.
        """
        scores = self._function.scores(self.model, rows)
        if not bool(torch.isfinite(scores).all()):
            raise ModelError("The model returned a score that is NaN or infinite; check its weights and these rows.")
        return scores

    def predictions(self, rows: Rows) -> npt.NDArray[Any]:
        """What the model says of each row: an estimator's `predict`, else the highest of C scores, or the one score."""
        if self._function.predictions is not None:
            return self._function.predictions(self.model, rows)
        scores = self.scores(rows)
        return scores[:, 0].double().numpy() if scores.shape[1] == 1 else scores.argmax(1).numpy()

    def answers(self, y: Any) -> npt.NDArray[Any]:
        """What is true of rows, [N], in the form of `predictions`.

        Raises:
            InputError: values are missing, or none of them is a class.
        """
        truth = np.asarray(y.detach().cpu() if isinstance(y, Tensor) else y)
        truth = truth[:, 0] if truth.ndim == 2 and truth.shape[1] == 1 else truth
        if missing(truth).any() if truth.dtype.kind in "fO" else truth.ndim == 0:
            raise InputError("y has missing values; give one answer for each row.")
        if self._function.predictions is None and truth.dtype.kind in "OUS":
            return np.array([index_among(str(label), self.labels) for label in truth.tolist()])
        classes = self._function.classes
        if classes is not None and truth.ndim == 1 and not set(truth.tolist()) & set(classes.tolist()):
            shown = ", ".join(repr(name) for name in classes.tolist()[:8])
            msg = f"y has {truth.tolist()[0]!r} and nothing that is a class of the model; its classes are {shown}."
            raise InputError(msg)
        return truth

    @property
    def classifies(self) -> bool:
        """Whether the outputs are classes; a function or module with several outputs is taken to classify."""
        if self._function.classifies is not None:
            return self._function.classifies
        return self.scores(self.background[:1]).shape[1] > 1

    def choose(self, scores: Tensor, target: Any) -> tuple[Target, Outputs]:
        """The output that was asked for among one row's scores, [C], and the outputs to show."""
        asked = tuple(map(self._index, target)) if isinstance(target, (tuple, list)) else self._index(target)
        choose = choose_class if isinstance(self.model, nn.Module) else choose_score
        return choose(scores, self.labels, asked)

    def _index(self, target: Any) -> Any:
        """The position of a class that is a number; anything else as it is."""
        classes = self._function.classes
        if classes is None or classes.dtype.kind not in "iu" or isinstance(target, bool):
            return target
        known = classes.tolist()
        return known.index(target) if hasattr(target, "__index__") and int(target) in known else target

    def _values(self, masks: Tensor, row: Rows, absent: Rows, target: Target) -> Tensor:
        present = masks.cpu().numpy()[:, None, :]
        mixed = np.where(present, row, absent[None])
        scores = self.scores(mixed.reshape(-1, len(row)))
        return pick(scores, target).double().reshape(len(masks), len(absent)).mean(1)

    def _field(self, row: Rows, absent: Rows, rows: Rows, target: Target) -> Field:
        def value_and_grad(points: Tensor) -> tuple[Tensor, Tensor]:
            with evaluating(self.model):
                return score_and_grad(points, lambda leaf: pick(module_scores(self.model, leaf), target))

        # The whole background, not its sample; a baseline is the one row there is.
        rows = absent if len(absent) == 1 else rows
        return Field(
            point=as_points(self.model, row),
            baseline=as_points(self.model, rows.mean(0)),
            value_and_grad=value_and_grad,
            by_feature=lambda contributions: contributions,
            background=as_points(self.model, rows),
        )

    def _refuse_missing(self, rows: Rows, what: str) -> None:
        found = np.argwhere(missing(rows))
        if len(found):
            name = self.feature_names[found[0, 1]]
            where = "" if len(rows) == 1 else f" (row {found[0, 0]})"
            why = (
                "which a torch module cannot read"
                if isinstance(self.model, nn.Module)
                else "but no row of the background lacks one"
            )
            msg = f"{what} has a missing value in the column {name!r}{where}, {why}; fill it in."
            raise InputError(msg)


def drawn(rows: Rows) -> tuple[Rows, str]:
    """At most 100 of the rows, drawn with a fixed seed, and what a reader must know of it."""
    count = len(rows)
    if count > LARGEST_BACKGROUND:
        picked = np.sort(np.random.default_rng(0).choice(count, LARGEST_BACKGROUND, replace=False))
        rows = rows[picked]
    if count == 1:
        return rows, ""
    of = f" drawn from {count}" if count > LARGEST_BACKGROUND else ""
    return (
        rows,
        f"Absent features vary over {len(rows)} background rows{of}; a coalition's evaluation runs all of them.",
    )


def _provenance(model: Any) -> Callable[[], Mapping[str, str]]:
    if isinstance(model, nn.Module):
        return provenance(model)
    name = getattr(model, "__qualname__", type(model).__name__)
    return lambda: {"model": name, **versions("xaiwidgets", "scikit-learn", "torch", "numpy")}
