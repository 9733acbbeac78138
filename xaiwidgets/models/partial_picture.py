"""A picture of which only parts show: what a game and a veil are made of, whatever scores it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from xaiwidgets.engine.problem import Game, Veil
from xaiwidgets.errors import InputError
from xaiwidgets.explanation import Outputs
from xaiwidgets.models.regions import Regions

Scored = Callable[[Tensor], Tensor]
"""Maps pictures, float [B, C, H, W], to the target's score, float [B]."""


@dataclass(frozen=True, kw_only=True)
class PartialPicture:
    """A picture, what shows where it is absent, and the regions that come and go.

    Attributes:
        point: the picture as the model gets it, float [C, H, W].
        absent: the baseline, the same.
        regions: of H × W pixels.
    """

    point: Tensor
    absent: Tensor
    regions: Regions

    def shown(self, masks: Tensor) -> Tensor:
        """Only some regions present, float [B, C, H, W], of coalitions, bool [B, n]."""
        return torch.where(masks.to(self.point.device)[:, self._at][:, None], self.point, self.absent)

    def veiled(self, veils: Tensor) -> Tensor:
        """More or less of each pixel, float [B, C, H, W], of veils [B, h, w] that are laid over it bilinearly."""
        clear = veils.to(self.point)[:, None]
        if clear.shape[-2:] != self.point.shape[-2:]:
            clear = functional.interpolate(clear, size=self.point.shape[-2:], mode="bilinear", align_corners=False)
        # Exact at both ends. Plane by plane, for one weight for three channels each takes several times as long.
        return torch.lerp(*self._planes, clear)

    def sums(self, pixels: Tensor) -> Tensor:
        """Pixels, float [..., H, W], summed within each region, float [..., n]."""
        flat, at = pixels.flatten(-2), self._at.to(pixels.device).flatten()
        return flat.new_zeros((*flat.shape[:-1], self.regions.count)).index_add_(-1, at, flat)

    def game(self, scored: Scored, whole: float) -> Game:
        """The game of its regions."""
        return Game(
            values=lambda masks: scored(self.shown(masks)),
            players=self.regions.count,
            whole=whole,
            positions=torch.from_numpy(self.regions.centres),
        )

    def veil(
        self,
        scored: Scored,
        whole: float,
        said: Callable[[Tensor], tuple[Outputs, float, Tensor]],
        absent: npt.NDArray[np.uint8],
    ) -> Veil:
        """The picture under a veil.

        Args:
            scored: the model.
            whole: the picture's own score.
            absent: what there is behind a whole veil, as a picture, uint8 [H, W, 3].
            said: all that the model says of one picture, float [1, C, H, W], and that picture; see `Veil.behind`.
        """
        size = torch.bincount(self._at.flatten(), minlength=self.regions.count)
        return Veil(
            values=lambda veils: scored(self.veiled(veils)),
            size=(self.point.shape[1], self.point.shape[2]),
            whole=whole,
            by_pixel=lambda pixels: self.sums(pixels) / size.to(pixels.device),
            absent=torch.from_numpy(absent),
            behind=lambda veil: said(self.veiled(veil[None])),
        )

    def layout(self, picture: npt.NDArray[np.uint8]) -> dict[str, Any]:
        """How the features lie in the input; `picture` is what the model sees, uint8 [H, W, 3]."""
        grid = self.regions.grid
        return {
            "kind": "image",
            "picture": picture,
            "regions": self.regions.at,
            "grid": None if grid is None else list(grid),
        }

    @cached_property
    def _planes(self) -> tuple[Tensor, Tensor]:
        """The baseline and the picture, each channel in one piece."""
        return self.absent.contiguous(), self.point.contiguous()

    @cached_property
    def _at(self) -> Tensor:
        return torch.from_numpy(self.regions.at).to(self.point.device, torch.int64)


def alike(other: Tensor, point: Tensor, name: str) -> Tensor:
    """Another picture as the model gets it, float [C, H, W], refused when it has another shape than the picture.

    Raises:
        InputError: it has.
    """
    if other.shape != point.shape:
        msg = (
            f"The preprocessing makes shape {tuple(other.shape)} of {name} and {tuple(point.shape)} of the picture; "
            "give one of the same size."
        )
        raise InputError(msg)
    return other
