"""LIME against lime's own regression, and its band against what infinitely many samples give."""

import math
import re

import numpy as np
import pytest
import torch
from lime.lime_base import LimeBase
from sklearn.linear_model import Ridge
from sklearn.metrics import pairwise_distances

import xaiwidgets as xw
from tests.oracle.closed import Given, estimates, game_of, problem_of, table_game
from tests.oracle.games import every_coalition, loudest_game, network_game
from xaiwidgets.engine import lime as ours
from xaiwidgets.engine.coalitions import Coalitions
from xaiwidgets.errors import MethodError


def kernel(distance, width=25.0):
    """As in lime.lime_text."""
    return np.sqrt(np.exp(-(distance**2) / width**2))


def distances(present):
    """As in lime.lime_text: cosine to the whole input, in hundredths."""
    return pairwise_distances(present, np.ones((1, present.shape[1])), metric="cosine").ravel() * 100


def lime_expects(function, players, *, width=25.0, ridge=1.0):
    """Lime's coefficients at 5000 samples that come as often as they should: by all coalitions and lime's sampler."""
    masks = every_coalition(players)
    size = masks.sum(1)
    often = np.array([1 if k == players else 4999 / players / math.comb(players, k) for k in size.tolist()])
    rows = masks.double().numpy()
    fit = Ridge(alpha=ridge).fit(rows, function(masks).numpy(), sample_weight=kernel(distances(rows), width) * often)
    return torch.tensor(fit.coef_), float(fit.intercept_)


@pytest.mark.parametrize("players", range(1, 9))
@pytest.mark.parametrize(("width", "ridge"), [(25.0, 1.0), (10.0, 50.0)])
def test_all_coalitions_give_what_lime_expects(players, width, ridge):
    function = table_game(players, seed=players)
    game, asked = game_of(function, players)
    run, made = estimates(problem_of(game=game), "lime", kernel_width=width, ridge=ridge, tolerance=1e-12)
    values, intercept = lime_expects(function, players, width=width, ridge=ridge)
    torch.testing.assert_close(made[-1].values, values, rtol=0, atol=1e-8)
    assert made[-1].details["intercept"] == pytest.approx(intercept, abs=1e-8)
    assert (made[-1].kind, run.stopped_by, len(set(asked))) == ("exact", "complete", len(asked))


@pytest.mark.parametrize("rows", [3, 20, 60])
def test_the_same_rows_and_weights_give_limes_coefficients(rows):
    players, function = 9, network_game(9, seed=0)
    game, _ = game_of(function, players)
    drawn = Coalitions(players, range(1, players), [1 / (players - 1)] * (players - 1), paired=False, seed=0)
    masks = torch.cat([torch.zeros(1, players, dtype=torch.bool), drawn.more(rows)])
    made = ours._fitted(game, drawn, function(masks), 25.0, 1.0)
    seen = ours._rows(game, drawn, function(masks), 25.0)
    frequency = seen.weights.numpy() / kernel(distances(seen.present.numpy()))
    base = LimeBase(lambda d: kernel(d) * frequency * 5000, random_state=0)
    present, scores = seen.present.numpy(), seen.scores.numpy()[:, None]
    intercept, pairs, score, _ = base.explain_instance_with_data(
        present, scores, distances(present), 0, players, feature_selection="none"
    )
    np.testing.assert_allclose(made.values, [value for _, value in sorted(pairs)], atol=1e-6)
    assert made.details["intercept"] == pytest.approx(intercept, abs=1e-6)
    assert made.details["fidelity"] == pytest.approx(score, abs=1e-6)


def test_the_fidelity_is_said():
    weights = torch.linspace(-1, 2, 8, dtype=torch.float64)
    for function, share in ((lambda masks: masks.double() @ weights, 99), (table_game(8, seed=0), -1)):
        game, _ = game_of(function, 8)
        run, made = estimates(problem_of(game=game), "lime", budget=120, tolerance=1e-9, ridge=0.0)
        (note,) = [note for note in run.explanation().notes if "linear fit" in note]
        told = int(re.search(r"explains (\d+) %", note)[1])
        assert told == round(100 * max(made[-1].details["fidelity_held_out"], 0))
        assert told > share
    assert told < 60


@pytest.mark.parametrize("budget", [32, 64, 128])
def test_the_band_covers(budget):
    covered = []
    for seed in range(80):
        family, players = (table_game, network_game, loudest_game)[seed % 3], 8 + seed % 2
        function = family(players, seed=seed % 12)
        game, _ = game_of(function, players)
        _, made = estimates(problem_of(game=game), "lime", budget=budget, tolerance=1e-9, seed=seed)
        assert made[-1].kind == "band"
        covered += ((made[-1].values - lime_expects(function, players)[0]).abs() <= made[-1].error).tolist()
    assert 0.92 <= sum(covered) / len(covered) <= 0.98


def test_the_error_is_unknown_below_two_coalitions_a_coefficient():
    game, _ = game_of(table_game(15, seed=0), 15)
    _, made = estimates(problem_of(game=game), "lime", budget=33)
    assert {one.kind for one in made} == {"unknown"}
    _, made = estimates(problem_of(game=game), "lime", budget=34)
    assert made[-1].kind == "band"


def test_fidelity_is_one_where_the_score_is_linear_and_lower_where_it_is_not():
    weights = torch.linspace(-1, 1, 9, dtype=torch.float64)
    fidelity = []
    for function in (lambda masks: masks.double() @ weights, table_game(9, seed=0)):
        game, _ = game_of(function, 9)
        e = xw.explain(Given(problem_of(game=game)), None, method="lime", budget=60, tolerance=1e-9)
        fidelity.append((e.details["fidelity"], e.details["fidelity_held_out"]))
    assert min(fidelity[0]) > 0.99
    assert fidelity[1][1] < fidelity[1][0] < 0.9


@pytest.mark.parametrize(
    ("option", "given"),
    [("kernel_width", 0), ("kernel_width", -1.0), ("kernel_width", "25"), ("ridge", -1), ("ridge", None)],
)
def test_widths_and_penalties_that_make_no_sense_are_refused(option, given):
    game, _ = game_of(table_game(3, seed=0), 3)
    with pytest.raises(MethodError, match=rf"{option}=.* was given; it must be .*lime's own is"):
        xw.explain(Given(problem_of(game=game)), None, method="lime", **{option: given})
