"""SaliencyOverlay: a picture, what in it moved a model's score, and how far to trust that, live."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import traitlets

from xaiwidgets.engine.methods import fitting
from xaiwidgets.engine.request import Explainable, requested
from xaiwidgets.errors import InputError, XaiError
from xaiwidgets.explanation import Explanation
from xaiwidgets.models.picture import read_picture
from xaiwidgets.models.view_box import view_box
from xaiwidgets.widgets.asked import Told
from xaiwidgets.widgets.explaining import Explaining
from xaiwidgets.widgets.export import write_html
from xaiwidgets.widgets.front_end import bundle
from xaiwidgets.widgets.saliency_given import read_given, read_pictures, wanted_panels
from xaiwidgets.widgets.saliency_panel import Panel, read_panels
from xaiwidgets.widgets.saliency_picture import encoded, thumb
from xaiwidgets.widgets.saliency_traits import SaliencyTraits
from xaiwidgets.words import described

_BENT = (
    "The preprocessing moves pixels in a way that cannot be drawn back on the picture, so what the model sees is shown."
)


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
    urgency = ("answer", "look", "panel", "game", "check", "film")
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
        checked = read_panels(panels, self._adapters)
        for panel in checked if self._adapters else ():
            at = {} if panel.layer is None else {"layer": panel.layer}
            requested(self._adapters[panel.model], panel.method, {**request, **at}, of_any_method=True)
        # Whatever cannot be read is an exception where it was given.
        for picture in read.pictures[:1]:
            read_picture(picture)
        self._explaining = Explaining(self._adapters, read.pictures, request, trust=trust)
        for panel, e in zip(checked, read.explanations, strict=False):
            self._explaining.give(panel, e)
        super().__init__(language=language, live=bool(self._adapters), panels=[panel.wired for panel in checked])
        self._models = self._explaining.describe(
            [_facts(name, model) for name, model in read.models.items()] or [_finished(checked)]
        )
        if len(read.pictures) > 1:
            self._frames = [_frame(picture, name) for picture, name in zip(read.pictures, read.names, strict=True)]
        self._look()

    @property
    def explanations(self) -> list[Explanation | None]:
        """Each panel's newest explanation of the picture that is shown."""
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
        read_picture(pictures[0])
        self._desk.drop(*self.slow)
        with self._quietly():
            self._explaining.replace(pictures)
            self._names, self.current = names, 0
            several = len(pictures) > 1
            frames = [_frame(one, name) for one, name in zip(pictures, names, strict=True)] if several else []
            self._frames, self._film = frames, []
        self._look()

    def resume(self) -> None:
        """Go on where it was stopped, or beyond the limit that was met."""
        if not self._desk.busy(*self.slow) and self._explaining.stopped():
            self._explaining.go_on()
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
        if self._is_ours() or not hasattr(self, "_explaining") or not self._picture:
            return
        if change["name"] == "current":
            self._look()
        elif [panel.key for panel in read_panels(change["old"], self._adapters)] != [
            panel.key for panel in self._panels()
        ] or len(change["old"]) != len(change["new"]):
            self._explain()

    def _panels(self) -> list[Panel]:
        return read_panels(self.panels, self._adapters)

    def _look(self) -> None:
        """The picture is another one."""
        index = self.current
        self._desk.drop("panel", "game", "check", "film")
        with self._quietly():
            self.selected = []

        def looking() -> Told:
            self._explaining.look(index)
            yield {"_game": {}, "_now": {}}
            yield {"_picture": self._wired_picture(index)}
            self._explain()

        if self._adapters:
            self._order("look", looking)
        else:
            for told in looking():
                self._apply(told or {})

    def _explain(self) -> None:
        self._desk.drop("check", "film", "game")

        def explaining() -> Told:
            for told in self._explaining.explain(self._panels()):
                yield told
                self._follow()
            self._order("check", checking)

        def checking() -> Told:
            for told in self._explaining.check(self._panels()):
                yield told
                self._follow()
            if len(self._names) > 1:
                self._order("film", lambda: self._explaining.film(self._panels()[0]))

        if self._adapters:
            self._order("panel", explaining)
        else:
            for told in self._explaining.explain(self._panels()):
                self._apply(told or {})
            self._follow()

    def _follow(self) -> None:
        """What Python sees of the first panel."""
        e = self._explaining.explanation(self._panels()[0])
        if e is not None and e is not self.explanation:
            self.explanation, self.faithfulness = e, e.faithfulness

    def _wired_picture(self, index: int) -> dict[str, Any]:
        given = self._explaining.pictures[index]
        image = read_picture(given)
        sees = getattr(self._adapters[0], "sees", None) if self._adapters else None
        notes: tuple[str, ...] = ()
        if sees is None:
            e = self._given.explanations[0] if self._given.explanations else None
            seen = image.size[::-1] if e is None else e.input["regions"].shape
            box: tuple[float, ...] = (0, 0, *image.size)
        else:
            viewed = sees(image)
            seen, found = viewed.shape[:2], view_box(sees, image)
            box = (0, 0, seen[1], seen[0]) if found is None else found
            if found is None:
                image, notes = read_picture(viewed), (_BENT,)
        made = encoded(image)
        factor = made.width / image.width
        return {
            "id": self._explaining.picture,
            "name": self._names[index],
            "width": made.width,
            "height": made.height,
            **made.wired,
            "box": [side * factor for side in box],
            "seen": list(seen),
            "notes": [*notes, *made.notes],
        }

    def _told_when(self, state: str) -> dict[str, Any]:
        return self._explaining.now(state)

    def _answered(self, question: Mapping[str, Any]) -> tuple[dict[str, Any], npt.NDArray[Any]]:
        kind = question["kind"]
        panel = next((one for one in self._panels() if one.id == question.get("panel")), None)
        if kind not in {"hide", "features", "game"}:
            return super()._answered(question)
        if panel is None or not self._adapters:
            raise InputError("This panel is not there any more, or has no model to ask.")
        if kind == "game":
            self._order("game", lambda: self._explaining.play(panel))
            return {}, np.empty(0, dtype=np.uint8)
        if kind == "features":
            return self._explaining.features(panel, question.get("layer"))
        return self._explaining.hidden(panel, read_cover(question["cover"]), str(question["fill"]))


def read_cover(told: Mapping[str, Any]) -> npt.NDArray[np.bool_]:
    """What a person painted, bool [h, w]; see `Cover` in wire.ts.

    Raises:
        InputError: it has another size than it says.
    """
    height, width = int(told["height"]), int(told["width"])
    runs = np.asarray(told["runs"], dtype=np.int64)
    if runs.ndim != 1 or (runs < 0).any() or runs.sum() != height * width:
        msg = f"A cover of {int(runs.sum())} pixels was told for {height} × {width}; paint again."
        raise InputError(msg)
    covered: npt.NDArray[np.bool_] = np.repeat(np.arange(len(runs)) % 2 == 1, runs).reshape(height, width)
    return covered


def _facts(name: str, model: Explainable) -> dict[str, Any]:
    fit = fitting(model)
    return {
        "name": name,
        "methods": [words for one in fit for words in described(one.name)],
        "layers": [],
        "layered": [one.name for one in fit if one.face == "maps"],
        "hides": True,
        "outputs": {},
    }


def _finished(panels: list[Panel]) -> dict[str, Any]:
    names = dict.fromkeys(panel.method for panel in panels)
    methods = [words for name in names for words in described(name)]
    return {"name": "", "methods": methods, "layers": [], "layered": [], "hides": False, "outputs": {}}


def _frame(picture: Any, name: str) -> dict[str, Any]:
    try:
        return {"name": name, **thumb(read_picture(picture)).wired}
    except XaiError:
        # The film says what is wrong with it when its turn comes.
        return {"name": name, "mime": "", "data": b""}
