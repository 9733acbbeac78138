"""Large pictures: refused before a pass for which there is no memory, where it would end the process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor

from xaiwidgets.engine.free_memory import expected, free_memory
from xaiwidgets.engine.memory import spelled
from xaiwidgets.errors import ModelError

LARGE = 2**20
"""Pixels from which on a picture is looked at: of so many EfficientNet-lite0 keeps 1.7 GB for the way back."""


class Room:
    """Whether there is memory for a pass through a picture, asked once for each kind of pass."""

    def __init__(self, point: Tensor) -> None:
        """Nothing is asked yet.

        Args:
            point: the picture, float [C, H, W].
        """
        self._point = point
        self._known: set[str] = set()

    def ask(self, call: Callable[[Tensor], Any], kind: str) -> None:
        """Refuse the pass where memory would run out.

        On other devices than a CPU the failure itself can be caught, and is.

        Args:
            call: the pass, of pictures float [B, C, H, W].
            kind: what it is, such as "a pass forward".

        Raises:
            ModelError: it is expected to take more than there is.
        """
        point, (height, width) = self._point, self._point.shape[1:]
        if kind in self._known or height * width < LARGE or point.device.type != "cpu":
            return
        needed, free = expected(call, point), free_memory()
        if needed is not None and needed > free:
            longest = int(max(height, width) * (free / needed) ** 0.5 * 0.9)
            msg = (
                f"{kind.capitalize()} through this picture of {height} × {width} pixels is expected to take "
                f"{spelled(needed)} of memory, and {spelled(free)} are free; shrink it, such as by "
                f"longest={longest} of ImageClassifier, or free some memory."
            )
            raise ModelError(msg)
        self._known.add(kind)

    def ran_out(self, problem: Exception) -> ModelError:
        """What to raise where memory ran out all the same."""
        height, width = self._point.shape[1:]
        return ModelError(
            f"The model ran out of memory on this picture of {height} × {width} pixels ({type(problem).__name__}); "
            f"shrink it, such as by longest={max(height, width) // 2} of ImageClassifier, free some memory, or load "
            "the model in half precision."
        )
