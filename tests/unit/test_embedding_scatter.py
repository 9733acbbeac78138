"""EmbeddingScatter over given numbers, as a user and the browser see it; what cannot be is one clear sentence."""

import base64
import json
import re
import time

import numpy as np
import pandas as pd
import pytest
import torch
from ipywidgets.widgets.widget import _remove_buffers
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness
from traitlets import TraitError

import xaiwidgets as xw
from tests.unit.comms import recording
from tests.unit.scatters import asked, clusters, given, scores, shown, told, unpack, until
from xaiwidgets.errors import InputError, MethodError, XaiError
from xaiwidgets.widgets.array import wire
from xaiwidgets.widgets.embedding_scatter import EmbeddingScatter


@pytest.fixture(autouse=True)
def _comms(monkeypatch):
    with recording(monkeypatch):
        yield


def sent(scatter):
    """Bytes that went to the browser, without the front end's own code."""
    total = 0
    for _, data, buffers in scatter.comm.published:
        state = {name: value for name, value in data.get("state", {}).items() if name not in {"_esm", "_css"}}
        total += len(json.dumps(state)) + sum(len(memoryview(buffer).cast("B")) for buffer in buffers)
    return total


@pytest.mark.parametrize(
    "as_given",
    [
        lambda X: X,
        lambda X: X.astype(np.float64),
        torch.from_numpy,
        lambda X: torch.from_numpy(X).requires_grad_(),
        lambda X: pd.DataFrame(X, columns=list("abcdef")),
        lambda X: X.tolist(),
        lambda X: np.asfortranarray(X)[:, ::-1][:, ::-1],
    ],
)
def test_numbers_in_any_form_are_projected_by_pca(as_given):
    X, _ = clusters()
    scatter = given(as_given(X))
    expected = PCA(2, svd_solver="full").fit_transform(X.astype(np.float64))
    np.testing.assert_allclose(scatter.positions, expected, atol=1e-4)
    # All of them fit into the square, at one scale.
    place = shown(scatter)
    assert np.abs(place).max() == pytest.approx(1, abs=1e-4)
    half = (expected.max(0) - expected.min(0)).max() / 2
    np.testing.assert_allclose(place, (expected - (expected.max(0) + expected.min(0)) / 2) / half, atol=1e-4)
    assert scatter._cloud["explained"] == pytest.approx(PCA(2).fit(X).explained_variance_ratio_.tolist(), rel=1e-4)
    assert (scatter._cloud["method"], scatter._cloud["complete"], scatter._cloud["notes"]) == ("pca", True, [])
    assert (scatter.busy, scatter.live, scatter._fault) == (False, False, None)


def test_what_was_given_is_not_written_to():
    X, _ = clusters()
    X[3] = np.nan
    before = X.copy()
    given(X, metric="cosine", projection="tsne", perplexity=5)
    np.testing.assert_array_equal(X, before)


def test_labels_and_several_colourings_by_name():
    X, group = clusters()
    names = [f"group {number}" for number in group]
    height = X[:, 0].astype(np.float64)
    scatter = given(X, labels=names, colors={"height": height, "half": group > 0})
    assert [one["name"] for one in scatter._colorings] == [
        *("none", "labels", "height", "half"),
        *("distortion", "trustworthiness", "continuity"),
    ]
    assert (scatter.color_by, scatter._colours["name"], scatter._colours["kind"]) == ("labels", "labels", "category")
    assert scatter._colours["labels"] == ["group 0", "group 1", "group 2"]
    np.testing.assert_array_equal(unpack(scatter._colours["codes"]), group)
    scatter.comm.set(color_by="height")
    scatter.wait()
    colours = scatter._colours
    assert (colours["kind"], colours["low"], colours["high"]) == ("number", height.min(), height.max())
    codes = unpack(colours["codes"]) / 254 * (height.max() - height.min()) + height.min()
    np.testing.assert_allclose(codes, height, atol=np.ptp(height) / 254)
    scatter.color_by = "half"
    scatter.wait()
    assert scatter._colours["labels"] == ["False", "True"]
    scatter.color_by = "none"
    scatter.wait()
    assert (scatter._colours["kind"], scatter._colours["codes"]) == ("none", None)


def test_one_colouring_and_a_table_of_them():
    X, group = clusters()
    scatter = given(X, colors=X[:, 1])
    assert (scatter.color_by, scatter._colours["kind"]) == ("colors", "number")
    table = given(X, colors=pd.DataFrame({"group": group, "first": X[:, 0]}))
    assert (table.color_by, table._colours["labels"]) == ("group", ["0", "1", "2"])


def test_labels_are_names_even_where_they_are_many_numbers():
    X, _ = clusters(200)
    scatter = given(X, labels=np.arange(200) % 100)
    assert scatter._colours["labels"] == [str(number) for number in range(100)]


def test_what_is_filtered_out_of_one_colouring_is_not_filtered_out_of_the_next():
    X, group = clusters()
    scatter = given(X, labels=group, colors={"half": group > 0})
    scatter.comm.set(hidden=[1])
    scatter.comm.set(projection="tsne", perplexity=5)
    scatter.wait()
    assert scatter.hidden == [1]
    scatter.comm.set(color_by="half")
    scatter.wait()
    assert scatter.hidden == []


def test_300_categories_are_told_apart():
    X, _ = clusters(600)
    scatter = given(X, labels=[f"c{number % 300:03}" for number in range(600)])
    codes = unpack(scatter._colours["codes"])
    assert (codes.dtype, len(scatter._colours["labels"])) == (np.uint16, 300)
    np.testing.assert_array_equal(codes, np.arange(600) % 300)


@pytest.mark.parametrize(("count", "kind"), [(254, np.uint8), (255, np.uint16)])
def test_an_unknown_category_is_none_of_them(count, kind):
    X, _ = clusters(300)
    names = [f"c{number % count:03}" for number in range(299)]
    codes = unpack(given(X, labels=[*names, None])._colours["codes"])
    assert (codes.dtype, codes[-1]) == (kind, np.iinfo(kind).max)
    assert codes[:-1].max() == count - 1


def test_rows_that_are_left_out_are_told_and_everything_else_stays_in_step():
    X, group = clusters(60)
    X[4, 2], X[10, 0] = np.nan, np.inf
    kept = np.delete(np.arange(60), [4, 10])
    ids = [f"id {number}" for number in range(60)]
    texts = [f"text {number}" for number in range(60)]
    scatter = given(X, ids=ids, texts=texts, labels=group, colors={"x": X[:, 1]})
    assert scatter._cloud["count"] == len(scatter.positions) == len(scatter.ids) == 58
    assert "2 of 60 points left out (rows 4 and 10)" in scatter._cloud["notes"][0]
    assert scatter.ids.tolist() == [ids[row] for row in kept]
    assert scatter._texts["texts"] == [texts[row] for row in kept]
    np.testing.assert_array_equal(unpack(scatter._colours["codes"]), group[kept])
    np.testing.assert_allclose(scatter.positions, given(X[kept]).positions, atol=1e-5)
    # The browser counts what it draws.
    scatter.comm.set(selected=wire(np.array([4, 57]), np.uint32))
    assert scatter.selected.tolist() == ["id 5", "id 59"]
    scatter.selected = ["id 4", "id 11"]
    assert unpack(told(scatter, "selected")[-1]).tolist() == [9]
    facts, _ = asked(scatter, kind="texts", points=[4, 9])
    assert facts["texts"] == ["text 5", "text 11"]


@pytest.mark.parametrize("ids", [None, [f"point {number}" for number in range(120)], np.arange(120)[::-1] * 7])
def test_a_selection_by_ids_goes_both_ways_and_stays(ids):
    X, group = clusters()
    own = np.arange(120) if ids is None else np.asarray(ids)
    scatter = given(X, ids=ids, labels=group)
    assert (len(scatter.selected), scatter.get_state(["selected"])["selected"]) == (0, {})
    chosen = own[[7, 3, 90]]
    scatter.selected = chosen.tolist()
    assert scatter.selected.tolist() == chosen.tolist()
    assert unpack(told(scatter, "selected")[-1]).tolist() == [3, 7, 90]
    # A filter, another projection and other colours take nothing of it away.
    scatter.comm.set(hidden=[0, 1])
    scatter.comm.set(dims=3)
    scatter.comm.set(color_by="distortion")
    scatter.wait()
    assert scatter.selected.tolist() == chosen.tolist()
    scatter.comm.set(selected=wire(np.array([0, 119]), np.uint32))
    assert scatter.selected.tolist() == own[[0, 119]].tolist()
    scatter.comm.set(selected={})
    assert len(scatter.selected) == 0
    scatter.selected = own[:2]
    scatter.selected = None
    assert len(scatter.selected) == 0


def test_ids_of_several_kinds_keep_their_kind():
    X, _ = clusters(3)
    scatter = given(X, ids=["a", 1, 2.5])
    scatter.selected = [1]
    assert scatter.selected.tolist() == [1]
    assert unpack(scatter.get_state(["selected"])["selected"]).tolist() == [1]
    scatter.comm.set(selected=wire(np.array([0, 2]), np.uint32))
    assert scatter.selected.tolist() == ["a", 2.5]


def test_who_watches_the_selection_hears_of_it_once():
    X, _ = clusters()
    scatter = given(X)
    heard = []
    scatter.observe(lambda change: heard.append(change["new"].tolist()), "selected")
    scatter.comm.set(selected=wire(np.array([5, 6]), np.uint32))
    scatter.selected = [1]
    assert heard == [[5, 6], [1]]


def test_the_score_of_a_picture_is_scikit_learns():
    X, _ = clusters(200)
    scatter = given(X)
    trust, keep = scores(scatter)
    assert trust == pytest.approx(trustworthiness(X, scatter.positions, n_neighbors=15), abs=1e-5)
    assert keep == pytest.approx(trustworthiness(scatter.positions, X, n_neighbors=15), abs=1e-5)
    assert (scatter._score["k"], scatter._score["metric"], scatter._score["known"]) == (15, "euclidean", 1)
    assert scatter._score["trustworthiness"][1] == 0


def test_colours_by_distortion_come_while_it_is_measured_and_end_with_it(monkeypatch):
    monkeypatch.setattr("xaiwidgets.widgets.scattering.PICTURES", 0.001)
    X, _ = clusters(4000, 8)
    scatter = given(X)
    scatter.color_by = "distortion"
    scatter.wait()
    scatter.comm.published.clear()
    scatter.comm.set(dims=3)
    scatter.wait()
    known = [int((unpack(one["codes"]) < 255).sum()) for one in told(scatter, "_colours")]
    assert known == sorted(known)
    # A new picture is not coloured by what was true of the one before.
    assert (known[0], known[-1]) == (0, 4000)
    assert len(known) > 3
    both = np.minimum(scatter._scattering.distortion.trustworthiness, scatter._scattering.distortion.continuity)
    np.testing.assert_array_equal(scatter.distortion, 1 - both)
    low, high = scatter._colours["low"], scatter._colours["high"]
    assert (low, high) == pytest.approx((scatter.distortion.min(), scatter.distortion.max()))
    decoded = unpack(scatter._colours["codes"]) / 254 * (high - low) + low
    np.testing.assert_allclose(decoded, scatter.distortion, atol=(high - low) / 500)
    assert scatter.distortion.mean() >= 1 - min(scores(scatter))
    scatter.color_by = "continuity"
    scatter.wait()
    found = scatter._scattering.distortion.continuity
    assert (scatter._colours["low"], scatter._colours["high"]) == pytest.approx((found.min(), found.max()))


def test_rings_say_how_far_off_each_point_is_while_colours_say_something_else():
    X, group = clusters(300)
    scatter = given(X, labels=group)
    assert (scatter.halo, scatter._halo) == (False, {})
    scatter.comm.set(halo=True)
    scatter.wait()
    halo = scatter._halo
    assert (halo["data"], halo["run"]) == (scatter._cloud["data"], scatter._cloud["run"])
    np.testing.assert_allclose(unpack(halo["codes"]) / 254, scatter.distortion, atol=0.003)
    assert scatter._colours["name"] == "labels"
    # Another picture has other rings, and none of the one before.
    scatter.comm.published.clear()
    scatter.comm.set(dims=3)
    scatter.wait()
    assert told(scatter, "_halo")[0] == {}
    assert scatter._halo["run"] == scatter._cloud["run"] == halo["run"] + 1
    np.testing.assert_allclose(unpack(scatter._halo["codes"]) / 254, scatter.distortion, atol=0.003)
    scatter.comm.set(halo=False)
    scatter.wait()
    assert scatter._halo == {}


def test_rings_from_the_start_and_for_points_that_are_not_measured_yet(monkeypatch):
    monkeypatch.setattr("xaiwidgets.widgets.scattering.PICTURES", 0.001)
    X, _ = clusters(4000, 8)
    scatter = given(X, halo=True)
    known = [int((unpack(one["codes"]) < 255).sum()) for one in told(scatter, "_halo") if one]
    assert (known, known[-1]) == (sorted(known), 4000)
    assert len(known) > 2
    assert known[0] < 4000


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_the_neighbours_of_a_point_are_its_true_ones_and_false_ones_are_marked(metric):
    X, _ = clusters(150)
    scatter = given(X, metric=metric)
    scatter.comm.set(point=17)
    scatter.wait()
    there = X.astype(np.float64)
    if metric == "cosine":
        there /= np.linalg.norm(there, axis=1, keepdims=True)
        distances = 1 - there @ there[17]
    else:
        distances = np.linalg.norm(there - there[17], axis=1)
    order = [point for point in np.argsort(distances) if point != 17]
    near = scatter._near
    assert (near["point"], near["true"]) == (17, order[:15])
    np.testing.assert_allclose(near["distances"], distances[order[:15]], rtol=1e-4)
    flat = np.linalg.norm(scatter.positions - scatter.positions[17], axis=1)
    seeming = [point for point in np.argsort(flat) if point != 17][:15]
    assert near["false"] == [point for point in seeming if point not in order[:15]]
    assert (near["data"], near["run"]) == (scatter._cloud["data"], scatter._cloud["run"])
    scatter.comm.set(point=None)
    scatter.wait()
    assert scatter._near == {}


def test_another_picture_has_other_false_neighbours():
    X, _ = clusters()
    scatter = given(X)
    scatter.point = 3
    scatter.wait()
    true = scatter._near["true"]
    scatter.dims = 3
    scatter.wait()
    assert scatter._near["true"] == true
    assert scatter._near["run"] == scatter._cloud["run"]


@pytest.mark.parametrize("projection", [None, "given"])
@pytest.mark.parametrize("width", [2, 3])
def test_points_of_two_or_three_numbers_lie_where_these_say(projection, width):
    X, _ = clusters(width=width)
    scatter = given(X.astype(np.float64) + 1e7, projection=projection)
    assert (scatter.projection, scatter.dims, scatter._cloud["dims"]) == ("given", width, width)
    moved = scatter.positions - scatter.positions[0]
    np.testing.assert_allclose(moved, X - X[0], atol=1e-5)
    assert scores(scatter) == pytest.approx((1, 1), abs=1e-4)
    with pytest.raises(InputError, match=f"and the points have {width} numbers; choose a projection"):
        scatter.dims = 5 - width
    scatter.projection = "pca"
    scatter.dims = 5 - width
    scatter.wait()
    assert scatter._cloud["dims"] == 5 - width
    # Back where they were: what was given says in how many dimensions.
    scatter.projection = "given"
    scatter.wait()
    assert (scatter.dims, scatter._cloud["dims"], scatter._fault) == (width, width, None)


def test_a_third_dimension_that_the_points_do_not_have_is_said():
    X, _ = clusters(width=2)
    scatter = given(X, dims=3)
    assert scatter._cloud["dims"] == 3
    np.testing.assert_array_equal(scatter.positions[:, 2], 0)
    assert any("differ in 2 directions only" in note for note in scatter._cloud["notes"])


def test_projections_that_cannot_be_had_say_why_and_the_picture_stays():
    X, _ = clusters(width=384)
    scatter = given(X)
    dead = {one["name"]: one["dead"] for one in scatter._projections}
    assert "Points with 384 numbers were given without a projection" in dead["given"]
    assert (dead["pca"], dead["tsne"]) == (None, None)
    scatter.point = 1
    scatter.wait()
    cloud, score, near = scatter._cloud, scatter._score, scatter._near
    scatter.projection = "given"
    scatter.wait()
    assert "give 2 or 3 numbers each, or a projection" in scatter._fault["message"]
    assert (scatter._cloud, scatter._score, scatter.busy) == (cloud, score, False)
    # What is asked from now on is of the picture that is there.
    scatter.point = 2
    scatter.wait()
    assert scatter._near["run"] == near["run"] == cloud["run"]
    scatter.projection = "pca"
    scatter.wait()
    assert scatter._fault is None


FEW = "t-SNE needs at least 4 points"


def test_one_point():
    scatter = given([[1.0, 2.0, 3.0]], texts=["alone"], labels=["a"])
    np.testing.assert_array_equal(scatter.positions, [[0, 0]])
    assert (scatter._cloud["count"], scatter._score, scatter._fault) == (1, {}, None)
    assert "There is only one point: it has no neighbours." in scatter._cloud["notes"]
    scatter.comm.set(point=0, color_by="distortion", drop="alone")
    scatter.wait()
    assert (scatter._near, scatter._fault) == ({}, None)
    scatter.projection = "tsne"
    scatter.wait()
    assert FEW in scatter._fault["message"]


def test_fewer_points_than_the_perplexity_allows_say_the_bound():
    X, _ = clusters(20)
    scatter = given(X, projection="tsne", perplexity=30)
    assert scatter._fault is None
    assert any("needs at least 91 points, and there are 20" in note for note in scatter._cloud["notes"])


def test_constant_columns_duplicates_and_lengths_are_noted():
    X, _ = clusters(40)
    X[:, 3] = 5
    X[7] = X[8]
    notes = " ".join(given(X)._cloud["notes"])
    assert "1 of 6 columns is the same for every point" in notes
    assert "1 of 40 points is a copy" in notes
    assert "lengths lie between" in given(X, metric="cosine")._cloud["notes"][0]
    same = given(np.ones((30, 4)))
    assert (same._fault, np.ptp(same.positions)) == (None, 0)
    assert "All 30 points are equal, so they lie on one spot." in same._cloud["notes"]
    assert scores(same) is not None
    same.projection = "tsne"
    same.wait()
    assert "All 30 points are the same" in same._fault["message"]


X40 = clusters(40)[0]


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: EmbeddingScatter(np.zeros((0, 3))), "X has 0 points of 3 numbers"),
        (lambda: EmbeddingScatter(np.zeros(5)), "X has the shape"),
        (lambda: EmbeddingScatter(["a", "b"]), "X holds texts, not numbers"),
        (lambda: EmbeddingScatter(pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})), "Column 'b' holds no numbers"),
        (lambda: EmbeddingScatter(np.full((4, 2), np.nan)), "None of the 4 points can be shown"),
        (lambda: EmbeddingScatter(X40, projection=None), "Points with 6 numbers were given without a projection"),
        (lambda: EmbeddingScatter(X40[:, :2], projection=None, metric="cosine"), "give metric='euclidean'"),
        (lambda: EmbeddingScatter(X40, labels=[1, 2]), "labels has 2 values for 40 points; give one value for each"),
        (lambda: EmbeddingScatter(X40, colors={"a": np.zeros(40), "b": [1]}), "b has 1 values for 40 points"),
        (lambda: EmbeddingScatter(X40, colors=np.zeros((40, 3))), "colors has the shape"),
        (lambda: EmbeddingScatter(X40, texts=["a"]), "texts has 1 entries for 40 points; give one for each"),
        (lambda: EmbeddingScatter(X40, images=[1, 2]), "images has 2 pictures for 40 points; give a list with one"),
        (lambda: EmbeddingScatter(X40, images=iter([])), "images has no list of them for 40 points"),
        (lambda: EmbeddingScatter(X40, ids=range(39)), "ids has 39 entries for 40 points; give one for each"),
        (lambda: EmbeddingScatter(X40, ids=[1, 1, *range(2, 40)]), "ids has 1 more than once"),
        (lambda: EmbeddingScatter(X40, ids=["a"] * 20 + ["b"] * 20), "ids has 'a' and 1 more more than once"),
        (lambda: EmbeddingScatter(X40, ids=np.zeros((40, 2))), "give one number or text for each point"),
        (lambda: EmbeddingScatter(X40, ids="abc"), "ids='abc' was given; give a list of ids"),
        (lambda: EmbeddingScatter(X40, colors={"distortion": np.zeros(40)}), "'distortion', which is taken"),
        (lambda: EmbeddingScatter(X40, labels=range(40), colors={"labels": range(40)}), "'labels', which is taken"),
        (lambda: EmbeddingScatter(X40, colors={1: np.zeros(40)}), "named 1, which is no text"),
        (lambda: EmbeddingScatter(X40, projection="PCA"), "projection='PCA' was given; choose from pca, tsne, umap"),
        (lambda: EmbeddingScatter(X40, dims=4), "dims=4 was given; give 2 or 3"),
        (lambda: EmbeddingScatter(X40, perplexity=0), "perplexity=0 was given; it is about how many neighbours"),
        (lambda: EmbeddingScatter(X40, perplexity=float("nan")), "perplexity=nan was given"),
        (lambda: EmbeddingScatter(X40, learning_rate=0), "learning_rate=0 was given; give a number above 0, or None"),
        (lambda: EmbeddingScatter(X40, learning_rate="fast"), "learning_rate='fast' was given; give a number"),
        (lambda: EmbeddingScatter(X40, learning_rate=float("inf")), "learning_rate=inf was given"),
        (lambda: EmbeddingScatter(X40, metric="manhattan"), "no metric 'manhattan'; choose from 'euclidean', 'cosine'"),
        (lambda: EmbeddingScatter(X40, ["a"] * 40), "A ndarray was given with inputs; give numbers alone"),
        (lambda: EmbeddingScatter(X40, layer="head"), "A ndarray was given with layer="),
    ],
)
def test_bad_calls_say_what_was_given_and_what_to_do(make, says):
    with pytest.raises((InputError, MethodError), match=says) as caught:
        make()
    assert "\n" not in str(caught.value)


WRONG = [
    ("projection", "magic", "choose from pca, tsne, umap, given"),
    ("dims", 4, "dims=4 was given; give 2 or 3"),
    ("perplexity", 0.5, "perplexity=0.5 was given"),
    ("learning_rate", -2, "learning_rate=-2 was given; give a number above 0, or None"),
    ("learning_rate", True, "learning_rate=True was given"),
    ("learning_rate", [200], "was given; give a number above 0"),
    ("color_by", "weight", "color_by='weight' was given; choose from none, labels, distortion"),
    ("point", 40, "point=40 was given; give 0 to 39"),
    ("point", -1, "point=-1 was given; give 0 to 39"),
    ("layer", 1, "layer=1 was given; give 0"),
]


@pytest.mark.parametrize(("name", "value", "says"), WRONG)
def test_wrong_values_from_python_are_refused_at_once(name, value, says):
    scatter = given(X40, labels=range(40))
    before, cloud = getattr(scatter, name), scatter._cloud
    with pytest.raises(InputError, match=says) as caught:
        setattr(scatter, name, value)
    assert "\n" not in str(caught.value)
    scatter.wait()
    assert (getattr(scatter, name), scatter._cloud, scatter._fault) == (before, cloud, None)


@pytest.mark.parametrize(("name", "value", "says"), [*WRONG, ("dims", "two", "dims"), ("drop", 3, "drop")])
def test_wrong_values_from_the_browser_are_taken_back_and_said(name, value, says):
    scatter = given(X40, labels=range(40))
    before = getattr(scatter, name)
    scatter.comm.set(**{name: value})
    scatter.wait()
    assert says in scatter._fault["message"]
    assert getattr(scatter, name) == before
    assert scatter.comm.updates(name)[-1] == before
    scatter.comm.set(point=3)
    scatter.wait()
    assert (scatter._near["point"], scatter._fault) == (3, None)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ([0, 99], "selected has 99, which no point has as its id; the ids are 0, 1, 2"),
        (["a"], "selected has 'a'"),
        (3, "selected=3 was given; give a list of ids"),
        (np.ones(40, dtype=bool), r"give the ids of the points: scatter\.ids\[mask\]"),
        (np.zeros((2, 2)), "selected has the shape"),
    ],
)
def test_what_is_no_selection_is_refused(value, says):
    scatter = given(X40)
    scatter.selected = [5]
    with pytest.raises(InputError, match=says):
        scatter.selected = value
    assert scatter.selected.tolist() == [5]


def test_wrong_kinds_are_refused_by_traitlets():
    scatter = given(X40)
    with pytest.raises(TraitError):
        scatter.dims = "two"


def test_questions_about_texts():
    X, _ = clusters(30)
    texts = [f"Point {number}" for number in range(29)] + ["straße"]
    scatter = given(X, texts=texts)
    assert scatter._texts["texts"] == texts
    _, found = asked(scatter, kind="search", text="POINT 2")
    assert (found.dtype, found.tolist()) == (np.uint32, [2, *range(20, 29)])
    assert asked(scatter, kind="search", text="STRASSE")[1].tolist() == [29]
    assert asked(scatter, kind="search", text="")[1].tolist() == []
    facts, _ = asked(scatter, kind="texts", points=[0, 29])
    assert facts["texts"] == ["Point 0", "straße"]
    fault, _ = asked(scatter, kind="horoscope")
    assert "answers no questions" in fault
    nameless = given(X)
    assert (nameless._texts, nameless._drops) == ({}, "")
    assert asked(nameless, kind="texts", points=[0, 1])[0]["texts"] == ["", ""]


def test_pictures_of_points_follow_their_rows():
    X, _ = clusters(4)
    X[1] = np.nan
    pictures = np.arange(4, dtype=np.uint8)[:, None, None, None] * np.ones((1, 9, 7, 3), dtype=np.uint8)
    for images in (pictures, list(pictures)):
        scatter = given(X, images=images)
        assert scatter._pictures == {"data": scatter._cloud["data"]}
        _, small = asked(scatter, kind="picture", point=1)
        np.testing.assert_array_equal(small, pictures[2])
    bare = given(X)
    assert bare._pictures == {}
    assert "The points have no pictures; give them with images=" in asked(bare, kind="picture", point=1)[0]
    # NaN is a row less: the second point has the third picture.
    spoilt = given(X, images=[pictures[0], pictures[1], "gone.png", pictures[3] * -1.0])
    for point, says in ((1, r"images\[2\] cannot be shown: 'gone.png' cannot be read"), (2, r"images\[3\] .* 0 to 1")):
        assert re.match(says, asked(spoilt, kind="picture", point=point)[0])


def test_numbers_behind_the_colours():
    X, group = clusters(50)
    X[3] = np.inf
    scatter = given(X, labels=[f"g{number}" for number in group], colors={"first": np.arange(50) / 2})
    np.testing.assert_array_equal(scatter.numbers_of("first"), np.delete(np.arange(50) / 2, 3))
    np.testing.assert_allclose(scatter.numbers_of("distortion"), scatter.distortion, atol=1e-6)
    for name in ("labels", "weight"):
        with pytest.raises(InputError, match=f"'{name}' has no numbers; choose from distortion, .* first"):
            scatter.numbers_of(name)


WORDS = {
    "king": (9, 9, 0),
    "queen": (9, -9, 0.2),
    "man": (1, 9, 0),
    "woman": (1, -9, 0),
    "prince": (7, 8, 1),
    "apple": (-9, 0, 5),
    "pear": (-9, 1, 5),
    "plum": (-8, 0, 6),
}


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_king_minus_man_plus_woman_lands_at_the_queen(metric):
    words = list(WORDS)
    vectors = np.array(list(WORDS.values()), dtype=np.float32)
    scatter = given(vectors, texts=words, metric=metric)
    assert scatter._drops == "words"
    scatter.comm.set(drop="king - man + woman")
    scatter.wait()
    dropped = scatter._dropped
    assert (dropped["text"], words[dropped["near"][0]]) == ("king - man + woman", "queen")
    # The words of the sum itself are no candidates.
    assert not {words[place] for place in dropped["near"]} & {"king", "man", "woman"}
    assert dropped["distances"] == sorted(dropped["distances"])
    gap = np.linalg.norm(shown(scatter) - dropped["position"], axis=1)
    assert words[gap.argmin()] == "queen"
    assert (dropped["data"], dropped["run"]) == (scatter._cloud["data"], scatter._cloud["run"])
    scatter.drop = "plum"
    scatter.wait()
    np.testing.assert_allclose(scatter._dropped["position"], shown(scatter)[words.index("plum")], atol=1e-3)
    assert words.index("plum") not in scatter._dropped["near"]
    scatter.drop = ""
    scatter.wait()
    assert scatter._dropped == {}


def test_an_unknown_word_is_a_sentence_and_what_is_there_stays():
    scatter = given(np.array(list(WORDS.values())), texts=list(WORDS))
    scatter.drop = "plum"
    scatter.wait()
    there = scatter._dropped
    scatter.comm.set(drop="king - emperor")
    scatter.wait()
    assert "The word 'emperor' is not among the points" in scatter._fault["message"]
    assert (scatter._dropped, scatter.busy) == (there, False)
    scatter.comm.set(drop="pear")
    scatter.wait()
    assert (scatter._fault, scatter._dropped["text"]) == (None, "pear")


def test_sums_of_given_points_land_where_they_belong_however_far_from_zero():
    points = np.array([[0, 0], [1, 0], [0, 1], [1, 1.25], [3, 3]]) + 1e7
    scatter = given(points, texts=["a", "b", "c", "d", "e"], projection=None)
    scatter.drop = "b - a + c"
    scatter.wait()
    assert scatter._dropped["near"][0] == 3
    np.testing.assert_allclose(scatter._dropped["position"], [-1 / 3, -1 / 3], atol=1e-5)


@pytest.mark.parametrize("form", [np.asarray, torch.from_numpy, np.ndarray.tolist])
def test_a_vector_lands_where_it_belongs_in_every_picture(form):
    X, _ = clusters()
    X += 3e6
    scatter = given(X.astype(np.float64), texts=[f"w{number}" for number in range(120)])
    scatter.land(form(X[8].astype(np.float64)), "the eighth")
    scatter.wait()
    assert (scatter._dropped["text"], scatter._dropped["near"][0]) == ("the eighth", 8)
    np.testing.assert_allclose(scatter._dropped["position"], shown(scatter)[8], atol=1e-3)
    scatter.dims = 3
    scatter.wait()
    np.testing.assert_allclose(scatter._dropped["position"], shown(scatter)[8], atol=1e-3)
    # What is dropped next takes its place, and the other way round.
    scatter.drop = "w3"
    scatter.wait()
    scatter.dims = 2
    scatter.wait()
    assert scatter._dropped["text"] == "w3"
    scatter.land(form(X[8].astype(np.float64)))
    scatter.wait()
    assert (scatter.drop, scatter._dropped["near"][0]) == ("", 8)


@pytest.mark.parametrize(
    ("vector", "says"),
    [
        ([1, 2], "The new point has 2 numbers, and the others have 6; give 6"),
        (np.zeros((2, 6)), "2 vectors were given; give one of 6 numbers"),
        ([1, 2, 3, 4, 5, np.nan], "The new point has NaN"),
        ("king", "X"),
    ],
)
def test_a_vector_that_cannot_land_is_refused_at_once(vector, says):
    scatter = given(X40)
    with pytest.raises(InputError, match=says):
        scatter.land(vector)
    assert scatter._dropped == {}


def test_nothing_can_be_dropped_among_points_without_words():
    scatter = given(X40)
    scatter.drop = "king"
    scatter.wait()
    assert "the points have no model, and no words" in scatter._fault["message"]


def test_a_million_points_travel_within_nine_megabytes():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1_000_000, 2)).astype(np.float32)
    scatter = EmbeddingScatter(X, labels=rng.integers(0, 10, 1_000_000), texts=["a point"] * 1_000_000, projection=None)
    until(lambda: scatter._cloud and scatter._colours)
    scatter.stop()
    scatter.wait()
    assert scatter._cloud["count"] == 1_000_000
    assert unpack(scatter._cloud["positions"]).nbytes == 4_000_000
    assert unpack(scatter._colours["codes"]).nbytes == 1_000_000
    # Their texts are asked for.
    assert scatter._texts == {}
    assert sent(scatter) <= 9_000_000
    facts, _ = asked(scatter, kind="texts", points=[999_999])
    assert facts["texts"] == ["a point"]
    scatter.close()


def test_a_hundred_thousand_points_are_projected_and_measured_bit_by_bit():
    X = np.random.default_rng(0).normal(size=(100_000, 64)).astype(np.float32) * np.linspace(3, 1, 64)
    scatter = EmbeddingScatter(X.astype(np.float32))
    until(lambda: scatter._score.get("known"))
    assert scatter.busy
    assert 0 < scatter._score["known"] < 1
    assert scatter._score["trustworthiness"][1] > 0
    # A point that is chosen does not wait for the rest.
    scatter.comm.set(point=99_999)
    until(lambda: scatter._near)
    assert scatter._score["known"] < 1
    scatter.comm.say(kind="stop")
    scatter.wait()
    known = scatter._score["known"]
    assert (scatter.busy, known < 1) == (False, True)
    scatter.comm.say(kind="resume")
    until(lambda: scatter._score["known"] > known)
    scatter.close()
    scatter.wait()


def saved(widget):
    """What a notebook saves: plain state, and the bytes beside it as it spells them."""
    state = {name: value for name, value in widget.get_state().items() if name not in {"_esm", "_css"}}
    plain, _, buffers = _remove_buffers(state)
    spelled = sum(-(-len(memoryview(buffer).cast("B")) // 3) * 4 for buffer in buffers)
    return len(json.dumps(plain, ensure_ascii=False).encode()) + spelled


def page(path):
    """The file's text, and the state of its only widget with the arrays in place."""
    text = path.read_text("utf-8")
    data = json.loads(re.search(r'<script type="application/json" id="xaiwidgets">(.*?)</script>', text, re.DOTALL)[1])
    (widget,) = data["widgets"]
    for buffer in widget["buffers"]:
        at = widget["state"]
        for step in buffer["path"][:-1]:
            at = at[step]
        at[buffer["path"][-1]] = base64.b64decode(buffer["base64"])
    return text, widget["state"]


def test_ten_thousand_points_are_small_in_a_notebook_and_in_a_page(tmp_path):
    X, group = clusters(10_000)
    scatter = given(X, labels=group, texts=[f"a text of some length, number {number}" for number in range(10_000)])
    scatter.selected = [4, 5]
    assert saved(scatter) <= 600_000
    path = scatter.to_html(tmp_path / "a.html")
    assert path.stat().st_size <= 1_000_000
    _, state = page(path)
    assert (state["live"], state["busy"], state["_score"]["known"]) == (False, False, 1)
    np.testing.assert_array_equal(unpack(state["_cloud"]["positions"]), unpack(scatter._cloud["positions"]))
    np.testing.assert_array_equal(unpack(state["_colours"]["codes"]), group)
    assert unpack(state["selected"]).tolist() == [4, 5]
    assert state["_texts"]["texts"][9999].endswith("9999")


def test_a_page_of_very_many_points_says_how_many_are_measured(tmp_path, monkeypatch):
    monkeypatch.setattr("xaiwidgets.widgets.embedding_scatter.PATIENCE", 1.0)
    scatter = EmbeddingScatter(np.random.default_rng(0).normal(size=(100_000, 2)).astype(np.float32), projection=None)
    _, state = page(scatter.to_html(tmp_path / "a.html"))
    assert state["_cloud"]["complete"]
    assert 0 < state["_score"]["known"] < 1
    scatter.close()
    scatter.wait()


def test_hostile_texts_stay_data(tmp_path):
    hostile = ["</script><script>alert(1)</script>", "<img src=x onerror=alert(2)>", "\u2028", "😀", "ok"]
    X, _ = clusters(5)
    scatter = given(X, texts=hostile, labels=hostile)
    text, state = page(scatter.to_html(tmp_path / "a.html"))
    assert state["_texts"]["texts"] == hostile
    assert text.count("<script") == 2
    assert "<img" not in text


def test_linked_widgets_are_in_one_page(tmp_path):
    X, _ = clusters(20)
    one, two = given(X), given(X, projection="pca", dims=3)
    xw.link(one, two)
    text = one.to_html(tmp_path / "a.html").read_text("utf-8")
    data = json.loads(re.search(r'id="xaiwidgets">(.*?)</script>', text, re.DOTALL)[1])
    assert len(data["widgets"]) == 2
    assert {widget["state"]["group"] for widget in data["widgets"]} == {one.group}


def test_every_refusal_is_one_of_ours():
    for make in (lambda: EmbeddingScatter(None), lambda: EmbeddingScatter(object()), lambda: EmbeddingScatter({})):
        with pytest.raises(XaiError):
            make()


def test_of_very_many_points_measuring_ends_when_the_mean_is_known_and_goes_on_for_the_colours():
    given = np.random.default_rng(0).normal(size=(25_000, 4))
    scatter = EmbeddingScatter(given)
    scatter.wait()
    assert scatter.busy is False
    assert 0 < scatter._score["known"] < 1
    assert max(scatter._score["trustworthiness"][1], scatter._score["continuity"][1]) < 0.005
    known = int(np.isfinite(scatter.distortion).sum())
    scatter.color_by = "distortion"
    deadline = time.monotonic() + 20
    while np.isfinite(scatter.distortion).sum() <= known and time.monotonic() < deadline:
        time.sleep(0.01)
    scatter.close()
    assert np.isfinite(scatter.distortion).sum() > known
