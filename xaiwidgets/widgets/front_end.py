"""What every widget of ours shares: its built front end, and writes from several threads."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import anywidget
import traitlets

from xaiwidgets.errors import XaiError

STATIC = Path(__file__).parent.parent / "static"


class FrontEnd(anywidget.AnyWidget):
    """An anywidget that is drawn by one of the bundles in `static/`.

    Attributes:
        language: the interface's language, "en" or "zh"; "" follows the notebook.
        group: widgets with the same name answer each other's hover and selection; see `xw.link`.
    """

    bundles: ClassVar[tuple[str, str]] = ("", "")
    """The module and the style sheet in `static/`, where an exported page can show the widget on its own."""

    language = traitlets.Enum(["", "en", "zh"], default_value="").tag(sync=True)
    group = traitlets.Unicode("").tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        # ipywidgets' hold_sync is not locked, and estimates are written by a job's thread.
        self._writing = threading.RLock()
        super().__init__(**traits)

    @property
    def exportable(self) -> bool:
        """Whether an exported page can show it."""
        return bool(self.bundles[0])

    @property
    def drawn(self) -> list[str]:
        """The traits that the front end draws from."""
        ours = {name for kind in type(self).__mro__ if kind.__module__.startswith("xaiwidgets") for name in vars(kind)}
        return sorted(name for name in self.traits(sync=True) if name in ours)

    def exported(self) -> dict[str, Any]:
        """The state that an exported page draws it from."""
        return self.get_state(self.drawn)  # type: ignore[no-any-return]

    def settle(self) -> None:
        """Wait for what an exported page shows; nothing here."""

    @contextmanager
    def together(self) -> Iterator[None]:
        """Trait writes inside reach the browser as one message, from whichever thread."""
        with self._writing, self.hold_sync():
            yield

    def open(self) -> None:
        """Open the comm."""
        super().open()
        # ipykernel 7.4 sends a front end's messages to the subshell that last published on the comm: then a Stop waits
        # for whatever cell is running there. Private, so only where it exists.
        if hasattr(self.comm, "_reply_subshell_for"):
            self.comm._reply_subshell_for = lambda data, default: default  # noqa: ARG005, SLF001


def bundle(name: str) -> Path:
    """The path of a built front end.

    Raises:
        XaiError: when it was not built.
    """
    path = STATIC / name
    if not path.exists():
        msg = f"The front end {name} is not built; run `make setup` in the clone, or reinstall xaiwidgets."
        raise XaiError(msg)
    return path
