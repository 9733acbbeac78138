"""What coalition methods owe to their axioms, whatever the game: and that batches and seeds change no number."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.oracle.closed import GAME_METHODS, estimates, game_of, problem_of, run_of, table_game
from tests.oracle.games import network_game
from xaiwidgets.engine.run import Limits

PLAYERS = 7
ENOUGH = 4000
ADDS_UP = [name for name in ("kernel_shap", "permutation_shap", "owen", "shapley_interactions") if name in GAME_METHODS]
IN_THE_END_EXACT = [
    name
    for name in ("kernel_shap", "lime", "banzhaf", "owen", "shapley_interactions", "occlusion")
    if name in GAME_METHODS
]
SYMMETRIC = [name for name in IN_THE_END_EXACT if name != "owen"]


def final(function, method, **request):
    game, _ = game_of(function, PLAYERS)
    _, made = estimates(problem_of(game=game), method, tolerance=1e-12, budget=ENOUGH, **request)
    return made[-1]


@pytest.mark.parametrize("method", ADDS_UP)
def test_efficiency(method):
    function = table_game(9, seed=1)
    game, _ = game_of(function, 9)
    _, made = estimates(problem_of(game=game), method, budget=120, tolerance=1e-12)
    none, whole = function(torch.tensor([[False] * 9, [True] * 9])).tolist()
    last = [one for one in made if not bool(one.values.isnan().any())][-1]
    assert float(last.values.sum()) == pytest.approx(whole - none, abs=1e-8)


@pytest.mark.parametrize("method", SYMMETRIC)
def test_symmetry(method):
    inner = table_game(PLAYERS - 1, seed=2)

    def twins(masks):
        # The last two features can be exchanged.
        either = masks[:, -1] | masks[:, -2]
        return inner(torch.cat([masks[:, :-2], either[:, None]], dim=1)) + (masks[:, -1] & masks[:, -2]).double()

    values = final(twins, method).values
    assert float(values[-1]) == pytest.approx(float(values[-2]), abs=1e-6)


@pytest.mark.parametrize("method", [name for name in IN_THE_END_EXACT if name != "lime"])
def test_a_dummy_gets_what_it_adds(method):
    inner = table_game(PLAYERS - 1, seed=3)
    last = final(lambda masks: inner(masks[:, :-1]) + 0.25 * masks[:, -1].double(), method)
    assert float(last.values[-1]) == pytest.approx(0.25, abs=1e-6)
    pairs = last.details.get("interactions")
    if pairs is not None:
        assert float(pairs[-1].abs().max()) < 1e-6


def test_to_lime_a_dummy_is_nearly_nothing():
    # Not exactly: lime samples by size, so whether a feature is there says something of the others; and it shrinks.
    inner = table_game(PLAYERS - 1, seed=3)
    values = final(lambda masks: inner(masks[:, :-1]), "lime").values
    assert float(values[-1].abs()) < 0.25 * float(values[:-1].abs().max())


@pytest.mark.parametrize("method", IN_THE_END_EXACT)
def test_linearity(method):
    one, other = table_game(PLAYERS, seed=4), network_game(PLAYERS, seed=5)
    together = final(lambda masks: 2 * one(masks) - 3 * other(masks), method).values
    apart = 2 * final(one, method).values - 3 * final(other, method).values
    torch.testing.assert_close(together, apart, rtol=0, atol=1e-6)


@pytest.mark.parametrize("method", GAME_METHODS)
def test_the_batch_size_changes_no_number(method):
    function, made = network_game(10, seed=6), []
    for size in (1, 5, 64):
        game, _ = game_of(function, 10)
        run = run_of(problem_of(game=game), method, seed=2)
        run.pace._largest = run.pace._size = size
        list(run.advance(Limits(budget=90, tolerance=1e-12), cancelled=lambda: False))
        made.append(run.estimate)
    for one in made[1:]:
        np.testing.assert_allclose(one.values, made[0].values, rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(one.error, made[0].error, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("method", GAME_METHODS)
def test_the_same_seed_gives_the_same_numbers(method):
    function, made = table_game(9, seed=7), []
    for _ in range(2):
        game, _ = game_of(function, 9)
        made.append(estimates(problem_of(game=game), method, budget=80, tolerance=1e-12, seed=11)[1][-1])
    np.testing.assert_array_equal(made[0].values, made[1].values)
    np.testing.assert_array_equal(made[0].error, made[1].error)


@pytest.mark.parametrize("method", GAME_METHODS)
def test_a_constant_game_attributes_nothing(method):
    game, _ = game_of(lambda masks: torch.full((len(masks),), 3.5, dtype=torch.float64), 8)
    _, made = estimates(problem_of(game=game), method, budget=100)
    assert float(made[-1].values.abs().max()) < 1e-9


@pytest.mark.parametrize("method", GAME_METHODS)
@pytest.mark.parametrize("players", [1, 2, 3])
def test_one_two_and_three_features(method, players):
    weights = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)[:players]
    game, _ = game_of(lambda masks: masks.double() @ weights, players)
    options = {"window": 1} if method == "sliding_windows" else {"ridge": 0.0} if method == "lime" else {}
    run, made = estimates(problem_of(game=game), method, tolerance=1e-12, **options)
    torch.testing.assert_close(made[-1].values, weights, rtol=0, atol=1e-6)
    assert run.stopped_by in {"complete", "tolerance"}
    assert not math.isnan(made[-1].relative_error)


@pytest.mark.parametrize("method", GAME_METHODS)
def test_features_without_places_are_as_good(method):
    if method == "sliding_windows":
        method = "occlusion"
    game, _ = game_of(network_game(8, seed=0), 8)
    _, made = estimates(problem_of(game=replace(game, positions=None)), method, budget=60, tolerance=1e-9)
    assert bool(made[-1].values.isfinite().all())
