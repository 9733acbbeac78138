"""SaliencyOverlay elsewhere: in a file without a network, saved as a picture, in Voilà, narrow, magnified, Chinese."""

import io
import re

import numpy as np
import pytest
from harness.saliency import drawn, on_page, press, stage_of
from harness.scatter import rest
from PIL import Image
from playwright.sync_api import expect

import xaiwidgets as xw
from xaiwidgets import samples

SIDE = 64
PLANTED = samples.planted_picture(4)
MASK = PLANTED.mask
MIDDLE = tuple(float(np.flatnonzero(MASK.any(axis)).mean()) for axis in (0, 1))
HOSTILE = "</script><img src=x onerror=window.hacked=1>"
# Red, and each pixel as bright as it happens to be.
WIDE, HIGH = 800, 600
NOISE = (np.array([190, 0, 0]) + np.random.default_rng(0).integers(0, 60, (HIGH, WIDE, 1))).astype(np.uint8)
LIVE = """
import torch
torch.set_num_threads(1)
import xaiwidgets as xw
from xaiwidgets import samples
one = xw.SaliencyOverlay(samples.planted_cnn(), samples.planted_picture(4).picture)
one
"""
# What looks after other widgets on a page is no matter of this one.
OTHERS = """
import numpy as np
display(xw.AttentionGrid(np.eye(4)[None, None, :, :], list("abcd")))
xw.EmbeddingScatter(np.eye(3), projection="pca")
"""
CHINESE = """
xw.SaliencyOverlay(
    samples.efficientnet(), samples.picture("chelsea"), method=["grad_cam", "saliency"], trust=False, language="zh")
"""


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    folder = tmp_path_factory.mktemp("export")
    cnn = samples.planted_cnn()
    two = xw.SaliencyOverlay(cnn, PLANTED.picture, method=["occlusion", "grad_cam"])
    noise = xw.SaliencyOverlay(NOISE, np.linspace(0, 1, 48).reshape(6, 8))
    named = xw.ImageClassifier(cnn.module, samples.planted_pictures.preprocess, [HOSTILE, "<b>b</b>", "c"], grid=8)
    return {
        "two": two.to_html(folder / "two.html"),
        "hostile": xw.SaliencyOverlay(named, PLANTED.picture, target=0).to_html(folder / "hostile.html"),
        "noise": noise.to_html(folder / "noise.html"),
        # As the browser is given it, which may be a little lossy.
        "sent": np.asarray(Image.open(io.BytesIO(noise._picture["data"])).convert("RGB")).astype(int),
    }


def opened(page, path):
    page.goto(path.as_uri())
    widget = page.locator(".xai-saliency").first
    expect(widget.locator(".xai-legend-bar")).to_be_visible()
    rest(widget)
    return widget


def fits(page):
    """Whether there is nothing to scroll sideways to, in the page or in the widgets."""
    return page.evaluate(
        """() => [document.scrollingElement, ...document.querySelectorAll(".xai-saliency")].every(
            element => element.scrollWidth <= element.clientWidth + 1)"""
    )


def cut(page):
    """What is said but cannot be read to its end."""
    return page.evaluate(
        """() => [...document.querySelectorAll(".xai-saliency :is(.xai-head, .xai-panel, .xai-place-line) *")]
            .filter(one => one.textContent && one.checkVisibility())
            .filter(one => {
                const { overflow, clipPath } = getComputedStyle(one);
                return overflow !== "visible" && clipPath === "none"
                    && (one.scrollWidth > one.clientWidth || one.scrollHeight > one.clientHeight);
            })
            .map(one => one.textContent)"""
    )


def living(path, folder, told):
    """A copy of an exported file that offers what a kernel would, with some of what it tells told otherwise."""
    said = path.read_text(encoding="utf-8")
    for before, after in {"offline:!0": "online:!0", '"live": false': '"live": true', **told}.items():
        assert before in said
        said = said.replace(before, after)
    copy = folder / "living.html"
    copy.write_text(said, encoding="utf-8")
    return copy


def start_of(part):
    return part.evaluate("one => one.getBoundingClientRect().left")


def test_an_exported_file_is_looked_at_offline_and_offers_nothing_that_needs_a_kernel(page, exported, screenshot, seen):
    widget = opened(page, exported["two"])
    expect(widget.locator(".xai-panel .xai-trust:visible")).to_have_count(2)
    expect(widget.locator(".xai-panel")).to_have_count(3)
    with_map = drawn(widget, SIDE)
    heat = np.abs(with_map[..., :3] - PLANTED.picture).sum(-1)
    assert heat[MASK].mean() > 3 * heat[~MASK].mean()
    page.mouse.move(*on_page(widget, MIDDLE, SIDE))
    expect(widget.locator(".xai-place")).to_contain_text("row 7, column 2")
    expect(widget.locator(".xai-figure").first).to_have_text(re.compile(r"^\+\d.* · rank \d+ of 64$"))
    widget.get_by_role("button", name="Contour").click()
    assert np.abs(drawn(widget, SIDE) - with_map).mean() > 1
    press(widget, "ArrowRight", "+")
    widget.get_by_role("button", name="Blend").click()
    press(widget, "0", "Escape")
    screenshot(page, "saliency-exported-light")
    for name in ("Compare with another method", "Stop", "Resume", "Hide a part", "Look inside", "Play the game"):
        expect(widget.get_by_role("button", name=name)).to_be_hidden()
    expect(widget.get_by_role("button", name=re.compile("^Close: [^W]"))).to_have_count(0)
    for name in ("Method", "Layer"):
        expect(widget.get_by_role("combobox", name=name, exact=True)).to_be_hidden()
    assert widget.locator(".xai-scores button:visible:enabled").count() == 0
    page.emulate_media(color_scheme="dark")
    rest(widget)
    screenshot(page, "saliency-exported-dark")
    assert seen.errors_of(page) == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_nothing_is_cut_where_it_is_narrow(page, exported, tmp_path, language, seen):
    # So much is said where a map stopped at its limit.
    told = {'"state": "done"': '"state": "stopped"', '"evaluations": ': '"evaluations": 1234'}
    lived = living(exported["two"], tmp_path, {**told, '"language": ""': f'"language": "{language}"'})
    widget = opened(page, lived)
    stopped, go_on = {"en": ("stopped", "Resume"), "zh": ("已停止", "继续")}[language]
    for width in (360, 480, 560, 720):
        page.set_viewport_size({"width": width, "height": 1200})
        press(widget, "ArrowRight")
        rest(widget)
        expect(widget.locator(".xai-head .xai-state")).to_have_text(stopped)
        expect(widget.get_by_role("button", name=go_on)).to_be_visible()
        assert cut(page) == [], f"cut at {width} pixels"
        assert fits(page)
        if width < 560:
            assert start_of(widget.locator(".xai-head .xai-readout")) == start_of(widget.locator(".xai-main"))
        press(widget, "Escape")
    assert seen.errors_of(page) == []


@pytest.mark.parametrize("width", [360, 720])
def test_the_keyboard_follows_where_parts_stand(page, exported, tmp_path, width, seen):
    page.set_viewport_size({"width": width, "height": 1200})
    widget = opened(page, living(exported["two"], tmp_path, {}))
    widget.locator(".xai-head .xai-trust").focus()
    page.keyboard.press("Tab")
    tops = []
    while page.evaluate("document.activeElement !== document.body"):
        # What stands in one row belongs to one part: whichever of it comes first, the parts go down the page.
        part = "one => document.activeElement.closest(one)?.getBoundingClientRect().top + scrollY"
        tops.append(page.evaluate(part, ".xai-main > *, .xai-side"))
        page.keyboard.press("Tab")
    assert len(tops) > 20
    assert tops == sorted(tops)
    assert seen.errors_of(page) == []


def test_hostile_names_are_only_text(page, exported, seen):
    widget = opened(page, exported["hostile"])
    expect(widget.locator(".xai-scores")).to_contain_text(HOSTILE)
    expect(widget.locator(".xai-panel")).to_contain_text(HOSTILE)
    assert widget.locator("img, b, script").count() == 0
    assert page.evaluate("window.hacked") is None
    assert fits(page)
    assert seen.errors_of(page) == []


def test_a_saved_picture_has_every_pixel_of_the_original(page, exported, tmp_path):
    widget = opened(page, exported["noise"])
    widget.get_by_role("slider", name="Opacity").fill("0")
    rest(widget)
    with page.expect_download() as download:
        widget.get_by_role("button", name="Save as PNG").click()
    expect(widget.get_by_text("saliency.png saved")).to_be_attached()
    path = tmp_path / "saved.png"
    download.value.save_as(path)
    image = np.asarray(Image.open(io.BytesIO(path.read_bytes())).convert("RGB")).astype(int)
    # Only the picture is so colourful.
    bright = np.ptp(image, -1) > 150
    left, right = np.flatnonzero(bright.mean(0) > 0.5)[[0, -1]]
    top, bottom = np.flatnonzero(bright.mean(1) > 0.5)[[0, -1]]
    scale = (right + 1 - left) // WIDE
    assert scale >= 1
    assert (right + 1 - left, bottom + 1 - top) == (WIDE * scale, HIGH * scale)
    whole = image[top : bottom + 1, left : right + 1]
    assert np.abs(whole[scale // 2 :: scale, scale // 2 :: scale] - exported["sent"]).max() <= 8


def test_voila_narrow_magnified_and_in_chinese(voila, screenshot, seen):
    page = voila.open([LIVE, CHINESE, OTHERS])
    page.emulate_media(reduced_motion="reduce")
    widget, chinese = page.locator(".xai-saliency").first, page.locator(".xai-saliency").nth(1)
    expect(widget.locator(".xai-head .xai-trust")).to_contain_text("better than chance", timeout=30_000)
    heat = np.abs(drawn(widget, SIDE)[..., :3] - PLANTED.picture).sum(-1)
    assert heat[MASK].mean() > 3 * heat[~MASK].mean()
    expect(chinese.locator(".xai-agreement strong")).not_to_have_count(0, timeout=60_000)
    # Units and names aside.
    for part in (".xai-look", ".xai-place-line", ".xai-agreement > .xai-caption", ".xai-test", ".xai-legend"):
        words = re.sub(r"\bPNG\b|logit|Viridis|Egyptian cat", "", chinese.locator(part).first.inner_text())
        assert not re.search(r"[A-Za-z]{2,}", words), words
    chinese.scroll_into_view_if_needed()
    assert fits(page)
    for head in chinese.locator(".xai-panel-head").all():
        assert head.evaluate("one => one.scrollHeight <= one.clientHeight"), "a caption is covered by its picture"
    screenshot(page, "saliency-chinese")
    # A window 1280 pixels wide has 640 of them when the browser magnifies twice.
    for width in (640, 360):
        page.set_viewport_size({"width": width, "height": 1500})
        rest(widget)
        assert fits(page), f"wider than {width} pixels"
        widget.get_by_role("button", name="Hide a part").click()
        widget.get_by_role("button", name="Region", exact=True).click()
        press(widget, "ArrowDown", "Enter")
        expect(widget.locator(".xai-claim")).to_contain_text("Without this part")
        rest(widget)
        assert fits(page), f"a hidden part is wider than {width} pixels"
        stage_of(widget).scroll_into_view_if_needed()
        screenshot(page, f"saliency-{width}")
        widget.get_by_role("button", name="Clear").click()
        widget.get_by_role("button", name="Deletion game").click()
        rest(widget)
        assert fits(page)
        widget.get_by_role("button", name="Deletion game").click()
        chinese.scroll_into_view_if_needed()
        rest(widget)
        screenshot(page, f"saliency-{width}-panels")
    assert not [text for text in seen.errors_of(page) if "xai" in text.lower()]
