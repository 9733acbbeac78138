"""A model that fails: the picture so far stays, the reason is one sentence, and nobody waits for ever."""

import math
import re
from dataclasses import replace

import numpy as np
import pytest
import torch

import xaiwidgets as xw
from tests.oracle.closed import PLAIN_METHODS, Given, field_of, game_of, problem_of, table_game
from xaiwidgets.errors import ModelError


class BrokenHalfWay(ValueError):
    """What the model under test raises."""


def failing_after(calls, function, failure):
    """The function, until it has been called so many times."""
    left = [calls]

    def called(rows):
        left[0] -= 1
        if left[0] < 0:
            raise failure
        return function(rows)

    return called


def both_faces(calls, failure):
    game, _ = game_of(table_game(9, seed=0), 9)
    point = torch.linspace(1, 2, 9, dtype=torch.float64)
    field, _ = field_of(lambda x: torch.sin(7 * x).prod(-1), point, 0 * point)
    return problem_of(
        game=replace(game, values=failing_after(calls, game.values, failure)),
        field=replace(field, value_and_grad=failing_after(calls, field.value_and_grad, failure)),
    )


@pytest.mark.parametrize("method", ["integrated_gradients", "input_x_gradient", "occlusion", "permutation_shap"])
def test_what_was_computed_before_the_model_raised_is_kept(method):
    failure = BrokenHalfWay("out of luck")
    job = xw.start(Given(both_faces(1, failure)), None, method=method, tolerance=1e-9)
    with pytest.raises(ModelError, match="BrokenHalfWay: out of luck") as caught:
        job.result(10)
    assert caught.value.__cause__ is failure
    assert (job.state, job.failure) == ("failed", caught.value)
    assert job.explanation.stopped_by == "failed"
    assert job.explanation.evaluations == 2
    assert np.isfinite(job.explanation.values).any()


@pytest.mark.parametrize("method", PLAIN_METHODS)
def test_a_model_that_raises_at_once_leaves_no_explanation(method):
    job = xw.start(Given(both_faces(0, BrokenHalfWay("no"))), None, method=method)
    with pytest.raises(ModelError, match="no"):
        job.result(10)
    assert job.explanation is None
    with pytest.raises(ModelError, match="cannot be resumed"):
        job.resume()


@pytest.mark.parametrize("failure", [SystemExit(3), KeyboardInterrupt(), GeneratorExit()])
def test_a_model_that_wants_to_end_the_thread_fails_the_job_instead(failure):
    # sys.exit() in a user's function, or asyncio's CancelledError, is no Exception; a waiter must still wake up.
    job = xw.start(Given(both_faces(1, failure)), None, method="occlusion")
    with pytest.raises(ModelError, match=type(failure).__name__):
        job.result(10)
    assert job.state == "failed"


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf])
def test_a_score_that_is_not_finite_is_refused(wrong):
    def function(masks):
        return torch.where(masks.sum(1) == 3, wrong, 1.0)

    for method in ("occlusion", "permutation_shap"):
        game, _ = game_of(function, 4)
        job = xw.start(Given(problem_of(game=game)), None, method=method)
        with pytest.raises(ModelError, match=r"score that is NaN or infinite.*check its weights"):
            job.result(10)


def test_a_gradient_that_is_not_finite_is_refused():
    # √x has a finite value and an infinite slope at zero.
    field, _ = field_of(lambda x: x.sqrt().sum(-1), torch.ones(2), torch.zeros(2))
    job = xw.start(Given(problem_of(field=field, features=2)), None, method="integrated_gradients")
    with pytest.raises(ModelError, match="gradient is NaN or infinite"):
        job.result(10)
    assert job.explanation.evaluations == 2


@pytest.mark.parametrize("shape", [(1, 1), (), (2,), (1, 3)])
def test_scores_of_a_wrong_shape_are_refused(shape):
    game, _ = game_of(lambda masks: torch.ones(len(masks)), 3)
    game = replace(game, values=lambda masks: torch.ones(shape))
    with pytest.raises(ModelError, match=re.escape(f"scores of shape {shape} for 1 inputs; it must return one each")):
        xw.explain(Given(problem_of(game=game)), None, method="occlusion")


def test_a_model_that_cannot_be_identified_keeps_nobody_waiting():
    game, _ = game_of(table_game(3, seed=0), 3)
    problem = problem_of(game=game)

    def unknown():
        raise RuntimeError("no weights here")

    job = xw.start(Given(replace(problem, provenance=unknown)), None, method="occlusion")
    with pytest.raises(ModelError, match="no weights here"):
        job.result(10)
