"""Shapley values by sampling permutations."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator

import torch
from torch import Tensor

from xaiwidgets.engine.estimate import Estimate, share_of_norm
from xaiwidgets.engine.method import Method
from xaiwidgets.engine.pace import Pace
from xaiwidgets.engine.problem import Game
from xaiwidgets.engine.student import t_quantile

ENUMERATED = 6
"""Up to so many features all 2ⁿ coalitions cost less than the permutations that a useful band takes."""


def permutation_shap(game: Game, pace: Pace, *, seed: int = 0) -> Iterator[Estimate]:
    """Shapley values from antithetic permutations: each order is walked from full to empty, and then reversed.

    Castro, Gómez & Tejada 2009 for the estimator, Mitchell et al. 2022 ("Sampling Permutations for Shapley Value
    Estimation") for the pairs. Each pair costs 2(n − 1) evaluations and satisfies efficiency exactly. The error is a
    95 % t-band over pairs; it is unknown until two pairs are complete. With up to six features the coalitions that the
    first pair did not visit are evaluated too, and the values are exact.
    """
    n = game.players
    generator = torch.Generator().manual_seed(seed)
    empty = math.nan
    count, mean, squares = 0, torch.zeros(n, dtype=torch.float64), torch.zeros(n, dtype=torch.float64)
    table = torch.full((2**n if n <= ENUMERATED else 0,), math.nan, dtype=torch.float64)
    shown: Estimate | None = None
    while True:
        order = torch.randperm(n, generator=generator)
        walks: list[Tensor] = []
        for walk in (order, order.flip(0)):
            score = yield from _walked(game, pace, walk, empty, shown)
            empty = float(score[0])
            walks.append(_marginals(score, walk))
            if len(table):
                table[torch.cat([torch.zeros(1, dtype=torch.int64), (2**walk).cumsum(0)])] = score
            if count == 0:
                shown = _unknown(torch.stack(walks).mean(0), empty)
            # The pair's second walk is shown with the pair.
            if shown is not None and (count == 0 or len(walks) == 1):
                yield shown
        if shown is not None and len(table):
            yield from _enumerated(game, pace, table, shown)
            return
        pair = torch.stack(walks).mean(0)
        count, change = count + 1, pair - mean
        mean = mean + change / count
        squares = squares + change * (pair - mean)
        if count > 1:
            shown = _of_pairs(mean, squares / (count - 1), count, empty)
            yield shown


def _walked(
    game: Game, pace: Pace, walk: Tensor, empty: float, shown: Estimate | None
) -> Generator[Estimate, None, Tensor]:
    """The scores of the walk's prefixes, float64 [n + 1]; meanwhile it yields `shown`, or its own marginals."""
    n = len(walk)
    # Longest first: the first row already gives the last feature's marginal.
    sizes = [size for size in range(n - 1, -1, -1) if size > 0 or math.isnan(empty)]
    score = torch.full((n + 1,), math.nan, dtype=torch.float64)
    score[n], score[0] = game.whole, empty
    for part in pace.chunks(len(sizes)):
        masks = torch.zeros((part.stop - part.start, n), dtype=torch.bool)
        for row, size in enumerate(sizes[part]):
            masks[row, walk[:size]] = True
        score[torch.tensor(sizes[part])] = pace(len(masks), game.values, masks)
        if part.stop < len(sizes):
            yield shown or _unknown(_marginals(score, walk), float(score[0]))
    return score


def _enumerated(game: Game, pace: Pace, table: Tensor, shown: Estimate) -> Iterator[Estimate]:
    """The exact values, once the coalitions that are still NaN in `table` [2ⁿ] are evaluated; bit i is feature i."""
    n = game.players
    present = (torch.arange(2**n)[:, None] >> torch.arange(n)) % 2 == 1
    missing = table.isnan().nonzero()[:, 0]
    for part in pace.chunks(len(missing)):
        table[missing[part]] = pace(part.stop - part.start, game.values, present[missing[part]])
        if part.stop < len(missing):
            yield shown
    share = torch.tensor([1 / (n * math.comb(n - 1, size)) for size in range(n)], dtype=torch.float64)
    size = present.sum(1, keepdim=True)
    weights = torch.where(present, share[(size - 1).clamp(min=0)], -share[size.clamp(max=n - 1)])
    values = (weights * table[:, None]).sum(0)
    yield Estimate(
        values=values,
        error=torch.zeros_like(values),
        kind="exact",
        relative_error=0.0,
        baseline_output=float(table[0]),
        needs=0,
    )


def _marginals(score: Tensor, walk: Tensor) -> Tensor:
    """Each feature's marginal contribution on a walk, NaN where a neighbour has not been evaluated."""
    values = torch.empty(len(walk), dtype=torch.float64)
    values[walk] = score[1:] - score[:-1]
    return values


def _unknown(values: Tensor, empty: float) -> Estimate:
    nan = torch.full_like(values, math.nan)
    return Estimate(values=values, error=nan, kind="unknown", relative_error=math.nan, baseline_output=empty)


def _of_pairs(mean: Tensor, variance: Tensor, count: int, empty: float) -> Estimate:
    """The mean over `count` pairs [n] and its t-band.

    Few pairs often agree by chance in one feature, whose band would then be nothing. So every feature's variance counts
    the mean variance of all as one more degree of freedom (Smyth 2004, "Linear models and empirical Bayes methods").
    """
    moderated = ((count - 1) * variance + variance.mean()) / count
    band = t_quantile(count) * (moderated / count).sqrt()
    return Estimate(
        values=mean, error=band, kind="band", relative_error=share_of_norm(band, mean), baseline_output=empty
    )


METHODS = (Method(name="permutation_shap", face="game", estimates=permutation_shap, tolerance=0.1, budget=2000),)
