"""Where in a picture that lies which a model sees: preprocessing crops and shrinks, and does not say how."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from PIL.Image import Image

Box = tuple[float, float, float, float]
"""Left, top, right and bottom, in pixels of the picture."""

ASTRAY = 2.0
"""Grey levels that a ramp may be off on average: resizing blurs its ends, and eight bits are coarse."""

LEAST = 1.0
"""Grey levels that a ramp must rise by: less says nothing of where it was."""

NEAR = 0.25
"""Of a pixel that a model sees: a box that ends so near to the picture's edge ends there."""


def view_box(see: Callable[[Image], npt.NDArray[np.uint8]], image: Image) -> tuple[Box | None, tuple[int, int]]:
    """The part of `image` that a model sees, where its preprocessing does nothing but crop and resize.

    A ramp from black to white goes through the same preprocessing: the grey of each column that comes out says which
    column of the picture it was.

    Args:
        see: the picture as the model sees it, uint8 [H, W, 3].
        image: the picture.

    Returns:
        The box, or None where the pixels are moved in another way: turned, mirrored, bent, or put on a larger canvas;
        and H and W.
    """
    from PIL import Image

    width, height = image.size
    spans: list[tuple[float, float] | None] = []
    shape: tuple[int, ...] | None = None
    for size, axis in ((width, 0), (height, 1)):
        # One column or row has no ramp, and nothing that could be cropped.
        if size == 1:
            spans.append((0.0, 1.0))
            continue
        ramp = np.expand_dims(np.rint(np.linspace(0, 255, size)).astype(np.uint8), axis)
        grey = Image.fromarray(np.ascontiguousarray(np.broadcast_to(ramp, (height, width)))).convert(image.mode)
        levels = see(grey).astype(np.float64).mean(2)
        shape = levels.shape
        spans.append(_span(levels, size, axis))
        if spans[-1] is None:
            break
    rows, columns = (see(image).shape if shape is None else shape)[:2]
    if None in spans:
        return None, (rows, columns)
    (left, right), (top, bottom) = (span for span in spans if span is not None)
    return (left, top, right, bottom), (rows, columns)


def _span(levels: npt.NDArray[np.float64], size: int, axis: int) -> tuple[float, float] | None:
    """From where to where along one axis, of a ramp over `size` pixels that came out as `levels`, float64 [H, W]."""
    line = levels.mean(axis)
    count = len(line)
    if count < 2:
        middle = float(line[0]) / 255 * (size - 1) + 0.5
        return max(0.0, middle - size / 2), min(float(size), middle + size / 2)
    places = np.arange(count)
    slope, start = (float(number) for number in np.polyfit(places, line, 1))
    straight = start + slope * places
    if slope * count < LEAST or np.abs(levels - np.expand_dims(straight, axis)).mean() > ASTRAY:
        return None
    # A pixel's grey is that of its middle.
    step = slope / 255 * (size - 1)
    first = start / 255 * (size - 1) + 0.5
    left, right = first - step / 2, first + step * (count - 0.5)
    # Rounded greys do not tell less than this from the whole.
    near = step * NEAR
    return 0.0 if left < near else left, float(size) if size - right < near else right
