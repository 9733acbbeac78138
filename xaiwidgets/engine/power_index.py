"""Power indices as sums over pairs of complementary coalitions: Banzhaf, Shapley, and Shapley's for two features.

With spins s ∈ {−1, +1}ⁿ for absent and present, a game is a sum of parities χ_T(s) = ∏_{i∈T} sᵢ. Indices of one feature
see only its odd part (v(s) − v(−s))/2, those of two features only its even part (v(s) + v(−s))/2.

Every index here is linear, and looks at a coalition only through its size and through which of the one or two features
are in it. So a coalition's part in all n values is two numbers (feature in, out), and in all pairs three (both, one,
none); `gathered` adds them up.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class Index:
    """A power index.

    Attributes:
        order: of one feature (1) or two (2).
        parts: for each size k = 0 … ⌊n/2⌋ what a pair (z, its complement), z of size k, brings to a feature by z's
            membership, times the number of such pairs: float64 [n // 2 + 1, order + 1]. To be multiplied by the
            odd (order 1) or even (order 2) part of the game at z, and averaged over the size.
        pairs: how many pairs there are of each size, float64 [n // 2 + 1]; infinite where too many for a number.
        deep: whether parities of higher order than its own count, each by a share of 1 / (order − own + 1).
    """

    order: int
    parts: Tensor
    pairs: Tensor
    deep: bool


def banzhaf_index(players: int) -> Index:
    """The mean marginal contribution over all coalitions (Banzhaf 1965, in the form of Dubey & Shapley 1979)."""
    rows = []
    for size in range(players // 2 + 1):
        log_count = math.lgamma(players + 1) - math.lgamma(size + 1) - math.lgamma(players - size + 1)
        share = math.exp(log_count - (players - 2) * math.log(2)) * _once(players, size)
        rows.append([share, -share])
    return Index(order=1, parts=torch.tensor(rows, dtype=torch.float64), pairs=_pairs(players), deep=False)


def shapley_index(players: int) -> Index:
    """The mean marginal contribution over all orders (Shapley 1953)."""
    rows = []
    for size in range(players // 2 + 1):
        half = _once(players, size)
        rows.append([2 / size * half if size else 0.0, -2 / (players - size) * half])
    return Index(order=1, parts=torch.tensor(rows, dtype=torch.float64), pairs=_pairs(players), deep=True)


def shapley_interaction_index(players: int) -> Index:
    """The Shapley interaction index of two features (Grabisch & Roubens 1999, Definition 2)."""
    n, rows = players, []
    for size in range(n // 2 + 1):
        rest, half = n - size, _once(n, size)
        both = 2 * n / (size * (size - 1)) if size > 1 else 0.0
        one = -2 * n / (size * rest) if size else 0.0
        none = 2 * n / (rest * (rest - 1)) if rest > 1 else 0.0
        rows.append([both * half, one * half, none * half])
    return Index(order=2, parts=torch.tensor(rows, dtype=torch.float64), pairs=_pairs(players), deep=True)


def _pairs(players: int) -> Tensor:
    n = float(players)
    size = torch.arange(players // 2 + 1, dtype=torch.float64)
    logs = math.lgamma(n + 1) - (size + 1).lgamma() - (n - size + 1).lgamma()
    counts = logs.exp().round()
    return counts * torch.tensor([_once(players, k) for k in range(players // 2 + 1)], dtype=torch.float64)


def _once(players: int, size: int) -> float:
    """Halves what a coalition of half the features and its complement would count twice."""
    return 0.5 if 2 * size == players else 1.0


def gathered(present: Tensor, parts: Tensor) -> Tensor:
    """Σ over coalitions of what each brings: float64 [n] for parts (in, out), [n, n] for parts (both, one, none).

    Args:
        present: float64 [m, n], ones and zeros.
        parts: float64 [m, 2] or [m, 3].
    """
    if parts.shape[1] == 2:
        return (parts[:, 0] - parts[:, 1]) @ present + parts[:, 1].sum()
    both, one, none = parts.T
    single = (one - none) @ present
    pairs: Tensor = (present.T * (both - 2 * one + none)) @ present + single[:, None] + single + none.sum()
    return pairs.fill_diagonal_(0.0)


def enumerated(index: Index, present: Tensor, scores: Tensor) -> Tensor:
    """The index from all pairs of coalitions, float64 [n] or [n, n].

    Args:
        index: the index.
        present: the smaller half of each pair, float64 [m, n].
        scores: the odd or even part of the game there, float64 [m].
    """
    size = present.sum(1).long()
    return gathered(present, index.parts[size] * (scores / index.pairs[size])[:, None])
