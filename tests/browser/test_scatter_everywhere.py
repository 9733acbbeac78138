"""EmbeddingScatter elsewhere: exported, in Voilà, narrow, in Chinese, with hostile texts, with WebGL and without."""

import io
import re

import numpy as np
import pytest
from harness import chromium
from harness.jupyter_page import ask, output
from harness.scatter import (
    cloud_of,
    colours_at,
    dot_of,
    drag,
    hover,
    key_of,
    listed,
    marked,
    on_page,
    painted,
    places,
    press,
    rest,
    settle,
)
from PIL import Image
from playwright.sync_api import expect

import xaiwidgets as xw

ROWS, COLUMNS = np.divmod(np.arange(32), 8)
PLACES = list(zip(COLUMNS.tolist(), ROWS.tolist(), strict=True))
CATEGORIES = ["ABC"[(row + column) % 3] for column, row in PLACES]
# The lowest row has its categories' names over it.
UPPER = range(8, 32)
# Wide and low: nothing stands over these.
RING = [(-6, 0), (-4, 1), (-2, -1), (0, 1), (2, -1), (4, 1)]
HOSTILE = [
    "<img src=x onerror=window.hacked=1>",
    "</script><script>window.hacked=1</script>",
    "javascript:window.hacked=1",
    "a\nb\tc",
    "😀 你好 مرحبا",
    "w" * 5000,
]
LIVE = """
import numpy as np
import torch
torch.set_num_threads(1)
import xaiwidgets as xw
X = np.random.default_rng(0).normal(size=(60, 6))
texts = [f"number {i} of sixty points that have long names" for i in range(60)]
xw.EmbeddingScatter(X, labels=np.arange(60) % 3, texts=texts)
"""
# So many that their pictures are in several files.
GRID = np.stack(np.divmod(np.arange(140), 14)[::-1], axis=1)
TIP_PIXELS = """tip => {
    const canvas = tip.querySelector("canvas");
    const { width, height } = canvas;
    return [width, height, ...canvas.getContext("2d").getImageData(0, 0, width, height).data];
}"""
# Three crowds, far from each other.
CROWDS = """
X = np.random.default_rng(0).normal(size=(90, 6)) + 20 * np.eye(6)[np.arange(90) % 3]
crowds = xw.EmbeddingScatter(X, labels=np.arange(90) % 3, texts=[f"row {number}" for number in range(90)])
crowds
"""
# A page that thinks its software renderer is a graphics card, as it would be drawn with there.
PRETEND = """
const ask = WebGL2RenderingContext.prototype.getParameter;
WebGL2RenderingContext.prototype.getParameter = function (name) {
    const answer = ask.call(this, name);
    return typeof answer === "string" && /swiftshader|llvmpipe/i.test(answer) ? "NVIDIA GeForce RTX 3060" : answer;
};
"""
# So much room that all of twenty scatters are in view at once.
WIDE = {"width": 1600, "height": 2800}
BESIDE_EACH_OTHER = "main { max-width: none; display: grid; grid-template-columns: repeat(5, minmax(0, 1fr)) }"
KIND = "cloud => cloud.querySelector('canvas').getContext('2d') ? 'raster' : 'gpu'"
LOSE = "cloud => cloud.querySelector('canvas').getContext('webgl2').getExtension('WEBGL_lose_context').loseContext()"
HAS_WEBGL = "document.createElement('canvas').getContext('webgl2') !== null"
SOFTWARE = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]


def flat(**options):
    texts = [f"row {row}, column {column}" for column, row in PLACES]
    return xw.EmbeddingScatter(np.array(PLACES), projection=None, **({"texts": texts, "labels": CATEGORIES} | options))


def grid_pictures():
    """One for each point of `GRID`, no two alike, of so few colours that they travel as they are."""
    return 255 * np.random.default_rng(0).integers(0, 2, (len(GRID), 6, 8, 3), dtype=np.uint8)


def some_pictures(path):
    """A page that has no room for all of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("xaiwidgets.widgets.scatter_thumbnails.BUDGET", 2500)
        return xw.EmbeddingScatter(GRID, projection=None, images=grid_pictures(), language="zh").to_html(path)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    folder = tmp_path_factory.mktemp("export")
    scatter, other = flat(), flat(labels=None)
    xw.link(scatter, other)
    many = [flat(texts=[f"{number}: {one}" for one in range(32)]) for number in range(20)]
    xw.link(*many)
    return {
        "twenty": many[0].to_html(folder / "twenty.html"),
        "two": scatter.to_html(folder / "two.html"),
        "one": flat().to_html(folder / "one.html"),
        "hostile": xw.EmbeddingScatter(
            np.array(RING), projection=None, texts=HOSTILE, labels=HOSTILE, colors={HOSTILE[0]: np.arange(6.0)}
        ).to_html(folder / "hostile.html"),
        "pictures": xw.EmbeddingScatter(GRID, projection=None, images=grid_pictures()).to_html(
            folder / "pictures.html"
        ),
        "some": some_pictures(folder / "some.html"),
        "chinese": xw.EmbeddingScatter(
            np.random.default_rng(0).normal(size=(12, 4)), labels=["甲", "乙", "丙"] * 4, language="zh"
        ).to_html(folder / "chinese.html"),
    }


def opened(page, path):
    page.goto(path.as_uri())
    widget = page.locator(".xai").first
    expect(widget.get_by_role("button", name="+").or_(widget.locator(".xai-plot-tools")).first).to_be_visible()
    rest(widget)
    return widget


def seen_on(page):
    """What a person sees of a page."""
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB")


def on_screen(picture, widget, spots):
    """The colours that a person sees at places of a cloud."""
    return [picture.getpixel(tuple(map(round, on_page(widget, spot)))) for spot in spots]


def as_the_legend_says(widget, colours, which=range(32)):
    """Whether points have their categories' colours; they let some of the paper through."""
    dots = {category: dot_of(widget, category) for category in "ABC"}
    return all(np.abs(np.subtract(colours[one], dots[CATEGORIES[one]])).max() < 50 for one in which)


def fits(page):
    """Whether there is nothing to scroll sideways to, in the page or in the widget."""
    return page.evaluate(
        """() => [document.scrollingElement, document.querySelector(".xai")].every(
            element => element.scrollWidth <= element.clientWidth + 1)"""
    )


def test_an_exported_file_is_looked_at_filtered_and_selected_from_offline(page, exported, screenshot, seen):
    widget = opened(page, exported["two"])
    other = page.locator(".xai-scatter").nth(1)
    spots = places(widget, PLACES)
    assert as_the_legend_says(widget, [colour[:3] for colour in colours_at(widget, spots)])
    assert not marked(other, places(other, PLACES)[25], "--xai-ink")
    expect(hover(widget, spots[25])).to_contain_text("row 3, column 1")
    rest(other)
    assert marked(other, places(other, PLACES)[25], "--xai-ink")
    widget.get_by_role("button", name="Drag selects with a box").click()
    (left, top), (right, bottom) = spots[25], spots[18]
    drag(widget, (left - 20, top - 20), (right + 20, bottom + 20))
    for one in (widget, other):
        expect(one.get_by_role("status").filter(has_text="selected")).to_have_text("4 of 32 selected")
    assert listed(widget, "Selected points") == [17, 18, 25, 26]
    screenshot(page, "scatter-exported-light")
    press(widget, "Escape", "Escape")
    key_of(widget, "B").click()
    rest(widget)
    gone = [category == "B" for category in CATEGORIES]
    assert [colour[3] == 0 for colour in colours_at(widget, spots)] == gone
    widget.get_by_role("button", name="Show all", exact=True).click()
    widget.get_by_role("searchbox").fill("row 2")
    expect(widget.get_by_role("status").filter(has_text="found")).to_have_text("8 found")
    widget.get_by_role("button", name="Drag moves the view").click()
    # Who leaves the field at once has cleared it all the same.
    widget.get_by_role("searchbox").fill("")
    page.mouse.click(*on_page(widget, spots[17]))
    rest(widget)
    expect(widget.get_by_role("searchbox")).to_have_value("")
    # Nobody is there to find what is near to a point, and nobody is asked.
    expect(widget).to_contain_text("Run the cell again to see it.")
    for name in ("Stop", "Resume", "Drop in"):
        expect(widget.get_by_role("button", name=name, exact=True)).to_be_hidden()
    page.emulate_media(color_scheme="dark")
    rest(widget)
    colours = colours_at(widget, places(widget, PLACES))
    assert as_the_legend_says(widget, [colour[:3] for colour in colours])
    screenshot(page, "scatter-exported-dark")
    assert seen.errors_of(page) == []


def test_pictures_of_points_are_in_an_exported_file(page, exported, screenshot, seen):
    widget = opened(page, exported["pictures"])
    spots = places(widget, GRID.tolist())
    for point in (14, 63, 64, 100, 139):
        tip = hover(widget, spots[point])
        expect(tip.locator("canvas")).to_be_visible()
        expect(tip).to_contain_text(f"Point {point}")
        width, height, *pixels = tip.evaluate(TIP_PIXELS)
        assert (width, height) == (8, 6)
        np.testing.assert_array_equal(np.reshape(pixels, (6, 8, 4))[..., :3], grid_pictures()[point])
    # And beside the cloud.
    page.mouse.click(*on_page(widget, spots[100]))
    expect(widget.locator(".xai-side canvas")).to_be_visible()
    screenshot(page, "scatter-exported-pictures")
    expect(widget.locator(".xai-notes")).to_be_hidden()
    assert seen.errors_of(page) == []


def test_a_page_without_room_for_all_pictures_says_of_how_many_it_has_them(page, exported, screenshot):
    widget = opened(page, exported["some"])
    there = int(re.search(r"140 个点中 (\d+) 个", widget.locator(".xai-notes").inner_text())[1])
    assert 5 < there < 100
    spots = places(widget, GRID.tolist())
    shown = 0
    for point in range(140):
        tip = hover(widget, spots[point])
        expect(tip).to_contain_text(f"点 {point}")
        page.wait_for_timeout(60)
        shown += tip.locator("canvas").count()
    assert shown == there
    screenshot(page, "scatter-exported-some-pictures")


def test_hostile_texts_are_texts(page, exported, screenshot, seen):
    widget = opened(page, exported["hostile"])
    for text in HOSTILE[:2]:
        expect(key_of(widget, text)).to_be_visible()
    told = {hover(widget, spot).inner_text().splitlines()[0] for spot in places(widget, RING)}
    assert told >= set(HOSTILE[:3])
    assert max(map(len, told)) <= 240
    widget.get_by_role("searchbox").fill("<img")
    expect(widget.get_by_role("status").filter(has_text="found")).to_have_text("1 found")
    widget.get_by_role("button", name="Select them").click()
    expect(widget.get_by_role("list", name="Selected points")).to_contain_text(HOSTILE[0])
    screenshot(page, "scatter-hostile")
    assert widget.locator("img, script").count() == 0
    assert page.evaluate("window.hacked") is None
    assert fits(page)
    assert seen.errors_of(page) == []


def test_chinese(page, exported, screenshot):
    widget = opened(page, exported["chinese"])
    expect(key_of(widget, "甲")).to_be_visible()
    expect(widget.locator(".xai-badge")).to_contain_text("可信度")
    widget.locator(".xai-badge").click()
    expect(widget.get_by_role("note")).to_contain_text("欧氏距离")
    press(widget, "ArrowRight", "Enter")
    assert not re.search(r"[A-Z]?[a-z]+ [a-z]+", widget.inner_text())
    screenshot(page, "scatter-chinese")


@pytest.mark.parametrize(
    ("flags", "drawn_by"),
    [(["--disable-gpu", "--disable-3d-apis"], "nobody"), (SOFTWARE, "software"), (SOFTWARE, "card")],
    ids=["without WebGL", "in software", "with a GPU"],
)
def test_points_are_seen_with_webgl_and_without(context, exported, screenshot, flags, drawn_by):
    others = [flag for flag in chromium.FLAGS if flag != "--disable-gpu"]
    browser = context.browser.browser_type.launch(executable_path=chromium.find(), args=[*others, *flags])
    try:
        page = browser.new_page(viewport={"width": 900, "height": 800}, reduced_motion="reduce")
        said = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        if drawn_by == "card":
            page.add_init_script(PRETEND)
        widget = opened(page, exported["one"])
        assert page.evaluate(HAS_WEBGL) == (drawn_by != "nobody")
        cloud = cloud_of(widget)
        assert cloud.evaluate(KIND) == ("gpu" if drawn_by == "card" else "raster")
        drawn = seen_on(page)
        if drawn_by == "card":
            screenshot(page, "scatter-gpu")
            cloud.evaluate(LOSE)
            rest(widget)
        spots = places(widget, PLACES)
        seen = on_screen(drawn, widget, spots)
        assert as_the_legend_says(widget, seen, UPPER)
        assert as_the_legend_says(widget, [colour[:3] for colour in colours_at(widget, spots)])
        expect(hover(widget, spots[17])).to_contain_text("row 2, column 1")
        before = painted(widget)
        press(widget, "-")
        assert painted(widget).width < before.width
        if drawn_by == "card":
            # Out of sight and back, it is drawn by the card again.
            page.evaluate("document.body.style.paddingTop = '3000px'")
            rest(widget)
            page.evaluate("document.body.style.paddingTop = ''")
            rest(widget)
            assert cloud.evaluate(KIND) == "gpu"
        if drawn_by != "software":
            page.set_viewport_size(WIDE)
            opened(page, exported["twenty"])
            page.add_style_tag(content=BESIDE_EACH_OTHER)
            every_one_of_twenty_is_seen(page, drawn_by)
        assert said == []
    finally:
        browser.close()


def every_one_of_twenty_is_seen(page, drawn_by):
    expect(page.locator(".xai-plot-tools:visible")).to_have_count(20, timeout=60_000)
    widgets = page.locator(".xai-scatter").all()
    rest(widgets[-1])
    kinds = [cloud_of(one).evaluate(KIND) for one in widgets]
    # A browser takes the first of more than sixteen contexts away, and others in the page want some, too.
    assert 0 < kinds.count("gpu") <= 12 if drawn_by == "card" else "gpu" not in kinds
    # They are as large as one another, so that their points lie at the same places.
    spots = places(widgets[kinds.index("raster")], PLACES)
    for _ in range(5):
        rest(widgets[-1])
        drawn = seen_on(page)
        unseen = [
            number
            for number, widget in enumerate(widgets)
            if not as_the_legend_says(widget, on_screen(drawn, widget, spots), UPPER)
        ]
        if not unseen:
            break
    assert unseen == []
    told = {hover(one, spots[17]).inner_text().splitlines()[0] for one in (widgets[0], widgets[-1])}
    assert len(told) == 2
    assert all(text.endswith(": 17") for text in told)


def test_notebook7_and_umap(notebook7, screenshot):
    page = notebook7.open([LIVE, CROWDS])
    page.emulate_media(reduced_motion="reduce")
    settle(page, "crowds")
    widget = output(page, 1).locator(".xai").first
    widget.scroll_into_view_if_needed()

    def spots():
        rest(widget)
        return np.array(places(widget, ask(page, "crowds.positions.tolist()")))

    def apart(found):
        crowds = [found[number::3] for number in range(3)]
        within = max(np.linalg.norm(crowd - crowd.mean(0), axis=1).max() for crowd in crowds)
        middles = [crowd.mean(0) for crowd in crowds]
        return min(np.linalg.norm(middles[a] - middles[b]) for a, b in ((0, 1), (0, 2), (1, 2))) > within

    found = spots()
    assert apart(found)
    assert all(alpha > 150 for *_, alpha in colours_at(widget, found.tolist()))
    gaps = np.linalg.norm(found[:, None] - found, axis=-1)
    np.fill_diagonal(gaps, np.inf)
    alone = int(gaps.min(1).argmax())
    expect(hover(widget, tuple(found[alone]))).to_contain_text(f"row {alone}")
    crowd = found[alone % 3 :: 3]
    (left, top), (right, bottom) = crowd.min(0) - 8, crowd.max(0) + 8
    page.keyboard.down("Shift")
    drag(widget, (left, top), (right, top), (right, bottom), (left, bottom), (left, top + 9))
    page.keyboard.up("Shift")
    expect(widget.get_by_role("status").filter(has_text="selected")).to_have_text("30 of 90 selected")
    settle(page, "crowds")
    assert ask(page, "crowds.selected.tolist()") == list(range(alone % 3, 90, 3))
    press(widget, "Escape", "Escape")
    screenshot(page, "scatter-notebook7")

    # As if umap-learn were not there.
    ask(page, "0", first="import sys\nsys.modules['umap'] = None")
    projection = widget.get_by_label("Projection")
    projection.select_option("umap")
    expect(widget.get_by_role("alert")).to_contain_text('not installed; run: pip install "xaiwidgets[umap]"')
    ask(page, "0", first="del sys.modules['umap']")
    projection.select_option("pca")
    projection.select_option("umap")
    settle(page, "crowds")
    assert ask(page, "crowds._cloud['method']") == "umap"
    expect(widget.get_by_role("alert")).to_be_hidden()
    assert apart(spots())
    expect(widget.locator(".xai-badge")).to_contain_text("trustworthiness")
    expect(widget).to_contain_text("UMAP shows nothing on its way")
    screenshot(page, "scatter-notebook7-umap")


def test_narrow_and_magnified_in_voila(voila, screenshot):
    page = voila.open([LIVE])
    page.emulate_media(reduced_motion="reduce")
    widget = page.locator(".xai")
    expect(widget.locator(".xai-badge")).to_be_visible(timeout=30_000)
    # A window 1280 pixels wide has 640 of them when the browser magnifies twice.
    for width in (640, 360):
        page.set_viewport_size({"width": width, "height": 1400})
        page.wait_for_timeout(300)
        assert fits(page), f"wider than {width} pixels"
        press(widget, "ArrowRight", "Enter")
        assert len(listed(widget, "Nearest in the data")) == 15
        page.keyboard.press("Space")
        expect(widget.get_by_role("status").filter(has_text="selected")).to_have_text("1 of 60 selected")
        rest(widget)
        assert fits(page), f"a chosen point is wider than {width} pixels"
        screenshot(page, f"scatter-{width}")
        press(widget, "Escape", "Escape", "Escape")
        expect(widget.get_by_role("status").filter(has_text="selected")).to_have_count(0)
