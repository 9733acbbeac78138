"""The 95 % band of permutation Shapley values holds the exact value 95 times in a hundred."""

import pytest
import torch

from tests.oracle.closed import estimates, exact_shapley, game_of, problem_of, table_game
from xaiwidgets.engine.student import t_quantile


def network_game(players, *, seed):
    """A saturating network on the mask: smooth, with a few loud features, as models are."""
    generator = torch.Generator().manual_seed(seed)
    loudness = torch.exp(torch.randn(players, 1, generator=generator, dtype=torch.float64))
    first = loudness * torch.randn(players, 6, generator=generator, dtype=torch.float64) / 2
    second = torch.randn(6, generator=generator, dtype=torch.float64)
    return lambda masks: torch.tanh(masks.double() @ first) @ second


@pytest.mark.parametrize("pairs", [2, 3, 5, 20])
def test_the_band_covers(pairs):
    covered = []
    for seed in range(90):
        players = 7 + seed % 2
        family = table_game if seed % 3 else network_game
        function = family(players, seed=seed)
        game, _ = game_of(function, players)
        budget = 2 + 2 * (players - 1) * pairs
        run, made = estimates(
            problem_of(game=game), "permutation_shap", seed=1000 + seed, budget=budget, tolerance=1e-9
        )
        assert run.pace.evaluations == budget
        covered += ((made[-1].values - exact_shapley(function, players)).abs() <= made[-1].error).tolist()
    share = sum(covered) / len(covered)
    assert len(covered) >= 600
    assert 0.92 <= share <= 0.98


def test_a_run_that_stops_at_its_tolerance_is_that_good():
    # Looking again and again until the band is small could stop at a lucky moment; Σ band is wide enough to bear it.
    claimed, true = [], []
    for seed in range(60):
        function = network_game(8, seed=seed)
        game, _ = game_of(function, 8)
        run, made = estimates(problem_of(game=game), "permutation_shap", seed=seed, tolerance=0.1, budget=20_000)
        truth = exact_shapley(function, 8)
        assert run.stopped_by == "tolerance"
        claimed.append(made[-1].relative_error)
        true.append(float((made[-1].values - truth).abs().sum() / truth.abs().sum()))
    assert max(claimed) <= 0.1
    assert sum(error <= 0.1 for error in true) / len(true) >= 0.95


def test_the_band_is_students_with_one_degree_from_the_other_features():
    game, _ = game_of(table_game(8, seed=5), 8)
    _, made = estimates(problem_of(game=game), "permutation_shap", budget=2 + 14 * 6, tolerance=1e-9)
    means = [made[i].values for i in range(len(made)) if i + 1 == len(made) or made[i + 1].values is not made[i].values]
    means = [mean for mean in means if not mean.isnan().any()][-6:]
    pairs = torch.stack([k * mean - (k - 1) * means[k - 2] if k > 1 else mean for k, mean in enumerate(means, 1)])
    variance = pairs.var(0)
    moderated = (5 * variance + variance.mean()) / 6
    expected = 2.446911851 * (moderated / 6).sqrt()
    torch.testing.assert_close(made[-1].error, expected, rtol=1e-6, atol=1e-9)
    assert made[-1].relative_error == pytest.approx(float(expected.sum() / made[-1].values.abs().sum()))


def test_the_error_is_unknown_until_two_pairs_are_complete():
    game, _ = game_of(table_game(8, seed=2), 8)
    run, made = estimates(problem_of(game=game), "permutation_shap", budget=2 + 14 + 13)
    assert all(one.kind == "unknown" and torch.isnan(one.error).all() for one in made)
    assert run.stopped_by == "budget"


# Two-sided 95 % and 99 % points of Student's t, as printed in every table.
TABLE = {
    0.95: {1: 12.706204736, 2: 4.302652730, 3: 3.182446305, 4: 2.776445105, 5: 2.570581836, 10: 2.228138852,
           29: 2.045229642, 30: 2.042272456, 100: 1.983971519, 1000: 1.962339081},
    0.99: {1: 63.656741163, 2: 9.924843201, 3: 5.840909310, 7: 3.499483297, 30: 2.749995654, 120: 2.617421145},
}  # fmt: skip


@pytest.mark.parametrize("coverage", TABLE)
def test_quantiles_of_students_t(coverage):
    for degrees, quantile in TABLE[coverage].items():
        assert t_quantile(degrees, coverage) == pytest.approx(quantile, abs=1e-6), degrees
