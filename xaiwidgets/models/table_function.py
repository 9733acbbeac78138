"""How a table's model is called: a torch module, a scikit-learn estimator or any function, as rows to scores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from xaiwidgets.errors import InputError, ModelError
from xaiwidgets.models.columns import Columns, Rows
from xaiwidgets.models.evaluation import device_of, evaluating


@dataclass(frozen=True, kw_only=True)
class TableFunction:
    """A model of tables, whatever it is.

    Attributes:
        scores: maps the model and rows [N, d] to scores on the CPU, [N, C], float32 of a torch module, else float64.
            The model is an argument so that a copy of an adapter runs its own.
        labels: the outputs' names as the model knows them; () where it names none.
        classes: the classes as they stand in the data, [C], or None where the model does not say.
        classifies: whether the predictions are classes; None where that is not known.
        predictions: maps the model and rows [N, d] to what it says of each: a class or numbers; None: read it off the
            scores.
    """

    scores: Callable[[Any, Rows], Tensor]
    labels: tuple[str, ...] = ()
    classes: npt.NDArray[Any] | None = None
    classifies: bool | None = None
    predictions: Callable[[Any, Rows], npt.NDArray[Any]] | None = None


def table_function(predict: Any, columns: Columns) -> TableFunction:
    """Find out what `predict` is.

    Raises:
        InputError: it is none of the three, or does not fit the columns.
    """
    if isinstance(predict, nn.Module):
        return _of_module(columns)
    if hasattr(predict, "predict") and not isinstance(predict, type):
        return _of_estimator(predict, columns)
    if callable(predict) and not isinstance(predict, type):
        return TableFunction(scores=lambda fn, rows: as_scores(fn(columns.given(rows)), len(rows), "function"))
    what = f"class {predict.__name__}" if isinstance(predict, type) else type(predict).__name__
    msg = f"A {what} was given; give a torch module, a fitted scikit-learn estimator or a function from rows to scores."
    raise InputError(msg)


def as_points(module: nn.Module, rows: Rows) -> Tensor:
    """Rows as the module reads them: float [N, d], on its device and in its dtype."""
    weights = next((tensor for tensor in module.parameters() if tensor.is_floating_point()), torch.empty(0))
    return torch.from_numpy(rows).to(dtype=weights.dtype).to(device_of(module))


def module_scores(module: nn.Module, points: Tensor) -> Tensor:
    """The module's scores of points [N, d], float32 [N, C]; the grad mode and train flags stay as they are."""
    out: Any = module(points)
    scores = getattr(out, "logits", out)
    if isinstance(scores, Tensor) and scores.shape == (len(points),):
        scores = scores[:, None]
    if not isinstance(scores, Tensor) or scores.dim() != 2 or len(scores) != len(points):
        what = f"shape {tuple(scores.shape)}" if isinstance(scores, Tensor) else f"a {type(scores).__name__}"
        msg = f"The module returned {what} for {len(points)} rows; one score or row of scores for each is needed."
        raise ModelError(msg)
    return scores.float()


def as_scores(returned: Any, count: int, what: str) -> Tensor:
    """What a function or estimator returned for `count` rows, as scores, float64 [count, C].

    Raises:
        ModelError: it is no number or row of numbers for each.
    """
    if hasattr(returned, "detach"):
        returned = returned.detach().cpu().double()
    try:
        scores = torch.from_numpy(np.array(returned, dtype=np.float64))
    except (TypeError, ValueError) as problem:
        msg = f"The {what} returned a {type(returned).__name__} that is no array of numbers; return [B] or [B, C]."
        raise ModelError(msg) from problem
    if scores.dim() == 1:
        scores = scores[:, None]
    if scores.dim() != 2 or len(scores) != count or not scores.shape[1]:
        msg = (
            f"The {what} returned shape {tuple(np.shape(returned))} for {count} rows; "
            f"return a score or a row of scores for each, shape [{count}] or [{count}, C]."
        )
        raise ModelError(msg)
    return scores


def _of_module(columns: Columns) -> TableFunction:
    if not all(columns.numeric):
        text = columns.names[columns.numeric.index(False)]
        msg = (
            f"The column {text!r} holds text, which a torch module cannot read; encode it as numbers, or give a "
            "function that encodes the rows itself."
        )
        raise InputError(msg)

    def scores(module: nn.Module, rows: Rows) -> Tensor:
        with torch.no_grad(), evaluating(module):
            return module_scores(module, as_points(module, rows)).cpu()

    return TableFunction(scores=scores)


def _of_estimator(estimator: Any, columns: Columns) -> TableFunction:
    given = _as_fitted(estimator, columns)
    classes = getattr(estimator, "classes_", None)

    def predictions(model: Any, rows: Rows) -> npt.NDArray[Any]:
        return np.asarray(model.predict(given(rows)))

    def say(name: str) -> Callable[[Any, Rows], Tensor]:
        return lambda model, rows: as_scores(_columnwise(getattr(model, name)(given(rows))), len(rows), "estimator")

    if classes is None and not hasattr(estimator, "predict_proba"):
        return TableFunction(scores=say("predict"), classifies=False, predictions=predictions)

    def votes(model: Any, rows: Rows) -> Tensor:
        return torch.from_numpy((predictions(model, rows)[:, None] == np.asarray(classes)).astype(np.float64))

    def decisions(model: Any, rows: Rows) -> Tensor:
        scores = say("decision_function")(model, rows)
        # Of two classes it gives the second one's.
        return torch.cat([-scores, scores], 1) if scores.shape[1] == 1 and len(labels) == 2 else scores

    if isinstance(classes, list):
        labels = tuple(f"output {k}: {name}" for k, each in enumerate(classes) for name in each)
    else:
        labels = () if classes is None else tuple(str(name) for name in classes)
    scores: Callable[[Any, Rows], Tensor] = votes
    if hasattr(estimator, "predict_proba"):
        scores = say("predict_proba")
    elif hasattr(estimator, "decision_function"):
        scores = decisions
    return TableFunction(
        scores=scores,
        labels=labels,
        classes=None if isinstance(classes, list) else classes,
        classifies=True,
        predictions=predictions,
    )


def _columnwise(returned: Any) -> Any:
    """The probabilities of a multi-output classifier come as one array for each output."""
    return np.concatenate(returned, axis=1) if isinstance(returned, list) else returned


def _as_fitted(estimator: Any, columns: Columns) -> Callable[[Rows], Any]:
    """How rows are handed to this estimator: with names if it was fitted with names, else without.

    Raises:
        InputError: it is not fitted, or was fitted on other columns.
    """
    if hasattr(estimator, "__sklearn_tags__") and hasattr(estimator, "fit"):
        from sklearn.exceptions import NotFittedError
        from sklearn.utils.validation import check_is_fitted

        try:
            check_is_fitted(estimator)
        except NotFittedError:
            msg = f"The {type(estimator).__name__} is not fitted; call its fit(X, y) first."
            raise InputError(msg) from None
    count = getattr(estimator, "n_features_in_", None)
    if count is not None and count != len(columns.names):
        msg = f"The background has {len(columns.names)} columns, but the model was fitted on {count}; give the same."
        raise InputError(msg)
    fitted = names_fitted(estimator)
    if columns.form == "frame":
        if fitted is not None and fitted != columns.names:
            wrong = next(i for i, name in enumerate(columns.names) if fitted[i : i + 1] != (name,))
            msg = (
                f"The model was fitted with {fitted[wrong]!r} as column {wrong}, the background has "
                f"{columns.names[wrong]!r} there; give the columns that it was fitted on, in their order."
            )
            raise InputError(msg)
        if fitted is None and count is not None:
            return lambda rows: columns.given(rows).to_numpy()
        return columns.given
    if fitted is not None:
        import pandas as pd

        return lambda rows: pd.DataFrame(np.asarray(columns.given(rows)), columns=list(fitted))
    return lambda rows: np.asarray(columns.given(rows))


def names_fitted(estimator: Any) -> tuple[str, ...] | None:
    """The columns' names that an estimator was fitted with, or None."""
    names: Sequence[str] | None = getattr(estimator, "feature_names_in_", None)
    return None if names is None else tuple(str(name) for name in names)
