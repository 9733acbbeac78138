"""Permutation importance: how much worse a model of tables does when one column is shuffled."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from xaiwidgets.engine.estimate import Estimate, share_of_norm
from xaiwidgets.engine.method import Method
from xaiwidgets.engine.pace import Pace
from xaiwidgets.engine.student import t_quantile
from xaiwidgets.errors import MethodError

Metric = Callable[[npt.NDArray[Any], npt.NDArray[Any]], float]
"""Maps the truth and the model's predictions, [N] each, to a score; higher is better."""


@dataclass(frozen=True, kw_only=True)
class Scored:
    """A model's score on a data set whose columns can be shuffled.

    Attributes:
        score: maps B columns, int64 [B], and B orders of the rows, int64 [B, N], to the B scores, float64 [B], of the
            data in which that column's values stand in that order.
        rows: N.
        columns: d.
        whole: the score of the data as it is.
    """

    score: Callable[[Tensor, Tensor], Tensor]
    rows: int
    columns: int
    whole: float


def permutation_importance(scored: Scored, pace: Pace, *, repeats: int = 30, seed: int = 0) -> Iterator[Estimate]:
    """The score of the data less the mean score with one column shuffled, column by column.

    Breiman 2001, "Random Forests", section 10; Fisher, Rudin & Dominici 2019, "All Models are Wrong, but Many are
    Useful", for any model. One evaluation predicts the whole data set once. The error is a 95 % t-band of the mean over
    shuffles of these data: it says nothing of other data. `details` has the drops of every repeat, float64
    [d, repeats], and the data's own score.

    Args:
        scored: the face.
        pace: sizes the calls.
        repeats: how often each column is shuffled.
        seed: of the orders.
    """
    if isinstance(repeats, bool) or not isinstance(repeats, int) or repeats < 1:
        msg = f"repeats={repeats!r} was given; it must be a whole number, 1 or more: how often each column is shuffled."
        raise MethodError(msg)
    generator = torch.Generator().manual_seed(seed)
    drops = torch.full((scored.columns, repeats), math.nan, dtype=torch.float64)
    for repeat in range(repeats):
        for part in pace.chunks(scored.columns):
            columns = torch.arange(scored.columns)[part]
            orders = torch.stack([torch.randperm(scored.rows, generator=generator) for _ in columns])
            drops[part, repeat] = scored.whole - pace(len(columns), scored.score, columns, orders)
            last = repeat == repeats - 1 and part.stop == scored.columns
            yield _estimate(drops[:, : repeat + 1], scored.whole, needs=0 if last else 1)


def accuracy(truth: npt.NDArray[Any], predicted: npt.NDArray[Any]) -> float:
    """The share of rows whose prediction is right; of several outputs all must be."""
    right = np.asarray(predicted == truth)
    return float(right.reshape(len(truth), -1).all(axis=1).mean())


def r2(truth: npt.NDArray[Any], predicted: npt.NDArray[Any]) -> float:
    """The coefficient of determination; of several outputs their mean. 0 where the truth is constant and missed."""
    wanted, found = (np.asarray(a, dtype=np.float64).reshape(len(truth), -1) for a in (truth, predicted))
    missed, spread = ((wanted - found) ** 2).sum(0), ((wanted - wanted.mean(0)) ** 2).sum(0)
    shares = np.where(spread > 0, 1 - missed / np.where(spread > 0, spread, 1), (missed == 0).astype(np.float64))
    return float(shares.mean())


def _estimate(drops: Tensor, whole: float, *, needs: int) -> Estimate:
    """The mean over each column's drops so far, [d, r] with NaN where one is still to come."""
    counts = (~drops.isnan()).sum(1)
    values = drops.nanmean(1)
    squares = (drops - values[:, None]).square().nansum(1)
    quantiles = torch.tensor([t_quantile(count - 1) if count > 1 else math.nan for count in counts.tolist()])
    band = quantiles.double() * (squares / (counts - 1).clamp(min=1) / counts.clamp(min=1)).sqrt()
    known = not bool(band.isnan().any())
    return Estimate(
        values=values,
        error=band,
        kind="band" if known else "unknown",
        relative_error=share_of_norm(band, values),
        needs=needs,
        details={"drops": drops.clone(), "score": whole},
    )


METHODS = (Method(name="permutation_importance", face="scored", estimates=permutation_importance),)
