"""One worker thread with several orders: of each kind only the newest counts, and the most urgent goes first."""

from __future__ import annotations

import atexit
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence

Work = Callable[[], Iterator[object]]
"""A generator function: after each piece the desk may turn to something more urgent, or drop the rest."""

_AT_WORK: weakref.WeakSet[Desk] = weakref.WeakSet()

LET_GO_SECONDS = 2.0
"""How long the end of the process waits for a piece of work that is under way."""


@atexit.register
def _let_go() -> None:
    """Drop everything when the process ends: a thread that is killed inside torch aborts the process."""
    for desk in list(_AT_WORK):
        desk.drop_all()
        desk.join(LET_GO_SECONDS)


class Desk:
    """Does what is ordered, piece by piece, in a thread of its own that ends when nothing is left.

    A piece of less urgent work is never in the way for longer than it takes, so pieces should be short.
    """

    def __init__(
        self, urgency: Sequence[str], *, failed: Callable[[str, Exception], None], idle: Callable[[], None]
    ) -> None:
        """Prepare; nothing runs before the first order.

        Args:
            urgency: the kinds of orders, the most urgent first.
            failed: called in the worker thread when an order of a kind raises.
            idle: called in the worker thread when nothing is left to do.
        """
        self._urgency = tuple(urgency)
        self._failed = failed
        self._idle = idle
        self._guard = threading.Condition()
        self._ordered: dict[str, list[Work]] = {kind: [] for kind in urgency}
        self._begun: dict[str, Iterator[object]] = {}
        self._worker: threading.Thread | None = None
        _AT_WORK.add(self)
        self._held: set[str] = set()

    def order(self, kind: str, work: Work, *, beside: bool = False) -> None:
        """Do this from now on instead of what was ordered of this kind before.

        Args:
            kind: one of those that it was made with.
            work: called in the worker thread.
            beside: keep the earlier orders of this kind, and do this after them.
        """
        with self._guard:
            self._held.discard(kind)
            if not beside:
                self._drop(kind)
            self._ordered[kind].append(work)
            if self._worker is None:
                self._worker = threading.Thread(target=self._run, name="xaiwidgets-desk", daemon=True)
                self._worker.start()

    def drop(self, *kinds: str) -> None:
        """Forget what was ordered of these kinds."""
        with self._guard:
            for kind in kinds:
                self._drop(kind)

    def hold(self, *kinds: str) -> None:
        """Let these kinds lie until they are released or ordered anew."""
        with self._guard:
            self._held.update(kinds)

    def release(self) -> None:
        """Go on with what lies."""
        with self._guard:
            self._held.clear()
            if self._worker is None and self._next() is not None:
                self._worker = threading.Thread(target=self._run, name="xaiwidgets-desk", daemon=True)
                self._worker.start()

    def busy(self, *kinds: str) -> bool:
        """Whether something of these kinds is ordered or begun."""
        with self._guard:
            return any(self._ordered[kind] or kind in self._begun for kind in kinds)

    def awaits(self, *kinds: str) -> bool:
        """Whether something of these kinds is left to do that is not held."""
        with self._guard:
            return any(kind not in self._held and (self._ordered[kind] or kind in self._begun) for kind in kinds)

    @property
    def rests(self) -> bool:
        """Whether nothing is left to do but what is held."""
        with self._guard:
            return self._next() is None

    def drop_all(self) -> None:
        """Forget everything."""
        self.drop(*self._urgency)

    def join(self, timeout: float | None = None) -> None:
        """Wait until nothing is left to do, or for so many seconds."""
        while True:
            with self._guard:
                # A worker that an order is just hiring cannot be waited for yet.
                worker = self._worker
            if worker is None:
                return
            worker.join(timeout)
            if timeout is not None:
                return

    def _drop(self, kind: str) -> None:
        self._ordered[kind].clear()
        # A generator that is running cannot be closed; it is simply not asked for more.
        self._begun.pop(kind, None)

    def _next(self) -> str | None:
        return next(
            (kind for kind in self._urgency if kind not in self._held and (self._ordered[kind] or kind in self._begun)),
            None,
        )

    def _run(self) -> None:
        rested = False
        while True:
            with self._guard:
                kind = self._next()
                if kind is None and rested:
                    self._worker = None
                    return
                if kind is not None and kind not in self._begun:
                    self._begun[kind] = _begun(self._ordered[kind].pop(0))
                steps = None if kind is None else self._begun[kind]
            rested = kind is None
            if kind is None or steps is None:
                self._idle()
                continue
            try:
                next(steps)
            except StopIteration:
                self._finish(kind, steps)
            except Exception as fault:  # noqa: BLE001 - told to whoever looks at the widget
                if self._finish(kind, steps):
                    self._failed(kind, fault)

    def _finish(self, kind: str, steps: Iterator[object]) -> bool:
        """Whether this was still wanted."""
        with self._guard:
            wanted = self._begun.get(kind) is steps
            if wanted:
                del self._begun[kind]
            return wanted


def _begun(work: Work) -> Iterator[object]:
    """So that work which fails before its first piece fails as all other does."""
    yield from work()
