"""A picture's patches as tokens: where they lie in it, and what they are called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from xaiwidgets.engine.patch_grid import patch_grid
from xaiwidgets.errors import InputError
from xaiwidgets.models.picture import read_picture

LONGEST_SIDE = 512
"""Pixels of the picture that is shown under the patches; a larger one is made smaller."""


def patch_layout(image: Any, count: int, names: Sequence[str] | None = None) -> dict[str, Any]:
    """How `count` tokens lie in a picture: the last ones are its patches, row by row, those before are special.

    Args:
        image: the picture as the model saw it, after resizing and cropping; see `read_picture`.
        count: T.
        names: of the T tokens; None: "[CLS]", "special 2", … and "patch 1,1" (row and column, from 1).

    Returns:
        "kind" ("patches"), "tokens" (T names), "features" (int64 [T], −1 for special tokens), "grid" (rows, columns)
        and "picture" (uint8 [H, W, 3], its longer side at most 512 pixels).

    Raises:
        InputError: when it is no picture, or no grid of its proportions leaves 0 to 16 tokens for special ones, or a
            square one leaves fewer.
    """
    picture = read_picture(image).convert("RGB")
    grid = patch_grid(count, picture.height, picture.width)
    # A photograph of other proportions than what the model saw may fit by chance, with more tokens left over.
    square = patch_grid(count, 1, 1)
    if grid is None or (square is not None and square[0] ** 2 > grid[0] * grid[1]):
        fits = f" but of a square one ({square[0]} × {square[1]})" if square else ""
        msg = (
            f"{count} tokens are no grid of patches of a picture of {picture.height} × {picture.width} pixels{fits}; "
            "give image= as the model saw it, after resizing and cropping, or leave it out."
        )
        raise InputError(msg)
    rows, columns = grid
    special = count - rows * columns
    if names is None:
        patches = [f"patch {row},{column}" for row in range(1, rows + 1) for column in range(1, columns + 1)]
        names = ["[CLS]", *(f"special {number}" for number in range(2, special + 1))][:special] + patches
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    return {
        "kind": "patches",
        "tokens": list(names),
        "features": np.concatenate([np.full(special, -1), np.arange(rows * columns)]).astype(np.int64),
        "grid": grid,
        "picture": np.array(picture, dtype=np.uint8),
    }
