"""Python counts code points, browsers count UTF-16 units; an emoji is one here and two there."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def utf16_positions(text: str) -> npt.NDArray[np.int64]:
    """For each code point of the text, and for its end, the position in UTF-16 units; int64 [len(text) + 1]."""
    if text.isascii():
        return np.arange(len(text) + 1)
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    return np.concatenate([[0], np.cumsum(1 + (points > 0xFFFF))])
