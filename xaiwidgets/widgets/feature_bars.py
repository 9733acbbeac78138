"""FeatureBars: the strongest features of an explanation as signed bars, drawn by bqplot."""

from __future__ import annotations

from typing import Any

import ipywidgets
import numpy as np
import traitlets

from xaiwidgets.engine.averaged import Averaged
from xaiwidgets.engine.by_word import by_word
from xaiwidgets.engine.job import Job
from xaiwidgets.engine.request import Explainable, requested
from xaiwidgets.errors import InputError
from xaiwidgets.explanation import Explanation
from xaiwidgets.widgets.front_end import FrontEnd, bundle
from xaiwidgets.widgets.live import Live
from xaiwidgets.words import words

# Okabe & Ito's vermilion and blue, as in js/src/core/colour.ts: told apart with any colour vision.
FOR, AGAINST = "#d55e00", "#0072b2"

BAR_HEIGHT = 26


class HoverBridge(FrontEnd):
    """Draws nothing: it carries hover between bqplot's bars and the other widgets of a group, in the browser."""

    _esm = bundle("feature_bars.js")

    features = traitlets.List(traitlets.List(traitlets.Int())).tag(sync=True)
    names = traitlets.List(traitlets.List(traitlets.Unicode())).tag(sync=True)
    selected = traitlets.List(traitlets.Int()).tag(sync=True)


class FeatureBars(ipywidgets.VBox):  # type: ignore[misc]
    """The k features with the largest |value| as signed horizontal bars, with their error as whiskers.

    `FeatureBars(e)` shows an explanation, `FeatureBars(highlight)` follows another widget's as it refines, and
    `FeatureBars(model, x, method=…, target=…)` computes its own. Tokens of one word are one bar (their sum).

    Attributes:
        explanation: what is shown; assign another one to show that.
    """

    explanation = traitlets.Instance(Explanation, allow_none=True)

    def __init__(
        self,
        shown: Any,
        given: Any = None,
        *,
        top: int = 10,
        method: str | None = None,
        target: Any = None,
        language: str = "",
        **request: Any,
    ) -> None:
        """Show, and for a model start computing.

        Args:
            shown: an explanation, a widget that has one, or a model's adapter.
            given: the input, with a model.
            top: how many bars.
            method: see `xw.start`.
            target: see `xw.start`.
            language: "en" or "zh" for the axis; "" is English.
            **request: tolerance, budget, within, seed, or the method's options.

        Raises:
            InputError: when it is none of these.
        """
        import bqplot

        self._top = top
        self._live: Live | None = None
        self._bridge = HoverBridge(language=language)
        self._word = words(language or "en")
        # bqplot keeps an ordinal scale's order of first appearance; a domain of our own keeps the strongest on top.
        self._names = bqplot.OrdinalScale(domain=[])
        self._values = bqplot.LinearScale()
        self._bars = bqplot.Bars(
            x=[],
            y=[],
            scales={"x": self._names, "y": self._values},
            orientation="horizontal",
            padding=0.3,
            stroke="transparent",
        )
        self._whiskers = bqplot.Lines(
            x=[[0.0, 0.0]],
            y=[["", ""]],
            scales={"x": self._values, "y": self._names},
            colors=["#888888"],
            stroke_width=1.5,
            visible=False,
        )
        quiet = {"grid_lines": "none", "label_color": "#888888", "tick_style": {"font-size": "12px"}}
        self._scale = bqplot.Axis(
            scale=self._values, label=self._word["bars.value"], tick_format=".2g", label_offset="36px", **quiet
        )
        self._figure = bqplot.Figure(
            marks=[self._bars, self._whiskers],
            axes=[bqplot.Axis(scale=self._names, orientation="vertical", **quiet), self._scale],
            background_style={"fill": "transparent"},
            fig_margin={"top": 8, "bottom": 52, "left": 110, "right": 24},
            animation_duration=0,
        )
        # bqplot does not lay out anew when its height changes, so the room for all bars is there from the start.
        rows = min(top, len(by_word(shown)[0])) if isinstance(shown, Explanation) else top
        self._figure.layout.height = f"{60 + BAR_HEIGHT * max(1, rows)}px"
        self._message = ipywidgets.Label(layout={"display": "none"})
        super().__init__([self._figure, self._message, self._bridge], layout={"width": "100%", "max_width": "640px"})
        self.add_class("xai-feature-bars")
        self.observe(self._draw, "explanation")
        if isinstance(shown, Explanation):
            self.explanation = shown
        elif isinstance(shown, Explainable):
            chosen = requested(shown, method, request).method.name
            self._live = Live(shown, show=self._show, request=request)
            self._asked = (chosen, target)
            self._given = given
            self.show(None)
        elif isinstance(shown, traitlets.HasTraits) and shown.has_trait("explanation"):
            traitlets.dlink((shown, "explanation"), (self, "explanation"))
        else:
            msg = (
                f"A {type(shown).__name__} was given; FeatureBars shows an explanation, a widget that has one, or a "
                "model's adapter with an input."
            )
            raise InputError(msg)

    @property
    def group(self) -> str:
        """The group whose hover it answers; see `xw.link`."""
        return str(self._bridge.group)

    @group.setter
    def group(self, name: str) -> None:
        self._bridge.group = name

    @property
    def live(self) -> bool:
        """Whether there is a model to ask."""
        return self._live is not None

    @property
    def averages(self) -> Any:
        """The adapter whose answers to many inputs are averaged here, or None."""
        model = None if self._live is None else self._live.model
        return model.model if isinstance(model, Averaged) else None

    def show(self, x: Any) -> None:
        """Ask the model about another input, such as the rows that were chosen elsewhere.

        Args:
            x: the input; None for the one that the bars began with.

        Raises:
            InputError: finished numbers are shown, so there is no model to ask.
        """
        if self._live is None:
            raise InputError("These bars show finished numbers; give FeatureBars a model's adapter to ask it again.")
        given = self._given if x is None else x
        if self.averages is not None and hasattr(given, "__len__"):
            self._scale.label = self._word["bars.mean"].format(n=len(given))
        method, target = self._asked
        self._message.layout.display = "none"
        self._live.ask(lambda _: given, method=method, target=target)

    def close(self) -> None:
        """Stop computing and remove the widget."""
        if self._live is not None:
            self._live.stop()
        super().close()

    def _show(self, job: Job) -> None:
        if job.failure is not None:
            self._message.value, self._message.layout.display = str(job.failure), None
        if job.explanation is not None:
            self.explanation = job.explanation

    def _make_room(self, letters: int) -> None:
        """Room for the longest name on the left, up to 240 px; it never shrinks, or the bars would jump."""
        left = min(240, 16 + 7 * letters)
        if left > self._figure.fig_margin["left"]:
            self._figure.fig_margin = {**self._figure.fig_margin, "left": left}

    def _draw(self, _change: Any) -> None:
        e = self.explanation
        if e is None:
            return
        names, values, errors, members = by_word(e)
        order = np.argsort(-np.abs(np.nan_to_num(values)), kind="stable")[: self._top]
        named = _named(e, names)
        shown = _unlike([named[i] for i in order])
        self._make_room(max(map(len, shown), default=0))
        known = np.nan_to_num(values[order])
        spread = np.nan_to_num(errors[order])
        # No size is below nought, however wide its band.
        least = -np.inf if e.signed or (known < 0).any() else 0.0
        ends = np.stack([np.maximum(known - spread, least), known + spread], 1)
        low, high = float(ends.min(initial=0.0)), float(ends.max(initial=0.0))
        self._names.domain = shown[::-1]
        with self._values.hold_sync(), self._scale.hold_sync():
            self._values.min, self._values.max = low, high if high > low else 1.0
            # An end close to nought would be written over it.
            self._scale.tick_values = sorted({0.0, *(end for end in (low, high) if abs(end) > 0.12 * (high - low))})
        with self._bars.hold_sync(), self._whiskers.hold_sync(), self._bridge.together():
            self._bars.x, self._bars.y = shown, known
            self._bars.colors = [FOR if value >= 0 else AGAINST for value in known] or [FOR]
            self._whiskers.visible = bool((spread > 0).any())
            if self._whiskers.visible:
                self._whiskers.x = ends
                self._whiskers.y = [[name, name] for name in shown]
            self._bridge.features = [members[i] for i in order]
            self._bridge.names = [[e.features[feature] for feature in members[i]] for i in order]


def _named(e: Explanation, names: list[str]) -> list[str]:
    """The names to show: a column with the value that its row has there, "age = 39"."""
    shown = e.input.get("shown")
    if e.input.get("kind") != "table" or shown is None:
        return names
    return [f"{name} = {value}" for name, value in zip(names, shown, strict=True)]


def _unlike(names: list[str]) -> list[str]:
    """The names, with invisible marks where one repeats: an ordinal scale takes equal names for one bar."""
    seen: dict[str, int] = {}
    unlike = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        unlike.append(name + "\u200b" * (seen[name] - 1))
    return unlike
