"""The exported page: one file, our own, and nothing in it that a model's text could run."""

import base64
import json
import re

import numpy as np
import pytest

import xaiwidgets as xw
from tests.unit.comms import recording

HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(2)</script>",
    "##",
    "Ġ",
    "▁",
    "\n",
    "😀",
    "你好",
    "مرحبا",
]


@pytest.fixture(autouse=True)
def _comms(monkeypatch):
    with recording(monkeypatch):
        yield


def page(path):
    """The file's text and the data inside it, read as the browser reads them."""
    text = path.read_text("utf-8")
    data = re.search(r'<script type="application/json" id="xaiwidgets">(.*?)</script>', text, re.DOTALL)[1]
    return text, json.loads(data)


def test_the_page_carries_the_numbers(tmp_path):
    widget = xw.TokenHighlight(["a", "fine", "film"], [0.0, 0.5, -1.0])
    _, data = page(widget.to_html(tmp_path / "a.html"))
    (exported,) = data["widgets"]
    values = next(b for b in exported["buffers"] if b["path"] == ["_estimate", "values", "data"])
    assert np.frombuffer(base64.b64decode(values["base64"]), dtype="<f4").tolist() == [0.0, 0.5, -1.0]
    assert exported["state"]["_input"]["text"] == "a fine film"


def test_a_sentence_takes_less_than_300_kilobytes(tmp_path, sentiment):
    widget = xw.TokenHighlight(xw.explain(sentiment, "A gripping film, unbelievably well acted.", method="saliency"))
    assert widget.to_html(tmp_path / "a.html").stat().st_size < 300_000


def test_nothing_is_asked_of_a_network(tmp_path):
    text, _ = page(xw.TokenHighlight(["a"], [1.0]).to_html(tmp_path / "a.html"))
    assert re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}", text.replace("http://www.w3.org", "")) == []


def test_hostile_tokens_stay_data(tmp_path):
    widget = xw.TokenHighlight(HOSTILE, np.ones(len(HOSTILE)))
    text, data = page(widget.to_html(tmp_path / "a.html"))
    assert data["widgets"][0]["state"]["_input"]["tokens"] == HOSTILE
    assert text.count("<script") == 2
    assert "<img" not in text


def test_a_live_widget_is_exported_without_its_controls(tmp_path, sentiment):
    widget = xw.TokenHighlight(sentiment, "A fine film.", method="saliency")
    while widget.busy:
        pass
    _, data = page(widget.to_html(tmp_path / "a.html"))
    assert data["widgets"][0]["state"]["live"] is False


def test_linked_widgets_travel_together_and_share_one_bundle(tmp_path):
    a, b = xw.TokenHighlight(["a"], [1.0]), xw.TokenHighlight(["a"], [2.0])
    xw.link(a, b)
    _, data = page(a.to_html(tmp_path / "a.html"))
    assert [w["state"]["group"] for w in data["widgets"]] == [a.group] * 2
    assert a.group
    assert set(data["modules"]) == {"token_highlight.js", "token_highlight.css"}
