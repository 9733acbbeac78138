"""What a saliency overlay and its front end share, and what can be set there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import traitlets

from xaiwidgets.engine.request import Explainable
from xaiwidgets.errors import XaiError
from xaiwidgets.explanation import Explanation
from xaiwidgets.trust import Faithfulness
from xaiwidgets.widgets.asked import Asked, RefusedError
from xaiwidgets.widgets.saliency_panel import Panel, read_panels

VIEWS = ("blend", "contour", "mask")
SIGNS = ("both", "positive", "negative", "absolute")


class SaliencyTraits(Asked):
    """The synced traits of a `SaliencyOverlay`, which says what they mean; what cannot be is refused."""

    _adapters: Sequence[Explainable] = ()
    _names: Sequence[str] = ()
    """Of the pictures."""

    _newest_panel = 0
    """The largest id that a panel has had."""

    _panels_before: Sequence[Panel] = ()
    """Those that are there; while traitlets checks other ones, the trait may hold these already."""

    panels: traitlets.List[Any] = traitlets.List().tag(sync=True)
    current = traitlets.Int(0).tag(sync=True)
    selected = traitlets.List(traitlets.Int()).tag(sync=True)
    view = traitlets.Enum(VIEWS, default_value="blend").tag(sync=True)
    colormap = traitlets.Unicode("").tag(sync=True)
    opacity = traitlets.Float(0.7, min=0, max=1).tag(sync=True)
    threshold = traitlets.Float(0.0, min=0, max=1).tag(sync=True)
    sign = traitlets.Enum(SIGNS, default_value="both").tag(sync=True)
    smoothing = traitlets.Float(1.0, min=0, max=1).tag(sync=True)
    _picture = traitlets.Dict().tag(sync=True)
    _regions = traitlets.Dict().tag(sync=True)
    _models: traitlets.List[Any] = traitlets.List().tag(sync=True)
    _estimates: traitlets.List[Any] = traitlets.List().tag(sync=True)
    _now = traitlets.Dict().tag(sync=True)
    _frames: traitlets.List[Any] = traitlets.List().tag(sync=True)
    _film: traitlets.List[Any] = traitlets.List().tag(sync=True)
    _game = traitlets.Dict().tag(sync=True)
    explanation = traitlets.Instance(Explanation, allow_none=True)
    faithfulness = traitlets.Instance(Faithfulness, allow_none=True)

    @traitlets.validate("panels")
    def _known_panels(self, proposal: Any) -> list[dict[str, Any]]:
        known = self._panels_before
        try:
            panels = read_panels(proposal["value"], self._adapters, known=known, above=self._newest_panel)
        except XaiError as why:
            raise RefusedError(str(why)) from why
        if known and not self._adapters and {panel.key for panel in panels} - {panel.key for panel in known}:
            raise RefusedError("The maps of this widget are finished; make another one with a model to ask for more.")
        self._newest_panel = max(self._newest_panel, *(panel.id for panel in panels))
        return [panel.wired for panel in panels]

    @traitlets.observe("panels")
    def _remember_panels(self, change: Any) -> None:
        self._panels_before = read_panels(change["new"], self._adapters)

    @traitlets.validate("current")
    def _known_picture(self, proposal: Any) -> int:
        number, count = int(proposal["value"]), len(self._names)
        if not 0 <= number < max(1, count):
            there = "there is one picture, give 0" if count < 2 else f"give a number from 0 to {count - 1}"
            msg = f"current={number} was given; {there}."
            raise RefusedError(msg)
        return number

    @traitlets.validate("selected")
    def _known_regions(self, proposal: Any) -> list[int]:
        count = self._regions.get("count")
        strange = [one for one in proposal["value"] if one < 0 or (count is not None and one >= count)]
        if strange:
            there = "from 0" if count is None else f"from 0 to {count - 1}"
            msg = f"selected has {strange[0]}; give numbers of regions, {there}."
            raise RefusedError(msg)
        return list(proposal["value"])
