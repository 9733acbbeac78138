"""The saliency overlay without a browser: answers to a hidden part, the first map, a large picture's bytes; one thread.

Aims: a hidden part is answered in one forward pass + 60 ms. A picture of 4000 × 3000 takes ≤ 6 MB on the wire with its
maps. The first map is on the wire once it is computed.
"""

import statistics
import time
from collections.abc import Iterator

import numpy as np
import torch

import xaiwidgets as xw
from tests.benchmarks._wire import wired
from xaiwidgets import samples
from xaiwidgets.engine.request import requested

ASKED, SHOWN = 9, 5
FILLS = ("baseline", "blur", "mean", "noise")
SIDES = (4000, 3000)
GRAIN = 4.0
"""Grey levels of noise, as a camera's sensor leaves: an enlarged photograph alone is too easily compressed."""


def large() -> np.ndarray:
    """A photograph enlarged to 4000 × 3000, with grain, uint8 [3000, 4000, 3]."""
    from PIL import Image

    enlarged = Image.fromarray(samples.picture("motorcycle")).resize(SIDES, Image.Resampling.BICUBIC)
    grain = np.random.default_rng(0).normal(0, GRAIN, (SIDES[1], SIDES[0], 1)).astype(np.float32)
    return np.clip(np.asarray(enlarged) + grain, 0, 255).astype(np.uint8)


def measure() -> Iterator[str]:
    """Rows of the table."""
    torch.set_num_threads(1)
    adapter = samples.efficientnet()
    with wired():
        photo = large()
        yield from _hidden(adapter, samples.picture("chelsea"), "chelsea")
        yield from _hidden(adapter, photo, "4000 × 3000")
        for name in ("grad_cam", "occlusion", "integrated_gradients"):
            yield _made(adapter, samples.picture("chelsea"), f"chelsea, {name}", name)
        yield _made(adapter, photo, "4000 × 3000, grad_cam", "grad_cam")


def _hidden(adapter: xw.ImageClassifier, photo: np.ndarray, what: str) -> Iterator[str]:
    widget = xw.SaliencyOverlay(adapter, photo, method="grad_cam", trust=False)
    widget.settle()
    point = adapter.problem(photo).field.point[None]
    side = 224
    # A third of the picture, as wide as it: clear, hidden, clear.
    cover = {"height": side, "width": side, "runs": [side * 60, side * 75, side * (side - 135)]}
    forward, later, first = [], [], {}
    for fill in FILLS:
        question = {"kind": "hide", "panel": 1, "cover": cover, "fill": fill}
        first[fill] = _seconds(lambda question=question: widget._answered(question))
    for n in range(ASKED + 1):
        with torch.no_grad():
            passed = _seconds(lambda: adapter.module(point))
        asked = _seconds(lambda: widget._answered({"kind": "hide", "panel": 1, "cover": cover, "fill": "baseline"}))
        if n:
            forward.append(passed)
            later.append(asked)
    over = [a - b for a, b in zip(later, forward, strict=True)]
    yield (
        f"{what}: a hidden part answered in {1e3 * statistics.median(later):.0f} ms, one forward pass "
        f"({1e3 * statistics.median(forward):.0f} ms) {1e3 * statistics.median(over):+.0f} ms; the first time with "
        + ", ".join(f"{fill} {1e3 * seconds:.0f}" for fill, seconds in first.items())
        + " ms"
    )
    widget.close()


def _made(adapter: xw.ImageClassifier, photo: np.ndarray, what: str, method: str) -> str:
    """From the widget's making to its first map on the wire, against the same computed alone up to its first map."""
    # The layer is known and everything is imported.
    xw.explain(adapter, photo, method=method, budget=4)
    made, pictured, mapped, computed, size = [], [], [], [], 0
    for _ in range(SHOWN):
        start = time.perf_counter()
        widget = xw.SaliencyOverlay(adapter, photo, method=method, trust=False)
        made.append(time.perf_counter() - start)
        widget.settle()
        pictured.append(widget.comm.of("_picture")[0].when - start)
        filled = [one for one in widget.comm.sent if any(e["map"] or e["evaluations"] for e in _estimates(one))]
        mapped.append(filled[0].when - start)
        size = widget.comm.size
        widget.close()
        computed.append(_seconds(lambda: _first(adapter, photo, method)))
    over = [a - b for a, b in zip(mapped, computed, strict=True)]
    return (
        f"{what}: the widget is there after {1e3 * statistics.median(made):.0f} ms, its picture on the wire after "
        f"{1e3 * statistics.median(pictured):.0f}, its first map after {1e3 * statistics.median(mapped):.0f}: what "
        f"computing that alone takes ({1e3 * statistics.median(computed):.0f}) {1e3 * statistics.median(over):+.0f} "
        f"ms; {size / 1e6:.2f} MB in all, without the front end"
    )


def _first(adapter: xw.ImageClassifier, photo: np.ndarray, method: str) -> None:
    """The problem, and the method's first estimate."""
    asked = requested(adapter, method, {})
    next(asked.begin(adapter, photo, None).advance(asked.limits, cancelled=lambda: False))


def _estimates(message) -> list[dict]:
    return message.state.get("_estimates") or []


def _seconds(call) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
