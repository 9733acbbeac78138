"""When a run stops, and what it says ended it."""

import math
import time
from dataclasses import replace

import numpy as np
import pytest
import torch

import xaiwidgets as xw
from tests.oracle.closed import PLAIN_METHODS, Given, estimates, field_of, game_of, problem_of, run_of, table_game
from xaiwidgets.engine.limits import Limits
from xaiwidgets.engine.methods import METHODS
from xaiwidgets.errors import MethodError


def rough_problem(players=9):
    """Both faces, and no method is through in a few evaluations."""
    game, _ = game_of(table_game(players, seed=0), players)
    point = torch.linspace(1, 2, players, dtype=torch.float64)
    field, _ = field_of(lambda x: torch.sin(7 * x).prod(-1) + torch.relu(x - 0.77).sum(-1), point, 0 * point)
    return problem_of(game=game, field=field)


@pytest.mark.parametrize("method", PLAIN_METHODS)
@pytest.mark.parametrize("budget", [2, 3, 4, 5, 7, 10, 16, 17, 40, 101])
def test_a_budget_is_never_exceeded(method, budget):
    run, made = estimates(rough_problem(), method, budget=budget, tolerance=1e-12)
    assert len(made) >= 1
    assert run.pace.evaluations <= budget
    assert run.stopped_by in {"budget", "complete"}


@pytest.mark.parametrize("method", PLAIN_METHODS)
def test_there_is_a_chance_to_stop_after_every_model_call(method):
    problem, calls = rough_problem(), []
    values, value_and_grad = problem.game.values, problem.field.value_and_grad
    problem = replace(
        problem,
        game=replace(problem.game, values=lambda masks: calls.append(0) or values(masks)),
        field=replace(problem.field, value_and_grad=lambda points: calls.append(0) or value_and_grad(points)),
    )
    run, before = run_of(problem, method), 0
    for _ in run.advance(Limits(tolerance=1e-12, budget=200), cancelled=lambda: False):
        assert len(calls) <= before + 1
        before = len(calls)


@pytest.mark.parametrize("budget", [4, 5, 6, 9, 10, 17, 18])
def test_a_path_uses_its_budget_up_to_the_last_pair_of_points(budget):
    run, made = estimates(rough_problem(), "integrated_gradients", budget=budget, tolerance=1e-12)
    assert run.stopped_by == "budget"
    assert budget - 1 <= run.pace.evaluations <= budget
    assert made[-1].needs > budget - run.pace.evaluations


@pytest.mark.parametrize("method", PLAIN_METHODS)
def test_the_first_estimate_takes_one_evaluation_more_than_setting_up(method):
    run = run_of(rough_problem(), method)
    first = next(run.advance(Limits(), cancelled=lambda: False))
    assert run.pace.evaluations == 2
    assert bool(torch.isfinite(first.values).any())


def test_a_budget_too_small_for_any_estimate_is_refused():
    with pytest.raises(MethodError, match=r"budget=1 .*at least 2"):
        xw.explain(Given(rough_problem()), None, method="occlusion", budget=1)


@pytest.mark.parametrize("method", ["integrated_gradients", "permutation_shap"])
def test_the_first_estimate_within_the_tolerance_is_the_last(method):
    run, made = estimates(rough_problem(), method, tolerance=0.4, budget=10_000)
    assert run.stopped_by == "tolerance"
    assert made[-1].relative_error <= 0.4
    assert all(math.isnan(one.relative_error) or one.relative_error > 0.4 for one in made[:-1])


@pytest.mark.parametrize("method", ["saliency", "input_x_gradient", "occlusion"])
def test_a_method_with_an_end_ignores_the_tolerance_and_completes(method):
    run, made = estimates(rough_problem(), method, tolerance=0.5)
    assert run.stopped_by == "complete"
    assert not torch.isnan(made[-1].values).any()


def test_a_path_is_refined_to_the_finest_pieces_and_no_further():
    run, made = estimates(rough_problem(), "integrated_gradients", tolerance=1e-300, budget=10**6)
    assert (run.stopped_by, made[-1].needs) == ("complete", 0)
    assert run.pace.evaluations == 2**13 + 2


def test_a_time_limit_counts_from_when_the_run_advances():
    game, _ = game_of(table_game(12, seed=0), 12)
    e = xw.explain(
        Given(problem_of(game=game)), None, method="permutation_shap", tolerance=1e-9, budget=10**9, within="0.1s"
    )
    assert e.stopped_by == "within"
    assert e.parameters["within"] == 0.1
    assert e.evaluations > 2


def test_setting_up_is_part_of_the_time():
    run = run_of(rough_problem(), "permutation_shap")
    made = list(run.advance(Limits(within=5, since=time.perf_counter() - 6), cancelled=lambda: False))
    assert (len(made), run.stopped_by) == (1, "within")


@pytest.mark.parametrize("method", ["permutation_shap", "integrated_gradients"])
def test_a_time_is_spent_and_the_methods_own_limits_do_not_end_it_earlier(method):
    own = METHODS[method]
    run = run_of(rough_problem(), method)
    calls = []
    made = run.advance(Limits(within=3600), cancelled=lambda: len(calls) > 400)
    best = [calls.append(0) or one for one in made][-1]
    assert run.stopped_by in {"cancelled", "complete"}
    assert run.pace.evaluations > own.budget or best.relative_error < own.tolerance / 10


@pytest.mark.parametrize("method", PLAIN_METHODS)
def test_every_method_runs_on_a_time_alone(method):
    run, calls = run_of(rough_problem(), method), []
    for _ in run.advance(Limits(within=3600), cancelled=lambda: len(calls) > 20):
        calls.append(0)
    assert run.stopped_by in {"cancelled", "complete"}
    assert bool(torch.isfinite(run.estimate.values).all())


@pytest.mark.parametrize(("limits", "met"), [({"budget": 40}, "budget"), ({"tolerance": 0.4}, "tolerance")])
def test_limits_that_are_given_beside_a_time_do_end_it_earlier(limits, met):
    run = run_of(rough_problem(), "permutation_shap")
    list(run.advance(Limits(within=3600, **limits), cancelled=lambda: False))
    assert run.stopped_by == met


def test_cancelling_keeps_what_there_is():
    run = run_of(rough_problem(), "permutation_shap")
    flags = iter([False, False, False, True])
    made = list(run.advance(Limits(), cancelled=lambda: next(flags)))
    assert (len(made), run.stopped_by) == (3, "cancelled")
    assert run.explanation().stopped_by == "cancelled"


def test_the_catalogues_limits_hold_when_none_are_given():
    run, _ = estimates(rough_problem(), "permutation_shap")
    assert run.stopped_by == "budget"
    assert run.pace.evaluations == METHODS["permutation_shap"].budget


def test_errors_are_as_exact_as_values():
    for method in PLAIN_METHODS:
        _, made = estimates(rough_problem(), method, budget=40)
        assert {one.values.dtype for one in made} == {one.error.dtype for one in made} == {torch.float64}, method


def test_an_input_without_features_is_complete_at_once():
    game, asked = game_of(lambda masks: torch.ones(len(masks), dtype=torch.float64), 0)
    e = xw.explain(Given(problem_of(game=game)), None)
    assert (e.values.shape, e.features, e.stopped_by, e.evaluations, asked) == ((0,), (), "complete", 1, [])


@pytest.mark.parametrize(
    ("given", "seconds"), [(2, 2.0), (0.5, 0.5), ("2s", 2.0), (" 500 ms ", 0.5), ("1min", 60.0), ("1.5", 1.5)]
)
def test_times_that_can_be_read(given, seconds):
    job = xw.start(Given(rough_problem()), None, method="saliency", within=given)
    assert job.result(5).parameters == {"within": seconds}


@pytest.mark.parametrize("number", [np.float32(0.25), np.float64(0.25), np.int64(50), 50])
def test_numbers_of_any_kind_are_limits(number, tmp_path):
    name = "budget" if number > 1 else "tolerance"
    e = xw.explain(Given(rough_problem()), None, method="integrated_gradients", **{name: number})
    assert e.parameters == {name: number}
    assert xw.load(e.save(tmp_path / "e")).parameters == {name: number}


@pytest.mark.parametrize(
    "wrong",
    [
        {"tolerance": 0},
        {"tolerance": -0.1},
        {"tolerance": math.nan},
        {"tolerance": "tight"},
        {"budget": 0},
        {"budget": -5},
        {"budget": "many"},
        {"budget": True},
        {"budget": 20.5},
        {"within": 0},
        {"within": "soon"},
        {"within": "1.2.3"},
        {"within": "2 h"},
        {"within": [1]},
    ],
)
def test_a_bad_limit_is_one_sentence_that_names_it(wrong):
    ((name, value),) = wrong.items()
    with pytest.raises(MethodError) as caught:
        xw.explain(Given(rough_problem()), None, method="saliency", **wrong)
    told = str(caught.value)
    assert told.startswith(f"{name}={value!r}")
    assert told.endswith(".")
    assert "\n" not in told
