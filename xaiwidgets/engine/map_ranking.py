"""The feature maps of a layer that count most for a score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from xaiwidgets.engine.answers import finite_gradients
from xaiwidgets.engine.feature_maps import maps_at
from xaiwidgets.engine.problem import Problem

MOST = 64


@dataclass(frozen=True, kw_only=True)
class RankedMaps:
    """Some of a layer's maps, those first that raise the score most.

    Attributes:
        layer: its name.
        units: their numbers among the layer's C channels, int64 [k].
        contributions: Σ over cells of gradient × activation, float64 [k], falling: what the score would lose, to first
            order, if the map were zero.
        maps: float32 [k, h, w].
        total: C.
    """

    layer: str
    units: npt.NDArray[np.int64]
    contributions: npt.NDArray[np.float64]
    maps: npt.NDArray[np.float32]
    total: int


def ranked_maps(problem: Problem, layer: str | None, *, most: int = MOST) -> RankedMaps:
    """The `most` maps of a layer that count most.

    Args:
        problem: of a picture.
        layer: a module's name; None: the one that methods look at by themselves.
        most: how many at the most.

    Raises:
        MethodError: the layer does not lie over the picture. ModelError: its gradient is not finite.
    """
    face = maps_at(problem, layer).maps
    assert face is not None  # noqa: S101 - made a line before
    _, maps, gradients = face.run(face.point[None])
    contributions = (maps[0].double() * finite_gradients(gradients)[0].double()).sum((1, 2)).cpu()
    order = contributions.argsort(descending=True, stable=True)[:most]
    return RankedMaps(
        layer=face.layer,
        units=order.numpy(),
        contributions=contributions[order].numpy(),
        maps=maps[0][order.to(maps.device)].float().cpu().numpy(),
        total=len(contributions),
    )
