"""How arrays travel to the browser: dtype, shape and raw bytes; js/src/core/arrays.ts is the other end."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import traitlets


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
        "data": memoryview(packed.reshape(-1).view(np.uint8)),
    }


def _to_wire(value: npt.NDArray[Any] | None, _widget: object) -> dict[str, Any] | None:
    return None if value is None else wire(value, value.dtype)


def _from_wire(value: dict[str, Any] | None, _widget: object) -> npt.NDArray[Any] | None:
    if value is None:
        return None
    return np.frombuffer(value["data"], dtype=np.dtype(value["dtype"]).newbyteorder("<")).reshape(value["shape"])


class Array(traitlets.Instance[Any]):
    """A synced trait that holds a numpy array or None."""

    def __init__(self) -> None:
        super().__init__(klass=np.ndarray, allow_none=True)
        self.tag(sync=True, to_json=_to_wire, from_json=_from_wire)
