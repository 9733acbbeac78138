"""How many rows to send through the model in one call, and what that has cost so far."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

CALL_SECONDS = 0.12
"""A call that takes longer makes Stop feel slow and the picture refine in jerks."""

LARGEST = 64


class Pace:
    """Counts and times model calls, and sizes the next one.

    The batch doubles while a row gets cheaper by it and the call stays under 120 ms, or under twice what a single
    row takes: on a CPU eight rows at once can cost a fifth of eight single ones, or more than them, and only
    measuring tells.

    Attributes:
        evaluations: rows sent through the model.
        seconds: time spent inside the model.
    """

    def __init__(self, *, evaluations: int = 0, seconds: float = 0.0) -> None:
        self.evaluations = evaluations
        self.seconds = seconds
        self.budget: float = float("inf")
        self._size = 1
        self._largest = LARGEST
        self._tries = 0
        self._per_row: dict[int, float] = {}

    def __call__(self, rows: int, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """`call(*args)`, counted as `rows` evaluations and timed."""
        start = time.perf_counter()
        result = call(*args, **kwargs)
        took = time.perf_counter() - start
        self.evaluations += rows
        self.seconds += took
        self._learn(rows, took)
        return result

    def chunks(self, count: int) -> Iterator[slice]:
        """Consecutive slices of `range(count)`, each as long as one call should be."""
        start = 0
        while start < count:
            left = self.budget - self.evaluations
            size = max(1, min(self._size, count - start, int(min(left, LARGEST))))
            yield slice(start, start + size)
            start += size

    def _learn(self, rows: int, took: float) -> None:
        """Move on from the present size once it has shown, at its best of two, whether it pays."""
        best = self._per_row[rows] = min(self._per_row.get(rows, took), took / rows)
        if rows != self._size:
            return
        self._tries += 1
        longest = max(CALL_SECONDS, 2 * self._per_row.get(1, 0.0))
        pays = rows == 1 or (best < self._per_row.get(rows // 2, float("inf")) and best * rows <= longest)
        # A call that would be too long is not tried; it is taken to grow by as much as the last doubling did.
        half = self._per_row.get(rows // 2)
        growth = 1.6 if half is None else 2 * best / half
        if pays and rows * 2 <= self._largest and best * rows * growth < longest:
            self._size, self._tries = rows * 2, 0
        elif not pays and self._tries > 1:
            # Only a second look rules a size out: on a busy machine one call may take twice its time by chance.
            self._largest = self._size = rows // 2
            self._tries = 0
