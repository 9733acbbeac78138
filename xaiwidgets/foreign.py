"""What Captum and shap computed, read as values and names. Neither library is needed for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeGuard

import numpy as np
import numpy.typing as npt

from xaiwidgets.errors import InputError


def captum_values(attributions: Any, by_feature: Callable[[Any], Any] | None) -> npt.NDArray[np.float64]:
    """The attributions of one input by feature, float64 [n].

    Args:
        attributions: a tensor, or a tuple with one: [n], [1, n], and of embeddings [T, D] or [1, T, D], whose last axis
            is summed.
        by_feature: sums a tensor or array of any shape into features; None: as above.

    Raises:
        InputError: it holds several inputs, or has another shape.
    """
    one = attributions
    if isinstance(attributions, (tuple, list)) and attributions and hasattr(attributions[0], "shape"):
        if len(attributions) > 1:
            msg = f"{len(attributions)} tensors of attributions were given; give those of one input tensor at a time."
            raise InputError(msg)
        one = attributions[0]
    if by_feature is not None:
        one = by_feature(one)
    array = _array(one, "The attributions")
    if by_feature is not None:
        return array.reshape(-1)
    inner = array[0] if array.ndim > 1 and len(array) == 1 else array
    if inner.ndim not in {1, 2}:
        msg = (
            f"Attributions of shape {array.shape} were given; give those of one input, [n] or [T, D] (its last axis is "
            "summed), or say with by_feature= how to sum them, such as adapter.problem(x).field.by_feature."
        )
        raise InputError(msg)
    return inner if inner.ndim == 1 else inner.sum(-1)


def shap_values(
    given: Any, *, index: int, output: int | str | None, features: Sequence[str] | None
) -> tuple[npt.NDArray[np.float64], tuple[str, ...], dict[str, Any]]:
    """The values, the features' names and what else is known of one row.

    Args:
        given: a `shap.Explanation`, of one row or several; or shap values alone, [n], [N, n] or [N, n, outputs].
        index: which row.
        output: which output, by number or name; may be None where there is one.
        features: n names; None: the explanation's own, the row's tokens, or "x0", "x1", …

    Returns:
        (values, names, rest): float64 [n], n names, and attributes of an explanation.

    Raises:
        InputError: there is no such row or output, or the shapes are others.
    """
    names = getattr(given, "output_names", None)
    single = _is_row(given)
    values = _array(getattr(given, "values", given), "The shap values") if single else _row(given, index)
    chosen = _output(output, names, values.shape[1]) if values.ndim == 2 else None
    values = values if chosen is None else values[:, chosen]
    if values.ndim != 1:
        msg = f"A row of shap values has shape {values.shape}; it must be [n] or [n, outputs], one value a feature."
        raise InputError(msg)
    rest: dict[str, Any] = {"method": "shap"}
    base = getattr(given, "base_values", None)
    if base is not None:
        expected = _base(base, 0 if single else index, chosen)
        rest |= {"baseline_output": expected, "output": expected + float(values.sum())}
    if chosen is not None and _texts(names) and chosen < len(names):
        rest["target"] = names[chosen]
    return values, _names(given, index, len(values), features), rest


def _told(given: Any, name: str) -> Any:
    """An attribute of a `shap.Explanation`; None for plain arrays, whose `.data` is something else."""
    return getattr(given, name, None) if hasattr(given, "values") else None


def _is_row(given: Any) -> bool:
    """Whether it is one row already: its data are single values, or it has one value a feature and nothing else."""
    values, data = getattr(given, "values", given), _told(given, "data")
    if isinstance(values, np.ndarray) and values.dtype == object:
        return False
    if np.ndim(values) == 1:
        return True
    if not isinstance(data, (list, tuple, np.ndarray)) or np.ndim(values) != 2:
        return False
    return len(data) == len(values) and all(isinstance(one, str) or not np.ndim(one) for one in data)


def _row(given: Any, index: int) -> npt.NDArray[np.float64]:
    values = getattr(given, "values", given)
    # The rows of texts have as many values as each text has tokens.
    ragged = isinstance(values, np.ndarray) and values.dtype == object
    rows = values if ragged else _array(values, "The shap values")
    if not np.ndim(rows) or not -len(rows) <= index < len(rows):
        count = len(rows) if np.ndim(rows) else 0
        msg = f"index={index} was given, but there are {count} rows of shap values; give one of them."
        raise InputError(msg)
    return _array(rows[index], "The shap values")


def _output(output: int | str | None, names: Any, count: int) -> int:
    known = [str(name) for name in names] if isinstance(names, (list, tuple)) and len(names) == count else []
    if output is None and count == 1:
        return 0
    if isinstance(output, str) and output in known:
        return known.index(output)
    if isinstance(output, int) and not isinstance(output, bool) and -count <= output < count:
        return output % count
    choice = ", ".join(map(repr, known[:8])) if known else f"0 to {count - 1}"
    msg = f"output={output!r} was given for shap values of {count} outputs; choose from {choice}."
    raise InputError(msg)


def _base(base: Any, index: int, chosen: int | None) -> float:
    """What shap expected of the output: [rows, outputs], [rows] where there is one output, [outputs] or one number."""
    array = np.atleast_1d(_array(base, "The base values"))
    if array.ndim > 1:
        return float(array[index, chosen or 0])
    place = index if chosen is None else chosen
    return float(array[place] if -len(array) <= place < len(array) else array[0])


def _names(given: Any, index: int, count: int, features: Sequence[str] | None) -> tuple[str, ...]:
    if features is not None:
        return tuple(str(name) for name in features)
    for told in (_told(given, "feature_names"), _told(given, "data")):
        for names in (told, _at(told, index)):
            if _texts(names) and len(names) == count:
                return tuple(str(name) for name in names)
    return tuple(f"x{number}" for number in range(count))


def _at(told: Any, index: int) -> Any:
    try:
        return told[index]
    except (TypeError, IndexError, KeyError):
        return None


def _texts(names: Any) -> TypeGuard[Sequence[str]]:
    return isinstance(names, (list, tuple, np.ndarray)) and all(isinstance(name, str) for name in names)


def _array(values: Any, what: str) -> npt.NDArray[np.float64]:
    try:
        # A torch tensor that needs a gradient or lives on a GPU says no to numpy by itself.
        plain = values.detach().cpu().double() if hasattr(values, "detach") else values
        return np.asarray(plain, dtype=np.float64)
    except (TypeError, ValueError) as problem:
        msg = f"{what} of type {type(values).__name__} cannot be read as numbers ({problem}); give one array of them."
        raise InputError(msg) from problem
