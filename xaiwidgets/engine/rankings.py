"""Walks along rankings: what the score does as features are taken away in an order, and in its reverse."""

from __future__ import annotations

import math
from collections.abc import Generator

import torch
from torch import Tensor

from xaiwidgets.engine.answers import finite
from xaiwidgets.engine.pace import Pace
from xaiwidgets.engine.problem import Game

STEPS = 8
"""Stops on the way from all features to none: the area under eight steps is within a few per cent of that under n."""


def sizes_of(players: int) -> list[int]:
    """How many features are gone at each stop, ascending; n − k is among them for every k."""
    lower = {math.floor(players * step / STEPS + 0.5) for step in range(1, STEPS // 2 + 1)}
    lower = {k for k in lower if 0 < 2 * k <= players}
    return sorted(lower | {players - k for k in lower})


def order_of(values: Tensor, *, signed: bool, generator: torch.Generator) -> Tensor:
    """The features from the one that says most for the score, int64 [n]; equal ones in random order.

    With a sign the largest value comes first and what speaks against the score last; without, the largest |value|.
    """
    mixed = torch.randperm(len(values), generator=generator)
    keys = values if signed else values.abs()
    return mixed[torch.argsort(keys[mixed], descending=True, stable=True)]


def gone(order: Tensor, sizes: list[int]) -> Tensor:
    """The sets that are gone at each stop, of the order and of its reverse: bool [2, K, n]."""
    place = torch.argsort(order)
    k = torch.tensor(sizes)[:, None]
    return torch.stack([place < k, place >= len(order) - k])


def walk(game: Game, pace: Pace, sets: Tensor) -> Generator[int, None, Tensor]:
    """The score without each of `sets`, bool [2, K, n]: float64 [2, K]. Yields what is left to evaluate."""
    masks = ~sets.flatten(0, 1)
    scores: list[Tensor] = []
    for part in pace.chunks(len(masks)):
        asked = masks[part]
        scores.append(finite(pace(len(asked), game.values, asked), len(asked), "score"))
        yield len(masks) - part.stop
    return torch.cat(scores).reshape(sets.shape[:2])


class Rankings:
    """Random rankings of a game's features, as pairs of an order and its reverse, and the scores on their ways.

    Whatever is measured is set against the same rankings, so that no evaluation serves one measure alone.

    Attributes:
        sizes: K numbers of features that are gone.
    """

    def __init__(self, game: Game, *, seed: int) -> None:
        self.sizes = sizes_of(game.players)
        self._game = game
        self._generator = torch.Generator().manual_seed(seed)
        self._sets: list[Tensor] = []
        self._scores: list[Tensor] = []
        self._empty: float | None = None

    @property
    def pairs(self) -> int:
        """How many pairs have been walked."""
        return len(self._scores)

    @property
    def cost(self) -> int:
        """Evaluations that a pair takes."""
        return 2 * len(self.sizes)

    @property
    def empty(self) -> float | None:
        """The score without any feature, once it has been asked for."""
        return self._empty

    @property
    def whole(self) -> float:
        """The score with all features."""
        return self._game.whole

    @property
    def sets(self) -> Tensor:
        """What was gone, bool [pairs, 2, K, n]."""
        return torch.stack(self._sets)

    @property
    def scores(self) -> Tensor:
        """The scores without it, float64 [pairs, 2, K]."""
        return torch.stack(self._scores)

    def more(self, pace: Pace) -> Generator[int, None, None]:
        """Walk one more pair; yields what is left of it to evaluate."""
        sets = gone(torch.randperm(self._game.players, generator=self._generator), self.sizes)
        scores = yield from walk(self._game, pace, sets)
        self._sets.append(sets)
        self._scores.append(scores)

    def find_empty(self, pace: Pace) -> Generator[int, None, None]:
        """Evaluate the empty coalition, once."""
        if self._empty is None:
            nothing = torch.zeros(1, self._game.players, dtype=torch.bool)
            self._empty = float(finite(pace(1, self._game.values, nothing), 1, "score")[0])
            yield 0
