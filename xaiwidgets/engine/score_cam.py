"""Score-CAM: a layer's feature maps, each weighed by the score of the picture seen through it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional

from xaiwidgets.engine.answers import finite
from xaiwidgets.engine.cam import activations_of, raised
from xaiwidgets.engine.estimate import Estimate
from xaiwidgets.engine.method import Method
from xaiwidgets.engine.pace import Pace
from xaiwidgets.engine.problem import Maps


def score_cam(maps: Maps, pace: Pace) -> Iterator[Estimate]:
    """Score-CAM: ReLU(Σ α_k A_k), α the softmax of the scores that the picture has behind each feature map A_k.

    Wang et al. 2020, "Score-CAM: Score-Weighted Visual Explanations for Convolutional Neural Networks": each
    map, laid over the picture bilinearly and scaled to 0 … 1, is a veil, and its score that of what shows through
    less that of the baseline. No gradient is taken. One row of the model for each map that is not the same everywhere;
    those that are hide everything, and have the baseline's score.

    The maps come in the order of their energy ΣA², the strongest first, and every estimate is the softmax over those
    that were weighed: what the others would change is not known, so there is no error until all are. `details["map"]`
    is the map, float32 [h, w], not normalised; `details["layer"]` the layer's name.
    """
    veil = maps.veil
    assert veil is not None  # noqa: S101
    activations = activations_of(maps, pace)
    baseline = float(finite(pace(1, veil.values, torch.zeros((1, *veil.size))), 1, "score")[0])
    varies = activations.amax((1, 2)) > activations.amin((1, 2))
    order = activations.square().sum((1, 2)).argsort(descending=True, stable=True)
    flat, order = order[~varies[order]], order[varies[order]]
    scores = torch.full((len(flat),), baseline, dtype=torch.float64)
    if not len(order):
        yield _estimate(maps, activations, flat, scores, baseline)
    for part in pace.chunks(len(order)):
        shown = order[part]
        veils = functional.interpolate(activations[shown][:, None], size=veil.size, mode="bilinear")[:, 0]
        low, high = veils.amin((1, 2), keepdim=True), veils.amax((1, 2), keepdim=True)
        # Over fewer pixels than it has cells, a map may lose what varies.
        veils = (veils - low) / (high - low).clamp(min=torch.finfo(veils.dtype).tiny)
        scores = torch.cat([scores, finite(pace(len(shown), veil.values, veils), len(shown), "score")])
        weighed = torch.cat([flat, order[: part.stop]])
        yield _estimate(maps, activations, weighed, scores, baseline)


def _estimate(maps: Maps, activations: Tensor, weighed: Tensor, scores: Tensor, baseline: float) -> Estimate:
    """The map of those that were weighed, int64 [K], by their scores, float64 [K]."""
    weights = (scores - baseline).softmax(0)
    cells = torch.einsum("k,khw->hw", weights, activations[weighed].double())
    estimate = replace(raised(maps, cells.float().to(maps.point.device)), baseline_output=baseline)
    if len(weighed) == len(activations):
        return estimate
    told = f"{len(weighed)} of {len(activations)} feature maps were weighed, the strongest ones first."
    return replace(
        estimate,
        error=torch.full_like(estimate.values, math.nan),
        kind="unknown",
        relative_error=math.nan,
        needs=1,
        notes=(*estimate.notes, told),
    )


METHODS = (Method(name="score_cam", face="maps", estimates=score_cam, pictured=True),)
