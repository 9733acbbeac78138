"""How alike two rankings are."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]


def ranks(values: Numbers) -> Numbers:
    """Ranks from 0, float64 [..., n]; equal values share the mean of theirs."""
    below = (values[..., None, :] < values[..., :, None]).sum(-1)
    equal = (values[..., None, :] == values[..., :, None]).sum(-1)
    return np.asarray(below + (equal - 1) / 2)


def spearman(a: Numbers, b: Numbers) -> Numbers:
    """Spearman's rank correlation of rows, float64 [...]; NaN where one side has no order.

    Args:
        a: float [..., n].
        b: float [..., n].
    """
    left, right = (ranks(side) - (side.shape[-1] - 1) / 2 for side in (a, b))
    norm = np.sqrt((left**2).sum(-1) * (right**2).sum(-1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((left * right).sum(-1) / norm)


def kendall(a: Numbers, b: Numbers) -> float:
    """Kendall's τ-b of two vectors [n]: concordant less discordant pairs; NaN where one side has no order."""
    above = np.triu_indices(len(a), 1)
    left, right = (np.sign(side[:, None] - side[None])[above] for side in (a, b))
    norm = np.sqrt((left**2).sum() * (right**2).sum())
    return float((left * right).sum() / norm) if norm > 0 else float("nan")
