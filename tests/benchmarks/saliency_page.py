"""The saliency overlay in JupyterLab in headless Chromium: when the first map is painted, a hidden part is answered.

Aims: widget made to first map painted ≤ computing it + 100 ms; a part hidden to the scores painted ≤ one forward pass +
60 ms. A picture of 4000 × 3000: painted in the time it takes to make, and the CPU of a frame while it is moved.
"""

import statistics
from collections.abc import Iterator

from playwright.sync_api import Page

from tests.benchmarks._scatter_page import ROOT, SETTLED, jupyter_page, lab, moved

SHOWN, DABS, FRAMES = 5, 9, 30
ZOOM = 120
"""CSS pixels that the wheel turns at once, to see a part."""

SETUP = f"""
import sys, statistics, time
sys.path.insert(0, {str(ROOT)!r})
import torch
torch.set_num_threads(1)
import xaiwidgets as xw
from xaiwidgets import samples
from tests.benchmarks.saliency_wire import large
clf, chelsea, photo = samples.efficientnet(), samples.picture("chelsea"), large()
def took(call, times=7):
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return 1000 * statistics.median(seconds)
xw.SaliencyOverlay;  # What is imported at its first use is there before anything is timed.
"""
CELL = """
begun = time.time()
w = xw.SaliencyOverlay(clf, {name}, method="grad_cam", trust=False)
w
"""
# When the colours of a map were first put on a canvas, milliseconds of the epoch.
FIRST = """async (since) => {
    for (;;) {
        const first = xw.drawn.find((when) => performance.timeOrigin + when > since);
        if (first !== undefined) return performance.timeOrigin + first;
        await new Promise((done) => requestAnimationFrame(done));
    }
}"""
# From the press to the frame after the scores were last written.
LISTEN = """(widget) => {
    window.xwHide = { pressed: 0, told: 0 };
    addEventListener("pointerdown", () => { xwHide.pressed = performance.now(); xwHide.told = 0; }, true);
    new MutationObserver(() => requestAnimationFrame(() => setTimeout(() => { xwHide.told = performance.now(); })))
        .observe(widget.querySelector(".xai-changes"), { childList: true, subtree: true, characterData: true });
}"""


def measure() -> Iterator[str]:
    """Rows of the table."""
    with lab() as host:
        page = host.open([SETUP, CELL.format(name="chelsea"), CELL.format(name="photo")], run=False)
        jupyter_page.run_cell(page, 0)
        for cell, name, what in ((1, "chelsea", "chelsea"), (2, "photo", "4000 × 3000")):
            yield _painted(page, cell, name, what)
            if cell == 1:
                yield _hidden(page)
        yield _moved(page)
        jupyter_page.shut_down_kernel(page)


def _painted(page: Page, cell: int, name: str, what: str) -> str:
    painted, computed = [], []
    for n in range(SHOWN + 1):
        page.evaluate("() => { xw.drawn.length = 0; }")
        jupyter_page.run_cell(page, cell)
        begun = 1000 * jupyter_page.ask(page, "begun")
        seen = page.evaluate(FIRST, begun) - begun
        jupyter_page.ask(page, "0", first="w.wait()")
        alone = jupyter_page.ask(page, f"took(lambda: xw.explain(clf, {name}, method='grad_cam'), 3)")
        if n:
            painted.append(seen)
            computed.append(alone)
    over = [a - b for a, b in zip(painted, computed, strict=True)]
    return (
        f"{what}, grad_cam: from the call to the first map painted {statistics.median(painted):.0f} ms, what "
        f"xw.explain takes ({statistics.median(computed):.0f}) {statistics.median(over):+.0f} ms "
        f"({min(over):+.0f} to {max(over):+.0f}, {SHOWN} widgets)"
    )


def _hidden(page: Page) -> str:
    widget = jupyter_page.output(page, 1).locator(".xai").first
    widget.get_by_role("button", name="Hide a part").click()
    stage = widget.locator(".xai-stage").first
    stage.scroll_into_view_if_needed()
    box = stage.bounding_box()
    widget.evaluate(LISTEN)
    answered, passed = [], []
    for n in range(DABS + 1):
        page.mouse.click(box["x"] + box["width"] * (0.3 + 0.04 * n), box["y"] + box["height"] / 2)
        page.wait_for_function("() => xwHide.told > xwHide.pressed")
        page.wait_for_timeout(SETTLED)
        # The first one of a fill sets its problem up.
        if n:
            answered.append(page.evaluate("() => xwHide.told - xwHide.pressed"))
            passed.append(
                jupyter_page.ask(
                    page,
                    "took(lambda: clf.module(point), 5)",
                    first="point = clf.problem(chelsea).field.point[None]; torch.set_grad_enabled(False)",
                )
            )
    over = [a - b for a, b in zip(answered, passed, strict=True)]
    return (
        f"chelsea, a part hidden: painted {statistics.median(answered):.0f} ms after the press, one forward pass "
        f"({statistics.median(passed):.0f} ms) {statistics.median(over):+.0f} ms ({min(over):+.0f} to {max(over):+.0f})"
    )


def _moved(page: Page) -> str:
    stage = jupyter_page.output(page, 2).locator(".xai-stage").first
    stage.scroll_into_view_if_needed()
    box = stage.bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.click(*middle)
    page.mouse.move(*middle)
    page.mouse.wheel(0, -ZOOM)
    page.wait_for_timeout(SETTLED)
    page.mouse.down()
    pan = moved(page, middle, FRAMES)
    page.mouse.up()
    zoom = moved(page, middle, FRAMES, wheel=20)
    return f"4000 × 3000 on {box['width']:.0f} × {box['height']:.0f} pixels: a frame of a pan: {pan}; of a zoom: {zoom}"
