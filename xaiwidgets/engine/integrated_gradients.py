"""Integrated gradients by nested Clenshaw–Curtis quadrature: every evaluation is reused, and the error is known."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor

from xaiwidgets.engine.estimate import Estimate
from xaiwidgets.engine.gradients import wide
from xaiwidgets.engine.method import Method
from xaiwidgets.engine.pace import Pace
from xaiwidgets.engine.problem import Field

FINEST = 1024
"""Intervals of the finest rule; beyond it rounding in float32 gradients is all that changes."""


def integrated_gradients(field: Field, pace: Pace) -> Iterator[Estimate]:
    """The path integral of the gradient from the baseline to the input, on the straight line.

    Sundararajan, Taly & Yan 2017, "Axiomatic Attribution for Deep Networks", eq. 1. The rules have 1 (midpoint), 3,
    5, 9, 17, … nodes. The error of a value is its change from the rule before; the map's relative error is the
    larger of the L1 change and the completeness gap, because either alone can be small while the map is wrong.
    """
    baseline = wide(field.baseline)
    difference = wide(field.point) - baseline
    integrand: dict[float, Tensor] = {}
    value_at: dict[float, float] = {}
    before: Tensor | None = None
    estimate: Estimate | None = None
    intervals = 1
    while intervals <= FINEST:
        nodes, weights = (
            clenshaw_curtis(intervals)
            if intervals > 1
            else (torch.tensor([0.5], dtype=torch.float64), torch.ones(1, dtype=torch.float64))
        )
        fresh = [node for node in nodes.tolist() if node not in integrand]
        for part in pace.chunks(len(fresh)):
            alphas = torch.tensor(fresh[part], dtype=torch.float64)
            points = _on_path(baseline, difference, alphas).to(field.point.dtype)
            values, gradients = pace(len(alphas), field.value_and_grad, points)
            contributions = field.by_feature(wide(gradients) * difference).cpu().double()
            for alpha, value, row in zip(alphas.tolist(), values.tolist(), contributions, strict=True):
                integrand[alpha], value_at[alpha] = row, value
            if part.stop < len(fresh) and estimate is not None:
                yield replace(estimate, needs=len(fresh) - part.stop)
        stacked = torch.stack([integrand[node] for node in nodes.tolist()])
        result = (weights[:, None] * stacked).sum(0)
        finer = 2 * intervals
        estimate = _estimate(result, before, value_at, needs=max(2, finer // 2) if finer <= FINEST else 0)
        yield estimate
        before, intervals = result, finer


def clenshaw_curtis(intervals: int) -> tuple[Tensor, Tensor]:
    """Nodes and weights on [0, 1] with `intervals` + 1 nodes; doubling `intervals` keeps every node.

    The weights are Waldvogel 2006, "Fast construction of the Fejér and Clenshaw–Curtis quadrature rules", written as
    the explicit cosine sum: w_k = c_k/N (1 − Σ_j b_j cos(2jkπ/N)/(4j²−1)), halved for the unit interval.

    Args:
        intervals: an even number N ≥ 2.

    Returns:
        (nodes, weights): float64 [N + 1] each; the weights are positive and sum to 1.
    """
    n = intervals
    k = torch.arange(n + 1, dtype=torch.float64)
    # Through exact fractions of π, so that nested rules give bitwise equal nodes; a sine, so that the middle is 0.5.
    nodes = torch.tensor([0.5 + 0.5 * math.sin(math.pi * (i / n - 0.5)) for i in range(n + 1)], dtype=torch.float64)
    j = torch.arange(1, n // 2 + 1, dtype=torch.float64)
    b = torch.full_like(j, 2.0)
    b[-1] = 1.0
    sums = (b / (4 * j * j - 1) * torch.cos(2 * math.pi * torch.outer(k, j) / n)).sum(1)
    c = torch.full_like(k, 2.0)
    c[0] = c[-1] = 1.0
    return nodes, c / n * (1 - sums) / 2


def _on_path(baseline: Tensor, difference: Tensor, alphas: Tensor) -> Tensor:
    """Points at the fractions `alphas` of the way, float [B, ...]."""
    along = alphas.to(device=baseline.device, dtype=baseline.dtype)
    return baseline + along.reshape(-1, *[1] * baseline.dim()) * difference


def _estimate(result: Tensor, before: Tensor | None, value_at: dict[float, float], *, needs: int) -> Estimate:
    if before is None:
        unknown = torch.full_like(result, math.nan)
        return Estimate(values=result, error=unknown, kind="unknown", relative_error=math.nan, needs=needs)
    change = (result - before).abs()
    rise = value_at[1.0] - value_at[0.0]
    norm = float(result.abs().sum())
    gap = abs(float(result.sum()) - rise)
    # Against the map's own L1 norm: dividing by |rise| would explode when positive and negative words cancel.
    relative = max(float(change.sum()), gap) / norm if norm > 0 else (0.0 if gap == 0 else math.inf)
    return Estimate(
        values=result, error=change, kind="rule", relative_error=relative, baseline_output=value_at[0.0], needs=needs
    )


METHODS = (
    Method(name="integrated_gradients", face="field", estimates=integrated_gradients, tolerance=0.02, budget=260),
)
