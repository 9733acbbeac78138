"""How often the 95 % band of Shapley values holds the true one: at least 200 runs a family of games and budget.

Nominal is 95; aim 92 to 98. A run whose error is unknown at a budget shows no band and is not counted.
"""

from collections import defaultdict
from collections.abc import Iterator

import torch

from tests.benchmarks._games import exact, small_games, table_game
from tests.benchmarks.shapley import ours
from xaiwidgets.engine.kernel_shap import kernel_shap
from xaiwidgets.engine.shapley import permutation_shap

BUDGETS = (32, 64, 128, 256, 512)
RUNS = 200


def measure() -> Iterator[str]:
    """Rows of the table."""
    torch.set_num_threads(1)
    families = defaultdict(list)
    for family, _, table in small_games():
        families[family].append(table)
    yield f"share of values within the band at {', '.join(map(str, BUDGETS))} evaluations, {RUNS} runs or more a family"
    for method in (kernel_shap, permutation_shap):
        for family, tables in families.items():
            held = defaultdict(list)
            for table in tables:
                truth = exact(table)
                for seed in range(-(-RUNS // len(tables))):
                    for budget, estimate in ours(method, table_game(table), BUDGETS, seed=seed).items():
                        if estimate.kind == "band":
                            inside = (estimate.values - truth).abs() <= estimate.error
                            held[budget].append(float(inside.double().mean()))
            shares = " ".join(_percent(held[budget]) for budget in BUDGETS)
            yield f"{method.__name__:17} {family:11} ({len(tables)} games) {shares}"


def _percent(held):
    return f"{100 * sum(held) / len(held):5.1f}" if held else "    –"
