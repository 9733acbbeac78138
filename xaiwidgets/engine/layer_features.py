"""How a layer's activation is summed into features: the input's own where places agree, else one for each unit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from xaiwidgets.engine.patch_grid import laid_in_grid, patch_grid
from xaiwidgets.engine.problem import Field, Problem
from xaiwidgets.errors import MethodError

Sums = Callable[[Tensor], Tensor]


@dataclass(frozen=True, kw_only=True)
class LayerFeatures:
    """What the features of a layer's activation are.

    Attributes:
        names: of the n features.
        lie: how they lie in the input.
        by_feature: sums contributions, float [..., *shape], into features, float [..., n].
        drawn: sums the same into the cells of a map, float [..., h, w], where these lie over a picture, else None.
        notes: what a reader must know of them, one sentence each.
    """

    names: tuple[str, ...]
    lie: Any
    by_feature: Sums
    drawn: Sums | None = None
    notes: tuple[str, ...] = ()


def layer_features(problem: Problem, shape: Sequence[int], units: Any) -> LayerFeatures:
    """What the features are.

    The hidden states of T tokens, [T, D], are summed by token; special tokens count too, for inside the model they hold
    what they took from the others. A map [C, h, w] of a picture is laid over it: each of its h × w cells gives to the
    regions it covers, by area. So are tokens [T, D] of which the last h × w are the picture's patches; the special ones
    before them have no place there. Anything else, and everything with units="channels", has a feature for each unit:
    the last axis of [T, D], else the first.

    Args:
        problem: of the input.
        shape: of the activation of one input.
        units: None or "channels".

    Raises:
        MethodError: `units` is something else.
    """
    if units not in {None, "channels"}:
        msg = f"units={units!r} was given; give 'channels' for one value for each unit of the layer, or leave it out."
        raise MethodError(msg)
    field = problem.field
    assert field is not None  # noqa: S101
    whole = field.point.shape
    if units is None and len(shape) == len(whole) == 2 and shape[0] == whole[0]:
        names, lie = _all_tokens(problem, shape[0])
        return LayerFeatures(names=names, lie=lie, by_feature=lambda given: given.sum(-1))
    if units is None and len(shape) == len(whole) == 3:
        return LayerFeatures(
            names=problem.features,
            lie=problem.input,
            by_feature=lambda given: laid_over(field, given.sum(-3)),
            drawn=lambda given: given.sum(-3),
        )
    grid = patch_grid(shape[0], *whole[1:]) if units is None and len(shape) == 2 and len(whole) == 3 else None
    if grid is not None and grid[0] * grid[1] > 1:
        return _patches(problem, grid, special=shape[0] - grid[0] * grid[1])
    axis = unit_axis(shape)
    rest = tuple(other - len(shape) for other in range(len(shape)) if other != axis)
    names = tuple(f"unit {number}" for number in range(shape[axis]))
    return LayerFeatures(names=names, lie={}, by_feature=lambda given: given.sum(rest) if rest else given)


def _patches(problem: Problem, grid: tuple[int, int], *, special: int) -> LayerFeatures:
    """Tokens that are a picture's patches, laid over it."""
    field = problem.field
    assert field is not None  # noqa: S101

    def drawn(given: Tensor) -> Tensor:
        return laid_in_grid(given.sum(-1), grid)

    one = "The layer's first token is no patch of the picture: what it holds has no place there and is left out."
    more = f"The layer's first {special} tokens are no patches of the picture: what they hold is left out."
    return LayerFeatures(
        names=problem.features,
        lie=problem.input,
        by_feature=lambda given: laid_over(field, drawn(given)),
        drawn=drawn,
        notes=() if not special else (one if special == 1 else more,),
    )


def _all_tokens(problem: Problem, count: int) -> tuple[tuple[str, ...], Any]:
    """Names of the tokens that were read, special ones too, and how they lie in the text."""
    if problem.input.get("kind") != "text":
        return tuple(f"position {place}" for place in range(1, count + 1)), {}
    pieces, features = problem.input["tokens"], problem.input["features"]
    named = zip(pieces[:count], features[:count].tolist(), strict=True)
    names = tuple(piece if feature < 0 else problem.features[feature] for piece, feature in named)
    return names, {**problem.input, "features": np.arange(len(features))}


def laid_over(field: Field, cells: Tensor) -> Tensor:
    """What the cells of a coarser grid were given, float [..., h, w], summed into a picture's regions, by area.

    Args:
        field: of the picture, float [C, H, W].
        cells: each covers H/h × W/w pixels.
    """
    channels, height, width = field.point.shape
    down, across = (
        covering(pixels, count, cells.device).to(cells.dtype)
        for pixels, count in zip((height, width), cells.shape[-2:], strict=True)
    )
    pixels = (down @ cells @ across.T)[..., None, :, :]
    return field.by_feature(functional.pad(pixels, (0, 0, 0, 0, 0, channels - 1)))


def unit_axis(shape: Sequence[int]) -> int:
    """Which axis of one input's activation counts the units: the last of [T, D], the first of [C, h, w] and others."""
    return 1 if len(shape) == 2 else 0


def covering(pixels: int, cells: int, device: torch.device) -> Tensor:
    """The share of each of `cells` that lies on each of `pixels`, along one axis, [pixels, cells]; columns sum to 1."""
    # In units of 1/(pixels · cells), so that all edges are whole numbers.
    pixel, cell = torch.arange(pixels, device=device)[:, None] * cells, torch.arange(cells, device=device) * pixels
    covered = torch.minimum(pixel + cells, cell + pixels) - torch.maximum(pixel, cell)
    return covered.clamp(min=0) / pixels
