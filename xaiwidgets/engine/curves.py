"""Deletion and insertion curves and their areas, comprehensiveness and sufficiency: all from the same walks.

A walk holds the scores without the first k features of a ranking (`scores[0]`) and without its last k (`scores[1]`),
for the K sizes k of `Rankings`. The reverse ranking's walk is the same with the two swapped.
"""

from __future__ import annotations

import torch
from torch import Tensor


def deletion(scores: Tensor, *, whole: float, empty: float) -> Tensor:
    """The score as the top features are taken away, float64 [..., K + 2], from all features to none.

    Petsiuk, Das & Saenko 2018, "RISE", with the score itself for the probability: the faster it falls the better.

    Args:
        scores: walks, float64 [..., 2, K].
        whole: the score with all features.
        empty: the score without any.
    """
    return _between(whole, scores[..., 0, :], empty)


def insertion(scores: Tensor, *, whole: float, empty: float) -> Tensor:
    """The score as the top features are put into the empty input, float64 [..., K + 2]; see `deletion`."""
    return _between(empty, scores[..., 1, :].flip(-1), whole)


def area(curve: Tensor, sizes: list[int], players: int) -> Tensor:
    """The area under a curve over the share of features, by the trapezoid rule: float64 [...], in the score's unit."""
    return torch.trapezoid(curve, shares(sizes, players), dim=-1)


def shares(sizes: list[int], players: int) -> Tensor:
    """The share of features that are gone, or there, at each point of a curve: float64 [K + 2], from 0 to 1."""
    return torch.tensor([0, *sizes, players], dtype=torch.float64) / players


def comprehensiveness(scores: Tensor, sizes: list[int], players: int, *, whole: float) -> Tensor:
    """How far the score drops without the top features, averaged over shares up to a half: float64 [...].

    DeYoung et al. 2020, "ERASER", eq. 1, aggregated over shares as their AOPC; higher is better.
    """
    return (whole - scores[..., 0, : _halves(sizes, players)]).mean(-1)


def sufficiency(scores: Tensor, sizes: list[int], players: int, *, whole: float) -> Tensor:
    """How far the score drops with the top features alone, averaged over shares up to a half: float64 [...].

    DeYoung et al. 2020, eq. 2, aggregated as above; lower is better.
    """
    return (whole - scores[..., 1, len(sizes) - _halves(sizes, players) :]).mean(-1)


def _halves(sizes: list[int], players: int) -> int:
    return sum(2 * k <= players for k in sizes)


def _between(first: float, middle: Tensor, last: float) -> Tensor:
    ends = middle.new_tensor([first, last]).expand(*middle.shape[:-1], 2)
    return torch.cat([ends[..., :1], middle, ends[..., 1:]], dim=-1)
