"""Banzhaf values: a feature's effect when the others are present by the toss of a coin."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from xaiwidgets.engine.coalitions import Coalitions, both_ways
from xaiwidgets.engine.estimate import Estimate, share_of_norm
from xaiwidgets.engine.levels import due
from xaiwidgets.engine.method import Method
from xaiwidgets.engine.pace import Pace
from xaiwidgets.engine.posterior import FULL, posterior, useful
from xaiwidgets.engine.power_index import banzhaf_index, enumerated
from xaiwidgets.engine.problem import Game


def banzhaf(game: Game, pace: Pace, *, seed: int = 0) -> Iterator[Estimate]:
    """Banzhaf values: the mean of v(S ∪ i) − v(S) over all coalitions S of the other features.

    Banzhaf 1965, "Weighted voting doesn't work"; for models Wang & Jia 2023, "Data Banzhaf". They do not add up to the
    change in score. Coalitions are drawn with their complements and without repetition, and all of them serve every
    feature. The values are the mean of a Gaussian process that learns the game from them (see `posterior`). When all
    coalitions are known the values are exact; until then the error is its 95 % band, unknown below six pairs.
    """
    n = game.players
    index, sizes = banzhaf_index(n), range(1, n // 2 + 1)
    drawn = Coalitions(n, sizes, [float(index.parts[size, 0]) for size in sizes], paired=True, seed=seed)
    shown = None
    most = useful(drawn.left)
    all_of_them = most == drawn.left
    for scores in both_ways(game, pace, drawn, most):
        last = len(scores) - 1 == most
        complete = last and all_of_them
        if shown is None or last or due(len(scores) - 1, pace):
            odd, present = (scores[:, 0] - scores[:, 1]) / 2, drawn.pairs[: len(scores)]
            if complete:
                values = enumerated(index, present, odd)
                error = torch.zeros_like(values)
            else:
                values, error = posterior(index, present, odd, ends=False)
            shown = Estimate(
                values=values,
                error=error,
                kind="exact" if complete else "unknown" if bool(error.isnan().any()) else "band",
                relative_error=share_of_norm(error, values),
                baseline_output=float(scores[0, 0]),
                needs=0 if last else 1,
                notes=(FULL,) if last and not complete else (),
            )
        yield shown


METHODS = (Method(name="banzhaf", face="game", estimates=banzhaf, tolerance=0.1, budget=2000),)
