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

PARTLY = (
    "Not every group was split in every context: parts of the values are carried over from others, or shared evenly."
)


@dataclass(eq=False)
class Group:
    """Features that come and go together until the group is split, and what its splits have told.

    Attributes:
        members: int64 [size].
        halves: the two groups it is made of; empty for a single feature.
        split: the weight of the contexts in which it was split; of a single feature, in which it was seen. 1: in all.
        chosen: the weight of the contexts in which it was or will be split.
        earned: what the halves added in these contexts, by weight.
    """

    members: Tensor
    halves: tuple[Group, ...] = ()
    split: float = 0.0
    chosen: float = 0.0
    earned: tuple[float, float] = (0.0, 0.0)


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
    def urgency(self) -> float:
        """How much a split here may change: all of the effect in the group's first context, less in further ones."""
        known = self.group.chosen
        return abs(self.joined - self.without) * (1 - known) * (self.weight / (known + self.weight)) ** 2


def owen(game: Game, pace: Pace, *, tree: list[Any] | None = None) -> Iterator[Estimate]:
    """Owen values over a binary tree of features: each group's value is shared between its halves as in a game of two.

    Owen 1977, "Values of games with a priori unions", nested as in Lundberg's PartitionExplainer (shap). Splitting a
    group in one context of other groups costs two evaluations. Where it has not been split, its halves are taken to
    differ as they do where it has been, and a group that was never split is shared evenly. So an additive game is
    known once each group was split once, about 2n evaluations; the values always add up to the change in score; and
    after all splits, about n² evaluations, they are exact. Until then nothing can be claimed of the error.

    Details: "seen", float64 [n]: in which share of its contexts a feature was evaluated by itself.

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
    waiting: list[tuple[float, int, Effect]] = []
    # The count breaks ties: the effect that was found first is split first.
    found = _wait(waiting, 0, [Effect(root, nobody, empty, game.whole, 1.0)])
    shown = _estimate(root, empty, game)
    yield shown
    while waiting:
        chosen = _most_urgent(waiting)
        masks = torch.stack([_joined(effect.context, half) for effect in chosen for half in effect.group.halves])
        scores: list[float] = []
        for part in pace.chunks(len(masks)):
            before = len(scores) // 2
            scores += pace(part.stop - part.start, game.values, masks[part]).tolist()
            for row in range(before, len(scores) // 2):
                pieces = _split(chosen[row], masks[2 * row : 2 * row + 2], scores[2 * row : 2 * row + 2])
                found = _wait(waiting, found, pieces)
            if len(scores) // 2 > before:
                shown = _estimate(root, empty, game)
            yield shown


def _split(effect: Effect, masks: Tensor, scores: list[float]) -> list[Effect]:
    """The effects of an effect's halves, without and with the other half; the group remembers what they earned."""
    group, half = effect.group, effect.weight / 2
    (left, right), (with_left, with_right), (left_score, right_score) = group.halves, masks, scores
    total, ahead = effect.joined - effect.without, left_score - right_score
    group.split += effect.weight
    group.earned = (group.earned[0] + half * (total + ahead), group.earned[1] + half * (total - ahead))
    return [
        Effect(left, effect.context, effect.without, left_score, half),
        Effect(left, with_right, right_score, effect.joined, half),
        Effect(right, effect.context, effect.without, right_score, half),
        Effect(right, with_left, left_score, effect.joined, half),
    ]


def _wait(waiting: list[tuple[float, int, Effect]], found: int, effects: list[Effect]) -> int:
    """Line the effects up for splitting, single features aside; returns how many were found so far."""
    for effect in effects:
        if effect.group.halves:
            found += 1
            heapq.heappush(waiting, (-effect.urgency, found, effect))
        else:
            effect.group.split += effect.weight
    return found


def _most_urgent(waiting: list[tuple[float, int, Effect]]) -> list[Effect]:
    """Take the most urgent effect, and those at least half as urgent.

    How many they are must not depend on the batch size, which must not change the numbers.
    """
    chosen: list[Effect] = []
    least = 0.0
    while waiting and len(chosen) < SPLITS_AT_ONCE and -waiting[0][0] >= least:
        _, number, effect = heapq.heappop(waiting)
        now = (-effect.urgency, number, effect)
        if waiting and now[:2] > waiting[0][:2]:
            # It has become less urgent since it was lined up.
            heapq.heappush(waiting, now)
            continue
        if -now[0] < least:
            heapq.heappush(waiting, now)
            break
        chosen.append(effect)
        effect.group.chosen += effect.weight
        least = least or -now[0] / 2
    return chosen


def _estimate(root: Group, empty: float, game: Game) -> Estimate:
    """The values that the splits so far give, from the whole down."""
    values = torch.zeros(game.players, dtype=torch.float64)
    seen = torch.zeros_like(values)
    down = [(root, game.whole - empty)]
    while down:
        group, value = down.pop()
        if not group.halves or not group.split:
            values[group.members] = value / len(group.members)
            seen[group.members] = 0.0 if group.halves else group.split
            continue
        left, right = group.earned
        # Elsewhere the halves are ahead of each other by as much as here.
        elsewhere, ahead = value - left - right, (1 - group.split) * (left - right) / group.split
        down += [(group.halves[0], left + (elsewhere + ahead) / 2), (group.halves[1], right + (elsewhere - ahead) / 2)]
    # The shares are negative powers of two, which add up without rounding.
    partly = seen < 1
    error = torch.zeros_like(values).masked_fill(partly, math.nan)
    complete = not bool(partly.any())
    return Estimate(
        values=values,
        error=error,
        kind="exact" if complete else "unknown",
        relative_error=share_of_norm(error, values),
        baseline_output=empty,
        needs=0 if complete else 1,
        details={"seen": seen},
        notes=() if complete else (PARTLY,),
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
