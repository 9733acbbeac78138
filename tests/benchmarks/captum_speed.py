"""xw.explain against Captum at its best batch size, equal evaluations; aim: ratio ≤ 1.

Captum runs with each of its batch sizes first. The fastest is then timed against xw.explain in turn, A B A B …, and
the median of the pairwise ratios of the time per evaluation is reported. Ours sets the problem up and finds its own
batch size in every run.
"""

import statistics
import time
from collections.abc import Callable, Iterator

import torch
from captum.attr import FeatureAblation, IntegratedGradients, ShapleyValueSampling

import xaiwidgets as xw
from tests.benchmarks._captum_problems import Problem, picture, sentence
from xaiwidgets import samples

SIZES = (1, 2, 4, 8, 16, 32)
PAIRS = 7
STEPS = 48
PERMUTATIONS = 4


def measure() -> Iterator[str]:
    """Rows of the table."""
    torch.set_num_threads(1)
    from skimage.data import chelsea

    text = "A gripping film with a wonderful cast and a dull end."
    for name, adapter, x, given in (
        ("sentiment BERT", samples.sentiment(), text, sentence),
        ("EfficientNet", samples.efficientnet(), chelsea(), picture),
    ):
        problem = given(adapter, x)
        for method, evaluations, theirs in _rivals(problem):
            yield _compared(name, adapter, x, method, evaluations, theirs)


def _rivals(p: Problem) -> Iterator[tuple[str, int, Callable[[int], object]]]:
    path, left_out, sampled = (
        IntegratedGradients(p.on_points),
        FeatureAblation(p.on_input),
        ShapleyValueSampling(p.on_input),
    )
    yield (
        "integrated_gradients",
        STEPS,
        lambda size: path.attribute(p.point, p.base, n_steps=STEPS, internal_batch_size=size),
    )
    yield (
        "occlusion",
        p.features + 1,
        lambda size: left_out.attribute(p.given, p.absent, feature_mask=p.regions, perturbations_per_eval=size),
    )
    yield (
        "permutation_shap",
        PERMUTATIONS * p.features + 1,
        lambda size: sampled.attribute(
            p.given, p.absent, feature_mask=p.regions, n_samples=PERMUTATIONS, perturbations_per_eval=size
        ),
    )


def _compared(name, adapter, x, method, evaluations, theirs) -> str:
    def ours():
        return xw.explain(adapter, x, method=method, tolerance=1e-12, budget=evaluations)

    ours()
    took = {size: min(_timed(lambda size=size: theirs(size))[0] for _ in range(2)) for size in SIZES}
    best = min(took, key=took.get)
    ratios = []
    for _ in range(PAIRS):
        seconds, e = _timed(ours)
        rival, _ = _timed(lambda: theirs(best))
        ratios.append((seconds / e.evaluations) / (rival / evaluations))
    return (
        f"{name}, {method}: ratio {statistics.median(ratios):.2f} (min {min(ratios):.2f}, max {max(ratios):.2f}, "
        f"{PAIRS} pairs) to Captum at its best size of {best}, {evaluations} evaluations in {1e3 * took[best]:.0f} ms"
    )


def _timed(call):
    start = time.perf_counter()
    result = call()
    return time.perf_counter() - start, result
