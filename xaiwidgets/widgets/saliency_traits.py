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
from xaiwidgets.widgets.saliency_panel import read_panels

VIEWS = ("blend", "contour", "mask")
SIGNS = ("both", "positive", "negative", "absolute")


class SaliencyTraits(Asked):
    """The synced traits of a `SaliencyOverlay`, which says what they mean; what cannot be is refused."""

    _adapters: Sequence[Explainable] = ()
    _names: Sequence[str] = ()
    """Of the pictures."""

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
        try:
            return [panel.wired for panel in read_panels(proposal["value"], self._adapters)]
        except XaiError as why:
            raise RefusedError(str(why)) from why

    @traitlets.validate("current")
    def _known_picture(self, proposal: Any) -> int:
        number, count = int(proposal["value"]), len(self._names)
        if not 0 <= number < max(1, count):
            msg = f"current={number} was given; there are {count} pictures, give a number from 0 to {count - 1}."
            raise RefusedError(msg)
        return number
