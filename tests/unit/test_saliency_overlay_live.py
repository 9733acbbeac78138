"""SaliencyOverlay while it computes: panels from both sides, stop and go on, films, several models, and faults."""

import threading

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from traitlets import TraitError

import xaiwidgets as xw
from tests.unit.comms import recording
from tests.unit.overlays import (
    FOLD,
    LABELS,
    PICTURE,
    adapter,
    asked,
    by_panel,
    cover,
    given,
    net,
    to_tensor,
    told,
    unpack,
    until,
)
from xaiwidgets.errors import InputError, MethodError
from xaiwidgets.widgets.saliency_overlay import SaliencyOverlay

OTHER = PICTURE[::-1].copy()
SLOW = {"method": "kernel_shap", "tolerance": 1e-9, "budget": 700, "trust": False}


@pytest.fixture(autouse=True)
def _comms(monkeypatch):
    with recording(monkeypatch):
        yield


def values(estimate):
    return unpack(estimate["values"])


def alone(method, picture=PICTURE, **request):
    return xw.explain(adapter(), picture, method=method, **request)


class Breaking(nn.Module):
    """Raises once it has run so many rows."""

    def __init__(self, rows=10**9):
        super().__init__()
        self.net, self.rows = net(), rows

    def forward(self, x):
        self.rows -= len(x)
        if self.rows < 0:
            raise RuntimeError("the power is gone")
        return self.net(x)


class TestPanels:
    def test_each_panel_has_the_numbers_of_xw_explain(self):
        methods = ["grad_cam", "integrated_gradients", "kernel_shap"]
        overlay = given(adapter(), PICTURE, method=methods, target=["cat", ("owl", "dog")])
        assert [panel["id"] for panel in overlay.panels] == [1, 2, 3, 4, 5, 6]
        for panel, estimate in zip(overlay.panels, by_panel(overlay), strict=True):
            target = tuple(panel["target"]) if isinstance(panel["target"], list) else panel["target"]
            e = alone(panel["method"], target=target)
            np.testing.assert_allclose(values(estimate), e.values, rtol=1e-5, atol=1e-9)
            assert (estimate["target"], estimate["contrast"]) == (e.target, e.contrast)
            assert (estimate["state"], estimate["stopped_by"]) == ("done", e.stopped_by)
        assert (overlay.busy, overlay._fault, overlay._now) == (False, None, {})

    def test_what_is_told_of_the_model(self):
        facts = given(adapter(), PICTURE, method="grad_cam", trust=False)._models[0]
        assert (facts["name"], facts["hides"]) == ("Sequential", True)
        assert {"grad_cam", "eigen_cam"} <= set(facts["layered"])
        assert [(one["name"], one["shape"]) for one in facts["layers"][:3]] == [
            ("0", [8, FOLD, FOLD]), ("1", [8, FOLD, FOLD]), ("2", [6, FOLD // 2, FOLD // 2]),
        ]  # fmt: skip
        assert {"grad_cam", "occlusion", "saliency"} <= {method["name"] for method in facts["methods"]}

    def test_layers_make_panels_and_methods_without_one_make_one(self):
        overlay = given(adapter(), PICTURE, method=["grad_cam", "occlusion"], layer=["1", "3"], trust=False)
        assert [(panel["method"], panel["layer"]) for panel in overlay.panels] == [
            ("grad_cam", "1"), ("grad_cam", "3"), ("occlusion", None),
        ]  # fmt: skip
        maps = [unpack(estimate["map"]["codes"]).shape for estimate in by_panel(overlay)[:2]]
        assert maps == [(FOLD, FOLD), (FOLD // 2, FOLD // 2)]

    def test_from_python_panels_are_added_changed_and_removed(self):
        overlay = given(adapter(), PICTURE, method="grad_cam", trust=False)
        overlay.panels = [*overlay.panels, {"method": "occlusion"}]
        overlay.wait()
        assert [panel["id"] for panel in overlay.panels] == [1, 2]
        np.testing.assert_allclose(values(by_panel(overlay)[1]), alone("occlusion").values, rtol=1e-5)
        overlay.panels = [{"method": "occlusion"}, {"method": "saliency", "target": "owl"}]
        overlay.wait()
        # The one that asks the same is the same; a new one is never taken for one that is gone.
        assert [panel["id"] for panel in overlay.panels] == [2, 3]
        np.testing.assert_allclose(values(by_panel(overlay)[1]), alone("saliency", target="owl").values, rtol=1e-5)
        assert overlay.explanation is overlay.explanations[0]
        overlay.panels = overlay.panels[:1]
        overlay.wait()
        assert [estimate["panel"] for estimate in overlay._estimates] == [2]

    def test_as_the_browser_writes_them(self):
        overlay = given(adapter(), PICTURE, method="grad_cam", trust=False)
        panel = {"id": 1, "model": 0, "method": "grad_cam", "target": [2, 0], "layer": "1"}
        overlay.comm.set(panels=[panel, {**panel, "id": 7, "target": None, "layer": None, "method": "occlusion"}])
        overlay.wait()
        first, second = by_panel(overlay)
        assert (first["target"], first["contrast"], first["layer"]) == ("owl", "cat", "1")
        e = alone("grad_cam", target=("owl", "cat"), layer="1")
        np.testing.assert_allclose(values(first), e.values, rtol=1e-5)
        assert (second["panel"], second["state"]) == (7, "done")

    def test_two_panels_that_ask_the_same_are_computed_once(self):
        module = Breaking()
        overlay = given(adapter(module), PICTURE, method="occlusion", trust=False)
        left = module.rows
        overlay.comm.set(panels=[*overlay.panels, {**overlay.panels[0], "id": 2}])
        overlay.wait()
        assert module.rows == left
        first, second = by_panel(overlay)
        np.testing.assert_array_equal(values(first), values(second))

    def test_what_was_known_is_shown_again_without_the_model(self):
        module = Breaking()
        overlay = given(adapter(module), PICTURE, method="occlusion", trust=False)
        first = values(overlay._estimates[0])
        overlay.panels = [{**overlay.panels[0], "method": "saliency"}]
        overlay.wait()
        overlay.panels = [{**overlay.panels[0], "method": "occlusion"}]
        overlay.wait()
        np.testing.assert_array_equal(values(overlay._estimates[0]), first)

    def test_the_regions_that_are_absent_are_shown(self):
        overlay = given(adapter(), PICTURE, method="grad_cam", baseline="white", trust=False)
        regions = overlay._regions
        assert (regions["count"], regions["grid"], regions["labels"]) == (16, [4, 4], None)
        assert regions["absent"]["mime"] == "image/webp"
        overlay = given(adapter(), PICTURE, method="grad_cam", regions=np.arange(FOLD * FOLD).reshape(FOLD, FOLD) % 5)
        assert unpack(overlay._regions["labels"]).shape == (FOLD, FOLD)
        assert overlay._regions["names"] == [f"region {number}" for number in range(1, 6)]

    def test_followers_see_the_first_panel_refine(self):
        seen = []
        overlay = SaliencyOverlay(adapter(), PICTURE, method=["kernel_shap", "saliency"], trust=False)
        overlay.observe(lambda change: seen.append(change["new"].evaluations), "explanation")
        overlay.wait()
        assert seen == sorted(seen)
        assert overlay.explanation.method == "kernel_shap"
        assert overlay.explanation is overlay.explanations[0]


WRONG = [
    ([], "No panel was given"),
    ([{"method": "magic"}], "There is no method 'magic'"),
    ([{"method": ["grad_cam"]}], "There is no method"),
    ([{"method": "grad_cam", "model": 1}], "model=1; give a number from 0 to 0"),
    ([{"method": "grad_cam", "model": True}], "model=True"),
    ([{"method": "grad_cam", "colour": "red"}], "A panel has colour"),
    (["grad_cam"], "A panel has 'grad_cam'; give mappings"),
    ([{"method": "grad_cam", "target": {"a": 1}}], "give an output's name or number"),
    ([{"method": "grad_cam", "layer": 3}], "layer=3; give a module's name"),
    ([{"id": "one", "method": "grad_cam"}], "id='one'; give a whole number"),
    ([{"id": 3, "method": "grad_cam"}, {"id": 3, "method": "saliency"}], "Two panels have the same id"),
]


class TestRefused:
    @pytest.mark.parametrize(("panels", "says"), WRONG)
    def test_from_python_at_once_and_from_the_browser_with_the_old_value_back(self, panels, says):
        overlay = given(adapter(), PICTURE, method="grad_cam", trust=False)
        before = overlay.panels
        with pytest.raises(InputError, match=says.replace("(", r"\(").replace("[", r"\[")) as caught:
            overlay.panels = panels
        assert "\n" not in str(caught.value)
        overlay.comm.set(panels=panels)
        overlay.wait()
        assert says in overlay._fault["message"]
        assert overlay.panels == before == overlay.comm.updates("panels")[-1]
        overlay.comm.set(panels=[{**before[0], "target": 1}])
        overlay.wait()
        assert (overlay._fault, overlay._estimates[0]["target"]) == (None, "dog")

    @pytest.mark.parametrize(
        ("name", "value", "says"),
        [
            ("current", 1, "current=1 was given; there is one picture, give 0"),
            ("selected", [16], "selected has 16; give numbers of regions, from 0 to 15"),
            ("selected", [-1], "selected has -1"),
            ("view", "cube", "cube"),
            ("opacity", 1.5, "1.5"),
            ("threshold", -0.1, "-0.1"),
            ("sign", "odd", "odd"),
            ("smoothing", 2.0, "2.0"),
        ],
    )
    def test_looks_and_places_too(self, name, value, says):
        overlay = given(adapter(), PICTURE, method="grad_cam", trust=False)
        before = getattr(overlay, name)
        with pytest.raises(TraitError, match=says):
            setattr(overlay, name, value)
        overlay.comm.set(**{name: value})
        assert says in overlay._fault["message"]
        assert getattr(overlay, name) == before == overlay.comm.updates(name)[-1]

    def test_looks_from_the_browser_ask_for_nothing(self):
        overlay = given(adapter(), PICTURE, method="grad_cam", trust=False)
        estimates = overlay._estimates
        overlay.comm.set(view="contour", opacity=0.2, sign="positive", colormap="viridis", selected=[3], smoothing=0.0)
        overlay.wait()
        assert (overlay.view, overlay.selected, overlay._estimates is estimates) == ("contour", [3], True)


class TestStopAndResume:
    def test_a_map_that_was_stopped_ends_at_the_same_numbers(self):
        overlay = SaliencyOverlay(adapter(), PICTURE, **SLOW)
        until(lambda: overlay._now and overlay._now["evaluations"] > 60)
        overlay.comm.say(kind="stop")
        overlay.wait()
        now = overlay._now
        assert (overlay.busy, now["state"]) == (False, "stopped")
        assert 60 < now["evaluations"] < 700
        # Other questions are answered meanwhile.
        facts, _ = asked(overlay, kind="hide", panel=1, cover=cover(np.eye(4, dtype=bool)), fill="mean")
        assert len(facts["outputs"]["scores"]) == 3
        assert overlay._now["evaluations"] == now["evaluations"]
        overlay.comm.say(kind="resume")
        assert overlay.busy
        overlay.wait()
        e = alone("kernel_shap", tolerance=1e-9, budget=700)
        np.testing.assert_allclose(overlay.explanation.values, e.values, atol=1e-9, rtol=1e-9)
        np.testing.assert_allclose(overlay.explanation.error, e.error, atol=1e-9, rtol=1e-9)
        assert overlay.explanation.evaluations == e.evaluations
        assert (overlay._now, overlay.busy) == ({}, False)

    def test_all_that_is_not_finished_is_stopped(self):
        overlay = SaliencyOverlay(adapter(), PICTURE, target=["cat", "dog"], **SLOW)
        until(lambda: overlay._now and overlay._now["evaluations"] > 60)
        overlay.stop()
        overlay.wait()
        assert [estimate["state"] for estimate in overlay._estimates] == ["stopped", "stopped"]
        overlay.resume()
        assert [estimate["state"] for estimate in overlay._estimates] == ["running", "running"]
        overlay.wait()
        assert {estimate["evaluations"] for estimate in overlay._estimates} == {overlay.explanation.evaluations}

    def test_a_budget_that_was_met_goes_on_and_further_each_time(self):
        overlay = given(adapter(), PICTURE, method="kernel_shap", tolerance=1e-9, budget=100, trust=False)
        assert (overlay._estimates[0]["state"], overlay._estimates[0]["stopped_by"]) == ("stopped", "budget")
        spent = [overlay.explanation.evaluations]
        for budget in (200, 400):
            overlay.comm.say(kind="resume")
            overlay.wait()
            e = alone("kernel_shap", tolerance=1e-9, budget=budget)
            np.testing.assert_allclose(overlay.explanation.values, e.values, atol=1e-9, rtol=1e-9)
            spent.append(overlay.explanation.evaluations)
        assert spent[0] <= 100 < spent[1] <= 200 < spent[2] <= 400
        assert overlay._estimates[0]["state"] == "stopped"

    def test_of_several_panels_only_those_at_a_limit_go_on(self):
        overlay = given(adapter(), PICTURE, method=["occlusion", "kernel_shap"], tolerance=1e-9, budget=60, trust=False)
        first, second = by_panel(overlay)
        assert [first["state"], second["state"]] == ["done", "stopped"]
        overlay.resume()
        # What was known is not lost meanwhile.
        assert overlay.explanations[1] is not None
        overlay.wait()
        after = by_panel(overlay)
        assert after[0]["evaluations"] == first["evaluations"]
        assert second["evaluations"] < after[1]["evaluations"] <= 120

    def test_a_map_of_a_picture_that_was_left_goes_on_too(self):
        overlay = given(adapter(), [PICTURE, OTHER], method="kernel_shap", tolerance=1e-9, budget=60, trust=False)
        overlay.current = 1
        overlay.wait()
        overlay.resume()
        overlay.wait()
        e = alone("kernel_shap", OTHER, tolerance=1e-9, budget=120)
        np.testing.assert_allclose(overlay.explanation.values, e.values, atol=1e-9, rtol=1e-9)

    def test_a_view_that_goes_away_and_comes_back_goes_on(self):
        overlay = SaliencyOverlay(adapter(), PICTURE, **SLOW)
        until(lambda: overlay._now and overlay._now["evaluations"] > 30)
        overlay.comm.say(kind="gone")
        overlay.wait()
        assert overlay.busy is False
        overlay.comm.say(kind="here")
        overlay.wait()
        assert overlay._estimates[0]["stopped_by"] in {"budget", "complete", "tolerance"}

    def test_a_stopped_panel_gives_way_to_another_question(self):
        overlay = SaliencyOverlay(adapter(), PICTURE, **SLOW)
        until(lambda: overlay._now and overlay._now["evaluations"] > 30)
        overlay.stop()
        overlay.comm.set(panels=[{**overlay.panels[0], "method": "saliency"}])
        overlay.wait()
        assert (overlay._now, overlay._estimates[0]["method"], overlay._estimates[0]["state"]) == (
            {},
            "saliency",
            "done",
        )

    def test_an_older_answer_never_comes_after_a_newer_one(self):
        overlay = SaliencyOverlay(adapter(), PICTURE, **SLOW)
        for target in (1, 2, 0):
            until(lambda: overlay._now)
            overlay.comm.set(panels=[{**overlay.panels[0], "target": target}])
        overlay.comm.set(panels=[{**overlay.panels[0], "method": "saliency", "target": 1}])
        overlay.wait()
        runs = [one["run"] for sent in told(overlay, "_estimates") for one in sent]
        assert runs == sorted(runs)
        np.testing.assert_allclose(overlay.explanation.values, alone("saliency", target=1).values, rtol=1e-5)


class TestPicturesAndFilms:
    def test_another_picture_with_the_same_panels(self):
        overlay = given(adapter(), PICTURE, method=["grad_cam", "occlusion"], trust=False)
        overlay.selected = [3]
        before = overlay._picture["id"]
        overlay.show(OTHER)
        overlay.wait()
        assert overlay._picture["id"] > before
        assert {overlay._regions["picture"], *(one["picture"] for one in overlay._estimates)} == {
            overlay._picture["id"]
        }
        assert overlay.selected == []
        np.testing.assert_allclose(overlay.explanations[1].values, alone("occlusion", OTHER).values, rtol=1e-9)

    def test_a_picture_that_comes_while_another_is_computed_is_the_one_that_is_shown(self):
        overlay = SaliencyOverlay(adapter(), PICTURE, **SLOW)
        for picture in (OTHER, PICTURE, OTHER):
            until(lambda: overlay._now)
            overlay.show(picture)
        overlay.wait()
        e = alone("kernel_shap", OTHER, tolerance=1e-9, budget=700)
        np.testing.assert_allclose(overlay.explanation.values, e.values, atol=1e-9)
        ids = [one["id"] for one in told(overlay, "_picture") if one]
        assert ids == sorted(ids)

    def test_what_was_begun_with_one_picture_is_not_taken_for_another(self, monkeypatch):
        module, begun, go_on = Breaking(), threading.Event(), threading.Event()
        overlay = given(adapter(module), PICTURE, method="saliency", trust=False)
        whole = Breaking.forward

        def waiting(self, x):
            begun.set()
            assert go_on.wait(10)
            return whole(self, x)

        monkeypatch.setattr(Breaking, "forward", waiting)
        overlay.panels = [{**overlay.panels[0], "method": "occlusion"}]
        assert begun.wait(10)
        overlay.show(OTHER)
        go_on.set()
        overlay.wait()
        np.testing.assert_allclose(overlay.explanation.values, alone("occlusion", OTHER).values, atol=1e-6)

    @pytest.mark.parametrize(
        ("pictures", "names"),
        [
            ([PICTURE, OTHER], ["1", "2"]),
            (np.stack([PICTURE, OTHER]), ["1", "2"]),
            (torch.from_numpy(np.stack([PICTURE, OTHER])).permute(0, 3, 1, 2), ["1", "2"]),
            ({"upright": PICTURE, "turned": OTHER}, ["upright", "turned"]),
        ],
        ids=["list", "batch", "tensors", "names"],
    )
    def test_a_film_asks_the_first_panels_question_of_every_picture(self, pictures, names):
        overlay = given(adapter(), pictures, method=["occlusion", "saliency"])
        assert [frame["name"] for frame in overlay._frames] == names
        assert all(frame["mime"] == "image/jpeg" and len(frame["data"]) for frame in overlay._frames)
        assert [facts["state"] for facts in overlay._film] == ["done", "done"]
        for facts, picture in zip(overlay._film, (PICTURE, OTHER), strict=True):
            with torch.no_grad():
                scores = net()(to_tensor(Image.fromarray(picture))[None])[0]
            assert facts["label"] == LABELS[int(scores.argmax())]
            assert facts["score"] == pytest.approx(float(scores.softmax(0).max()), abs=1e-5)
            assert facts["trust"]["kind"] in {"better", "none", "open"}
        overlay.comm.set(current=1)
        overlay.wait()
        np.testing.assert_allclose(overlay.explanations[0].values, alone("occlusion", OTHER).values, rtol=1e-9)
        np.testing.assert_allclose(overlay.explanations[1].values, alone("saliency", OTHER).values, rtol=1e-9)
        assert (overlay._picture["name"], overlay._regions["absent"] is None) == (names[1], False)

    def test_its_pictures_are_seen_after_the_first_map_and_before_that_is_finished(self):
        overlay = given(adapter(), [PICTURE, OTHER], **SLOW)
        states = [data["state"] for _, data, _ in overlay.comm.published if data.get("method") == "update"]
        first = next(i for i, state in enumerate(states) if state.get("_estimates"))
        frames = [state.get("_frames", [{"mime": ""}]) for state in states]
        seen = next(i for i, told in enumerate(frames) if all(frame["mime"] for frame in told))
        ended = next(
            i for i, state in enumerate(states) if any(one["state"] != "running" for one in state.get("_estimates", []))
        )
        assert first < seen < ended

    def test_a_folder_with_a_broken_file_shows_the_others(self, tmp_path):
        for place, picture in enumerate((PICTURE, OTHER, PICTURE)):
            Image.fromarray(picture).save(tmp_path / f"{place}.png")
        (tmp_path / "1.png").write_bytes(b"no picture")
        (tmp_path / "notes.txt").write_text("not looked at")
        overlay = given(adapter(), tmp_path, method="occlusion", trust=False)
        assert [frame["name"] for frame in overlay._frames] == ["0.png", "1.png", "2.png"]
        assert [facts["state"] for facts in overlay._film] == ["done", "failed", "done"]
        assert "1.png' cannot be read (no picture, or a damaged one)" in overlay._film[1]["fault"]
        assert (overlay._fault, overlay._frames[1]["mime"]) == (None, "")
        overlay.comm.set(current=1)
        overlay.wait()
        # Nothing of another picture stands in its place.
        assert "cannot be read" in overlay._fault["message"]
        assert (overlay._picture, overlay._estimates) == ({}, [])
        overlay.comm.set(current=2)
        overlay.wait()
        assert (overlay._fault, overlay._picture["name"], len(overlay._estimates)) == (None, "2.png", 1)

    def test_a_film_begins_with_the_first_picture_that_can_be_read(self, tmp_path):
        (tmp_path / "a.jpg").write_bytes(b"")
        Image.fromarray(PICTURE).save(tmp_path / "b.jpg")
        overlay = given(adapter(), tmp_path, method="saliency", trust=False)
        assert (overlay.current, overlay._fault, overlay._estimates[0]["state"]) == (1, None, "done")
        assert [facts["state"] for facts in overlay._film] == ["failed", "done"]
        (tmp_path / "b.jpg").unlink()
        with pytest.raises(InputError, match=r"a\.jpg' cannot be read"):
            SaliencyOverlay(adapter(), tmp_path)
        (tmp_path / "a.jpg").unlink()
        with pytest.raises(InputError, match="has no pictures"):
            SaliencyOverlay(adapter(), tmp_path)

    def test_a_film_follows_the_first_panels_question(self):
        overlay = given(adapter(), [PICTURE, OTHER], method="occlusion", trust=False)
        overlay.panels = [{**overlay.panels[0], "method": "saliency"}]
        overlay.wait()
        assert [facts["state"] for facts in overlay._film] == ["done", "done"]
        overlay.current = 1
        overlay.wait()
        assert overlay.explanation.method == "saliency"

    def test_show_can_begin_and_end_a_film(self):
        overlay = given(adapter(), PICTURE, method="saliency", trust=False)
        overlay.show([PICTURE, OTHER])
        overlay.wait()
        assert (len(overlay._frames), len(overlay._film)) == (2, 2)
        overlay.current = 1
        overlay.wait()
        overlay.show(PICTURE)
        overlay.wait()
        assert (overlay._frames, overlay._film, overlay.current) == ([], [], 0)
        with pytest.raises(InputError, match="no such file"):
            overlay.show("nowhere.png")
        np.testing.assert_allclose(overlay.explanation.values, alone("saliency").values, rtol=1e-9)


class TestSeveralModels:
    @pytest.mark.parametrize("several", [list, lambda models: dict(zip(["small", "large"], models, strict=True))])
    def test_each_has_its_panel(self, several):
        modules = [net(0), net(1)]
        overlay = given(several([adapter(module) for module in modules]), PICTURE, method="occlusion", target=1)
        names = [facts["name"] for facts in overlay._models]
        assert names == (["Sequential", "Sequential 2"] if several is list else ["small", "large"])
        assert [panel["model"] for panel in overlay.panels] == [0, 1]
        for estimate, module in zip(by_panel(overlay), modules, strict=True):
            e = xw.explain(adapter(module), PICTURE, method="occlusion", target=1)
            np.testing.assert_allclose(values(estimate), e.values, rtol=1e-5)
        scores = [
            dict(zip(facts["outputs"]["ids"], facts["outputs"]["scores"], strict=True)) for facts in overlay._models
        ]
        assert scores[0][1] == pytest.approx(by_panel(overlay)[0]["output"], abs=1e-6)
        assert scores[1][1] == pytest.approx(by_panel(overlay)[1]["output"], abs=1e-6)

    def test_other_regions_are_refused_in_the_panel(self):
        overlay = given([adapter(), adapter(net(1), grid=3)], PICTURE, method="occlusion", trust=False)
        first, second = by_panel(overlay)
        assert (first["state"], first["fault"]) == ("done", None)
        assert "has 9 regions and the first one 16" in second["fault"]
        assert overlay._regions["count"] == 16

    def test_a_model_that_sees_another_part_is_told_of(self):
        def left(image):
            return to_tensor(image.crop((0, 0, image.width // 2, image.height)))

        models = {"whole": adapter(), "left": adapter(preprocess=left)}
        (note,) = given(models, PICTURE, method="saliency", trust=False)._picture["notes"]
        assert note == "left sees another part of the picture; its maps are laid over what whole sees."
        assert given([adapter(), adapter(net(1))], PICTURE, method="saliency", trust=False)._picture["notes"] == []

    def test_one_that_reads_no_pictures_is_named(self):
        table = xw.TabularModel(lambda rows: rows.sum(1), np.zeros((4, 3)))
        with pytest.raises(InputError, match=r"^t is a .*, which looks at no pictures"):
            SaliencyOverlay({"c": adapter(), "t": table}, PICTURE)


def wrong_shape(_):
    return torch.zeros(FOLD, FOLD)


def raising(_):
    raise ValueError("no such normalisation")


class TestFaults:
    @pytest.mark.parametrize(
        ("model", "options", "says"),
        [
            (lambda: adapter(labels=["a", "b"]), {}, "2 labels were given for a model with 3 outputs"),
            (lambda: adapter(preprocess=wrong_shape), {}, "returned shape (32, 32); it must be [C, H, W]"),
            (lambda: adapter(preprocess=raising), {}, "raised ValueError: no such normalisation"),
            (lambda: adapter(preprocess=np.array), {}, "must return a float tensor"),
            (lambda: adapter(Breaking(0)), {}, "raised RuntimeError: the power is gone"),
            (adapter, {"target": "bird"}, "target='bird' is not one of the model's 3 outputs"),
            (adapter, {"target": 7}, "target=7 was given, but the model has 3 outputs"),
            (adapter, {"target": ("cat", "cat")}, "against itself"),
            (adapter, {"layer": "nowhere"}, "nowhere"),
            (adapter, {"layer": "5"}, "choose a convolution"),
            (
                adapter,
                {"method": "integrated_gradients", "layer": "5"},
                "lie inside the model and not over the picture",
            ),
            (adapter, {"baseline": "plaid"}, "The baseline cannot be read"),
            (adapter, {"regions": np.zeros((3, 3), int)}, "whole numbers of shape (32, 32)"),
            (lambda: adapter(nn.Sequential(net(), nn.Softmax(0), nn.Flatten(0))), {}, "must return a row of scores"),
            (lambda: adapter(nn.Sequential(net(), nn.Threshold(1e9, float("nan")))), {}, "NaN or infinite"),
        ],
    )
    def test_what_the_model_cannot_be_asked_is_a_sentence_in_its_panel(self, model, options, says):
        overlay = given(model(), PICTURE, **{"method": "grad_cam", **options})
        (estimate,) = overlay._estimates
        assert says in estimate["fault"]
        assert "\n" not in estimate["fault"]
        assert (estimate["state"], overlay.busy, overlay._fault) == ("failed", False, None)
        assert (overlay._picture["width"], overlay._picture["height"]) == (64, 40)

    def test_a_black_box_without_layers_is_refused_where_it_is_given(self):
        model = xw.ImageClassifier.from_callable(lambda pictures: pictures.mean((1, 2)))
        with pytest.raises(MethodError, match="'grad_cam' needs"):
            SaliencyOverlay(model, PICTURE, method="grad_cam")

    def test_a_cam_of_a_module_without_convolution_is_refused_from_the_browser_too(self):
        flat = nn.Sequential(nn.Flatten(), nn.Linear(3 * FOLD**2, 3))
        overlay = given(adapter(flat), PICTURE, method="saliency", trust=False)
        overlay.comm.set(panels=[{**overlay.panels[0], "method": "grad_cam"}])
        assert "'grad_cam' needs" in overlay._fault["message"]
        assert overlay.panels[0]["method"] == "saliency"

    def test_the_other_panels_go_on_and_nothing_that_is_known_is_lost(self):
        module = Breaking(150)
        methods = ["saliency", "occlusion", "kernel_shap"]
        overlay = given(adapter(module), PICTURE, method=methods, tolerance=1e-9, budget=400, trust=False)
        first, second, third = by_panel(overlay)
        assert [one["state"] for one in (first, second, third)] == ["done", "done", "failed"]
        assert third["fault"] == "The model or its preprocessing raised RuntimeError: the power is gone"
        assert np.isfinite(values(third)).all()
        assert overlay.explanations[2].evaluations == third["evaluations"] > 20
        np.testing.assert_allclose(values(first), alone("saliency").values, rtol=1e-5)
        # It is tried again where a person goes on.
        module.rows = 10**9
        overlay.comm.say(kind="resume")
        overlay.wait()
        assert [one["fault"] for one in by_panel(overlay)] == [None] * 3
        e = alone("kernel_shap", tolerance=1e-9, budget=400)
        np.testing.assert_allclose(overlay.explanations[2].values, e.values, atol=1e-6)

    def test_a_panel_that_failed_is_tried_again_alone(self):
        module = Breaking(0)
        overlay = given(adapter(module), PICTURE, method=["occlusion", "saliency"], trust=False)
        assert [one["state"] for one in by_panel(overlay)] == ["failed", "failed"]
        facts, _ = asked(overlay, kind="again", panel=2)
        assert facts["shape"] == [0]
        assert "the power is gone" in by_panel(overlay)[1]["fault"]
        module.rows = 10**9
        before = len(told(overlay, "_estimates"))
        asked(overlay, kind="again", panel=2)
        first, second = by_panel(overlay)
        assert ("the power is gone" in first["fault"], second["fault"], second["state"]) == (True, None, "done")
        np.testing.assert_allclose(values(second), alone("saliency").values, rtol=1e-5)
        assert (overlay.busy, overlay._fault) == (False, None)
        # What it said is gone before the model is asked.
        assert [one["panel"] for one in told(overlay, "_estimates")[before]] == [1]
        # A map that is there is not computed again.
        rows = module.rows
        asked(overlay, kind="again", panel=2)
        assert module.rows == rows
        asked(overlay, kind="again", panel=1)
        assert [one["fault"] for one in by_panel(overlay)] == [None, None]
        np.testing.assert_allclose(values(by_panel(overlay)[0]), alone("occlusion").values, rtol=1e-5, atol=1e-7)

    def test_a_panel_that_is_gone_is_not_tried_again(self):
        fault, _ = asked(given(adapter(), PICTURE, method="saliency", trust=False), kind="again", panel=9)
        assert fault == "This panel is not there any more, or has no model to ask."

    def test_a_wrong_target_leaves_the_other_panels_alone(self):
        overlay = given(adapter(), PICTURE, method="occlusion", target=["bird", "dog"], trust=False)
        first, second = by_panel(overlay)
        assert ("bird" in first["fault"], second["state"], second["fault"]) == (True, "done", None)
        overlay.comm.set(panels=[{**overlay.panels[0], "target": "owl"}, overlay.panels[1]])
        overlay.wait()
        assert [one["fault"] for one in by_panel(overlay)] == [None, None]

    def test_a_check_that_fails_is_said_and_the_map_stays(self):
        module = Breaking()
        whole = given(adapter(module), PICTURE, method="occlusion", trust=False)
        spent = 10**9 - module.rows
        overlay = given(adapter(Breaking(spent + 8)), PICTURE, method="occlusion")
        (estimate,) = overlay._estimates
        np.testing.assert_array_equal(values(estimate), values(whole._estimates[0]))
        assert (estimate["state"], estimate["fault"], estimate["trust"], overlay._fault) == ("done", None, {}, None)
        assert "could not be checked: The model or its preprocessing raised RuntimeError" in estimate["notes"][-1]

    def test_a_game_that_fails_is_said(self):
        module = Breaking()
        overlay = given(adapter(module), PICTURE, method="occlusion", trust=False)
        module.rows = 5
        asked(overlay, kind="game", panel=1)
        overlay.wait()
        assert "the power is gone" in overlay._fault["message"]
        assert (overlay.busy, overlay._estimates[0]["state"]) == (False, "done")

    def test_a_model_that_learns_or_is_in_half_precision_is_explained_as_it_would_answer(self):
        module = nn.Sequential(net(), nn.Dropout(0.5)).train()
        overlay = given(adapter(module), PICTURE, method=["occlusion", "grad_cam"])
        np.testing.assert_allclose(overlay.explanations[0].values, alone("occlusion").values, rtol=1e-5, atol=1e-7)
        assert module.training
        assert module[0].training
        half = given(adapter(net().half()), PICTURE, method=["occlusion", "grad_cam", "saliency"])
        assert [(one["state"], one["fault"]) for one in half._estimates] == [("done", None)] * 3
        np.testing.assert_allclose(half.explanations[0].values, alone("occlusion").values, atol=0.01)

    def test_a_picture_that_cannot_be_prepared_leaves_the_widget_whole(self):
        overlay = given(adapter(), PICTURE, method="saliency", trust=False)
        with pytest.raises(InputError, match="NaN or infinite"):
            overlay.show(np.full((4, 4, 3), np.nan))
        assert overlay._estimates[0]["state"] == "done"
        overlay.show(OTHER)
        overlay.wait()
        np.testing.assert_allclose(overlay.explanation.values, alone("saliency", OTHER).values, rtol=1e-9)

    def test_closing_it_ends_its_work(self):
        overlay = SaliencyOverlay(adapter(), PICTURE, **SLOW)
        until(lambda: overlay._now)
        overlay.close()
        overlay.wait()
        assert overlay._now["evaluations"] < 700


class TestLinked:
    def test_a_point_that_is_chosen_in_a_scatter_is_what_is_looked_at(self):
        rng = np.random.default_rng(0)
        pictures = [PICTURE, OTHER, *rng.integers(0, 256, (6, 24, 24, 3), dtype=np.uint8)]
        scatter = xw.EmbeddingScatter(rng.normal(size=(8, 4)), images=pictures)
        scatter.wait()
        for model in (adapter(), xw.ImageClassifier.from_callable(lambda given: given.mean((1, 2)), grid=4)):
            overlay = given(model, PICTURE, method="occlusion", trust=False)
            xw.link(scatter, overlay)
            scatter.point = 1
            until(lambda overlay=overlay: overlay._picture.get("id") == 2)
            overlay.wait()
            e = xw.explain(model, OTHER, method="occlusion")
            np.testing.assert_allclose(overlay.explanation.values, e.values, rtol=1e-9)
            scatter.point = None
            scatter.wait()

    def test_bars_follow_the_first_panel(self):
        overlay = SaliencyOverlay(adapter(), PICTURE, method=["kernel_shap", "saliency"], trust=False)
        bars = xw.FeatureBars(overlay)
        overlay.wait()
        assert bars.explanation is overlay.explanation
