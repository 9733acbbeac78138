"""What Captum and shap computed becomes an explanation."""

import captum.attr as ca
import numpy as np
import pytest
import shap
import torch
from torch import nn

import xaiwidgets as xw
from xaiwidgets.errors import InputError


@pytest.fixture(scope="module")
def tables():
    """A linear rule of four named columns with two outputs, and rows."""
    rows = np.random.default_rng(0).normal(size=(30, 4))
    slopes = np.array([[1.0, -2], [0.5, 0], [-3, 1], [0, 2]])
    return rows, slopes, ["age", "height", "weight", "steps"]


def test_shaps_explanation_of_one_output(tables):
    rows, slopes, names = tables
    explainer = shap.LinearExplainer((slopes[:, 0], 0.25), rows, feature_names=names)
    theirs = explainer(rows[:5])
    e = xw.Explanation.from_shap(theirs, 3)
    np.testing.assert_allclose(e.values, slopes[:, 0] * (rows[3] - rows.mean(0)), atol=1e-6)
    assert e.features == tuple(names)
    assert e.baseline_output == pytest.approx(rows.mean(0) @ slopes[:, 0] + 0.25)
    assert e.output == pytest.approx(rows[3] @ slopes[:, 0] + 0.25)
    assert e.method == "shap"
    one = xw.Explanation.from_shap(theirs[3])
    np.testing.assert_array_equal(one.values, e.values)
    assert (one.features, one.output) == (e.features, pytest.approx(e.output))


def test_shaps_explanation_of_several_outputs(tables):
    rows, slopes, names = tables
    explainer = shap.explainers.Permutation(lambda x: x @ slopes, rows, feature_names=names)
    theirs = explainer(rows[:5], silent=True)
    theirs.output_names = ["no", "yes"]
    wanted = slopes[:, 1] * (rows[2] - rows.mean(0))
    for e in (
        xw.Explanation.from_shap(theirs, 2, "yes"),
        xw.Explanation.from_shap(theirs, 2, -1),
        xw.Explanation.from_shap(theirs[2], output=1),
        xw.Explanation.from_shap(theirs[..., 1], 2),
        xw.Explanation.from_shap(theirs.values, 2, 1, features=names),
    ):
        np.testing.assert_allclose(e.values, wanted, atol=1e-6)
        assert e.features == tuple(names)
    assert xw.Explanation.from_shap(theirs, 2, 1).target == "yes"
    assert xw.Explanation.from_shap(theirs, 2, 1).output == pytest.approx(rows[2] @ slopes[:, 1])
    with pytest.raises(InputError, match="output=None was given for shap values of 2 outputs; choose from 'no', 'yes'"):
        xw.Explanation.from_shap(theirs, 2)
    with pytest.raises(InputError, match="output='maybe'"):
        xw.Explanation.from_shap(theirs, 2, "maybe")


def test_shaps_explanation_of_texts():
    good = {"warm": 2.0, "dull": -1.0}

    def score(texts):
        return np.array([sum(good.get(word, 0) for word in text.split()) for text in texts])

    theirs = shap.Explainer(score, shap.maskers.Text(r"\W+"))(["warm but dull", "a dull and long book"], silent=True)
    e = xw.Explanation.from_shap(theirs, 0)
    assert [name.strip() for name in e.features] == ["warm", "but", "dull"]
    # shap shares what it gave to two words that it took together.
    assert e.values[0] == pytest.approx(2)
    assert e.values[1:].sum() == pytest.approx(-1)
    assert (e.baseline_output, e.output) == (pytest.approx(0), pytest.approx(1))
    assert len(xw.Explanation.from_shap(theirs, 1).features) == 5


def test_shap_values_alone(tables):
    rows, _, _ = tables
    e = xw.Explanation.from_shap(rows, 1, target="price")
    assert (e.features, e.target) == (("x0", "x1", "x2", "x3"), "price")
    np.testing.assert_array_equal(e.values, rows[1])
    assert np.isnan(e.output)
    np.testing.assert_array_equal(xw.Explanation.from_shap(rows[1]).values, rows[1])


@pytest.mark.parametrize(
    ("given", "options", "told"),
    [
        (np.zeros((2, 3)), {"index": 2}, "index=2 was given, but there are 2 rows"),
        (np.zeros((2, 3, 4, 5)), {}, r"A row of shap values has shape \(3, 4, 5\)"),
        (np.zeros((2, 3, 4)), {"output": 4}, "output=4 was given for shap values of 4 outputs; choose from 0 to 3"),
        ("values", {}, "The shap values of type str cannot be read as numbers"),
        (np.zeros((2, 3)), {"features": ["a"]}, r"1 features were given with values of shape \(3,\)"),
        (3.0, {}, "there are 0 rows"),
    ],
)
def test_what_is_no_shap_output_is_one_sentence(given, options, told):
    with pytest.raises(InputError, match=told) as caught:
        xw.Explanation.from_shap(given, **options)
    assert "\n" not in str(caught.value)


def test_captums_attributions_and_delta(tmp_path):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 2))
    point = torch.randn(1, 4)
    theirs, delta = ca.IntegratedGradients(model).attribute(point, target=1, return_convergence_delta=True, n_steps=20)
    e = xw.Explanation.from_captum(theirs, ["a", "b", "c", "d"], delta=delta, method="captum.IntegratedGradients")
    np.testing.assert_allclose(e.values, theirs[0].detach().numpy())
    assert e.details["completeness_gap"] == pytest.approx(delta.item())
    assert xw.load(e.save(tmp_path / "e")).details == e.details
    assert xw.Explanation.from_captum((theirs,)).features == ("x0", "x1", "x2", "x3")


def test_captums_attributions_of_embeddings_are_summed():
    attributions = torch.randn(1, 3, 5, requires_grad=True)
    e = xw.Explanation.from_captum(attributions, ["a", "b", "c"])
    np.testing.assert_allclose(e.values, attributions[0].sum(-1).detach().numpy(), rtol=1e-6)
    same = xw.Explanation.from_captum(attributions[0], ["a", "b", "c"], by_feature=lambda given: given.sum(-1))
    np.testing.assert_allclose(same.values, e.values, rtol=1e-6)


@pytest.mark.parametrize(
    ("given", "options", "told"),
    [
        (torch.zeros(1, 3, 8, 8), {}, "say with by_feature="),
        (torch.zeros(2, 3, 8), {}, r"shape \(2, 3, 8\) were given; give those of one input"),
        ((torch.zeros(1, 2), torch.zeros(1, 2)), {}, "2 tensors of attributions were given"),
        (torch.zeros(1, 2), {"features": ["a"]}, "1 features were given"),
        (torch.zeros(1, 2), {"delta": torch.zeros(3)}, "delta has shape"),
        (None, {}, r"Attributions of shape \(\) were given"),
    ],
)
def test_what_are_no_attributions_is_one_sentence(given, options, told):
    with pytest.raises(InputError, match=told) as caught:
        xw.Explanation.from_captum(given, **options)
    assert "\n" not in str(caught.value)
