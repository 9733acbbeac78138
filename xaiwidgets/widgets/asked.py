"""A widget that is asked for several things at once: it orders them from a desk, and tells the browser what comes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import traitlets

from xaiwidgets.errors import InputError, XaiError
from xaiwidgets.widgets.array import wire
from xaiwidgets.widgets.desk import Desk
from xaiwidgets.widgets.front_end import FrontEnd

Told = Iterator[Mapping[str, Any] | None]
"""Traits that change, after each piece of work; None where none do."""


class RefusedError(InputError, traitlets.TraitError):
    """What cannot be set; traitlets takes back whatever the browser set together with it."""


class Asked(FrontEnd):
    """What such widgets share: orders, questions of the browser, stop and resume.

    Attributes:
        live: whether a model reads what is typed.
        busy: whether something is being computed that a person waits for.
    """

    urgency: ClassVar[tuple[str, ...]] = ()
    """What can be ordered, the most urgent first; "answer" among them, for the browser's questions."""

    slow: ClassVar[tuple[str, ...]] = ()
    """What a person waits for."""

    newest: ClassVar[tuple[str, ...]] = ()
    """Questions of which a view waits for the newest alone."""

    live = traitlets.Bool(False).tag(sync=True)
    busy = traitlets.Bool(False).tag(sync=True)
    _fault: traitlets.Instance[Any] = traitlets.Dict(default_value=None, allow_none=True).tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        self._desk = Desk(self.urgency, failed=self._failed, idle=self._idle)
        self._quiet: set[int] = set()
        self._unseen = False
        self._asked: dict[tuple[str, str], str] = {}
        self._refused: dict[str, str] | None = None
        super().__init__(**traits)
        self.on_msg(self._on_message)

    def wait(self) -> None:
        """Wait until everything that was asked for is there."""
        self._desk.join()

    def stop(self) -> None:
        """Let everything lie that takes long; what is there stays."""
        self._desk.hold(*self.slow)
        self._apply({"busy": False, **self._told_when("stopped")})

    def resume(self) -> None:
        """Go on where it was stopped."""
        with self.together():
            self._desk.release()
            if self._desk.busy(*self.slow):
                self._apply({"busy": True, **self._told_when("running")})

    def close(self) -> None:
        """Stop computing and remove the widget."""
        # One that was refused before it was made has no desk, and is closed like any other.
        if hasattr(self, "_desk"):
            self._desk.drop_all()
        super().close()

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """What the browser writes; where that cannot be, it is told so, and what was there before."""
        try:
            # Until all of it is checked, nothing else may be written: it would be taken back with it.
            with self._writing:
                super().set_state(sync_data)
        except (XaiError, traitlets.TraitError) as fault:
            self.send_state([name for name in sync_data if name in self.keys])
            self._refused = {"message": str(fault)}
            self._apply({"_fault": self._refused})
        else:
            if self._fault is not None and self._fault == self._refused:
                self._fault = None

    def _order(self, kind: str, work: Callable[[], Told]) -> None:
        """Order what a person waits for."""
        with self.together():
            self._apply({"busy": True, "_fault": None})
            self._do(kind, work)

    def _do(self, kind: str, work: Callable[[], Told]) -> None:
        """Order something, and tell the browser what comes of it."""
        subject = self._subject()

        def telling() -> Iterator[None]:
            for told in work():
                with self.together():
                    if self._subject() is not subject:
                        return
                    self._apply(told or {})
                yield

        self._desk.order(kind, telling)

    def _apply(self, told: Mapping[str, Any]) -> None:
        with self.together():
            for name, value in told.items():
                setattr(self, name, value)

    @contextmanager
    def _quietly(self) -> Iterator[None]:
        """Trait writes inside are ours, and ask for nothing; see `_is_ours`."""
        with self.together():
            known = self._is_ours()
            self._quiet.add(threading.get_ident())
            try:
                yield
            finally:
                if not known:
                    self._quiet.discard(threading.get_ident())

    def _is_ours(self) -> bool:
        """Whether what is being written now is our own."""
        return threading.get_ident() in self._quiet

    def _subject(self) -> object:
        """What is asked about; where that is replaced while a piece of work is under way, nothing of it is told."""
        return None

    def _answered(self, question: Mapping[str, Any]) -> tuple[dict[str, Any], npt.NDArray[Any]]:
        """The answer to a question of the browser: facts, and an array."""
        msg = f"{question['kind']!r} was asked; this widget answers no questions."
        raise InputError(msg)

    def _told_when(self, state: str) -> dict[str, Any]:
        """The traits that say of what lies that it is "stopped" or "running"."""
        del state
        return {}

    def _idle(self) -> None:
        with self.together():
            if self._desk.rests:
                # A last picture may have come after the stop.
                self._apply({"busy": False, **self._told_when("stopped")})

    def _failed(self, _: str, fault: Exception) -> None:
        self._apply({"_fault": {"message": str(fault) or type(fault).__name__}})

    def _on_message(self, _widget: object, content: Any, _buffers: object) -> None:
        kind = content.get("kind") if isinstance(content, dict) else None
        if kind == "ask":
            if content["question"]["kind"] in self.newest:
                self._asked[_place(content)] = content["id"]
            self._desk.order("answer", lambda: self._answer(content), beside=True)
        elif kind == "stop":
            self.stop()
        elif kind == "gone":
            # Nobody looks: a deleted cell, or one that is being moved and is back in a moment.
            if self.busy:
                self._unseen = True
                # Not what a widget does besides where a person stops it.
                Asked.stop(self)
        elif kind == "resume" or (kind == "here" and self._unseen):
            self._unseen = False
            self.resume()

    def _answer(self, asked: Mapping[str, Any]) -> Iterator[None]:
        told = {"kind": "answer", "id": asked["id"]}
        if self._asked.get(_place(asked), asked["id"]) != asked["id"]:
            return
        try:
            facts, numbers = self._answered(asked["question"])
        except XaiError as fault:
            self.send({**told, "fault": str(fault)})
            return
        except Exception as fault:  # noqa: BLE001 - who asked waits for an answer
            self.send({**told, "fault": f"It cannot be answered: {fault!r}."})
            return
        packed = wire(numbers, np.asarray(numbers).dtype)
        self.send({**told, **facts, "dtype": packed["dtype"], "shape": packed["shape"]}, buffers=[packed["data"]])
        yield


def _place(asked: Mapping[str, Any]) -> tuple[str, str]:
    """The view that asked, whose name is in the number of the question, and what kind of question it was."""
    return str(asked["id"]).rpartition("-")[0], str(asked["question"]["kind"])
