"""EmbeddingScatter while it computes: switches, stop and go on, edits that overtake each other, models and layers."""

import threading

import numpy as np
import pytest
import torch
from torch import nn

import xaiwidgets as xw
from tests.unit import tiny
from tests.unit.comms import recording
from tests.unit.scatters import asked, clusters, given, scores, shown, told, unpack, until
from xaiwidgets.errors import InputError, XaiError
from xaiwidgets.projection.procrustes import alignment
from xaiwidgets.projection.rows import read_rows
from xaiwidgets.projection.tsne import tsne
from xaiwidgets.widgets import scattering
from xaiwidgets.widgets.array import wire
from xaiwidgets.widgets.embedding_scatter import EmbeddingScatter

TEXTS = [
    "A man is eating food.",
    "A man is eating a piece of bread.",
    "The girl is carrying a baby.",
    "A man is riding a horse.",
    "A woman is playing violin.",
    "Two men pushed carts through the woods.",
    "A monkey is playing drums.",
    "A cheetah is running behind its prey.",
    "The stock market fell sharply on Monday.",
    "Shares lost a tenth of their value.",
    "The central bank raised interest rates.",
    "Investors fear a long recession.",
    "Rain is expected in the north tomorrow.",
    "It will be sunny and warm at the coast.",
    "A storm is moving in from the sea.",
    "The first snow fell in the mountains.",
]


@pytest.fixture(autouse=True)
def _comms(monkeypatch):
    with recording(monkeypatch):
        yield


@pytest.fixture
def encoder(sentiment):
    return xw.TextEncoder(tiny.bert_encoder(sentiment.tokenizer).eval(), sentiment.tokenizer)


def uninterrupted(X, **options):
    *_, last = tsne(read_rows(X), **options)
    return last.positions


def as_tensor(image):
    return torch.from_numpy(np.array(image)).permute(2, 0, 1) / 255


def test_a_tsne_is_watched_from_its_start_to_its_end(monkeypatch):
    monkeypatch.setattr(scattering, "PICTURES", 0.0)
    X, _ = clusters(90)
    scatter = given(X)
    scatter.comm.published.clear()
    scatter.comm.set(projection="tsne", perplexity=10)
    scatter.wait()
    clouds = told(scatter, "_cloud")
    # One after each ten iterations at least.
    assert len(clouds) >= 75
    assert {cloud["run"] for cloud in clouds} == {scatter._cloud["run"]}
    steps = [cloud["iteration"] for cloud in clouds]
    assert (steps, steps[0], steps[-1]) == (sorted(steps), 0, 750)
    assert [cloud["complete"] for cloud in clouds] == [False] * (len(clouds) - 1) + [True]
    objective = scatter._cloud["objective"]
    assert objective[-1][0] == 750
    assert objective[-1][1] < objective[0][1]
    np.testing.assert_array_equal(scatter.positions, uninterrupted(X, perplexity=10))
    # A picture on its way is not measured.
    assert told(scatter, "_score")[0] == {}
    assert scatter._score["run"] == scatter._cloud["run"]
    assert scores(scatter)[0] > 0.9


def test_a_tsne_that_was_stopped_ends_at_the_same_numbers():
    X, _ = clusters(400)
    scatter = given(X)
    scatter.comm.set(projection="tsne", color_by="distortion")
    until(lambda: scatter._cloud["iteration"] > 50)
    scatter.comm.say(kind="stop")
    scatter.wait()
    assert scatter.busy is False
    iteration, at = scatter._cloud["iteration"], scatter.positions.copy()
    assert 50 < iteration < 750
    # What is seen is measured, as it is.
    assert (scatter._score["known"], scatter._score["run"]) == (1, scatter._cloud["run"])
    assert np.isfinite(scatter.distortion).all()
    assert unpack(scatter._colours["codes"]).max() < 255
    scatter.wait()
    assert scatter._cloud["iteration"] == iteration
    np.testing.assert_array_equal(scatter.positions, at)
    # Other questions are answered meanwhile.
    scatter.comm.set(point=4)
    scatter.wait()
    assert (scatter._near["point"], scatter._cloud["iteration"]) == (4, iteration)
    scatter.comm.say(kind="resume")
    assert (scatter.busy, scatter._score) == (True, {})
    scatter.wait()
    assert (scatter.busy, scatter._cloud["iteration"], scatter._score["known"]) == (False, 750, 1)
    np.testing.assert_array_equal(scatter.positions, uninterrupted(X))


def test_stopping_what_rests_and_resuming_what_runs_changes_nothing():
    X, _ = clusters(60)
    scatter = given(X)
    cloud = scatter._cloud
    scatter.stop()
    scatter.resume()
    scatter.wait()
    assert (scatter._cloud, scatter.busy) == (cloud, False)
    assert scatter._score["known"] == 1
    scatter.stop()
    scatter.projection = "tsne"
    scatter.wait()
    assert (scatter._cloud["method"], scatter._cloud["complete"], scatter._score["known"]) == ("tsne", True, 1)


def test_a_view_that_goes_away_and_comes_back_goes_on():
    X, _ = clusters(400)
    scatter = given(X)
    scatter.comm.set(projection="tsne")
    until(lambda: scatter._cloud["iteration"] > 10)
    scatter.comm.say(kind="gone")
    scatter.wait()
    assert (scatter.busy, scatter._score) == (False, {})
    scatter.comm.say(kind="here")
    scatter.wait()
    np.testing.assert_array_equal(scatter.positions, uninterrupted(X))


def test_an_older_picture_never_comes_after_a_newer_one():
    X, _ = clusters(300)
    scatter = given(X)
    straight = scatter.positions
    scatter.comm.published.clear()
    for _ in range(5):
        scatter.comm.set(projection="tsne")
        until(lambda: scatter._cloud["method"] == "tsne")
        scatter.comm.set(projection="pca")
    scatter.comm.set(projection="tsne", dims=3)
    scatter.comm.set(projection="pca", dims=2)
    scatter.wait()
    for trait in ("_cloud", "_score"):
        runs = [value["run"] for value in told(scatter, trait) if value]
        assert runs == sorted(runs)
    assert (scatter._cloud["method"], scatter._cloud["dims"], scatter._fault) == ("pca", 2, None)
    np.testing.assert_allclose(scatter.positions, straight, atol=1e-5)
    assert scatter._score["run"] == scatter._cloud["run"]


def test_of_many_quick_switches_the_last_is_shown_and_few_are_computed(monkeypatch):
    X, _ = clusters(60)
    scatter = given(X)
    begun, go_on, computed = threading.Event(), threading.Event(), []
    whole = scattering.frames

    def waiting(rows, method, **options):
        computed.append((method, options["dims"]))
        begun.set()
        assert go_on.wait(10)
        return whole(rows, method, **options)

    monkeypatch.setattr(scattering, "frames", waiting)
    scatter.comm.set(dims=3)
    assert begun.wait(10)
    for number in range(30):
        scatter.comm.set(projection="tsne" if number % 2 else "pca", dims=2 + number % 2)
    scatter.comm.set(projection="pca", dims=2)
    go_on.set()
    scatter.wait()
    assert computed == [("pca", 3), ("pca", 2)]
    assert scatter._cloud["dims"] == 2


def test_another_perplexity_is_another_picture_and_the_same_as_from_the_start():
    X, _ = clusters(100)
    scatter = given(X, projection="tsne", perplexity=5)
    first = scatter.positions
    np.testing.assert_array_equal(first, uninterrupted(X, perplexity=5))
    scatter.comm.set(perplexity=20.0)
    scatter.wait()
    np.testing.assert_array_equal(scatter.positions, uninterrupted(X, perplexity=20))
    scatter.projection = "pca"
    scatter.wait()
    cloud = scatter._cloud
    # It is of t-SNE alone.
    scatter.perplexity = 7
    scatter.wait()
    assert scatter._cloud is cloud


def test_another_learning_rate_starts_anew_while_the_points_move_and_none_is_openTSNEs_own():
    X, _ = clusters(300)
    scatter = EmbeddingScatter(X, projection="tsne", learning_rate="auto")
    assert scatter.learning_rate is None
    until(lambda: scatter._cloud and scatter._cloud["iteration"] > 30)
    first = scatter._cloud["run"]
    scatter.comm.set(learning_rate=25)
    scatter.wait()
    assert scatter._cloud["run"] == first + 1
    np.testing.assert_array_equal(scatter.positions, uninterrupted(X, learning_rate=25))
    scatter.comm.set(learning_rate=None)
    scatter.wait()
    np.testing.assert_array_equal(scatter.positions, uninterrupted(X))
    scatter.projection = "pca"
    scatter.wait()
    cloud = scatter._cloud
    # It is of t-SNE alone.
    scatter.learning_rate = 50.0
    scatter.wait()
    assert scatter._cloud is cloud


def test_three_dimensions_and_back():
    X, _ = clusters(60)
    scatter = given(X, projection="tsne", dims=3, perplexity=8)
    assert (shown(scatter).shape, scatter._cloud["dims"]) == ((60, 3), 3)
    np.testing.assert_array_equal(scatter.positions, uninterrupted(X, dims=3, perplexity=8))
    scatter.comm.set(dims=2)
    scatter.wait()
    np.testing.assert_array_equal(scatter.positions, uninterrupted(X, perplexity=8))


def test_what_was_dropped_in_is_placed_anew_in_every_picture():
    X, _ = clusters(60)
    scatter = given(X, texts=[f"w{number}" for number in range(60)])
    scatter.drop = "w7"
    scatter.wait()
    near = scatter._dropped["near"]
    for change in ({"dims": 3}, {"projection": "tsne", "dims": 2}):
        scatter.comm.set(**change)
        scatter.wait()
        dropped = scatter._dropped
        assert (dropped["near"], dropped["run"]) == (near, scatter._cloud["run"])
        assert len(dropped["position"]) == scatter._cloud["dims"]
        gap = np.linalg.norm(shown(scatter) - dropped["position"], axis=1)
        assert 7 in gap.argsort()[:3]


def test_umap_shows_its_start_and_its_end():
    X, _ = clusters(60)
    scatter = given(X)
    scatter.comm.published.clear()
    scatter.comm.set(projection="umap")
    scatter.wait()
    assert scatter._fault is None
    assert [(cloud["method"], cloud["complete"]) for cloud in told(scatter, "_cloud")] == [
        ("umap", False),
        ("umap", True),
    ]
    assert scores(scatter)[0] > 0.8


def test_closing_ends_what_runs():
    X, _ = clusters(500)
    scatter = given(X)
    scatter.projection = "tsne"
    until(lambda: scatter._cloud["method"] == "tsne")
    scatter.close()
    scatter.wait()
    assert scatter._cloud["complete"] is False


def test_texts_are_embedded_layer_by_layer(minilm):
    scatter = given(minilm, TEXTS, labels=["life"] * 8 + ["money"] * 4 + ["weather"] * 4)
    assert (scatter.live, scatter.busy, scatter._fault) == (True, False, None)
    assert scatter._layers == ["embedding", *(f"layer {number}" for number in range(1, 7))]
    assert (scatter.layer, scatter._drops, scatter._pictures) == (6, "text", {})
    assert scatter._texts["texts"] == TEXTS
    assert scatter._cloud["count"] == len(scatter.ids) == 16
    whole = torch.stack([minilm.embed(text) for text in TEXTS]).cpu().numpy()
    np.testing.assert_allclose(scatter.positions, given(whole).positions, atol=1e-3)
    scatter.point = 8
    scatter.wait()
    assert TEXTS[scatter._near["true"][0]] == "Shares lost a tenth of their value."


def test_a_sentence_lands_beside_its_twin(minilm):
    scatter = given(minilm, TEXTS, metric="cosine")
    for drop, twin in (("A man is eating food!", 0), ("A cellist and a violinist perform.", 4), (TEXTS[10], 10)):
        scatter.comm.set(drop=drop)
        scatter.wait()
        dropped = scatter._dropped
        assert (dropped["text"], dropped["near"][0]) == (drop, twin)
    # The same sentence is the same point.
    assert dropped["distances"][0] == pytest.approx(0, abs=1e-5)
    np.testing.assert_allclose(dropped["position"], shown(scatter)[10], atol=1e-2)
    scatter.comm.set(layer=0)
    scatter.wait()
    assert scatter._dropped["run"] == scatter._cloud["run"]
    np.testing.assert_allclose(scatter._dropped["position"], shown(scatter)[10], atol=1e-2)
    scatter.comm.set(drop="   ")
    scatter.wait()
    assert (scatter._dropped, scatter._fault) == ({}, None)


def test_every_layer_is_laid_over_the_first_that_was_seen(minilm):
    scatter = given(minilm, TEXTS)
    first = scatter.positions
    for layer in (5, 4, 0, 6):
        scatter.comm.set(layer=layer)
        scatter.wait()
        after = scatter.positions
        assert scatter._cloud["method"] == "pca"
        # No turn or reflection would bring them closer.
        best = alignment(after, first, scaled=False)
        np.testing.assert_allclose(best(after), after, atol=1e-3 * np.abs(after).max())
        # As the axes were turned, what they explain was counted anew.
        explained = scatter._cloud["explained"]
        spread = after.var(0, dtype=np.float64)
        np.testing.assert_allclose(np.array(explained) / sum(explained), spread / spread.sum(), rtol=1e-4)
    # The way does not matter: the same layer is the same picture.
    np.testing.assert_allclose(after, first, atol=1e-6)
    rows = scatter._scattering.rows.values.numpy().astype(np.float64)
    share = after.var(0, dtype=np.float64) / rows.var(0).sum()
    np.testing.assert_allclose(explained, share, rtol=1e-3)


def test_the_way_of_a_chosen_point_leads_through_where_it_is_seen(minilm):
    scatter = given(minilm, TEXTS, ids=[f"s{number}" for number in range(16)])
    scatter.selected = ["s3", "s9"]
    scatter.wait()
    for layer in (6, 2, 0):
        scatter.comm.set(layer=layer)
        scatter.wait()
        trails = scatter._trails
        ways = unpack(trails["positions"])
        assert (trails["points"], ways.shape, trails["run"]) == ([3, 9], (7, 2, 2), scatter._cloud["run"])
        np.testing.assert_allclose(ways[layer], shown(scatter)[[3, 9]], atol=1e-3)
        assert np.isfinite(ways).all()
    scatter.comm.set(selected={})
    scatter.wait()
    assert scatter._trails == {}
    scatter.comm.set(selected=wire(np.arange(16), np.uint32))
    scatter.wait()
    assert len(scatter._trails["points"]) == scattering.FOLLOWED


def test_a_tsne_of_another_layer_goes_on_from_the_last(minilm):
    scatter = given(minilm, TEXTS * 2, projection="tsne", perplexity=5)
    before = shown(scatter)
    scatter.comm.published.clear()
    scatter.comm.set(layer=5)
    scatter.wait()
    first = told(scatter, "_cloud")[0]
    start = unpack(first["positions"]).astype(np.float64) / 65535 * 2 - 1
    np.testing.assert_allclose(start, before, atol=1e-3)
    assert (scatter._cloud["complete"], scatter._fault) == (True, None)


def test_a_layer_that_is_not_there_is_refused(minilm):
    scatter = given(minilm, TEXTS[:5])
    with pytest.raises(InputError, match="layer=7 was given; give 0 to 6"):
        scatter.layer = 7
    scatter.comm.set(layer=-1)
    assert "layer=-1 was given; give 0 to 6" in scatter._fault["message"]
    assert scatter.layer == 6


def test_what_is_set_while_texts_are_read_is_followed(encoder):
    scatter = EmbeddingScatter(encoder, [f"text {number}" for number in range(64)])
    scatter.comm.set(dims=3, color_by="distortion", point=63, drop="text 9")
    scatter.wait()
    assert (scatter._cloud["dims"], scatter._colours["name"], scatter._near["point"]) == (3, "distortion", 63)
    assert (scatter._dropped["near"][0], scatter._fault) == (9, None)
    assert unpack(scatter._colours["codes"]).max() < 255


def test_an_error_inside_the_model_is_told(encoder):
    def breaks(*_):
        raise ValueError("the power is gone")

    hook = encoder.model.encoder.layer[1].register_forward_hook(breaks)
    scatter = given(encoder, TEXTS)
    assert "the power is gone" in scatter._fault["message"]
    assert (scatter.busy, scatter._cloud, scatter.positions, scatter.distortion) == (False, {}, None, None)
    hook.remove()


def test_a_text_that_cannot_be_dropped_is_a_sentence(encoder):
    scatter = given(encoder, TEXTS)

    def breaks(*_):
        raise ValueError("the power is gone")

    hook = encoder.model.register_forward_hook(breaks)
    scatter.drop = "another"
    scatter.wait()
    assert "the power is gone" in scatter._fault["message"]
    hook.remove()
    scatter.drop = "another one"
    scatter.wait()
    assert (scatter._fault, scatter._dropped["text"]) == (None, "another one")


@pytest.fixture
def module():
    torch.manual_seed(0)
    parts = nn.Conv2d(3, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 2)
    return nn.Sequential(*parts).eval()


@pytest.fixture
def network(module):
    return xw.ImageClassifier(module, as_tensor)


def test_pictures_by_a_layer_of_a_vision_module(network, module):
    pictures = np.random.default_rng(0).integers(0, 255, (12, 24, 30, 3), dtype=np.uint8)
    scatter = given(network, list(pictures), layer="1", labels=["a", "b"] * 6)
    assert (scatter._fault, scatter._layers, scatter._cloud["count"]) == (None, [], 12)
    assert scatter._pictures == {"data": scatter._cloud["data"]}
    with torch.no_grad():
        made = module[:2](torch.stack([as_tensor(one) for one in pictures])).mean((2, 3)).numpy()
    np.testing.assert_allclose(scatter.positions, given(made).positions, atol=1e-4)
    facts, small = asked(scatter, kind="picture", point=5)
    np.testing.assert_array_equal(small, pictures[5])
    assert facts["shape"] == [24, 30, 3]


def test_a_large_picture_is_sent_small(network):
    scatter = given(network, [np.full((400, 800, 3), 200, dtype=np.uint8)] * 4, layer="1")
    _, small = asked(scatter, kind="picture", point=0)
    assert small.shape == (80, 160, 3)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda e, _: EmbeddingScatter(e, []), "0 texts were given"),
        (lambda e, _: EmbeddingScatter(e, "a text"), "'a text' was given; give a list of texts"),
        (lambda e, _: EmbeddingScatter(e, ["a", ""]), "Text 1 of 2 is empty"),
        (lambda e, _: EmbeddingScatter(e), "A TextEncoder was given without inputs"),
        (lambda e, _: EmbeddingScatter(e.model, TEXTS), "A BertModel was given with inputs"),
        (lambda e, _: EmbeddingScatter(e, TEXTS, layer="encoder"), "was given with a TextEncoder"),
        (lambda e, _: EmbeddingScatter(e, TEXTS, labels=["a"]), "labels has 1 values for 16 points"),
        (lambda e, _: EmbeddingScatter(e, TEXTS, texts=["a"]), "texts has 1 entries for 16 points"),
        (lambda e, _: EmbeddingScatter(e, TEXTS, ids=[1]), "ids has 1 entries for 16 points"),
        (lambda _, n: EmbeddingScatter(n, [np.zeros((24, 24, 3))]), "A vision module was given without a layer"),
    ],
)
def test_models_and_inputs_that_cannot_be_shown_say_so_at_once(encoder, network, make, says):
    with pytest.raises(InputError, match=says) as caught:
        make(encoder, network)
    assert "\n" not in str(caught.value)


def test_twenty_scatters_at_once():
    X, _ = clusters(60)
    kinds = ["pca", "pca", "pca", "tsne"] * 5
    scatters = [EmbeddingScatter(X, projection=kind, perplexity=5) for kind in kinds]
    for scatter in scatters:
        scatter.wait()
    assert all(scatter._cloud["complete"] and scatter._fault is None for scatter in scatters)
    for place in (7, 11, 15, 19):
        np.testing.assert_array_equal(scatters[place].positions, scatters[3].positions)


def test_random_numbers_of_others_are_left_alone():
    X, _ = clusters(60)
    np.random.seed(3)  # noqa: NPY002 - the global state is what is looked at
    torch.manual_seed(3)
    before = np.random.get_state()[1].copy(), torch.get_rng_state()  # noqa: NPY002
    given(X, projection="tsne", perplexity=5)
    np.testing.assert_array_equal(np.random.get_state()[1], before[0])  # noqa: NPY002
    assert torch.equal(torch.get_rng_state(), before[1])


def clouds_of(scatter):
    """Every picture that was sent, as (data, count)."""
    return [(cloud["data"], cloud["count"]) for cloud in told(scatter, "_cloud") if cloud]


def test_data_that_is_replaced_while_tsne_runs_leaves_nothing_behind(monkeypatch):
    monkeypatch.setattr(scattering, "PICTURES", 0.0)
    X, group = clusters(400)
    Y, other = clusters(250, 9, seed=1)
    scatter = given(X, labels=group, projection="pca")
    scatter.comm.set(projection="tsne", perplexity=10, hidden=[1], point=7)
    until(lambda: scatter._cloud["method"] == "tsne" and scatter._cloud["iteration"] > 30)
    scatter.comm.published.clear()
    scatter.show(Y, labels=[f"kind {number}" for number in other])
    scatter.wait()
    clouds = clouds_of(scatter)
    assert set(clouds) == {(2, 250)}
    # The place is empty in between, and what was hidden of other categories is back.
    assert told(scatter, "_cloud")[0] == {}
    assert (scatter.projection, scatter.hidden, scatter._fault, scatter.busy) == ("tsne", [], None, False)
    assert scatter._colours["labels"] == ["kind 0", "kind 1", "kind 2"]
    np.testing.assert_array_equal(scatter.positions, uninterrupted(Y, perplexity=10))
    assert (scatter._score["data"], scatter._score["known"]) == (2, 1)
    assert (scatter.point, scatter._near["data"], scatter._near["true"][0] < 250) == (7, 2, True)


def test_data_that_is_replaced_again_and_again_ends_with_the_last():
    sets = [clusters(count, seed=count)[0] for count in (300, 200, 150, 100)]
    scatter = EmbeddingScatter(sets[0], projection="tsne", perplexity=10)
    for X in sets[1:]:
        until(lambda: scatter._cloud and scatter._cloud["iteration"] > 5)
        scatter.show(X)
    scatter.wait()
    clouds = clouds_of(scatter)
    assert clouds == sorted(clouds)
    assert clouds[-1] == (4, 100)
    np.testing.assert_array_equal(scatter.positions, uninterrupted(sets[-1], perplexity=10))


def test_chosen_points_that_are_there_again_stay_chosen_and_others_do_not():
    X, _ = clusters(40)
    names = [f"p{number}" for number in range(40)]
    scatter = given(X, ids=names, texts=names)
    scatter.selected, scatter.point = ["p3", "p39", "p10"], 39
    heard = []
    scatter.observe(lambda change: heard.append(change["new"].tolist()), "selected")
    scatter.show(X[::-1][:30], ids=names[::-1][:30], texts=names[::-1][:30])
    scatter.wait()
    assert (scatter.selected.tolist(), heard) == (["p39", "p10"], [["p39", "p10"]])
    assert (scatter.point, scatter.text_of(0), scatter._near["point"]) == (0, "p39", 0)
    assert unpack(told(scatter, "selected")[-1]).tolist() == [0, 29]
    # One alone is at another place now.
    scatter.selected = ["p39"]
    scatter.show(X, ids=names)
    scatter.wait()
    assert unpack(told(scatter, "selected")[-1]).tolist() == [39]
    assert scatter.point == 39
    # A number is no text.
    scatter.show(X)
    scatter.wait()
    assert (scatter.selected.tolist(), scatter.point) == ([], None)
    assert told(scatter, "selected")[-1] == {}


def test_colours_stay_where_the_new_data_have_them():
    X, group = clusters(60)
    scatter = given(X, labels=group, colors={"height": X[:, 0]})
    scatter.color_by = "height"
    scatter.show(X, colors={"height": X[:, 1]})
    scatter.wait()
    assert (scatter.color_by, scatter._colours["name"], scatter._colours["high"]) == ("height", "height", X[:, 1].max())
    assert "labels" not in [one["name"] for one in scatter._colorings]
    scatter.show(X, labels=group)
    scatter.wait()
    assert scatter.color_by == "labels"
    scatter.color_by = "none"
    scatter.show(X, labels=group)
    scatter.wait()
    assert (scatter.color_by, scatter._colours["kind"]) == ("none", "none")
    scatter.color_by = "distortion"
    scatter.show(X)
    scatter.wait()
    assert np.isfinite(scatter.distortion).all()
    assert unpack(scatter._colours["codes"]).max() < 255


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (lambda X: {"shown": X[:0]}, "0 points"),
        (lambda X: {"shown": X, "labels": [1, 2]}, "labels has 2 values for 50 points"),
        (lambda X: {"shown": X, "ids": [1] * 50}, "ids has 1 more than once"),
        (lambda X: {"shown": X, "metric": "manhattan"}, "no metric 'manhattan'"),
        (lambda X: {"shown": X, "inputs": ["a"] * 50}, "give numbers alone"),
        (lambda X: {"shown": X[:3]}, "t-SNE needs at least 4 points"),
    ],
)
def test_data_that_cannot_be_shown_leave_the_old_ones_as_they_are(data, says):
    X, group = clusters(50)
    scatter = given(X, labels=group, projection="tsne", perplexity=5)
    scatter.selected, scatter.point = [4], 4
    scatter.wait()
    before = (scatter._cloud, scatter._colours, scatter._score, scatter._near, scatter.color_by, scatter._fault)
    scatter.comm.published.clear()
    with pytest.raises(XaiError, match=says) as caught:
        scatter.show(**data(X))
    assert "\n" not in str(caught.value)
    scatter.wait()
    assert (scatter._cloud, scatter._colours, scatter._score, scatter._near, scatter.color_by, scatter._fault) == before
    assert (scatter.selected.tolist(), scatter.comm.published) == ([4], [])


def test_points_of_other_kinds_are_compared_as_before_or_as_is_said():
    X, _ = clusters(60)
    scatter = given(X, metric="cosine")
    scatter.show(X[:40])
    scatter.wait()
    assert scatter._score["metric"] == "cosine"
    scatter.show(X[:40], metric="euclidean")
    scatter.wait()
    assert scatter._score["metric"] == "euclidean"


def test_what_was_dropped_in_and_a_histogram_do_not_outlive_their_data():
    X, _ = clusters(30)
    names = [f"w{number}" for number in range(30)]
    scatter = given(X, texts=names, colors={"height": X[:, 0]})
    scatter.drop = "w3"
    figure = scatter.histogram("height")
    scatter.wait()
    scatter.show(X[:20])
    scatter.wait()
    assert (scatter.drop, scatter._dropped, scatter._drops, scatter._texts, scatter._fault) == ("", {}, "", {}, None)
    assert figure.marks[0].y.sum() == 0


def test_what_is_dropped_in_before_the_points_lie_somewhere_lands_when_they_do():
    X, _ = clusters(3000, 50)
    scatter = EmbeddingScatter(X, texts=[f"w{number}" for number in range(3000)])
    scatter.drop = "w3"
    scatter.wait()
    assert (scatter._fault, scatter._dropped["text"], scatter._dropped["run"]) == (None, "w3", scatter._cloud["run"])
    scatter.show(X[:2000], texts=[f"v{number}" for number in range(2000)])
    scatter.drop = "v7"
    scatter.wait()
    assert (scatter._fault, scatter._dropped["text"], scatter._dropped["data"]) == (None, "v7", 2)


def test_a_model_reads_other_texts_and_the_old_points_stay_until_then(encoder):
    scatter = given(encoder, TEXTS)
    scatter.layer = 0
    scatter.wait()
    scatter.comm.published.clear()
    scatter.show(encoder, TEXTS[:6])
    assert scatter.busy
    scatter.wait()
    assert {count for _, count in clouds_of(scatter)} == {6}
    assert (scatter._texts["texts"], scatter.layer) == (TEXTS[:6], len(scatter._layers) - 1)
    np.testing.assert_allclose(scatter.positions, given(encoder, TEXTS[:6]).positions, atol=1e-5)
    # Numbers take the place of a model's points, and of those that it is still reading.
    X, _ = clusters(30)
    scatter.show(encoder, TEXTS)
    scatter.show(X)
    scatter.wait()
    assert (scatter._cloud["count"], scatter.live, scatter._layers, scatter.layer) == (30, False, [], 0)


def test_texts_that_a_model_cannot_read_leave_the_old_points(encoder, monkeypatch):
    scatter = given(encoder, TEXTS)
    cloud, layers = scatter._cloud, scatter._layers

    def broken(*_args, **_options):
        yield None
        raise InputError("The model broke.")

    monkeypatch.setattr(scattering, "embedded", broken)
    scatter.show(encoder, TEXTS[:5])
    scatter.wait()
    assert (scatter._fault["message"], scatter.busy) == ("The model broke.", False)
    assert (scatter._cloud, scatter._layers, len(scatter.ids)) == (cloud, layers, len(TEXTS))
    scatter.point = 12
    scatter.wait()
    assert scatter._near["point"] == 12
