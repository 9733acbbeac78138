"""A widget's live side: one job at a time, the newest request wins, at most twenty pictures a second."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from xaiwidgets.engine.job import Job
from xaiwidgets.engine.request import Explainable, requested
from xaiwidgets.engine.run import Run

INTERVAL = 0.05
"""Seconds between pictures: the eye needs no more, and IOPub carries 1000 messages a second for the whole notebook."""


class Live:
    """The newest job for a model, and what a widget does with it.

    Attributes:
        model: the adapter.
        job: the newest job, or None.
    """

    def __init__(self, model: Explainable, *, show: Callable[[Job], None], request: Mapping[str, Any]) -> None:
        """Prepare; nothing runs before `ask`.

        Args:
            model: the adapter.
            show: called in the worker thread with the newest job, when it has set up, at estimates, and at its end.
            request: limits, seed and the methods' options; see `xw.start`.
        """
        self.model = model
        self.job: Job | None = None
        self._show = show
        self._request = dict(request)
        self._turn = threading.RLock()
        self._shown = 0.0

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
            self.job = Job(begin, asked.limits, supersede=self.job, on_update=self._update)
        return self.job

    def stop(self) -> None:
        """Stop the newest job at its next model call."""
        if self.job is not None:
            self.job.cancel()

    def resume(self) -> None:
        """Go on with a stopped job.

        Raises:
            ModelError: when it failed.
        """
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
