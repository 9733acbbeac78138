"""Class activation maps: a layer's feature maps, weighed by what they do for the score and added up."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from xaiwidgets.engine.answers import finite, finite_gradients
from xaiwidgets.engine.estimate import Estimate
from xaiwidgets.engine.method import Method
from xaiwidgets.engine.pace import Pace
from xaiwidgets.engine.problem import Maps


def grad_cam(maps: Maps, pace: Pace) -> Iterator[Estimate]:
    """Grad-CAM: each feature map A_k weighed by the mean of the score's gradient over it, ReLU(Σ α_k A_k).

    Selvaraju et al. 2017, "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization", eq. 1
    and 2. One pass forward, and back as far as the layer. `details["map"]` is the map itself, float32 [h, w], not
    normalised, and `details["layer"]` the layer's name; each region's value is the map summed over it by area.
    """
    activations, gradients = _run(maps, pace)
    weights = gradients.mean((-2, -1))
    yield weighed(maps, (weights[:, None, None] * activations).sum(0))


def weighed(maps: Maps, cells: Tensor) -> Estimate:
    """The estimate that a map makes once what is negative in it is cut off.

    Args:
        maps: the layer's.
        cells: float [h, w].
    """
    cells = cells.clamp(min=0)
    values = maps.by_cell(cells).cpu().double()
    return Estimate(
        values=values,
        error=torch.zeros_like(values),
        kind="exact",
        relative_error=0.0,
        needs=0,
        details={"map": cells.cpu().float(), "layer": maps.layer},
        notes=() if bool(cells.any()) else (f"No cell of {maps.layer!r} raises this score: the map is zero.",),
    )


def _run(maps: Maps, pace: Pace) -> tuple[Tensor, Tensor]:
    """The feature maps of the input and the score's gradient there, float [C, h, w] each."""
    scores, activations, gradients = pace(1, maps.run, maps.point[None])
    finite(scores, 1, "score")
    return activations[0], finite_gradients(gradients)[0]


METHODS = (Method(name="grad_cam", face="maps", estimates=grad_cam, signed=False),)
