"""Owen values: Shapley values over a tree of groups, which scale to thousands of features."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from xaiwidgets.engine.estimate import Estimate, share_of_norm
from xaiwidgets.engine.method import Method
from xaiwidgets.engine.pace import Pace
from xaiwidgets.engine.problem import Game
from xaiwidgets.errors import MethodError

SPLITS_AT_ONCE = 32
"""The most groups that are chosen for splitting before their scores are looked at, so that calls can be batched."""


@dataclass(frozen=True, eq=False)
class Group:
    """Features that come and go together until the group is split.

    Attributes:
        members: int64 [size].
        halves: the two groups it is made of; empty for a single feature.
    """

    members: Tensor
    halves: tuple[Group, ...] = ()


@dataclass(frozen=True, eq=False)
class Effect:
    """What a group adds to a context of other groups.

    Attributes:
        group: the group.
        context: which features are present besides, bool [n].
        without: the context's score.
        joined: the score of context and group together.
        weight: its share among all contexts of the group.
    """

    group: Group
    context: Tensor
    without: float
    joined: float
    weight: float

    @property
    def value(self) -> float:
        """Its part of the group's Owen value."""
        return self.weight * (self.joined - self.without)


def owen(game: Game, pace: Pace, *, tree: list[Any] | None = None) -> Iterator[Estimate]:
    """Owen values over a binary tree of features: each group's value is shared between its halves as in a game of two.

    Owen 1977, "Values of games with a priori unions"; nested as in Lundberg's PartitionExplainer (shap). Splitting a
    group in one context of other groups costs two evaluations; the effect that is largest in size is split next, and
    what a group that is not split yet has earned is shared evenly among its features. So the values add up to the
    change in score from the first estimate on. All splits cost about n² evaluations, and then the values are exact.

    Args:
        game: the game.
        pace: counts the calls.
        tree: nested lists of the features' indices, such as [[0, 1], [2, [3, 4]]]; a list of more than two is halved.
            None: groups are halved along their longer side by `positions`, or by the order where there are none.

    Raises:
        MethodError: `tree` does not hold each feature once.
    """
    root = _halved(torch.arange(game.players), game.positions) if tree is None else _given(tree, game.players)
    nobody = torch.zeros(game.players, dtype=torch.bool)
    empty = float(pace(1, game.values, nobody[None])[0])
    whole = Effect(root, nobody, empty, game.whole, 1.0)
    # The count breaks ties: the effect that was found first is split first.
    found = 0
    heap = [(-abs(whole.value), found, whole)] if root.halves else []
    values = torch.full((game.players,), whole.value / game.players, dtype=torch.float64)
    shared = torch.full_like(values, abs(whole.value) / game.players) if heap else torch.zeros_like(values)
    groups = torch.full_like(values, float(len(heap)))
    yield _estimate(values, shared, groups, empty)
    while heap:
        # How many are split at once must not depend on the batch size, which must not change the numbers.
        chosen = [heapq.heappop(heap)[2] for _ in range(min(SPLITS_AT_ONCE, (len(heap) + 1) // 2))]
        masks = torch.stack([_joined(effect.context, half) for effect in chosen for half in effect.group.halves])
        scores: list[float] = []
        for part in pace.chunks(len(masks)):
            before = len(scores) // 2
            scores += pace(part.stop - part.start, game.values, masks[part]).tolist()
            values, shared, groups = values.clone(), shared.clone(), groups.clone()
            for index in range(before, len(scores) // 2):
                effect = chosen[index]
                _share(effect, -1, values, shared, groups)
                for piece in _pieces(effect, masks[2 * index : 2 * index + 2], scores[2 * index : 2 * index + 2]):
                    _share(piece, 1, values, shared, groups)
                    if piece.group.halves:
                        found += 1
                        heapq.heappush(heap, (-abs(piece.value), found, piece))
            yield _estimate(values, shared, groups, empty)


def _pieces(effect: Effect, masks: Tensor, scores: list[float]) -> list[Effect]:
    """The effects of an effect's halves, without and with the other half."""
    (left, right), half = effect.group.halves, effect.weight / 2
    (with_left, with_right), (left_score, right_score) = masks, scores
    return [
        Effect(left, effect.context, effect.without, left_score, half),
        Effect(left, with_right, right_score, effect.joined, half),
        Effect(right, effect.context, effect.without, right_score, half),
        Effect(right, with_left, left_score, effect.joined, half),
    ]


def _share(effect: Effect, sign: int, values: Tensor, shared: Tensor, groups: Tensor) -> None:
    """Add or take back an effect's even shares, in place."""
    members = effect.group.members
    values[members] += sign * effect.value / len(members)
    if len(members) > 1:
        shared[members] += sign * abs(effect.value) / len(members)
        groups[members] += sign


def _estimate(values: Tensor, shared: Tensor, groups: Tensor, empty: float) -> Estimate:
    """The values so far; `groups` counts the effects of unsplit groups that each feature still has a share of."""
    open_ones = groups > 0
    error = torch.zeros_like(values).masked_fill(open_ones, math.nan)
    complete = not bool(open_ones.any())
    shared = shared.clamp(min=0).masked_fill(~open_ones, 0.0)
    notes = () if complete else ("Features of groups that are not split yet share their group's value evenly.",)
    return Estimate(
        values=values,
        error=error,
        kind="exact" if complete else "unknown",
        relative_error=share_of_norm(error, values),
        baseline_output=empty,
        needs=0 if complete else 1,
        details={"shared": shared},
        notes=notes,
    )


def _joined(context: Tensor, group: Group) -> Tensor:
    mask = context.clone()
    mask[group.members] = True
    return mask


def _halved(members: Tensor, positions: Tensor | None) -> Group:
    """A balanced binary tree; each group is cut in the middle of its longer side."""
    if len(members) == 1:
        return Group(members)
    if positions is not None:
        lies = positions.cpu()[members]
        axis = int((lies.max(0).values - lies.min(0).values).argmax())
        members = members[lies[:, axis].argsort(stable=True)]
    middle = (len(members) + 1) // 2
    return Group(members, (_halved(members[:middle], positions), _halved(members[middle:], positions)))


def _given(tree: Any, players: int) -> Group:
    """The binary tree of nested lists.

    Raises:
        MethodError: it does not hold each of the `players` features once.
    """
    group = _nested(tree)
    if group is None or sorted(group.members.tolist()) != list(range(players)):
        msg = f"tree={tree!r} was given; it must be nested lists that hold each feature from 0 to {players - 1} once."
        raise MethodError(msg)
    return group


def _nested(tree: Any) -> Group | None:
    if isinstance(tree, int) and not isinstance(tree, bool):
        return Group(torch.tensor([tree]))
    if not isinstance(tree, (list, tuple)) or not tree:
        return None
    if len(tree) == 1:
        return _nested(tree[0])
    middle = (len(tree) + 1) // 2
    left, right = _nested(tree[:middle]), _nested(tree[middle:])
    if left is None or right is None:
        return None
    return Group(torch.cat([left.members, right.members]), (left, right))


METHODS = (Method(name="owen", face="game", estimates=owen, budget=2000),)
