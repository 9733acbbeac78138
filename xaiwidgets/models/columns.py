"""The columns of a table: their names and kinds, and rows in one form, however they came."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from xaiwidgets.errors import InputError

Rows = npt.NDArray[Any]
"""Rows of a table, [N, d]: float64 where every column is numeric, else objects. Missing values are NaN."""


@dataclass(frozen=True, kw_only=True)
class Columns:
    """What is known of a table's d columns.

    Attributes:
        names: d names.
        form: what the rows came as, and what the model is given: "frame", "array" or "tensor".
        labels: a frame's d column labels as they are, which may be no text; else the names.
        dtypes: the d dtypes of a frame, or the one of an array or tensor.
        numeric: which columns hold numbers, d flags.
        codes: the columns whose numbers are categories, by position, with the categories' names (none: the numbers).
    """

    names: tuple[str, ...]
    form: Literal["frame", "array", "tensor"]
    labels: tuple[Any, ...]
    dtypes: tuple[Any, ...]
    numeric: tuple[bool, ...]
    codes: Mapping[int, tuple[str, ...]] = field(default_factory=dict)

    @property
    def categorical(self) -> frozenset[int]:
        """The positions of the columns that hold categories, as text or as numbers."""
        return frozenset(i for i, numeric in enumerate(self.numeric) if not numeric) | frozenset(self.codes)

    def index(self, name: Any) -> int:
        """The position of a column, asked for by name or number.

        Raises:
            InputError: there is no such column.
        """
        if name in self.names:
            return self.names.index(name)
        if hasattr(name, "__index__") and not isinstance(name, bool) and -len(self.names) <= name < len(self.names):
            return int(name) % len(self.names)
        close = get_close_matches(str(name), self.names, n=1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        shown = ", ".join(repr(one) for one in self.names[:8]) + (", …" if len(self.names) > 8 else "")
        msg = f"There is no column {name!r}: {hint}The columns are {shown}."
        raise InputError(msg)

    def row(self, x: Any, what: str = "The row") -> Rows:
        """One row, [d].

        Args:
            x: d values, or values by column name: a mapping, a Series, a frame of one row.
            what: what the row is called when something is wrong with it.

        Raises:
            InputError: the columns are others, or a value cannot be read.
        """
        pandas = _pandas()
        if pandas is not None and isinstance(x, pandas.Series):
            named = not isinstance(x.index, pandas.RangeIndex)
            x = dict(zip(map(str, x.index), x, strict=True)) if named else x.to_numpy()
        if isinstance(x, Mapping):
            given = {str(name): value for name, value in x.items()}
            self._same_names(list(given), what)
            x = [given[name] for name in self.names]
        if not hasattr(x, "columns"):
            x = [x] if np.ndim(x) == 1 else x
        rows = self.rows(x, what)
        if len(rows) != 1:
            msg = f"{what} has {len(rows)} rows; give one."
            raise InputError(msg)
        return rows[0]  # type: ignore[no-any-return]

    def rows(self, given: Any, what: str) -> Rows:
        """Many rows, [N, d]: of a frame by its columns' names, of anything else by their order.

        Raises:
            InputError: the columns are others, or a value cannot be read.
        """
        if hasattr(given, "columns"):
            self._same_names([str(name) for name in given.columns], what)
            order = [list(map(str, given.columns)).index(name) for name in self.names]
            cells = [_cells(given.iloc[:, i]) for i in order]
        else:
            array = _array(given, what)
            if array.shape[1] != len(self.names):
                msg = f"{what} has {array.shape[1]} values, but there are {len(self.names)} columns; give one for each."
                raise InputError(msg)
            cells = list(array.T)
        read = [self._read(i, column, what) for i, column in enumerate(cells)]
        return _stacked(read, numeric=all(self.numeric))

    def values(self, column: int, given: Sequence[Any]) -> npt.NDArray[Any]:
        """Values for one column, [G], as rows have them.

        Raises:
            InputError: one of them cannot be read.
        """
        cells = np.empty(len(given), dtype=object)
        cells[:] = given
        return self._read(column, cells, "The grid")

    def given(self, rows: Rows) -> Any:
        """The rows as the model knows them: in the background's form, with its names and dtypes."""
        if self.form == "frame":
            import pandas as pd

            return pd.DataFrame({label: self._cast(rows[:, i], self.dtypes[i]) for i, label in enumerate(self.labels)})
        if self.form == "tensor":
            return torch.from_numpy(rows).to(self.dtypes[0])
        return self._cast(rows, self.dtypes[0])

    def layout(self, row: Rows) -> dict[str, Any]:
        """A row for whoever shows it: the columns' names, the values, and the values as people read them."""
        values = [value if isinstance(value, (int, float, str)) else str(value) for value in row.tolist()]
        shown = [self.named(i, value) for i, value in enumerate(row.tolist())]
        return {"kind": "table", "columns": list(self.names), "row": values, "shown": shown}

    def named(self, column: int, value: Any) -> str:
        """One value as people read it."""
        if is_missing(value):
            return "missing"
        if isinstance(value, str) or not isinstance(value, (int, float)):
            return str(value)
        if self.form == "frame" and getattr(self.dtypes[column], "kind", "") == "b":
            return str(bool(value))
        names = self.codes.get(column, ())
        if names and float(value).is_integer() and 0 <= value < len(names):
            return names[int(value)]
        return str(int(value)) if float(value).is_integer() else f"{value:.4g}"

    def _same_names(self, given: Sequence[str], what: str) -> None:
        lacking = [name for name in self.names if name not in given]
        unknown = [name for name in given if name not in self.names]
        if unknown:
            close = get_close_matches(unknown[0], lacking or self.names, n=1)
            hint = f" (did you mean {close[0]!r}?)" if close else ""
            msg = f"{what} has a column {unknown[0]!r}, which the background does not have{hint}; leave it out."
            raise InputError(msg)
        if lacking:
            msg = f"{what} lacks the column {lacking[0]!r}; give a value for each of the {len(self.names)} columns."
            raise InputError(msg)

    def _read(self, i: int, cells: npt.NDArray[Any], what: str) -> npt.NDArray[Any]:
        """A column's values, checked: numbers as float64, others as they are."""
        if self.numeric[i]:
            named = self.codes.get(i, ())
            if named and any(isinstance(value, str) and value in named for value in cells):
                # A category may be given as people read it.
                cells = np.array([named.index(value) if value in named else value for value in cells], dtype=object)
            try:
                return cells.astype(np.float64)
            except (TypeError, ValueError):
                wrong = next(value for value in cells if not _is_number(value))
                choice = ", ".join(map(repr, named[:8])) + (", …" if len(named) > 8 else "")
                wanted = f"whose categories are {choice}" if named else "which holds numbers; give a number"
                msg = f"{what} has {wrong!r} in the column {self.names[i]!r}, {wanted}."
                raise InputError(msg) from None
        known = getattr(self.dtypes[i], "categories", None) if self.form == "frame" else None
        if known is not None:
            for value in cells:
                if not is_missing(value) and value not in known:
                    choice = ", ".join(repr(one) for one in list(known)[:8]) + (", …" if len(known) > 8 else "")
                    msg = f"{what} has {value!r} in the column {self.names[i]!r}, whose categories are {choice}."
                    raise InputError(msg)
        return cells

    def _cast(self, values: npt.NDArray[Any], dtype: Any) -> Any:
        # A mean or a grid point between two whole numbers must not be cut down to one of them.
        if getattr(dtype, "kind", "") in "iub" and values.dtype != object and (values != np.floor(values)).any():
            return values
        if self.form == "array":
            return values.astype(dtype)
        import pandas as pd

        numeric = values.astype(np.float64) if pd.api.types.is_numeric_dtype(dtype) else values
        if getattr(dtype, "kind", "") in "iub" and (numeric != np.floor(numeric)).any():
            return numeric
        return pd.Series(numeric).astype(dtype)


def columns_of(
    background: Any, feature_names: Sequence[str] | None, categorical: Any, *, names_of_model: Sequence[str] | None
) -> tuple[Columns, Rows]:
    """What a background says of its columns, and its rows [N, d].

    Args:
        background: a frame, array, tensor or list of rows.
        feature_names: d names; None: the frame's, the model's, or "x0", "x1", …
        categorical: columns whose numbers are categories: names or positions, or a mapping from them to the names of
            the categories 0, 1, …
        names_of_model: the names that an estimator was fitted with, or None.

    Raises:
        InputError: it is empty, no table, or does not fit the names.
    """
    frame = hasattr(background, "columns")
    array = np.empty((0, 0)) if frame else _array(background, "The background")
    width, length = (background.shape[1], background.shape[0]) if frame else (array.shape[1], array.shape[0])
    if not width or not length:
        raise InputError("The background is empty; give at least one row of the values that features usually have.")
    if frame and feature_names is not None and list(feature_names) != list(map(str, background.columns)):
        raise InputError("The background's columns have names already; leave feature_names out, or rename them there.")
    labels = list(background.columns) if frame else feature_names or names_of_model or [f"x{i}" for i in range(width)]
    names = tuple(str(name) for name in labels)
    if len(names) != width:
        msg = f"The background has {width} columns, but there are {len(names)} feature names; give one for each."
        raise InputError(msg)
    if len(set(names)) != width:
        twice = next(name for name in names if names.count(name) > 1)
        msg = f"Two columns are called {twice!r}; give each column a name of its own."
        raise InputError(msg)
    cells = [_cells(background.iloc[:, i]) for i in range(width)] if frame else list(array.T)
    numeric = tuple(column.dtype != object or (not frame and all(map(_is_number, column))) for column in cells)
    columns = Columns(
        names=names,
        form="frame" if frame else "tensor" if isinstance(background, Tensor) else "array",
        labels=tuple(labels),
        dtypes=tuple(background.dtypes) if frame else (getattr(background, "dtype", array.dtype),),
        numeric=numeric,
    )
    rows = columns.rows(background, "The background")
    listed = () if categorical is None else categorical
    named = listed if isinstance(listed, Mapping) else dict.fromkeys(listed, ())
    codes = {columns.index(name): tuple(map(str, values)) for name, values in named.items()}
    return replace(columns, codes={i: values for i, values in codes.items() if numeric[i]}), rows


def is_missing(value: Any) -> bool:
    """Whether a cell is empty: None or NaN (pandas' own signs were made NaN when the rows were read)."""
    return value is None or (isinstance(value, float) and value != value)  # noqa: PLR0124 - NaN is not itself


def missing(rows: Rows) -> npt.NDArray[np.bool_]:
    """Which cells are empty, bool [N, d]."""
    if rows.dtype != object:
        return np.isnan(rows)
    return np.array([is_missing(value) for value in rows.ravel()], dtype=bool).reshape(rows.shape)


def _cells(column: Any) -> npt.NDArray[Any]:
    """A frame's column: float64 where it is numeric, else objects, NaN where it is empty."""
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_complex_dtype(column.dtype):
        return column.to_numpy(dtype=np.float64, na_value=np.nan)  # type: ignore[no-any-return]
    cells = column.astype(object).to_numpy().copy()
    cells[column.isna().to_numpy()] = np.nan
    return cells  # type: ignore[no-any-return]


def _array(given: Any, what: str) -> npt.NDArray[Any]:
    """Rows as an array [N, d] of numbers or objects."""
    if isinstance(given, Tensor):
        given = given.detach().cpu().double().numpy()
    try:
        array = np.asarray(given)
        if array.dtype.kind in "US":
            # NumPy would have turned numbers beside text into text.
            array = np.asarray(given, dtype=object)
    except ValueError:
        array = np.empty(0, dtype=complex)
    if array.ndim != 2 or array.dtype.kind not in "biufO":
        shape = f" of shape {array.shape}" if array.ndim != 2 and array.dtype.kind != "c" else ""
        msg = f"{what} is a {type(given).__name__}{shape} that cannot be read as rows; give one value for each column."
        raise InputError(msg)
    return array


def _stacked(cells: Sequence[npt.NDArray[Any]], *, numeric: bool) -> Rows:
    rows = np.empty((len(cells[0]), len(cells)), dtype=np.float64 if numeric else object)
    for i, column in enumerate(cells):
        rows[:, i] = column
    return rows


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, (int, float, np.number, np.bool_)) and not isinstance(value, str))


def _pandas() -> Any:
    """Pandas, where the user has loaded it: without it nothing that is given can be a Series."""
    return sys.modules.get("pandas")
