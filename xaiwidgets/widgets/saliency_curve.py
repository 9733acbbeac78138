"""What a score does as regions of a picture go or come in the order of a map, against random orders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from xaiwidgets.words import words

if TYPE_CHECKING:
    from xaiwidgets.widgets.saliency_overlay import SaliencyOverlay

# Okabe & Ito's, as in `FeatureBars`.
COLOURS = {"deletion": "#d55e00", "insertion": "#0072b2"}


def game_curve(overlay: SaliencyOverlay, panel: int) -> Any:
    """A bqplot figure of a panel's games, which follows what the overlay tells of them.

    Args:
        overlay: plays the games.
        panel: the panel's id.
    """
    import bqplot

    said = words(overlay.language or "en")
    across, up = bqplot.LinearScale(min=0.0, max=1.0), bqplot.LinearScale()
    scales = {"x": across, "y": up}
    nothing: dict[str, Any] = {"x": [0.0, 1.0], "y": [0.0, 0.0], "scales": scales, "visible": False}
    bands, means, curves = {}, {}, {}
    for name, colour in COLOURS.items():
        bands[name] = bqplot.Lines(
            **{**nothing, "y": [[0.0, 0.0], [0.0, 0.0]]},
            colors=[colour],
            fill="between",
            fill_opacities=[0.15, 0.15],
            opacities=[0.0, 0.0],
        )
        means[name] = bqplot.Lines(**nothing, colors=[colour], line_style="dashed", stroke_width=1.2, opacities=[0.7])
        label = said[f"saliency.game.{name}"]
        curves[name] = bqplot.Lines(**nothing, colors=[colour], labels=[label], display_legend=True)
    quiet = {"grid_lines": "none", "label_color": "#888888", "tick_style": {"font-size": "12px"}}
    axes = [
        bqplot.Axis(scale=across, label=said["bars.share"], label_offset="36px", tick_format=".0%", **quiet),
        bqplot.Axis(
            scale=up,
            orientation="vertical",
            label=said["bars.score"],
            label_offset="42px",
            tick_format=".3~g",
            **quiet,
        ),
    ]
    figure = bqplot.Figure(
        marks=[*bands.values(), *means.values(), *curves.values()],
        axes=axes,
        background_style={"fill": "transparent"},
        legend_location="right",
        legend_style={"fill": "transparent", "stroke-width": 0},
        legend_text={"font-size": "12px"},
        fig_margin={"top": 8, "bottom": 52, "left": 64, "right": 24},
        animation_duration=0,
        layout={"height": "260px", "width": "100%", "max_width": "640px"},
    )

    def draw(_: object = None) -> None:
        game = overlay._game  # noqa: SLF001 - the overlay's own figure
        if game.get("panel", panel) != panel:
            # Another panel's game is played.
            return
        shares = np.asarray(game.get("steps", ())) / max(1, len(game.get("order", ())))
        for name in COLOURS:
            scores, random = _numbers(game.get(name)), _numbers(game.get(f"random_{name}"))
            _draw(curves[name], shares, scores)
            _draw(means[name], shares, random[1:2])
            _draw(bands[name], shares, random[::2])

    draw()
    overlay.observe(draw, "_game")
    return figure


def _draw(mark: Any, shares: npt.NDArray[np.float64], lines: npt.NDArray[np.float32]) -> None:
    """Set a mark's lines, float [steps] or [k, steps]; what is not known yet is not there."""
    with mark.hold_sync():
        mark.visible = lines.shape[-1:] == shares.shape and lines.size > 0
        if mark.visible:
            mark.x, mark.y = shares, lines[0] if lines.ndim == 2 and len(lines) == 1 else lines


def _numbers(wired: Any) -> npt.NDArray[np.float32]:
    """An array as it travels; none where there is none."""
    if not wired:
        return np.empty(0, dtype=np.float32)
    return np.frombuffer(wired["data"], dtype=wired["dtype"]).reshape(wired["shape"])
