"""How a scatter's points are spread over a number, with a brush that selects them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from xaiwidgets.errors import InputError
from xaiwidgets.words import words

if TYPE_CHECKING:
    from xaiwidgets.widgets.embedding_scatter import EmbeddingScatter

MOST = 30
"""Bars; of few points Rice's rule asks for less, twice the cube root of how many there are."""

BLUE = "#0072b2"
"""Okabe & Ito's, as in `FeatureBars`."""


def histogram(scatter: EmbeddingScatter, of: str) -> Any:
    """A bqplot figure that follows the scatter's numbers; what is brushed is selected there.

    Raises:
        InputError: the scatter has no such numbers.
    """
    import bqplot
    from bqplot.interacts import BrushIntervalSelector

    scatter.numbers_of(of)
    across, up = bqplot.LinearScale(), bqplot.LinearScale(min=0.0)
    bars = bqplot.Bars(
        x=[0.0], y=[0.0], scales={"x": across, "y": up}, padding=0.1, stroke="transparent", colors=[BLUE]
    )
    brush = BrushIntervalSelector(scale=across, marks=[bars], color=BLUE)
    quiet = {"grid_lines": "none", "label_color": "#888888", "tick_style": {"font-size": "12px"}}
    said = words(scatter.language or "en")
    counted = bqplot.Axis(scale=up, orientation="vertical", label=said["bars.points"], tick_format="d", **quiet)
    figure = bqplot.Figure(
        marks=[bars],
        axes=[
            bqplot.Axis(
                scale=across, label=said.get(f"coloring.{of}", of), label_offset="36px", tick_format=".6~r", **quiet
            ),
            counted,
        ],
        interaction=brush,
        background_style={"fill": "transparent"},
        fig_margin={"top": 8, "bottom": 52, "left": 56, "right": 24},
        animation_duration=0,
        layout={"height": "220px", "width": "100%", "max_width": "640px"},
    )

    brushed = writing = False

    def numbers_now() -> npt.NDArray[np.float64]:
        try:
            return scatter.numbers_of(of)
        except InputError:
            # Other points are shown, which have no such numbers.
            return np.full(len(scatter.ids), np.nan)

    def draw(_: object = None) -> None:
        numbers = numbers_now()
        known = numbers[np.isfinite(numbers)]
        bins = min(MOST, math.ceil(2 * len(known) ** (1 / 3)))
        counts, edges = np.histogram(known, bins=bins) if bins else (np.zeros(1), np.array([0.0, 1.0]))
        most = int(counts.max())
        # Nobody counts half a point.
        counted.tick_values = np.arange(0, most + 1, max(1, math.ceil(most / 4)))
        with bars.hold_sync():
            bars.x, bars.y = (edges[:-1] + edges[1:]) / 2, counts.astype(float)
        if brushed:
            select()

    def select(_: object = None) -> None:
        nonlocal brushed, writing
        ends = brush.selected
        inside = ends is not None and len(ends) == 2
        if not inside and not brushed:
            return
        numbers = numbers_now()
        brushed, writing = inside, True
        scatter.selected = scatter.ids[(numbers >= ends[0]) & (numbers <= ends[1])] if inside else scatter.ids[:0]
        writing = False

    def give_way(_: object) -> None:
        """Points were selected elsewhere: the brush no longer says which."""
        nonlocal brushed
        if brushed and not writing:
            brushed = False
            brush.reset()

    draw()
    # How far points can be believed is measured little by little, and anew for each picture.
    scatter.observe(draw, "_score")
    scatter.observe(give_way, "selected")
    brush.observe(select, "selected")
    return figure
