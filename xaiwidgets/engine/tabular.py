"""What the engine asks of a model of tables, beside its problems."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import numpy.typing as npt
from torch import Tensor

from xaiwidgets.errors import InputError
from xaiwidgets.explanation import Outputs, Target


class Columned(Protocol):
    """The columns of a table."""

    @property
    def categorical(self) -> frozenset[int]:
        """The positions of those that hold categories."""

    def index(self, name: Any) -> int:
        """The position of a column, asked for by name or number."""

    def values(self, column: int, given: Sequence[Any]) -> npt.NDArray[Any]:
        """Values for one column, checked."""


@runtime_checkable
class Tabular(Protocol):
    """A model of tables, as `xw.TabularModel` is one."""

    feature_names: tuple[str, ...]
    labels: tuple[str, ...]

    @property
    def columns(self) -> Columned:
        """What is known of its columns."""

    @property
    def classifies(self) -> bool:
        """Whether its predictions are classes."""

    def rows(self, given: Any, what: str = "The data") -> npt.NDArray[Any]:
        """Rows as the model reads them, [N, d]."""

    def scores(self, rows: npt.NDArray[Any]) -> Tensor:
        """Its scores of rows, [N, C]."""

    def choose(self, scores: Tensor, target: Any) -> tuple[Target, Outputs]:
        """The output that was asked for among one row's scores, [C]."""

    def predictions(self, rows: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """What it says of each row, [N] or [N, outputs]."""

    def answers(self, y: Any) -> npt.NDArray[Any]:
        """The truth in the form of its predictions, [N] or [N, outputs]."""


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
