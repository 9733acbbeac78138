"""KernelSHAP over the 49 regions of a photograph: the five that count most, against 300 permutations; one thread.

Aims: the first values within 10 evaluations; within 300, the five largest are those of the permutations in 18 of 20
seeds. Where the fifth and the sixth are closer than an error, no method of so few evaluations can tell them apart: the
row says how close they are.

The permutations take some minutes; they are kept in the system's temporary folder.
"""

import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

import xaiwidgets as xw
from xaiwidgets import samples
from xaiwidgets.engine.request import requested

PICTURES = ("chelsea", "coffee")
PERMUTATIONS, BUDGET, SEEDS, TOP = 300, 300, 20, 5
SOONER = (100, 200)
CACHE = Path(tempfile.gettempdir()) / "xaiwidgets-benchmarks"


def measure() -> Iterator[str]:
    """Rows of the table."""
    torch.set_num_threads(1)
    adapter = samples.efficientnet()
    for name in PICTURES:
        yield from _agreement(adapter, name)


def sampled(adapter: xw.ImageClassifier, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Values and their 95 % band of so many permutations, float64 [n] each."""
    path = CACHE / f"regions-{name}-{PERMUTATIONS}.npy"
    if not path.exists():
        players = adapter.grid**2
        # The score of the picture, that of nothing, and a pair of permutations at a time.
        budget = 2 + PERMUTATIONS // 2 * 2 * (players - 1)
        e = xw.explain(
            adapter, samples.picture(name), method="permutation_shap", tolerance=1e-12, budget=budget, seed=1000
        )
        CACHE.mkdir(parents=True, exist_ok=True)
        np.save(path, np.stack([e.values, e.error]))
    values, error = np.load(path)
    return values, error


def _agreement(adapter: xw.ImageClassifier, name: str) -> Iterator[str]:
    truth, band = sampled(adapter, name)
    order = np.argsort(-truth)
    wanted, fifth, sixth = set(order[:TOP].tolist()), order[TOP - 1], order[TOP]
    runs = [estimated(adapter, name, seed) for seed in range(SEEDS)]
    said = []
    for budget in (*SOONER, BUDGET):
        shared = [len(wanted & set(np.argsort(-known[budget][0])[:TOP].tolist())) for _, known in runs]
        said.append(
            f"{sum(one == TOP for one in shared)} of {SEEDS} seeds at {budget} evaluations (mean overlap "
            f"{statistics.mean(shared):.2f} of {TOP})"
        )
    yield (
        f"{name}: first values after {max(first for first, _ in runs)} evaluations; the {TOP} largest regions agree "
        f"with {PERMUTATIONS} permutations in {', '.join(said)}"
    )
    errors = [np.linalg.norm(known[BUDGET][0] - truth) / np.linalg.norm(truth) for _, known in runs]
    told = statistics.median(float(np.median(known[BUDGET][1])) for _, known in runs)
    yield (
        f"{name}: of the permutations, the fifth is {truth[fifth]:.3f} ± {band[fifth]:.3f} and the sixth "
        f"{truth[sixth]:.3f} ± {band[sixth]:.3f}, {truth[fifth] - truth[sixth]:.3f} apart; KernelSHAP's median band at "
        f"{BUDGET} is ± {told:.3f}, and it lies {100 * statistics.median(errors):.0f} % (L2) from them"
    )


def estimated(adapter: xw.ImageClassifier, name: str, seed: int) -> tuple[int, dict[int, tuple]]:
    """Evaluations to KernelSHAP's first values, and by budget the last values within it with their band."""
    asked = requested(adapter, "kernel_shap", {"tolerance": 1e-12, "budget": BUDGET, "seed": seed})
    run = asked.begin(adapter, samples.picture(name), None)
    first, known = 0, {}
    for estimate in run.advance(asked.limits, cancelled=lambda: False):
        first = first or run.pace.evaluations
        for budget in (*SOONER, BUDGET):
            if run.pace.evaluations <= budget:
                known[budget] = (estimate.values.numpy(), estimate.error.numpy())
    return first, known
