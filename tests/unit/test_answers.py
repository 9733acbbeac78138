"""A model that answers differently to the same input, and one that always answers the same."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

import xaiwidgets as xw
from tests.oracle.closed import GAME_METHODS, PLAIN_METHODS, Given, field_of, game_of, problem_of
from tests.unit import tiny
from xaiwidgets.errors import MethodError

PLAYERS = 8
ONES = torch.ones(PLAYERS, dtype=torch.float64)
WEIGHTS = torch.linspace(-1, 2, PLAYERS, dtype=torch.float64)


def linear(noise=lambda rows: 0.0, **more):
    """A model that is linear but for its noise; its map is `WEIGHTS` by every method that is signed."""
    game, _ = game_of(lambda masks: masks.double() @ WEIGHTS, PLAYERS)
    field, _ = field_of(lambda x: x @ WEIGHTS + noise(x), ONES, 0 * ONES)
    values = lambda masks: game.values(masks) + noise(masks)
    return Given(replace(problem_of(game=replace(game, values=values), field=field), output=game.whole, **more))


def drawn(scale):
    """Noise from torch's own generator, as functional dropout has it."""
    return lambda rows: scale * torch.randn(len(rows), dtype=torch.float64)


@pytest.mark.parametrize("method", GAME_METHODS)
def test_a_model_that_draws_random_numbers_is_told(method):
    torch.manual_seed(0)
    e = xw.explain(linear(drawn(0.2)), None, method=method, budget=60)
    (told,) = (note for note in e.notes if "answered differently" in note)
    assert told.startswith("The model answered differently to the same input (by 0.")
    assert "average=" in told


@pytest.mark.parametrize("source", [np.random.random, __import__("random").random], ids=["numpy", "python"])
def test_other_generators_are_seen_too(source):
    e = xw.explain(linear(lambda rows: source()), None, method="occlusion")
    assert any("answered differently" in note for note in e.notes)


def test_an_endpoint_with_noise_of_its_own_is_told():
    own = torch.Generator().manual_seed(0)
    noise = lambda rows: 0.2 * torch.randn(len(rows), generator=own, dtype=torch.float64)
    e = xw.explain(linear(noise, opaque=True), None, method="occlusion")
    assert any("answered differently" in note for note in e.notes)
    # Once for the scores, once for each feature, and once more for the input itself.
    assert e.evaluations == PLAYERS + 2


@pytest.mark.parametrize("method", PLAIN_METHODS)
def test_a_model_that_does_not_is_not_suspected_and_costs_nothing(method):
    plain = xw.explain(linear(), None, method=method, budget=60)
    assert not any("answered differently" in note for note in plain.notes)
    # A draw that changes nothing, or rounding, is no noise either.
    rounding = xw.explain(linear(drawn(1e-7)), None, method=method, budget=60)
    assert not any("answered differently" in note for note in rounding.notes)
    assert rounding.evaluations <= plain.evaluations + 1


@pytest.mark.parametrize("method", ["occlusion", "integrated_gradients", "permutation_shap"])
def test_the_first_estimate_comes_before_any_doubt(method):
    first = []
    xw.start(
        linear(drawn(0.2), opaque=True),
        None,
        method=method,
        budget=40,
        on_update=lambda job: first.append(job.explanation) if job.explanation else None,
    ).result(10)
    assert first[0].evaluations == 2


def test_asking_again_never_passes_the_budget():
    for budget in range(2, 12):
        e = xw.explain(linear(drawn(0.2), opaque=True), None, method="permutation_shap", budget=budget)
        assert e.evaluations <= budget


def test_functional_dropout_is_told():
    class Dropping(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(12, 2)

        def forward(self, x):
            return self.layer(nn.functional.dropout(x.flatten(1), 0.5, training=True))

    prepare = lambda image: torch.from_numpy(np.array(image)).permute(2, 0, 1).float() / 255
    torch.manual_seed(0)
    img = xw.ImageClassifier(Dropping(), prepare, grid=2)
    for method in ("occlusion", "integrated_gradients", "saliency"):
        e = xw.explain(img, np.full((2, 2, 3), 200, dtype=np.uint8), method=method, target=0)
        assert any("answered differently" in note for note in e.notes), method


@pytest.mark.parametrize("method", ["occlusion", "permutation_shap"])
def test_averages_are_nearer_to_the_truth(method):
    torch.manual_seed(1)
    single, mean = (
        xw.explain(linear(drawn(0.3)), None, method=method, budget=40 * each, average=each) for each in (1, 64)
    )
    off = [float(np.abs(e.values - WEIGHTS.numpy()).mean()) for e in (single, mean)]
    assert off[1] < off[0] / 3
    assert mean.parameters["average"] == 64
    assert mean.evaluations <= 40 * 64
    assert any("every score is the mean of 64" in note for note in mean.notes)


def test_an_average_is_of_the_gradients_too():
    # The gradient itself is drawn anew in every call.
    weights = lambda: WEIGHTS + torch.randn(PLAYERS, dtype=torch.float64)
    field, _ = field_of(lambda x: x @ weights(), ONES, 0 * ONES)
    torch.manual_seed(0)
    e = xw.explain(
        Given(problem_of(field=field, features=PLAYERS)), None, method="input_x_gradient", average=400, budget=2000
    )
    np.testing.assert_allclose(e.values, WEIGHTS, atol=0.2)


@pytest.mark.parametrize("method", PLAIN_METHODS)
def test_an_average_of_a_steady_model_changes_nothing(method):
    once = xw.explain(linear(), None, method=method, budget=50)
    thrice = xw.explain(linear(), None, method=method, budget=152, average=3)
    assert thrice.evaluations <= 152
    if method in {"saliency", "input_x_gradient", "occlusion", "integrated_gradients"}:
        np.testing.assert_allclose(thrice.values, once.values, atol=1e-9)


@pytest.mark.parametrize("wrong", [0, -1, 2.5, "twice", True, None])
def test_an_average_that_makes_no_sense_is_one_sentence(wrong):
    with pytest.raises(MethodError, match=r"^average=.*whole number.*\.$"):
        xw.explain(linear(), None, method="saliency", average=wrong)


def test_a_budget_below_an_averages_first_estimate_says_the_least():
    with pytest.raises(MethodError, match=r"budget=8 .*give at least 9"):
        xw.explain(linear(), None, method="occlusion", average=4, budget=8)


@pytest.mark.parametrize("method", PLAIN_METHODS)
@pytest.mark.parametrize("constant", [0.0, 3.5])
def test_a_constant_model_has_a_map_of_zeros_that_says_so(method, constant):
    game, _ = game_of(lambda masks: torch.full((len(masks),), constant, dtype=torch.float64), PLAYERS)
    point = ONES
    field, _ = field_of(lambda x: 0 * x.sum(-1) + constant, point, 0 * point)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        e = xw.explain(Given(problem_of(game=game, field=field)), None, method=method, budget=100)
        repr(e)
        e.to_frame()
    np.testing.assert_allclose(e.values, 0, atol=1e-12)
    assert e.relative_error == 0 or (np.isnan(e.relative_error) and e.error_kind == "unknown")
    if method != "saliency":
        assert [note for note in e.notes if note.startswith("The score is the same for all ")]


@pytest.mark.parametrize("method", PLAIN_METHODS)
def test_a_model_that_does_react_is_not_called_constant(method):
    e = xw.explain(linear(), None, method=method, budget=60)
    assert not any("score is the same" in note for note in e.notes)


def test_an_average_is_refused_where_no_answers_are_averaged(minilm):
    clf = xw.TextClassifier(tiny.bert_classifier(minilm.tokenizer), minilm.tokenizer)
    with pytest.raises(MethodError, match=r"^average= needs a method that asks for .* choose another one\.$"):
        xw.explain(clf, "a warm film", method="attention_rollout", average=2)
