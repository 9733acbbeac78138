"""A live picture is checked when it is finished; the check is stopped, superseded and shown like the picture."""

import time
from types import SimpleNamespace

import numpy as np
import pytest

import xaiwidgets as xw
from tests.unit.comms import recording
from xaiwidgets.trust import Faithfulness, Measure
from xaiwidgets.widgets.badge import badge
from xaiwidgets.widgets.live import is_quick

WORDS = [f"w{i}" for i in range(14)]
TEXT = " ".join(WORDS)
WEIGHTS = dict(zip(WORDS, np.linspace(-1, 2, 14) ** 3, strict=True))


@pytest.fixture(autouse=True)
def _comms(monkeypatch):
    with recording(monkeypatch):
        yield


class Counted:
    """A function of texts that counts what it was asked, and can be slow."""

    def __init__(self):
        self.asked, self.pause = [], 0.0

    def __call__(self, texts):
        time.sleep(self.pause)
        self.asked.extend(texts)
        return [[sum(WEIGHTS.get(word, 0.0) for word in text.split())] for text in texts]


def until(true, *, within=20.0):
    end = time.monotonic() + within
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


@pytest.fixture
def counted():
    return Counted()


@pytest.fixture
def model(counted):
    return xw.TextClassifier.from_callable(counted, ["score"])


def test_a_finished_picture_is_checked_and_carries_the_verdict(model, tmp_path):
    widget = xw.TokenHighlight(model, TEXT, method="occlusion")
    until(lambda: widget.faithfulness is not None)
    assert widget.faithfulness.verdict == "better than chance"
    assert widget.faithfulness.evaluations <= 120
    until(lambda: widget._trust.get("kind") == "better")
    assert widget._trust["run"] == widget._estimate["run"]
    until(lambda: widget.explanation.faithfulness is not None)
    shown = xw.TokenHighlight(xw.load(widget.explanation.save(tmp_path / "e.npz")))
    assert shown._trust["label"] == widget._trust["label"]


def test_the_picture_does_not_wait_for_it(model, counted):
    counted.pause = 0.005
    widget = xw.TokenHighlight(model, TEXT, method="occlusion")
    until(lambda: not widget.busy)
    assert widget.faithfulness is None
    assert widget._trust == {}
    until(lambda: widget._trust.get("kind") == "checking")
    assert not widget.busy


def test_without_trust_nothing_is_checked(model, counted):
    widget = xw.TokenHighlight(model, TEXT, method="occlusion", trust=False)
    until(lambda: not widget.busy)
    time.sleep(0.6)
    assert len(counted.asked) == widget.explanation.evaluations
    assert widget._trust == {}


def test_a_slow_model_is_not_kept_busy_unasked(model, counted, monkeypatch):
    monkeypatch.setattr("xaiwidgets.widgets.live.SLOWEST", 0.001)
    counted.pause = 0.02
    widget = xw.TokenHighlight(model, TEXT, method="occlusion")
    until(lambda: not widget.busy)
    time.sleep(0.6)
    # One call of the check says that it would take too long.
    assert 0 < len(counted.asked) - widget.explanation.evaluations < 8
    assert widget._trust == {}


@pytest.mark.parametrize(
    ("problem", "e", "check", "quick"),
    [
        ((2.0, 1), (9.0, 3), (0.0, 0), True),
        ((2.0, 1), (9.0, 3), (0.4, 1), True),
        ((0.1, 1), (9.0, 3), (2.0, 1), True),
        ((2.0, 1), (0.6, 2), (2.0, 1), True),
        ((2.0, 1), (1.2, 2), (2.0, 1), False),
        ((0.0, 1), (9.0, 3), (2.0, 1), False),
    ],
)
def test_a_model_is_slow_only_where_all_that_was_timed_says_so(problem, e, check, quick):
    timed = [SimpleNamespace(seconds=seconds, evaluations=evaluations) for seconds, evaluations in (problem, e, check)]
    assert is_quick(SimpleNamespace(problem=timed[0], pace=timed[2]), timed[1]) is quick


def test_a_stop_ends_the_check_too(model, counted):
    widget = xw.TokenHighlight(model, TEXT, method="occlusion")
    until(lambda: not widget.busy)
    counted.pause = 0.05
    until(lambda: widget._trust.get("kind") == "checking" and len(counted.asked) > 17)
    widget.stop()
    widget._live.check.released(5)
    asked = len(counted.asked)
    assert asked < 60
    time.sleep(0.2)
    assert len(counted.asked) == asked
    assert widget._trust.get("kind") != "checking"


def test_an_edit_supersedes_the_check(model, counted):
    counted.pause = 0.005
    widget = xw.TokenHighlight(model, TEXT, method="occlusion")
    until(lambda: widget._trust.get("kind") == "checking")
    old = widget._live.check
    widget.text = TEXT + " w3"
    assert widget.faithfulness is None
    until(lambda: widget.faithfulness is not None)
    assert old.state in {"stopped", "done"}
    assert len(widget.explanation.features) == 15
    until(lambda: widget._trust.get("run") == widget._estimate["run"])


def test_a_stopped_picture_is_not_checked(model, counted):
    counted.pause = 0.05
    widget = xw.TokenHighlight(model, TEXT, method="permutation_shap", budget=4000)
    until(lambda: widget.explanation is not None)
    widget.stop()
    until(lambda: not widget.busy)
    time.sleep(0.6)
    assert widget._live.check is None


def verdict(kind, p, value=0.5, least=0.0005):
    measure = Measure(name="sensitivity_n", value=value, p=p, least=least)
    return Faithfulness(verdict=kind, p=p, measures={"sensitivity_n": measure}, evaluations=99)


@pytest.mark.parametrize(
    ("found", "label", "why"),
    [
        (verdict("better than chance", 0.0005), "better than chance · 99.9 %", "correlation 0.50, 99 evaluations"),
        (verdict("better than chance", 0.08), "better than chance", "no other order of the values agrees more"),
        (verdict("no better than chance", 0.61, -0.2), "no better than chance · 39 %", "correlation −0.20"),
        (verdict("not decided", 0.015), "not decided · 98 %", "98 % of them agree less"),
        (verdict("not decided", float("nan")), "not decided", "Too little was evaluated"),
    ],
)
def test_what_the_badge_says(found, label, why):
    shown = badge(found, run=3)
    assert shown["run"] == 3
    assert shown["label"]["en"] == label
    assert why in shown["why"]["en"]
    assert shown["why"]["zh"] != shown["why"]["en"]


def test_finished_numbers_show_a_badge_when_they_carry_a_verdict():
    e = xw.Explanation.from_arrays([1.0, 2.0], ["a", "b"])
    assert xw.TokenHighlight(e)._trust == {}
    assert xw.TokenHighlight(e.with_faithfulness(verdict("not decided", 0.3)))._trust["kind"] == "open"
