"""Class activation maps: a layer's feature maps, weighed by what they do for the score and added up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor

from xaiwidgets.engine.answers import finite, finite_gradients
from xaiwidgets.engine.estimate import Estimate
from xaiwidgets.engine.method import Method
from xaiwidgets.engine.pace import Pace
from xaiwidgets.engine.problem import Maps
from xaiwidgets.errors import MethodError, ModelError


def grad_cam(maps: Maps, pace: Pace) -> Iterator[Estimate]:
    """Grad-CAM: ReLU(Σ α_k A_k), each feature map A_k weighed by the mean of the score's gradient over it.

    Selvaraju et al. 2017, "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization", eq. 1
    and 2. One pass forward, and back as far as the layer. `details["map"]` is the map itself, float32 [h, w], not
    normalised, and `details["layer"]` the layer's name; each region's value is the map summed over it by area.
    """
    activations, gradients = _run(maps, pace)
    weights = gradients.mean((-2, -1), keepdim=True)
    yield raised(maps, (weights * activations).sum(0))


def grad_cam_plus_plus(maps: Maps, pace: Pace) -> Iterator[Estimate]:
    """Grad-CAM++: as Grad-CAM, with the positive gradients averaged by weights that count each occurrence alike.

    Chattopadhay et al. 2018, "Grad-CAM++: Improved Visual Explanations for Deep Convolutional Networks", eq. 10 and 19.
    Its Y is the exponential of the score S, as there; the factor exp(S), the same everywhere, is left out. With g the
    gradient of S, a cell's weight g² / (2g² + ΣA·g³) is 1 / (2 + g·ΣA), ΣA over all cells of its map. That has
    poles where the sum is negative, as it never is after a ReLU: such a sum is taken for zero, and a note says so.
    `details` as in `grad_cam`.
    """
    activations, gradients = _run(maps, pace)
    positive, sums = gradients.clamp(min=0), activations.sum((-2, -1), keepdim=True)
    weights = (positive / (2 + positive * sums.clamp(min=0))).sum((-2, -1), keepdim=True)
    estimate = raised(maps, (weights * activations).sum(0))
    below = int((sums < 0).sum())
    told = (
        f"Grad-CAM++ is made for a layer after a ReLU: {below} of the {len(sums)} maps of {maps.layer!r} have a "
        "negative sum, which is taken for zero."
    )
    yield replace(estimate, notes=(*estimate.notes, *([told] if below else [])))


def layer_cam(maps: Maps, pace: Pace) -> Iterator[Estimate]:
    """LayerCAM: ReLU(Σ ReLU(∂S/∂A_k) · A_k), every cell weighed by its own gradient; for early layers too.

    Jiang et al. 2021, "LayerCAM: Exploring Hierarchical Class Activation Maps for Localization".
    `details` as in `grad_cam`.
    """
    activations, gradients = _run(maps, pace)
    yield raised(maps, (gradients.clamp(min=0) * activations).sum(0))


def eigen_cam(maps: Maps, pace: Pace, *, centred: bool = False) -> Iterator[Estimate]:
    """Eigen-CAM: the feature maps projected on their first principal component, whatever the score is.

    Muhammad & Yeasin 2020, "Eigen-CAM: Class Activation Map using Principal Components": with the cells as rows,
    O = UΣVᵀ, the map is O·v₁. A component has no sign of its own: it is given the one in which the map and the length
    of the cells' activations have a positive inner product, so strong cells are high. What is negative then is cut off.
    `details` as in `grad_cam`.

    Args:
        maps: the layer's.
        pace: counts the model call.
        centred: take each channel's mean off first, as principal components are usually found. The paper does not.

    Raises:
        MethodError: `centred` is neither True nor False.
    """
    if not isinstance(centred, bool):
        msg = f"centred={centred!r} was given; give True to take each channel's mean off first, or False."
        raise MethodError(msg)
    activations = activations_of(maps, pace)
    size, cells = activations.shape[-2:], activations.flatten(1).T.double()
    strength = cells.norm(dim=1)
    left, lengths, _ = torch.linalg.svd(cells - cells.mean(0) if centred else cells, full_matrices=False)
    # What rounding leaves of nothing is no component.
    projected = left[:, 0] * lengths[0] * (lengths[0] > 1e-12 * strength.norm())
    turned = projected if float(projected @ strength) >= 0 else -projected
    estimate = raised(maps, turned.reshape(size).float().to(maps.point.device))
    told = "Eigen-CAM shows what the layer responds to most, whichever output is explained."
    none = (f"The feature maps of {maps.layer!r} have no component: the map is zero.",)
    yield replace(estimate, notes=(told, *(none if estimate.notes else ())))


def activations_of(maps: Maps, pace: Pace) -> Tensor:
    """The feature maps of the input, float32 [C, h, w] on the CPU; without gradients.

    Raises:
        ModelError: they are not finite.
    """
    activations = pace(1, maps.read, maps.point[None])[0].cpu().float()
    if not bool(torch.isfinite(activations).all()):
        raise ModelError("The layer's feature maps are NaN or infinite at this input; check the model's precision.")
    return activations


def raised(maps: Maps, cells: Tensor) -> Estimate:
    """The estimate that a map makes once what is negative in it is cut off.

    What is left says what raises the score, so the values have a sign though none is negative.

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


METHODS = (
    Method(name="grad_cam", face="maps", estimates=grad_cam),
    Method(name="grad_cam_plus_plus", face="maps", estimates=grad_cam_plus_plus),
    Method(name="layer_cam", face="maps", estimates=layer_cam),
    Method(name="eigen_cam", face="maps", estimates=eigen_cam, signed=False),
)
