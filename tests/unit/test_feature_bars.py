"""FeatureBars: the strongest words as signed bars."""

import threading

import numpy as np
import pytest

import xaiwidgets as xw
from tests.unit.comms import recording
from xaiwidgets.errors import InputError
from xaiwidgets.widgets.feature_bars import AGAINST, FOR


@pytest.fixture(autouse=True)
def _comms(monkeypatch):
    with recording(monkeypatch):
        yield


def visible(bars):
    return [name.replace("\u200b", "") for name in bars._bars.x]


def test_the_strongest_come_first_with_their_sign():
    e = xw.Explanation.from_arrays([0.1, -3.0, 2.0], ["a", "b", "c"])
    bars = xw.FeatureBars(e, top=2)
    assert visible(bars) == ["b", "c"]
    assert list(bars._bars.y) == [-3.0, 2.0]
    assert bars._bars.colors == [AGAINST, FOR]


def test_equal_words_keep_bars_of_their_own():
    bars = xw.FeatureBars(xw.Explanation.from_arrays([1.0, 2.0, 3.0], ["the", "the", "cat"]))
    assert visible(bars) == ["cat", "the", "the"]
    assert len(set(bars._bars.x)) == 3


def test_tokens_of_a_word_are_one_bar(sentiment):
    e = xw.explain(sentiment, "Unbelievably fine.", method="occlusion", target=0)
    bars = xw.FeatureBars(e)
    assert sorted(visible(bars)) == [".", "Unbelievably", "fine"]
    whole = bars._bars.y[visible(bars).index("Unbelievably")]
    assert whole == pytest.approx(e.values[:-2].sum())


def test_whiskers_show_the_error():
    bars = xw.FeatureBars(xw.Explanation.from_arrays([1.0, -2.0], ["a", "b"], error=[0.5, 0.1]))
    assert bars._whiskers.visible
    np.testing.assert_allclose(bars._whiskers.x, [[-2.1, -1.9], [0.5, 1.5]])


def test_it_follows_a_highlight(sentiment):
    highlight = xw.TokenHighlight(sentiment, "A fine film.", method="occlusion")
    bars = xw.FeatureBars(highlight)
    while highlight.busy:
        pass
    assert bars.explanation is highlight.explanation
    highlight.text = "A dull evening."
    while highlight.busy:
        pass
    assert "evening" in visible(bars)


def test_linking_reaches_the_bridge(sentiment):
    highlight = xw.TokenHighlight(["a", "b"], [1.0, 2.0])
    bars = xw.FeatureBars(highlight.explanation)
    xw.link(highlight, bars)
    assert highlight.group == bars._bridge.group != ""


@pytest.mark.parametrize(("shown", "says"), [(3, "int"), ("text", "str"), ([1, 2], "list")])
def test_what_cannot_be_shown_is_said(shown, says):
    with pytest.raises(InputError, match=says):
        xw.FeatureBars(shown)


def test_link_needs_two_widgets():
    widget = xw.TokenHighlight(["a"], [1.0])
    with pytest.raises(InputError, match="at least two"):
        xw.link(widget)
    with pytest.raises(InputError, match="int"):
        xw.link(widget, 3)


def test_linking_merges_groups():
    a, b, c, d = (xw.TokenHighlight(["a"], [1.0]) for _ in range(4))
    xw.link(a, b)
    xw.link(c, d)
    xw.link(b, c)
    assert len({w.group for w in (a, b, c, d)}) == 1


def test_a_bar_knows_all_tokens_of_its_word(sentiment):
    e = xw.explain(sentiment, "Unbelievably fine.", method="occlusion", target=0)
    bars = xw.FeatureBars(e)
    word = visible(bars).index("Unbelievably")
    assert bars._bridge.features[word] == list(range(len(e.features) - 2))
    assert bars._bridge.names[word] == list(e.features[:-2])


def finished(bars):
    # The last picture is drawn after the job has said that it is done.
    for thread in threading.enumerate():
        if thread.name == "xaiwidgets-job":
            thread.join()
    return bars


@pytest.fixture
def table():
    rows = np.random.default_rng(0).normal(size=(30, 3))
    return xw.TabularModel(lambda x: x @ [1.0, -2.0, 0.0], rows, ["age", "hours per week", "height"]), rows


def test_a_column_is_shown_with_its_value(table):
    tab, rows = table
    bars = finished(xw.FeatureBars(tab, [39, 40.25, 1], method="permutation_shap"))
    assert visible(bars) == ["hours per week = 40.25", "age = 39", "height = 1"]
    np.testing.assert_allclose(bars._bars.y, [-2 * (40.25 - rows[:, 1].mean()), 39 - rows[:, 0].mean(), 0], atol=1e-9)
    # Whoever hovers elsewhere knows the column alone.
    assert bars._bridge.names == [["hours per week"], ["age"], ["height"]]
    assert bars._figure.fig_margin["left"] > 7 * len("hours per week = 40.25")


def test_columns_of_a_whole_data_set_are_shown_live(table):
    tab, rows = table
    bars = finished(xw.FeatureBars(xw.Shuffled(tab), (rows, rows @ [1.0, -2.0, 0.0]), method="permutation_importance"))
    assert visible(bars) == ["hours per week", "age", "height"]
    assert bars._whiskers.visible
    bars = finished(xw.FeatureBars(xw.Averaged(tab, "occlusion"), rows))
    assert visible(bars) == ["hours per week", "age", "height"]
