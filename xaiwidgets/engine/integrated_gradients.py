"""Integrated gradients by adaptive quadrature: every evaluation is reused, and the error is known."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from xaiwidgets.engine.estimate import Estimate, share_of_norm
from xaiwidgets.engine.fine_map import PathMaps
from xaiwidgets.engine.gradients import wide
from xaiwidgets.engine.method import Method
from xaiwidgets.engine.pace import Pace
from xaiwidgets.engine.problem import Field

EVEN = 9
"""Nodes that are evenly spread before the path is refined where it needs it."""

SHORTEST = 2.0**-12
"""Pieces of the path are not split further: there rounding in float32 gradients is all that changes."""

SMOOTH = 0.25
"""Where the integrand is smooth, halving a piece divides its change by eight; at a jump only by two."""


def integrated_gradients(field: Field, pace: Pace) -> Iterator[Estimate]:
    """The path integral of the gradient from the baseline to the input, on the straight line.

    Sundararajan, Taly & Yan 2017, "Axiomatic Attribution for Deep Networks", eq. 1. The path is cut into pieces; those
    on which the trapezoidal sum changed most when it was last refined are halved first, as in adaptive quadrature
    (Gander & Gautschi 2000), because the gradient of a network is rough on a small part of the way. Where the change
    falls as it does for smooth functions, Simpson's rule takes over.

    The error of a value is the root of its squared changes, for on a rough path they have no common sign. The errors
    together are never smaller than the completeness gap; the gap alone can be small while the map is wrong.
    """
    baseline = wide(field.baseline)
    difference = wide(field.point) - baseline
    path, maps = _Path(), PathMaps(field.drawn)

    def evaluate(alphas: list[float]) -> None:
        along = torch.tensor(alphas, dtype=torch.float64).to(device=baseline.device, dtype=baseline.dtype)
        points = (baseline + along.reshape(-1, *[1] * baseline.dim()) * difference).to(field.point.dtype)
        values, gradients = pace(len(alphas), field.value_and_grad, points)
        contributions = wide(gradients) * difference
        maps.keep(alphas, contributions)
        rows = field.by_feature(contributions).cpu().double()
        everything = contributions.flatten(1).sum(1).cpu().double()
        for alpha, value, row, total in zip(alphas, values.tolist(), rows, everything.tolist(), strict=True):
            path.integrand[alpha], path.value_at[alpha], path.total_at[alpha] = row, value, total

    evaluate([0.5])
    middle = path.integrand[0.5]
    unknown = torch.full_like(middle, math.nan)
    estimate = Estimate(
        values=middle,
        error=unknown,
        kind="unknown",
        relative_error=math.nan,
        needs=2,
        details=maps.details({0.5: 1.0}),
    )
    yield estimate
    ends = [0.0, 1.0]
    for part in pace.chunks(2):
        evaluate(ends[part])
        if part.stop < 2:
            yield replace(estimate, needs=1)
    path.pieces = [_piece(path.integrand, 0.0, 1.0, before=None)]
    estimate = path.estimate(maps, needs=2)
    while chosen := path.roughest():
        while chosen:
            yield estimate
            room = pace.room / (2 * pace.each)
            # Where there is room for one node alone it is evaluated too, or this would go round for ever.
            nodes = [node for piece in chosen[: max(1, int(min(room, len(chosen))))] for node in piece.quarters]
            # Estimates come after the same nodes on any machine, whatever its batches, or a tolerance would be met at
            # others.
            done = yield from _evaluated(nodes, evaluate, pace, estimate)
            for piece in chosen[: done // 2]:
                path.split(piece)
            chosen = chosen[done // 2 :]
            estimate = path.estimate(maps, needs=2)
    yield replace(estimate, needs=0)


def _evaluated(
    nodes: list[float], evaluate: Callable[[list[float]], None], pace: Pace, estimate: Estimate
) -> Generator[Estimate, None, int]:
    """Evaluate the nodes, or the first few where time runs out; how many. Meanwhile it yields `estimate`."""
    done = 0
    for part in pace.chunks(len(nodes)):
        evaluate(nodes[part])
        done, left = part.stop, len(nodes) - part.stop
        if left and done > 1 and pace.late(left):
            break
        if left:
            yield replace(estimate, needs=left)
    return done


@dataclass(frozen=True, kw_only=True, eq=False)
class _Piece:
    """A piece of the path with its integral: both ends and the middle are evaluated.

    Attributes:
        start: where it begins, as a fraction of the way.
        end: where it ends.
        integral: float64 [n].
        weights: what the integrand at the start, in the middle and at the end was multiplied by for it.
        change: by how much the trapezoidal sum changed with the middle, float64 [n].
        error: how far the integral may be off, float64 [n], with a sign.
    """

    start: float
    end: float
    integral: Tensor
    weights: tuple[float, float, float]
    change: Tensor
    error: Tensor

    @property
    def quarters(self) -> tuple[float, float]:
        """The nodes that are evaluated when the piece is split."""
        length = self.end - self.start
        return self.start + length / 4, self.end - length / 4

    @property
    def nodes(self) -> tuple[float, float, float]:
        """Where it is evaluated."""
        return self.start, (self.start + self.end) / 2, self.end


class _Path:
    """What is known of the path so far: the integrand and the score at the nodes, and the pieces between them."""

    def __init__(self) -> None:
        self.integrand: dict[float, Tensor] = {}
        self.value_at: dict[float, float] = {}
        self.total_at: dict[float, float] = {}
        self.pieces: list[_Piece] = []

    def roughest(self) -> list[_Piece]:
        """The pieces to split next: all of them at first, then those that hold most of the change; none at the end."""
        long = [piece for piece in self.pieces if piece.end - piece.start > SHORTEST]
        nodes = len(self.integrand)
        # Some at a time, so that a model call has several points; few enough for the next choice to profit from these.
        count = len(self.pieces) if nodes < EVEN else max(2, nodes // 8)
        return sorted(long, key=lambda piece: -float(piece.change.abs().sum()))[:count]

    def split(self, piece: _Piece) -> None:
        """Put two halves in the piece's place."""
        middle = (piece.start + piece.end) / 2
        self.pieces.remove(piece)
        self.pieces += [
            _piece(self.integrand, start, end, before=piece.change)
            for start, end in ((piece.start, middle), (middle, piece.end))
        ]

    def weights(self) -> dict[float, float]:
        """What the integrand at each node is multiplied by in the sum over the pieces."""
        weights: dict[float, float] = {}
        for piece in self.pieces:
            for node, weight in zip(piece.nodes, piece.weights, strict=True):
                weights[node] = weights.get(node, 0.0) + weight
        return weights

    def estimate(self, maps: PathMaps, *, needs: int) -> Estimate:
        """The sum over the pieces."""
        values = torch.stack([piece.integral for piece in self.pieces]).sum(0)
        error = torch.stack([piece.error for piece in self.pieces]).square().sum(0).sqrt()
        # Of all contributions: a layer's class token has no feature, and what it holds is no error of those that have.
        total = sum(weight * self.total_at[node] for node, weight in self.weights().items())
        gap = abs(total - (self.value_at[1.0] - self.value_at[0.0]))
        missing, norm = gap - float(error.sum()), float(values.abs().sum())
        if missing > 0:
            error = error + missing * (values.abs() / norm if norm > 0 else 1 / len(values))
        return Estimate(
            values=values,
            error=error,
            kind="rule",
            # Against the map's own L1 norm: dividing by the rise would explode when positive and negative words cancel.
            relative_error=share_of_norm(error, values),
            baseline_output=self.value_at[0.0],
            needs=needs,
            details=maps.details(self.weights()),
        )


def _piece(integrand: dict[float, Tensor], start: float, end: float, *, before: Tensor | None) -> _Piece:
    """The integral from `start` to `end`; `before` is the change of the piece that this is a half of, float64 [n]."""
    left, middle, right = (integrand[node] for node in (start, (start + end) / 2, end))
    length = end - start
    coarse, fine = length * (left + right) / 2, length * (left + 2 * middle + right) / 4
    change = fine - coarse
    if before is None or not float(change.abs().sum()) < SMOOTH * float(before.abs().sum()):
        trapezoid = length / 4, length / 2, length / 4
        return _Piece(start=start, end=end, integral=fine, weights=trapezoid, change=change, error=change)
    # Simpson's rule. It is off by less than it corrects, and by less than it has itself changed from its double.
    corrected, changed = change / 3, (4 * change - before / 2) / 3
    error = min(corrected, changed, key=lambda one: float(one.abs().sum()))
    simpson = length / 6, 2 * length / 3, length / 6
    return _Piece(start=start, end=end, integral=fine + corrected, weights=simpson, change=change, error=error)


METHODS = (
    Method(name="integrated_gradients", face="field", estimates=integrated_gradients, tolerance=0.02, budget=260),
)
