"""The ways of points through the layers of a model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from xaiwidgets.projection.frame import Frame
from xaiwidgets.projection.pca import pca
from xaiwidgets.projection.procrustes import aligned, alignment
from xaiwidgets.projection.rows import Rows


def ways(
    layers: Sequence[Rows], frame: Frame, *, here: int, first: Frame | None = None
) -> Iterator[list[npt.NDArray[np.float32]] | None]:
    """Where the points lie in every layer, by PCA: one float32 [n, dims] a layer, after Nones while it is found out.

    Args:
        layers: the same points in each.
        frame: the picture that is shown; it is the way's place in its layer.
        here: which layer that is.
        first: the picture that layers lie over when they are shown by PCA; otherwise each lies over its neighbour, from
            the shown layer both ways.
    """
    pictures: list[npt.NDArray[np.float32]] = []
    for rows in layers:
        for made in pca(rows, dims=frame.positions.shape[1]):
            if made is not None:
                pictures.append(made.positions)
            yield None
    if frame.method == "pca" and first is not None:
        found = [alignment(picture, first.positions, scaled=False)(picture) for picture in pictures]
    else:
        before = aligned([frame.positions, *pictures[:here][::-1]])[::-1]
        found = [*before, *aligned([frame.positions, *pictures[here + 1 :]])[1:]]
    # So that the way leads through what is shown.
    found[here] = frame.positions
    yield found
