"""How many rows at once are the quickest, found out while a model works."""

from __future__ import annotations

import copy

CALL_SECONDS = 0.12
"""A call that takes longer makes Stop feel slow and the picture refine in jerks."""

LARGEST = 64

PATIENCE = 16
"""Calls after which a size that was ruled out is looked at again; the next time it takes four times as many."""


class BatchSize:
    """A number of rows that grows while a row gets cheaper by it, and shrinks where it does not.

    A call stays under 120 ms, or under twice what a single row takes: on a CPU eight rows at once can cost a fifth of
    eight single ones, or more than them, and only measuring tells. What was ruled out is looked at again: the machine
    may have been busy, and the first calls of a size pay for memory that later ones find there.

    Attributes:
        rows: how many.
    """

    def __init__(self) -> None:
        self.rows = 1
        self._largest = LARGEST
        self._tries = 0
        self._calls, self._patience = 0, PATIENCE
        self._best: dict[int, float] = {}

    def copy(self) -> BatchSize:
        """The same, which learns by itself from now on."""
        return copy.deepcopy(self)

    @property
    def shortest(self) -> float | None:
        """Seconds that the shortest call takes, or None where none was timed."""
        # A far endpoint takes as long for one row as for many.
        return min((rows * seconds for rows, seconds in self._best.items()), default=None)

    @property
    def per_row(self) -> float | None:
        """Seconds of a row at the best, in calls of this size or the next smaller that was timed."""
        known = self._timed(self.rows)
        return None if known is None else self._best[known]

    def learn(self, rows: int, took: float) -> None:
        """Move on from the present size once it has shown, at its best of two, whether it pays.

        Args:
            rows: of a call.
            took: seconds.
        """
        best = self._best[rows] = min(self._best.get(rows, took), took / rows)
        self._calls += 1
        if rows != self.rows:
            return
        if self._largest == rows and self._calls >= self._patience:
            self._largest, self._calls, self._patience = LARGEST, 0, 4 * self._patience
        self._tries += 1
        longest = max(CALL_SECONDS, 2 * self._best.get(1, 0.0))
        # Of sizes that hardly differ, which a method cuts short, chance would choose.
        smaller = self._timed(rows // 2)
        if smaller is None or (best < self._best[smaller] and best * rows <= longest):
            self._grow(longest, growth=1.6 if smaller is None else 2 * best / self._best[smaller])
        elif self._tries > 1:
            # Only a second look rules a size out: on a busy machine one call may take twice its time by chance.
            self._largest = self.rows = rows // 2
            self._tries = self._calls = 0

    def _grow(self, longest: float, *, growth: float) -> None:
        """To twice the size, or as far as the call stays short even if rows get no cheaper any more."""
        rows, best = self.rows, self._best[self.rows]
        # A call that would be too long is not tried; it is taken to grow by as much as the last step did.
        size = rows * 2 if best * rows * growth < longest else rows
        while size < self._largest and size * 2 * best <= longest:
            size *= 2
        size = min(size, self._largest)
        if size > rows:
            self.rows, self._tries = size, 0

    def _timed(self, most: int) -> int | None:
        """The largest size up to this that was timed."""
        return max((size for size in self._best if size <= most), default=None)
