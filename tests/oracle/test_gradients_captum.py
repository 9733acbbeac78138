"""Saliency and input × gradient against formulas and against Captum."""

from dataclasses import replace

import pytest
import torch
from captum.attr import InputXGradient, Saliency

import xaiwidgets as xw
from tests.oracle.closed import Given, estimates, field_of, problem_of
from tests.oracle.forward import class_score, embedded, token_score

TEXT = "a gripping film, unbelievably well acted"


def test_saliency_is_the_norm_of_each_features_gradient():
    # Three features of two coordinates each; the gradient of x·A·x is (A + Aᵀ)x.
    matrix = torch.randn(6, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    point = torch.arange(6.0, dtype=torch.float64)

    field, asked = field_of(
        lambda x: ((x @ matrix) * x).sum(-1),
        point,
        0 * point,
        by_feature=lambda a: a.reshape(*a.shape[:-1], 3, 2).sum(-1),
    )
    run, made = estimates(problem_of(field=field, features=3), "saliency")
    gradient = (matrix + matrix.T) @ point
    assert torch.allclose(made[-1].values, gradient.reshape(3, 2).norm(dim=1))
    assert (made[-1].kind, run.stopped_by, len(asked)) == ("exact", "complete", 1)


def test_input_x_gradient_is_taken_from_the_baseline():
    point, baseline = torch.tensor([1.0, 2.0, -1.0]).double(), torch.tensor([0.5, -1.0, 3.0]).double()
    field, _ = field_of(lambda x: x[:, 0] * x[:, 1] + x[:, 2] ** 3, point, baseline)
    run, made = estimates(problem_of(field=field, features=3), "input_x_gradient")
    gradient = torch.tensor([2.0, 1.0, 3.0]).double()
    assert torch.allclose(made[0].values, (point - baseline) * gradient)
    assert made[-1].baseline_output == pytest.approx(0.5 * -1.0 + 27)
    assert run.stopped_by == "complete"


def test_input_x_gradient_of_a_linear_model_is_integrated_gradients():
    slope = torch.tensor([3.0, -2.0, 0.5]).double()
    field, _ = field_of(lambda x: x @ slope + 7, torch.ones(3).double(), torch.zeros(3).double())
    problem = problem_of(field=field, features=3)
    direct, integrated = (estimates(problem, name)[1][-1] for name in ("input_x_gradient", "integrated_gradients"))
    assert torch.allclose(direct.values, slope)
    assert torch.allclose(direct.values, integrated.values)


@pytest.mark.parametrize("target", ["negative", "positive"])
def test_a_classifiers_saliency_is_captums(sentiment, target):
    e = xw.explain(sentiment, TEXT, method="saliency", target=target)
    point, _, ordinary = embedded(sentiment, TEXT)
    theirs = Saliency(class_score(sentiment, sentiment.labels.index(target))).attribute(
        point.requires_grad_(), abs=False
    )
    torch.testing.assert_close(torch.tensor(e.values), theirs[0].double().norm(dim=-1)[ordinary], rtol=1e-5, atol=1e-7)


def test_a_language_models_saliency_is_captums(smollm2):
    e = xw.explain(smollm2, "The capital of France is", method="saliency", target="Paris")
    point, _, ordinary = embedded(smollm2, "The capital of France is")
    theirs = Saliency(token_score(smollm2, e.targets[0])).attribute(point.requires_grad_(), abs=True)
    torch.testing.assert_close(torch.tensor(e.values), theirs[0].double().norm(dim=-1)[ordinary], rtol=1e-3, atol=1e-5)


def test_a_classifiers_input_x_gradient_is_captums(sentiment):
    # Captum's baseline is always zero: shifting the input makes it ours.
    e = xw.explain(sentiment, TEXT, method="input_x_gradient", target="positive")
    point, baseline, ordinary = embedded(sentiment, TEXT, absent=sentiment.tokenizer.mask_token_id)
    score = class_score(sentiment, 1)
    theirs = InputXGradient(lambda shift: score(baseline + shift)).attribute((point - baseline).requires_grad_())
    torch.testing.assert_close(torch.tensor(e.values), theirs[0].double().sum(-1)[ordinary], rtol=1e-4, atol=1e-5)
    with torch.no_grad():
        assert e.baseline_output == pytest.approx(float(score(baseline)[0]), abs=1e-4)


def test_a_zero_baseline_gives_captums_numbers_as_they_are(sentiment):
    point, _, ordinary = embedded(sentiment, TEXT)
    problem = sentiment.problem(TEXT, "positive")
    from_zero = replace(problem.field, baseline=torch.zeros_like(problem.field.point))
    e = xw.explain(Given(replace(problem, field=from_zero)), None, method="input_x_gradient")
    theirs = InputXGradient(class_score(sentiment, 1)).attribute(point.requires_grad_())
    torch.testing.assert_close(torch.tensor(e.values), theirs[0].double().sum(-1)[ordinary], rtol=1e-4, atol=1e-5)
