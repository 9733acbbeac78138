"""Attributions from taking features away, one at a time or a window of neighbours at a time."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from xaiwidgets.engine.estimate import Estimate, share_of_norm
from xaiwidgets.engine.method import Method
from xaiwidgets.engine.pace import Pace
from xaiwidgets.engine.problem import Game
from xaiwidgets.errors import MethodError


def occlusion(game: Game, pace: Pace) -> Iterator[Estimate]:
    """Leave-one-out: how much the score drops when this feature alone is absent, v(N) − v(N∖i).

    Zeiler & Fergus 2014, "Visualizing and Understanding Convolutional Networks"; for words Li, Monroe & Jurafsky 2016.
    Takes n evaluations; features that have not been left out yet are NaN.
    """
    values = torch.full((game.players,), math.nan, dtype=torch.float64)
    for part in pace.chunks(game.players):
        masks = ~torch.eye(game.players, dtype=torch.bool)[part]
        values = values.clone()
        values[part] = game.whole - pace(len(masks), game.values, masks)
        error = torch.zeros_like(values).masked_fill(values.isnan(), math.nan)
        yield Estimate(
            values=values,
            error=error,
            kind="exact",
            relative_error=share_of_norm(error, values),
            needs=min(1, game.players - part.stop),
        )


def sliding_windows(game: Game, pace: Pace, *, window: int = 3) -> Iterator[Estimate]:
    """How much the score drops, on average, when a window that holds the feature is absent.

    Zeiler & Fergus 2014, "Visualizing and Understanding Convolutional Networks", Section 4.2. Windows are `window` long
    along each axis of `game.positions` and move by one; a drop counts for every feature inside, and a feature's value
    is the mean over the windows that hold it. A feature's error is NaN until the last of them is evaluated.

    Raises:
        MethodError: `window` is not a positive whole number.
    """
    assert game.positions is not None  # noqa: S101 - the catalogue offers it where there are some
    if isinstance(window, bool) or not isinstance(window, int) or window < 1:
        msg = f"window={window!r} was given; it must be a positive whole number, the length of a window."
        raise MethodError(msg)
    inside = _windows(game.positions.cpu().double(), window)
    total = torch.zeros(game.players, dtype=torch.float64)
    seen = torch.zeros_like(total)
    for part in pace.chunks(len(inside)):
        hidden = inside[part]
        drop = game.whole - pace(len(hidden), game.values, ~hidden)
        total = total + drop @ hidden.double()
        seen = seen + hidden.sum(0)
        values = total / seen
        error = torch.where(seen == inside.sum(0), 0.0, math.nan).double()
        yield Estimate(
            values=values,
            error=error,
            kind="exact",
            relative_error=share_of_norm(error, values),
            needs=min(1, len(inside) - part.stop),
        )


def _windows(positions: Tensor, window: int) -> Tensor:
    """Which features each window holds, bool [W, n], those that do not overlap first: an early stop has seen all."""
    low, high = positions.min(0).values, positions.max(0).values
    steps = [max(1, math.ceil(extent - window + 1) + 1) for extent in (high - low).tolist()]
    corners = torch.cartesian_prod(*(torch.arange(count) for count in steps)).reshape(-1, len(steps))
    order = sorted(range(len(corners)), key=lambda row: (corners[row] % window).tolist())
    from_corner = positions - low - corners[order][:, None]
    inside = ((from_corner >= 0) & (from_corner < window)).all(-1)
    # Features off a grid, such as segments, can leave a window empty or repeat the one before.
    distinct = dict.fromkeys(tuple(row) for row in inside.tolist() if any(row))
    return torch.tensor(list(distinct))


METHODS = (
    Method(name="occlusion", face="game", estimates=occlusion),
    Method(name="sliding_windows", face="game", estimates=sliding_windows, arranged=True),
)
