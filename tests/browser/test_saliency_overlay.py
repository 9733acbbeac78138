"""SaliencyOverlay in a real JupyterLab: what a person sees, does and tests, and what reaches Python."""

import re

import numpy as np
import pytest
from harness import jupyter_page, saliency
from harness.jupyter_host import DARK, LIGHT
from harness.jupyter_page import ask, output
from harness.saliency import drawn, on_page, press, settle, share, stage_of, stroke, top_of_scale, write
from harness.scatter import rest
from playwright.sync_api import expect
from scipy.stats import spearmanr

from xaiwidgets import samples

SETUP = """
import time
import numpy as np
import torch
torch.set_num_threads(1)
import xaiwidgets as xw
from PIL import Image
from xaiwidgets import samples
from xaiwidgets.samples.planted_pictures import LABELS, preprocess
cnn, planted = samples.planted_cnn(), samples.planted_picture(4)
"""
ONE = """
one = xw.SaliencyOverlay(cnn, planted.picture)
# What a page asks of the kernel, as it asks it.
asked = []
one.on_msg(lambda widget, content, buffers: asked.append(content.get("question")))
one
"""
# A network that can be made slow, and fail.
SLOW = """
class Weak(torch.nn.Module):
    pause, cold = 0.0, False
    def forward(self, x):
        time.sleep(self.pause)
        if self.cold:
            raise RuntimeError("the <b>sensor</b> is cold")
        return cnn.module(x)
weak = Weak()
slow = xw.SaliencyOverlay(
    xw.ImageClassifier(weak, preprocess, LABELS, grid=8), planted.picture, method="occlusion", trust=False)
slow
"""
# Names as somebody might wish that they were not.
FILM = """
names = ["<img src=x onerror=window.hacked=1>", "</script><script>window.hacked=1</script>", "你好.png"]
shoes = samples.fashion_cnn()
labels = [f"<b onclick=alert({i})>{i}</b>" for i in range(10)]
hostile = xw.ImageClassifier(shoes.module, samples.fashion.preprocess, labels, grid=7)
film = xw.SaliencyOverlay(
    hostile, dict(zip(names, samples.fashion_pictures().pictures[[0, 45, 85]])), method="occlusion")
film
"""
LINKED = """
finished = [xw.explain(cnn, planted.picture, method=name) for name in ("occlusion", "grad_cam")]
left, right, bars = xw.SaliencyOverlay(finished[0]), xw.SaliencyOverlay(finished), xw.FeatureBars(finished[0])
xw.link(left, right, bars)
left
"""
CELLS = {"one": 1, "slow": 2, "film": 3, "left": 4, "right": 5}
SOURCES = [SETUP, ONE, SLOW, FILM, LINKED, "right", "bars"]
SIDE = 64
PLANTED = samples.planted_picture(4)
# The patch that decides the class, and its middle.
MASK = PLANTED.mask
MIDDLE = tuple(float(np.flatnonzero(MASK.any(axis)).mean()) for axis in (0, 1))
GRAD_CAM = {"id": 1, "model": 0, "method": "grad_cam", "target": None, "layer": None}


@pytest.fixture(scope="module")
def page(lab):
    page = lab.open(SOURCES)
    # No game plays by itself.
    page.emulate_media(reduced_motion="reduce")
    for name in CELLS:
        settle(page, name)
    return page


def widget_of(page, name):
    return output(page, CELLS[name]).locator(".xai").first


def reset(page, name, **traits):
    return saliency.reset(widget_of(page, name), name, **({"panels": [GRAD_CAM]} | traits))


def settled(page, name="one"):
    settle(page, name)


def changed(before, after):
    """How far two pictures are apart, 0 to 255, on average."""
    return float(np.abs(before[..., :3] - after[..., :3]).mean())


def probability(page, cover):
    """What the network makes of the picture with a part of it black, which is asked here, behind the widget's back."""
    return ask(
        page,
        f"cnn.module(preprocess(Image.fromarray(bare))[None]).softmax(1)[0, {cnn_target()}].item()",
        first=f"bare = planted.picture.copy()\nbare[np.array({cover.astype(int).tolist()}, dtype=bool)] = 0",
    )


def cnn_target():
    return ["stripes", "checks", "dots"].index(PLANTED.label)


def cover_asked(page):
    """What the page has last asked to hide, bool [64, 64]."""
    told = ask(page, "[one for one in asked if one and one['kind'] == 'hide'][-1]['cover']")
    assert (told["height"], told["width"]) == (SIDE, SIDE)
    return np.repeat(np.arange(len(told["runs"])) % 2 == 1, told["runs"]).reshape(SIDE, SIDE)


def test_the_first_map_points_at_what_decides_with_scores_and_a_verdict(page, screenshot):
    widget = reset(page, "one")
    screenshot(page, "saliency-lab-light")
    expect(widget.locator(".xai-scores li")).to_have_count(3)
    row = widget.locator(".xai-scores li").first
    expect(row).to_contain_text(PLANTED.label)
    expect(row.locator(".xai-score-number")).to_have_text(re.compile(r"^(100|>?99\.\d)%$"))
    verdict = ask(page, "one.faithfulness.verdict")
    badge = widget.locator(".xai-head .xai-trust")
    expect(badge).to_contain_text(verdict)
    badge.click()
    expect(widget.locator(".xai-trust-why").first).to_contain_text("correlation")
    badge.click()
    write(page, "one", opacity=1.0, sign="positive")
    with_map = drawn(widget, SIDE)
    write(page, "one", opacity=0.0)
    plain = drawn(widget, SIDE)
    assert np.abs(plain[..., :3] - PLANTED.picture).max() <= 2
    assert np.abs(with_map - plain)[MASK].mean() > 3 * np.abs(with_map - plain)[~MASK].mean()
    warmest = np.abs(with_map[..., :3] - top_of_scale(widget)).sum(-1).argmin()
    assert MASK.ravel()[warmest]


def test_a_click_explains_a_class_and_shift_click_contrasts(page):
    widget = reset(page, "one")
    before = drawn(widget, SIDE)
    rows = widget.locator(".xai-scores")
    rows.get_by_role("button", name=re.compile("^dots")).click()
    settled(page)
    assert ask(page, "[one.panels[0]['target'], one.explanation.target]") == [2, "dots"]
    expect(rows.locator("[data-role='explained']")).to_contain_text("dots")
    expect(widget.locator(".xai-panel")).to_contain_text("dots")
    assert changed(before, drawn(widget, SIDE)) > 1
    rows.get_by_role("button", name=re.compile("^stripes")).click(modifiers=["Shift"])
    settled(page)
    assert ask(page, "[one.panels[0]['target'], one.explanation.contrast]") == [[2, 0], "stripes"]
    expect(widget.locator(".xai-legend")).to_contain_text("for dots")


def test_method_layer_and_look_change_what_is_drawn(page, screenshot):
    widget = reset(page, "one")
    pictures = [drawn(widget, SIDE)]

    def another(name):
        settled(page)
        pictures.append(drawn(widget, SIDE))
        apart = min(changed(pictures[-1], one) for one in pictures[:-1])
        assert apart > 0.15, f"{name} looks like what was seen before"

    head = widget.locator(".xai-head")
    layer = head.get_by_role("combobox", name="Layer", exact=True)
    expect(layer.locator("option")).to_have_text([re.compile("^usual"), *[re.compile(r"\d+ × \d+ × \d+")] * 12])
    layer.select_option("1")
    another("another layer")
    assert ask(page, "one.panels[0]['layer']") == "1"
    head.get_by_label("Method").select_option("integrated_gradients")
    another("another method")
    assert ask(page, "[one.panels[0]['method'], one.explanation.method]") == ["integrated_gradients"] * 2
    # What looks at no layer keeps none.
    expect(layer).to_be_hidden()
    assert ask(page, "one.panels[0]['layer']") is None

    look = widget.get_by_role("group", name="How it looks")
    for name, value in (("Smoothing", 0), ("Threshold", 30), ("Opacity", 35)):
        look.get_by_role("slider", name=name).fill(str(value))
        another(name)
        assert ask(page, f"one.{name.lower()}") == pytest.approx(value / 100)
    write(page, "one", opacity=0.7, threshold=0.2)
    for name in ("Contour", "Mask", "Blend"):
        look.get_by_role("button", name=name).click()
        another(name)
        assert ask(page, "one.view") == name.lower()
        if name != "Blend":
            screenshot(page, f"saliency-lab-{name.lower()}")
    look.get_by_label("Colours").select_option("viridis")
    another("other colours")
    look.get_by_label("Sign").select_option("negative")
    another("one sign")
    assert ask(page, "[one.colormap, one.sign]") == ["viridis", "negative"]


def test_of_many_quick_choices_the_last_wins(page):
    widget = reset(page, "one")
    picker = widget.locator(".xai-head").get_by_label("Method")
    for method in ["occlusion", "saliency", "integrated_gradients", "kernel_shap", "input_x_gradient"] * 3:
        picker.select_option(method)
    expect(widget.locator(".xai-panel-name")).to_have_text(re.compile("^Input × gradient · checks"))
    settled(page)
    assert ask(page, "[one.panels[0]['method'], one.explanation.method, one.busy]") == ["input_x_gradient"] * 2 + [
        False
    ]
    expect(widget.locator(".xai-panel")).to_have_attribute("data-stale", "false")


def test_panels_are_added_looked_at_together_and_compared(page, screenshot):
    widget = reset(page, "one")
    widget.get_by_role("button", name="Compare with another method").click()
    settled(page)
    assert ask(page, "[panel['method'] for panel in one.panels]") == ["grad_cam", "integrated_gradients"]
    expect(widget.locator(".xai-stage")).to_have_count(3)
    expect(widget.locator(".xai-panel").nth(2)).to_contain_text("Where they part")
    values = ask(page, "[e.values.tolist() for e in one.explanations]")
    said = widget.locator(".xai-agreement strong").inner_text()
    assert float(said.replace("−", "-")) == pytest.approx(spearmanr(*values).statistic, abs=0.0051)

    before = [drawn(widget, SIDE, index=index, marks=True) for index in range(3)]
    page.mouse.move(*on_page(widget, (20.5, 12.5), SIDE))
    rest(widget)
    for index in (1, 2):
        y, x = np.argwhere(drawn(widget, SIDE, index=index, marks=True)[..., 3] > before[index][..., 3]).T
        assert (np.median(x), np.median(y)) == pytest.approx((20, 12), abs=4)
    # Row 1, column 2 of 8 × 8.
    region = ask(page, "one.explanation.features.index('row 2, column 3')")
    figures = widget.locator(".xai-figure").all_inner_texts()
    for figure, row in zip(figures, values, strict=False):
        assert float(figure.split()[0].replace("−", "-")) == pytest.approx(row[region], abs=0.0051)
    expect(widget.locator(".xai-figure").nth(2)).to_have_text(re.compile("^ranks .*% apart$"))
    screenshot(page, "saliency-lab-panels")
    # Both panels have a verdict of their own.
    expect(widget.locator(".xai-panel .xai-trust:visible")).to_have_count(2)
    press(widget, "+", "+", index=1)
    grown = [drawn(widget, SIDE, index=index) for index in range(3)]
    press(widget, "0", index=2)
    assert all(changed(grown[index], drawn(widget, SIDE, index=index)) > 2 for index in range(3))

    widget.get_by_role("button", name=re.compile("^Close: Integrated gradients")).click()
    settled(page)
    assert ask(page, "[panel['id'] for panel in one.panels]") == [1]
    expect(widget.locator(".xai-stage")).to_have_count(1)


def test_what_is_painted_over_is_hidden_from_the_model(page, screenshot):
    widget = reset(page, "one")
    plain = drawn(widget, SIDE)
    widget.get_by_role("button", name="Hide a part").click()
    test, claim = widget.locator(".xai-hide"), widget.locator(".xai-claim")
    test.get_by_role("slider", name="Brush").fill("20")
    x, y = MIDDLE
    stroke(widget, [(x - 9, y - 6), (x + 9, y - 6), (x + 9, y + 6), (x - 9, y + 6), (x - 9, y), (x + 9, y)], SIDE)
    expect(claim).to_contain_text(re.compile(f"^Without this part, {PLANTED.label} falls from .* to "))
    settled(page)
    cover = cover_asked(page)
    assert cover[MASK].mean() > 0.9
    assert cover.mean() < 0.25
    true = probability(page, cover)
    assert true < 0.5
    assert share(claim.inner_text().split(" to ")[1]) == pytest.approx(true, abs=0.001)
    expect(test.locator(".xai-changes li").first).to_contain_text(PLANTED.label)
    hidden = drawn(widget, SIDE)
    assert np.abs(hidden[cover][:, :3]).mean() < 20
    screenshot(page, "saliency-lab-hidden")

    test.get_by_label("Shows").select_option("noise")
    settled(page)
    assert changed(drawn(widget, SIDE), hidden) > 2
    test.get_by_label("Shows").select_option("baseline")
    widget.get_by_role("button", name="Clear").click()
    expect(claim).to_contain_text("Paint over the picture")
    assert changed(drawn(widget, SIDE), plain) < 0.5
    expect(widget.get_by_role("button", name="Clear")).to_be_disabled()

    # A region by the keyboard alone.
    widget.get_by_role("button", name="Region", exact=True).focus()
    page.keyboard.press("Enter")
    page.mouse.move(0, 0)
    press(widget, "ArrowRight", "ArrowRight", "ArrowUp", "Enter")
    expect(claim).to_contain_text("Without this part")
    settled(page)
    cover = cover_asked(page)
    rows, columns = np.flatnonzero(cover.any(1)), np.flatnonzero(cover.any(0))
    assert (len(rows), len(columns), cover.sum()) == (8, 8, 64)
    assert rows[0] % 8 == columns[0] % 8 == 0
    true = probability(page, cover)
    assert share(test.locator(".xai-changes li").first.inner_text().split("→")[1]) == pytest.approx(true, abs=0.001)
    press(widget, "Enter")
    expect(claim).to_contain_text("Paint over the picture")


def test_the_game_is_played_and_read_off(page, screenshot):
    widget = reset(page, "one")
    plain = drawn(widget, SIDE)
    widget.get_by_role("button", name="Deletion game").click()
    widget.get_by_role("button", name="Play the game").click()
    game = widget.locator(".xai-game")
    expect(game).to_contain_text("random orders")
    settled(page)
    slider = game.get_by_role("slider", name="Step of the game")
    curves = ask(
        page,
        "{name: curve.tolist() for name, curve in measured.curves.items()}",
        first="measured = xw.faithfulness(cnn, planted.picture, one.explanation, "
        "measures=('deletion', 'insertion'), seed=one.explanation.seed)",
    )
    score = game.locator(".xai-told .xai-number")

    def said():
        return float(re.search(r" score (−?[\d.]+)", score.inner_text())[1].replace("−", "-"))

    for kind in ("deletion", "insertion"):
        game.get_by_role("button", name=kind.capitalize(), exact=True).click()
        steps = int(slider.get_attribute("max"))
        assert steps == len(curves[kind]) - 1
        for step in (0, steps // 2, steps):
            slider.fill(str(step))
            assert said() == pytest.approx(curves[kind][step], abs=0.051)
        rest(widget)
        pictures = drawn(widget, SIDE)
        if kind == "deletion":
            assert pictures[..., :3].max() < 10, "all is gone"
        else:
            assert changed(pictures, plain) < 40, "all is there"
    slider.fill("0")
    rest(widget)
    assert drawn(widget, SIDE)[..., :3].max() < 10, "nothing is there yet"
    game.get_by_role("button", name="Deletion", exact=True).click()
    slider.fill("4")
    rest(widget)
    screenshot(page, "saliency-lab-game")
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert "5" in slider.evaluate("one => one.value")


def test_maps_of_a_layer_are_ranked_and_laid_over(page, screenshot):
    widget = reset(page, "one")
    own = drawn(widget, SIDE)
    widget.get_by_role("button", name="Look inside").click()
    inside = widget.locator(".xai-inside")
    inside.get_by_role("combobox", name="Layer").select_option("11")
    faces = inside.get_by_role("button")
    expect(faces).not_to_have_count(0)
    settled(page)
    # After the last layer comes a mean and a linear layer: what each map adds is known exactly.
    adds = ask(
        page,
        f"(cnn.module[-1].weight[{cnn_target()}] * maps.mean((1, 2))).tolist()",
        first="last = torch.nn.Sequential(*list(cnn.module)[:12])\n"
        "maps = last(preprocess(Image.fromarray(planted.picture))[None])[0]",
    )
    order = np.argsort(adds)[::-1]
    units = [int(re.search(r"Map (\d+)", one.get_attribute("aria-label"))[1]) for one in faces.all()]
    assert units[:4] == order[:4].tolist()
    told = [
        float(re.search(r"contributes ([+−\d.]+)", one.get_attribute("aria-label"))[1].replace("−", "-"))
        for one in faces.all()
    ]
    assert told == pytest.approx([adds[unit] for unit in units], abs=0.01)
    faces.nth(1).click()
    expect(faces.nth(1)).to_have_attribute("aria-pressed", "true")
    expect(widget.locator(".xai-panel")).to_contain_text(f"map {units[1]} of 11")
    assert changed(drawn(widget, SIDE), own) > 0.5
    screenshot(page, "saliency-lab-inside")
    faces.nth(1).click()
    assert changed(drawn(widget, SIDE), own) < 0.1


def test_a_film_of_pictures_with_names_and_labels_that_are_only_text(page, screenshot):
    widget = reset(page, "film", panels=[{**GRAD_CAM, "method": "occlusion"}])
    expect(widget.locator(".xai-film")).to_contain_text("3 of 3 pictures")
    frames = widget.locator(".xai-frames button")
    assert frames.locator("img").evaluate_all("all => all.map(one => one.naturalWidth)") == [28] * 3
    likely = ask(
        page,
        "[shoes.module(samples.fashion.preprocess(Image.fromarray(one))[None]).softmax(1)[0].max().item()"
        " for one in samples.fashion_pictures().pictures[[0, 45, 85]]]",
    )
    labels = frames.locator(".xai-frame-label").all_inner_texts()
    assert all(re.fullmatch(r"<b onclick=alert\(\d\)>\d</b>", label) for label in labels)
    for frame, sure in zip(frames.all(), likely, strict=True):
        assert share(frame.locator(".xai-number").inner_text()) == pytest.approx(sure, abs=0.001)
    assert "<img src=x onerror=window.hacked=1>" in frames.first.get_attribute("aria-label")
    first = drawn(widget, 28)
    widget.get_by_label("Sort by").select_option("confidence")
    sures = [share(frame.locator(".xai-number").inner_text()) for frame in frames.all()]
    assert sures == sorted(sures, reverse=True)
    frames.nth([one.get_attribute("aria-label")[:2] for one in frames.all()].index("你好")).click()
    settled(page, "film")
    assert ask(page, "film.current") == 2
    assert changed(drawn(widget, 28), first) > 5
    expect(widget.locator(".xai-frames [aria-pressed='true']")).to_have_attribute("aria-label", re.compile("你好.png"))
    expect(widget.locator(".xai-scores")).to_contain_text(labels[2])
    screenshot(page, "saliency-lab-film")
    assert widget.locator("b, script, img[src='x']").count() == 0
    assert page.evaluate("window.hacked") is None
    widget.get_by_label("Sort by").select_option("order")


def test_a_run_is_stopped_and_goes_on_and_a_fault_is_one_sentence_in_its_panel(page, screenshot):
    widget = reset(page, "slow", panels=[{**GRAD_CAM, "method": "occlusion"}])
    ask(page, "0", first="weak.pause = 0.05")
    widget.locator(".xai-head").get_by_label("Method").select_option("kernel_shap")
    state, readout = widget.locator(".xai-state"), widget.locator(".xai-readout")
    expect(readout).to_have_text(re.compile(r"[1-9]\d* evaluations"))
    widget.get_by_role("button", name="Stop").click()
    expect(state).to_have_attribute("data-state", "stopped")
    page.wait_for_timeout(300)
    stopped = readout.inner_text()
    still = drawn(widget, SIDE)
    page.wait_for_timeout(300)
    assert readout.inner_text() == stopped
    ask(page, "0", first="weak.pause = 0.0")
    widget.get_by_role("button", name="Resume").click()
    expect(state).not_to_have_attribute("data-state", "running")
    settled(page, "slow")
    assert readout.inner_text() != stopped
    done = drawn(widget, SIDE)
    assert changed(done, still) > 0

    ask(page, "0", first="weak.cold = True")
    widget.get_by_role("button", name="Compare with another method").click()
    panels = widget.locator(".xai-panel")
    expect(panels.nth(1).get_by_role("alert")).to_contain_text("the <b>sensor</b> is cold")
    # One map parts from none.
    expect(panels).to_have_count(2)
    rest(widget)
    screenshot(page, "saliency-lab-fault")
    expect(panels.first.get_by_role("alert")).to_be_hidden()
    again = panels.nth(1).get_by_role("button", name="Try again")
    again.press("Enter")
    settled(page, "slow")
    expect(panels.nth(1).get_by_role("alert")).to_contain_text("is cold")
    ask(page, "0", first="weak.cold = False")
    again.press("Enter")
    expect(panels.nth(1).get_by_role("alert")).to_be_hidden()
    settled(page, "slow")
    assert np.isfinite(ask(page, "slow.explanations[1].values.tolist()")).all()
    expect(panels).to_have_count(3)
    assert np.isfinite(ask(page, "slow.explanations[0].values.tolist()")).all()
    widget.get_by_role("button", name=re.compile("^Close: ")).nth(1).click()
    settled(page, "slow")
    assert changed(drawn(widget, SIDE), done) < 0.1


def test_keys_and_the_wheel(page):
    widget = reset(page, "one")
    plain = drawn(widget, SIDE)
    press(widget, "ArrowRight")
    line = widget.locator(".xai-place")
    where = re.search(r"row (\d+), column (\d+)", line.inner_text())
    press(widget, "ArrowRight", "ArrowDown")
    row, column = int(where[1]) + 1, int(where[2]) + 1
    expect(line).to_contain_text(f"row {row}, column {column}")
    press(widget, "Enter")
    settled(page)
    assert ask(page, "[one.explanation.features[i] for i in one.selected]") == [f"row {row}, column {column}"]
    press(widget, "Escape", "Escape")
    settled(page)
    assert ask(page, "one.selected") == []
    press(widget, "+")
    assert changed(drawn(widget, SIDE), plain) > 2
    press(widget, "-")
    assert changed(drawn(widget, SIDE), plain) < 0.5
    # The notebook did not take our keys for its own commands: "b" would insert a cell.
    press(widget, "b")
    assert page.evaluate("window.jupyterapp.shell.currentWidget.content.widgets.length") == len(SOURCES)

    page.mouse.move(*on_page(widget, (40, 40), SIDE))
    page.keyboard.down("Control")
    page.mouse.wheel(0, -240)
    page.keyboard.up("Control")
    assert changed(drawn(widget, SIDE), plain) > 2
    press(widget, "0")
    top = stage_of(widget).bounding_box()["y"]
    page.mouse.wheel(0, 120)
    page.wait_for_timeout(300)
    assert stage_of(widget).bounding_box()["y"] < top - 50
    assert changed(drawn(widget, SIDE), plain) < 0.5

    # From one control to the next, each of them seen.
    widget.locator(".xai-head select").first.focus()
    stops = []
    for _ in range(30):
        stops.append(
            page.evaluate(
                "document.activeElement.closest('.xai-saliency') && "
                "(document.activeElement.className || document.activeElement.tagName)"
            )
        )
        page.keyboard.press("Tab")
        if stops[-1] is None:
            break
    for wanted in ("xai-score", "xai-stage", "xai-add", "xai-tool", "xai-segment", "xai-range"):
        assert any(wanted in (stop or "") for stop in stops), f"no way to {wanted} in {stops}"


def test_what_is_pointed_at_lights_up_in_linked_widgets(page, screenshot):
    widget, right = widget_of(page, "left"), widget_of(page, "right")
    widget.scroll_into_view_if_needed()
    place = (28.5, 36.5)
    before = drawn(right, SIDE, marks=True)
    page.mouse.move(*on_page(widget, place, SIDE))
    rest(widget)
    after = drawn(right, SIDE, marks=True)
    y, x = np.argwhere(np.abs(after - before).sum(-1) > 0).T
    # Around the region of 8 × 8 pixels that the place is in, and nowhere else.
    assert len(x)
    assert (x.min() >= 23, x.max() <= 32, y.min() >= 31, y.max() <= 40) == (True,) * 4
    strongest = ask(page, "int(finished[0].values.argmax())")
    page.mouse.move(*on_page(widget, (strongest % 8 * 8 + 4.5, strongest // 8 * 8 + 4.5), SIDE))
    expect(page.locator(".bargroup.xai-on")).to_have_count(1)
    lit = page.locator(".bargroup").evaluate_all("all => all.findIndex(one => one.classList.contains('xai-on'))")
    assert ask(page, f"bars._bars.x[{lit}] == finished[0].features[{strongest}]")
    stage_of(widget).click(position={"x": 5, "y": 5})
    page.wait_for_timeout(300)
    assert ask(page, "[left.selected, right.selected]") == [[0], [0]]


def test_dark(page, screenshot):
    widget = reset(page, "one", panels=[GRAD_CAM, {**GRAD_CAM, "id": 2, "method": "integrated_gradients"}])
    jupyter_page.set_theme(page, DARK)
    try:
        rest(widget)
        page.wait_for_timeout(300)
        screenshot(page, "saliency-lab-dark")
        colour = widget.locator(".xai-panel-name").first.evaluate("e => getComputedStyle(e).color")
        assert min(int(part) for part in re.findall(r"\d+", colour)[:3]) > 150
    finally:
        jupyter_page.set_theme(page, LIGHT)


def test_a_restart_while_it_computes_leaves_what_was_there(lab, page, screenshot, seen):
    """The last of the module: it leaves no kernel to ask."""
    assert not [text for text in seen.errors_of(page) if "xai" in text.lower() or "uncaught" in text.lower()]
    widget = reset(page, "slow", panels=[{**GRAD_CAM, "method": "occlusion"}])
    map_before = drawn(widget, SIDE)
    page.wait_for_timeout(300)
    jupyter_page.save(page)
    ask(page, "0", first="weak.pause = 0.2")
    widget.locator(".xai-head").get_by_label("Method").select_option("kernel_shap")
    expect(widget.locator(".xai-readout")).to_have_text(re.compile(r"[1-9]\d* evaluations"))
    jupyter_page.restart_kernel(page)
    widget = widget_of(page, "slow")
    expect(widget.get_by_role("alert").filter(has_text="run the cell again")).to_be_visible()
    seen_before = drawn(widget, SIDE)
    assert changed(seen_before, map_before) < 60
    # What was computed is there to be read, and to be looked at otherwise.
    page.mouse.move(*on_page(widget, MIDDLE, SIDE))
    expect(widget.locator(".xai-place")).to_have_text(re.compile(r"^[+−]?\d.*rank \d+ of 64.*row 7, column 2$"))
    widget.get_by_role("button", name="Contour").click()
    assert changed(drawn(widget, SIDE), seen_before) > 1
    expect(widget.locator(".xai-head select").first).to_be_disabled()
    screenshot(page, "saliency-restarted")

    # A saved notebook shows what it showed, before anything runs in it.
    again = lab.open_saved(lab.name_of(page))
    widget = widget_of(again, "slow")
    expect(widget.locator(".xai-legend-bar")).to_be_visible()
    assert changed(drawn(widget, SIDE), map_before) < 0.5
