"""The adapter of a black box: any function from texts to scores."""

import numpy as np
import pytest
import torch

import xaiwidgets as xw
from tests.oracle.closed import GAME_METHODS
from xaiwidgets.errors import InputError, MethodError, ModelError, TargetError

GOOD = {"warm": 2.0, "gripping": 3.0, "dull": -4.0}


def score(text):
    return sum(GOOD.get(word, 0.0) for word in text.split())


def numpy_scores(texts):
    return np.array([[score(text), -score(text)] for text in texts])


@pytest.mark.parametrize(
    "returned",
    [
        numpy_scores,
        lambda texts: numpy_scores(texts).tolist(),
        lambda texts: torch.tensor(numpy_scores(texts)),
        lambda texts: torch.tensor(numpy_scores(texts), dtype=torch.bfloat16, requires_grad=True),
        lambda texts: numpy_scores(texts).astype(np.int32),
        lambda texts: [tuple(row) for row in numpy_scores(texts)],
    ],
)
def test_scores_may_come_as_lists_numpy_or_torch(returned):
    e = xw.explain(xw.TextClassifier.from_callable(returned), "a warm and gripping film", target=0, method="occlusion")
    assert e.features == ("a", "warm", "and", "gripping", "film")
    np.testing.assert_allclose(e.values, [0, 2, 0, 3, 0])
    assert (e.output, e.target, e.unit) == (5.0, "0", "score")


def test_labels_and_probabilities():
    def shares(texts):
        return [[0.25, 0.75] for _ in texts]

    e = xw.explain(xw.TextClassifier.from_callable(shares, labels=["no", "yes"]), "fine", method="occlusion")
    assert (e.target, e.outputs.kind, e.outputs.probabilities) == ("yes", "class", (0.25, 0.75))
    raw = xw.explain(xw.TextClassifier.from_callable(numpy_scores, ["no", "yes"]), "fine", method="occlusion")
    assert (raw.outputs.kind, raw.outputs.probabilities) == ("score", None)


def test_a_contrast():
    clf = xw.TextClassifier.from_callable(numpy_scores, ["good", "bad"])
    e = xw.explain(clf, "warm but dull", target=("good", "bad"), method="occlusion")
    np.testing.assert_allclose(e.values, [4, 0, -8])


def test_it_has_coalitions_alone():
    clf = xw.TextClassifier.from_callable(numpy_scores)
    assert set(xw.methods(clf)) == set(GAME_METHODS)
    with pytest.raises(MethodError, match="'saliency' needs gradients, which this model does not give; choose one of"):
        xw.explain(clf, "fine", method="saliency")


def texts_seen(text, **request):
    seen = []

    def fn(texts):
        seen.extend(texts)
        return [[float(len(text))] for text in texts]

    xw.explain(xw.TextClassifier.from_callable(fn, **request), text, method="occlusion")
    first, *others = seen
    # Nobody knows whether a black box would say the same again, so it is asked for the text itself twice.
    assert others.count(text) == 1
    return [first, *(one for one in others if one != text)]


def test_an_absent_word_leaves_the_rest_as_it_was():
    assert texts_seen("Not bad,  at all!\nReally?") == [
        "Not bad,  at all!\nReally?",
        "bad, at all!\nReally?",
        "Not , at all!\nReally?",
        "Not bad at all!\nReally?",
        "Not bad, all!\nReally?",
        "Not bad, at !\nReally?",
        "Not bad, at all\nReally?",
        "Not bad, at all!\n?",
        "Not bad, at all!\nReally",
    ]


def test_an_absent_word_may_be_replaced():
    assert texts_seen("not bad", absent="[gone]") == ["not bad", "[gone] bad", "not [gone]"]


def test_words_of_scripts_without_blanks_and_with_marks():
    clf = xw.TextClassifier.from_callable(lambda texts: [[1.0] for _ in texts])
    features = xw.explain(clf, "这部电影 isn't bad—café 3.5 😀 كتاب!", method="occlusion").features
    assert features == ("这", "部", "电", "影", "isn't", "bad", "—", "café", "3", ".", "5", "😀", "كتاب", "!")


@pytest.mark.parametrize(
    ("returned", "told"),
    [
        (lambda texts: [0.5 for _ in texts], r"returned shape \(1,\) for 1 texts; return one row of scores for each"),
        (lambda texts: 0.5, r"returned shape \(\) for 1 texts"),
        (lambda texts: np.zeros((len(texts) + 1, 2)), r"returned shape \(2, 2\) for 1 texts"),
        (lambda texts: np.zeros((len(texts), 2, 2)), r"returned shape \(1, 2, 2\)"),
        (lambda texts: [{"label": "good", "score": 0.9}], "returned a list that is no array of numbers"),
        (lambda texts: [[1, 2], [3]], "returned a list that is no array of numbers"),
        (lambda texts: None, r"returned"),
        (lambda texts: [["a", "b"]], "no array of numbers"),
        (lambda texts: [[np.nan, 1.0]], "NaN or infinite"),
        (lambda texts: [[np.inf, 1.0]], "NaN or infinite"),
        (lambda texts: np.zeros((1, 0)), r"shape \(1, 0\)"),
        (lambda texts: 1 / 0, "ZeroDivisionError: division by zero"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(returned, told):
    with pytest.raises(ModelError, match=told) as caught:
        xw.explain(xw.TextClassifier.from_callable(returned), "fine film")
    assert "\n" not in str(caught.value)


def test_scores_that_change_their_shape_half_way_are_one_sentence():
    def moody(texts):
        return np.zeros((len(texts), 2)) if texts == ["fine film"] else np.zeros((len(texts), 1))

    with pytest.raises(ModelError, match=r"returned 1 scores for a text after it had returned 2"):
        xw.explain(xw.TextClassifier.from_callable(moody), "fine film", target=1)


def test_labels_of_another_length_are_refused():
    with pytest.raises(InputError, match="3 labels were given for a function that returns 2 scores; give one for each"):
        xw.explain(xw.TextClassifier.from_callable(numpy_scores, ["a", "b", "c"]), "fine")


def test_a_target_there_is_not():
    clf = xw.TextClassifier.from_callable(numpy_scores, ["good", "bad"])
    with pytest.raises(TargetError, match=r"did you mean 'good'\?"):
        xw.explain(clf, "fine", target="goof")


@pytest.mark.parametrize("text", ["", "  \n", 5, None, ["a", "b"]])
def test_what_is_no_text_is_refused(text):
    with pytest.raises(InputError, match=r"empty|where a text is expected"):
        xw.explain(xw.TextClassifier.from_callable(numpy_scores), text)


def test_what_is_no_function_is_refused():
    with pytest.raises(InputError, match="A str was given where a function from a list of texts to scores is expected"):
        xw.TextClassifier.from_callable("sentiment-analysis")


def test_the_provenance_names_the_function():
    e = xw.explain(xw.TextClassifier.from_callable(numpy_scores), "fine", method="occlusion")
    assert e.provenance["model"] == "numpy_scores"
