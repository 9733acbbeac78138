"""Sensitivity-n and infidelity: what an explanation says of random coalitions against what the model does.

Both set the sum of the values of the features that are gone against the drop in score. Shuffled values can be judged by
the same evaluations, so that thousands of random rankings cost none.
"""

from __future__ import annotations

import torch
from torch import Tensor

SHUFFLES = 2000
"""Random rankings that cost no evaluation: enough to see a p-value of 0.001."""


def shuffled(values: Tensor, *, seed: int) -> Tensor:
    """The values in random orders, float64 [SHUFFLES, n]; the same orders for the same seed and n."""
    generator = torch.Generator().manual_seed(seed)
    orders = torch.rand(SHUFFLES, len(values), generator=generator).argsort(-1)
    return values[orders]


def correlation(values: Tensor, gone: Tensor, drops: Tensor) -> Tensor:
    """The correlation of summed values and drops, over coalitions of the same size, the sizes pooled: float64 [...].

    Sensitivity-n of Ancona, Ceolini, Öztireli & Gross 2018, where the sizes are drawn as curves. Pooling takes each
    size's mean out of both sides first, so that no map gains from drops that grow with the number of features gone.

    Args:
        values: float64 [..., n].
        gone: what was taken away, bool [M, K, n] or as weights: M coalitions of each of K sizes.
        drops: how far the score dropped, float64 [M, K].
    """
    present, dropped = _centred(gone, drops)
    products = values @ (present.T @ dropped)
    norms = _squared(values, present) * dropped.square().sum()
    return torch.where(norms > 0, products / norms.clamp(min=1e-300).sqrt(), 0.0)


def correlations(values: Tensor, gone: Tensor, drops: Tensor) -> Tensor:
    """Sensitivity-n at each size, float64 [K]; see `correlation`."""
    return torch.stack([correlation(values, gone[:, [k]], drops[:, [k]]) for k in range(gone.shape[1])])


def effects(gone: Tensor, drops: Tensor) -> Tensor:
    """Which way the score moves with each feature: the covariance of its absence and the drop, float64 [n].

    Args:
        gone: [M, K, n].
        drops: float64 [M, K].
    """
    present, dropped = _centred(gone, drops)
    return present.T @ dropped / len(dropped)


def infidelity(values: Tensor, gone: Tensor, drops: Tensor) -> Tensor:
    """The mean squared difference of summed values and drops, the values scaled to fit best: float64 [...].

    Yeh et al. 2019, "On the (In)fidelity and Sensitivity of Explanations", definition 2.1, with sets of features that
    are taken away as perturbations, and their optimal scaling (no negative one: a map may not be turned upside down).
    In the score's unit, squared.

    Args:
        values: float64 [..., n].
        gone: bool [M, K, n].
        drops: float64 [M, K].
    """
    present, dropped = gone.flatten(0, 1).double(), drops.flatten()
    products = values @ (present.T @ dropped)
    squares = _squared(values, present)
    scale = torch.where(squares > 0, products / squares.clamp(min=1e-300), 0.0).clamp(min=0)
    return (dropped.square().sum() - 2 * scale * products + scale.square() * squares) / len(dropped)


def jackknife(statistic: Tensor) -> float:
    """95 % half-width from a statistic with each of G groups left out, float64 [G]; NaN below three groups."""
    groups = len(statistic)
    if groups < 3:
        return float("nan")
    variance = (groups - 1) / groups * (statistic - statistic.mean()).square().sum()
    return 1.96 * float(variance.sqrt())


def _centred(gone: Tensor, drops: Tensor) -> tuple[Tensor, Tensor]:
    present = gone.double()
    return (present - present.mean(0)).flatten(0, 1), (drops - drops.mean(0)).flatten()


def _squared(values: Tensor, present: Tensor) -> Tensor:
    """The sum over coalitions of squared sums of values, float64 [...]; in pieces, for there are many rankings."""
    rows = torch.split(values.reshape(-1, values.shape[-1]), 256)
    return torch.cat([(part @ present.T).square().sum(-1) for part in rows]).reshape(values.shape[:-1])
