"""What points are called, what they look like, and what a model reads of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from xaiwidgets.engine.tabular import Tabular
from xaiwidgets.errors import InputError
from xaiwidgets.models.picture import read_picture

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True, kw_only=True)
class PointInputs:
    """What the shown points are, beside their numbers.

    Attributes:
        kept: which of those that were given are shown, int64 [n].
        texts: what the shown points are called; empty where they have no names.
        images: pictures of all that were given, or None.
        rows: all that were given, numbers [m, D]; None where a model makes the points of inputs.
    """

    kept: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    texts: tuple[str, ...] = ()
    images: Sequence[Any] | None = None
    rows: Any = None

    def words(self) -> dict[str, int]:
        """The points by their names, without regard to case; none where these do not tell the points apart."""
        names = [text.strip().casefold() for text in self.texts]
        apart = "" not in names and len(set(names)) == len(names)
        return {name: point for point, name in enumerate(names)} if apart else {}

    def texts_of(self, points: Sequence[int]) -> list[str]:
        """What some points are called; "" where they have no names."""
        return [self.texts[point] if point < len(self.texts) else "" for point in points]

    def search(self, text: str) -> npt.NDArray[np.uint32]:
        """The points whose text has this in it, without regard to case."""
        wanted = text.casefold()
        found = [i for i, one in enumerate(self.texts) if wanted in one.casefold()] if wanted else []
        return np.asarray(found, dtype=np.uint32)

    def picture(self, point: int) -> Image:
        """The picture that a point stands for.

        Raises:
            InputError: there is none, or it cannot be read.
        """
        if self.images is None:
            raise InputError("The points have no pictures; give them with images=.")
        place = int(self.kept[point])
        try:
            return read_picture(self.images[place]).convert("RGB")
        except InputError as problem:
            msg = f"images[{place}] cannot be shown: {problem}"
            raise InputError(msg) from problem

    def read_by(self, model: Any, points: npt.NDArray[np.int64]) -> Any:
        """What a model reads of some points: rows, pictures or texts.

        Raises:
            InputError: the points have none of these.
        """
        if not len(self.kept):
            return []
        places = self.kept[points]
        if isinstance(model, Tabular):
            if self.rows is None:
                raise InputError(
                    "The model reads rows of a table, and the points are what another model makes of inputs."
                )
            rows = self.rows if hasattr(self.rows, "shape") else np.asarray(self.rows)
            return rows.iloc[places] if hasattr(rows, "iloc") else rows[places]
        if "veil" in getattr(model, "faces", ()):
            if self.images is None:
                raise InputError("The model reads pictures, and the points have none; give the scatter images=.")
            return [self.images[place] for place in places]
        if not self.texts:
            raise InputError("The model reads texts, and the points have none; give the scatter texts=.")
        return self.texts_of(points.tolist())
