"""Bytes: the front ends, what travels for a text, the exported file; beside Captum's HTML for the same numbers.

Aims: the token front end ≤ 40 kB, an exported sentence ≤ 300 kB, 4096 tokens ≤ 150 kB.
"""

import contextlib
import io
import json
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from captum.attr import visualization
from ipywidgets.widgets.widget import _remove_buffers

import xaiwidgets as xw
from xaiwidgets.widgets.front_end import STATIC

LICENCE = Path(__file__).parents[2] / "LICENSE"


def measure() -> Iterator[str]:
    """Rows of the table."""
    for name in sorted(path.name for path in STATIC.iterdir()):
        yield f"{name}: {(STATIC / name).stat().st_size / 1000:.1f} kB"
    prose = re.findall(r"\w+|[^\w\s]", LICENCE.read_text())
    for count in (12, 512, 4096):
        tokens = (prose * (count // len(prose) + 1))[:count]
        values = np.linspace(-1, 1, count)
        widget = xw.TokenHighlight(tokens, values)
        with tempfile.TemporaryDirectory() as folder:
            page = widget.to_html(Path(folder) / "page.html").stat().st_size
        ours, theirs = payload(widget), _captum(tokens, values)
        yield (
            f"{count} tokens: {ours / 1000:.1f} kB on the wire beside the front end, {page / 1000:.0f} kB exported; "
            f"Captum's HTML {theirs / 1000:.1f} kB, {theirs / ours:.1f} × ours"
        )


def payload(widget: xw.TokenHighlight) -> int:
    """Bytes of a widget's state without the front end, as Jupyter packs it."""
    plain, _, buffers = _remove_buffers({k: v for k, v in widget.get_state().items() if k not in {"_esm", "_css"}})
    return len(json.dumps(plain, ensure_ascii=False).encode()) + sum(len(memoryview(b).cast("B")) for b in buffers)


def _captum(tokens: list[str], values: np.ndarray) -> int:
    record = visualization.VisualizationDataRecord(values, 0.9, "1", "1", "1", float(values.sum()), tokens, 0.0)
    with contextlib.redirect_stdout(io.StringIO()):
        return len(visualization.visualize_text([record]).data.encode())
