"""Shapley interactions against shapiq's exact ones, their band, and shapiq's estimators at equal cost."""

from itertools import combinations

import numpy as np
import pytest
import torch
from shapiq.approximator import SVARMIQ, KernelSHAPIQ, PermutationSamplingSII
from shapiq.game_theory import ExactComputer

import xaiwidgets as xw
from tests.oracle.closed import Given, estimates, exact_shapley, game_of, problem_of, table_game
from tests.oracle.games import loudest_game, network_game


def interactions(function, players, **request):
    game, asked = game_of(function, players)
    run, made = estimates(problem_of(game=game), "shapley_interactions", **request)
    return run, made, asked


def told(function):
    """The game as shapiq calls it."""
    return lambda masks: function(torch.tensor(np.atleast_2d(masks))).numpy()


def matrix(found, players):
    """shapiq's values of pairs as one symmetric matrix."""
    made = torch.zeros(players, players, dtype=torch.float64)
    for i, j in combinations(range(players), 2):
        made[i, j] = made[j, i] = float(found[(i, j)])
    return made


def exact(function, players):
    computer = ExactComputer(told(function), n_players=players)
    return matrix(computer("SII", order=2), players)


@pytest.mark.parametrize("players", range(2, 9))
def test_all_coalitions_give_exact_values_and_pairs(players):
    function = table_game(players, seed=players)
    run, made, asked = interactions(function, players, tolerance=1e-12)
    last = made[-1]
    torch.testing.assert_close(last.values, exact_shapley(function, players), rtol=0, atol=1e-10)
    torch.testing.assert_close(last.details["interactions"], exact(function, players), rtol=0, atol=1e-10)
    assert (last.kind, float(last.details["interaction_error"].sum()), run.stopped_by) == ("exact", 0.0, "complete")
    assert len(set(asked)) == len(asked) == 2**players - 1


@pytest.mark.parametrize("budget", [32, 64, 200])
def test_the_bands_cover(budget):
    of_pairs, of_values = [], []
    for seed in range(18):
        players = 9 + seed % 2
        function = network_game(players, seed=seed)
        _, made, _ = interactions(function, players, seed=seed, budget=budget, tolerance=1e-9)
        last, (first, second) = made[-1], torch.triu_indices(players, players, 1)
        off = (last.details["interactions"] - exact(function, players)).abs() <= last.details["interaction_error"]
        of_pairs += off[first, second].tolist()
        of_values += ((last.values - exact_shapley(function, players)).abs() <= last.error).tolist()
    assert 0.9 <= sum(of_pairs) / len(of_pairs) <= 0.99
    assert 0.9 <= sum(of_values) / len(of_values) <= 0.995


@pytest.mark.parametrize("budget", [128, 256])
def test_pairs_are_closer_than_shapiqs_estimators(budget):
    ours, theirs = [], []
    for seed in range(8):
        players = 10
        function = (network_game, loudest_game)[seed % 2](players, seed=seed)
        truth = exact(function, players)
        _, made, _ = interactions(function, players, seed=seed, budget=budget, tolerance=1e-9)
        ours.append(float((made[-1].details["interactions"] - truth).norm() / truth.norm()))
        peers = [
            estimator(players, max_order=2, index="SII", random_state=seed)
            for estimator in (KernelSHAPIQ, SVARMIQ, PermutationSamplingSII)
        ]
        found = [matrix(peer.approximate(budget, told(function)), players) for peer in peers]
        theirs.append([float((one - truth).norm() / truth.norm()) for one in found])
    assert np.median(ours) < 0.7 * np.median(theirs, axis=0).min()


def test_two_features_that_need_each_other_are_a_pair_that_can_be_saved(tmp_path):
    game, _ = game_of(lambda masks: 2.0 * (masks[:, 1] & masks[:, 4]).double() + masks[:, 0].double(), 6)
    e = xw.explain(Given(problem_of(game=game)), None, method="shapley_interactions", tolerance=1e-9)
    expected = np.zeros((6, 6))
    expected[1, 4] = expected[4, 1] = 2.0
    np.testing.assert_allclose(e.details["interactions"], expected, atol=1e-12)
    np.testing.assert_allclose(e.values, [1, 1, 0, 0, 1, 0], atol=1e-12)
    np.testing.assert_array_equal(xw.load(e.save(tmp_path / "e")).details["interactions"], e.details["interactions"])


def test_values_add_up_at_every_estimate():
    function = network_game(11, seed=4)
    _, made, _ = interactions(function, 11, budget=150, tolerance=1e-9)
    none, whole = function(torch.tensor([[False] * 11, [True] * 11])).tolist()
    for one in made:
        assert float(one.values.sum()) == pytest.approx(whole - none, abs=1e-9)
