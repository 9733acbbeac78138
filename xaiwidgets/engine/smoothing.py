"""Gradients averaged over noise around the input."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from numbers import Real

import torch
from torch import Tensor

from xaiwidgets.engine.estimate import Estimate, share_of_norm
from xaiwidgets.engine.fine_map import MeanMap
from xaiwidgets.engine.gradients import wide
from xaiwidgets.engine.levels import due, portions
from xaiwidgets.engine.method import Method
from xaiwidgets.engine.pace import Pace
from xaiwidgets.engine.problem import Field
from xaiwidgets.engine.student import t_quantile
from xaiwidgets.errors import MethodError

NOISE = 0.3
"""A third of the input's standard deviation. On pictures that is a tenth of the range from black to white, the lower
end of what Smilkov et al. recommend; a classifier of texts still reads the same text."""


def smooth_grad(field: Field, pace: Pace, *, noise: float = NOISE, seed: int = 0) -> Iterator[Estimate]:
    """SmoothGrad: the gradient's mean under Gaussian noise on the input, times the distance from the baseline.

    Smilkov et al. 2017, "SmoothGrad: removing noise by adding noise". The noise comes in pairs ε, −ε, which cancels
    what is linear in it. The error is a 95 % t-band over pairs. `details["variance"]` is the variance of a single noisy
    map, float64 [n]: VarGrad of Adebayo et al. 2018, "Sanity Checks for Saliency Maps".

    Args:
        field: the input.
        pace: counts the model calls.
        noise: the noise's standard deviation as a share of the input's own, over all pixels or embedding coordinates.
            An input of one dimension has columns with units of their own: there it is a share of each column's
            standard deviation over the background or, without one, of its distance from the baseline.
        seed: of the noise.

    Raises:
        MethodError: when the noise is no positive number.
    """
    if isinstance(noise, bool) or not isinstance(noise, Real) or not 0 < noise < math.inf:
        msg = f"noise={noise!r} was given; it must be a positive share of the input's spread, such as {NOISE}."
        raise MethodError(msg)
    point = wide(field.point)
    distance, scale = point - wide(field.baseline), float(noise) * _spread(field)
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.zeros(0)
    first: Tensor | None = None
    singles, pairs, maps = _Moments(), _Moments(), MeanMap(field.drawn)
    shown: Estimate | None = None
    for part in portions(math.inf, pace, rows=2):
        offsets = []
        for number in range(part.start, part.stop):
            if number % 2 == 0:
                drawn = torch.randn(point.shape, generator=generator).to(point)
            offsets.append(drawn if number % 2 == 0 else -drawn)
        points = (point + scale * torch.stack(offsets)).to(field.point.dtype)
        _, gradients = pace(len(points), field.value_and_grad, points)
        contributions = wide(gradients) * distance
        maps.add(contributions)
        for row in field.by_feature(contributions).cpu().double():
            singles.add(row)
            if first is not None:
                pairs.add((first + row) / 2)
            first = row if first is None else None
        needs = 2 if first is None else 1
        if shown is None or due(pairs.count, pace):
            shown = _estimate(singles, pairs, maps.details(of_pairs=True), needs=needs)
        yield replace(shown, needs=needs)


class _Moments:
    """Mean and variance of what was added, float64 [n] each, by Welford's update."""

    def __init__(self) -> None:
        self.count = 0
        self.mean = self._squares = torch.zeros(())

    def add(self, sample: Tensor) -> None:
        self.count += 1
        change = sample - self.mean
        self.mean = self.mean + change / self.count
        self._squares = self._squares + change * (sample - self.mean)

    @property
    def variance(self) -> Tensor:
        return self._squares / (self.count - 1)


def _estimate(singles: _Moments, pairs: _Moments, details: dict[str, Tensor], *, needs: int) -> Estimate:
    details = details | ({"variance": singles.variance} if singles.count > 1 else {})
    if pairs.count < 2:
        values = pairs.mean if pairs.count else singles.mean
        unknown = torch.full_like(values, math.nan)
        return Estimate(
            values=values, error=unknown, kind="unknown", relative_error=math.nan, needs=needs, details=details
        )
    band = t_quantile(pairs.count - 1) * (pairs.variance / pairs.count).sqrt()
    return Estimate(
        values=pairs.mean,
        error=band,
        kind="band",
        relative_error=share_of_norm(band, pairs.mean),
        needs=needs,
        details=details,
    )


def _spread(field: Field) -> Tensor:
    """What the noise is a share of: a number, or one for each column."""
    point = wide(field.point)
    if point.dim() > 1:
        return point.std(correction=0)
    if field.background is None or len(field.background) < 2:
        return (point - wide(field.baseline)).abs()
    return wide(field.background).std(0)


METHODS = (Method(name="smooth_grad", face="field", estimates=smooth_grad, tolerance=0.1, budget=200),)
