"""How many rows to send through the model in one call, and what that has cost so far."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, ParamSpec, TypeVar

import torch
from torch import Tensor

from xaiwidgets.engine.batch_size import LARGEST, BatchSize
from xaiwidgets.engine.free_memory import WORKSPACE, free_memory
from xaiwidgets.engine.limits import Limits
from xaiwidgets.engine.memory import growth, measured, out_of_memory, spelled
from xaiwidgets.engine.waiting import waited
from xaiwidgets.errors import ModelError

P = ParamSpec("P")
T = TypeVar("T")

LITTLE = 2**28
"""Bytes that a call may take anywhere, so that nobody asks how many are free."""

GRACE = 0.2
"""A call may end so much of the time limit late, where not making it would end the run even farther from the limit."""

_SMALLER = "give a shorter text or a smaller picture (longest= of its adapter shrinks it)"


class Pace:
    """Counts and times model calls, and sizes the next one.

    The batch is the quickest that `BatchSize` has found. Near a time limit it shrinks to what is left of the time.
    Under a memory cap each larger batch is measured, and none is sent that would pass the cap; without one, the memory
    that is free becomes the cap as soon as a batch might pass it. A batch that runs out of memory is sent again in
    halves.

    Attributes:
        evaluations: rows sent through the model.
        seconds: time spent inside the model.
        budget: the most evaluations, which a method may plan by.
        halt: evaluations that no call goes beyond, so that a run can be stopped there.
        memory: the most bytes that one call may hold beyond what was there before.
        starved: a single row takes more than that.
        each: how often the model is asked for each row.
        kept: evaluations that chunks leave for asking something again.
    """

    def __init__(self, *, evaluations: int = 0, seconds: float = 0.0, each: int = 1) -> None:
        self.evaluations = evaluations
        self.seconds = seconds
        self.budget: float = float("inf")
        self.halt: float = float("inf")
        self.memory: float = float("inf")
        self.each = each
        self.kept = 0
        self._batch = BatchSize()
        self._recent = 0.0
        self._aside = 0.0
        self._ended: float | None = None
        self._deadline = self._grace = float("inf")
        self._bytes: dict[int, int] = {}
        self._free = float("inf")
        self._grew: tuple[int, int] = (0, 0)
        self._survived = _ANY
        self._shrunk = False

    def __call__(self, rows: int, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """`call(*args)`, counted as `rows` evaluations and timed.

        Raises:
            ModelError: a single row runs out of memory.
        """
        start, queued = time.perf_counter(), waited()
        if self._ended is not None:
            # What a method computes by itself between two calls takes time too; it may do so at some calls only.
            self._aside = max(self._aside / 2, start - self._ended)
        survived, watched = self._survived, self._cap < float("inf") and rows > max(self._bytes, default=0)
        if watched:
            result, self._bytes[rows] = measured(lambda: self._sent(rows, call, *args, **kwargs))
        elif rows > self._grew[0]:
            result, grew = growth(lambda: self._sent(rows, call, *args, **kwargs))
            self._grew = (rows, grew)
        else:
            result = self._sent(rows, call, *args, **kwargs)
        queued = waited() - queued
        self._ended = time.perf_counter()
        took = self._ended - start
        self.evaluations += rows * self.each
        self.seconds += took
        self._recent = took / rows
        # Neither watching nor failing first says how long such a call takes.
        if not watched and survived == self._survived:
            # The system counts the wait in its own ticks: of a short call it may tell more than the whole.
            self._batch.learn(rows, max(took - queued, took / 10))
        return result

    def chunks(self, count: int) -> Iterator[slice]:
        """Consecutive slices of `range(count)`, each as long as one call should be."""
        start = 0
        while start < count:
            wanted = min(
                self._batch.rows, count - start, int(min((self.room - self.kept) / self.each, LARGEST, self._in_time()))
            )
            self._foresee(min(wanted, self._survived))
            size = max(1, min(wanted, self._survived, self._within_memory()))
            self._shrunk |= self._within_memory() < min(wanted, self._survived)
            yield slice(start, start + size)
            start += size

    def as_found_by(self, other: Pace) -> None:
        """Begin with the sizes that another pace has found out on the same model."""
        self._batch, self._bytes, self._survived = other._batch.copy(), dict(other._bytes), other._survived
        self._free, self._grew = other._free, other._grew

    def keep_to(self, limits: Limits) -> None:
        """Size calls by these limits from now on; the time counts from `limits.since`, or from now."""
        self.budget = float("inf") if limits.budget is None else limits.budget
        self.memory = float("inf") if limits.memory is None else limits.memory
        seconds = float("inf") if limits.within is None else limits.within
        since = time.perf_counter() if limits.since is None else limits.since
        self.until(since + seconds, seconds=seconds)

    def until(self, deadline: float, *, seconds: float) -> None:
        """Size calls so that they end by `deadline` (of `time.perf_counter`), the end of a limit of so many seconds."""
        self._deadline, self._grace = deadline, GRACE * seconds
        self._ended = None

    def late(self, needs: int) -> bool:
        """Whether no time is left for `needs` further evaluations; fewer would be worth nothing."""
        left = self._deadline - time.perf_counter()
        if left <= 0:
            return True
        if left == float("inf") or not self._recent:
            return False
        over = self._aside + (self._batch.shortest or self._recent) - left
        return over > min(left, self._grace) or needs * self._rate() > left + self._grace

    @property
    def room(self) -> float:
        """Evaluations that may still be made."""
        return min(self.budget, self.halt) - self.evaluations

    @property
    def starved(self) -> bool:
        """Whether a single row takes more memory than there may be taken."""
        return WORKSPACE * self._bytes.get(1, 0) > self.memory

    @property
    def notes(self) -> tuple[str, ...]:
        """What was given up for want of memory, one sentence each."""
        said = []
        if self.starved:
            said.append(
                f"One row takes {spelled(WORKSPACE * self._bytes[1])} of memory, more than the {spelled(self.memory)} "
                f"that it may take: nothing more was computed; {_SMALLER}."
            )
        elif self._shrunk:
            rows = self._within_memory()
            free = "" if self.memory <= self._free else " that is free"
            said.append(f"The batch was kept at {_rows(rows)} to stay within {spelled(self._cap)} of memory{free}.")
        if self._survived < _ANY:
            said.append(f"The model ran out of memory, and the batch was cut to {_rows(self._survived)}.")
        return tuple(said)

    def _sent(self, rows: int, call: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """`call(*args)`; where memory runs out, the same in halves, if one tensor of `rows` rows is all it takes."""
        batch = args[0] if len(args) == 1 and not kwargs else None
        whole = not isinstance(batch, Tensor) or len(batch) != rows
        if whole or rows <= self._survived:
            try:
                return call(*args, **kwargs)
            except Exception as problem:
                if whole or not out_of_memory(problem):
                    raise
                if rows == 1:
                    msg = (
                        f"The model ran out of memory on a single row ({type(problem).__name__}); free some, "
                        f"{_SMALLER}, or load the model in half precision."
                    )
                    raise ModelError(msg) from problem
                self._survived = rows // 2
        # Not inside the except clause: the exception keeps alive what the failed call had made.
        assert isinstance(batch, Tensor)  # noqa: S101
        return _joined([self._sent(len(part), call, part) for part in torch.split(batch, self._survived)])

    def _in_time(self) -> float:
        """How many rows fit into the time that is left; without a limit, any number."""
        left = self._deadline - time.perf_counter()
        if left == float("inf") or not self._recent:
            return float("inf")
        return max(1.0, (left - self._aside) / self._rate())

    def _rate(self) -> float:
        """Seconds that a row is likely to take in the next calls."""
        best = self._batch.per_row
        # The best of all calls is too hopeful where the machine has become busy.
        return self._recent if best is None else min(max(best, self._recent), 2 * best)

    @property
    def _cap(self) -> float:
        """Bytes that a call may take."""
        return min(self.memory, self._free)

    def _foresee(self, rows: int) -> None:
        """Before a batch that is larger than all before: the memory that is free is the cap, where it may not do.

        By how far the process grew, which costs nothing and may be too much: then calls are measured.
        """
        known, grew = self._grew
        if known and rows > known and self._free == float("inf") and grew * rows > known * LITTLE:
            free = free_memory()
            if grew * rows > known * free:
                self._free = free

    def _within_memory(self) -> int:
        """The most rows that stay under the cap."""
        if self._cap == float("inf") or not self._bytes:
            return LARGEST if self._cap == float("inf") else 1
        least, most = min(self._bytes), max(self._bytes)
        taken = self._bytes[most]
        # A part of what one row takes may be taken once whatever the batch; until two sizes tell, it is not.
        slope = (taken - self._bytes[least]) / (most - least) if most > least else taken / most
        return int(max(1, min(LARGEST, most + (self._cap / WORKSPACE - taken) / max(slope, 1.0))))


_ANY = 10**9
"""Rows, where none have been too many yet."""


def _joined(parts: list[T]) -> T:
    """The parts' rows as one: of tensors, or of tuples of them."""
    made: Any = parts
    if isinstance(made[0], Tensor):
        return torch.cat(made)  # type: ignore[return-value]
    return tuple(_joined(list(column)) for column in zip(*made, strict=True))  # type: ignore[return-value]


def _rows(count: int) -> str:
    return "one row" if count == 1 else f"{count} rows"
