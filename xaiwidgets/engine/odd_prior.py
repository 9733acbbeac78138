"""Which prior a game calls for: the likeliest few of a small grid, found by climbing."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from xaiwidgets.engine.odd_process import STRONGEST, Posterior, Prior, odd_product

LOADS = (0.1, 0.3, 0.7, 1.5, 3.0, 6.0, 10.0, 16.0)
"""Σθ: about how many features an interaction joins."""

SMOOTH = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
"""Variance of the smooth part, the linear one being 1."""

ROUGH = (1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1.0)
"""Variance of the rough part, the linear one being 1."""

POWERS = (0.0, 0.5, 1.0)
"""How far a feature that counts more is also taken to interact more: d, θ ∝ |φ|^power."""

FAINTEST = 0.03
"""The least a feature counts, as a share of the strongest: no feature is ruled out by a first look."""

START = (3, 4, 4, 0)

KEPT = 4.0
"""Priors less likely than the likeliest by so much (natural log) are dropped."""


Point = tuple[int, int, int, int]


@dataclass(frozen=True)
class Choice:
    """A point of the grid, and what the features count in it.

    Attributes:
        at: indices into LOADS, SMOOTH, ROUGH and POWERS.
        counts: what each feature counts before the power, float64 [n].
    """

    at: Point
    counts: Tensor

    @property
    def shares(self) -> Tensor:
        """What each feature counts, float64 [n]; sums to 1."""
        raised = self.counts ** POWERS[self.at[3]]
        return raised / raised.sum()

    @classmethod
    def first(cls, players: int) -> Choice:
        """What to begin with."""
        return cls(START, torch.ones(players, dtype=torch.float64))

    def prior(self) -> Prior:
        """The prior at this point."""
        load, smooth, rough, _ = self.at
        shares = self.shares
        return Prior(
            linear=shares,
            reach=(LOADS[load] * shares).clamp(1e-9, STRONGEST),
            smooth=SMOOTH[smooth],
            rough=ROUGH[rough],
        )


def likely(
    spins: Tensor, scores: Tensor, *, before: Choice | None = None, values: Tensor | None = None
) -> list[Choice]:
    """The likeliest priors for what was played, the best first.

    Args:
        spins: float64 [M, n].
        scores: g at each, float64 [M].
        before: the best one when there was less data, from which the climb begins.
        values: the Shapley values of then, which say what each feature counts.
    """
    n = spins.shape[1]
    counts = torch.ones(n, dtype=torch.float64)
    if values is not None:
        counts = values.abs().clamp(min=FAINTEST * float(values.abs().max()))
    climb = _Climb(spins, scores, counts)
    best = climb.up(START if before is None else before.at, (2, 1, 0))
    if values is None:
        # A second look, with what the first one says of the features.
        found = Posterior(Choice(best, counts).prior(), spins, scores).values.abs()
        even = climb
        climb = _Climb(spins, scores, found.clamp(min=FAINTEST * float(found.max())))
        climb.known.update({at: score for at, score in even.known.items() if at[3] == 0})
    best = climb.up(best, (3, 2, 1, 0))
    top = climb.known[best]
    kept = sorted((at for at, score in climb.known.items() if score > top - KEPT), key=lambda at: -climb.known[at])
    return [Choice(at, climb.counts) for at in kept]


class _Climb:
    """Coordinate ascent on the grid; the costly parts of a covariance are shared by neighbours."""

    def __init__(self, spins: Tensor, scores: Tensor, counts: Tensor) -> None:
        self.counts = counts
        self.known: dict[Point, float] = {}
        self._spins, self._scores = spins, scores
        self._linear: dict[int, Tensor] = {}
        self._smooth: dict[tuple[int, int], Tensor] = {}

    def up(self, at: Point, axes: tuple[int, ...]) -> Point:
        """The point from which no step along an axis climbs."""
        sizes = tuple(len(axis) for axis in (LOADS, SMOOTH, ROUGH, POWERS))
        while True:
            start = at
            for axis in axes:
                for step in (-1, 1):
                    while 0 <= at[axis] + step < sizes[axis]:
                        moved = list(at)
                        moved[axis] += step
                        beside: Point = (moved[0], moved[1], moved[2], moved[3])
                        if self.score(beside) <= self.score(at):
                            break
                        at = beside
            if at == start:
                return at

    def score(self, at: Point) -> float:
        """Log evidence, with a weak pull to the middle that keeps few data from the grid's edges."""
        if at not in self.known:
            pull = 0.02 * sum((a - b) ** 2 for a, b in zip(at[:3], START, strict=False))
            self.known[at] = self._evidence(at) - pull
        return self.known[at]

    def _evidence(self, at: Point) -> float:
        load, smooth, rough, power = at
        prior = Choice(at, self.counts).prior()
        if power not in self._linear:
            self._linear[power] = (self._spins * prior.linear) @ self._spins.T
        if (load, power) not in self._smooth:
            slopes = torch.atanh(prior.reach)
            self._smooth[load, power] = odd_product((self._spins * slopes) @ self._spins.T, float(slopes.sum()))
        covariance = self._linear[power] + SMOOTH[smooth] * self._smooth[load, power]
        covariance.diagonal().add_(ROUGH[rough])
        factor, failed = torch.linalg.cholesky_ex(covariance)
        if failed:
            return -math.inf
        white = torch.linalg.solve_triangular(factor, self._scores[:, None], upper=False)
        scale = float(white.square().mean())
        return -0.5 * len(white) * math.log(max(scale, 1e-300)) - float(factor.diagonal().log().sum())
