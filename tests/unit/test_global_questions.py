"""Questions about a whole data set: first results early, stop and resume, and what is said of bad input."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.linear_model import LinearRegression, LogisticRegression

import xaiwidgets as xw
from xaiwidgets.engine.limits import Limits
from xaiwidgets.engine.methods import METHODS
from xaiwidgets.engine.run import Run
from xaiwidgets.errors import InputError, MethodError, ModelError, TargetError

X = np.random.default_rng(0).normal(size=(50, 4))
Y = 2 * X[:, 0] - X[:, 1] + 0.3 * X[:, 2] * X[:, 3]


@pytest.fixture
def tab():
    return xw.TabularModel(LinearRegression().fit(X, Y), X[:20], ["a", "b", "c", "d"])


def estimates(adapter, x, method, limits=None, **options):
    run = Run(adapter.problem(x), METHODS[method], seed=0, options=options)
    return run, list(run.advance(limits or Limits(), cancelled=lambda: False))


def text_model(texts):
    """Scores by the words that are there, whatever their case."""
    weights = {"good": 2.0, "bad": -3.0, "very": 0.5}
    return [[sum(weights.get(word.lower(), 0) for word in text.split())] for text in texts]


class TestPermutationImportance:
    def test_the_first_estimate_takes_one_prediction_of_the_data(self, tab):
        run, made = estimates(xw.Shuffled(tab), (X, Y), "permutation_importance", repeats=3)
        assert np.isnan(made[0].values).sum() == 3
        assert (made[-1].kind, run.stopped_by, run.pace.evaluations) == ("band", "complete", 1 + 3 * 4)
        assert next(one for one in made if not np.isnan(one.values).any()).kind == "unknown"

    def test_stopped_and_resumed_it_is_the_same(self, tab):
        whole = xw.permutation_importance(tab, X, Y, repeats=5, seed=3)
        job = xw.start(xw.Shuffled(tab), (X, Y), repeats=5, seed=3, budget=7)
        part = job.result()
        assert (part.stopped_by, part.evaluations) == ("budget", 7)
        np.testing.assert_allclose(job.resume(budget=100).result().values, whole.values, atol=1e-12)

    def test_it_refines_before_ones_eyes(self, tab):
        seen = []
        xw.permutation_importance(tab, X, Y, repeats=4, on_update=lambda job: seen.append(job.explanation))
        bands = [np.nansum(e.error) for e in seen if e is not None and not np.isnan(e.error).all()]
        assert len(bands) > 2

    def test_a_tolerance_ends_it_early(self, tab):
        e = xw.permutation_importance(tab, X, Y, repeats=500, tolerance=0.2)
        assert (e.stopped_by, e.relative_error <= 0.2) == ("tolerance", True)
        assert e.evaluations < 1000

    def test_frames_and_their_names(self):
        frame = pd.DataFrame({"n": X[:, 0], "kind": np.where(X[:, 1] > 0, "p", "q")})
        e = xw.permutation_importance(
            xw.TabularModel(lambda f: f["n"] * (f["kind"] == "p"), frame), frame, pd.Series(X[:, 0] * (X[:, 1] > 0))
        )
        assert (e.features, e.output, e.target) == (("n", "kind"), 1.0, "r2")
        assert (e.values > 0.3).all()

    def test_a_network_that_classifies(self):
        net = torch.nn.Linear(4, 2)
        with torch.no_grad():
            net.weight.copy_(torch.tensor([[1.0, 0, 0, 0], [-1, 0, 0, 0]]))
            net.bias.zero_()
        words = np.where(X[:, 0] > 0, "Yes", "No")
        e = xw.permutation_importance(xw.TabularModel(net, X, labels=["Yes", "No"]), X, words, repeats=3)
        assert (e.target, e.output) == ("accuracy", 1.0)
        assert e.values[0] > 0.2
        np.testing.assert_array_equal(e.values[1:], 0)

    def test_a_metric_of_ones_own(self):
        def half_right(truth, said):
            return float((truth == said).mean() / 2)

        tab = xw.TabularModel(LogisticRegression().fit(X, Y > 0), X)
        own = xw.permutation_importance(tab, X, Y > 0, metric=half_right, repeats=3)
        usual = xw.permutation_importance(tab, X, Y > 0, repeats=3)
        assert own.target == "half_right"
        np.testing.assert_allclose(2 * own.values, usual.values)

    @pytest.mark.parametrize(
        ("ask", "error", "says"),
        [
            (lambda tab: xw.permutation_importance(tab, X, Y[:-1]), InputError, "X has 50 rows and y has 49"),
            (
                lambda tab: xw.permutation_importance(tab, X[:1], Y[:1]),
                InputError,
                "X has 1 rows, which cannot be shuffle",
            ),
            (
                lambda tab: xw.permutation_importance(tab, X[:, :2], Y),
                InputError,
                "X has 2 values, but there are 4 colum",
            ),
            (
                lambda _: xw.permutation_importance(
                    xw.TabularModel(LogisticRegression().fit(X, Y > 0), X), X, ["up"] * len(X)
                ),
                InputError,
                "y has 'up' and nothing that is a class of the model; its classes are False, True",
            ),
            (lambda tab: xw.permutation_importance(tab, X, Y * np.nan), InputError, "y has missing values"),
            (lambda tab: xw.permutation_importance(tab, X, Y, metric="auc"), MethodError, "choose 'accuracy' or 'r2'"),
            (lambda tab: xw.permutation_importance(tab, X, Y, metric=lambda *_: "high"), ModelError, "returned 'high'"),
            (lambda tab: xw.permutation_importance(tab, X, Y, repeats=0), MethodError, "repeats=0 was given"),
            (lambda tab: xw.permutation_importance(tab, X, Y, target="a"), TargetError, "leave target out"),
            (lambda tab: xw.permutation_importance(tab, X, Y, baseline=X[0]), MethodError, "leave baseline out"),
            (lambda tab: xw.explain(xw.Shuffled(tab), X), InputError, r"give the pair \(X, y\)"),
            (
                lambda tab: xw.explain(tab, X[0], method="permutation_importance"),
                MethodError,
                "xw.permutation_importance",
            ),
            (
                lambda _: xw.permutation_importance(xw.TextClassifier.from_callable(text_model), ["good"], [1]),
                InputError,
                "Permutation importance is for tables, and a CallableText was given",
            ),
        ],
    )
    def test_what_is_wrong_is_one_sentence(self, tab, ask, error, says):
        with pytest.raises(error, match=says) as caught:
            ask(tab)
        assert "\n" not in str(caught.value)


class TestGlobalImportance:
    def test_words_of_texts_count_each_time_they_occur(self):
        clf = xw.TextClassifier.from_callable(text_model, labels=["score"])
        texts = ["good", "very very good", "Good or bad", "bad"]
        e = xw.global_importance(clf, texts, method="occlusion")
        values = dict(zip(e.features, e.values, strict=True))
        assert values == pytest.approx({"good": 2.0, "very": 0.5, "bad": 3.0, "or": 0.0})
        assert dict(zip(e.features, e.details["count"], strict=True)) == {"good": 3, "very": 2, "bad": 2, "or": 1}
        assert dict(zip(e.features, e.details["mean"], strict=True))["bad"] == -3
        # What only one text has may be anything in others.
        unknown = {name for name, error in zip(e.features, e.error, strict=True) if np.isnan(error)}
        assert unknown == {"or", "very"}

    def test_tokens_of_a_word_are_one(self, sentiment):
        e = xw.global_importance(sentiment, ["Unbelievably fine.", "unbelievably dull."], method="occlusion", target=0)
        assert set(e.features) == {"unbelievably", "fine", "dull", "."}
        apart = xw.explain(sentiment, "unbelievably dull.", method="occlusion", target=0)
        word = dict(zip(e.features, e.values, strict=True))["dull"]
        assert word == pytest.approx(abs(apart.values[apart.features.index("dull")]), abs=1e-6)

    def test_regions_of_pictures(self):
        torch.manual_seed(0)
        net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3 * 16, 2))

        def preprocess(image):
            return torch.from_numpy(np.asarray(image).copy()).permute(2, 0, 1).float() / 255

        img = xw.ImageClassifier(net, preprocess, grid=2)
        pictures = np.random.default_rng(0).random((5, 4, 4, 3))
        e = xw.global_importance(img, pictures, method="occlusion", target=1)
        each = [np.abs(xw.explain(img, picture, method="occlusion", target=1).values) for picture in pictures]
        np.testing.assert_allclose(e.values, np.mean(each, axis=0), atol=1e-6)
        assert e.features[3] == "row 2, column 2"

    def test_the_first_input_is_shown_while_it_is_computed(self, tab):
        run, made = estimates(xw.Averaged(tab, "occlusion"), X, "global_importance")
        # The first column's value is there after two evaluations, with nothing said of other inputs.
        assert (made[0].features, made[0].kind) == (("a",), "unknown")
        # One for the target, then five for each input: its score and each of its columns left out.
        assert (run.stopped_by, run.pace.evaluations) == ("complete", 1 + 50 * 5)

    @pytest.mark.parametrize("budget", [20, 37, 111])
    def test_a_budget_is_kept_and_resumed_to_the_same(self, tab, budget):
        whole = xw.global_importance(tab, X, method="permutation_shap", each=30)
        job = xw.start(xw.Averaged(tab, "permutation_shap", budget=30), X, budget=budget)
        part = job.result()
        assert part.evaluations <= budget
        assert part.stopped_by == "budget"
        np.testing.assert_allclose(job.resume(budget=10**6).result().values, whole.values, atol=1e-12)

    def test_a_tolerance_ends_it_early(self, tab):
        e = xw.global_importance(tab, X, method="occlusion", tolerance=0.5)
        assert e.stopped_by == "tolerance"
        assert e.relative_error <= 0.5
        assert e.evaluations < 251

    def test_each_input_has_a_target_of_its_own_unless_one_is_named(self):
        tab = xw.TabularModel(LogisticRegression().fit(X, Y > 0), X)
        assert xw.global_importance(tab, X[:3], method="occlusion").target == "each input's highest score"
        assert xw.global_importance(tab, X[:3], method="occlusion", target="True").target == "True"

    def test_it_can_be_kept(self, tab, tmp_path):
        e = xw.global_importance(tab, X[:5], method="occlusion")
        again = xw.load(e.save(tmp_path / "e"))
        np.testing.assert_array_equal(again.details["count"], [5] * 4)
        assert again.details["of"] == "occlusion"

    def test_it_can_be_had_again(self, tab):
        for adapter, x in (
            (xw.Averaged(tab, "permutation_shap", budget=20), X[:4]),
            (xw.Shuffled(tab), (X, Y)),
        ):
            e = xw.explain(adapter, x, budget=30)
            assert e.verify(adapter, x).agrees
            with pytest.raises(InputError, match="give the same again"):
                e.verify(adapter)

    @pytest.mark.parametrize(
        ("ask", "error", "says"),
        [
            (lambda tab: xw.global_importance(tab, X[:0]), InputError, "No inputs were given"),
            (lambda tab: xw.global_importance(tab, X, method="saliency"), MethodError, "'saliency' needs gradients"),
            (lambda tab: xw.global_importance(tab, X, method="occlusion", steps=3), MethodError, "no option 'steps'"),
            (lambda tab: xw.global_importance(tab, X, each=0), MethodError, "each=0 was given"),
            (
                lambda _: xw.global_importance(xw.TextClassifier.from_callable(text_model), "good"),
                InputError,
                "A str was given where several inputs are needed",
            ),
            (
                lambda _: xw.global_importance(xw.TextClassifier.from_callable(text_model), pd.DataFrame({"t": ["a"]})),
                InputError,
                "A DataFrame was given where several inputs are needed",
            ),
            (
                lambda _: xw.global_importance(xw.TextClassifier.from_callable(text_model), ["good", ""]),
                InputError,
                "Input 1: The text is empty",
            ),
        ],
    )
    def test_what_is_wrong_is_one_sentence(self, tab, ask, error, says):
        with pytest.raises(error, match=says) as caught:
            ask(tab)
        assert "\n" not in str(caught.value)


class TestPartialDependence:
    def test_a_category_of_text_and_a_frame_of_the_result(self):
        frame = pd.DataFrame({"n": [0.0, 1.0, 2.0], "kind": ["q", "p", "q"]})
        tab = xw.TabularModel(lambda f: f["n"] + 10 * (f["kind"] == "p"), frame)
        one = xw.partial_dependence(tab, frame, "kind")
        assert one.grid[0].tolist() == ["p", "q"]
        np.testing.assert_allclose(one.average, [11, 1])
        assert one.to_frame().to_dict("list") == {"kind": ["p", "q"], "average": [11.0, 1.0]}
        both = xw.partial_dependence(tab, frame, ["kind", "n"], ice=False)
        np.testing.assert_allclose(both.average, [[10, 11, 12], [0, 1, 2]])
        assert both.individual is None
        assert both.to_frame().iloc[4].to_dict() == {"kind": "q", "n": 1.0, "average": 1.0}

    @pytest.mark.parametrize(
        ("ask", "error", "says"),
        [
            (lambda tab: xw.partial_dependence(tab, X, "e"), InputError, "There is no column 'e'"),
            (
                lambda tab: xw.partial_dependence(tab, X, ["a", "b", "c"]),
                InputError,
                "give one column, or two different",
            ),
            (lambda tab: xw.partial_dependence(tab, X, ["a", "a"]), InputError, "give one column, or two different"),
            (lambda tab: xw.partial_dependence(tab, X, "a", grid=1), MethodError, "grid=1 was given"),
            (lambda tab: xw.partial_dependence(tab, X, ["a", "b"], grid=[1, 2]), MethodError, "for one column alone"),
            (
                lambda tab: xw.partial_dependence(tab, X, "a", grid=["x"]),
                InputError,
                "The grid has 'x' in the column 'a'",
            ),
            (lambda tab: xw.partial_dependence(tab, X[:0], "a"), InputError, "X has no rows"),
            (
                lambda _: xw.partial_dependence(xw.TabularModel(lambda rows: rows, X), X, 0),
                TargetError,
                "The model has 4 outputs; name one with target=",
            ),
            (
                lambda _: xw.partial_dependence(xw.TextClassifier.from_callable(text_model), ["good"], 0),
                InputError,
                "Partial dependence is for tables",
            ),
        ],
    )
    def test_what_is_wrong_is_one_sentence(self, tab, ask, error, says):
        with pytest.raises(error, match=says) as caught:
            ask(tab)
        assert "\n" not in str(caught.value)
