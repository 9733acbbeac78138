"""Shapley interactions: what two features do together beyond what each does alone."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from xaiwidgets.engine.coalitions import Coalitions, both_ways
from xaiwidgets.engine.estimate import Estimate, share_of_norm
from xaiwidgets.engine.levels import due
from xaiwidgets.engine.method import Method
from xaiwidgets.engine.pace import Pace
from xaiwidgets.engine.posterior import FULL, posterior, useful
from xaiwidgets.engine.power_index import enumerated, shapley_index, shapley_interaction_index
from xaiwidgets.engine.problem import Game


def shapley_interactions(game: Game, pace: Pace, *, seed: int = 0) -> Iterator[Estimate]:
    """Shapley values, and for each pair of features the Shapley interaction index.

    Grabisch & Roubens 1999, "An axiomatic approach to the concept of interaction among players": the mean, over orders,
    of v(S ∪ ij) − v(S ∪ i) − v(S ∪ j) + v(S). Coalitions are drawn with their complements: the half difference of two
    scores tells of the values alone, their half sum of the pairs alone. Each is the mean of a Gaussian process (see
    `posterior`). When all coalitions are known, everything is exact.

    Details: "interactions", float64 [n, n], symmetric with a diagonal of zeros, positive where the two together move
    the score up by more than each alone; and "interaction_error", like `error`. The relative error is that of values
    and pairs together.
    """
    n = game.players
    singles, pairs = shapley_index(n), shapley_interaction_index(n)
    sizes = range(1, n // 2 + 1)
    drawn = Coalitions(n, sizes, [_share(n, size) for size in sizes], paired=True, seed=seed)
    shown = None
    most = useful(drawn.left)
    all_of_them = most == drawn.left
    for scores in both_ways(game, pace, drawn, most):
        last = len(scores) - 1 == most
        complete = last and all_of_them
        if shown is None or last or due(len(scores) - 1, pace):
            none, present = scores[:, 0], drawn.pairs[: len(scores)]
            odd, even = (none - scores[:, 1]) / 2, (none + scores[:, 1]) / 2
            # A constant has no interactions, and the scores' level would hide them.
            even = even - even[0]
            if complete:
                values, interactions = enumerated(singles, present, odd), enumerated(pairs, present, even)
                error, apart = torch.zeros_like(values), torch.zeros_like(interactions)
            else:
                values, error = posterior(singles, present, odd, ends=True)
                interactions, apart = posterior(pairs, present, even, ends=True)
                values = values + ((game.whole - none[0]) - values.sum()) / n
            shown = _estimate(values, error, interactions, apart, float(none[0]), complete=complete, last=last)
        yield shown


def _share(n: int, size: int) -> float:
    """How often a size is drawn: as its coalitions weigh in the index of a pair, in the root of the mean square."""
    rest = n - size
    both = 1 / (size * (size - 1)) if size > 1 else 0.0
    none = 1 / (rest * (rest - 1)) if rest > 1 else 0.0
    return math.sqrt(both + 2 / (size * rest) + none)


def _estimate(
    values: Tensor, error: Tensor, interactions: Tensor, apart: Tensor, empty: float, *, complete: bool, last: bool
) -> Estimate:
    unknown = bool(error.isnan().any() or apart.isnan().any())
    first, second = torch.triu_indices(len(values), len(values), 1)
    return Estimate(
        values=values,
        error=error,
        kind="exact" if complete else "unknown" if unknown else "band",
        relative_error=share_of_norm(
            torch.cat([error, apart[first, second]]), torch.cat([values, interactions[first, second]])
        ),
        baseline_output=empty,
        needs=0 if last else 1,
        notes=(FULL,) if last and not complete else (),
        details={"interactions": interactions, "interaction_error": apart},
    )


METHODS = (
    Method(name="shapley_interactions", face="game", estimates=shapley_interactions, tolerance=0.1, budget=2000),
)
