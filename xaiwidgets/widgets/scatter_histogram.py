"""How a scatter's points are spread over a number, with a brush that selects them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from xaiwidgets.errors import InputError
from xaiwidgets.words import words

if TYPE_CHECKING:
    from xaiwidgets.widgets.embedding_scatter import EmbeddingScatter

BINS = 30


def histogram(scatter: EmbeddingScatter, of: str) -> Any:
    """A bqplot figure that follows the scatter's numbers; what is brushed is selected there.

    Raises:
        InputError: the scatter has no such numbers.
    """
    import bqplot
    from bqplot.interacts import BrushIntervalSelector

    scatter.numbers_of(of)
    across, up = bqplot.LinearScale(), bqplot.LinearScale(min=0.0)
    bars = bqplot.Bars(x=[0.0], y=[0.0], scales={"x": across, "y": up}, padding=0.1, stroke="transparent")
    brush = BrushIntervalSelector(scale=across, marks=[bars], color="#0072b2")
    quiet = {"grid_lines": "none", "label_color": "#888888", "tick_style": {"font-size": "12px"}}
    title = words(scatter.language or "en").get(f"coloring.{of}", of)
    figure = bqplot.Figure(
        marks=[bars],
        axes=[
            bqplot.Axis(scale=across, label=title, label_offset="36px", tick_format=".2g", **quiet),
            bqplot.Axis(scale=up, orientation="vertical", tick_format="d", **quiet),
        ],
        interaction=brush,
        background_style={"fill": "transparent"},
        fig_margin={"top": 8, "bottom": 52, "left": 56, "right": 24},
        animation_duration=0,
        layout={"height": "220px", "width": "100%", "max_width": "640px"},
    )

    def draw(_: object = None) -> None:
        try:
            numbers = scatter.numbers_of(of)
        except InputError:
            # Other points are shown, which have no such numbers.
            numbers = np.empty(0)
        known = numbers[np.isfinite(numbers)]
        counts, edges = np.histogram(known, bins=BINS) if len(known) else (np.zeros(1), np.array([0.0, 1.0]))
        with bars.hold_sync():
            bars.x, bars.y = (edges[:-1] + edges[1:]) / 2, counts.astype(float)

    def select(change: Any) -> None:
        ends = change["new"]
        if ends is None or len(ends) != 2:
            scatter.selected = scatter.ids[:0]
            return
        numbers = scatter.numbers_of(of)
        scatter.selected = scatter.ids[(numbers >= ends[0]) & (numbers <= ends[1])]

    draw()
    # How far points can be believed is measured little by little, and anew for each picture.
    scatter.observe(draw, "_score")
    brush.observe(select, "selected")
    return figure
