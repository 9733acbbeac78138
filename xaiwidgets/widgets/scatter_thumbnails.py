"""The pictures of a scatter's points, small enough for an exported page."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from xaiwidgets.errors import InputError
from xaiwidgets.widgets.array import wire

if TYPE_CHECKING:
    from PIL.Image import Image

THUMB = 160
"""Pixels of a point's picture each way."""

SIDES = (THUMB, 128, 96, 64, 48, 32)
"""Pixels each way in a page, the first with which all pictures fit in."""

BUDGET = 1_500_000
"""Bytes of a page's pictures; as text they are 2 MB."""

SAMPLE = 128
"""From so many pictures it is known about how large all are."""

STRIP = 64
"""So many pictures are one above the other in one file: each on its own would be mostly its head."""

BLOCK = 8
"""JPEG's squares: a picture that begins with one leaves nothing on the next."""

QUALITY = 90
"""Of JPEG: small pictures are seen magnified."""

Read = Callable[[int], "Image"]
"""The picture of a point; raises InputError where it cannot be read."""


def thumbnails(read: Read, count: int, first: Sequence[int] = ()) -> dict[str, Any]:
    """Small pictures of as many points as there is room for; fewer pixels before fewer pictures.

    Args:
        read: a point's picture.
        count: how many points there are.
        first: points that come before others where not all fit in; the others are evenly spread.

    Returns:
        points: those whose pictures these are, uint32 [m].
        sizes: their widths and heights, uint8 [m, 2].
        cell: the pixels from one picture's top to the next's.
        strips: PNG or JPEG files, `STRIP` pictures each.
        unread: how many pictures could not be read.
    """
    sample = [one for _, one in _read(read, _spread(count, SAMPLE))]
    for side in SIDES:
        each = _bytes(_strips([_thumbnail(one, side) for one in sample])) / max(1, len(sample))
        if each * count <= BUDGET:
            found = _packed(read, np.arange(count), side)
            if _bytes(found["strips"]) <= BUDGET:
                return found
    room = int(BUDGET / each)
    while True:
        before = list(dict.fromkeys(first))[:room]
        found = _packed(read, np.union1d(before, _spread(count, room - len(before))).astype(np.int64), SIDES[-1])
        spent = _bytes(found["strips"])
        if spent <= BUDGET:
            return found
        room = int(0.95 * room * BUDGET / spent)


def _spread(count: int, most: int) -> npt.NDArray[np.int64]:
    """So many numbers below another at most, evenly spread."""
    return np.arange(count) if count <= most else np.linspace(0, count - 1, most).astype(np.int64)


def _read(read: Read, points: npt.NDArray[np.int64]) -> Iterator[tuple[int, Image]]:
    for point in points.tolist():
        try:
            picture = read(point)
        except (InputError, OSError):  # Pillow reads the rest of a damaged file only here.
            continue
        picture.thumbnail((THUMB, THUMB))
        yield point, picture


def _thumbnail(picture: Image, side: int) -> npt.NDArray[np.uint8]:
    """Pixels of a picture, uint8 [h, w, 3], at most so many each way."""
    small = picture.copy()
    small.thumbnail((side, side))
    return np.asarray(small, dtype=np.uint8)


def _packed(read: Read, points: npt.NDArray[np.int64], side: int) -> dict[str, Any]:
    there, pictures = [], []
    for point, picture in _read(read, points):
        there.append(point)
        pictures.append(_thumbnail(picture, side))
    return {
        "points": wire(there, np.uint32),
        "sizes": wire([one.shape[1::-1] for one in pictures] or np.empty((0, 2)), np.uint8),
        "cell": _cell(pictures),
        "strips": _strips(pictures),
        "unread": len(points) - len(there),
    }


def _cell(pictures: Sequence[npt.NDArray[np.uint8]]) -> int:
    longest = max((max(one.shape[:2]) for one in pictures), default=1)
    return -(-longest // BLOCK) * BLOCK


def _strips(pictures: Sequence[npt.NDArray[np.uint8]]) -> list[bytes]:
    """The pictures below one another in files, each as long as the shorter of exact and JPEG is."""
    from PIL import Image

    cell, files = _cell(pictures), []
    for start in range(0, len(pictures), STRIP):
        # Around a picture its rim goes on, so that JPEG does not smear an edge into it.
        rows = [
            np.pad(one, ((0, cell - one.shape[0]), (0, cell - one.shape[1]), (0, 0)), mode="edge")
            for one in pictures[start : start + STRIP]
        ]
        column = np.concatenate(rows)
        grey = bool((column == column[..., :1]).all())
        strip, exact, lossy = Image.fromarray(column[..., 0] if grey else column), io.BytesIO(), io.BytesIO()
        strip.save(exact, "PNG", optimize=True)
        strip.save(lossy, "JPEG", quality=QUALITY, subsampling=0)
        files.append(min(exact.getvalue(), lossy.getvalue(), key=len))
    return files


def _bytes(files: Sequence[bytes]) -> int:
    return sum(map(len, files))
