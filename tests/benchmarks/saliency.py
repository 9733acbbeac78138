"""Grad-CAM, occlusion and RISE on EfficientNet at 224² beside Captum, pytorch-grad-cam and the RISE paper; one thread.

Aims: Grad-CAM ≤ 1.05 × a bare pass forward and back, and Spearman's ρ ≥ 0.999 with Captum and pytorch-grad-cam.
Occlusion and RISE in ≤ 0.75 × the time of the others at their best batch, never more than theirs.

Both sides run in turn, A B A B …: medians, and the median of the pairwise ratios, of CPU time, which other
work on the machine changes less than the clock's. With one thread the two are the same on an idle one.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import torch
from scipy.stats import spearmanr
from torch.nn import functional

import xaiwidgets as xw
from tests.benchmarks._saliency_peers import (
    bare,
    captum_cam,
    captum_occlusion,
    jacobgil_cam,
    rise_map,
    rise_masks,
)
from xaiwidgets import samples

PASSES, PAIRS = 11, 5
SIZES = (1, 4, 8, 16)
VEILS, TRIED, CELLS, KEEP = 100, 32, 7, 0.5


def measure() -> Iterator[str]:
    """Rows of the table."""
    torch.set_num_threads(1)
    adapter, photo = samples.efficientnet(), samples.picture("chelsea")
    problem = adapter.problem(photo)
    module, point, target = adapter.module, problem.field.point[None], problem.target.index

    def score(pixels):
        return module(pixels)[:, target]

    yield from _grad_cam(adapter, photo, point, target)
    regions = torch.from_numpy(problem.input["regions"]).long()[None, None]
    ways = captum_occlusion(point, problem.field.baseline[None], regions, score)
    rivals = {
        f"Captum's {name}, {size} a call": lambda way=way, size=size: way(size)
        for name, way in ways.items()
        for size in SIZES
    }
    yield _against("occlusion of 49 regions", lambda: xw.explain(adapter, photo, method="occlusion"), rivals)

    def veiled():
        return xw.explain(adapter, photo, method="rise", tolerance=1e-12, budget=VEILS + 1)

    masks = rise_masks(VEILS, point.shape[-1], CELLS, KEEP)
    # Planes, as ToTensor leaves a picture; or pixels, as our preprocessing does, which a CPU runs through in less time.
    given = {"planes": point.contiguous(), "pixels": point.contiguous(memory_format=torch.channels_last)}
    for layout, pixels in given.items():
        tried = {
            size: _timed(lambda size=size, pixels=pixels: rise_map(score, pixels, masks[:TRIED], KEEP, batch=size))[0]
            for size in SIZES
        }
        best = min(tried, key=lambda size: tried[size])
        name = f"the paper's code, {best} a call, on {layout}"

        def theirs(masks, best=best, pixels=pixels):
            return rise_map(score, pixels, masks, KEEP, batch=best)

        made = {name: lambda theirs=theirs: theirs(rise_masks(VEILS, point.shape[-1], CELLS, KEEP))}
        yield _against(f"RISE, {VEILS} masks, made by both", veiled, made)
        yield _against(f"RISE, {VEILS} masks, made by ours only", veiled, {name: lambda theirs=theirs: theirs(masks)})


def _grad_cam(adapter: xw.ImageClassifier, photo: Any, point: torch.Tensor, target: int) -> Iterator[str]:
    module = adapter.module

    def ours(layer=None):
        return xw.explain(adapter, photo, method="grad_cam", **({} if layer is None else {"layer": layer}))

    # What finds the layer is kept by the module, so the first call alone takes it.
    cold, e = _timed(ours)
    yield (
        f"grad_cam, the first call: {1e3 * cold:.0f} ms in {e.evaluations} evaluations, which look for the layer too "
        f"({e.details['layer']!r})"
    )
    # The default is the last of two runs of one module, which the others cannot tell apart.
    name = "_conv_head"
    layer = module.get_submodule(name)
    calls: dict[str, Callable[[], Any]] = {
        "a bare pass forward and back": lambda: bare(module, point, target),
        "Captum's LayerGradCam": lambda: captum_cam(module, layer, point, target),
        "pytorch-grad-cam": lambda: jacobgil_cam(module, layer, point, target),
        "ours": ours,
        f"ours at {name!r}": lambda: ours(name),
    }
    took: dict[str, list[float]] = {each: [] for each in calls}
    made: dict[str, Any] = {}
    for n in range(PASSES + 1):
        for each, call in calls.items():
            seconds, made[each] = _timed(call)
            if n:
                took[each].append(seconds)
    module.zero_grad(set_to_none=True)
    ratios = {each: _ratio(took["ours"], seconds) for each, seconds in took.items() if not each.startswith("ours")}
    yield (
        f"grad_cam, later calls: {1e3 * statistics.median(took['ours']):.0f} ms in {made['ours'].evaluations} "
        "evaluations; "
        + "; ".join(f"{ratio} {each} ({1e3 * statistics.median(took[each]):.0f} ms)" for each, ratio in ratios.items())
    )
    cells = made[f"ours at {name!r}"].details["map"]
    pixels = functional.interpolate(
        torch.from_numpy(cells)[None, None], size=point.shape[-2:], mode="bilinear", align_corners=False
    )[0, 0].numpy()
    for each, mine in (("Captum's LayerGradCam", cells), ("pytorch-grad-cam", pixels)):
        rho = spearmanr(mine.ravel(), made[each].ravel()).statistic
        yield f"grad_cam at {name!r}: ρ = {rho:.5f} with {each}, over {mine.size} values"


def _against(what: str, ours: Callable[[], Any], rivals: dict[str, Callable[[], Any]]) -> str:
    """A row: ours beside the fastest of them."""
    ours()
    quickest = {name: _timed(call)[0] for name, call in rivals.items()}
    best = min(quickest, key=lambda name: quickest[name])
    mine, theirs, made = [], [], None
    for _ in range(PAIRS):
        seconds, made = _timed(ours)
        mine.append(seconds)
        theirs.append(_timed(rivals[best])[0])
    tried = ", ".join(f"{1e3 * seconds:.0f}" for seconds in quickest.values())
    others = f"; all that were tried took {tried} ms" if len(rivals) > 1 else ""
    return (
        f"{what}: {1e3 * statistics.median(mine):.0f} ms in {made.evaluations} evaluations, {_ratio(mine, theirs)} "
        f"{best} ({1e3 * statistics.median(theirs):.0f} ms){others}"
    )


def _ratio(mine: list[float], theirs: list[float]) -> str:
    ratios = [a / b for a, b in zip(mine, theirs, strict=True)]
    return f"{statistics.median(ratios):.2f} × ({min(ratios):.2f}–{max(ratios):.2f})"


def _timed(call: Callable[[], Any]) -> tuple[float, Any]:
    start = time.process_time()
    result = call()
    return time.process_time() - start, result
