"""Attributions from taking features away one at a time."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch

from xaiwidgets.engine.estimate import Estimate, share_of_norm
from xaiwidgets.engine.method import Method
from xaiwidgets.engine.pace import Pace
from xaiwidgets.engine.problem import Game


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


METHODS = (Method(name="occlusion", face="game", estimates=occlusion),)
