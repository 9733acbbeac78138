"""Which pairs of coalitions to play next: each feature alone first, then those that tell most about Shapley values."""

from __future__ import annotations

import torch
from torch import Tensor

from xaiwidgets.engine.odd_process import Posterior

CANDIDATES = 6
"""Coalitions drawn for each one that is chosen."""


class Pairs:
    """Coalitions that have not been played, one of each complementary pair, in an order fixed by the seed."""

    def __init__(self, players: int, *, seed: int) -> None:
        self._n = players
        self._generator = torch.Generator().manual_seed(seed)
        self._alone = torch.randperm(players, generator=self._generator).tolist()
        # One feature of two is the other's complement, and one alone is everything.
        if players <= 2:
            self._alone = self._alone[: players - 1]
        self._played: set[bytes] = {_key(torch.ones(players, dtype=torch.bool))}
        sizes = torch.arange(1, players, dtype=torch.float64)
        self._weights = 1 / (sizes * (players - sizes))

    @property
    def left(self) -> int:
        """How many pairs have not been played; counted up to 2⁵²."""
        return int(2 ** min(self._n - 1, 52)) - len(self._played)

    @property
    def unplayed_alone(self) -> bool:
        """Whether some feature has not been played by itself."""
        return bool(self._alone)

    def alone(self, count: int) -> Tensor:
        """Up to `count` features by themselves, bool [m, n]; empty once each has been."""
        features, self._alone = self._alone[:count], self._alone[count:]
        masks = torch.zeros((len(features), self._n), dtype=torch.bool)
        masks[range(len(features)), features] = True
        self._played.update(_key(mask) for mask in masks)
        return masks

    def telling(self, posterior: Posterior, count: int) -> Tensor:
        """The `count` coalitions, among many drawn, after which the Shapley values would be known best, bool [m, n].

        Greedy: each takes away most of the summed posterior variance, Σ_i cov(φ_i, g(s))² / var g(s), given the ones
        before it; scores need not be known for that.
        """
        drawn = self._drawn(count * CANDIDATES)
        if len(drawn) > count:
            drawn = drawn[_greedy(posterior, drawn, count)]
        self._played.update(_key(mask) for mask in drawn)
        return drawn

    def _drawn(self, count: int) -> Tensor:
        """Distinct coalitions by the Shapley kernel (Lundberg & Lee 2017): their size by 1 / (k (n − k)), then even."""
        n = self._n
        if self.left <= 2 * count:
            return self._all_left()
        found: dict[bytes, Tensor] = {}
        while len(found) < count:
            sizes = 1 + torch.multinomial(self._weights, 2 * count, replacement=True, generator=self._generator)
            order = torch.rand((2 * count, n), generator=self._generator).argsort(1)
            masks = torch.zeros((2 * count, n), dtype=torch.bool)
            masks.scatter_(1, order, torch.arange(n) < sizes[:, None])
            for mask in masks:
                key = _key(mask)
                if key not in self._played:
                    found.setdefault(key, mask)
        return torch.stack(list(found.values())[:count])

    def _all_left(self) -> Tensor:
        n = self._n
        half = (torch.arange(2 ** (n - 1))[:, None] >> torch.arange(n)) % 2 == 1
        return torch.stack([mask for mask in half if _key(mask) not in self._played])


def _greedy(posterior: Posterior, masks: Tensor, count: int) -> list[int]:
    _, covariance, values = posterior.left_over(masks.double() * 2 - 1)
    floor = 1e-9 * float(covariance.diagonal().max())
    free = torch.ones(len(masks), dtype=torch.bool)
    chosen: list[int] = []
    for _ in range(count):
        gain = values.square().sum(1) / covariance.diagonal().clamp(min=floor)
        best = int(torch.where(free, gain, -1.0).argmax())
        chosen.append(best)
        free[best] = False
        share = covariance[best] / covariance[best, best].clamp(min=floor)
        values = values - share[:, None] * values[best]
        covariance = covariance - torch.outer(share, covariance[best])
    return chosen


def _key(mask: Tensor) -> bytes:
    """The same for a coalition and its complement."""
    return bytes((mask ^ mask[0]).tolist())
