"""Explanations of tables against closed forms, enumeration, SHAP and scikit-learn."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
import shap
import torch
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.inspection import partial_dependence, permutation_importance
from sklearn.linear_model import LinearRegression, LogisticRegression

import xaiwidgets as xw
from xaiwidgets.engine.methods import METHODS
from xaiwidgets.engine.student import t_quantile

SHAPLEY = [name for name in ("permutation_shap", "kernel_shap") if name in METHODS]


def noisy(rows=120, columns=5, seed=0):
    """Columns of which the first three matter, with an interaction."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, columns))
    y = 2 * X[:, 0] - X[:, 1] + X[:, 0] * X[:, 2]
    return X, y


@pytest.fixture(scope="module")
def forest():
    X, y = noisy()
    return RandomForestRegressor(6, max_depth=4, random_state=0).fit(X, y)


def by_enumeration(predict, row, background):
    """Shapley values of v(S) = mean over b of f(x_S, b_rest), by the definition."""
    n = len(row)
    score = {}
    for mask in itertools.product([False, True], repeat=n):
        score[mask] = predict(np.where(mask, row, background)).mean()
    values = np.zeros(n)
    for mask, value in score.items():
        for i in range(n):
            if not mask[i]:
                weight = math.factorial(sum(mask)) * math.factorial(n - sum(mask) - 1) / math.factorial(n)
                values[i] += weight * (score[(*mask[:i], True, *mask[i + 1 :])] - value)
    return values


@pytest.mark.parametrize("method", SHAPLEY)
def test_shapley_values_of_a_linear_model(method):
    X, y = noisy(columns=9)
    model = LinearRegression().fit(X, y)
    e = xw.explain(xw.TabularModel(model, X[:50]), X[60], method=method)
    np.testing.assert_allclose(e.values, model.coef_ * (X[60] - X[:50].mean(0)), atol=1e-6)
    assert e.baseline_output == pytest.approx(model.predict(X[:50]).mean())


@pytest.mark.parametrize("method", SHAPLEY)
@pytest.mark.parametrize("row", [3, 77])
def test_shapley_values_of_a_forest(forest, method, row):
    X, _ = noisy()
    background = X[:40]
    e = xw.explain(xw.TabularModel(forest, background), X[row], method=method, budget=500, tolerance=1e-9)
    assert e.error_kind == "exact"
    np.testing.assert_allclose(e.values, by_enumeration(forest.predict, X[row], background), atol=1e-10)
    # SHAP's trees compare in single precision.
    tree = shap.TreeExplainer(forest, data=background, feature_perturbation="interventional")
    np.testing.assert_allclose(e.values, tree.shap_values(X[row]), atol=1e-4)


def test_permutation_importance_of_a_linear_model():
    # In a random order the mean squared change of column j is 2 Var(xⱼ), so that R² falls by 2 wⱼ² Var(xⱼ) / Var(y).
    X, _ = noisy(rows=80)
    weights = np.array([2.0, -1.0, 0.5, 0.0, 0.1])
    y = X @ weights
    e = xw.permutation_importance(xw.TabularModel(lambda rows: rows @ weights, X), X, y, repeats=60)
    expected = weights**2 * 2 * X.var(0) / y.var()
    assert e.output == pytest.approx(1.0)
    assert e.details["score"] == e.output
    assert e.details["drops"].shape == (5, 60)
    np.testing.assert_allclose(e.values, e.details["drops"].mean(1))
    band = t_quantile(59) * e.details["drops"].std(1, ddof=1) / math.sqrt(60)
    np.testing.assert_allclose(e.error, band)
    # Five values, each within its 95 % band or nearly.
    assert np.all(np.abs(e.values - expected) <= 1.6 * e.error + 1e-12)


def test_a_column_that_is_not_used_costs_nothing():
    X, y = noisy()
    e = xw.permutation_importance(xw.TabularModel(lambda rows: 2 * rows[:, 0], X), X, y, repeats=4)
    np.testing.assert_array_equal(e.values[1:], 0)
    np.testing.assert_array_equal(e.error[1:], 0)
    assert e.values[0] > 0


@pytest.mark.parametrize("kind", ["accuracy", "r2"])
def test_permutation_importance_is_scikit_learns(kind, forest):
    X, y = noisy()
    if kind == "accuracy":
        y = np.where(y > 0, "up", "down")
        forest = RandomForestClassifier(6, max_depth=4, random_state=0).fit(X, y)
    ours = xw.permutation_importance(xw.TabularModel(forest, X), X, y, repeats=30)
    theirs = permutation_importance(forest, X, y, n_repeats=30, random_state=1)
    assert (ours.target, ours.output) == (kind, pytest.approx(forest.score(X, y)))
    # Both are means over 30 shuffles of their own.
    apart = np.hypot(ours.error, t_quantile(29) * theirs.importances_std / math.sqrt(29))
    assert np.all(np.abs(ours.values - theirs.importances_mean) <= 1.6 * apart + 1e-12)
    assert ours.values[0] > 5 * ours.error[0]


@pytest.mark.parametrize("feature", [0, 2, (0, 1)])
def test_partial_dependence_is_scikit_learns(forest, feature):
    X, _ = noisy()
    ours = xw.partial_dependence(xw.TabularModel(forest, X), X, feature, grid=12)
    theirs = partial_dependence(forest, X, [feature], grid_resolution=12, method="brute", kind="both")
    for axis, expected in zip(ours.grid, theirs["grid_values"], strict=True):
        np.testing.assert_allclose(axis, expected)
    np.testing.assert_allclose(ours.average, theirs["average"][0])
    np.testing.assert_allclose(ours.individual, theirs["individual"][0])


def test_partial_dependence_of_categories_and_classes():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"n": rng.normal(size=60), "code": rng.integers(0, 3, 60).astype(float)})
    model = LogisticRegression().fit(frame, frame["n"] + frame["code"] > 1)
    ours = xw.partial_dependence(xw.TabularModel(model, frame, categorical=["code"]), frame, "code", grid=2)
    theirs = partial_dependence(
        model, frame, ["code"], categorical_features=["code"], grid_resolution=5, response_method="predict_proba"
    )
    np.testing.assert_array_equal(ours.grid[0], [0, 1, 2])
    np.testing.assert_allclose(ours.average, theirs["average"][0])
    assert ours.target == "True"


def test_partial_dependence_of_a_sum_is_the_column_itself():
    X, _ = noisy()
    pd_ = xw.partial_dependence(
        xw.TabularModel(lambda rows: rows[:, 0] ** 2 + 3 * rows[:, 1], X), X, "x0", grid=[-1, 0, 2]
    )
    np.testing.assert_allclose(pd_.average - pd_.average[1], [1, 0, 4])
    np.testing.assert_allclose(pd_.individual.mean(0), pd_.average)
    np.testing.assert_allclose(pd_.individual[:, 2] - pd_.individual[:, 1], 4)


def test_global_importance_of_a_linear_model():
    X, _ = noisy(rows=60)
    weights = np.array([2.0, -1.0, 0.5, 0.0, 0.1])
    tab = xw.TabularModel(lambda rows: rows @ weights, X)
    e = xw.global_importance(tab, X, method="occlusion")
    each = np.abs(weights * (X - X.mean(0)))
    np.testing.assert_allclose(e.values, each.mean(0), atol=1e-12)
    np.testing.assert_allclose(e.error, t_quantile(59) * each.std(0, ddof=1) / math.sqrt(60), atol=1e-7)
    np.testing.assert_allclose(e.details["mean"], 0, atol=1e-12)
    assert e.features == tab.feature_names
    assert not e.signed


def test_the_band_of_a_part_of_the_data_covers_the_whole():
    X, _ = noisy(rows=1500)
    tab = xw.TabularModel(lambda rows: np.sin(rows).sum(1), X[:1] * 0)
    truth, covered = np.abs(np.sin(X)).mean(0), []
    for seed in range(40):
        e = xw.global_importance(tab, X, method="occlusion", budget=200, seed=seed)
        assert e.stopped_by == "budget"
        covered.append(np.abs(e.values - truth) <= e.error)
    # 200 intervals of nominal 95 %: below 89 % or above 99.5 % is beyond chance.
    assert 0.89 <= np.mean(covered) <= 0.995


def test_a_network_of_columns_agrees_with_captum():
    from captum.attr import IntegratedGradients

    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(5, 8), torch.nn.Tanh(), torch.nn.Linear(8, 3))
    X, _ = noisy()
    e = xw.explain(xw.TabularModel(net, X), X[0], method="integrated_gradients", target=2, tolerance=1e-4)
    points = [torch.tensor(row, dtype=torch.float32)[None] for row in (X[0], X.mean(0))]
    theirs = IntegratedGradients(net).attribute(points[0], points[1], target=2, method="gausslegendre", n_steps=64)
    np.testing.assert_allclose(e.values, theirs[0].detach().numpy(), atol=1e-4)
