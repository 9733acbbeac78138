"""Banzhaf values against their definition and shapiq's, and their band against the exact values."""

import numpy as np
import pytest
import torch
from shapiq.game_theory import ExactComputer

from tests.oracle.closed import estimates, game_of, problem_of, table_game
from tests.oracle.games import exact_banzhaf, loudest_game, network_game


def banzhaf(function, players, **request):
    game, asked = game_of(function, players)
    run, made = estimates(problem_of(game=game), "banzhaf", **request)
    return run, made, asked


@pytest.mark.parametrize("players", range(1, 10))
def test_all_coalitions_give_exact_values(players):
    function = table_game(players, seed=players)
    run, made, asked = banzhaf(function, players, tolerance=1e-12)
    torch.testing.assert_close(made[-1].values, exact_banzhaf(function, players), rtol=0, atol=1e-12)
    assert (made[-1].kind, made[-1].error.tolist(), run.stopped_by) == ("exact", [0.0] * players, "complete")
    # The full coalition is known from setting up.
    assert len(set(asked)) == len(asked) == 2**players - 1


def test_exact_values_are_shapiqs():
    function = table_game(7, seed=3)
    theirs = ExactComputer(lambda masks: function(torch.tensor(masks)).numpy(), n_players=7)("BV", order=1)
    _, made, _ = banzhaf(function, 7)
    np.testing.assert_allclose(made[-1].values, theirs.get_n_order_values(1), atol=1e-9)


@pytest.mark.parametrize("budget", [32, 64, 128])
def test_the_band_covers(budget):
    covered = []
    for seed in range(40):
        players = 9 + seed % 3
        function = (network_game, loudest_game)[seed % 2](players, seed=seed)
        _, made, _ = banzhaf(function, players, seed=seed, budget=budget, tolerance=1e-9)
        assert made[-1].kind == "band"
        covered += ((made[-1].values - exact_banzhaf(function, players)).abs() <= made[-1].error).tolist()
    # A share of 400 values, which are not independent, is itself known to two hundredths.
    assert 0.9 <= sum(covered) / len(covered) <= 0.995


def test_it_is_closer_than_least_squares_on_as_many_coalitions():
    ours, theirs = [], []
    for seed in range(12):
        function = network_game(10, seed=seed)
        truth = exact_banzhaf(function, 10)
        _, made, _ = banzhaf(function, 10, seed=seed, budget=257, tolerance=1e-9)
        masks = torch.rand(128, 10, generator=torch.Generator().manual_seed(seed)) < 0.5
        odd = (function(masks) - function(~masks)) / 2
        fit = 2 * torch.linalg.lstsq(2 * masks.double() - 1, odd[:, None]).solution[:, 0]
        ours.append(float((made[-1].values - truth).norm() / truth.norm()))
        theirs.append(float((fit - truth).norm() / truth.norm()))
    assert np.median(ours) < 0.7 * np.median(theirs)


def test_an_additive_game_is_known_from_few_coalitions():
    weights = torch.linspace(-1, 2, 12, dtype=torch.float64)
    run, made, _ = banzhaf(lambda masks: masks.double() @ weights + 3, 12, tolerance=1e-3)
    torch.testing.assert_close(made[-1].values, weights, rtol=0, atol=1e-3)
    assert run.stopped_by == "tolerance"
    assert run.pace.evaluations < 80


def test_it_ends_where_the_fit_takes_no_more():
    run, made, _ = banzhaf(network_game(24, seed=0), 24, budget=10_000, tolerance=1e-12)
    assert run.stopped_by == "complete"
    assert run.pace.evaluations < 2100
    assert made[-1].kind == "band"
    assert "does not use more than" in made[-1].notes[0]
