"""A widget's live side: one job at a time, the newest request wins, at most twenty pictures a second.

When a picture is finished and nobody asks for another, it is checked whether it can be trusted.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from xaiwidgets.engine.faithfulness import measuring
from xaiwidgets.engine.job import Job
from xaiwidgets.engine.limits import Limits
from xaiwidgets.engine.measuring import Measuring
from xaiwidgets.engine.request import Explainable, requested
from xaiwidgets.engine.run import Run
from xaiwidgets.explanation import Explanation
from xaiwidgets.trust import Faithfulness

INTERVAL = 0.05
"""Seconds between pictures: the eye needs no more, and IOPub carries 1000 messages a second for the whole notebook."""

PAUSE = 0.4
"""Seconds that a picture must last before it is checked: who types has the next one on its way."""

SLOWEST = 0.5
"""Seconds an evaluation beyond which a check that nobody asked for is let go: it would take a minute."""

CHECK = Limits(budget=120)
"""Enough to tell most maps from chance, and a second on a small model."""


def is_quick(measured: Measuring, e: Explanation) -> bool:
    """Whether a check that has begun takes no more than a person would wait.

    The shortest of three times counts: a busy machine, and what is set up for a first map, make each of them longer.

    Args:
        measured: the check.
        e: what it checks.
    """
    timed = [one for one in (measured.problem, e, measured.pace) if one.seconds and one.evaluations]
    # Until the check itself has timed something, it goes on.
    return not measured.pace.evaluations or min(one.seconds / one.evaluations for one in timed) <= SLOWEST


class Live:
    """The newest job for a model, and what a widget does with it.

    Attributes:
        model: the adapter.
        job: the newest job, or None.
        check: the job that measures its result, or None.
    """

    def __init__(
        self,
        model: Explainable,
        *,
        show: Callable[[Job], None],
        request: Mapping[str, Any],
        trust: Callable[[Job[Faithfulness]], None] | None = None,
    ) -> None:
        """Prepare; nothing runs before `ask`.

        Args:
            model: the adapter.
            show: called in the worker thread with the newest job, when it has set up, at estimates, and at its end.
            request: limits, seed and the methods' options; see `xw.start`.
            trust: called in the worker thread when a check begins and when it has ended; None: nothing is checked.
        """
        self.model = model
        self.job: Job | None = None
        self.check: Job[Faithfulness] | None = None
        self._newest: Job[Any] | None = None
        self._trust = trust
        self._show = show
        self._request = dict(request)
        self._turn = threading.RLock()
        self._shown = 0.0
        self._told = False

    def ask(self, x: Callable[[Callable[[], bool]], Any], *, method: str, target: Any) -> Job:
        """Explain something else from now on; the job before is superseded.

        Args:
            x: makes the input in the worker thread; it is told how to see a cancel, and returns None after one.
            method: the method's name.
            target: what is explained.
        """
        asked = requested(self.model, method, self._request, of_any_method=True)

        def begin(cancelled: Callable[[], bool]) -> Run | None:
            made = x(cancelled)
            if made is None or cancelled():
                return None
            return asked.begin(self.model, made, target)

        with self._turn:
            self._shown = 0.0
            self.forget()
            self.job = Job(begin, asked.limits, supersede=self._newest, on_update=self._update)
            self._newest = self.job
        return self.job

    def forget(self) -> None:
        """Tell nothing more of the present check: what it checks is no longer what is asked."""
        with self._turn:
            if self.check is not None:
                self.check.cancel()
            self.check = None

    def stop(self) -> None:
        """Stop the newest job, or its check, at the next model call."""
        for job in (self.job, self.check):
            if job is not None:
                job.cancel()

    def resume(self) -> None:
        """Go on with a stopped job.

        Raises:
            ModelError: when it failed.
        """
        check = self.check
        self.forget()
        if check is not None:
            check.released()
        if self.job is not None:
            self.job.resume()

    def _update(self, job: Job) -> None:
        with self._turn:
            now = time.perf_counter()
            ended = job.state != "running"
            if job is not self.job or (now - self._shown < INTERVAL and not ended):
                return
            # The scores come before the first estimate, and that one shall not wait for them.
            if job.explanation is not None:
                self._shown = now
            self._show(job)
            if job.state in {"done", "stopped"} and self._trust is not None:
                self._begin_check(job)

    def _begin_check(self, job: Job) -> None:
        run, explanation = job.run, job.explanation
        if run is None or explanation is None or explanation.stopped_by == "cancelled" or run.problem.game is None:
            return
        problem = run.problem

        def begin(cancelled: Callable[[], bool]) -> Measuring | None:
            until = time.perf_counter() + PAUSE
            while time.perf_counter() < until and not cancelled():
                # An edit waits until this has let go.
                time.sleep(0.002)
            if cancelled():
                return None
            return measuring(problem, explanation, measures=("sensitivity_n",), seed=explanation.seed)

        self.check = self._newest = Job(begin, CHECK, on_update=self._checked)

    def _checked(self, check: Job[Faithfulness]) -> None:
        with self._turn:
            measured, e = check.run, None if self.job is None else self.job.explanation
            if isinstance(measured, Measuring) and e is not None and not is_quick(measured, e):
                check.cancel()
            began = check.state == "running" and check.run is not None and not self._told
            if check is self.check and self._trust is not None and (began or check.state != "running"):
                self._told = check.state == "running"
                self._trust(check)
