"""Integrated gradients of real models against Captum's, and whether the claimed error is honest."""

from dataclasses import replace

import pytest
import torch
from captum.attr import IntegratedGradients

import xaiwidgets as xw
from tests.oracle.closed import Given
from tests.oracle.forward import class_score, embedded, token_score

TEXTS = [
    "a gripping film, unbelievably well acted",
    "I hate waiting for the bus in the rain",
    "not bad at all",
    "my flight was cancelled again, thanks a lot",
    "good morning everyone, have a wonderful day",
    "the phone is great but far too expensive",
    "meh",
    "why would anyone pay money for this?",
    "she smiled at the old dog and cried",
    "can't believe they won!!! so happy",
]


def captums(forward, point, baseline, *, steps):
    method = IntegratedGradients(forward)
    made = method.attribute(point, baselines=baseline, n_steps=steps, method="gausslegendre", internal_batch_size=32)
    return made.double().sum(-1)[0]


def both(adapter, text, target, *, steps, **request):
    problem = adapter.problem(text, target)
    # The same baseline in Captum's hands, from the ids alone.
    absent = adapter.tokenizer.mask_token_id
    point, baseline, ordinary = embedded(adapter, text, absent=absent)
    e = xw.explain(Given(problem), text, method="integrated_gradients", **request)
    return e, captums(class_score(adapter, problem.target.index), point, baseline, steps=steps)[ordinary]


@pytest.mark.parametrize("text", TEXTS[:3])
def test_a_classifiers_map_is_captums(sentiment, text):
    e, theirs = both(sentiment, text, "positive", steps=200, tolerance=1e-3, budget=600)
    assert float((torch.tensor(e.values) - theirs).abs().sum()) <= 2e-3 * float(theirs.abs().sum())
    assert e.values.sum() == pytest.approx(e.output - e.baseline_output, abs=2e-3 * abs(e.values).sum())


def test_the_claimed_error_is_never_below_half_the_true_one(sentiment, record_property):
    evaluations, ratios = [], []
    for text in TEXTS:
        for target in ("negative", "positive"):
            e, theirs = both(sentiment, text, target, steps=100, tolerance=0.01, budget=600)
            true = float((torch.tensor(e.values) - theirs).abs().sum() / theirs.abs().sum())
            assert e.stopped_by == "tolerance"
            assert e.relative_error >= true / 2, (text, target)
            evaluations.append(e.evaluations)
            ratios.append(true / e.relative_error)
    evaluations.sort()
    record_property("evaluations to 1 %", f"median {evaluations[len(evaluations) // 2]}, most {evaluations[-1]}")
    record_property("true error / claimed", f"largest {max(ratios):.2f}")
    assert evaluations[-1] <= 300


def test_every_estimate_on_the_way_is_honest_too(sentiment):
    text = TEXTS[3]
    problem = sentiment.problem(text, "negative")
    point, baseline, ordinary = embedded(sentiment, text, absent=sentiment.tokenizer.mask_token_id)
    truth = captums(class_score(sentiment, 0), point, baseline, steps=200)[ordinary]
    for budget in (6, 10, 18, 34, 66, 130):
        e = xw.explain(Given(problem), text, method="integrated_gradients", tolerance=1e-6, budget=budget)
        assert e.evaluations == budget
        true = float((torch.tensor(e.values) - truth).abs().sum() / truth.abs().sum())
        assert e.relative_error >= true / 2, budget


def test_a_language_models_map_is_captums(smollm2):
    # The whole way from the baseline is so rough in this model that no affordable rule resolves it, ours or Captum's
    # (ours says so: the error stays large). The last twentieth of the way has a value that both can reach.
    text = "The capital of France is"
    problem = smollm2.problem(text, "Paris")
    point, _, _ = embedded(smollm2, text)
    near = problem.field.point - 0.05 * (problem.field.point - problem.field.baseline)
    problem = replace(problem, field=replace(problem.field, baseline=near))
    e = xw.explain(Given(problem), text, method="integrated_gradients", tolerance=2e-3, budget=40)
    theirs = captums(token_score(smollm2, problem.target.index), point, near[None], steps=24)
    assert e.stopped_by == "tolerance"
    assert float((torch.tensor(e.values) - theirs).abs().sum()) <= 4e-3 * float(theirs.abs().sum())


def test_a_rough_path_is_not_claimed_to_be_known(smollm2):
    e = xw.explain(smollm2, "The capital of France is", method="integrated_gradients", budget=18, tolerance=0.02)
    rise = e.output - e.baseline_output
    assert e.stopped_by == "budget"
    gap = abs(e.values.sum() - rise) / abs(e.values).sum()
    assert e.relative_error >= 0.999 * gap > 0.02
