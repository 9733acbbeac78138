"""SaliencyOverlay: a picture, what in it moved a model's score, and how far to trust that, live."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import traitlets

from xaiwidgets.engine.request import Explainable
from xaiwidgets.errors import InputError, XaiError
from xaiwidgets.explanation import Explanation
from xaiwidgets.models.picture import read_picture
from xaiwidgets.widgets.asked import Told
from xaiwidgets.widgets.explaining import Explaining
from xaiwidgets.widgets.export import write_html
from xaiwidgets.widgets.front_end import bundle
from xaiwidgets.widgets.saliency_curve import game_curve
from xaiwidgets.widgets.saliency_given import first_readable, read_given, read_pictures, wanted_panels
from xaiwidgets.widgets.saliency_panel import Panel, check_request, read_panels
from xaiwidgets.widgets.saliency_picture import Lying, lying_in, thumb, wired_picture
from xaiwidgets.widgets.saliency_traits import SaliencyTraits
from xaiwidgets.widgets.saliency_wire import facts_of, facts_of_finished, read_cover


class SaliencyOverlay(SaliencyTraits):
    """A picture with what moved a model's score laid over it.

    `SaliencyOverlay(e)` shows an explanation of a picture, several of them side by side as a list, and
    `SaliencyOverlay(image, heatmap)` your own numbers. `SaliencyOverlay(model, image, method=…, target=…)` lives: it
    shows the first estimate at once, refines it, checks whether it can be trusted, and starts again when a panel's
    method, target or layer changes, in the browser or from Python. Lists of methods, targets, layers or models make a
    panel each; a list or a folder of pictures makes a film.

    Attributes:
        panels: what is asked, a mapping each: "id", "model" (its number), "method", "target" and "layer".
        current: which picture of the film is shown.
        selected: regions that a person has chosen.
        view: "blend", "contour" or "mask".
        colormap: the name of a colour map; "": the one that fits.
        opacity: of the colours, 0 to 1.
        threshold: a share of the largest value below which nothing is shown.
        sign: "both", "positive", "negative" or "absolute": which values are shown.
        smoothing: from 0 (regions and cells as they are) to 1.
        explanation: the first panel's newest one, or None; not synced, observe it to follow along.
        faithfulness: whether it can be trusted, or None before that is known; not synced.
        busy: whether something is being computed.
    """

    bundles = ("saliency_overlay.js", "saliency_overlay.css")
    _esm = bundle(bundles[0])
    _css = bundle(bundles[1])
    urgency = ("answer", "look", "frames", "panel", "game", "check", "film")
    slow = ("look", "panel", "game", "check", "film")
    newest = ("hide", "features")

    def __init__(
        self,
        shown: Any,
        given: Any = None,
        *,
        method: str | list[str] | None = None,
        target: Any = None,
        layer: str | list[str] | None = None,
        view: str = "blend",
        colormap: str = "",
        opacity: float = 0.7,
        threshold: float = 0.0,
        sign: str = "both",
        smoothing: float = 1.0,
        trust: bool = True,
        language: str = "",
        **request: Any,
    ) -> None:
        """Show, and for a model start computing.

        Args:
            shown: an explanation or several, a picture of your own numbers, or a model's adapter, or several by name.
            given: the numbers, float [h, w], or the picture, or several of them: a list, a batch, a folder.
            method: one of `xw.methods(model)`, or a list; None: the model's default.
            target: see `xw.start`, or a list; a tuple is a target with its contrast.
            layer: a module's name, or a list, for methods that look at one.
            view: see the attribute, as for the next five.
            colormap: "vermilion_blue" and "green_purple" for values with signs, "heat", "viridis" and "grey" without.
            opacity: of the colours.
            threshold: a share of the largest value.
            sign: which values are shown.
            smoothing: of edges.
            trust: whether a finished map is checked against random rankings, in at most 120 evaluations more, where one
                takes less than half a second; an explanation that carries its `faithfulness` shows it anyway.
            language: "en", "zh", or "" to follow the notebook.
            **request: tolerance, budget, within, seed, baseline, regions, or the methods' options; see `xw.start`.

        Raises:
            InputError: something that cannot be shown. MethodError: an unknown method or limit.
        """
        read = read_given(shown, given)
        self._given = read
        self._adapters, self._names = list(read.models.values()), list(read.names)
        asked = {"method": method, "target": target, "layer": layer}
        if read.explanations:
            extra = [name for name, value in {**asked, **request}.items() if value is not None]
            if extra:
                msg = (
                    f"{extra[0]}= was given with finished numbers; it needs a model: SaliencyOverlay(model, image, …)."
                )
                raise InputError(msg)
            panels = [
                {"id": place, "method": e.method, "target": list(e.targets) or None}
                for place, e in enumerate(read.explanations, 1)
            ]
        else:
            panels = wanted_panels(read.models, **asked)
        checked = list({panel.key: panel for panel in reversed(read_panels(panels, self._adapters))}.values())[::-1]
        if self._adapters:
            check_request(checked, self._adapters, request)
        # Whatever cannot be read is an exception where it was given.
        first = first_readable(read.pictures)
        self._explaining = Explaining(self._adapters, read.pictures, request, trust=trust)
        for panel, e in zip(checked, read.explanations, strict=False):
            self._explaining.give(panel, e)
        super().__init__(
            language=language,
            live=bool(self._adapters),
            panels=[panel.wired for panel in checked],
            view=view,
            colormap=colormap,
            opacity=opacity,
            threshold=threshold,
            sign=sign,
            smoothing=smoothing,
        )
        self._models = self._explaining.said.describe(
            [facts_of(name, model) for name, model in read.models.items()]
            or [facts_of_finished(panel.method for panel in checked)]
        )
        with self._quietly():
            self.current = first
        self._curved: int | None = None
        self._unframed = False
        self._look(anew=True)

    @property
    def explanations(self) -> list[Explanation | None]:
        """Each panel's newest explanation of the picture that is shown.

        `xw.compare(w.explanations)` says how far they agree: the rank correlation of each pair and more.
        """
        return [self._explaining.explanation(panel) for panel in self._panels()]

    def show(self, given: Any) -> None:
        """Look at another picture, or several, with the same panels.

        Args:
            given: as when the widget was made with a model.

        Raises:
            InputError: the widget has no model, or it is no picture.
        """
        if not self._adapters:
            raise InputError("The maps of this widget are finished; make another one with a model to look at pictures.")
        pictures, names = read_pictures(given)
        first = first_readable(pictures)
        self._desk.drop("frames", *self.slow)
        with self._quietly():
            # A piece of work that is under way ends with what it began with.
            self._explaining = self._explaining.over(pictures)
            self._names = names
            self.current, self._film = first, []
        self._look(anew=True)

    def curve(self, panel: int = 0) -> Any:
        """The deletion and the insertion game of a panel's map, against the band of 95 % of random orders.

        Regions go, or come, in the map's order, those first that say most for the score (Petsiuk et al. 2018; see
        `xw.faithfulness`). It plays the games, in at most 600 evaluations, where they are not played yet, and again
        for each other picture or question; meanwhile the curves grow.

        Args:
            panel: its place in `panels`.

        Returns:
            A bqplot figure.

        Raises:
            InputError: there is no such panel, or no model to ask.
        """
        if not self._adapters:
            raise InputError("The maps of this widget are finished; make another one with a model to play with a map.")
        panels = self._panels()
        if isinstance(panel, bool) or not isinstance(panel, int) or not -len(panels) <= panel < len(panels):
            msg = f"panel={panel!r} was given; give a panel's place, from 0 to {len(panels) - 1}."
            raise InputError(msg)
        asked = panels[panel]
        figure = game_curve(self, asked.id)
        self._curved = asked.id
        known = self._game.get("panel") == asked.id and self._game.get("picture") == self._explaining.picture
        if not known and not self._desk.busy("look", "panel"):
            self._order("game", lambda: self._explaining.play(asked))
        return figure

    def resume(self) -> None:
        """Go on where it was stopped, or beyond the limit that was met."""
        panels = self._panels()
        if not self._desk.busy("look", "panel") and self._explaining.stopped(panels):
            self._explaining.go_on(panels)
            self._explain()
            return
        super().resume()

    def to_html(self, path: str | os.PathLike[str]) -> Path:
        """Write one HTML file that shows the present picture offline, together with the linked widgets of ours.

        It waits for the maps and their badges. Returns the path written.
        """
        return write_html(self, path, title="saliency · xaiwidgets")

    def settle(self) -> None:
        """Wait for the maps and their badges."""
        while self._desk.awaits("look", "panel", "check"):
            self._desk.join(0.02)

    @property
    def looks_with(self) -> Explainable | None:
        """The first model, or None where the maps are finished."""
        return self._adapters[0] if self._adapters else None

    @traitlets.observe("panels", "current")
    def _on_request(self, change: Any) -> None:
        # Before the models are told of, the widget is being made.
        if self._is_ours() or not self._models:
            return
        if change["name"] == "current":
            self._look()
        else:
            self._explain()

    def _panels(self) -> list[Panel]:
        return read_panels(self.panels, self._adapters)

    def _look(self, *, anew: bool = False) -> None:
        """The picture is another one; `anew`: the film is."""
        index, explaining = self.current, self._explaining
        self._desk.drop("panel", "game", "check", "film")
        with self._quietly():
            self.selected = []
            if anew:
                several = self._unframed = len(self._names) > 1
                self._frames = [{"name": name, "mime": "", "data": b""} for name in self._names] if several else []

        def looking() -> Told:
            explaining.look(index)
            yield {"_game": {}, "_now": {}}
            try:
                picture = self._wired_picture(index)
            except XaiError:
                # Nothing of another picture is left in its place.
                yield {"_picture": {}, "_estimates": []}
                self._frame()
                self._show_film()
                raise
            yield {"_picture": picture}
            self._explain()
            if anew:
                self._show_film()

        if self._adapters:
            self._order("look", looking)
        else:
            for told in looking():
                self._apply(told or {})

    def _explain(self, *, again: Panel | None = None) -> None:
        """Answer the panels; `again`: of those that failed only this one, else all are tried again."""
        explaining = self._explaining
        explaining.forgive(self._panels() if again is None else [again])
        self._desk.drop("check", "film", "game")

        def answering() -> Told:
            for told in explaining.explain(self._panels()):
                yield told
                if told and self._follow():
                    # The first map comes first, and what takes longer can wait.
                    self._frame()
            self._frame()
            curved = next((panel for panel in self._panels() if panel.id == self._curved), None)
            if curved is not None and explaining.explanation(curved) is not None:
                self._order("game", lambda: explaining.play(curved))
            self._order("check", checking)

        def checking() -> Told:
            for told in explaining.check(self._panels()):
                yield told
                if told:
                    self._follow()
            self._show_film()

        if self._adapters:
            self._order("panel", answering)
        else:
            for told in explaining.explain(self._panels()):
                self._apply(told or {})
            self._follow()

    def _show_film(self) -> None:
        """Ask about the other pictures."""
        if len(self._names) > 1 and self._adapters:
            self._order("film", lambda: self._explaining.film(self._panels()[0]))

    def _frame(self) -> None:
        """Show what the pictures of another film are."""
        if self._unframed:
            self._unframed = False
            self._do("frames", self._framing)

    def _framing(self) -> Told:
        """Small pictures of the film, the more at a time the more there are."""
        frames, due = list(self._frames), 1
        for place, (picture, name) in enumerate(zip(self._explaining.pictures, self._names, strict=True), 1):
            frames[place - 1] = _frame(picture, name)
            if place in {due, len(frames)}:
                due *= 2
                yield {"_frames": list(frames)}
            else:
                yield None

    def _follow(self) -> bool:
        """What Python sees of the first panel; returns whether there is something."""
        e = self._explaining.explanation(self._panels()[0])
        if e is not None and e is not self.explanation:
            self.explanation, self.faithfulness = e, e.faithfulness
        return e is not None

    def _wired_picture(self, index: int) -> dict[str, Any]:
        # What was assumed of it the maps' notes say.
        image = read_picture(self._explaining.pictures[index])
        finished = self._given.explanations
        regions = finished[0].input["regions"].shape if finished else None
        models = self._given.models
        lying = lying_in(image, models) if models else Lying(image=image, box=(0, 0, *image.size), seen=regions)
        return {"id": self._explaining.picture, "name": self._names[index], **wired_picture(lying)}

    def _told_when(self, state: str) -> dict[str, Any]:
        return self._explaining.told_when(self._panels(), state)

    def _subject(self) -> object:
        return self._explaining

    def _answered(self, question: Mapping[str, Any]) -> tuple[dict[str, Any], npt.NDArray[Any]]:
        kind = question["kind"]
        panel = next((one for one in self._panels() if one.id == question.get("panel")), None)
        if kind not in {"hide", "features", "game", "again"}:
            return super()._answered(question)
        if panel is None or not self._adapters:
            raise InputError("This panel is not there any more, or has no model to ask.")
        if kind in {"game", "again"}:
            if kind == "game":
                self._order("game", lambda: self._explaining.play(panel))
            else:
                self._explain(again=panel)
            return {}, np.empty(0, dtype=np.uint8)
        claims = self._explaining.claims
        if kind == "features":
            return claims.features(panel, question.get("layer"))
        cover, fill = read_cover(question["cover"]), str(question["fill"])
        return claims.hidden(panel, cover, fill, picture=self._explaining.picture)


def _frame(picture: Any, name: str) -> dict[str, Any]:
    try:
        return {"name": name, **thumb(read_picture(picture)).wired}
    except XaiError:
        # The film says what is wrong with it when its turn comes.
        return {"name": name, "mime": "", "data": b""}
