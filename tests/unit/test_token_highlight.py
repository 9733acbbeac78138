"""TokenHighlight as the browser sees it: what is sent, when, and what its messages do."""

import re
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import torch

import xaiwidgets as xw
from tests.unit.comms import recording
from xaiwidgets.errors import InputError, MethodError

TEXT = "A gripping film, unbelievably well-acted 😀 and never dull."


@pytest.fixture(autouse=True)
def _comms(monkeypatch):
    with recording(monkeypatch):
        yield


def settled(widget, *, within=20.0):
    """Wait until the newest job has ended and been shown."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        if widget.busy is False:
            return widget._estimate
        time.sleep(0.005)
    pytest.fail("the widget is still busy")


def unpack(wired):
    return np.frombuffer(wired["data"], dtype=wired["dtype"]).reshape(wired["shape"])


class Slow(torch.nn.Module):
    """A black box whose every call takes a while; it counts its rows."""

    def __init__(self, seconds):
        super().__init__()
        self.seconds, self.rows = seconds, 0

    def forward(self, texts):
        time.sleep(self.seconds)
        self.rows += len(texts)
        return [[float(len(text)), 1.0] for text in texts]


def test_finished_numbers_are_shown_without_controls():
    widget = xw.TokenHighlight(["fine", "film"], [0.5, -1.0])
    assert (widget.live, widget.busy, widget._methods) == (False, False, [])
    assert unpack(widget._estimate["values"]).tolist() == [0.5, -1.0]
    assert widget._input["text"] == "fine film"
    assert widget._estimate["state"] == "done"


def test_an_explanation_is_shown_as_it_was_computed(sentiment):
    e = xw.explain(sentiment, TEXT, method="occlusion", target=0)
    widget = xw.TokenHighlight(e)
    np.testing.assert_allclose(unpack(widget._estimate["values"]), e.values, rtol=1e-6)
    assert widget._outputs["labels"] == list(sentiment.labels)
    assert widget._estimate["targets"] == [0]
    assert widget._input["text"] == TEXT


def test_spans_count_as_the_browser_counts(sentiment):
    widget = xw.TokenHighlight(xw.explain(sentiment, TEXT, method="saliency"))
    utf16 = TEXT.encode("utf-16-le")
    special = widget._input["special"]
    shown = [
        utf16[2 * a : 2 * b].decode("utf-16-le")
        for token, (a, b) in enumerate(unpack(widget._input["spans"]))
        if token not in special
    ]
    assert shown[:3] == ["A", "gripping", "film"]
    assert shown[-5:] == ["😀", "and", "never", "dull", "."]


def test_a_live_widget_computes_and_says_what_it_cost(sentiment):
    widget = xw.TokenHighlight(sentiment, TEXT)
    estimate = settled(widget)
    assert estimate["state"] == "done"
    assert estimate["method"] == "integrated_gradients"
    total = float(unpack(estimate["values"]).sum())
    assert total == pytest.approx(estimate["output"] - estimate["baseline_output"], abs=0.02 * abs(total) + 0.02)
    assert [m["name"] for m in widget._methods] == list(xw.methods(sentiment))


def test_the_first_picture_needs_two_evaluations(sentiment):
    widget = xw.TokenHighlight(sentiment, TEXT)
    settled(widget)
    assert widget.comm.updates("_estimate")[0]["evaluations"] <= 2


def test_pictures_come_at_most_twenty_times_a_second(sentiment):
    widget = xw.TokenHighlight(sentiment, TEXT, method="permutation_shap", within=1.0, tolerance=1e-9)
    start = time.perf_counter()
    settled(widget)
    took = time.perf_counter() - start
    sent = len(widget.comm.updates("_estimate"))
    assert 3 <= sent <= 20 * took + 3


def test_an_edit_in_the_browser_supersedes(sentiment):
    widget = xw.TokenHighlight(sentiment, TEXT, method="permutation_shap", tolerance=1e-9, budget=100_000)
    for n in range(20):
        widget.comm.set(text=f"A dull film, number {n}.")
    widget.comm.set(method="occlusion")
    estimate = settled(widget)
    assert widget._input["text"] == "A dull film, number 19."
    assert (estimate["method"], estimate["input"]) == ("occlusion", widget._input["id"])
    # The last thing a job's thread does is to say that it is done; then it ends.
    end = time.monotonic() + 5
    while any(thread.name == "xaiwidgets-job" for thread in threading.enumerate()):
        assert time.monotonic() < end, "a job's thread is left"
        time.sleep(0.005)


def test_the_browser_picks_a_class_and_a_contrast(sentiment):
    widget = xw.TokenHighlight(sentiment, TEXT, method="occlusion")
    settled(widget)
    widget.comm.set(target=0)
    assert settled(widget)["target"] == sentiment.labels[0]
    widget.comm.set(target=[0, 1])
    estimate = settled(widget)
    assert (estimate["target"], estimate["contrast"]) == (sentiment.labels[0], sentiment.labels[1])
    direct = xw.explain(sentiment, TEXT, method="occlusion", target=(0, 1))
    np.testing.assert_allclose(unpack(estimate["values"]), direct.values, atol=1e-5)


def test_python_can_ask_too(sentiment):
    widget = xw.TokenHighlight(sentiment, TEXT, method="occlusion")
    settled(widget)
    widget.target = sentiment.labels[0]
    assert settled(widget)["target"] == sentiment.labels[0]
    with pytest.raises(MethodError, match="occlusion"):
        widget.method = "oclusion"


def test_stop_keeps_the_picture_and_resume_goes_on():
    slow = Slow(0.02)
    widget = xw.TokenHighlight(
        xw.TextClassifier.from_callable(slow),
        "one two three four five six",
        tolerance=1e-9,
        method="permutation_shap",
        budget=60,
    )
    while not widget._estimate:
        time.sleep(0.01)
    widget.comm.say(kind="stop")
    stopped = settled(widget)
    assert (stopped["state"], stopped["stopped_by"]) == ("stopped", "cancelled")
    widget.comm.say(kind="resume")
    resumed = settled(widget)
    assert resumed["evaluations"] > stopped["evaluations"]
    assert resumed["stopped_by"] != "cancelled"
    fresh = xw.explain(
        xw.TextClassifier.from_callable(Slow(0)),
        "one two three four five six",
        tolerance=1e-9,
        method="permutation_shap",
        budget=60,
    )
    np.testing.assert_allclose(unpack(resumed["values"]), fresh.values, atol=1e-6)


def test_a_closed_view_stops_the_computation():
    widget = xw.TokenHighlight(
        xw.TextClassifier.from_callable(Slow(0.02)),
        "one two three four",
        tolerance=1e-9,
        method="permutation_shap",
        budget=10_000,
    )
    while not widget._estimate:
        time.sleep(0.01)
    widget.comm.say(kind="gone")
    before = settled(widget, within=2)
    assert before["stopped_by"] == "cancelled"
    widget.comm.say(kind="here")
    time.sleep(0.3)
    assert widget._estimate["evaluations"] > before["evaluations"]
    widget.stop()
    settled(widget, within=2)
    widget.comm.say(kind="here")
    assert widget.busy is False


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("   ", "empty"), ("x" * 3, None)],
)
def test_a_fault_is_one_sentence_and_the_picture_stays(sentiment, text, sentence):
    widget = xw.TokenHighlight(sentiment, TEXT, method="occlusion")
    before = settled(widget)
    widget.comm.set(text=text)
    after = settled(widget)
    if sentence is None:
        assert widget._fault is None
        assert after["input"] == widget._input["id"]
    else:
        assert sentence in widget._fault["message"]
        assert "\n" not in widget._fault["message"]
        assert after is before
        widget.comm.set(text=TEXT)
        settled(widget)
        assert widget._fault is None


def test_a_model_that_raises_half_way_leaves_the_picture_so_far():
    calls = []

    def breaks(texts):
        calls.append(len(texts))
        if sum(calls) > 5:
            raise ValueError("the endpoint is gone")
        return [[float(len(text)), 0.0] for text in texts]

    widget = xw.TokenHighlight(
        xw.TextClassifier.from_callable(breaks), "one two three four five six seven eight", method="occlusion"
    )
    estimate = settled(widget)
    assert "the endpoint is gone" in widget._fault["message"]
    assert estimate["state"] == "failed"
    values = unpack(estimate["values"])
    assert np.isfinite(values[0])
    assert np.isnan(values[-1])


def test_a_long_text_is_cut_and_said(sentiment):
    widget = xw.TokenHighlight(sentiment, "a good film " * 400, method="saliency")
    estimate = settled(widget)
    assert "cut" in estimate["notes"][0]
    assert 0 < widget._input["cut"] < len(widget.text)


def test_4096_tokens_travel_in_150_kilobytes():
    prose = re.findall(r"\w+|[^\w\s]", (Path(__file__).parents[2] / "LICENSE").read_text())
    words = (prose * 3)[:4096]
    assert len(words) == 4096
    widget = xw.TokenHighlight(words, np.linspace(-1, 1, 4096))
    assert payload(widget) <= 150_000


def payload(widget):
    """Bytes of the state that reaches the browser, without the front end's own code."""
    import json

    from ipywidgets.widgets.widget import _remove_buffers

    state = {k: v for k, v in widget.get_state().items() if k not in {"_esm", "_css"}}
    plain, _, buffers = _remove_buffers(state)
    return len(json.dumps(plain, ensure_ascii=False).encode()) + sum(len(memoryview(b).cast("B")) for b in buffers)


def test_a_language_model_writes_and_each_step_is_explained(smollm2):
    widget = xw.TokenHighlight(smollm2, "The capital of France is", method="input_x_gradient", generate=4)
    first = settled(widget)
    assert (first["target"], first["step"]) == (" Paris", 0)
    prompt = widget._input["prompt"]
    assert len(widget._input["tokens"]) == prompt + 4
    assert unpack(first["values"]).shape == (prompt,)
    assert widget._outputs["labels"][0] == " Paris"
    widget.comm.set(step=2)
    third = settled(widget)
    assert unpack(third["values"]).shape == (prompt + 2,)
    assert third["input"] == first["input"]


def test_another_prompt_starts_at_the_first_step_without_an_old_target(smollm2):
    widget = xw.TokenHighlight(smollm2, "The capital of France is", method="saliency", generate=3)
    settled(widget)
    widget.comm.set(step=2)
    settled(widget)
    widget.comm.set(target=widget._outputs["ids"][1])
    settled(widget)
    widget.comm.set(text="One two three four")
    assert settled(widget)["step"] == 0
    assert widget.target is None


@pytest.mark.parametrize(
    ("make", "error", "says"),
    [
        (lambda m: xw.TokenHighlight(["a"], [1.0, 2.0]), InputError, "one value"),
        (lambda m: xw.TokenHighlight(["a", "b"], "ab"), InputError, "numbers"),
        (lambda m: xw.TokenHighlight(3), InputError, "give an explanation"),
        (lambda m: xw.TokenHighlight(m, None), InputError, "text to explain"),
        (lambda m: xw.TokenHighlight(m, "a", method="nope"), MethodError, "choose one of"),
        (lambda m: xw.TokenHighlight(m, "a", tollerance=1), MethodError, "tollerance"),
        (lambda m: xw.TokenHighlight(m, "a", within="soon"), MethodError, "soon"),
        (lambda m: xw.TokenHighlight(["a"], [1.0], target=1), InputError, "needs a model"),
    ],
)
def test_bad_calls_say_what_was_given_and_what_to_do(sentiment, make, error, says):
    with pytest.raises(error, match=says) as caught:
        make(sentiment)
    assert "\n" not in str(caught.value)


def test_every_method_has_its_words_in_every_language():
    from xaiwidgets.engine.methods import METHODS
    from xaiwidgets.words import LANGUAGES, described

    for name in METHODS:
        (entry,) = described(name)
        assert all(entry[part][language] for part in ("title", "summary") for language in LANGUAGES)


def test_a_method_without_a_sign_says_so(sentiment):
    assert xw.TokenHighlight(xw.explain(sentiment, TEXT, method="saliency"))._estimate["signed"] is False
    assert xw.TokenHighlight(xw.explain(sentiment, TEXT, method="occlusion"))._estimate["signed"] is True
    assert xw.TokenHighlight(["a", "b"], [0.0, 1.0])._estimate["signed"] is False
    assert xw.TokenHighlight(["a", "b"], [0.0, -1.0])._estimate["signed"] is True


def test_stopped_while_the_model_still_writes_it_can_go_on(smollm2):
    widget = xw.TokenHighlight(smollm2, "The capital of France is", method="saliency", generate=30)
    widget.stop()
    settled(widget)
    assert widget._estimate == {}
    widget.resume()
    assert settled(widget)["target"] == " Paris"


def test_resume_after_a_failure_begins_anew():
    broken = [True]

    def mended(texts):
        if broken[0]:
            raise ValueError("not yet")
        return [[1.0, float(len(text))] for text in texts]

    widget = xw.TokenHighlight(xw.TextClassifier.from_callable(mended), "one two three", method="occlusion")
    settled(widget)
    assert "not yet" in widget._fault["message"]
    broken[0] = False
    widget.resume()
    assert settled(widget)["state"] == "done"
    assert widget._fault is None
