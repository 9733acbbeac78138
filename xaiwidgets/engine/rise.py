"""RISE: which parts of a picture go with a high score, from random veils over it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from numbers import Real

import torch
from torch import Tensor
from torch.nn import functional

from xaiwidgets.engine.estimate import Estimate, share_of_norm
from xaiwidgets.engine.levels import due, portions
from xaiwidgets.engine.method import Method
from xaiwidgets.engine.pace import Pace
from xaiwidgets.engine.problem import Veil
from xaiwidgets.engine.student import t_quantile
from xaiwidgets.errors import MethodError

FINEST = 56
"""Rows or columns of the map at most: eight to each cell of a veil, whose edges are soft."""
MOST_CELLS = 64
FEWEST = 8
"""Veils without which no band is told: a few may be alike, or all clear or dark."""


def rise(veil: Veil, pace: Pace, *, cells: int = 7, keep: float = 0.5, seed: int = 0) -> Iterator[Estimate]:
    """How much higher than on average the score is where a random veil lets this part of the picture through.

    Petsiuk et al. 2018, "RISE: Randomized Input Sampling for Explanation of Black-box Models". A veil M has
    cells × cells squares, each clear with probability `keep`, and is laid over the picture bilinearly, a little larger
    and shifted at random (their section 3.3). Their map, E[f·M(λ)] / E[M(λ)] of eq. 6, is about the mean score wherever
    one looks; this mean is taken off: E[f·M(λ)] / keep − E[f]. So a value has a sign, and for veils with hard edges it
    is E[f | λ is seen] − E[f]. It is the same map but for its offset, and estimated from the covariance of score and
    veil, without bias: their Monte-Carlo sum carries the noise of the offset too.

    Values are means over each region. The error is a 95 % t-band over veils. `details["map"]` is the map, float32
    [h, w], at most 56 rows or columns.

    Args:
        veil: the picture.
        pace: counts the model calls.
        cells: squares along each side of a veil, 2 to 64.
        keep: the probability that one is clear, above 0 and below 1.
        seed: of the veils.

    Raises:
        MethodError: an option is out of range.
    """
    if isinstance(cells, bool) or not isinstance(cells, int) or not 2 <= cells <= MOST_CELLS:
        msg = f"cells={cells!r} was given; give a whole number of squares along each side, 2 to {MOST_CELLS}."
        raise MethodError(msg)
    if isinstance(keep, bool) or not isinstance(keep, Real) or not 0 < keep < 1:
        msg = f"keep={keep!r} was given; give the probability that a square is clear, above 0 and below 1."
        raise MethodError(msg)
    share = float(keep)
    drawn = _Drawn(veil.size, cells, share, seed)
    known = _Known(veil, share)
    shown: Estimate | None = None
    for part in portions(math.inf, pace, apart=FEWEST):
        rows = part.stop - part.start
        veils = torch.stack([drawn() for _ in range(rows)])
        known.add(veils, pace(rows, veil.values, veils))
        if shown is None or due(known.count, pace, apart=FEWEST):
            shown = known.estimate()
        yield replace(shown, needs=1)


class _Known:
    """Sums over the veils so far, from which means, the covariance and its band come at any time."""

    def __init__(self, veil: Veil, keep: float) -> None:
        self.count = 0
        self._veil, self._keep = veil, keep
        height, width = veil.size
        scale = min(1.0, FINEST / max(height, width))
        self._size = max(1, round(height * scale)), max(1, round(width * scale))
        self._score = self._square = 0.0
        self._map = self._of_map = torch.zeros((), dtype=torch.float64)
        self._regions = [torch.zeros((), dtype=torch.float64)] * 5

    def add(self, veils: Tensor, scores: Tensor) -> None:
        """Count these too: float [B, H, W] and float64 [B]."""
        # Sums of differences from a score nearby lose no digits.
        above = scores - self._veil.whole
        # One mean over veils and one of their products with the scores, each made coarser: the same as of every veil.
        sums = torch.stack([torch.ones_like(above), above]).to(veils) @ veils.flatten(1)
        maps, of_maps = functional.adaptive_avg_pool2d(sums.view(2, *veils.shape[1:])[None], self._size)[0].double()
        regions = self._veil.by_pixel(veils).cpu().double() - self._keep
        self.count += len(veils)
        self._score += float(above.sum())
        self._square += float(above.square().sum())
        self._map = self._map + maps - self._keep * len(veils)
        self._of_map = self._of_map + of_maps - self._keep * float(above.sum())
        by_power = [above**power @ regions**times for power, times in ((0, 1), (1, 1), (0, 2), (1, 2), (2, 2))]
        self._regions = [total + new for total, new in zip(self._regions, by_power, strict=True)]

    def estimate(self) -> Estimate:
        """The best so far. After one veil alone, the picture's own score stands for the mean."""
        mean = self._score / self.count if self.count > 1 else 0.0
        scale = self._keep * max(1, self.count - 1)
        once, with_score, twice, with_twice, with_square = self._regions
        values = (with_score - mean * once) / scale
        details = {"map": ((self._of_map - mean * self._map) / scale).float()}
        if self.count < FEWEST:
            unknown = torch.full_like(values, math.nan)
            return Estimate(values=values, error=unknown, kind="unknown", relative_error=math.nan, details=details)
        # The variance of (f − mean)·(M − keep) over veils, and what the mean's own error adds to that of few.
        products = (with_square - 2 * mean * with_twice + mean**2 * twice) / (self.count - 1)
        scores = (self._square - self.count * mean**2) / (self.count - 1)
        spread = products / self._keep**2 - values**2 + scores * twice / (self._keep * self.count) ** 2
        band = t_quantile(self.count - 1) * (spread.clamp(min=0) / self.count).sqrt()
        return Estimate(
            values=values, error=band, kind="band", relative_error=share_of_norm(band, values), details=details
        )


class _Drawn:
    """Random veils, one at each call, float [H, W]."""

    def __init__(self, size: tuple[int, int], cells: int, keep: float, seed: int) -> None:
        self._size, self._keep = size, keep
        self._sides = [math.ceil(pixels / cells) for pixels in size]
        self._down, self._across = (_ramps(cells, (cells + 1) * side) for side in self._sides)
        self._generator = torch.Generator().manual_seed(seed)

    def __call__(self) -> Tensor:
        cells = self._down.shape[1]
        clear = (torch.rand((cells, cells), generator=self._generator) < self._keep).float()
        down, across = (int(torch.randint(side, (), generator=self._generator)) for side in self._sides)
        height, width = self._size
        return self._down[down : down + height] @ clear @ self._across[across : across + width].T


def _ramps(cells: int, pixels: int) -> Tensor:
    """What each cell gives to each pixel along one axis, float [pixels, cells].

    Bilinear interpolation goes along one axis after the other, so two products make a veil, in a third of the time.
    """
    one_each = torch.eye(cells)[None]
    return functional.interpolate(one_each, size=pixels, mode="linear", align_corners=False)[0].T.contiguous()


METHODS = (Method(name="rise", face="veil", estimates=rise, tolerance=0.2, budget=1000),)
