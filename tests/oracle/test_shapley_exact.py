"""Permutation Shapley values against the definition, by enumerating every coalition."""

import math

import pytest
import torch

from tests.oracle.closed import estimates, exact_shapley, game_of, problem_of, table_game
from xaiwidgets.engine.methods import METHODS
from xaiwidgets.engine.shapley import ENUMERATED


def shapley(function, players, **request):
    game, asked = game_of(function, players)
    run, made = estimates(problem_of(game=game), "permutation_shap", **request)
    return run, made, asked


@pytest.mark.parametrize("players", range(1, ENUMERATED + 1))
@pytest.mark.parametrize("seed", range(5))
def test_few_features_get_exact_values_from_each_coalition_once(players, seed):
    function = table_game(players, seed=seed)
    run, made, asked = shapley(function, players, seed=seed)
    assert torch.allclose(made[-1].values, exact_shapley(function, players), atol=1e-12)
    assert (made[-1].kind, made[-1].error.tolist(), run.stopped_by) == ("exact", [0.0] * players, "complete")
    # The full coalition is known from setting up; the walks of the first pair share their ends.
    assert len(set(asked)) == len(asked) == 2**players - 1
    assert run.pace.evaluations == 2**players


@pytest.mark.parametrize("players", range(ENUMERATED + 1, 10))
@pytest.mark.parametrize("seed", range(5))
def test_many_features_converge_to_the_exact_values_inside_the_band(players, seed):
    function = table_game(players, seed=seed)
    _, made, _ = shapley(function, players, seed=seed, tolerance=1e-9, budget=6000)
    truth, last = exact_shapley(function, players), made[-1]
    assert last.kind == "band"
    # Twice the 95 % band is passed once in ten thousand values.
    assert torch.all((last.values - truth).abs() <= 2 * last.error)
    # Fifteen times the evaluations: a quarter of the error.
    early = [one for one in made if one.kind == "band"][200 // (players - 1)]
    assert last.relative_error < early.relative_error / 2


@pytest.mark.parametrize("players", [2, 5, 8, 12])
def test_values_of_every_complete_pair_add_up_to_the_change_in_score(players):
    function = table_game(players, seed=players)
    _, made, _ = shapley(function, players, budget=600, tolerance=1e-9)
    ends = torch.stack([torch.zeros(players, dtype=torch.bool), torch.ones(players, dtype=torch.bool)])
    none, whole = function(ends).tolist()
    complete = [one for one in made if not torch.isnan(one.values).any()]
    assert len(complete) >= 2
    for one in complete:
        assert float(one.values.sum()) == pytest.approx(whole - none, abs=1e-9)
        assert one.baseline_output == none


@pytest.mark.parametrize("players", [3, 9])
def test_an_additive_game_is_exact_after_one_pair(players):
    weights = torch.arange(1.0, players + 1, dtype=torch.float64) * torch.tensor([1, -1] * players)[:players]
    run, made, _ = shapley(lambda masks: masks.double() @ weights + 3, players)
    first = next(one for one in made if not torch.isnan(one.values).any())
    assert torch.allclose(first.values, weights, atol=1e-12)
    assert made[-1].relative_error < 1e-12
    # Two pairs that agree are what it takes to know, where not everything was enumerated.
    assert run.pace.evaluations <= max(2**ENUMERATED, 2 + 4 * (players - 1))


@pytest.mark.parametrize("players", [5, 8])
def test_a_dummy_gets_nothing_and_twins_get_the_same(players):
    inner = table_game(players - 2, seed=3)

    def function(masks):
        # The last feature does nothing; the two before it are one and the same.
        twins = masks[:, players - 3] & masks[:, players - 2]
        return inner(torch.cat([masks[:, : players - 3], twins[:, None]], dim=1))

    run, made, _ = shapley(function, players, tolerance=0.01, budget=4000)
    last = made[-1]
    assert float(last.values[-1]) == pytest.approx(0.0, abs=1e-12)
    apart = abs(float(last.values[players - 3] - last.values[players - 2]))
    assert apart <= 2 * math.hypot(*last.error[players - 3 : players - 1].tolist()) + 1e-12
    assert run.stopped_by in {"complete", "tolerance", "budget"}


def test_a_real_sentence_of_eight_tokens(sentiment):
    problem = sentiment.problem("a warm and funny film about nothing .", target="positive")
    game = problem.game
    assert game.players == 8
    truth = exact_shapley(lambda masks: torch.cat([game.values(part) for part in masks.split(32)]).double(), 8)
    run, made = estimates(problem, "permutation_shap", tolerance=0.05, budget=3000)
    last = made[-1]
    assert run.stopped_by == "tolerance"
    assert torch.all((last.values - truth).abs() <= 2 * last.error)
    assert float((last.values - truth).abs().sum()) <= 0.05 * float(truth.abs().sum())


def test_the_seed_decides_the_order():
    function = table_game(9, seed=0)
    same = [shapley(function, 9, seed=5, budget=100)[1][-1].values for _ in range(2)]
    other = shapley(function, 9, seed=6, budget=100)[1][-1].values
    assert torch.equal(*same)
    assert not torch.equal(same[0], other)


def test_the_default_limits_are_the_catalogues():
    method = METHODS["permutation_shap"]
    run, made, _ = shapley(table_game(12, seed=1), 12)
    assert run.stopped_by in {"tolerance", "budget"}
    assert run.pace.evaluations <= method.budget
    if run.stopped_by == "tolerance":
        assert made[-1].relative_error <= method.tolerance
