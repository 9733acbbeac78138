"""Explanations side by side: what they share, where they part beyond their error, and whom the model bears out."""

import numpy as np
import pytest

import xaiwidgets as xw
from xaiwidgets.errors import InputError

FEATURES = [f"f{i}" for i in range(8)]


def made(values, **more):
    return xw.Explanation.from_arrays(values, FEATURES, **{"signed": True, "method": "a", **more})


def test_the_same_map_twice_agrees_in_everything():
    values = [3.0, -2.0, 1.0, 0.5, -0.4, 0.3, 0.2, 0.1]
    found = xw.compare([made(values), made(10 * np.array(values), method="b")])
    assert found.names == ("a", "b")
    for pairs in (found.spearman, found.kendall, found.overlap, found.signs):
        np.testing.assert_allclose(pairs, 1)
    np.testing.assert_allclose(found.disagreement, 0, atol=1e-12)


def test_turned_upside_down_they_differ_in_sign_and_rank_but_not_in_strength():
    values = np.array([3.0, -2.0, 1.0, 0.5, -0.4, 0.3, 0.2, 0.1])
    found = xw.compare([made(values), made(-values)])
    assert found.names == ("a", "a (2)")
    assert found.spearman[0, 1] == pytest.approx(-1)
    assert found.signs[0, 1] == 0
    assert found.overlap[0, 1] == 1
    strength = xw.compare([made(values), made(np.abs(values), signed=False)])
    assert strength.spearman[0, 1] == pytest.approx(1)
    assert np.isnan(strength.signs[0, 1])


def test_the_top_is_counted_by_strength():
    found = xw.compare([made([4, 3, 2, 1, 0, 0, 0, 0]), made([-4, 0, 0, 3, 2, 0, 0, 0])], k=2)
    assert found.k == 2
    assert found.overlap[0, 1] == pytest.approx(0.5)


def test_what_the_error_bands_explain_is_no_disagreement():
    one, other = [0.5, 0.5, 0, 0, 0, 0, 0, 0], [0.6, 0.2, 0.2, 0, 0, 0, 0, 0]
    plain = xw.compare([made(one), made(other)])
    np.testing.assert_allclose(plain.disagreement[:3], [0.1, 0.3, 0.2])
    banded = xw.compare([made(one, error=np.full(8, 0.1)), made(other, error=np.full(8, 0.05))])
    np.testing.assert_allclose(banded.disagreement[:3], [0, 0.15, 0.05], atol=1e-12)
    table = banded.to_frame()
    assert list(table.feature[:2]) == ["f1", "f2"]
    assert list(table.columns) == ["feature", "a", "a (2)", "disagreement"]


def test_a_sign_that_the_error_leaves_open_does_not_count():
    found = xw.compare([made([1, -1, 1, 0, 0, 0, 0, 0], error=np.full(8, 0.1)), made([1, 1, 1, 1, 1, 1, 1, 1])])
    assert found.signs[0, 1] == pytest.approx(2 / 3)


def test_the_model_says_who_wins():
    weights = dict(zip(FEATURES, [2, -1, 0.5, 0, 0, 1, 0, 0], strict=True))
    asked = []

    def scores(texts):
        asked.extend(texts)
        return [[sum(weights.get(word, 0.0) for word in text.split())] for text in texts]

    model = xw.TextClassifier.from_callable(scores, ["score"])
    text = " ".join(FEATURES)
    right = xw.explain(model, text, method="occlusion")
    wrong = xw.Explanation.from_arrays(np.roll(right.values, 3), FEATURES, signed=True, target="score")
    asked.clear()
    found = xw.compare([right, wrong], model, text)
    assert set(found.wins.values()) == {"occlusion"}
    assert set(found.wins) >= {"sensitivity_n", "deletion", "insertion", "infidelity"}
    assert found.measures["given numbers"].verdict == "no better than chance"
    assert "given numbers: no better than chance" in repr(found)
    assert list(found.to_table().index) == ["occlusion", "given numbers"]
    # Both are set against the same random rankings, which are evaluated once.
    alone = found.measures["occlusion"].evaluations
    assert len(asked) == alone + found.measures["given numbers"].evaluations
    assert found.measures["given numbers"].evaluations < alone / 4


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([made(range(8))], "1 explanation was given to compare"),
        ([made(range(8)), "b"], "A str was given to compare"),
        ([made(range(8)), xw.Explanation.from_arrays([1], ["one"])], "different features"),
        ([made(range(8), target="x"), made(range(8), target="y")], "of 'x' and another of 'y'"),
    ],
)
def test_what_cannot_be_compared_is_one_sentence(given, said):
    with pytest.raises(InputError, match=said):
        xw.compare(given)
