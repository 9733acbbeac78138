"""Shapley values by sampling permutations."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from xaiwidgets.engine.estimate import Estimate, share_of_norm
from xaiwidgets.engine.pace import Pace
from xaiwidgets.engine.problem import Game
from xaiwidgets.engine.student import t_quantile


def permutation_shap(game: Game, pace: Pace, *, seed: int = 0) -> Iterator[Estimate]:
    """Shapley values from antithetic permutations: each order is walked from full to empty, and then reversed.

    Castro, Gómez & Tejada 2009 for the estimator, Mitchell et al. 2022 ("Sampling Permutations for Shapley Value
    Estimation") for the pairs. Each pair costs 2(n − 1) evaluations and satisfies efficiency exactly. The error is the
    95 % t-band over pairs; it is unknown until two pairs are complete.
    """
    n = game.players
    generator = torch.Generator().manual_seed(seed)
    empty = math.nan
    pairs: list[Tensor] = []
    shown = _unknown(n)
    while True:
        order = torch.randperm(n, generator=generator)
        walks: list[Tensor] = []
        for walk in (order, order.flip(0)):
            # Prefixes of the walk, longest first: the first row already gives the last feature's marginal.
            sizes = [size for size in range(n - 1, -1, -1) if size > 0 or math.isnan(empty)]
            score = torch.full((n + 1,), math.nan, dtype=torch.float64)
            score[n], score[0] = game.whole, empty
            for part in pace.chunks(len(sizes)):
                masks = torch.zeros((part.stop - part.start, n), dtype=torch.bool)
                for row, size in enumerate(sizes[part]):
                    masks[row, walk[:size]] = True
                score[torch.tensor(sizes[part])] = pace(len(masks), game.values, masks)
                empty = float(score[0])
                if part.stop < len(sizes):
                    if not pairs and not walks:
                        shown = _unknown(n, values=_marginals(score, walk), empty=empty)
                    yield shown
            walks.append(_marginals(score, walk))
            if not pairs:
                shown = _unknown(n, values=torch.stack(walks).mean(0), empty=empty)
                if len(walks) < 2:
                    yield shown
        pairs.append(torch.stack(walks).mean(0))
        shown = _of_pairs(torch.stack(pairs), empty)
        yield shown


def _marginals(score: Tensor, walk: Tensor) -> Tensor:
    """Each feature's marginal contribution on a walk, NaN where a neighbour has not been evaluated."""
    values = torch.empty(len(walk), dtype=torch.float64)
    values[walk] = score[1:] - score[:-1]
    return values


def _unknown(n: int, *, values: Tensor | None = None, empty: float = math.nan) -> Estimate:
    nan = torch.full((n,), math.nan, dtype=torch.float64)
    return Estimate(
        values=nan if values is None else values,
        error=nan,
        kind="unknown",
        relative_error=math.nan,
        baseline_output=empty,
    )


def _of_pairs(pairs: Tensor, empty: float) -> Estimate:
    """The mean over pairs [K, n] and its t-band."""
    count, n = pairs.shape
    mean = pairs.mean(0)
    if n == 1 or (n == 2 and count == 1):
        # A pair holds every permutation of two features: the value is exact.
        zero = torch.zeros_like(mean)
        return Estimate(values=mean, error=zero, kind="exact", relative_error=0.0, baseline_output=empty, needs=0)
    if count == 1:
        return _unknown(n, values=mean, empty=empty)
    band = t_quantile(count - 1) * pairs.std(0) / math.sqrt(count)
    return Estimate(
        values=mean, error=band, kind="band", relative_error=share_of_norm(band, mean), baseline_output=empty
    )
