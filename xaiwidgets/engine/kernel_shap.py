"""Shapley values from few model calls: the odd part of a game is learnt, and its values follow in closed form."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from dataclasses import replace

import torch
from torch import Tensor

from xaiwidgets.engine.coalition_design import Pairs
from xaiwidgets.engine.estimate import Estimate, share_of_norm
from xaiwidgets.engine.method import Method
from xaiwidgets.engine.odd_prior import Choice, likely
from xaiwidgets.engine.odd_process import Posterior, shapley_coefficients
from xaiwidgets.engine.pace import Pace
from xaiwidgets.engine.problem import Game
from xaiwidgets.engine.shapley import permutation_shap
from xaiwidgets.engine.student import t_quantile

LARGEST = 2048
"""Pairs that are learnt from: the work on one more grows with their square."""

STAGE = 64
"""The most pairs that are chosen at once; few at first, as each stage is chosen by what the ones before have shown."""

SEARCHED = 600
"""Pairs beyond which the prior is not searched for again: it no longer moves, and a search takes their cube."""


def kernel_shap(game: Game, pace: Pace, *, seed: int = 0) -> Iterator[Estimate]:
    """Shapley values by a Gaussian process on paired coalitions, each chosen to tell most about the values.

    The game of Lundberg & Lee 2017 ("A Unified Approach to Interpreting Model Predictions"), whose weighted least
    squares are what a linear prior would give; `odd_process` says what is learnt beyond it. The values add up to the
    change in score at every estimate. The error is a 95 % t-band of the posterior, unknown until there are a quarter
    more pairs than features; with every coalition evaluated the values are exact. Beyond 2048 pairs what the process
    leaves unexplained is sampled by permutations.
    """
    n = game.players
    empty = float(pace(1, game.values, torch.zeros((1, n), dtype=torch.bool))[0])
    rise = game.whole - empty
    shown = _unknown(torch.full((n,), rise / n, dtype=torch.float64), empty)
    pairs = Pairs(n, seed=seed)
    belief = Belief(torch.ones((1, n), dtype=torch.float64), torch.tensor([rise / 2], dtype=torch.float64))
    while pairs.left and belief.pairs < LARGEST:
        size = min(max(4, belief.pairs // 5), STAGE, LARGEST - belief.pairs)
        stage = pairs.alone(size)
        if not len(stage):
            stage = pairs.telling(belief.likeliest, size)
        while len(stage):
            yield shown
            room = pace.room / (2 * pace.each)
            scores = yield from _played(game, pace, stage[: int(min(room, len(stage)))], shown)
            belief.extend(_spins(stage[: len(scores)]), scores)
            stage = stage[len(scores) :]
            # The prior is only searched for between stages, so that a stop and a resume in one change nothing.
            if not len(stage) and not pairs.unplayed_alone:
                belief.reconsider()
            shown = belief.estimate(empty)
    if pairs.left:
        yield shown
        yield from _sampled_on(game, pace, belief, shown, seed=seed)
    else:
        yield _exact(belief, empty)


class Belief:
    """What the played pairs say of the Shapley values, under the likeliest priors together."""

    def __init__(self, spins: Tensor, scores: Tensor) -> None:
        self._unit = float(scores.abs().max()) or 1.0
        self._choices = [Choice.first(spins.shape[1])]
        self._posteriors = [Posterior(self._choices[0].prior(), spins, scores / self._unit)]
        self._searched = 0

    @property
    def pairs(self) -> int:
        """How many were played, the one of all and none included."""
        return len(self.spins)

    @property
    def spins(self) -> Tensor:
        """The played coalitions, float64 [M, n]."""
        return self._posteriors[0].spins

    @property
    def scores(self) -> Tensor:
        """The odd part of the game at each, float64 [M]."""
        return self._posteriors[0].scores * self._unit

    @property
    def likeliest(self) -> Posterior:
        """The posterior under the best prior."""
        return self._posteriors[self._best]

    def extend(self, spins: Tensor, scores: Tensor) -> None:
        """Take in further pairs, spins [m, n] and the game's odd part at each, [m]."""
        for posterior in self._posteriors:
            posterior.extend(spins, scores / self._unit)

    def reconsider(self) -> None:
        """Look for better priors, once there is enough more data."""
        if self.pairs < 1.4 * self._searched or (self._searched and self.pairs > SEARCHED):
            return
        spins, scores = self.spins, self._posteriors[0].scores
        if self._searched:
            before, values = self._choices[self._best], self.likeliest.values
            self._choices = likely(spins, scores, before=before, values=values)
        else:
            self._choices = likely(spins, scores)
        # Few data leave several priors standing; many are told apart, and cost more to follow.
        self._choices = self._choices[: max(1, min(5, 256 // self.pairs))]
        self._posteriors = [Posterior(choice.prior(), spins, scores) for choice in self._choices]
        self._searched = self.pairs

    def expected(self, spins: Tensor) -> Tensor:
        """The odd part of the game that is expected at coalitions that were not played, float64 [m]."""
        return self._unit * self.likeliest.expected(spins)

    def estimate(self, empty: float) -> Estimate:
        """The values and their band."""
        weights = self._weights()
        each = torch.stack([posterior.values for posterior in self._posteriors])
        values = (weights[:, None] * each).sum(0)
        n = self.spins.shape[1]
        degrees = self.pairs - n
        if not self._searched or degrees < max(2, n / 4):
            return _unknown(self._unit * values, empty)
        variance = torch.stack([posterior.variance for posterior in self._posteriors])
        variance = (weights[:, None] * (variance + (each - values).square())).sum(0)
        best = self.likeliest
        # Both corrections were measured to be needed: for how well the later pairs were foreseen, and for what was
        # fitted to the same pairs, about one number a feature.
        honest = best.recent / best.scale * (1 + n / (self.pairs - n / 2)) if best.scale > 0 else 0.0
        band = self._unit * t_quantile(degrees) * (honest * variance).sqrt()
        return _of(self._unit * values, band, empty)

    @property
    def _best(self) -> int:
        evidence = [posterior.evidence for posterior in self._posteriors]
        return evidence.index(max(evidence))

    def _weights(self) -> Tensor:
        evidence = torch.tensor([posterior.evidence for posterior in self._posteriors], dtype=torch.float64)
        return torch.softmax(evidence, 0)


def _played(game: Game, pace: Pace, masks: Tensor, shown: Estimate) -> Generator[Estimate, None, Tensor]:
    """The odd part of the game at each coalition, or at the first few where time runs out: float64 [≤ m].

    Meanwhile it yields `shown`.
    """
    rows = torch.stack([masks, ~masks], 1).flatten(0, 1)
    scores = torch.empty(len(rows), dtype=torch.float64)
    done = 0
    for part in pace.chunks(len(rows)):
        scores[part] = pace(part.stop - part.start, game.values, rows[part])
        done, left = part.stop, len(rows) - part.stop
        if left and done > 1 and pace.late(left):
            break
        if left:
            yield replace(shown, needs=left)
    whole = done // 2
    return (scores[0 : 2 * whole : 2] - scores[1 : 2 * whole : 2]) / 2


def _sampled_on(game: Game, pace: Pace, belief: Belief, learnt: Estimate, *, seed: int) -> Iterator[Estimate]:
    """Permutations of what the process leaves unexplained, weighed with what it knows by their total variances."""
    n = game.players

    def unexplained(masks: Tensor) -> Tensor:
        return game.values(masks) - belief.expected(_spins(masks))

    everything = torch.ones((1, n), dtype=torch.bool)
    rest = Game(
        values=unexplained, players=n, whole=game.whole - float(belief.expected(_spins(everything))[0]), positions=None
    )
    # Whatever the seed of the design was, the orders are others.
    for sampled in permutation_shap(rest, pace, seed=seed + 1):
        if sampled.kind != "band":
            yield replace(learnt, needs=sampled.needs)
            continue
        known, fresh = float(learnt.error.square().sum()), float(sampled.error.square().sum())
        share = known / (known + fresh) if fresh > 0 else 1.0
        # The residual's values are corrections to what was learnt.
        values = learnt.values + share * sampled.values
        band = ((1 - share) ** 2 * learnt.error.square() + share**2 * sampled.error.square()).sqrt()
        yield replace(_of(values, band, learnt.baseline_output), needs=sampled.needs)


def _exact(belief: Belief, empty: float) -> Estimate:
    values = (2 * shapley_coefficients(belief.spins) * belief.scores[:, None]).sum(0)
    zero = torch.zeros_like(values)
    return Estimate(values=values, error=zero, kind="exact", relative_error=0.0, baseline_output=empty, needs=0)


def _of(values: Tensor, band: Tensor, empty: float) -> Estimate:
    return Estimate(
        values=values,
        error=band,
        kind="band",
        relative_error=share_of_norm(band, values),
        baseline_output=empty,
        needs=2,
    )


def _unknown(values: Tensor, empty: float) -> Estimate:
    nan = torch.full_like(values, math.nan)
    return Estimate(values=values, error=nan, kind="unknown", relative_error=math.nan, baseline_output=empty, needs=2)


def _spins(masks: Tensor) -> Tensor:
    return masks.double() * 2 - 1


METHODS = (Method(name="kernel_shap", face="game", estimates=kernel_shap, tolerance=0.05, budget=1000),)
