"""The embedding scatter beside jupyter-scatter and bqplot: bytes, seconds to the picture, CPU of a frame; one thread.

Aims: 1 M points: payload ≤ 9 MB, first paint ≤ 1 s after the data arrive, a frame of a pan ≤ 120 ms CPU where a GPU is
imitated; ≤ 16 ms at 100 k, and a third of the others' at most. t-SNE at 10 k: first frame ≤ 0.5 s, stop ≤ 200 ms and
one iteration. A point's neighbours ≤ 20 ms at 70 k × 384, all distortion at 10 k ≤ 2 s. Exported page of 10 k points
≤ 1 MB, front end ≤ 60 kB.
"""

import os
import statistics
import sys
import tempfile
import time
import types
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from sklearn.datasets import load_digits

import xaiwidgets as xw
from tests.benchmarks._scatter_page import lab, shown
from tests.benchmarks._wire import wired
from tests.benchmarks.projection import embedded
from xaiwidgets.widgets.front_end import STATIC

MILLION, MANY, FEW = 1_000_000, 100_000, 10_000
EMBEDDED = 70_000
ASKED, STOPS = 20, 5
PATIENCE = 120.0
SHOWN = (
    ("ours", MANY, 60),
    ("jupyter-scatter", MANY, 30),
    ("bqplot", MANY, 3),
    ("ours", MILLION, 40),
    ("jupyter-scatter", MILLION, 8),
)
"""What is shown in JupyterLab, of how many points, and so many frames of a pan."""


def given(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Points of ten groups in the plane, float32 [n, 2], and their categories, int64 [n]."""
    generator = np.random.default_rng(0)
    codes = generator.integers(0, 10, count)
    points = generator.normal(size=(10, 2))[codes] * 2 + generator.normal(size=(count, 2)) * 0.6
    return points.astype(np.float32), codes


def jupyter_scatter(points: np.ndarray, codes: np.ndarray):
    """jupyter-scatter's widget over the same points."""
    # It imports pyarrow, 170 MB on disk, for label tables, which are not shown here.
    sys.modules.setdefault("pyarrow", types.ModuleType("pyarrow"))
    import jscatter

    colours = pd.Series(codes).astype("category")
    scatter = jscatter.Scatter(x=points[:, 0], y=points[:, 1], color_by=colours, height=460, legend=False)
    # A drag pans; one that begins slowly would be a lasso.
    return scatter.lasso(on_long_press=False).widget


def bqplot(points: np.ndarray, codes: np.ndarray):
    """bqplot's Scatter over the same points, as large as jupyter-scatter's, 3 pixels across; a drag pans."""
    import bqplot as bq

    scales = {"x": bq.LinearScale(), "y": bq.LinearScale(), "color": bq.ColorScale()}
    mark = bq.Scatter(x=points[:, 0], y=points[:, 1], color=codes, scales=scales, default_size=9, stroke_width=0)
    pan = bq.PanZoom(scales={"x": [scales["x"]], "y": [scales["y"]]})
    return bq.Figure(marks=[mark], interaction=pan, layout={"width": "100%", "height": "460px"})


PEERS = {"jupyter-scatter": jupyter_scatter, "bqplot": bqplot}


def measure() -> Iterator[str]:
    """Rows of the table."""
    torch.set_num_threads(1)
    yield _load()
    with wired(), tempfile.TemporaryDirectory() as folder:
        yield from _payload()
        yield from _moving()
        yield from _near()
        yield from _measured()
        yield from _exported(Path(folder))
    sizes = [(STATIC / f"embedding_scatter.{kind}").stat().st_size / 1000 for kind in ("js", "css")]
    yield f"front end: embedding_scatter.js {sizes[0]:.1f} kB, embedding_scatter.css {sizes[1]:.1f} kB"
    yield from _drawn()
    yield _load()


def _payload() -> Iterator[str]:
    for count in (MANY, MILLION):
        points, codes = given(count)
        ours = xw.EmbeddingScatter(points, projection=None, labels=codes)
        _until(lambda ours=ours: ours.comm.of("_colours"))
        ours.stop()
        ours.wait()
        took = {"ours": ours.comm.size} | {name: _sent(make(points, codes)) for name, make in PEERS.items()}
        sizes = ", ".join(f"{name} {size / 1e6:.2f} MB" for name, size in took.items())
        yield f"{count} points in the plane, 10 categories, on the wire: {sizes}"
        ours.close()


def _sent(widget) -> int:
    """bqplot's points are in its figure's mark."""
    return sum(one.comm.size for one in (widget, *getattr(widget, "marks", ())))


def _moving() -> Iterator[str]:
    """t-SNE, from the moment the widget is asked for."""
    points = embedded(FEW)
    start, cpu = time.perf_counter(), time.process_time()
    scatter = xw.EmbeddingScatter(points, projection="tsne")
    _until(lambda: scatter.comm.of("_cloud"))
    cpu = time.process_time() - cpu
    first = scatter.comm.of("_cloud")[0].when - start
    yield f"t-SNE, {FEW} × 384: first picture sent {1e3 * first:.0f} ms after the call, {1e3 * cpu:.0f} ms CPU"
    stops = {"before it moves": [_stopped(scatter, wait=0.15) for _ in range(STOPS)]}
    _until(lambda: _cloud(scatter)["iteration"] > 0)
    stops["while it moves"] = [_stopped(scatter, wait=0.4) for _ in range(STOPS)]
    before, start, cpu = _cloud(scatter)["iteration"], time.perf_counter(), time.process_time()
    _until(lambda: _cloud(scatter)["iteration"] >= before + 50)
    wall, cpu = time.perf_counter() - start, time.process_time() - cpu
    iterations = _cloud(scatter)["iteration"] - before
    sent = [message for message in scatter.comm.of("_cloud") if message.when >= start]
    scatter.close()
    for when, took in stops.items():
        yield (
            f"t-SNE, {FEW} × 384: Stop to nothing of it running {when}: median {statistics.median(took):.0f} ms, most "
            f"{max(took):.0f} ms of {STOPS}"
        )
    yield (
        f"t-SNE, {FEW} × 384: an iteration {1e3 * cpu / iterations:.0f} ms CPU, {1e3 * wall / iterations:.0f} ms by "
        f"the clock; {len(sent) / wall:.1f} pictures a second, {sent[-1].size / 1000:.0f} kB each"
    )


def _stopped(scatter, *, wait: float) -> float:
    """Milliseconds from the browser's stop until the worker has let go; it goes on afterwards."""
    time.sleep(wait)
    start = time.perf_counter()
    _say(scatter, {"method": "custom", "content": {"kind": "stop"}})
    # The stopped picture is measured then, which takes seconds and is no part of the stop.
    scatter._desk.hold("measure")
    scatter.wait()
    took = 1e3 * (time.perf_counter() - start)
    _say(scatter, {"method": "custom", "content": {"kind": "resume"}})
    return took


def _near() -> Iterator[str]:
    """From the browser's wish for a point to its neighbours being sent."""
    scatter = xw.EmbeddingScatter(embedded(EMBEDDED))
    _until(lambda: scatter.comm.of("_score"))
    while_measuring = [_asked(scatter, point)[0] for point in range(ASKED)]
    scatter.stop()
    scatter.wait()
    at_rest = [_asked(scatter, point) for point in range(100, 100 + ASKED)]
    scatter.close()
    yield (
        f"neighbours of a point, {EMBEDDED} × 384: median {statistics.median(wall for wall, _ in at_rest):.1f} ms by "
        f"the clock, {statistics.median(cpu for _, cpu in at_rest):.1f} ms CPU (least "
        f"{min(cpu for _, cpu in at_rest):.1f} ms of {ASKED}); while all points are being measured median "
        f"{statistics.median(while_measuring):.0f} ms by the clock"
    )


def _asked(scatter, point: int) -> tuple[float, float]:
    before = len(scatter.comm.of("_near"))
    start, cpu = time.perf_counter(), time.process_time()
    _say(scatter, {"method": "update", "state": {"point": point}, "buffer_paths": []})
    _until(lambda: len(scatter.comm.of("_near")) > before)
    return 1e3 * (scatter.comm.of("_near")[-1].when - start), 1e3 * (time.process_time() - cpu)


def _measured() -> Iterator[str]:
    points = embedded(FEW)
    for metric in ("euclidean", "cosine"):
        begun = time.process_time()
        scatter = xw.EmbeddingScatter(points, metric=metric)
        scatter.wait()
        used = time.process_time() - begun
        wall = scatter.comm.of("_score")[-1].when - scatter.comm.of("_cloud")[-1].when
        score = scatter.comm.of("_score")[-1].state["_score"]
        scatter.close()
        yield (
            f"distortion of {FEW} × 384, PCA, {metric}: {used:.2f} s CPU with the projection, "
            f"{wall:.2f} s by the clock from the picture to the last score; {score['known']:.0%} known"
        )


def _exported(folder: Path) -> Iterator[str]:
    points = embedded(FEW)
    codes = given(FEW)[1]
    named = {"labels": {"labels": codes}, "labels and texts of 40 letters": {"labels": codes, "texts": _texts(FEW)}}
    for name, options in named.items():
        scatter = xw.EmbeddingScatter(points, **options)
        scatter.wait()
        size = scatter.to_html(folder / "page.html").stat().st_size
        scatter.close()
        yield f"exported page, {FEW} points with {name}: {size / 1e6:.2f} MB"
    digits = load_digits()
    start = time.process_time()
    scatter = xw.EmbeddingScatter(digits.data, labels=digits.target, images=digits.images / 16)
    size = scatter.to_html(folder / "page.html").stat().st_size
    scatter.close()
    yield (
        f"exported page, {len(digits.data)} digits with their pictures: {size / 1e6:.2f} MB, "
        f"{time.process_time() - start:.1f} s CPU with the projection and the distortion"
    )


def _texts(count: int) -> list[str]:
    return [f"{n:05d} a sentence of about so many letters"[:40] for n in range(count)]


def _drawn() -> Iterator[str]:
    costs = {}
    with lab() as host:
        for name, count, frames in SHOWN:
            one = shown(host, name, count, frames=frames)
            costs[name, count] = one
            painted = "" if one.painted is None else f"painted {one.painted:.2f} s after the data arrived; "
            yield f"JupyterLab, {name}, {count} points, {one.size} pixels: {painted}a frame of a pan {one.pan}"
            if one.zoom:
                yield f"  a frame of a zoom {one.zoom}"
            if name == "ours":
                yield f"  the pointer moved elsewhere in the same page: {one.still}"
    ours = costs["ours", MANY].pan.browser
    for name in PEERS:
        theirs = costs[name, MANY].pan.browser
        yield f"a frame of a pan at {MANY} points: {name} {theirs / ours:.1f} × our CPU"


def _say(scatter, data: dict) -> None:
    scatter.comm.handle_msg({"content": {"data": data}, "buffers": []})


def _cloud(scatter) -> dict:
    return scatter.comm.of("_cloud")[-1].state["_cloud"]


def _until(holds: Callable[[], object]) -> None:
    until = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > until:
            raise TimeoutError
        time.sleep(0.002)


def _load() -> str:
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
