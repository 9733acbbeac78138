"""XRAI: integrated gradients gathered into the segments of a picture, the best first."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from xaiwidgets.engine.estimate import Estimate, share_of_norm
from xaiwidgets.engine.fine_map import laid_out
from xaiwidgets.engine.integrated_gradients import integrated_gradients
from xaiwidgets.engine.layer_features import laid_over
from xaiwidgets.engine.method import Method
from xaiwidgets.engine.pace import Pace
from xaiwidgets.engine.problem import Field
from xaiwidgets.errors import MethodError

SCALES = (50, 100, 150, 250, 500, 1200)
"""Of Felzenszwalb's segments, from small to large, with the two below as in the authors' code."""
SIGMA = 0.8
SIDE = 224
"""Segments are looked for in a picture of so many pixels along its longer side."""
SMALLEST = 150 / SIDE**2
"""Share of the picture that a segment has at least."""
NEWEST = 50 / SIDE**2
"""Share of the picture that a segment must add."""
GROWN = 5 / SIDE
"""By how much a segment is grown on every side, as a share of the longer side: what it shows ends at its edge."""


def xrai(field: Field, pace: Pace) -> Iterator[Estimate]:
    """Which segments of the picture carry the score: integrated gradients, each segment with its mean, the best first.

    Kapishnikov et al. 2019, "XRAI: Better Attributions Through Regions", algorithm 1. Integrated gradients from a black
    and from a white picture are averaged, or taken from the baseline alone where it is another one than black. The
    picture is cut into segments at six scales (Felzenszwalb & Huttenlocher 2004), each grown by a few pixels; the
    segment whose pixels, as far as they are not covered yet, have the largest mean is added next, and they all get this
    mean. What is left over at the end gets its own. `details["map"]` is float32 [H, W]; values are its sums, so they
    add up as integrated gradients do. Unlike the authors' code, which takes the largest channel, it sums the channels.

    Every estimate is made of the paths as far as they are known. The error is theirs by feature; it does not say
    whether other segments would be chosen.

    Raises:
        MethodError: at a layer, or scikit-image is not installed.
    """
    if field.picture is None:
        raise MethodError("'xrai' cuts the picture itself into segments; leave layer= out.")
    size = (int(field.point.shape[-2]), int(field.point.shape[-1]))
    segments = segments_of(field.picture.pixels.numpy())
    dark, light = field.picture.black, field.picture.white
    starts = (dark, light) if torch.equal(field.baseline, dark) else (field.baseline,)
    paths = [integrated_gradients(replace(field, baseline=start), pace) for start in starts]
    known: list[Estimate] = []
    drawn = torch.zeros(0)
    while True:
        turn = _turn(known, len(paths))
        if turn is None:
            return
        before = known[turn] if turn < len(known) else None
        known[turn : turn + 1] = [next(paths[turn])]
        # A path repeats its estimate while it is on its way to the next.
        if before is None or before.details["map"] is not known[turn].details["map"]:
            mean = torch.stack([laid_out(one.details["map"], size).double() for one in known]).mean(0)
            drawn = torch.from_numpy(gathered(mean.numpy(), segments))
        following = _turn(known, len(paths))
        needs = 0 if following is None else known[following].needs if following < len(known) else 1
        yield _estimate(field, known, drawn, needs=needs)


def _turn(known: list[Estimate], paths: int) -> int | None:
    """Which path goes on: one that has not begun, else the one that has most to gain; None at the end of all."""
    if len(known) < paths:
        return len(known)
    going = [i for i, estimate in enumerate(known) if estimate.needs]
    return max(going, key=lambda i: _roughness(known[i]), default=None)


def _roughness(estimate: Estimate) -> float:
    """How much a path has to gain: most while its error is unknown."""
    return math.inf if math.isnan(estimate.relative_error) else estimate.relative_error


def _estimate(field: Field, known: list[Estimate], drawn: Tensor, *, needs: int) -> Estimate:
    values = laid_over(field, drawn)
    # The paths' errors have no common sign.
    error = torch.stack([estimate.error for estimate in known]).square().sum(0).sqrt() / len(known)
    return Estimate(
        values=values,
        error=error,
        kind="rule" if all(estimate.kind == "rule" for estimate in known) else "unknown",
        relative_error=share_of_norm(error, values),
        baseline_output=sum(estimate.baseline_output for estimate in known) / len(known),
        needs=needs,
        details={"map": drawn.float()},
    )


@dataclass(frozen=True, kw_only=True)
class Segments:
    """S segments of a picture that may overlap, and the A pieces that they cut each other into.

    Attributes:
        piece: each pixel's piece, int64 [H, W].
        inside: which pieces each segment consists of, bool [S, A].
    """

    piece: npt.NDArray[np.int64]
    inside: npt.NDArray[np.bool_]

    @classmethod
    def of_masks(cls, masks: npt.NDArray[np.bool_]) -> Self:
        """From bool [S, H, W]."""
        rows = np.packbits(masks.reshape(len(masks), -1), axis=0).T
        _, first, piece = np.unique(
            np.ascontiguousarray(rows).view(f"V{rows.shape[1]}").ravel(), return_index=True, return_inverse=True
        )
        inside = masks.reshape(len(masks), -1)[:, first]
        return cls(piece=piece.reshape(masks.shape[1:]).astype(np.int64), inside=inside)


def gathered(attribution: npt.NDArray[np.float64], segments: Segments) -> npt.NDArray[np.float64]:
    """Each pixel with the mean of what its segment brought in: float64 [H, W], with the sum of the attribution.

    Args:
        attribution: float64 [H, W].
        segments: of the same picture.
    """
    piece, pieces = segments.piece.ravel(), segments.inside.shape[1]
    inside = segments.inside.astype(np.float64)
    pixels, weight = np.bincount(piece, minlength=pieces), np.bincount(piece, attribution.ravel(), minlength=pieces)
    least = max(1, round(NEWEST * piece.size))
    uncovered, means = np.ones(pieces, dtype=bool), np.zeros(pieces)
    # What each segment would add: how many pixels, and their sum.
    counts, sums = inside @ pixels, inside @ weight
    left = counts >= least
    while left.any():
        best = int(np.where(left, sums / np.maximum(counts, 1), -np.inf).argmax())
        added = np.flatnonzero(segments.inside[best] & uncovered)
        means[added] = weight[added].sum() / pixels[added].sum()
        uncovered[added] = False
        covered = inside[:, added]
        counts, sums = counts - covered @ pixels[added], sums - covered @ weight[added]
        left &= counts >= least
    if uncovered.any():
        means[uncovered] = weight[uncovered].sum() / pixels[uncovered].sum()
    return means[segments.piece]


def segments_of(picture: npt.NDArray[np.uint8]) -> Segments:
    """Segments at several scales, each grown a little.

    Args:
        picture: uint8 [H, W, 3].

    Raises:
        MethodError: scikit-image is not installed.
    """
    try:
        from skimage.segmentation import felzenszwalb
        from skimage.transform import resize
    except ImportError as problem:
        msg = "Segments are found with scikit-image, which is not installed; run: pip install 'xaiwidgets[image]'"
        raise MethodError(msg) from problem
    size = picture.shape[:2]
    share = min(1.0, SIDE / max(size))
    small = tuple(max(1, round(side * share)) for side in size)
    # As the authors have it, from −1 to 1: the scales mean nothing without the range.
    pixels: npt.NDArray[np.float64] = picture / 127.5 - 1
    if share < 1:
        pixels = np.asarray(resize(pixels, small, order=3, anti_aliasing=True)).clip(-1, 1)  # type: ignore[no-untyped-call]
    least = max(1, round(SMALLEST * small[0] * small[1]))
    labels = [felzenszwalb(pixels, scale=scale, sigma=SIGMA, min_size=least) for scale in SCALES]
    found = Segments.of_masks(np.concatenate([_grown(each, round(GROWN * max(small))) for each in labels]))
    down, across = (np.arange(side) * less // side for side, less in zip(size, small, strict=True))
    return replace(found, piece=found.piece[down[:, None], across])


def _grown(labels: npt.NDArray[np.int64], radius: int) -> npt.NDArray[np.bool_]:
    """Each label's pixels and those within so many of one, bool [S, H, W]."""
    from scipy.ndimage import distance_transform_edt, find_objects

    masks = np.zeros((int(labels.max()) + 1, *labels.shape), dtype=bool)
    for number, (down, across) in enumerate(find_objects(labels + 1)):
        # Far from the segment nothing changes.
        near = (
            slice(max(0, down.start - radius), down.stop + radius),
            slice(max(0, across.start - radius), across.stop + radius),
        )
        masks[number][near] = distance_transform_edt(labels[near] != number) <= radius
    return masks


METHODS = (Method(name="xrai", face="field", estimates=xrai, tolerance=0.05, budget=260, pictured=True),)
