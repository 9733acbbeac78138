"""Scatters in JupyterLab in headless Chromium without a GPU: when they are painted, and what a frame of a pan costs."""

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1] / "browser"))

from harness import chromium, jupyter_host, jupyter_page
from harness.jupyter_host import JupyterHost

ROOT = Path(__file__).parents[2]
WARM, FRAMES = 4, 40
STEP, TURN = 5, 16
"""CSS pixels of a drag from frame to frame, and after how many it turns back, so that the points stay in view."""

WHEEL = 20
"""CSS pixels that the wheel turns from frame to frame."""

MARGIN = 4
"""CSS pixels from the top of the page, where nothing listens."""

SETTLED = 2000
"""Milliseconds in which what was begun may end."""

PATIENCE = 120_000

SETUP = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
import xaiwidgets as xw
from tests.benchmarks.scatter import given, PEERS
xw.EmbeddingScatter;  # What is imported at its first use is there before anything is timed.
"""
SHOWN = {
    "ours": "w = xw.EmbeddingScatter(points, projection=None, labels=codes); w",
    "jupyter-scatter": "w = PEERS['jupyter-scatter'](points, codes); w",
    "bqplot": "w = PEERS['bqplot'](points, codes); w",
}
PLACES = {"ours": ".xai-cloud", "jupyter-scatter": ".jp-OutputArea canvas", "bqplot": ".bqplot svg, .bqplot canvas"}
DONE = {"ours": "w.stop()", "jupyter-scatter": "None", "bqplot": "None"}

# When large messages came, and in which frames something was drawn on a canvas.
WATCH = """
window.xw = { arrived: [], drawn: [], frames: new Set() };
window.WebSocket = class extends WebSocket {
    constructor(...given) {
        super(...given);
        this.addEventListener("message", ({ data }) => {
            const size = data.byteLength ?? data.size ?? data.length;
            if (size > 300000) xw.arrived.push(performance.now());
        });
    }
};
const watched = (prototype, name) => {
    const own = prototype[name];
    prototype[name] = function (...given) {
        xw.drawn.push(performance.now());
        xw.frames.add(document.timeline.currentTime);
        return own.apply(this, given);
    };
};
watched(CanvasRenderingContext2D.prototype, "putImageData");
for (const kind of [WebGLRenderingContext, WebGL2RenderingContext])
    for (const name of ["drawArrays", "drawElements"]) watched(kind.prototype, name);
"""
FRAME = "() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"
# The first frame after the last large message in which something was drawn, when it is over.
PAINTED = """async () => {
    const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    for (;;) {
        await frame();
        const since = xw.arrived.at(-1);
        if (since !== undefined && xw.drawn.some((when) => when > since)) return performance.now() - since;
    }
}"""


@dataclass(frozen=True)
class Cost:
    """Of one frame, in milliseconds.

    Attributes:
        page: CPU of the page's own thread.
        browser: CPU of all processes of the browser, the GPU's that is imitated among them.
        wall: by the clock.
        drawn: frames in which something was drawn on a canvas, a share of those that were asked for.
    """

    page: float
    browser: float
    wall: float
    drawn: float

    def __str__(self) -> str:
        return (
            f"{self.browser:.1f} ms CPU of the browser, {self.page:.1f} ms of it in the page's thread; "
            f"{self.wall:.0f} ms by the clock"
        )


@contextmanager
def lab() -> Iterator[JupyterHost]:
    """JupyterLab in a Chromium that has no GPU."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=chromium.FLAGS)
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.add_init_script(WATCH)
        with jupyter_host.lab(context, pages={}, world=Path(tempfile.mkdtemp())) as host:
            yield host
        browser.close()


@dataclass(frozen=True)
class Shown:
    """A scatter on a page.

    Attributes:
        painted: seconds from its data's arrival to the first painted frame; None where that cannot be seen.
        size: CSS pixels.
        still: of a frame in which the pointer moves elsewhere.
        pan: of a frame in which it drags the points.
        zoom: of a frame in which its wheel turns, which draws all of them anew; None where that is not looked at.
    """

    painted: float | None
    size: str
    still: Cost
    pan: Cost
    zoom: Cost | None


def shown(host: JupyterHost, name: str, count: int, *, frames: int = FRAMES) -> Shown:
    """Show so many points in a notebook of their own, and pan."""
    page = host.open([SETUP, f"points, codes = given({count})", SHOWN[name]], run=False)
    for cell in range(2):
        jupyter_page.run_cell(page, cell)
    page.evaluate("() => { xw.arrived.length = xw.drawn.length = 0; }")
    jupyter_page.run_cell(page, 2)
    place = page.locator(PLACES[name]).first
    place.wait_for(timeout=PATIENCE)
    painted = page.evaluate(PAINTED) / 1000 if name != "bqplot" else None
    jupyter_page.ask(page, "0", first=DONE[name])
    page.wait_for_timeout(SETTLED)
    place.scroll_into_view_if_needed()
    box = place.bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    still = moved(page, (box["x"] + box["width"] / 2, MARGIN), frames)
    page.mouse.move(*middle)
    page.mouse.down()
    pan = moved(page, middle, frames)
    page.mouse.up()
    # Whose wheel is the page's without being chosen has been chosen by the drag.
    zoom = moved(page, middle, frames, wheel=WHEEL) if name != "bqplot" else None
    # bqplot draws no canvas, but elements.
    assert name == "bqplot" or pan.drawn > 0.9, f"{name} drew {pan.drawn:.0%} of the frames of a drag"
    jupyter_page.shut_down_kernel(page)
    page.close()
    return Shown(painted, f"{box['width']:.0f} × {box['height']:.0f}", still, pan, zoom)


def moved(page: Page, start: tuple[float, float], frames: int, *, wheel: int = 0) -> Cost:
    """What it costs to move the pointer, or to turn its wheel so far, a step a frame, to and fro."""
    browser = page.context.browser.new_browser_cdp_session()
    own = page.context.new_cdp_session(page)
    own.send("Performance.enable", {"timeDomain": "threadTicks"})

    def spent() -> tuple[float, float, float]:
        processes = browser.send("SystemInfo.getProcessInfo")["processInfo"]
        metrics = {one["name"]: one["value"] for one in own.send("Performance.getMetrics")["metrics"]}
        return metrics["TaskDuration"], sum(one["cpuTime"] for one in processes), time.perf_counter()

    x, y = start
    for n in range(WARM + frames):
        if n == WARM:
            page.evaluate("() => xw.frames.clear()")
            before = spent()
        way = 1 if (n // TURN) % 2 == 0 else -1
        if wheel:
            page.mouse.wheel(0, -way * wheel)
        else:
            x += way * STEP
            page.mouse.move(x, y)
        page.evaluate(FRAME)
    used = [1000 * (after - one) / frames for after, one in zip(spent(), before, strict=True)]
    drawn = page.evaluate("() => xw.frames.size") / frames
    return Cost(*used, drawn)
