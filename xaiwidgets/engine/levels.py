"""After how many evaluations a sampling method looks again: the same on any machine, whatever its batches."""

from __future__ import annotations

import math
from collections.abc import Iterator

from xaiwidgets.engine.pace import Pace


def levels(apart: int = 1) -> Iterator[int]:
    """The counts at which a fit is renewed: 1, 2, … and from 6 on a fifth more each time.

    Args:
        apart: how far at least; the first is so many.
    """
    level = apart
    while True:
        yield level
        level = max(level + apart, math.ceil(1.2 * level))


def due(known: int, pace: Pace, *, apart: int = 1) -> bool:
    """Whether to fit again to so many: at a level, and where the budget or the time ends."""
    at_level = known == next(level for level in levels(apart) if level >= known)
    return known > 0 and (at_level or pace.room <= pace.each or pace.late(1))


def portions(count: float, pace: Pace, *, rows: int = 1, apart: int = 1) -> Iterator[slice]:
    """Slices of `range(rows * count)` as `pace.chunks` gives them, cut at the levels of `count`.

    So fits come after the same evaluations on any machine, or a tolerance would be met at others. Levels that lie
    farther apart cut fewer batches short.
    """
    start = 0
    for level in levels(apart):
        stop = rows * int(min(level, count))
        for part in pace.chunks(stop - start):
            yield slice(start + part.start, start + part.stop)
        start = stop
        if level >= count:
            return
