"""A stopped run goes on to the numbers it would have had."""

import threading
from concurrent.futures import CancelledError
from dataclasses import replace

import numpy as np
import pytest
import torch

import xaiwidgets as xw
from tests.oracle.closed import PLAIN_METHODS, Given, field_of, game_of, problem_of, run_of, table_game
from xaiwidgets.engine.limits import Limits

ENOUGH = {"integrated_gradients": 66, "permutation_shap": 300, "smooth_grad": 66, "expected_gradients": 66}


def both_faces():
    game, _ = game_of(table_game(9, seed=0), 9)
    point = torch.linspace(1, 2, 9, dtype=torch.float64)
    field, _ = field_of(lambda x: torch.sin(7 * x).prod(-1), point, 0 * point)
    return problem_of(game=game, field=field)


def uninterrupted(method, *, seed=3):
    limits = Limits(tolerance=1e-12, budget=ENOUGH.get(method))
    run = run_of(both_faces(), method, seed=seed)
    list(run.advance(limits, cancelled=lambda: False))
    return run, limits


@pytest.mark.parametrize("method", PLAIN_METHODS)
@pytest.mark.parametrize("after", [1, 2, 5])
def test_a_cancelled_run_goes_on_to_the_same_numbers(method, after):
    whole, limits = uninterrupted(method)
    run = run_of(both_faces(), method, seed=3)
    seen = []
    list(run.advance(limits, cancelled=lambda: len(seen) >= after or seen.append(0)))
    if run.stopped_by == "cancelled":
        assert run.pace.evaluations <= whole.pace.evaluations
        list(run.advance(limits, cancelled=lambda: False))
    np.testing.assert_allclose(run.estimate.values, whole.estimate.values, rtol=1e-6)
    np.testing.assert_allclose(run.estimate.error, whole.estimate.error, rtol=1e-6, atol=1e-12)
    assert (run.pace.evaluations, run.stopped_by) == (whole.pace.evaluations, whole.stopped_by)


@pytest.mark.parametrize("method", PLAIN_METHODS)
def test_a_run_resumed_at_many_budgets_ends_at_the_same_numbers(method):
    whole, limits = uninterrupted(method)
    run = run_of(both_faces(), method, seed=3)
    for budget in (2, 3, 6, 7, 20, 33, 40):
        list(run.advance(Limits(tolerance=1e-12, budget=budget), cancelled=lambda: False))
        assert run.pace.evaluations <= budget
    list(run.advance(limits, cancelled=lambda: False))
    np.testing.assert_allclose(run.estimate.values, whole.estimate.values, rtol=1e-6)
    assert run.stopped_by == whole.stopped_by


def test_resuming_a_job_doubles_the_budget_it_had_met():
    job = xw.start(Given(both_faces()), None, method="permutation_shap", tolerance=1e-9, budget=40)
    assert (job.result(10).stopped_by, job.state) == ("budget", "stopped")
    again = job.resume().result(10)
    assert again.stopped_by == "budget"
    assert 40 < again.evaluations <= 80
    fresh = xw.explain(Given(both_faces()), None, method="permutation_shap", tolerance=1e-9, budget=80)
    np.testing.assert_allclose(again.values, fresh.values, rtol=1e-6)


def test_resuming_a_job_halves_the_tolerance_it_had_met():
    job = xw.start(Given(both_faces()), None, method="integrated_gradients", tolerance=0.3)
    first = job.result(10)
    assert (first.stopped_by, job.state) == ("tolerance", "done")
    assert job.resume().result(10).relative_error <= 0.15


def test_resuming_a_job_with_limits_of_its_own():
    job = xw.start(Given(both_faces()), None, method="permutation_shap", tolerance=1e-9, budget=40)
    job.result(10)
    assert 40 < job.resume(budget=70).result(10).evaluations <= 70


def test_resuming_what_is_complete_changes_nothing():
    job = xw.start(Given(both_faces()), None, method="occlusion")
    before = job.result(10)
    after = job.resume().result(10)
    assert (after.stopped_by, after.evaluations) == ("complete", before.evaluations)
    np.testing.assert_array_equal(after.values, before.values)


def test_a_job_cancelled_before_it_began_can_still_be_resumed():
    gate = threading.Event()
    held = xw.start(Given(both_faces()), None, method="saliency", on_update=lambda _: gate.wait(10))
    job = xw.start(Given(both_faces()), None, method="occlusion", supersede=held)
    job.cancel()
    gate.set()
    with pytest.raises(CancelledError, match="before its first estimate"):
        job.result(10)
    assert job.state == "stopped"
    assert job.resume().result(10).stopped_by == "complete"


def test_a_resume_right_after_a_stop_is_not_lost():
    # Stop and Resume clicked quickly: the second click finds the job still on its way to the stop.
    gate, begun = threading.Event(), threading.Event()
    game, _ = game_of(table_game(9, seed=0), 9)

    def slow(masks):
        begun.set()
        gate.wait(10)
        return game.values(masks)

    job = xw.start(Given(problem_of(game=replace(game, values=slow))), None, method="occlusion")
    begun.wait(10)
    job.cancel()
    job.resume()
    gate.set()
    assert job.result(10).stopped_by == "complete"
