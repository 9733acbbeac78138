"""Attributions from the gradient at the input: one forward and backward pass, no path."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor

from xaiwidgets.engine.estimate import Estimate
from xaiwidgets.engine.fine_map import fine_map, strength_map
from xaiwidgets.engine.method import Method
from xaiwidgets.engine.pace import Pace
from xaiwidgets.engine.problem import Field


def saliency(field: Field, pace: Pace) -> Iterator[Estimate]:
    """How strongly the score reacts to each feature: the L2 norm of its gradient, never negative.

    Simonyan, Vedaldi & Zisserman 2014, "Deep Inside Convolutional Networks".
    """
    gradient = _gradient(field, pace)
    yield _exact(field.by_feature(gradient.square()).sqrt(), strength_map(field.drawn, gradient))


def input_x_gradient(field: Field, pace: Pace) -> Iterator[Estimate]:
    """Gradient times distance from the baseline, summed by feature.

    The first-order Taylor term of f(x) − f(baseline) at x; with a zero baseline it is the classical
    input × gradient (Shrikumar et al. 2016, "Not Just a Black Box"). It does not add up to the
    difference unless the model is linear between the two, and the widget shows by how much it misses.
    """
    gradient = _gradient(field, pace)
    contributions = gradient * (wide(field.point) - wide(field.baseline))
    first = _exact(field.by_feature(contributions), fine_map(field.drawn, contributions))
    yield replace(first, needs=1)
    baseline_output, _ = pace(1, field.value_and_grad, field.baseline[None])
    yield replace(first, baseline_output=float(baseline_output[0]))


def wide(tensor: Tensor) -> Tensor:
    """At least in float32: half precision would lose small contributions, and Apple's GPUs have no float64."""
    return tensor.to(torch.promote_types(tensor.dtype, torch.float32))


def _gradient(field: Field, pace: Pace) -> Tensor:
    _, gradients = pace(1, field.value_and_grad, field.point[None])
    return wide(gradients[0])


def _exact(values: Tensor, details: dict[str, Tensor]) -> Estimate:
    values = values.cpu().double()
    return Estimate(
        values=values, error=torch.zeros_like(values), kind="exact", relative_error=0.0, needs=0, details=details
    )


METHODS = (
    Method(name="input_x_gradient", face="field", estimates=input_x_gradient),
    Method(name="saliency", face="field", estimates=saliency, signed=False),
)
