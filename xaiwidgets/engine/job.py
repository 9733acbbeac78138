"""A computation in a worker thread: watched, stopped, superseded, resumed, awaited."""

from __future__ import annotations

import asyncio
import atexit
import threading
import time
import weakref
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from concurrent.futures import CancelledError, Future, wait
from dataclasses import replace
from typing import Any, Generic, Literal, Protocol, TypeVar

from typing_extensions import TypeVar as TypeVarWithDefault

from xaiwidgets.engine.limits import Limits, further
from xaiwidgets.engine.limits import limits as checked_limits
from xaiwidgets.engine.problem import Problem
from xaiwidgets.errors import ModelError, XaiError
from xaiwidgets.explanation import Explanation

State = Literal["running", "done", "stopped", "failed"]

T_co = TypeVar("T_co", covariant=True)
T = TypeVarWithDefault("T", default=Explanation)


class Computation(Protocol[T_co]):
    """What a job drives: an explanation's `Run`, or the measures of one.

    Attributes:
        problem: what it works on.
        stopped_by: the limit that ended the last advance, or None while advancing.
        defaults: the limits where none are given.
    """

    @property
    def problem(self) -> Problem: ...  # noqa: D102
    @property
    def stopped_by(self) -> str | None: ...  # noqa: D102
    @property
    def defaults(self) -> Limits: ...  # noqa: D102

    def advance(self, limits: Limits, *, cancelled: Callable[[], bool]) -> Iterator[Any]:
        """Yield after every model call, until a limit is met, nothing is left to do, or `cancelled()`."""

    def outcome(self) -> T_co | None:
        """What is known so far, or None before there is anything."""


_AT_WORK: weakref.WeakSet[Job[Any]] = weakref.WeakSet()

LET_GO_SECONDS = 2.0
"""How long the end of the process waits for a model call that is under way."""


@atexit.register
def _let_go() -> None:
    """Stop what still computes when the process ends: a thread that is killed inside torch aborts the process."""
    jobs = list(_AT_WORK)
    for job in jobs:
        job.cancel()
    for job in jobs:
        job.released(LET_GO_SECONDS)


class Job(Generic[T]):
    """An explanation, or measures of one, being computed.

    Everything that touches the model happens in the job's own thread. Stopping takes effect at the
    next model call (about 80 ms), and a stopped job keeps what it has.

    Attributes:
        state: "running", "done" (a tolerance was met or nothing was left to gain), "stopped" (by a
            budget, a time or a person) or "failed".
        failure: what was raised, or None.
    """

    def __init__(
        self,
        begin: Callable[[Callable[[], bool]], Computation[T] | None],
        limits: Limits,
        *,
        supersede: Job[Any] | None = None,
        on_update: Callable[[Job[T]], None] | None = None,
    ) -> None:
        """Start at once.

        Args:
            begin: sets the run up, in the worker thread; it is told how to see a cancel, and returns None after one.
            limits: when to stop.
            supersede: an older job that this one replaces: it is cancelled, and this one waits until it has let go.
            on_update: called in the worker thread after each estimate and at the end.
        """
        self.state: State = "running"
        self.failure: BaseException | None = None
        self.run: Computation[T] | None = None
        self._begin = begin
        self._limits = limits
        self._on_update = on_update
        self._cancelled = threading.Event()
        self._changed = threading.Condition()
        self._updates = 0
        self._future: Future[T] = Future()
        if supersede is not None:
            supersede.cancel()
        self._start(supersede)

    @property
    def explanation(self) -> T | None:
        """The best explanation so far, or None before the first estimate; of other computations what they know."""
        return None if self.run is None else self.run.outcome()

    def cancel(self) -> None:
        """Ask the job to stop at its next model call. Returns at once; what is computed is kept."""
        self._cancelled.set()

    def result(self, timeout: float | None = None) -> T:
        """Wait until the job ends, and return the explanation.

        An interrupt while waiting cancels the job and is raised again; `explanation` keeps what there is.

        Raises:
            XaiError: what stopped it, in one sentence.
            CancelledError: it was cancelled before the first estimate.
            TimeoutError: it has not ended after `timeout` seconds (it goes on).
        """
        try:
            return self._future.result(timeout)
        except KeyboardInterrupt:
            self.cancel()
            raise

    def resume(
        self,
        *,
        tolerance: float | None = None,
        budget: int | None = None,
        within: float | str | None = None,
        memory: float | str | None = None,
    ) -> Job[T]:
        """Go on where the job ended, to the same numbers as if it had not; limits that are given replace the old.

        Without new limits a job that had met one goes on to the next better one: half the tolerance, twice the budget.
        """
        with self._changed:
            if self.state == "running":
                # It may be on its way to a stop; that is taken back.
                self._cancelled.clear()
                return self
        if self.state == "failed":
            raise ModelError("This job failed and cannot be resumed; start a new one.") from self.failure
        self.released()
        self._limits = further(
            self._limits,
            checked_limits(tolerance=tolerance, budget=budget, within=within, memory=memory),
            defaults=Limits() if self.run is None else self.run.defaults,
            met=None if self.run is None else self.run.stopped_by,
        )
        self._cancelled.clear()
        self._future = Future()
        self.state = "running"
        self._start(None)
        return self

    def released(self, timeout: float | None = None) -> None:
        """Wait until the job's thread no longer touches the model, or `timeout` seconds."""
        wait((self._future,), timeout)

    def __await__(self) -> Generator[Any, None, T]:
        return asyncio.wrap_future(self._future).__await__()

    async def __aiter__(self) -> AsyncIterator[T]:
        """Explanations as they get better, the newest when several came since the last look; ends with the job."""
        seen = 0
        while True:
            ended = await asyncio.to_thread(self._wait_beyond, seen)
            seen, explanation = self._updates, self.explanation
            if explanation is not None:
                yield explanation
            if ended:
                await self
                return

    def __repr__(self) -> str:
        return f"<Job {self.state}: {self.explanation!r}>"

    def _wait_beyond(self, seen: int) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._updates > seen or self._future.done())
            return self._future.done()

    def _start(self, supersede: Job[Any] | None) -> None:
        # A future that is running cannot be cancelled: whoever stops awaiting it must not take the result from others.
        self._future.set_running_or_notify_cancel()
        _AT_WORK.add(self)
        thread = threading.Thread(target=self._work, args=(self._future, supersede), name="xaiwidgets-job", daemon=True)
        thread.start()

    def _work(self, future: Future[T], supersede: Job[Any] | None) -> None:
        explanation: T | None = None
        try:
            if supersede is not None:
                supersede.released()
            self._compute()
            explanation = self.explanation
        except BaseException as problem:  # noqa: BLE001 - whatever a model raises belongs to whoever waits, even SystemExit
            self.state, self.failure = "failed", _told(problem)
        # The future first, so that a listener that resumes or reads the result finds it settled.
        if self.failure is not None:
            future.set_exception(self.failure)
        elif explanation is None:
            future.set_exception(CancelledError("The job was cancelled before its first estimate."))
        else:
            future.set_result(explanation)
        self._tell()

    def _compute(self) -> None:
        limits = replace(self._limits, since=time.perf_counter())
        while True:
            if self.run is None and not self._cancelled.is_set():
                self.run = self._begin(self._cancelled.is_set)
                if self.run is not None:
                    self._tell()
            if self.run is not None:
                for _ in self.run.advance(limits, cancelled=self._cancelled.is_set):
                    self._tell()
            with self._changed:
                met = "cancelled" if self.run is None else self.run.stopped_by
                if met != "cancelled" or self._cancelled.is_set():
                    self.state = "done" if met in {"complete", "tolerance"} else "stopped"
                    return

    def _tell(self) -> None:
        with self._changed:
            self._updates += 1
            self._changed.notify_all()
        if self._on_update is not None:
            self._on_update(self)


def _told(problem: BaseException) -> Exception:
    if isinstance(problem, (XaiError, CancelledError)):
        return problem
    told = ModelError(f"The model raised {type(problem).__name__}: {problem}")
    told.__cause__ = problem
    return told
