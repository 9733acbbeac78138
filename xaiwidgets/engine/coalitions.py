"""Drawing coalitions size by size, none of them twice, so that a small game ends up enumerated."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from xaiwidgets.engine.levels import portions
from xaiwidgets.engine.pace import Pace
from xaiwidgets.engine.problem import Game

GOLDEN = (math.sqrt(5) - 1) / 2


class Coalitions:
    """Coalitions of given sizes at given frequencies, uniform within a size and without repetition.

    Sizes follow the golden-ratio sequence, so every start of the draw has each size about as often as it should. A
    size that is used up keeps being drawn, at no cost; `draws` counts that.

    Attributes:
        players: n.
        sizes: the sizes that are drawn.
        shares: how often each should come up, float64 [sizes], adding up to one.
        population: how many coalitions (or pairs) of each size there are.
        draws: how often each size came up, int64 [sizes].
        masks: what was drawn, bool [m, n].
        strata: the index into `sizes` of each, int64 [m].
    """

    def __init__(self, players: int, sizes: Sequence[int], shares: Sequence[float], *, paired: bool, seed: int) -> None:
        """Begin.

        Args:
            players: n.
            sizes: the sizes to draw.
            shares: how often each.
            paired: a coalition stands for its complement too; `sizes` go up to half of n.
            seed: of the draw.
        """
        self.players = players
        self.sizes = list(sizes)
        half = [paired and 2 * size == players for size in sizes]
        self.population = [math.comb(players, size) // (1 + h) for size, h in zip(sizes, half, strict=True)]
        self.draws = torch.zeros(len(self.sizes), dtype=torch.int64)
        self.masks = torch.zeros((0, players), dtype=torch.bool)
        self.strata = torch.zeros(0, dtype=torch.int64)
        self._half = half
        self.shares = torch.tensor(shares, dtype=torch.float64)
        self.shares = self.shares / self.shares.sum()
        self._steps = self.shares.cumsum(0)
        self._generator = torch.Generator().manual_seed(seed)
        self._at = float(torch.rand(1, generator=self._generator))
        self._seen: list[set[bytes]] = [set() for _ in self.sizes]

    @property
    def left(self) -> int:
        """How many coalitions have not been drawn."""
        return sum(self.population) - len(self.masks)

    @property
    def pairs(self) -> Tensor:
        """The empty coalition and what was drawn, float64 [1 + m, n]."""
        return torch.cat([torch.zeros(1, self.players, dtype=torch.float64), self.masks.double()])

    def more(self, count: int) -> Tensor:
        """The next `count` coalitions, fewer when there are no more; bool [count, n]."""
        masks, strata = [], []
        for _ in range(min(count, self.left)):
            stratum, mask = self._next()
            masks.append(mask)
            strata.append(stratum)
        if not masks:
            return self.masks[:0]
        drawn = torch.stack(masks)
        self.masks = torch.cat([self.masks, drawn])
        self.strata = torch.cat([self.strata, torch.tensor(strata)])
        return drawn

    def _next(self) -> tuple[int, Tensor]:
        while True:
            self._at = (self._at + GOLDEN) % 1.0
            stratum = min(int(torch.searchsorted(self._steps, self._at, right=True)), len(self.sizes) - 1)
            self.draws[stratum] += 1
            seen = self._seen[stratum]
            if len(seen) < self.population[stratum]:
                break
        while True:
            mask = torch.zeros(self.players, dtype=torch.bool)
            mask[torch.randperm(self.players, generator=self._generator)[: self.sizes[stratum]]] = True
            if self._half[stratum] and not bool(mask[0]):
                mask = ~mask
            key = mask.numpy().tobytes()
            if key not in seen:
                seen.add(key)
                return stratum, mask


def both_ways(game: Game, pace: Pace, drawn: Coalitions, most: int) -> Iterator[Tensor]:
    """Evaluate up to `most` coalitions, as they are drawn, and their complements.

    Yields, after each model call, the scores of the pairs that are complete, float64 [m, 2]; the first is the pair of
    the empty and the full coalition, of which the latter is known.
    """
    nobody = torch.zeros((1, game.players), dtype=torch.bool)
    scores = torch.cat([pace(1, game.values, nobody), torch.tensor([game.whole], dtype=torch.float64)])
    yield scores[None]
    for part in portions(most, pace, rows=2):
        drawn.more((part.stop + 1) // 2 - len(drawn.masks))
        rows = torch.arange(part.start, part.stop)
        masks = drawn.masks[rows // 2] ^ (rows % 2 == 1)[:, None]
        scores = torch.cat([scores, pace(len(masks), game.values, masks)])
        yield scores[: len(scores) // 2 * 2].reshape(-1, 2)
