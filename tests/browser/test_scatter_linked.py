"""EmbeddingScatter in a real JupyterLab beside what follows it: pictures, a histogram, a text's highlight, bars."""

import numpy as np
import pytest
from harness import scatter
from harness.jupyter_page import ask, output
from harness.scatter import (
    colours_at,
    dot_of,
    drag,
    hover,
    on_page,
    places,
    press,
    rest,
    settle,
)
from playwright.sync_api import expect

SETUP = """
import numpy as np
import torch
torch.set_num_threads(1)
import xaiwidgets as xw
from xaiwidgets import samples
rows, columns = np.divmod(np.arange(32), 8)
flat = np.stack([columns, rows], 1)
"""
# Each picture is of one colour; two of them are none.
PICTURES = """
pictures = [np.full((8, 12, 3), (number * 8, 255 - number * 8, 40), dtype=np.uint8) for number in range(32)]
pictures[1], pictures[2] = "gone.png", np.full((8, 8), 300.0)
pictured = xw.EmbeddingScatter(flat, projection=None, images=pictures)
pictured
"""
BESIDE = """
spread = np.random.default_rng(0).normal(size=(32, 6))
numbers = xw.EmbeddingScatter(spread, colors={"age": np.arange(32) ** 2 / 10.0})
numbers
"""
HISTOGRAM = "numbers.histogram('age')"
LINES = """
lines = ["The cat sleeps on the sofa.", "Stocks fell sharply today.", "She bakes bread every morning."]
said = xw.EmbeddingScatter(np.array([[0, 0], [4, 1], [8, 0]]), projection=None, texts=lines)
said
"""
WHY = """
why = xw.TokenHighlight(samples.sentiment(), "Nothing yet.", method="occlusion")
heads = xw.AttentionGrid(samples.sentiment(), "Nothing yet.")
xw.link(said, why, heads)
why
"""
HEADS = "heads"
# Of a linear model it is known what each column adds.
TABLE = """
weights = np.array([3.0, -2.0, 0.5])
table = np.random.default_rng(1).normal(size=(32, 3))
cellar = xw.EmbeddingScatter(table, ids=[f"w{number}" for number in range(32)])
model = xw.TabularModel(lambda X: X @ weights, table, ["acid", "sugar", "age"])
bars = xw.FeatureBars(xw.Averaged(model, "permutation_shap"), table)
xw.link(cellar, bars)
cellar
"""
BARS = "bars"
TWENTY = """
import ipywidgets
twenty = [xw.EmbeddingScatter(
    flat, projection=None, labels=rows, texts=[f"{number}: {point}" for point in range(32)]) for number in range(20)]
ipywidgets.GridBox(twenty, layout={"grid_template_columns": "repeat(4, minmax(0, 1fr))"})
"""
CELLS = {"pictured": 1, "numbers": 2, "said": 4, "cellar": 7}
SOURCES = [SETUP, PICTURES, BESIDE, HISTOGRAM, LINES, WHY, HEADS, TABLE, BARS, TWENTY]
PLACES = [(number % 8, number // 8) for number in range(32)]

# Red, green and blue in the middle of a canvas, and how wide and high it is drawn.
PICTURE = """canvas => {
    const { width, height } = canvas.getBoundingClientRect();
    const pixel = canvas.getContext("2d").getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data;
    return { colour: [...pixel].slice(0, 3), width, height };
}"""


@pytest.fixture(scope="module")
def page(lab):
    page = lab.open(SOURCES)
    page.emulate_media(reduced_motion="reduce")
    for name in CELLS:
        settle(page, name)
    return page


def widget_of(page, name):
    widget = output(page, CELLS[name]).locator(".xai").first
    widget.scroll_into_view_if_needed()
    rest(widget)
    return widget


def test_a_tip_shows_a_points_picture_or_why_there_is_none(page, screenshot):
    widget = widget_of(page, "pictured")
    spots = places(widget, PLACES)
    for point in (9, 20):
        picture = hover(widget, spots[point]).locator("canvas")
        expect(picture).to_be_visible()
        seen = picture.evaluate(PICTURE)
        assert seen["colour"] == [point * 8, 255 - point * 8, 40]
        assert seen["width"] == pytest.approx(1.5 * seen["height"], abs=1)
        assert seen["width"] >= 60
    page.mouse.click(*on_page(widget, spots[20]))
    beside = widget.locator(".xai-side canvas")
    expect(beside).to_be_visible()
    rest(widget)
    # What is shown in two places is in both of them.
    tip = hover(widget, places(widget, PLACES)[20])
    expect(tip.locator("canvas")).to_be_visible()
    expect(beside).to_be_visible()
    assert beside.evaluate(PICTURE)["colour"] == [160, 95, 40]
    screenshot(page, "scatter-pictures")
    press(widget, "Escape")
    spots = places(widget, PLACES)
    expect(hover(widget, spots[1])).to_contain_text(
        "images[1] cannot be shown: 'gone.png' cannot be read (no such file)"
    )
    expect(hover(widget, spots[2])).to_contain_text("The picture's values go from 300 to 300; give uint8 from 0 to 255")
    assert widget.get_by_role("tooltip").locator("canvas").count() == 0
    screenshot(page, "scatter-pictures-bad")


def count_of(widget):
    return widget.get_by_role("status").filter(has_text="selected")


def test_a_brush_over_a_histogram_filters_the_points(page, screenshot):
    widget = widget_of(page, "numbers")
    plane = output(page, CELLS["numbers"] + 1).locator(".plotarea_background").first
    plane.scroll_into_view_if_needed()
    box = plane.bounding_box()

    def brush(*parts):
        x, y = (box["x"] + part * box["width"] for part in parts), box["y"] + box["height"] / 2
        page.mouse.move(next(x), y)
        page.mouse.down()
        for one in x:
            page.mouse.move(one, y, steps=4)
        page.mouse.up()
        settle(page, "numbers")

    # The bars reach from the least number, 0, to the largest, 96.1, and nobody brushes to the pixel.
    brush(0.3, 0.62)
    chosen = ask(page, "numbers.selected.tolist()")
    ages = np.arange(32) ** 2 / 10
    sure = np.flatnonzero((ages > 0.36 * 96.1) & (ages < 0.56 * 96.1)).tolist()
    perhaps = np.flatnonzero((ages > 0.24 * 96.1) & (ages < 0.68 * 96.1)).tolist()
    assert set(sure) <= set(chosen) <= set(perhaps)
    assert len(chosen) > 3
    expect(count_of(widget)).to_have_text(f"{len(chosen)} of 32 selected")
    rest(widget)
    screenshot(page, "scatter-histogram")
    positions = ask(page, "numbers.positions.tolist()")
    full = [alpha > 150 for *_, alpha in colours_at(widget, places(widget, positions))]
    assert [one for one in range(32) if full[one]] == chosen
    # Who selects elsewhere takes the brush away.
    scatter.write(page, "numbers", selected=[0])
    assert ask(page, "numbers.selected.tolist()") == [0]
    brush(0.1, 0.9)
    expect(count_of(widget)).not_to_have_text("1 of 32 selected")
    brush(0.95)
    assert ask(page, "numbers.selected.tolist()") == []
    rest(widget)
    assert all(alpha > 150 for *_, alpha in colours_at(widget, places(widget, positions)))


def test_a_chosen_point_is_the_text_of_linked_widgets(page, screenshot):
    widget = widget_of(page, "said")
    spots = places(widget, [(0, 0), (4, 1), (8, 0)])
    why, heads = output(page, CELLS["said"] + 1), output(page, CELLS["said"] + 2)
    for point, words in ((1, ["Stocks", "fell"]), (2, ["every", "bread"])):
        widget.scroll_into_view_if_needed()
        page.mouse.click(*on_page(widget, spots[point]))
        for word in words:
            expect(why.locator(".xai-w", has_text=word).first).to_be_visible()
            expect(heads.locator(".xai-strip .xai-w", has_text=word).first).to_be_attached()
        settle(page, "said")
        assert ask(page, "[said.point, why.text == lines[said.point], heads.text == lines[said.point]]") == [
            *[point, True],
            True,
        ]
        press(widget, "Escape")
        rest(widget)
        spots = places(widget, [(0, 0), (4, 1), (8, 0)])
    screenshot(page, "scatter-linked")


def test_bars_show_the_mean_of_what_a_lasso_holds(page, screenshot):
    widget = widget_of(page, "cellar")
    positions = ask(page, "cellar.positions.tolist()")
    spots = np.array(places(widget, positions))
    # The three that lie to the left of the others.
    left = spots[:, 0].argsort()[:3]
    low, high = spots[left].min(0) - 14, spots[left].max(0) + 14
    inside = np.flatnonzero(((spots > low) & (spots < high)).all(1)).tolist()
    page.keyboard.press("Shift")
    page.keyboard.down("Shift")
    corners = [low, (high[0], low[1]), high, (low[0], high[1]), low + np.array([0, 8])]
    drag(widget, *[tuple(map(float, corner)) for corner in corners])
    page.keyboard.up("Shift")
    expect(count_of(widget)).to_have_text(f"{len(inside)} of 32 selected")
    bars = output(page, CELLS["cellar"] + 1)
    expect(bars).to_contain_text(f"mean |contribution| over {len(inside)} inputs")
    settle(page, "cellar")
    # The notebook did not take the press with Shift for the end of a choice of cells.
    assert page.evaluate("window.jupyterapp.shell.currentWidget.content.selectedCells.length") == 1
    assert ask(page, "cellar.selected.tolist()") == [f"w{one}" for one in inside]
    told = ask(page, "[list(bars._bars.x), bars._bars.y.tolist()]", first="bars._live.job.result()")
    mean = ask(page, f"np.abs((table[{inside}] - table.mean(0)) * weights).mean(0).tolist()")
    assert dict(zip(*told, strict=True)) == pytest.approx(dict(zip(["acid", "sugar", "age"], mean, strict=True)))
    longest = sorted(mean)[::-1]
    bars.scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    wide = sorted(bars.locator("rect.bar").evaluate_all("all => all.map(one => one.width.baseVal.value)"))[::-1]
    assert np.array(wide) / wide[0] == pytest.approx(np.array(longest) / longest[0], abs=0.02)
    screenshot(page, "scatter-bars")
    press(widget, "Escape", "Escape")
    expect(bars).to_contain_text("mean |contribution| over 32 inputs")


def test_twenty_scatters_are_all_there(page, seen, screenshot):
    before = page.viewport_size
    page.set_viewport_size({"width": 1700, "height": 3400})
    try:
        widgets = output(page, len(SOURCES) - 1).locator(".xai-scatter")
        expect(widgets).to_have_count(20)
        for widget in widgets.all():
            # What is out of view is painted when it is seen.
            widget.scroll_into_view_if_needed()
            rest(widget)
            for _ in range(20):
                colours = colours_at(widget, places(widget, PLACES))
                dots = [dot_of(widget, str(row)) for _, row in PLACES]
                off = np.abs(np.subtract([colour[:3] for colour in colours], dots)).max()
                if off < 12:
                    break
                # Many that come into view at once are painted one after the other.
                rest(widget)
            assert off < 12
            assert all(alpha > 150 for *_, alpha in colours)
        for number, widget in ((0, widgets.first), (19, widgets.last)):
            widget.scroll_into_view_if_needed()
            # A notebook that lays so many out anew moves them away from under the hand.
            for _ in range(5):
                rest(widget)
                tip = hover(widget, places(widget, PLACES)[9])
                page.wait_for_timeout(200)
                if tip.is_visible():
                    break
            expect(tip).to_contain_text(f"{number}: 9")
        screenshot(page, "scatter-twenty")
        assert not [text for text in seen.errors_of(page) if "context" in text.lower() or "xai" in text.lower()]
    finally:
        page.set_viewport_size(before)
