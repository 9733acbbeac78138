"""`details["map"]`: the same attribution as finely as a method knows it, where the input is a picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from xaiwidgets.engine.layer_features import covering

Drawn = Callable[[Tensor], Tensor] | None
"""See `Field.drawn`."""

MOST = 2**27
"""Numbers of the maps that are kept, half a gigabyte: 260 nodes of a path over a picture of 700 × 700 pixels."""


def fine_map(drawn: Drawn, contributions: Tensor) -> dict[str, Tensor]:
    """What a method adds to its details: the map, float32 [h, w] on the CPU, or nothing where there is no picture.

    Args:
        drawn: of the field or the layer.
        contributions: float [...], as the field's point.
    """
    return {} if drawn is None else {"map": drawn(contributions).float().cpu()}


def strength_map(drawn: Drawn, gradient: Tensor) -> dict[str, Tensor]:
    """The same of a gradient's strength: its L2 norm over the channels at each place."""
    return {} if drawn is None else {"map": drawn(gradient.square()).sqrt().float().cpu()}


class MeanMap:
    """The mean of contributions that come in batches, as a map."""

    def __init__(self, drawn: Drawn) -> None:
        self._drawn = drawn
        self._total = torch.zeros((), dtype=torch.float64)
        self._last = self._total
        self.count = 0

    def add(self, contributions: Tensor) -> None:
        """Count these too, float [B, ...]."""
        self.count += len(contributions)
        if self._drawn is not None:
            maps = self._drawn(contributions).cpu().double()
            self._total, self._last = self._total + maps.sum(0), maps[-1]

    def details(self, *, of_pairs: bool = False) -> dict[str, Tensor]:
        """The mean so far.

        Args:
            of_pairs: leave the last one out where it has come without its partner, unless there is nothing else.
        """
        if self._drawn is None:
            return {}
        alone = of_pairs and self.count % 2 and self.count > 1
        total, count = (self._total - self._last, self.count - 1) if alone else (self._total, self.count)
        return {"map": (total / count).float()}


class PathMaps:
    """Maps of the integrand at the nodes of a path, for a weighted sum that is known only at the end.

    So that a large picture does not fill the memory, all of them are laid on a grid of half as many rows and columns
    when they would pass `MOST` numbers.
    """

    def __init__(self, drawn: Drawn) -> None:
        self._drawn = drawn
        self._at: dict[float, Tensor] = {}

    def keep(self, nodes: list[float], contributions: Tensor) -> None:
        """The integrand at these nodes, float [B, ...]."""
        if self._drawn is None:
            return
        for node, fine in zip(nodes, self._drawn(contributions).float().cpu(), strict=True):
            size = next(iter(self._at.values())).shape if self._at else fine.shape
            self._at[node] = fine if fine.shape == size else laid_out(fine, size)
            if size.numel() * len(self._at) > MOST:
                rows, columns = -(-size[0] // 2), -(-size[1] // 2)
                self._at = {at: laid_out(known, (rows, columns)) for at, known in self._at.items()}

    def details(self, weights: Mapping[float, float]) -> dict[str, Tensor]:
        """The weighted sum.

        Args:
            weights: of each node.
        """
        if self._drawn is None:
            return {}
        total = torch.zeros_like(next(iter(self._at.values())))
        for node, weight in weights.items():
            total.add_(self._at[node], alpha=weight)
        return {"map": total}


def laid_out(cells: Tensor, size: tuple[int, ...]) -> Tensor:
    """A map, float [h, w], laid by area on a grid of other rows and columns; the sum of all stays the same."""
    if cells.shape == size:
        return cells
    down, across = (
        covering(wanted, there, cells.device).to(cells.dtype) for wanted, there in zip(size, cells.shape, strict=True)
    )
    return down @ cells @ across.T
