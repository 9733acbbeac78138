"""Shapley values from so many model calls: kernel_shap against shapiq, shap and captum, on games with known values.

Every estimator plays the same games with the same seeds; a call is one coalition. The error is ‖φ̂ − φ‖ / ‖φ‖. The ratio
is ours over the best peer's of each game, the median over games; aim ≤ 0.5 up to 12 features, ≤ 0.33 from 14 on. "In
band" is the share of values that our 95 % band held. Also draws tests/benchmarks/shapley.png.
"""

import time
import warnings
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from tests.benchmarks._games import exact, large_games, small_games, table_game
from xaiwidgets.engine.kernel_shap import kernel_shap
from xaiwidgets.engine.pace import Pace
from xaiwidgets.engine.shapley import permutation_shap

BUDGETS = (64, 128, 256, 1024)
SEEDS = 5
PICTURE = Path(__file__).with_name("shapley.png")


def measure() -> Iterator[str]:
    """Rows of the tables."""
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    errors, held = defaultdict(dict), defaultdict(list)
    groups = defaultdict(list)
    for family, name, table in small_games():
        players = len(table).bit_length() - 1
        group = f"{family}, {'n ≤ 12' if players <= 12 else 'n = 14–16'}"
        groups[group].append(name)
        _play(name, group, table, errors, held)
    yield f"median relative error, {SEEDS} seeds a game; " + ", ".join(f"{len(v)} games {k}" for k, v in groups.items())
    for group, names in groups.items():
        for budget in BUDGETS:
            yield _row(group, names, budget, errors, held)
    _draw(groups, errors)
    yield f"curves drawn to {PICTURE.relative_to(Path.cwd()) if PICTURE.is_relative_to(Path.cwd()) else PICTURE}"
    yield from _large()


def _play(name, group, table, errors, held):
    truth = exact(table)
    for seed in range(SEEDS):
        for budget, estimate in ours(kernel_shap, table_game(table), BUDGETS, seed=seed).items():
            errors[name, budget].setdefault("kernel_shap", []).append(_off(estimate.values, truth))
            if estimate.kind == "band":
                held[group, budget].append(float(((estimate.values - truth).abs() <= estimate.error).double().mean()))
        for budget in BUDGETS:
            for peer, estimator in PEERS.items():
                values = estimator(table, budget, seed)
                errors[name, budget].setdefault(peer, []).append(_off(values, truth))


def ours(method, game, budgets, **options):
    """The estimate at each budget, of one run that is given more and more."""
    pace, found, last = Pace(), {}, None
    run = None
    for budget in budgets:
        pace.budget = budget
        run = run or method(game, pace, **options)
        while last is None or (last.needs and pace.evaluations + last.needs <= budget):
            last = next(run, last)
        found[budget] = last
    return found


def _shapiq(table, budget, seed):
    import shapiq

    game = _of_arrays(table)
    approximated = shapiq.KernelSHAP(n=_players(table), pairing_trick=True, random_state=seed).approximate(budget, game)
    return approximated.get_n_order_values(1)


def _shap_kernel(table, budget, seed):
    import shap

    np.random.seed(seed)  # noqa: NPY002 - what shap draws from
    n = _players(table)
    explainer = shap.KernelExplainer(_of_arrays(table), np.zeros((1, n)), silent=True)
    return explainer.shap_values(np.ones((1, n)), nsamples=budget - 2, l1_reg=False, silent=True)[0]


def _shap_permutation(table, budget, seed):
    import shap

    n = _players(table)
    masker = shap.maskers.Independent(np.zeros((1, n)))
    explainer = shap.explainers.Permutation(_of_arrays(table), masker, seed=seed)
    return explainer(np.ones((1, n)), max_evals=max(budget, 2 * n + 1), silent=True).values[0]


def _permutations(table, budget, seed):
    return ours(permutation_shap, table_game(table), (budget,), seed=seed)[budget].values.nan_to_num()


def _captum_kernel(table, budget, seed):
    return _captum("KernelShap", table, seed, n_samples=budget - 1, perturbations_per_eval=64)


def _captum_sampling(table, budget, seed):
    return _captum("ShapleyValueSampling", table, seed, n_samples=max(1, (budget - 1) // _players(table)))


def _captum(name, table, seed, **options):
    import captum.attr

    torch.manual_seed(seed)
    np.random.seed(seed)  # noqa: NPY002
    n, score = _players(table), _of_arrays(table)
    forward = lambda rows: torch.as_tensor(score(rows.numpy()))
    attribute = getattr(captum.attr, name)(forward).attribute
    return attribute(torch.ones(1, n), baselines=torch.zeros(1, n), **options)[0]


PEERS = {
    "shapiq KernelSHAP, paired": _shapiq,
    "shap KernelExplainer, l1_reg off": _shap_kernel,
    "shap Permutation": _shap_permutation,
    "antithetic permutations (ours)": _permutations,
    "captum KernelShap": _captum_kernel,
    "captum ShapleyValueSampling": _captum_sampling,
}


def _row(group, names, budget, errors, held):
    mine = [np.median(errors[name, budget]["kernel_shap"]) for name in names]
    best = [min((np.median(errors[name, budget][peer]), peer) for peer in PEERS) for name in names]
    # Where all coalitions are played there is nothing to compare.
    ratios = [m / b for m, (b, _) in zip(mine, best, strict=True) if m > 1e-9]
    peers = [peer for _, peer in best]
    often = max(set(peers), key=peers.count)
    ratio = f"ratio {np.median(ratios):.2f} (worst {max(ratios):.2f})" if ratios else "ours exact"
    inside = f"in band {100 * np.mean(held[group, budget]):.1f} %" if held[group, budget] else "in band: exact"
    return (
        f"{group:22} {budget:5} calls: ours {np.median(mine):.4f}, best peer {np.median([b for b, _ in best]):.4f} "
        f"(mostly {often}), {ratio}, {inside}"
    )


def _large():
    budgets = (128, 256, 1024, 4096)
    yield f"large games, median of {SEEDS} seeds, at {', '.join(map(str, budgets))} calls"
    for name, game, truth in large_games():
        for label, method in (("kernel_shap", kernel_shap), ("antithetic permutations", permutation_shap)):
            found, held, start = defaultdict(list), [], time.perf_counter()
            for seed in range(SEEDS):
                for budget, estimate in ours(method, game, budgets, seed=seed).items():
                    found[budget].append(_off(estimate.values.nan_to_num(), truth))
                    if estimate.kind == "band":
                        held.append(float(((estimate.values - truth).abs() <= estimate.error).double().mean()))
            took = (time.perf_counter() - start) / SEEDS
            curve = " ".join(f"{np.median(found[budget]):.4f}" for budget in budgets)
            yield f"{name:22} {label:24} {curve}, in band {100 * np.mean(held):.1f} %, {took:.1f} s a run"


def _draw(groups, errors):
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    shown = [group for group in groups if not group.startswith("noise")]
    figure, axes = plt.subplots(2, 4, figsize=(11, 5), sharey=True, layout="constrained")
    colours = dict(zip(PEERS, ("#1f5fa8", "#7fb0dc", "#8a8a8a", "#3c3c3c", "#c9a227", "#e0c878"), strict=True))
    *panels, last = axes.flat
    for axis, group in zip(panels, shown, strict=True):
        for estimator in (*PEERS, "kernel_shap"):
            mine = estimator == "kernel_shap"
            each = [[max(np.median(errors[name, b][estimator]), 1e-4) for name in groups[group]] for b in BUDGETS]
            axis.loglog(
                BUDGETS, np.median(each, axis=1), color="#d1324b" if mine else colours[estimator],
                lw=2.4 if mine else 1.3, marker="o", ms=4 if mine else 2.5,
                label="xaiwidgets kernel_shap" if mine else estimator,
            )  # fmt: skip
        axis.set_title(group, fontsize=9)
        axis.set_xticks(BUDGETS, [str(b) for b in BUDGETS], fontsize=8)
        axis.tick_params(axis="y", labelsize=8)
        axis.minorticks_off()
        axis.grid(alpha=0.25)
        axis.spines[["top", "right"]].set_visible(False)
    figure.supxlabel("model calls", fontsize=9)
    figure.supylabel("relative error of the Shapley values (0.0001 and less drawn alike)", fontsize=9)
    last.axis("off")
    last.legend(*panels[0].get_legend_handles_labels(), loc="center", fontsize=9, frameon=False)
    figure.savefig(PICTURE, dpi=90)
    plt.close(figure)


def _of_arrays(table):
    scores, places = table.numpy(), 2 ** np.arange(_players(table))
    return lambda rows: scores[(np.asarray(rows) > 0.5).astype(np.int64) @ places]


def _players(table):
    return len(table).bit_length() - 1


def _off(values, truth):
    return float((torch.as_tensor(np.asarray(values), dtype=torch.float64) - truth).norm() / truth.norm())
