"""The same slice in the other hosts, in Chinese, with hostile text, in narrow cells and at twice the size."""

import re
from pathlib import Path

import pytest
from harness import jupyter_page
from harness.jupyter_host import DARK, LIGHT
from harness.jupyter_page import ask, output
from playwright.sync_api import expect

GALLERY = Path(__file__).parents[2] / "notebooks" / "gallery.ipynb"

SETUP = "import torch\ntorch.set_num_threads(1)\nimport xaiwidgets as xw\nfrom xaiwidgets import samples"
LIVE = 'w = xw.TokenHighlight(samples.sentiment(), "A gripping film, well acted.", method="occlusion")\nw'
HOSTILE = """
tokens = ["<img src=x onerror=window.hacked=1>", "</script><script>window.hacked=1</script>", "##", "Ġ", "▁", "a\\nb",
          "😀", "你好", "مرحبا"]
xw.TokenHighlight(tokens, [1.0, -1.0, 0.5, 0.2, 0.1, -0.3, 0.9, 0.4, -0.6])
"""
CHINESE = 'xw.TokenHighlight(samples.sentiment(), "这部电影很好看 wonderful", method="occlusion", language="zh")'


def edit_and_explain(widget):
    widget.locator(".xai-w", has_text=re.compile("^film$")).dblclick()
    field = widget.get_by_role("textbox")
    field.fill("A dull evening.")
    expect(widget.locator(".xai-w.xai-pos, .xai-w.xai-neg").filter(has_text="evening")).to_have_count(1)
    field.press("Escape")


def test_notebook7(notebook7, screenshot):
    page = notebook7.open([SETUP, LIVE, HOSTILE, CHINESE])
    widget = output(page, 1).locator(".xai")
    expect(widget.locator(".xai-state")).to_have_attribute("data-state", "done")
    edit_and_explain(widget)
    assert ask(page, "w.text") == "A dull evening."
    screenshot(page, "highlight-notebook7")

    hostile = output(page, 2).locator(".xai")
    shown = hostile.locator(".xai-flow").inner_text()
    for token in ("<img src=x onerror=window.hacked=1>", "</script><script>window.hacked=1</script>", "##", "Ġ", "▁"):
        assert token in shown
    for token in ("😀", "你好", "مرحبا"):
        expect(hostile.locator(".xai-w", has_text=token)).to_have_count(1)
    assert page.evaluate("window.hacked") is None

    chinese = output(page, 3).locator(".xai")
    expect(chinese).to_contain_text("方法")
    expect(chinese.locator(".xai-w", has_text=re.compile("^电$"))).to_have_count(1)
    expect(chinese.get_by_role("button", name=re.compile("编辑"))).to_be_visible()
    screenshot(page, "highlight-chinese")

    jupyter_page.set_theme(page, DARK)
    colour = widget.locator(".xai-w:not(.xai-special)").first.evaluate("e => getComputedStyle(e).color")
    assert min(int(part) for part in re.findall(r"\d+", colour)[:3]) > 150
    screenshot(page, "highlight-notebook7-dark")
    jupyter_page.set_theme(page, LIGHT)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_gallery_as_a_voila_app(voila, screenshot, theme):
    page = voila.open(GALLERY, theme=theme)
    widgets = page.locator(".xai:not(.xai-bridge)")
    expect(widgets).to_have_count(6, timeout=90_000)
    grid = widgets.nth(2)
    expect(grid).to_have_class(re.compile("xai-attention"))
    for index in (0, 1, 3):
        expect(widgets.nth(index).locator(".xai-state")).to_have_attribute("data-state", "done", timeout=90_000)
    expect(page.locator(".xai-feature-bars").last).to_contain_text("age = 31", timeout=60_000)
    if theme == "light":
        edit_and_explain(widgets.first)
        expect(page.locator(".xai-feature-bars svg").first).to_contain_text("evening")
        # While the estimate refines, the bars are drawn anew under the hand.
        expect(widgets.first.locator(".xai-state")).to_have_attribute("data-state", "done", timeout=60_000)
        widgets.first.locator(".xai-w", has_text="evening").hover()
        expect(page.locator(".bargroup.xai-on")).to_have_count(1)
        model_wrote = widgets.nth(1).locator(".xai-generated")
        model_wrote.nth(1).click()
        expect(model_wrote.nth(1)).to_have_class(re.compile("xai-explained"))
    heads = grid.locator(".xai-heads")
    expect(heads).to_have_attribute("aria-busy", "false")
    heads.click(position={"x": 40, "y": 40})
    expect(grid.get_by_role("heading", name=re.compile(r"Layer \d+ · head \d+"))).to_be_visible()
    expect(grid.locator(".xai-panel")).to_contain_text("Induction .")
    grid.scroll_into_view_if_needed()
    screenshot(page, f"gallery-voila-attention-{theme}")
    widgets.first.scroll_into_view_if_needed()
    expect(widgets.nth(4)).to_contain_text("trustworthiness", timeout=60_000)
    screenshot(page, f"gallery-voila-{theme}")
    pictures = widgets.nth(5)
    expect(pictures).to_have_class(re.compile("xai-saliency"))
    expect(pictures).to_contain_text("Grad-CAM")
    badges = pictures.locator(".xai-trust")
    for verdict in ("✕", "✓"):
        expect(badges.filter(has_text=verdict).last).to_be_visible(timeout=90_000)
    pictures.scroll_into_view_if_needed()
    screenshot(page, f"gallery-voila-saliency-{theme}")


@pytest.mark.parametrize(("width", "zoom"), [(360, 1), (1280, 2)])
def test_narrow_and_magnified(voila, screenshot, width, zoom):
    page = voila.open([SETUP, LIVE])
    page.set_viewport_size({"width": width, "height": 800})
    page.evaluate(f"document.body.style.zoom = {zoom}")
    widget = page.locator(".xai")
    expect(widget.locator(".xai-state")).to_have_attribute("data-state", "done", timeout=30_000)
    page.wait_for_timeout(300)
    assert widget.evaluate("e => e.scrollWidth <= e.clientWidth + 1"), "the widget is wider than its cell"
    screenshot(page, f"highlight-{width}-{zoom}x")
