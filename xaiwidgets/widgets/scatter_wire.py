"""Points as the browser is told of them; js/src/widgets/embedding_scatter/wire.ts is the other end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from xaiwidgets.projection.coloring import Coloring
from xaiwidgets.projection.distortion import Distortion
from xaiwidgets.projection.frame import Frame
from xaiwidgets.widgets.array import wire

HALF = 65535 / 2
"""Two bytes an axis: 0 … 65535 stands for −1 … 1."""

BAND = 1.96
"""Standard errors in half a band of 95 %."""


@dataclass(frozen=True, kw_only=True)
class Room:
    """The cube that all points lie in.

    Attributes:
        middle: float64 [dims].
        half: half the side of the cube.
    """

    middle: npt.NDArray[np.float64] | float = 0.0
    half: float = 1.0

    @classmethod
    def of(cls, positions: npt.NDArray[np.floating]) -> Room:
        """The smallest that holds these."""
        if not len(positions):
            return cls()
        low, high = positions.min(0).astype(np.float64), positions.max(0).astype(np.float64)
        return cls(middle=(low + high) / 2, half=float((high - low).max()) / 2 or 1.0)

    def into(self, positions: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
        """Positions as they lie in it, −1 … 1."""
        return ((positions - self.middle) / self.half).astype(np.float32)


def wired_cloud(frame: Frame, room: Room) -> dict[str, Any]:
    """Where the points lie."""
    inside = room.into(frame.positions)
    return {
        "count": len(inside),
        "dims": inside.shape[1],
        "positions": wire(((inside.clip(-1, 1) + 1) * HALF).round(), np.uint16),
        "method": frame.method,
        "iteration": frame.iteration,
        "iterations": frame.iterations,
        "complete": frame.complete,
        "explained": list(frame.explained),
        "objective": [[int(step), float(value)] for step, value in frame.objective],
    }


def wired_colours(name: str, coloring: Coloring | None) -> dict[str, Any]:
    """How the points are coloured."""
    if coloring is None:
        return {"name": name, "kind": "none", "codes": None, "labels": [], "low": 0.0, "high": 0.0}
    told = {"name": name, "kind": coloring.kind, "labels": list(coloring.labels), "low": 0.0, "high": 0.0}
    if coloring.kind == "category":
        narrow = np.uint8 if len(coloring.labels) < np.iinfo(np.uint8).max else np.uint16
        unknown = np.iinfo(narrow).max
        codes = np.where(coloring.values < 0, unknown, coloring.values)
        return {**told, "codes": wire(codes, narrow)}
    finite = coloring.values[np.isfinite(coloring.values)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
    parts = (coloring.values - low) / ((high - low) or 1.0)
    codes = np.where(np.isfinite(parts), (parts.clip(0, 1) * 254).round(), 255)
    return {**told, "codes": wire(codes, np.uint8), "low": low, "high": high}


def wired_halo(distortion: npt.NDArray[np.floating]) -> dict[str, Any]:
    """How far each point cannot be believed: 0 … 254 stands for 0 … 1, 255 for not known."""
    codes = np.where(np.isfinite(distortion), (distortion.clip(0, 1) * 254).round(), 255)
    return {"codes": wire(codes, np.uint8)}


def wired_score(found: Distortion) -> dict[str, Any]:
    """How far the whole picture can be believed."""

    def band(score: Any) -> list[float | None]:
        return [value if np.isfinite(value) else None for value in (score.mean, BAND * score.error)]

    return {
        "metric": found.metric,
        "k": found.k,
        "trustworthiness": band(found.trustworthiness_score),
        "continuity": band(found.continuity_score),
        "known": found.known / max(1, found.placed),
    }
