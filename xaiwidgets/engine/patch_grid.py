"""Which of a vision transformer's tokens are the patches of its picture."""

from __future__ import annotations

from torch import Tensor

MOST_SPECIAL = 16
"""Up to so many tokens before a picture's patches are taken for special: a class token, registers."""


def patch_grid(count: int, height: int, width: int) -> tuple[int, int] | None:
    """Rows and columns of the patches that the last of `count` tokens are, in the proportions of a picture.

    Returns:
        The largest grid that leaves 0 to 16 tokens before it, or None where there is none.
    """
    for special in range(min(MOST_SPECIAL, count - 1) + 1):
        rows = round(((count - special) * height / width) ** 0.5)
        if rows and (count - special) % rows == 0 and rows * width == (count - special) // rows * height:
            return rows, (count - special) // rows
    return None


def laid_in_grid(tokens: Tensor, grid: tuple[int, int]) -> Tensor:
    """What tokens were given, float [..., T], as the patches that the last of them are, row by row: [..., h, w]."""
    rows, columns = grid
    return tokens[..., tokens.shape[-1] - rows * columns :].reshape(*tokens.shape[:-1], rows, columns)
