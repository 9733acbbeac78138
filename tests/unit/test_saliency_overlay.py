"""SaliencyOverlay without a kernel: heat maps, explanations side by side, pictures on the wire, questions, pages."""

import io
import json

import numpy as np
import pytest
import torch
import traitlets
from PIL import Image

import xaiwidgets as xw
from tests.unit.comms import recording
from tests.unit.overlays import FOLD, LABELS, PICTURE, adapter, asked, by_panel, cover, given, net, to_tensor, unpack
from xaiwidgets.engine.ranks import spearman
from xaiwidgets.errors import InputError, MethodError
from xaiwidgets.models.picture import read_picture
from xaiwidgets.widgets import saliency_picture
from xaiwidgets.widgets.saliency_overlay import SaliencyOverlay


@pytest.fixture(autouse=True)
def _comms(monkeypatch):
    with recording(monkeypatch):
        yield


def numbers(estimate):
    """A map as the browser decodes it, float64 [h, w]."""
    codes = unpack(estimate["map"]["codes"])
    return np.where(codes == -32768, np.nan, codes * estimate["map"]["scale"])


def opened(picture):
    return Image.open(io.BytesIO(picture["data"]))


HEAT = np.linspace(-1, 3, 8 * 6).reshape(8, 6)


class TestHeatMaps:
    @pytest.mark.parametrize(
        "heat",
        [
            HEAT,
            HEAT.astype(np.float16),
            torch.from_numpy(HEAT).requires_grad_(True),
            HEAT[None],
            HEAT[..., None],
            HEAT.tolist(),
        ],
        ids=["float64", "float16", "tensor", "channel first", "channel last", "lists"],
    )
    def test_ones_own_numbers_are_shown_as_they_are(self, heat):
        overlay = given(PICTURE, heat)
        (estimate,) = overlay._estimates
        np.testing.assert_allclose(numbers(estimate), HEAT, atol=2e-3)
        np.testing.assert_allclose(unpack(estimate["values"]), HEAT.ravel(), atol=2e-3)
        assert (estimate["state"], estimate["signed"], overlay.live, overlay.busy) == ("done", True, False, False)
        assert (overlay._regions["grid"], overlay._picture["seen"]) == ([8, 6], [8, 6])
        assert overlay._picture["box"] == [0, 0, 64, 40]
        np.testing.assert_array_equal(np.array(opened(overlay._picture)), PICTURE)

    def test_what_is_not_known_stays_unknown(self):
        heat = HEAT.copy()
        heat[2, 3] = np.nan
        (estimate,) = given(PICTURE, heat)._estimates
        np.testing.assert_array_equal(np.isnan(numbers(estimate)), np.isnan(heat))
        assert np.isnan(unpack(estimate["values"])[2 * 6 + 3])

    def test_nothing_known_at_all_is_said(self):
        (estimate,) = given(PICTURE, np.full((4, 4), np.nan))._estimates
        assert np.isnan(numbers(estimate)).all()
        assert any("every place is NaN" in note for note in estimate["notes"])

    def test_a_fine_map_has_a_grid_of_regions_with_means_and_is_no_finer_than_it_is_drawn(self):
        heat = np.random.default_rng(1).normal(size=(640, 1024))
        heat[:40, :64] = np.nan
        heat[100, 200] = np.nan
        overlay = given(PICTURE, heat)
        (estimate,) = overlay._estimates
        values = unpack(estimate["values"])
        assert (overlay._regions["grid"], values.shape) == ([16, 16], (256,))
        assert np.isnan(values[0])
        assert values[17] == pytest.approx(heat[40:80, 64:128].mean(), abs=1e-6)
        shown = numbers(estimate)
        assert shown.shape == (256, 256)
        # One unknown place takes nothing from its neighbours; a block of them is unknown.
        known = np.nanmean(heat[100:102, 200:204])
        assert shown[40, 50] == pytest.approx(known, abs=1e-3)
        assert np.isnan(shown[:16, :16]).all()
        assert np.isfinite(shown[16:]).all()

    @pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
    def test_any_size_of_numbers_is_told_apart(self, scale):
        (estimate,) = given(PICTURE, HEAT * scale)._estimates
        np.testing.assert_allclose(numbers(estimate) / scale, HEAT, atol=1e-4)

    def test_zero_everywhere_is_zero(self):
        (estimate,) = given(PICTURE, np.zeros((3, 3)))._estimates
        np.testing.assert_array_equal(numbers(estimate), np.zeros((3, 3)))
        assert estimate["signed"] is False

    def test_other_proportions_are_said(self):
        (estimate,) = given(PICTURE, np.ones((8, 8)))._estimates
        assert any("stretched over the whole" in note for note in estimate["notes"])
        (estimate,) = given(PICTURE, np.ones((5, 8)))._estimates
        assert estimate["notes"] == []

    @pytest.mark.parametrize(
        ("picture", "note"),
        [
            (PICTURE.transpose(2, 0, 1), "its first axis was taken for the channels"),
            (PICTURE.astype(float), "taken for levels out of 255"),
            (PICTURE.astype(np.uint16) * 257, "taken for levels out of 65535"),
        ],
    )
    def test_what_was_assumed_of_the_picture_is_said(self, picture, note):
        (estimate,) = given(picture, np.ones((5, 8)))._estimates
        assert any(note in one for one in estimate["notes"])

    @pytest.mark.parametrize(
        ("heat", "says"),
        [
            (np.ones((8, 6, 3)), r"shape \(8, 6, 3\) was given; give one number for each place"),
            (np.ones(6), r"shape \(6,\)"),
            (np.ones((0, 6)), r"shape \(0, 6\)"),
            ("heat.npy", "A str was given as a heat map"),
            (np.array([[1.0, np.inf]]), "1 infinite values"),
            (object(), "A object was given as a heat map"),
        ],
    )
    def test_what_is_no_map_is_one_sentence(self, heat, says):
        with pytest.raises(InputError, match=says) as caught:
            SaliencyOverlay(PICTURE, heat)
        assert "\n" not in str(caught.value)


def texts():
    """A black box that reads texts."""
    return xw.TextClassifier.from_callable(lambda given: [[float(len(one))] for one in given])


class TestSideBySide:
    def test_an_explanation_is_shown_with_its_numbers(self):
        e = xw.explain(adapter(), PICTURE, method="integrated_gradients")
        overlay = given(e)
        (estimate,) = overlay._estimates
        assert (estimate["method"], estimate["target"], estimate["unit"]) == ("integrated_gradients", e.target, "logit")
        np.testing.assert_allclose(unpack(estimate["values"]), e.values, rtol=1e-5)
        largest = np.abs(e.details["map"]).max()
        np.testing.assert_allclose(numbers(estimate), e.details["map"], atol=largest / 30000)
        assert overlay.explanation is e
        assert sorted(overlay._models[0]["outputs"]["labels"]) == LABELS
        np.testing.assert_array_equal(np.array(opened(overlay._picture)), e.input["picture"])

    def test_several_stand_side_by_side_even_by_one_method(self):
        black = xw.explain(adapter(), PICTURE, method="integrated_gradients")
        blur = xw.explain(adapter(), PICTURE, method="integrated_gradients", baseline="blur")
        overlay = given([black, blur, xw.explain(adapter(), PICTURE, method="grad_cam")])
        for estimate, e in zip(by_panel(overlay), [black, blur], strict=False):
            np.testing.assert_allclose(unpack(estimate["values"]), e.values, rtol=1e-5)
        assert overlay.explanations[:2] == [black, blur]
        assert [method["name"] for method in overlay._models[0]["methods"]] == ["integrated_gradients", "grad_cam"]
        agreed = xw.compare(overlay.explanations[:2]).spearman
        assert agreed[0, 1] == pytest.approx(float(spearman(black.values, blur.values)))

    def test_a_badge_is_there_where_the_explanation_was_measured(self):
        e = xw.explain(adapter(), PICTURE, method="integrated_gradients")
        plain = given(e)
        assert (plain._estimates[0]["trust"], plain.faithfulness) == ({}, None)
        found = xw.faithfulness(adapter(), PICTURE, e, measures=("sensitivity_n",))
        overlay = given(e.with_faithfulness(found))
        assert overlay._estimates[0]["trust"]["kind"] in {"better", "none", "open"}
        assert overlay.faithfulness is found

    def test_a_panel_can_be_closed_and_none_be_added(self):
        both = [xw.explain(adapter(), PICTURE, method=method) for method in ("grad_cam", "occlusion")]
        overlay = given(both)
        overlay.comm.set(panels=overlay.panels[1:])
        assert [estimate["method"] for estimate in overlay._estimates] == ["occlusion"]
        assert overlay.explanation is both[1]
        before = overlay.panels
        overlay.comm.set(panels=[*before, {"method": "saliency"}])
        assert "are finished" in overlay._fault["message"]
        assert overlay.panels == before
        with pytest.raises(InputError, match="are finished"):
            overlay.show(PICTURE)
        with pytest.raises(InputError, match="are finished"):
            overlay.curve()
        assert "has no model to ask" in asked(overlay, kind="game", panel=2)[0]

    def test_a_linked_widget_follows_the_first(self):
        e = xw.explain(adapter(), PICTURE, method="occlusion")
        overlay = given(e)
        bars = xw.FeatureBars(overlay)
        assert bars.explanation is e
        xw.link(overlay, bars)
        assert overlay.group == bars.group != ""

    def test_what_does_not_belong_together_is_one_sentence(self):
        e = xw.explain(adapter(), PICTURE, method="occlusion")
        for shown, says in [
            ([e, xw.explain(adapter(), PICTURE[::-1], method="occlusion")], "of several pictures"),
            ([e, xw.explain(adapter(grid=3), PICTURE, method="occlusion")], "other regions"),
            ([e, xw.explain(texts(), "a b", method="occlusion")], "explanation of text was given"),
            (xw.Explanation.from_arrays([1.0], ["a"]), "no input that can be seen"),
        ]:
            with pytest.raises(InputError, match=says) as caught:
                SaliencyOverlay(shown)
            assert "\n" not in str(caught.value)


class TestPictures:
    def test_a_photograph_of_twelve_megapixels_travels_in_six_megabytes(self):
        rng = np.random.default_rng(0)
        photo = rng.integers(0, 240, (30, 40, 3), dtype=np.uint8).repeat(100, 0).repeat(100, 1)
        photo += rng.integers(0, 16, (3000, 4000, 1), dtype=np.uint8)
        overlay = given(adapter(), photo, method=["saliency", "integrated_gradients", "grad_cam"], trust=False)
        sent = sum(len(part) for _, _, parts in overlay.comm.published for part in parts)
        assert sent < 6_000_000
        picture = overlay._picture
        assert picture["mime"] == "image/jpeg"
        assert opened(picture).size == (picture["width"], picture["height"])
        shrunk = picture["width"] < 4000
        assert shrunk == any("it has 4000 × 3000" in note for note in picture["notes"])
        np.testing.assert_allclose(picture["box"], [0, 0, picture["width"], picture["height"]], atol=2)
        assert overlay._fault is None

    def test_what_is_too_large_is_shrunk_openly_with_its_box(self, monkeypatch):
        monkeypatch.setattr(saliency_picture, "MOST_BYTES", 1_000_000)
        noise = np.random.default_rng(0).integers(0, 256, (1600, 2000, 3), dtype=np.uint8)

        def middle(image):
            return to_tensor(image.crop((400, 200, 1600, 1400)))

        picture = given(adapter(preprocess=middle), noise, method="saliency", trust=False)._picture
        assert len(picture["data"]) <= saliency_picture.MOST_BYTES
        assert picture["width"] == 1000
        assert picture["notes"] == ["The picture is shown at 1000 × 800 pixels; it has 2000 × 1600."]
        np.testing.assert_allclose(picture["box"], [200, 100, 800, 700], atol=2)

    def test_a_model_that_sees_everything_does_not_make_it_more(self):
        noise = np.random.default_rng(0).integers(0, 256, (900, 1200, 3), dtype=np.uint8)
        module = torch.nn.Sequential(
            torch.nn.Conv2d(3, 1, 9, stride=9), torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten()
        )

        def whole(image):
            return torch.from_numpy(np.array(image)).permute(2, 0, 1).float() / 255

        regions = (np.arange(900)[:, None] // 300 * 2 + np.arange(1200) // 600).astype(int)
        model = adapter(module, whole, None)
        overlay = given(model, noise, method="saliency", trust=False, regions=regions, baseline="noise")
        sent = sum(len(part) for _, _, parts in overlay.comm.published for part in parts)
        assert sent < 6_000_000
        labels = unpack(overlay._regions["labels"])
        assert list(labels.shape) == overlay._picture["seen"] == [450, 600]
        assert np.unique(labels).tolist() == list(range(6))
        told, picture = asked(overlay, kind="hide", panel=1, cover=cover(np.ones((2, 2), bool)), fill="baseline")
        assert picture.shape == (450, 600, 3)
        assert told["before"] == pytest.approx(overlay.explanation.output)

    @pytest.mark.parametrize("size", [(1, 1), (1, 3), (2, 1)])
    def test_the_smallest_pictures_are_shown_whole(self, size):
        overlay = given(adapter(), np.full((*size, 3), 90, np.uint8), method="saliency", trust=False)
        assert overlay._picture["box"] == pytest.approx([0, 0, overlay._picture["width"], overlay._picture["height"]])
        assert (opened(overlay._picture).getpixel((0, 0)), overlay._fault) == ((90, 90, 90), None)
        assert overlay._estimates[0]["state"] == "done"

    def test_a_very_long_picture_can_be_drawn(self):
        picture = given(np.zeros((2, 20000), np.uint8), np.ones((2, 9)))._picture
        assert max(picture["width"], picture["height"]) <= 8192
        assert "it has 20000 × 2" in picture["notes"][0]

    @pytest.mark.parametrize(
        ("picture", "shown"),
        [
            (PICTURE[..., 0], PICTURE[..., :1].repeat(3, 2)),
            (np.dstack([PICTURE, np.full((40, 64), 255, np.uint8)]), PICTURE),
            (Image.fromarray(PICTURE), PICTURE),
            (torch.from_numpy(PICTURE).permute(2, 0, 1)[None], PICTURE),
            (PICTURE[None], PICTURE),
        ],
        ids=["grey", "RGBA", "Pillow", "tensor", "batch of one"],
    )
    def test_any_kind_of_picture_is_read(self, picture, shown):
        overlay = given(adapter(), picture, method="saliency", trust=False)
        assert (overlay._fault, overlay._frames, overlay._estimates[0]["notes"]) == (None, [], [])
        np.testing.assert_array_equal(np.array(opened(overlay._picture).convert("RGB")), shown)

    def test_what_was_assumed_of_a_picture_is_in_the_notes_of_its_maps(self):
        overlay = given(adapter(), PICTURE.astype(np.uint16) * 257, method=["saliency", "occlusion"], trust=False)
        assert all("levels out of 65535" in estimate["notes"][0] for estimate in overlay._estimates)

    def test_what_cannot_be_drawn_back_is_shown_as_the_model_sees_it(self):
        def mirrored(image):
            return to_tensor(image).flip(2)

        overlay = given(adapter(preprocess=mirrored), PICTURE, method="saliency", trust=False)
        picture = overlay._picture
        assert (picture["width"], picture["height"], picture["box"]) == (FOLD, FOLD, [0, 0, FOLD, FOLD])
        assert "what the model sees is shown" in picture["notes"][0]
        np.testing.assert_array_equal(np.array(opened(picture)), adapter().sees(PICTURE)[:, ::-1])


class TestQuestions:
    @pytest.fixture(scope="class")
    def module(self):
        return net()

    @pytest.fixture
    def overlay(self, module):
        return given(adapter(module), PICTURE, method=["grad_cam", "occlusion"], target=["dog", ("owl", "cat")])

    @pytest.mark.parametrize("fill", ["baseline", "blur", "mean", "noise"])
    def test_hiding_is_the_model_run_on_what_is_shown(self, overlay, module, fill):
        hidden = np.zeros((FOLD, FOLD), dtype=bool)
        hidden[3:17, 8:30] = True
        told, seen = asked(overlay, kind="hide", panel=1, cover=cover(hidden), fill=fill)
        point = to_tensor(read_picture(PICTURE))
        absent = adapter(module).problem(PICTURE, baseline=None if fill == "baseline" else fill).field.baseline
        blended = torch.where(torch.from_numpy(hidden), absent, point)
        with torch.no_grad():
            scores, before = module(torch.stack([blended, point])).numpy()
        np.testing.assert_allclose(told["outputs"]["scores"], scores[told["outputs"]["ids"]], atol=1e-5)
        assert [LABELS[place] for place in told["outputs"]["ids"]] == told["outputs"]["labels"]
        assert told["output"] == pytest.approx(scores[1], abs=1e-5)
        assert told["before"] == pytest.approx(before[1], abs=1e-5)
        np.testing.assert_allclose(seen, blended.permute(1, 2, 0) * 255, atol=1)

    def test_of_a_contrast_the_difference_is_told(self, overlay):
        told, _ = asked(overlay, kind="hide", panel=2, cover=cover(np.eye(8, dtype=bool)), fill="mean")
        scores = dict(zip(told["outputs"]["ids"], told["outputs"]["scores"], strict=True))
        assert told["output"] == pytest.approx(scores[2] - scores[0], abs=1e-5)
        assert told["before"] == pytest.approx(overlay.explanations[1].output, abs=1e-6)

    def test_features_are_ranked_by_gradient_times_activation(self, overlay, module):
        told, codes = asked(overlay, kind="features", panel=1, layer="1")
        maps = module[:2](to_tensor(read_picture(PICTURE))[None]).detach().requires_grad_(True)
        (gradient,) = torch.autograd.grad(module[2:](maps)[0, 1], maps)
        counted = (maps * gradient).sum((2, 3))[0].detach().numpy()
        order = np.argsort(-counted, kind="stable")
        assert (told["units"], told["total"], told["layer"]) == (order.tolist(), 8, "1")
        np.testing.assert_allclose(told["contributions"], counted[order], rtol=1e-4, atol=1e-6)
        first = maps[0, order[0]].detach().numpy()
        np.testing.assert_allclose(codes[0], 255 * (first - first.min()) / np.ptp(first), atol=0.51)

    def test_the_games_are_those_of_xw_faithfulness(self, overlay, module):
        assert asked(overlay, kind="game", panel=overlay.panels[2]["id"])[0]["kind"] == "answer"
        overlay.wait()
        game, e = overlay._game, overlay.explanations[2]
        found = xw.faithfulness(adapter(module), PICTURE, e, measures=("deletion", "insertion"), seed=e.seed)
        assert (game["panel"], game["done"], game["steps"][0], game["steps"][-1]) == (3, True, 0, 16)
        np.testing.assert_allclose(np.array(game["steps"]) / 16, found.curves["share"])
        for name in ("deletion", "insertion"):
            np.testing.assert_allclose(unpack(game[name]), found.curves[name], rtol=1e-5)
            band = [found.curves[f"{name}.{end}"] for end in ("low", "random", "high")]
            np.testing.assert_allclose(unpack(game[f"random_{name}"]), band, rtol=1e-5)
            area = found.measures[name]
            assert game[f"{name}_area"] == pytest.approx([area.value, area.random, area.low, area.high])
        assert game["order"] == np.argsort(-e.values, kind="stable").tolist()
        # All gone is nothing there.
        assert unpack(game["deletion"])[-1] == pytest.approx(unpack(game["insertion"])[0], abs=1e-6)

    @pytest.mark.parametrize(
        ("question", "says"),
        [
            ({"kind": "hide", "panel": 9, "cover": cover(np.ones((2, 2), bool)), "fill": "mean"}, "not there any more"),
            ({"kind": "hide", "panel": 1, "cover": cover(np.ones((2, 2), bool)), "fill": "x"}, "choose from baseline"),
            (
                {"kind": "hide", "panel": 1, "cover": {"height": 2, "width": 2, "runs": [1, 2]}, "fill": "mean"},
                "A cover of 3 pixels was told for 2 × 2",
            ),
            ({"kind": "features", "panel": 1, "layer": "5"}, "choose a convolution"),
            ({"kind": "features", "panel": 1, "layer": "nowhere"}, "nowhere"),
            ({"kind": "poem"}, "answers no questions"),
            ({"kind": "hide", "panel": 1}, "cannot be answered"),
        ],
    )
    def test_what_cannot_be_answered_is_said_to_who_asked(self, overlay, question, says):
        fault, numbers = asked(overlay, **question)
        assert says in fault
        assert "\n" not in fault
        assert (numbers, overlay._fault) == (None, None)

    def test_a_black_box_has_no_layers_to_ask_for(self):
        model = xw.ImageClassifier.from_callable(lambda pictures: pictures.mean((1, 2)), grid=3)
        overlay = given(model, PICTURE, trust=False)
        assert (overlay._models[0]["layers"], overlay._fault) == ([], None)
        assert "looks into, which" in asked(overlay, kind="features", panel=1, layer="0")[0].replace("to look", "looks")
        told, seen = asked(overlay, kind="hide", panel=1, cover=cover(np.ones((2, 2), bool)), fill="baseline")
        assert told["outputs"]["scores"] == [0, 0, 0]
        assert not seen.any()


class TestCurve:
    def test_the_figure_shows_both_games_against_their_bands(self):
        overlay = given(adapter(), PICTURE, method=["grad_cam", "occlusion"], trust=False)
        figure = overlay.curve(1)
        overlay.wait()
        game = overlay._game
        assert (game["panel"], game["done"]) == (2, True)
        bands, means, curves = figure.marks[:2], figure.marks[2:4], figure.marks[4:]
        for place, name in enumerate(("deletion", "insertion")):
            np.testing.assert_array_equal(curves[place].y, unpack(game[name]))
            random = unpack(game[f"random_{name}"])
            np.testing.assert_array_equal(bands[place].y, random[[0, 2]])
            np.testing.assert_array_equal(means[place].y, random[1])
            np.testing.assert_allclose(curves[place].x, np.array(game["steps"]) / 16)
        assert [curve.labels for curve in curves] == [["Deletion"], ["Insertion"]]

    def test_it_follows_to_another_picture_and_leaves_other_panels_games_alone(self):
        overlay = given(adapter(), PICTURE, method=["grad_cam", "occlusion"], trust=False)
        curve = overlay.curve().marks[4]
        overlay.wait()
        before = curve.y.copy()
        asked(overlay, kind="game", panel=2)
        overlay.wait()
        assert overlay._game["panel"] == 2
        np.testing.assert_array_equal(curve.y, before)
        overlay.show(PICTURE[::-1])
        overlay.wait()
        assert (overlay._game["panel"], overlay._game["picture"]) == (1, overlay._picture["id"])
        np.testing.assert_array_equal(curve.y, unpack(overlay._game["deletion"]))
        assert curve.visible
        assert not np.array_equal(curve.y, before)

    def test_what_is_played_already_is_not_played_again(self):
        overlay = given(adapter(), PICTURE, method="grad_cam", trust=False)
        asked(overlay, kind="game", panel=1)
        overlay.wait()
        game = overlay._game
        figure = overlay.curve()
        assert (overlay.busy, overlay._game is game) == (False, True)
        assert figure.marks[4].visible

    def test_it_can_be_asked_for_before_there_is_a_map(self):
        overlay = SaliencyOverlay(adapter(), PICTURE, method="kernel_shap", language="zh")
        figure = overlay.curve()
        overlay.wait()
        assert overlay._game["done"]
        np.testing.assert_array_equal(figure.marks[4].y, unpack(overlay._game["deletion"]))
        assert (figure.marks[4].labels, figure.axes[1].label) == (["删除"], "得分")

    @pytest.mark.parametrize("panel", [1, -2, "grad_cam", True, None])
    def test_another_panel_is_refused(self, panel):
        overlay = given(adapter(), PICTURE, method="grad_cam", trust=False)
        with pytest.raises(InputError, match="give a panel's place, from 0 to 0"):
            overlay.curve(panel)


class TestBadges:
    def test_every_panel_that_can_be_checked_is(self):
        overlay = given(adapter(), PICTURE, method=["occlusion", "integrated_gradients"])
        assert {estimate["trust"]["kind"] for estimate in overlay._estimates} <= {"better", "none", "open"}
        assert overlay.faithfulness is overlay.explanations[0].faithfulness is not None
        checking = [one["trust"].get("kind") for sent in overlay.comm.updates("_estimates") for one in sent]
        assert "checking" in checking

    def test_none_where_nobody_asked(self):
        overlay = given(adapter(), PICTURE, method="occlusion", trust=False)
        assert (overlay._estimates[0]["trust"], overlay.faithfulness) == ({}, None)

    def test_none_where_the_features_lie_at_a_layer(self):
        overlay = given(adapter(), PICTURE, method="integrated_gradients", layer="1")
        (estimate,) = overlay._estimates
        assert (estimate["trust"], estimate["layer"], estimate["state"]) == ({}, "1", "done")
        asked(overlay, kind="game", panel=1)
        overlay.wait()
        assert "features of this explanation lie inside" in overlay._fault["message"]


class TestPages:
    def test_the_page_holds_the_maps_and_their_badges(self, tmp_path):
        overlay = SaliencyOverlay(adapter(), PICTURE, method=["grad_cam", "kernel_shap"])
        page = overlay.to_html(tmp_path / "page.html").read_text("utf-8")
        start = page.index('id="xaiwidgets">') + len('id="xaiwidgets">')
        (told,) = json.loads(page[start : page.index("</script>", start)])["widgets"]
        state = told["state"]
        assert [one["state"] for one in state["_estimates"]] == ["done", "done"]
        assert all(one["trust"]["kind"] != "checking" for one in state["_estimates"])
        assert (state["live"], state["busy"], told["esm"]) == (False, False, "saliency_overlay.js")
        kept = {tuple(buffer["path"]) for buffer in told["buffers"]}
        assert {
            ("_picture", "data"),
            ("_estimates", 1, "values", "data"),
            ("_estimates", 0, "map", "codes", "data"),
        } <= kept

    def test_linked_widgets_come_along(self, tmp_path):
        overlay, other = (given(adapter(), PICTURE, method=name, trust=False) for name in ("grad_cam", "saliency"))
        xw.link(overlay, other)
        page = overlay.to_html(tmp_path / "page.html").read_text("utf-8")
        assert page.count('"esm": "saliency_overlay.js"') == 2


def flat():
    """A module without a convolution."""
    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3 * FOLD**2, 3))


WRONG = [
    (lambda: SaliencyOverlay(adapter()), InputError, "without a picture"),
    (lambda: SaliencyOverlay(PICTURE), InputError, "A ndarray was given alone"),
    (lambda: SaliencyOverlay(net(), PICTURE), InputError, r"wrap a model first, such as xw\.ImageClassifier"),
    (lambda: SaliencyOverlay(net()), InputError, "A Sequential was given; wrap a model first"),
    (lambda: SaliencyOverlay(adapter(), []), InputError, "No picture was given"),
    (lambda: SaliencyOverlay(adapter(), {}), InputError, "No picture was given"),
    (lambda: SaliencyOverlay(adapter(), np.zeros((0, 4, 4, 3))), InputError, "No picture was given"),
    (lambda: SaliencyOverlay(adapter(), "nowhere.png"), InputError, "no such file"),
    (lambda: SaliencyOverlay(adapter(), 3), InputError, "A int was given where a picture is expected"),
    (lambda: SaliencyOverlay(adapter(), PICTURE, method="grad_kam"), MethodError, "did you mean 'grad_cam'"),
    (lambda: SaliencyOverlay(adapter(), PICTURE, method=[]), InputError, r"method=\[\] was given"),
    (lambda: SaliencyOverlay(adapter(), PICTURE, budget=0), MethodError, "budget=0"),
    (lambda: SaliencyOverlay(adapter(), PICTURE, within="soon"), MethodError, "within='soon'"),
    (lambda: SaliencyOverlay(adapter(), PICTURE, method="saliency", stepz=3), MethodError, "no option 'stepz'"),
    (lambda: SaliencyOverlay(adapter(), PICTURE, layer=3), InputError, "layer=3; give a module's name"),
    (lambda: SaliencyOverlay(adapter(), PICTURE, target=1.5), InputError, "target=1.5; give an output's name"),
    (lambda: SaliencyOverlay(PICTURE, HEAT, method="saliency"), InputError, "method= was given with finished numbers"),
    (lambda: SaliencyOverlay(PICTURE, HEAT, budget=9), InputError, "budget= was given with finished numbers"),
    (lambda: SaliencyOverlay([]), InputError, "A list was given alone"),
    (
        lambda: SaliencyOverlay(adapter(flat()), PICTURE, method="grad_cam"),
        MethodError,
        "'grad_cam' needs .* which this model does not give",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("make", "error", "says"), WRONG)
def test_what_cannot_be_shown_is_one_sentence_where_it_was_given(make, error, says):
    with pytest.raises(error, match=says) as caught:
        make()
    assert "\n" not in str(caught.value)


def test_a_model_of_texts_is_refused():
    with pytest.raises(InputError, match="looks at no pictures; give an ImageClassifier"):
        SaliencyOverlay(texts(), PICTURE)


def test_an_option_serves_the_panels_that_have_it():
    overlay = given(adapter(), PICTURE, method=["occlusion", "smooth_grad"], noise=0.05, trust=False)
    assert [e.parameters.get("noise") for e in overlay.explanations] == [None, 0.05]


def test_numbers_of_numpy_are_targets_too():
    overlay = given(adapter(), PICTURE, method="saliency", target=[np.int64(2), (np.int64(0), 1)], trust=False)
    assert json.dumps([panel["target"] for panel in overlay.panels]) == "[2, [0, 1]]"
    assert [(one["target"], one["contrast"]) for one in by_panel(overlay)] == [("owl", None), ("cat", "dog")]


def test_how_it_looks_can_be_said_at_once():
    heat = np.zeros((2, 2))
    shown = SaliencyOverlay(np.zeros((8, 8, 3), np.uint8), heat, view="contour", opacity=0.4, smoothing=0)
    assert (shown.view, shown.opacity, shown.smoothing, shown.sign) == ("contour", 0.4, 0, "both")
    with pytest.raises(traitlets.TraitError, match=r"'blend'.*not the str 'outline'"):
        SaliencyOverlay(np.zeros((8, 8, 3), np.uint8), heat, view="outline")
