"""What is chosen in a scatter is what linked widgets show."""

import json
import re
import threading

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

import xaiwidgets as xw
from tests.unit import tiny
from tests.unit.comms import recording
from tests.unit.scatters import clusters, given
from xaiwidgets.errors import InputError

TEXTS = ["A fine film.", "A dull evening.", "Unbelievably good."]
WEIGHTS = np.array([1.0, -2.0, 0.0])
COLUMNS = ["age", "hours", "height"]


@pytest.fixture(autouse=True)
def _comms(monkeypatch):
    with recording(monkeypatch):
        yield


def finished():
    # The last picture is drawn after the job has said that it is done.
    for thread in threading.enumerate():
        if thread.name == "xaiwidgets-job":
            thread.join()


def visible(bars):
    return dict(zip(bars._bars.x, bars._bars.y, strict=True))


def vision():
    return xw.ImageClassifier(nn.Sequential(nn.Flatten(), nn.Linear(243, 2)).eval(), lambda _: torch.zeros(3, 9, 9))


def table(rows, names=None):
    return xw.TabularModel(lambda x: x @ WEIGHTS, rows, names or COLUMNS)


def test_a_chosen_point_is_read_by_the_living(sentiment):
    X, _ = clusters(3)
    scatter = given(X, texts=TEXTS)
    why, finished_numbers = xw.TokenHighlight(sentiment, "So so."), xw.TokenHighlight(["So"], [1.0])
    xw.link(scatter, why, finished_numbers)
    scatter.comm.set(point=1)
    assert (why.text, finished_numbers.text) == (TEXTS[1], "")
    scatter.comm.set(point=None)
    assert why.text == TEXTS[1]
    # Who is linked twice reads once.
    xw.link(why, scatter)
    heard = []
    why.observe(lambda change: heard.append(change.new), "text")
    scatter.comm.set(point=0)
    assert heard == [TEXTS[0]]


@pytest.mark.parametrize(
    "kind", [np.asarray, torch.from_numpy, np.ndarray.tolist, lambda X: pd.DataFrame(X, columns=COLUMNS)]
)
def test_bars_show_the_mean_over_the_rows_that_are_selected(kind):
    X = np.random.default_rng(0).normal(size=(30, 3))
    X[4] = np.nan
    scatter = given(kind(X), ids=[f"p{i}" for i in range(30)])
    bars = xw.FeatureBars(xw.Averaged(table(X[5:25]), "permutation_shap"), X[5:])
    finished()
    all_of_them = visible(bars)
    xw.link(scatter, bars)
    # One of them has no place in the picture.
    scatter.selected = ["p9", "p4", "p7"]
    finished()
    # SHAP values of a linear model.
    mean = np.abs((X[[7, 9]] - X[5:25].mean(0)) * WEIGHTS).mean(0)
    assert visible(bars) == pytest.approx(dict(zip(COLUMNS, mean, strict=True)), abs=1e-6)
    assert bars._scale.label == "mean |contribution| over 2 inputs"
    scatter.selected = []
    finished()
    assert visible(bars) == all_of_them
    assert bars._scale.label == "mean |contribution| over 25 inputs"


def test_bars_that_come_later_show_what_is_selected_already():
    X = np.random.default_rng(0).normal(size=(30, 3))
    scatter = given(X)
    scatter.selected = [3]
    bars = xw.FeatureBars(xw.Averaged(table(X), "permutation_shap"), X, language="zh")
    xw.link(scatter, bars)
    finished()
    assert visible(bars)["hours"] == pytest.approx(abs(2 * (X[3, 1] - X[:, 1].mean())), abs=1e-6)
    assert bars._scale.label == "1 个输入的平均 |贡献|"


def test_models_of_texts_and_pictures_read_texts_and_pictures(sentiment):
    X, _ = clusters(3)
    pictures = list(np.zeros((3, 9, 9, 3), dtype=np.uint8))
    scatter = given(X, texts=TEXTS, images=pictures)
    assert scatter.inputs_for(sentiment, [2, 0]) == [TEXTS[0], TEXTS[2]]
    assert scatter.inputs_for(vision(), [1]) == [pictures[1]]
    bars = xw.FeatureBars(xw.Averaged(sentiment, "occlusion"), TEXTS)
    xw.link(scatter, bars)
    scatter.selected = [1]
    finished()
    assert set(visible(bars)) == {"a", "dull", "evening", "."}


def test_points_that_a_model_cannot_read_are_refused_where_they_are_linked(sentiment):
    X, _ = clusters(3)
    encoder = xw.TextEncoder(tiny.bert_encoder(sentiment.tokenizer).eval(), sentiment.tokenizer)
    for scatter, model, inputs, says in (
        (given(X), sentiment, TEXTS, "reads texts, and the points have none; give the scatter texts="),
        (given(X), vision(), [np.zeros((9, 9, 3))], "reads pictures, .* give the scatter images="),
        (given(encoder, TEXTS), table(X[:, :3]), X[:, :3], "reads rows of a table, and the points are what another"),
    ):
        bars = xw.FeatureBars(xw.Averaged(model, "occlusion"), inputs)
        with pytest.raises(InputError, match=says):
            xw.link(scatter, bars)
    finished()


def test_rows_of_another_width_are_a_sentence_in_the_cell():
    X, _ = clusters(20)
    bars = xw.FeatureBars(xw.Averaged(table(X[:, :3]), "permutation_shap"), X[:, :3])
    scatter = given(X)
    xw.link(scatter, bars)
    scatter.selected = [0, 1]
    finished()
    assert "6 values, but there are 3 columns" in bars._message.value
    assert bars._message.layout.display is None
    scatter.selected = []
    finished()
    assert bars._message.layout.display == "none"


def test_an_exported_page_waits_for_what_is_linked(tmp_path):
    X, _ = clusters(200)
    here, there = given(X), xw.EmbeddingScatter(X, projection="tsne")
    xw.link(here, there)
    page = here.to_html(tmp_path / "page.html").read_text()
    shown = json.loads(re.search(r'id="xaiwidgets">(.*?)</script>', page, re.DOTALL)[1])["widgets"]
    clouds = {one["state"]["_cloud"]["method"]: one["state"]["_cloud"]["complete"] for one in shown}
    assert clouds == {"pca": True, "tsne": True}
