"""What is near to a point in the data, as the browser is told of it: a chosen one, or one that is dropped in."""

from __future__ import annotations

from typing import Any

from xaiwidgets.projection.distortion import false_neighbours
from xaiwidgets.projection.frame import Frame
from xaiwidgets.projection.neighbours import nearest
from xaiwidgets.projection.rows import Rows
from xaiwidgets.widgets.scatter_wire import Room

NEIGHBOURS = 15
"""How many neighbours count, where nothing else is said."""


def near(rows: Rows, frame: Frame, point: int) -> dict[str, Any]:
    """A point's true neighbours, and the picture's false ones; nothing where there is no such point, or no other."""
    count = len(rows.values)
    if point >= count or count == 1:
        return {}
    found = false_neighbours(rows, frame.positions, point, k=_some(count))
    return {
        "point": point,
        "true": found.nearest.tolist(),
        "distances": found.distances.tolist(),
        "false": found.shown[~found.true].tolist(),
    }


def landed(rows: Rows, frame: Frame, room: Room, vector: Any, *, without: tuple[int, ...] = ()) -> dict[str, Any]:
    """Where a vector, a tensor [D], lands among the points, and what is near to it, but for some points."""
    found = nearest(rows, vector, k=_some(len(rows.values)), without=without)
    position = frame.positions[found.indices].mean(0) if frame.place is None else frame.place(vector[None])[0]
    return {
        "position": room.into(position[None])[0].tolist(),
        "near": found.indices.tolist(),
        "distances": found.distances.tolist(),
    }


def _some(count: int) -> int:
    """How many neighbours to name: among few points all the others are near, which says nothing."""
    return min(NEIGHBOURS, max(3, (count - 1) // 3))
