"""AttentionGrid elsewhere: exported, in Voilà and Notebook 7, in Chinese, with hostile tokens, narrow and magnified."""

import re

import numpy as np
import pytest
from harness import jupyter_page
from harness.attention import coloured, matrix_of, stop_of, word
from harness.jupyter_host import DARK, LIGHT
from harness.jupyter_page import ask, output
from playwright.sync_api import expect

import xaiwidgets as xw

SETUP = """
import numpy as np
import torch
torch.set_num_threads(1)
import xaiwidgets as xw
from xaiwidgets import samples
"""
LIVE = 'g = xw.AttentionGrid(samples.sentiment(), "A gripping film, well acted.")\ng.layer, g.head = 3, 4\ng'
HOSTILE = """
tokens = ["<img src=x onerror=window.hacked=1>", "</script><script>window.hacked=1</script>", "##", "Ġ", "▁", "a\\nb",
          "😀", "你好", "مرحبا"]
h = xw.AttentionGrid(np.tile(np.eye(9, dtype="float32"), (2, 2, 1, 1)), tokens)
h.layer, h.head, h.query = 0, 1, 0
h
"""
CHINESE = 'xw.AttentionGrid(samples.sentiment(), "这部电影很好看 wonderful", language="zh", order="entropy")'

# The brightness, 0 to 1, of a map's corner that holds no weight, and of one that holds all.
CORNERS = """canvas => {
    const pen = canvas.getContext("2d");
    const at = (x, y) => [...pen.getImageData(x, y, 1, 1).data].slice(0, 3).reduce((a, b) => a + b) / 765;
    return [at(canvas.width - 2, 1), at(1, 1)];
}"""


# What a canvas shows at its corner, and what the theme's paper is.
PAPER = """canvas => {
    const pen = canvas.getContext("2d");
    const painted = [...pen.getImageData(1, 1, 1, 1).data];
    const other = document.createElement("canvas").getContext("2d");
    other.fillStyle = getComputedStyle(canvas.closest(".xai")).getPropertyValue("--xai-paper");
    other.fillRect(0, 0, 1, 1);
    return [painted, [...other.getImageData(0, 0, 1, 1).data]];
}"""


def random_weights(*shape):
    x = np.exp(2 * np.random.default_rng(0).normal(size=shape))
    return (x / x.sum(-1, keepdims=True)).astype("float32")


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Two files: one that holds every cell, and one that has no room for them."""
    weights = random_weights(3, 4, 12, 12)
    weights[1, 2] = np.eye(12, k=-1)
    weights[1, 2, 0, 0] = 1
    grid = xw.AttentionGrid(weights, "The quick brown fox jumps over a lazy dog and then sleeps".split())  # noqa: SIM905
    grid.layer, grid.head = 0, 0
    folder = tmp_path_factory.mktemp("export")
    return {
        "whole": grid.to_html(folder / "whole.html"),
        "cut": xw.AttentionGrid(random_weights(6, 12, 200, 200)).to_html(folder / "cut.html", budget=600_000),
    }


def fits(page):
    """Whether there is nothing to scroll sideways to, in the page or in the widget."""
    return page.evaluate(
        """() => [document.scrollingElement, document.querySelector(".xai")].every(
            element => element.scrollWidth <= element.clientWidth + 1)"""
    )


def test_an_exported_file_opens_heads_hovers_and_sorts_offline(page, exported, screenshot, seen):
    page.goto(exported["whole"].as_uri())
    widget = page.locator(".xai")
    expect(widget.get_by_role("heading", name="Layer 0 · head 0")).to_be_visible()
    widget.get_by_label("Order").select_option("previous_token")
    stop_of(widget).focus()
    page.keyboard.press("Control+Home")
    expect(stop_of(widget)).to_have_attribute("aria-label", re.compile("Layer 1 · head 2"))
    expect(widget.get_by_role("tooltip").filter(has_text="Layer 1 · head 2")).to_contain_text("Previous token")
    page.keyboard.press("Enter")
    expect(widget.get_by_role("heading", name="Layer 1 · head 2")).to_be_visible()
    word(widget, "fox").click()
    expect(coloured(widget)).to_have_text(["brown"])
    box = widget.locator(".xai-matrix .xai-map").first.bounding_box()
    page.mouse.move(box["x"] + 2.5 * box["width"] / 12, box["y"] + 3.5 * box["height"] / 12)
    expect(widget.get_by_role("tooltip").filter(has_text="fox → brown")).to_contain_text("1.0")
    expect(page.get_by_role("button", name="Stop")).to_be_hidden()
    screenshot(page, "attention-exported-light")
    page.emulate_media(color_scheme="dark")
    page.wait_for_timeout(200)
    empty, full = widget.locator(".xai-matrix .xai-map").first.evaluate(CORNERS)
    assert empty < 0.2
    assert full > empty + 0.3
    screenshot(page, "attention-exported-dark")
    assert seen.errors_of(page) == []


def test_canvases_follow_a_theme_that_changes_while_they_are_out_of_the_page(page, exported):
    """As a notebook keeps cells that are out of sight."""
    page.goto(exported["whole"].as_uri())
    widget = page.locator(".xai")
    expect(widget.get_by_role("heading", name="Layer 0 · head 0")).to_be_visible()
    page.evaluate("window.home = document.querySelector('.xai').parentElement; window.place = home.parentElement")
    page.evaluate("window.home.remove()")
    page.emulate_media(color_scheme="dark")
    page.wait_for_timeout(200)
    page.evaluate("window.place.append(window.home)")
    page.wait_for_timeout(300)
    painted, paper = widget.locator(".xai-heads-canvas").evaluate(PAPER)
    assert painted == paper
    assert max(paper[:3]) < 60


def test_an_exported_file_says_what_had_no_room(page, exported, screenshot):
    assert exported["cut"].stat().st_size < 600_000
    page.goto(exported["cut"].as_uri())
    widget = page.locator(".xai")
    expect(widget).to_contain_text(re.compile("saved|left out", re.IGNORECASE))
    stop_of(widget).focus()
    for key in ("Control+End", "Enter"):
        page.keyboard.press(key)
    expect(widget.get_by_role("heading", name="Layer 5 · head 11")).to_be_visible()
    screenshot(page, "attention-exported-cut")


def test_notebook7_in_chinese_with_hostile_tokens(notebook7, screenshot):
    page = notebook7.open([SETUP, LIVE, HOSTILE, CHINESE])
    widget = output(page, 1).locator(".xai")
    expect(widget.get_by_role("heading", name="Layer 3 · head 4")).to_be_visible()
    stop_of(widget).focus()
    page.keyboard.press("Control+Home")
    page.keyboard.press("Enter")
    expect(widget.get_by_role("heading", name="Layer 0 · head 0")).to_be_visible()
    assert ask(page, "[g.layer, g.head]") == [0, 0]
    screenshot(page, "attention-notebook7")

    hostile = output(page, 2).locator(".xai")
    shown = hostile.locator(".xai-strip").inner_text()
    for token in ("<img src=x onerror=window.hacked=1>", "</script><script>window.hacked=1</script>", "##", "Ġ", "▁"):
        assert token in shown
    for token in ("😀", "你好", "مرحبا"):
        expect(hostile.locator(".xai-strip .xai-w", has_text=token)).to_have_count(1)
    hostile.locator(".xai-matrix .xai-map").first.hover(position={"x": 4, "y": 4}, force=True)
    expect(hostile.get_by_role("tooltip").filter(has_text="→")).to_contain_text("<img src=x onerror=window.hacked=1>")
    hostile.get_by_role("button", name="Arcs").click()
    expect(hostile.locator(".xai-arcs")).to_contain_text("</script>")
    hostile.get_by_role("button", name="Matrix").click()
    assert page.evaluate("window.hacked") is None
    assert hostile.locator("img, script").count() == 0
    screenshot(page, "attention-hostile")

    chinese = output(page, 3).locator(".xai")
    expect(chinese).to_contain_text("来源")
    stop_of(chinese).focus()
    page.keyboard.press("Enter")
    expect(chinese.get_by_role("heading")).to_contain_text("层")
    assert not re.search(r"[A-Z][a-z]+ [a-z]+", chinese.locator(".xai-panel").inner_text())
    screenshot(page, "attention-chinese")

    jupyter_page.set_theme(page, DARK)
    page.wait_for_timeout(300)
    empty, full = output(page, 2).locator(".xai").locator(".xai-matrix .xai-map").first.evaluate(CORNERS)
    assert empty < 0.2
    assert full > empty + 0.3
    screenshot(page, "attention-notebook7-dark")
    jupyter_page.set_theme(page, LIGHT)


def test_narrow_and_magnified(voila, screenshot):
    page = voila.open([SETUP, LIVE])
    widget = page.locator(".xai")
    expect(widget.get_by_role("heading", name="Layer 3 · head 4")).to_be_visible(timeout=30_000)
    # A window 1280 pixels wide has 640 of them when the browser magnifies twice.
    for width in (360, 640):
        page.set_viewport_size({"width": width, "height": 1100})
        page.wait_for_timeout(400)
        assert fits(page), f"wider than {width} pixels"
        widget.get_by_role("button", name="Pin this head for comparison").click()
        widget.get_by_role("button", name="Next head").click()
        expect(matrix_of(widget, 1)).to_be_visible()
        assert fits(page), f"two heads are wider than {width} pixels"
        screenshot(page, f"attention-{width}")
        widget.get_by_role("button", name="Unpin").click()
        expect(matrix_of(widget, 1)).to_be_hidden()
