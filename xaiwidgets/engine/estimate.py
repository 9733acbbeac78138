"""What an estimator yields: the best values so far and how far they can be trusted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch import Tensor

ErrorKind = Literal["band", "rule", "exact", "unknown"]


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """An anytime estimate.

    Attributes:
        values: attribution of each feature, float64 [n] on the CPU; NaN where nothing is known yet.
        error: how far each value may be off, float64 [n]; NaN where unknown, 0 where exact.
        kind: what `error` is. "band": half-width of a 95 % confidence band (sampling methods). "rule": the change
            between two nested quadrature rules (path methods). "exact": the value is defined by the
            evaluations made. "unknown": nothing can be claimed yet.
        relative_error: how far the map as a whole may be off, as a share of its L1 norm; NaN where unknown.
        baseline_output: the explained score with every feature absent; NaN where not evaluated.
        needs: evaluations that the next better estimate takes; 0 when there is nothing left to gain.
        details: what else the method knows, by name: a fidelity, a spread, pairs [n, n]; numbers, text or tensors.
            Of a picture "map", float32 [h, w] on the CPU: the same attribution as finely as the method knows it.
        notes: what a reader must know of how the estimate came about, one sentence each.
        features: the n features' names where they are met with on the way; None: the problem's.
    """

    values: Tensor
    error: Tensor
    kind: ErrorKind
    relative_error: float
    baseline_output: float = float("nan")
    needs: int = 1
    details: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    features: tuple[str, ...] | None = None


def share_of_norm(error: Tensor, values: Tensor) -> float:
    """Σ|error| / Σ|values|: 0 when nothing is off, NaN while any value or error is unknown.

    Args:
        error: float [n].
        values: float [n].
    """
    total, norm = error.abs().sum(), values.abs().sum()
    if bool(torch.isnan(total)) or bool(torch.isnan(norm)):
        return float("nan")
    if total == 0:
        return 0.0
    return float(total / norm) if norm > 0 else float("inf")
