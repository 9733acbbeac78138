"""Conductance: how much of the change in score flows through each unit of a layer, as the input leaves the baseline."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise

import torch
from torch import Tensor

from xaiwidgets.engine.answers import finite, finite_gradients
from xaiwidgets.engine.estimate import Estimate, share_of_norm
from xaiwidgets.engine.gradients import wide
from xaiwidgets.engine.method import Method
from xaiwidgets.engine.pace import Pace
from xaiwidgets.engine.problem import Inside, Layer

FINEST = 1024
"""Intervals of the finest rule; what is kept of the layer grows with them."""


def conductance(inside: Inside, pace: Pace) -> Iterator[Estimate]:
    """The score's change along the path of integrated gradients, as far as it flows through each unit of a layer.

    Dhamdhere, Sundararajan & Yan 2018, "How Important Is a Neuron?", eq. 3: ∫ ∂F/∂y · dy, where y is the unit's output
    while the input moves on a straight line from the baseline. Without a layer the units are the input's own, and
    conductance is integrated gradients; with neuron=, what flows through that unit is split over the input (eq. 2).

    The integral is taken over y itself, so that no derivative of y is needed: with 1, 2, 4, … intervals the trapezoid
    sum Σ ½ (∂F/∂y at both ends) Δy, and from two of them Richardson's extrapolation. Every evaluation is reused. The
    error of a value is its change from the rule before. The values add up to the change in score only when all of it
    flows through the layer, which a residual connection around it prevents.
    """
    field = inside.field
    layer = inside.layer or Layer(
        run=lambda at: _input_itself(inside, at), by_feature=field.by_feature, drawn=field.drawn
    )
    baseline = wide(field.baseline)
    difference = wide(field.point) - baseline
    known: dict[float, tuple[Tensor, Tensor]] = {}
    score: dict[float, float] = {}
    sums: list[Tensor] = []
    estimate: Estimate | None = None
    intervals = 1
    while intervals <= FINEST:
        nodes = [i / intervals for i in range(intervals + 1)]
        fresh = [node for node in nodes if node not in known]
        for part in pace.chunks(len(fresh)):
            alphas = torch.tensor(fresh[part], dtype=baseline.dtype, device=baseline.device)
            points = baseline + alphas.reshape(-1, *[1] * baseline.dim()) * difference
            values, outputs, gradients = pace(len(alphas), layer.run, points.to(field.point.dtype))
            scores = finite(values, len(alphas), "score").tolist()
            rows = zip(fresh[part], scores, outputs, finite_gradients(gradients), strict=True)
            for alpha, value, output, gradient in rows:
                known[alpha], score[alpha] = (output, gradient), value
            if part.stop < len(fresh):
                left = len(fresh) - part.stop
                yield _unknown(layer, known, left) if estimate is None else replace(estimate, needs=left)
        along, before = [known[node] for node in nodes], sums
        sums = [_trapezoids(summed, along) for summed in (layer.by_feature, layer.drawn) if summed is not None]
        result = [(4 * fine - coarse) / 3 for fine, coarse in zip(sums, before, strict=True)] if before else sums
        finer = intervals if 2 * intervals <= FINEST else 0
        # The change from one trapezoid to the first extrapolation says too little: on texts it was half the error.
        estimate = _estimate(result, estimate if intervals > 2 else None, score[0.0], needs=finer)
        yield estimate
        intervals *= 2


def _input_itself(inside: Inside, points: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    values, gradients = inside.field.value_and_grad(points)
    return values, points, gradients


def _trapezoids(summed: Callable[[Tensor], Tensor], known: list[tuple[Tensor, Tensor]]) -> Tensor:
    """Σ ½ (g + g′)(y′ − y) over neighbouring nodes, summed by feature or as a map, float64 on the CPU."""
    total = torch.zeros((), dtype=torch.float64)
    for (output, gradient), (further, gradient_there) in pairwise(known):
        flow = (wide(gradient) + wide(gradient_there)) / 2 * (wide(further) - wide(output))
        total = total + summed(flow).cpu().double()
    return total


def _unknown(layer: Layer, known: dict[float, tuple[Tensor, Tensor]], needs: int) -> Estimate:
    output, _ = next(iter(known.values()))
    values = torch.full_like(layer.by_feature(wide(output)).cpu().double(), math.nan)
    return Estimate(values=values, error=values, kind="unknown", relative_error=math.nan, needs=needs)


def _estimate(result: list[Tensor], before: Estimate | None, baseline_output: float, *, needs: int) -> Estimate:
    """The estimate of the sums by feature and, of a picture, as a map."""
    values, *maps = result
    change = torch.full_like(values, math.nan) if before is None else (values - before.values).abs()
    return Estimate(
        values=values,
        error=change,
        kind="unknown" if before is None else "rule",
        relative_error=share_of_norm(change, values),
        baseline_output=baseline_output,
        needs=needs,
        details={"map": maps[0].float()} if maps else {},
    )


METHODS = (Method(name="conductance", face="inside", estimates=conductance, tolerance=0.02, budget=260, layered=True),)
