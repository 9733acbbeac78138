"""How arrays travel to the browser: dtype, shape and raw bytes; js/src/core/arrays.ts is the other end."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def wire(array: npt.ArrayLike, dtype: npt.DTypeLike) -> dict[str, Any]:
    """The array as a trait carries it: little-endian bytes that ipywidgets sends as one binary buffer.

    Args:
        array: any shape.
        dtype: what the browser shall see: float32, uint32, int32, uint16, uint8, …
    """
    packed = np.ascontiguousarray(np.asarray(array), dtype=np.dtype(dtype).newbyteorder("<"))
    return {
        "dtype": np.dtype(dtype).name,
        "shape": list(packed.shape),
        "data": memoryview(packed.tobytes()),
    }
