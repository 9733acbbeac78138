"""What the features of a picture are: the squares of a grid, superpixels, or a person's own regions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from xaiwidgets.errors import InputError

SUPERPIXELS = 50
"""About so many where no number is given: as many as the squares of a grid, and as quick to explain."""
MOST = 4096
"""Regions beyond which nothing could be explained by hiding them one by one."""


@dataclass(frozen=True, kw_only=True)
class Regions:
    """A picture's n regions.

    Attributes:
        at: each pixel's region, int32 [H, W], from 0 to n − 1.
        grid: the rows and columns of a regular grid, else None.
    """

    at: npt.NDArray[np.int32]
    grid: tuple[int, int] | None = None

    @property
    def count(self) -> int:
        """How many there are: n."""
        return int(self.at.max()) + 1

    @property
    def names(self) -> tuple[str, ...]:
        """What they are called."""
        if self.grid is None:
            return tuple(f"region {number}" for number in range(1, self.count + 1))
        rows, columns = self.grid
        return tuple(f"row {r}, column {c}" for r in range(1, rows + 1) for c in range(1, columns + 1))

    @property
    def centres(self) -> npt.NDArray[np.float64]:
        """Where each lies, float64 [n, 2]: its row and column in a grid, else the middle of its pixels."""
        if self.grid is not None:
            return np.stack(np.divmod(np.arange(self.count), self.grid[1]), 1).astype(np.float64)
        flat = self.at.ravel()
        size = np.bincount(flat)
        down, across = (np.bincount(flat, weights=axis.ravel()) / size for axis in np.indices(self.at.shape))
        return np.stack([down, across], 1)


def read_regions(regions: Any, picture: npt.NDArray[np.uint8]) -> Regions:
    """The regions that were asked for.

    Args:
        regions: the number of squares along each side; "superpixels", or "superpixels:100" for about so many (SLIC,
            Achanta et al. 2012); or your own, whole numbers [H, W] of the picture as the model sees it.
        picture: uint8 [H, W, 3].

    Raises:
        InputError: they are none of these, or of another size.
    """
    height, width = picture.shape[:2]
    if isinstance(regions, str):
        return Regions(at=_superpixels(regions, picture))
    if isinstance(regions, int) and not isinstance(regions, bool) and regions >= 1:
        return grid_of(height, width, regions)
    own = np.asarray(regions.detach().cpu() if hasattr(regions, "detach") else regions)
    if own.dtype.kind not in "iu" or own.shape != (height, width):
        what = f"an array of {own.dtype} of shape {own.shape}" if own.ndim else repr(regions)
        msg = (
            f"regions={what} was given; give the number of squares along each side, 'superpixels', or whole numbers of "
            f"shape ({height}, {width}), the size that the model sees."
        )
        raise InputError(msg)
    return Regions(at=_numbered(own))


def check_grid(grid: Any) -> int:
    """The number of regions along each side of an adapter's grid.

    Raises:
        InputError: it is none.
    """
    if isinstance(grid, bool) or not isinstance(grid, int) or grid < 1:
        msg = f"grid={grid!r} was given; give the number of regions along each side, at least 1."
        raise InputError(msg)
    return grid


def grid_of(height: int, width: int, grid: int) -> Regions:
    """A regular grid of so many rows and columns, no more than pixels."""
    rows, columns = min(grid, height), min(grid, width)
    down, across = np.arange(height) * rows // height, np.arange(width) * columns // width
    return Regions(at=(down[:, None] * columns + across).astype(np.int32), grid=(rows, columns))


def _superpixels(asked: str, picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.int32]:
    name, _, number = asked.partition(":")
    if name != "superpixels" or (number and not (number.isdecimal() and 1 <= int(number) <= MOST)):
        msg = (
            f"regions={asked!r} was given; give 'superpixels', 'superpixels:100' for about so many (at most {MOST}), "
            "or the number of squares along each side."
        )
        raise InputError(msg)
    try:
        from skimage.segmentation import slic
    except ImportError as problem:
        msg = "Superpixels are found with scikit-image, which is not installed; run: pip install 'xaiwidgets[image]'"
        raise InputError(msg) from problem
    return _numbered(slic(picture, n_segments=int(number or SUPERPIXELS), compactness=10, start_label=0))


def _numbered(labels: npt.NDArray[Any]) -> npt.NDArray[np.int32]:
    """The same regions with the numbers 0, 1, …, in the order of a reader: by their first pixel.

    Raises:
        InputError: there are too many.
    """
    found, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    if len(found) > MOST:
        msg = f"{len(found)} regions were given; give at most {MOST}, or squares along each side."
        raise InputError(msg)
    rank = np.empty(len(found), dtype=np.int32)
    rank[np.argsort(first)] = np.arange(len(found), dtype=np.int32)
    return rank[inverse].reshape(labels.shape)
