"""What a module sees of a picture, made a picture again."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from torch import Tensor


def seen(point: Tensor, black: Tensor, white: Tensor) -> npt.NDArray[np.uint8]:
    """What the model sees, as a picture again: uint8 [H, W, 3].

    Preprocessing normalises each channel in its own way; where black and white end up tells how to undo it.
    """
    pixels, dark, light = (tensor.cpu().double() for tensor in (point, black, white))
    low, high = dark.amin((1, 2), keepdim=True), light.amax((1, 2), keepdim=True)
    if not bool((high > low).all()):
        low, high = pixels.amin(), pixels.amax().clamp(min=pixels.amin() + 1e-12)
    shown = ((pixels - low) / (high - low)).clamp(0, 1).mul(255).round()
    if len(shown) != 3:
        shown = shown.mean(0, keepdim=True).expand(3, -1, -1)
    return np.ascontiguousarray(shown.permute(1, 2, 0).numpy().astype(np.uint8))
