"""kernel_shap against exact values: closed forms, enumeration, the libraries, and how often its band is right."""

import math

import numpy as np
import pytest
import shap
import shapiq
import torch

from tests.oracle.closed import estimates, exact_shapley, game_of, problem_of, run_of, table_game
from tests.oracle.test_shapley_band import network_game
from xaiwidgets.engine.run import Limits


def solved(function, players, **request):
    game, asked = game_of(function, players)
    run, made = estimates(problem_of(game=game), "kernel_shap", **request)
    return run, made[-1], asked


def off(values, truth):
    return float((torch.as_tensor(np.asarray(values)) - truth).norm() / truth.norm())


@pytest.mark.parametrize("players", [1, 2, 3, 4, 5, 6])
def test_few_features_are_exact_and_no_coalition_is_played_twice(players):
    function = table_game(players, seed=players)
    run, last, asked = solved(function, players, tolerance=1e-12)
    torch.testing.assert_close(last.values, exact_shapley(function, players), rtol=0, atol=1e-12)
    assert (last.kind, last.relative_error, run.stopped_by) == ("exact", 0.0, "complete")
    assert len(asked) == len(set(asked)) == 2**players - 1


@pytest.mark.parametrize("players", [8, 30])
def test_a_linear_game_is_known_once_each_feature_was_alone(players):
    weights = torch.linspace(-1, 2, players, dtype=torch.float64)
    run, last, _ = solved(lambda masks: masks.double() @ weights + 3, players, tolerance=0.001)
    torch.testing.assert_close(last.values, weights, rtol=0, atol=1e-4)
    assert run.stopped_by == "tolerance"
    assert run.pace.evaluations <= 4 * players + 8


def test_the_values_add_up_at_every_estimate():
    function = network_game(14, seed=1)
    game, _ = game_of(function, 14)
    _, made = estimates(problem_of(game=game), "kernel_shap", budget=300, tolerance=1e-9)
    rise = game.whole - float(function(torch.zeros(1, 14, dtype=torch.bool))[0])
    for estimate in made:
        assert float(estimate.values.sum()) == pytest.approx(rise, abs=1e-8)
        assert estimate.baseline_output == pytest.approx(game.whole - rise)


def test_the_first_estimate_shares_the_rise_evenly_and_claims_nothing():
    game, _ = game_of(lambda masks: masks.double().sum(1) ** 2, 5)
    _, made = estimates(problem_of(game=game), "kernel_shap")
    assert made[0].values.tolist() == [5.0] * 5
    assert made[0].kind == "unknown"
    assert torch.isnan(made[0].error).all()


def test_a_dummy_gets_nothing_and_twins_get_the_same():
    inner = network_game(9, seed=4)

    def function(masks):
        return inner(torch.cat([masks[:, :8], (masks[:, 8] & masks[:, 9])[:, None]], dim=1))

    _, last, _ = solved(function, 11, budget=700, tolerance=1e-9)
    assert abs(float(last.values[10])) <= 2 * float(last.error[10])
    assert abs(float(last.values[8] - last.values[9])) <= 2 * math.hypot(*last.error[8:10].tolist())
    assert float(last.error.max()) < 0.02 * float(last.values.abs().max())


def test_a_constant_model_is_explained_by_nothing():
    _, last, _ = solved(lambda masks: torch.full((len(masks),), 4.0, dtype=torch.float64), 9)
    assert not last.values.any()
    assert not last.error.any()
    assert last.relative_error == 0


@pytest.fixture(scope="module")
def sentence(sentiment):
    """All scores of eleven tokens' coalitions, and the Shapley values."""
    game = sentiment.problem("a gripping film with a weak ending today and no plot").game
    masks = (torch.arange(2**game.players)[:, None] >> torch.arange(game.players)) % 2 == 1
    table = torch.cat([game.values(part).double() for part in masks.split(64)])
    places = 2 ** torch.arange(game.players)
    function = lambda rows: table[(rows.long() * places).sum(-1)]
    return function, game.players, exact_shapley(function, game.players)


@pytest.mark.parametrize("budget", [64, 256])
def test_half_the_error_of_the_best_library_at_equal_calls_on_a_real_sentence(sentence, budget):
    function, players, truth = sentence
    play = lambda rows: function(torch.as_tensor(np.asarray(rows) > 0.5)).numpy()
    ours, theirs = [], {"shapiq": [], "shap": []}
    for seed in range(5):
        ours.append(off(solved(function, players, seed=seed, budget=budget, tolerance=1e-9)[1].values, truth))
        approximated = shapiq.KernelSHAP(n=players, pairing_trick=True, random_state=seed).approximate(budget, play)
        theirs["shapiq"].append(off(approximated.get_n_order_values(1), truth))
        np.random.seed(seed)  # noqa: NPY002 - what shap draws from
        explainer = shap.KernelExplainer(play, np.zeros((1, players)), silent=True)
        values = explainer.shap_values(np.ones((1, players)), nsamples=budget - 2, l1_reg=False, silent=True)[0]
        theirs["shap"].append(off(values, truth))
    assert np.median(ours) <= 0.5 * min(np.median(errors) for errors in theirs.values())


BUDGETS = (32, 64, 128, 256)


def at_budgets(function, players, *, seed):
    """The estimate at each budget, of one run that is resumed."""
    game, _ = game_of(function, players)
    run = run_of(problem_of(game=game), "kernel_shap", seed=seed)
    for budget in BUDGETS:
        *_, last = run.advance(Limits(tolerance=1e-9, budget=budget), cancelled=lambda: False)
        assert last.kind == "band"
        yield last


def test_the_band_of_a_real_sentence_covers_at_every_budget(sentence):
    function, players, truth = sentence
    held = []
    for seed in range(20):
        lasts = at_budgets(function, players, seed=seed)
        held.append([((last.values - truth).abs() <= last.error).double().mean() for last in lasts])
    # All seeds share a sentence, so its luck is in the figure; the benchmark has many games.
    assert (np.mean(held, axis=0) >= 0.88).all()


def test_the_band_covers_over_many_games_at_every_budget():
    held = []
    for seed in range(60):
        players = 9 + seed % 3
        function = network_game(players, seed=seed)
        truth = exact_shapley(function, players)
        lasts = at_budgets(function, players, seed=seed)
        held.append([((last.values - truth).abs() <= last.error).double().mean() for last in lasts])
    share = np.mean(held, axis=0)
    assert (share >= 0.92).all()
    assert (share <= 0.985).all()


@pytest.mark.parametrize("seed", range(3))
def test_where_nothing_can_be_learnt_it_is_no_worse_than_permutations(seed):
    # Independent scores: every order of interaction is as strong as chance allows.
    function = table_game(11, seed=seed)
    truth = exact_shapley(function, 11)
    for budget in (128, 512):
        ours = [off(solved(function, 11, seed=s, budget=budget, tolerance=1e-9)[1].values, truth) for s in range(5)]
        game, _ = game_of(function, 11)
        walks = [
            off(estimates(problem_of(game=game), "permutation_shap", seed=s, budget=budget)[1][-1].values, truth)
            for s in range(5)
        ]
        assert np.median(ours) <= np.median(walks)


def test_hundreds_of_features_are_sampled_on_when_no_more_can_be_learnt(monkeypatch):
    monkeypatch.setattr("xaiwidgets.engine.kernel_shap.LARGEST", 260)
    players = 200
    weights = torch.randn(players, generator=torch.Generator().manual_seed(0), dtype=torch.float64)

    def function(masks):
        there = masks.double()
        return there @ weights + 3 * (there[:, 0] * there[:, 1] * there[:, 2])

    truth = weights.clone()
    truth[:3] += 1
    game, asked = game_of(function, players)
    run = run_of(problem_of(game=game), "kernel_shap")
    made = list(run.advance(Limits(tolerance=1e-9, budget=8000), cancelled=lambda: False))
    learnt = next(one for one in made if one.kind == "band")
    assert made[-1].relative_error < learnt.relative_error
    assert off(made[-1].values, truth) < 0.05
    assert float(((made[-1].values - truth).abs() <= made[-1].error).double().mean()) >= 0.9
    assert len(asked) == run.pace.evaluations - 1
