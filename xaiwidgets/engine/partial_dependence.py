"""Partial dependence: how a table model's score changes, on average and row by row, when a column is set to a value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from xaiwidgets.engine.tabular import Tabular, tabular
from xaiwidgets.errors import InputError, MethodError, TargetError

if TYPE_CHECKING:
    import pandas as pd

EDGES = (0.05, 0.95)
"""The quantiles between which a number's grid lies, scikit-learn's: beyond them few rows speak."""

ROWS_AT_ONCE = 65536
"""Rows that are predicted in one call."""


@dataclass(frozen=True, kw_only=True, eq=False)
class PartialDependence:
    """The mean score over a data set with one or two columns set to each value of a grid.

    Attributes:
        features: the one or two columns' names.
        grid: for each of them the values it is set to: float64 or objects [G].
        average: the mean score, float64 [G], or [G, H] for a pair.
        individual: each row's own score ("individual conditional expectation"), float64 [N, G] or [N, G, H]; None
            where `ice=False`.
        target: the output's label.
    """

    features: tuple[str, ...]
    grid: tuple[npt.NDArray[Any], ...]
    average: npt.NDArray[np.float64]
    individual: npt.NDArray[np.float64] | None
    target: str

    def to_frame(self) -> pd.DataFrame:
        """A pandas table with a row for each point of the grid: the columns' values and the mean score, "average"."""
        import pandas as pd

        points = list(product(*(axis.tolist() for axis in self.grid)))
        frame = pd.DataFrame(points, columns=list(self.features))
        return frame.assign(average=self.average.ravel())


def partial_dependence(
    model: Any,
    X: Any,  # noqa: N803 - as scikit-learn calls it
    features: str | int | Sequence[str | int],
    *,
    target: Any = None,
    grid: int | Sequence[Any] = 50,
    ice: bool = True,
) -> PartialDependence:
    """The model's score on all rows of X with a column set to one value, value by value.

    Friedman 2001, "Greedy Function Approximation", section 8.2; the rows' own curves are Goldstein et al. 2015,
    "Peeking Inside the Black Box". Where columns depend on each other, some of these rows are like none there are.

    Args:
        model: a `TabularModel`.
        X: rows, [N, d].
        features: a column, or two of them, by name or number.
        target: which output, or a pair of them; None: the only one, or of two classes the second, as scikit-learn does.
        grid: how many values, for one column also the values themselves. A number's values lie evenly between its .05
            and .95 quantiles, or are those that occur where these are fewer; a category's are those that occur.
        ice: keep each row's curve.

    Raises:
        InputError: it is no model of tables, or X or a column does not fit. TargetError: no such output, or none named
            among several.
    """
    table = tabular(model, "Partial dependence")
    rows = table.rows(X, "X")
    if not len(rows):
        raise InputError("X has no rows; give at least one.")
    asked = [features] if isinstance(features, (str, int)) else list(features)
    columns = [table.columns.index(feature) for feature in asked]
    if len(columns) not in {1, 2} or len(set(columns)) != len(columns):
        msg = f"features={features!r} was given; give one column, or two different ones."
        raise InputError(msg)
    first = table.scores(rows[:1])[0]
    if target is None and len(first) > 2:
        names = ", ".join(repr(label) for label in table.labels[:8]) or f"0 to {len(first) - 1}"
        msg = f"The model has {len(first)} outputs; name one with target=: {names}."
        raise TargetError(msg)
    chosen, _ = table.choose(first, len(first) - 1 if target is None else target)
    axes = tuple(_axis(table, rows[:, column], column, grid, alone=len(columns) == 1) for column in columns)
    points = list(product(*axes))
    curves = np.empty((len(rows), len(points)))
    step = max(1, ROWS_AT_ONCE // len(rows))
    for begin in range(0, len(points), step):
        some = points[begin : begin + step]
        changed = np.repeat(rows[None], len(some), axis=0)
        for copy, values in zip(changed, some, strict=True):
            copy[:, columns] = values
        scores = table.scores(changed.reshape(-1, rows.shape[1])).double()
        explained = scores[:, chosen.index]
        if chosen.contrast_index is not None:
            explained = explained - scores[:, chosen.contrast_index]
        curves[:, begin : begin + step] = explained.reshape(len(some), len(rows)).T.numpy()
    shape = tuple(len(axis) for axis in axes)
    return PartialDependence(
        features=tuple(table.feature_names[column] for column in columns),
        grid=axes,
        average=curves.mean(0).reshape(shape),
        individual=curves.reshape(len(rows), *shape) if ice else None,
        target=chosen.name if chosen.contrast is None else f"{chosen.name} rather than {chosen.contrast}",
    )


def _axis(
    table: Tabular, values: npt.NDArray[Any], column: int, grid: int | Sequence[Any], *, alone: bool
) -> npt.NDArray[Any]:
    """The values that one column is set to."""
    name = table.feature_names[column]
    if not isinstance(grid, int):
        given = list(grid)
        if not alone or not given:
            msg = "grid= may list values for one column alone; give a number of values for a pair."
            raise MethodError(msg)
        return table.columns.values(column, given)
    if isinstance(grid, bool) or grid < 2:
        msg = f"grid={grid!r} was given; give at least 2 values, or the values themselves."
        raise MethodError(msg)
    known = values[[value == value for value in values]]  # noqa: PLR0124 - NaN is not itself
    found = np.array(sorted(set(known.tolist()), key=lambda v: (isinstance(v, str), v)), dtype=values.dtype)
    if not len(found):
        msg = f"The column {name!r} of X has no values; there is nothing to set it to."
        raise InputError(msg)
    if column in table.columns.categorical or len(found) < grid:
        return found
    low, high = (_quantile(known.astype(np.float64), share) for share in EDGES)
    if np.isclose(low, high):
        msg = f"Nearly all values of {name!r} are the same; list the values it shall be set to: grid=[…]."
        raise MethodError(msg)
    return np.linspace(low, high, grid)


def _quantile(values: npt.NDArray[np.float64], share: float) -> float:
    """Cunnane's plotting positions (α = β = 0.4), as scikit-learn has them through SciPy's `mquantiles`."""
    place = np.clip(len(values) * share + 0.4 + 0.2 * share, 1, len(values)) - 1
    return float(np.interp(place, np.arange(len(values)), np.sort(values)))
