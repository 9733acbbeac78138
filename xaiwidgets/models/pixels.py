"""Arrays of pixels as people hold them, read to levels from 0 to 255: what was assumed of them is said."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from torch import Tensor

from xaiwidgets.errors import InputError

Notes = tuple[str, ...]

_CHANNELS = {1, 3, 4}
_ROUNDING = 1e-4
"""Floats may pass 0 and 1 by so much: it is less than a level."""


def levels_of(x: npt.NDArray[Any] | Tensor, what: str) -> tuple[npt.NDArray[np.uint8], Notes]:
    """The pixels, uint8 [H, W], [H, W, 3] or [H, W, 4], and what a reader must know of how they were read.

    Args:
        x: an array [H, W] or [H, W, channels], or a tensor [channels, H, W] or [1, channels, H, W]; with the channels
            on the other side they are found where only one side can be them. Floats from 0 to 1 or 255, or whole
            numbers from 0 to 255 or 65535.
        what: what the picture is called in a sentence.

    Raises:
        InputError: it has another shape, or values that are none of these.
    """
    first = isinstance(x, Tensor)
    array: npt.NDArray[Any] = _array(x) if isinstance(x, Tensor) else x
    if first and array.ndim == 4 and len(array) == 1:
        array = array[0]
    shown, notes = _channels_last(array, tuple(x.shape), what, first=first)
    if shown.size == 0:
        msg = f"{what} has no pixels (height {shown.shape[0]}, width {shown.shape[1]}); give at least one."
        raise InputError(msg)
    levels, told = _levels(shown, what)
    return levels[..., 0] if levels.ndim == 3 and levels.shape[2] == 1 else levels, (*notes, *told)


def _array(x: Tensor) -> npt.NDArray[Any]:
    x = x.detach().cpu()
    array: npt.NDArray[Any] = x.float().numpy() if x.is_floating_point() else x.numpy()
    return array


def _channels_last(
    array: npt.NDArray[Any], given: tuple[int, ...], what: str, *, first: bool
) -> tuple[npt.NDArray[Any], Notes]:
    """The array with its channels last. Where both sides could be them, the usual one is: a tensor's first, else last.

    Raises:
        InputError: it is no picture's shape.
    """
    if array.ndim == 2:
        return array, ()
    sides = {0: "first", 2: "last"}
    usual, other = (0, 2) if first else (2, 0)
    for side in (usual, other):
        if array.ndim == 3 and array.shape[side] in _CHANNELS:
            told = f"{what} has shape {given}: its {sides[side]} axis was taken for the channels."
            return np.moveaxis(array, side, 2), () if side == usual else (told,)
    kind, shapes = ("A tensor", "[3, H, W]") if first else ("An array", "[H, W], [H, W, 3] or [H, W, 4]")
    also = " (or 1 or 4 channels)" if first else ""
    msg = f"{kind} of shape {given} was given; a picture has shape {shapes}{also}."
    raise InputError(msg)


def _levels(array: npt.NDArray[Any], what: str) -> tuple[npt.NDArray[np.uint8], Notes]:
    """The array's values as levels.

    Raises:
        InputError: they are no numbers, not finite, or of no known range.
    """
    if array.dtype == np.uint8:
        return np.ascontiguousarray(array), ()
    if array.dtype.kind not in "buif":
        msg = f"{what}'s pixels have type {array.dtype}; give uint8, or floats from 0 to 1."
        raise InputError(msg)
    if not np.isfinite(array).all():
        count = int((~np.isfinite(array)).sum())
        msg = f"{what} has {count} values that are NaN or infinite; every pixel needs a finite one."
        raise InputError(msg)
    low, high = float(array.min()), float(array.max())
    floats = array.dtype.kind == "f"
    most = _most(array.dtype, low, high)
    if most is None:
        msg = (
            f"{what}'s values go from {low:.4g} to {high:.4g}; give uint8 from 0 to 255 or floats from 0 to 1, "
            "before any normalisation, which is the preprocessing's part."
        )
        raise InputError(msg)
    kind = "floats" if floats else "values"
    told = f"{what}'s {kind} go from {low:.4g} to {high:.4g}: they were taken for levels out of {most}."
    plain = most == 1 or (most == 255 and not floats and array.dtype.itemsize != 2)
    if most == 255 and not floats:
        return np.ascontiguousarray(array, dtype=np.uint8), () if plain else (told,)
    scaled = np.rint(array.astype(np.float64) * (255 / most)).clip(0, 255)
    return np.ascontiguousarray(scaled, dtype=np.uint8), () if plain else (told,)


def _most(kind: np.dtype[Any], low: float, high: float) -> int | None:
    """What stands for full light; None where nothing can be told."""
    if kind.kind == "b":
        return 1
    if kind.kind == "f":
        if low < -_ROUNDING or high > 255:
            return None
        # Between 1 and 2 lies what a resize overshot, or a normalised picture that happens to be bright.
        return 1 if high <= 1 + _ROUNDING else 255 if high >= 2 else None
    if low < 0 or high > 65535:
        return None
    return 255 if high <= 255 else 65535
