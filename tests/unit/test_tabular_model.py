"""The adapter of tables: what may be given, and what is said of what may not."""

import copy

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import BaseEstimator
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression, Perceptron
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import xaiwidgets as xw
from tests.oracle.closed import FIELD_METHODS, GAME_METHODS
from xaiwidgets.engine.methods import METHODS
from xaiwidgets.errors import InputError, MethodError, ModelError, TargetError

# Columns lie in no order.
UNARRANGED = [name for name in GAME_METHODS if not METHODS[name].arranged]

WEIGHTS = np.array([1.0, -2.0, 0.5])
X = np.random.default_rng(0).normal(size=(40, 3))


def linear(rows):
    return np.asarray(rows, dtype=float) @ WEIGHTS


def people(rows=60):
    """Numbers, text, categories, whole numbers and yes or no."""
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "age": rng.integers(18, 80, rows),
            "hours": rng.normal(38, 5, rows),
            "job": rng.choice(["clerk", "nurse", "cook"], rows),
            "degree": pd.Categorical(rng.choice(["none", "school", "college"], rows)),
            "member": rng.random(rows) > 0.5,
        }
    )


def earns(frame):
    return np.where((frame["age"] > 45) ^ (frame["job"] == "nurse"), "much", "little")


@pytest.fixture(scope="module")
def pipeline():
    encode = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["job", "degree"]), remainder=StandardScaler()
    )
    frame = people()
    return make_pipeline(encode, LogisticRegression()).fit(frame, earns(frame))


@pytest.mark.parametrize(
    "predict",
    [
        linear,
        lambda rows: linear(rows)[:, None],
        lambda rows: linear(rows).tolist(),
        lambda rows: torch.tensor(linear(rows), requires_grad=True),
        LinearRegression(fit_intercept=False).fit(X, X @ WEIGHTS),
    ],
)
def test_what_is_left_out_is_averaged_over_the_background(predict):
    e = xw.explain(xw.TabularModel(predict, X), [1, 2, 3], method="occlusion")
    # v(N) − v(N∖i) = wᵢ (xᵢ − mean of the background's xᵢ)
    np.testing.assert_allclose(e.values, WEIGHTS * ([1, 2, 3] - X.mean(0)), atol=1e-9)
    assert e.features == ("x0", "x1", "x2")
    assert e.output == pytest.approx(1 - 4 + 1.5)
    assert any("40 background rows" in note for note in e.notes)


@pytest.mark.parametrize(
    "row",
    [
        [1, 2, 3],
        np.array([1.0, 2, 3]),
        np.array([[1, 2, 3]], dtype=np.int32),
        torch.tensor([1.0, 2, 3]),
        {"c": 3, "a": 1, "b": 2},
        pd.Series({"b": 2, "a": 1, "c": 3}),
        pd.Series([1, 2, 3]),
        pd.DataFrame({"c": [3], "b": [2], "a": [1]}),
    ],
)
def test_a_row_may_come_in_many_forms(row):
    for background in (X, pd.DataFrame(X, columns=["a", "b", "c"]), torch.from_numpy(X), X.tolist()):
        names = None if isinstance(background, pd.DataFrame) else ["a", "b", "c"]
        e = xw.explain(xw.TabularModel(linear, background, names), row, method="occlusion")
        np.testing.assert_allclose(e.values, WEIGHTS * ([1, 2, 3] - X.mean(0)), atol=1e-9)
        assert e.features == ("a", "b", "c")
        assert e.input["shown"] == ["1", "2", "3"]


def test_a_function_gets_the_frame_it_knows():
    background, seen = people(), []

    def predict(frame):
        seen.append(frame.dtypes)
        return frame["age"] * (frame["job"] == "nurse") + frame["member"]

    tab = xw.TabularModel(predict, background)
    e = xw.explain(tab, background.iloc[3], method="occlusion")
    assert all(dtypes.equals(background.dtypes) for dtypes in seen)
    assert e.features == tuple(background.columns)
    assert e.input["row"][2] == e.input["shown"][2] == background["job"][3]
    assert e.input["shown"][4] == str(background["member"][3])
    for i, name in enumerate(background.columns):
        without = background.copy()
        for other in background.columns:
            if other != name:
                without[other] = background[other][3]
        expected = float(predict(background.iloc[[3]]).iloc[0]) - predict(without.astype(background.dtypes)).mean()
        assert e.values[i] == pytest.approx(expected), name


def test_a_tensor_is_handed_on_as_a_tensor():
    def predict(rows):
        assert rows.dtype == torch.float32
        return torch.nn.functional.softmax(rows, -1)

    e = xw.explain(xw.TabularModel(predict, torch.from_numpy(X).float()), X[0], method="occlusion", target=1)
    assert e.outputs.probabilities is not None


def test_a_pipeline_of_text_and_numbers(pipeline):
    frame = people()
    tab = xw.TabularModel(pipeline, frame)
    row = frame.iloc[0].to_dict()
    e = xw.explain(tab, row, target="much", method="permutation_shap", budget=400)
    mean = pipeline.predict_proba(frame)[:, list(pipeline.classes_).index("much")].mean()
    assert e.values.sum() == pytest.approx(e.output - mean, abs=1e-9)
    assert e.outputs.labels == ("little", "much")
    assert xw.explain(tab, {**row, "job": "pilot"}, target="much", method="occlusion").input["row"][2] == "pilot"


@pytest.mark.parametrize("fitted_on", ["frame", "array"])
@pytest.mark.parametrize("background", ["frame", "array"])
def test_an_estimator_never_misses_its_names(fitted_on, background):
    # Warnings are errors here: scikit-learn warns when names are missing, and when there are names it does not know.
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    given = {"frame": frame, "array": X}
    model = RandomForestRegressor(5, random_state=0).fit(given[fitted_on], X @ WEIGHTS)
    e = xw.explain(xw.TabularModel(model, given[background]), X[0], method="occlusion")
    assert e.features == (("x0", "x1", "x2") if (fitted_on, background) == ("array", "array") else ("a", "b", "c"))


class TestOutputs:
    def test_classes_go_by_their_own_names(self):
        y = np.where(X[:, 0] > 0, 7, 3)
        tab = xw.TabularModel(LogisticRegression().fit(X, y), X)
        for target in ("7", 7, 1):
            e = xw.explain(tab, X[0], target=target, method="occlusion")
            assert (e.target, e.targets) == ("7", (1,))
        assert xw.explain(tab, X[0], target=(7, 3), method="occlusion").contrast == "3"
        with pytest.raises(TargetError, match="target='8' is not one of the model's 2 outputs"):
            xw.explain(tab, X[0], target="8", method="occlusion")

    def test_labels_may_be_given(self):
        tab = xw.TabularModel(LogisticRegression().fit(X, X[:, 0] > 0), X, labels=["no", "yes"])
        assert xw.explain(tab, [5, 0, 0], method="occlusion").target == "yes"

    def test_decisions_where_there_are_no_probabilities(self):
        model = Perceptron().fit(X, np.where(X[:, 0] > 0, "up", "down"))
        e = xw.explain(xw.TabularModel(model, X), X[0], target="up", method="occlusion")
        assert e.output == pytest.approx(model.decision_function(X[:1])[0])
        other = xw.explain(xw.TabularModel(model, X), X[0], target="down", method="occlusion")
        np.testing.assert_allclose(other.values, -e.values)

    def test_votes_where_there_are_not_even_decisions(self):
        class Rule(BaseEstimator):
            classes_ = np.array(["down", "up"])

            def predict(self, rows):
                return np.where(rows[:, 1] > 0, "up", "down")

        e = xw.explain(xw.TabularModel(Rule(), X), [0, 1, 0], method="occlusion")
        assert (e.target, e.output) == ("up", 1.0)
        np.testing.assert_allclose(e.values, [0, (X[:, 1] <= 0).mean(), 0])

    def test_several_outputs(self):
        both = np.stack([X @ WEIGHTS, -X[:, 0]], axis=1)
        tab = xw.TabularModel(LinearRegression().fit(X, both), X, labels=["rise", "fall"])
        e = xw.explain(tab, [1, 0, 0], target="fall", method="occlusion")
        np.testing.assert_allclose(e.values, [-1 + X[:, 0].mean(), 0, 0], atol=1e-9)
        forest = RandomForestClassifier(3, random_state=0).fit(X, both > 0)
        tab = xw.TabularModel(forest, X)
        e = xw.explain(tab, X[0], target="output 1: True", method="occlusion")
        assert e.output == pytest.approx(forest.predict_proba(X[:1])[1][0, 1])


class TestTorch:
    @pytest.fixture
    def net(self):
        torch.manual_seed(0)
        return torch.nn.Sequential(torch.nn.Linear(3, 8), torch.nn.Dropout(0.5), torch.nn.Tanh(), torch.nn.Linear(8, 2))

    def test_it_has_gradients_from_the_mean_row(self, net):
        tab = xw.TabularModel(net, X, ["a", "b", "c"], ["no", "yes"])
        assert set(xw.methods(tab)) >= {*FIELD_METHODS, *UNARRANGED}
        e = xw.explain(tab, X[0], target="yes", method="integrated_gradients", tolerance=1e-4)
        net.eval()
        points = torch.tensor(np.stack([X[0], X.mean(0)]), dtype=torch.float32)
        there, mean = net(points)[:, 1].tolist()
        assert e.values.sum() == pytest.approx(there - mean, abs=1e-4)
        assert (e.output, e.unit) == (pytest.approx(there, abs=1e-6), "logit")
        assert "weights" in e.provenance
        assert any("begin at the background's mean row" in note for note in e.notes)

    def test_a_copy_runs_a_module_of_its_own(self, net):
        tab = xw.TabularModel(net, X)
        twin = copy.deepcopy(tab)
        with torch.no_grad():
            twin.model[-1].bias.fill_(100.0)
        assert min(twin.problem(X[0]).outputs.scores) > 50 > max(tab.problem(X[0]).outputs.scores)

    def test_it_is_left_as_it_was(self, net):
        xw.explain(xw.TabularModel(net, X), X[0], method="permutation_shap")
        assert all(part.training for part in net.modules())

    def test_one_score_a_row_and_double_precision(self):
        class Sum(torch.nn.Module):
            def forward(self, rows):
                return rows.sum(-1)

        net = torch.nn.Sequential(torch.nn.Linear(3, 3).double(), Sum())
        e = xw.explain(xw.TabularModel(net, X), X[0], method="input_x_gradient")
        assert e.values.sum() == pytest.approx(e.output - e.baseline_output, abs=1e-6)

    def test_categories_have_no_gradients(self, net):
        tab = xw.TabularModel(net, X, ["a", "b", "c"], categorical=["b"])
        assert list(xw.methods(tab)) == UNARRANGED
        with pytest.raises(MethodError, match="needs gradients"):
            xw.explain(tab, X[0], method="saliency")

    def test_text_is_refused(self, net):
        with pytest.raises(InputError, match="The column 'job' holds text, which a torch module cannot read"):
            xw.TabularModel(net, people())

    def test_a_baseline_is_where_paths_begin(self, net):
        e = xw.explain(xw.TabularModel(net, X), X[0], method="integrated_gradients", baseline=X[1], target=0)
        net.eval()
        there = net(torch.tensor(X[1:2], dtype=torch.float32))[0, 0].item()
        assert e.baseline_output == pytest.approx(there, abs=1e-5)

    def test_missing_values(self, net):
        with pytest.raises(
            InputError, match=r"The background has a missing value in the column 'x1' \(row 0\), which a"
        ):
            xw.TabularModel(net, [[1.0, np.nan, 2.0], [0.0, 1.0, 2.0]])
        with pytest.raises(InputError, match="The row has a missing value in the column 'x2'"):
            xw.explain(xw.TabularModel(net, X), [1, 2, np.nan])

    def test_a_wrong_shape(self):
        tab = xw.TabularModel(torch.nn.Unflatten(1, (1, 3)), X)
        with pytest.raises(ModelError, match=r"The module returned shape \(1, 1, 3\) for 1 rows; one score or row"):
            xw.explain(tab, X[0])


class TestAbsence:
    def test_a_baseline_replaces_the_background(self):
        e = xw.explain(xw.TabularModel(linear, X), [1, 2, 3], method="occlusion", baseline=[1, 0, 0])
        np.testing.assert_allclose(e.values, [0, -4, 1.5], atol=1e-12)
        assert not any("background" in note for note in e.notes)

    def test_another_background_for_one_request(self):
        e = xw.explain(xw.TabularModel(linear, X), [1, 2, 3], method="occlusion", background=X[:5])
        np.testing.assert_allclose(e.values, WEIGHTS * ([1, 2, 3] - X[:5].mean(0)), atol=1e-12)

    def test_a_large_background_is_sampled_alike_each_time(self):
        many, sizes = np.random.default_rng(3).normal(size=(5000, 3)), []

        def predict(rows):
            sizes.append(len(rows))
            return linear(rows)

        runs = [xw.explain(xw.TabularModel(predict, many), [1, 2, 3], method="occlusion") for _ in range(2)]
        np.testing.assert_array_equal(runs[0].values, runs[1].values)
        assert all(size == 1 or size % 100 == 0 for size in sizes)
        assert any("100 background rows drawn from 5000" in note for note in runs[0].notes)

    def test_a_fraction_is_not_cut_to_a_whole_number(self):
        frame = pd.DataFrame({"n": [1, 2, 4]})
        e = xw.explain(xw.TabularModel(lambda f: f["n"], frame), {"n": 3}, method="occlusion", baseline={"n": 1.5})
        np.testing.assert_allclose(e.values, [1.5])

    def test_missing_values_where_the_model_takes_them(self):
        rows = X.copy()
        rows[::3, 1] = np.nan
        model = HistGradientBoostingClassifier(max_iter=3, min_samples_leaf=3).fit(rows, X[:, 1] > 0)
        e = xw.explain(xw.TabularModel(model, rows), [0, np.nan, 1], method="occlusion")
        assert e.input["shown"] == ["0", "missing", "1"]
        with pytest.raises(
            InputError, match="The row has a missing value in the column 'x1', but no row of the backgro"
        ):
            xw.explain(xw.TabularModel(linear, X), [0, np.nan, 1])


def test_a_row_is_kept_as_it_was(pipeline):
    tab = xw.TabularModel(pipeline, people())
    for method in ("occlusion", "permutation_shap"):
        e = xw.explain(tab, people().iloc[7], method=method)
        assert e.verify(tab).agrees


def test_codes_are_shown_by_their_names():
    tab = xw.TabularModel(linear, X.round(), ["sex", "b", "c"], categorical={"sex": ["female", "male"]})
    by_code = xw.explain(tab, [1, 2.5, 3], method="occlusion")
    assert by_code.input["shown"] == ["male", "2.5", "3"]
    by_name = xw.explain(tab, {"b": 2.5, "sex": "male", "c": 3}, method="occlusion")
    np.testing.assert_array_equal(by_name.values, by_code.values)
    with pytest.raises(InputError, match=r"'woman' in the column 'sex', whose categories are 'female', 'male'"):
        xw.explain(tab, ["woman", 2.5, 3], method="occlusion")


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ([1, 2], "The row has 2 values, but there are 5 columns"),
        ({"age": 3}, "The row lacks the column 'hours'"),
        ({"agee": 3}, r"The row has a column 'agee', which the background does not have \(did you mean 'age'\?\)"),
        (people(2), "The row has 2 rows; give one"),
        (
            [3, 4, "cook", "phd", True],
            "The row has 'phd' in the column 'degree', whose categories are 'college', 'none', ",
        ),
        (["old", 4, "cook", "none", True], "The row has 'old' in the column 'age', which holds numbers"),
        (["a", None, "cook", "none", True], "The row has 'a' in the column 'age'"),
        ("age", "cannot be read as rows"),
        (None, "cannot be read as rows"),
        (3, "cannot be read as rows"),
    ],
)
def test_a_wrong_row_is_one_sentence(row, says):
    tab = xw.TabularModel(lambda frame: frame["age"], people())
    with pytest.raises(InputError, match=says) as caught:
        xw.explain(tab, row)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: xw.TabularModel(linear, []), "The background"),
        (lambda: xw.TabularModel(linear, X[:0]), "The background is empty"),
        (lambda: xw.TabularModel(linear, people()[:0]), "The background is empty"),
        (
            lambda: xw.TabularModel(linear, X[0]),
            "The background is a ndarray of shape .3,. that cannot be read as rows",
        ),
        (lambda: xw.TabularModel(linear, X, ["a"]), "The background has 3 columns, but there are 1 feature names"),
        (lambda: xw.TabularModel(linear, X, ["a", "b", "a"]), "Two columns are called 'a'"),
        (lambda: xw.TabularModel(linear, people(), ["a"] * 5), "The background's columns have names already"),
        (lambda: xw.TabularModel(linear, X, categorical=["d"]), "There is no column 'd'"),
        (lambda: xw.TabularModel(3, X), "A int was given; give a torch module"),
        (lambda: xw.TabularModel(LinearRegression, X), "A class LinearRegression was given"),
        (lambda: xw.TabularModel(LinearRegression(), X), "The LinearRegression is not fitted"),
        (
            lambda: xw.TabularModel(LinearRegression().fit(X, X[:, 0]), X[:, :2]),
            "The background has 2 columns, but the model was fitted on 3",
        ),
        (
            lambda: xw.TabularModel(
                LinearRegression().fit(pd.DataFrame(X, columns=list("abc")), X[:, 0]),
                pd.DataFrame(X, columns=list("acb")),
            ),
            "The model was fitted with 'b' as column 1, the background has 'c' there",
        ),
    ],
)
def test_what_cannot_be_wrapped_is_one_sentence(make, says):
    with pytest.raises(InputError, match=says) as caught:
        make()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("predict", "says"),
    [
        (lambda rows: "high", r"The function returned a str that is no array of numbers; return \[B\] or \[B, C\]"),
        (lambda rows: linear(rows)[:-1], r"The function returned shape \(0,\) for 1 rows"),
        (lambda rows: np.zeros((len(rows), 2, 2)), r"The function returned shape \(1, 2, 2\) for 1 rows"),
        (lambda rows: linear(rows) * np.nan, "The model returned a score that is NaN or infinite"),
    ],
)
def test_bad_scores_are_one_sentence(predict, says):
    with pytest.raises(ModelError, match=says):
        xw.explain(xw.TabularModel(predict, X), X[0])
