"""EmbeddingScatter in a real JupyterLab: what a person sees and does, and what reaches Python."""

import json
import re
import time
import xml.etree.ElementTree as ET
from itertools import pairwise

import numpy as np
import pytest
from harness import jupyter_page, scatter
from harness.jupyter_host import DARK, LIGHT
from harness.jupyter_page import ask, output
from harness.scatter import (
    cloud_of,
    colours_at,
    dot_of,
    drag,
    fingerprint,
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
from playwright.sync_api import expect

SETUP = """
import numpy as np
import torch
torch.set_num_threads(1)
import xaiwidgets as xw
from sklearn.datasets import load_digits
from sklearn.manifold import trustworthiness
from xaiwidgets import samples
from xaiwidgets.widgets.array import wire
"""
# Eight columns and four rows, told apart by three categories.
FLAT = """
rows, columns = np.divmod(np.arange(32), 8)
flat = xw.EmbeddingScatter(
    np.stack([columns, rows], 1), projection=None, ids=[f"p{i}" for i in range(32)],
    texts=[f"row {row}, column {column}" for row, column in zip(rows, columns)],
    labels=["ABC"[(row + column) % 3] for row, column in zip(rows, columns)])
flat
"""
DIGITS = """
X, digit = (part[:1000] for part in load_digits(return_X_y=True))
digits = xw.EmbeddingScatter(X, labels=digit, texts=[f"a {one}" for one in digit])
digits
"""
SENTENCES = """
lines = ["The cat sleeps on the sofa.", "A kitten naps on a couch.", "Stocks fell sharply today.",
         "The market lost three percent.", "She bakes bread every morning.", "He makes fresh rolls at dawn.",
         "The rocket reached orbit.", "A satellite was launched.", "Rain is expected tomorrow.", "It will be dry."]
said = xw.EmbeddingScatter(samples.minilm(), lines)
said
"""
CELLS = {"flat": 1, "digits": 2, "said": 3}
PLACES = [(number % 8, number // 8) for number in range(32)]
# Nothing stands over these.
SEEN = [number for number in range(32) if number % 8 < 5]


@pytest.fixture(scope="module")
def page(lab):
    page = lab.open([SETUP, FLAT, DIGITS, SENTENCES])
    # No picture glides to the next, so that nothing need be waited for.
    page.emulate_media(reduced_motion="reduce")
    settle(page, "said")
    return page


def reset(page, name, **traits):
    """The scatter as it began, but for these traits."""
    scatter.write(page, name, **(scatter.AS_IT_WAS | traits))
    widget = widget_of(page, name)
    widget.get_by_role("button", name="Show all (0)").click()
    widget.get_by_role("button", name="Drag moves the view").click()
    page.mouse.move(0, 0)
    rest(widget)
    return widget


def widget_of(page, name):
    return output(page, CELLS[name]).locator(".xai").first


def digit_alone(page, widget):
    """A digit that has no other digit near it in the picture, and where it is drawn."""
    positions = np.array(ask(page, "digits.positions.tolist()"))
    spots = np.array(places(widget, positions.tolist()))
    apart = np.linalg.norm(spots[:, None] - spots, axis=-1)
    np.fill_diagonal(apart, np.inf)
    width, height = (cloud_of(widget).bounding_box()[side] for side in ("width", "height"))
    free = (np.abs(spots[:, 1] - height / 2) < height / 2 - 60) & (np.abs(spots[:, 0] - width / 2) < width / 2 - 30)
    chosen = int(np.where(free, apart.min(1), 0).argmax())
    return chosen, positions, spots.tolist()


def test_points_are_painted_where_they_lie_in_their_categories_colours(page, screenshot):
    widget = reset(page, "flat")
    spots = places(widget, PLACES)
    dots = [dot_of(widget, "ABC"[sum(place) % 3]) for place in PLACES]
    for colour, dot in zip(colours_at(widget, spots), dots, strict=True):
        assert colour[3] > 150
        assert np.abs(np.subtract(colour[:3], dot)).max() < 12
    between = [((x + other) / 2, y) for (x, y), (other, _) in pairwise(spots) if other > x]
    assert all(alpha == 0 for *_, alpha in colours_at(widget, between))
    screenshot(page, "scatter-lab-flat")


def test_keys_buttons_and_drags_move_the_view(page):
    widget = reset(page, "flat")
    whole = painted(widget)
    press(widget, "-")
    smaller = painted(widget)
    assert smaller.width == pytest.approx(whole.width / 1.5, abs=12)
    # Arrows with Shift move the view, so the points go the other way.
    press(widget, "Shift+ArrowRight", "Shift+ArrowUp")
    moved = painted(widget)
    assert (moved.left - smaller.left, moved.top - smaller.top) == pytest.approx((-48, 48), abs=2)
    press(widget, "0")
    assert painted(widget) == whole
    widget.get_by_role("button", name="Zoom out (−)").click()
    rest(widget)
    smaller = painted(widget)
    assert smaller.width == pytest.approx(whole.width / 1.6, abs=12)
    x, y = smaller.middle
    drag(widget, (x + 20, y + 20), (x + 80, y - 10))
    rest(widget)
    assert painted(widget).middle == pytest.approx((x + 60, y - 30), abs=2)
    widget.get_by_role("button", name="Zoom in (+)").click()
    rest(widget)
    assert painted(widget).width > smaller.width


def test_arrow_keys_walk_from_point_to_point_and_enter_chooses(page):
    widget = reset(page, "flat")
    page.keyboard.press("Shift")
    press(widget, "ArrowLeft")
    looked = cloud_of(widget).get_by_role("option")
    row, column = map(int, re.findall(r"\d+", looked.get_attribute("aria-label"))[:2])
    press(widget, "ArrowRight")
    expect(looked).to_have_attribute("aria-label", re.compile(f"^row {row}, column {column + 1}, "))
    press(widget, "ArrowDown")
    expect(looked).to_have_attribute("aria-label", re.compile(f"^row {row - 1}, column {column + 1}, "))
    expect(widget.get_by_role("tooltip")).to_contain_text(f"row {row - 1}, column {column + 1}")
    press(widget, "Enter")
    settle(page, "flat")
    assert ask(page, "flat.point") == 8 * (row - 1) + column + 1
    # The notebook did not take our keys for its own commands: "b" would insert a cell.
    press(widget, "b")
    assert page.evaluate("window.jupyterapp.shell.currentWidget.content.widgets.length") == 1 + len(CELLS)


def test_the_tip_names_a_point_and_a_click_shows_its_true_neighbours(page, screenshot):
    widget = reset(page, "digits")
    chosen, positions, spots = digit_alone(page, widget)
    name = ask(page, f"str(digit[{chosen}])")
    tip = hover(widget, spots[chosen])
    expect(tip).to_contain_text(f"a {name}")
    expect(tip).to_contain_text(f"Point {chosen}")
    page.mouse.click(*on_page(widget, spots[chosen]))
    true = listed(widget, "Nearest in the data")
    settle(page, "digits")
    assert ask(page, "digits.point") == chosen
    # By whole numbers, where several may be as far.
    squares = ask(page, f"((X - X[{chosen}]) ** 2).sum(1).astype(int).tolist()")
    assert len(set(true) - {chosen}) == 15
    assert [squares[one] for one in true] == sorted(squares)[1:16]
    first = widget.get_by_role("list", name="Nearest in the data").get_by_role("button").first
    expect(first).to_contain_text(f"{squares[true[0]] ** 0.5:.1f}"[:4])
    near = np.linalg.norm(positions - positions[chosen], axis=1).argsort(kind="stable")[1:16].tolist()
    false = listed(widget, "Near only in the picture")
    assert sorted(false) == sorted(set(near) - set(true))
    # The list has taken room from the picture.
    rest(widget)
    spots = places(widget, positions.tolist())
    assert all(marked(widget, spots[one], "--xai-warn") for one in false)
    assert all(marked(widget, spots[one], "--xai-ink") for one in true)
    page.mouse.move(0, 0)
    screenshot(page, "scatter-lab-neighbours")
    first.click()
    settle(page, "digits")
    assert ask(page, "digits.point") == true[0]
    widget.get_by_role("button", name="Close").click()
    expect(widget.get_by_role("list", name="Nearest in the data")).to_be_hidden()
    settle(page, "digits")
    assert ask(page, "digits.point") is None


def test_box_lasso_and_clicks_reach_python_as_ids_and_its_own_choice_is_seen(page, screenshot):
    widget = reset(page, "flat")
    spots = places(widget, PLACES)
    (left, top), (right, bottom) = spots[17], spots[10]
    widget.get_by_role("button", name="Drag selects with a box").click()
    drag(widget, (left - 20, top - 20), (right + 20, bottom + 20))
    count = widget.get_by_role("status").filter(has_text="selected")
    expect(count).to_have_text("4 of 32 selected")
    settle(page, "flat")
    assert ask(page, "flat.selected.tolist()") == ["p9", "p10", "p17", "p18"]
    screenshot(page, "scatter-lab-selected")
    widget.get_by_role("button", name="Drag moves the view").click()
    page.keyboard.down("Control")
    page.mouse.click(*on_page(widget, spots[12]))
    page.keyboard.up("Control")
    expect(count).to_have_text("5 of 32 selected")
    press(widget, "Escape", "Escape")
    settle(page, "flat")
    assert ask(page, "flat.selected.tolist()") == []
    spots = places(widget, PLACES)
    page.keyboard.down("Shift")
    around = [(-20, -20), (20, -20), (20, 20), (-20, 20), (-20, -10)]
    drag(widget, *[(spots[11][0] + x, spots[11][1] + y) for x, y in around])
    page.keyboard.up("Shift")
    expect(count).to_have_text("1 of 32 selected")
    settle(page, "flat")
    assert ask(page, "flat.selected.tolist()") == ["p11"]
    scatter.write(page, "flat", selected=["p30", "p3"])
    expect(count).to_have_text("2 of 32 selected")
    assert listed(widget, "Selected points") == [3, 30]
    faint, full = colours_at(widget, [places(widget, PLACES)[one] for one in (2, 3)])
    assert full[3] > faint[3] + 50 or sum(full[:3]) < sum(faint[:3]) - 50


def test_the_legend_filters_and_what_is_hidden_cannot_be_chosen(page):
    widget = reset(page, "flat")
    spots = places(widget, PLACES)
    key_of(widget, "B").click()
    expect(key_of(widget, "B")).to_have_attribute("aria-pressed", "false")
    rest(widget)
    gone = [sum(place) % 3 == 1 for place in PLACES]
    assert [colour[3] == 0 for colour in colours_at(widget, spots)] == gone
    expect(hover(widget, spots[1])).to_be_hidden()
    expect(hover(widget, spots[2])).to_contain_text("row 0, column 2")
    settle(page, "flat")
    assert ask(page, "flat.hidden") == [1]
    key_of(widget, "C").click(modifiers=["Shift"])
    settle(page, "flat")
    assert sorted(ask(page, "flat.hidden")) == [0, 1]
    widget.get_by_role("button", name="Show all", exact=True).click()
    rest(widget)
    assert all(colour[3] > 150 for colour in colours_at(widget, spots))


def test_search_marks_counts_and_selects(page):
    widget = reset(page, "flat")
    field = widget.get_by_role("searchbox", name="Find points")
    field.fill("row 2")
    expect(widget.get_by_role("status").filter(has_text="found")).to_have_text("8 found")
    rest(widget)
    spots = places(widget, PLACES)
    assert [marked(widget, spots[one], "--xai-ink") for one in SEEN] == [one // 8 == 2 for one in SEEN]
    widget.get_by_role("button", name="Select them").click()
    settle(page, "flat")
    assert ask(page, "[flat.search, flat.selected.tolist()]") == ["row 2", [f"p{one}" for one in range(16, 24)]]
    field.fill("nowhere")
    expect(widget.get_by_role("status").filter(has_text="found")).to_have_text("0 found")
    field.press("Escape")
    expect(field).to_have_value("")


def test_tsne_moves_while_it_runs_stops_goes_on_and_says_how_far_to_trust_it(page, screenshot):
    widget = reset(page, "digits")
    state, readout = widget.locator(".xai-state"), widget.locator(".xai-readout")
    widget.get_by_label("Projection").select_option("tsne")
    expect(readout).to_have_text(re.compile(r"iteration [1-9]\d* of \d+"))
    pictures = {fingerprint(widget)}
    while state.get_attribute("data-state") == "running" and len(pictures) < 4:
        pictures.add(fingerprint(widget))
    assert len(pictures) == 4
    widget.get_by_role("button", name="Stop").click()
    expect(state).to_have_attribute("data-state", "stopped")
    # The stopped picture is measured, and names make room for what is said of it.
    settle(page, "digits")
    page.wait_for_timeout(700)
    stopped = readout.inner_text()
    still = fingerprint(widget)
    screenshot(page, "scatter-lab-tsne-stopped")
    page.wait_for_timeout(300)
    assert (readout.inner_text(), fingerprint(widget)) == (stopped, still)
    widget.get_by_role("button", name="Resume").click()
    expect(readout).not_to_have_text(stopped)
    settle(page, "digits")
    assert fingerprint(widget) != still
    expect(readout).to_have_text(re.compile(r"\d+ iterations · KL \d\.\d+"))
    believed = ask(page, "float(trustworthiness(X, digits.positions, n_neighbors=15))")
    badge = widget.locator(".xai-badge")
    expect(badge).to_contain_text(f"trustworthiness {believed:.2f}".replace(" 0.", " ."))
    badge.click()
    expect(widget.get_by_role("note")).to_contain_text("Euclidean, k = 15")
    screenshot(page, "scatter-lab-tsne")
    badge.press("Escape")
    reset(page, "digits", projection="pca")


def test_a_hand_turns_what_has_depth(page, screenshot):
    widget = reset(page, "digits")
    flat = fingerprint(widget)
    widget.get_by_role("button", name="3D").click()
    settle(page, "digits")
    rest(widget)
    assert ask(page, "digits.positions.shape") == [1000, 3]
    deep = fingerprint(widget)
    assert deep != flat
    # Nothing that stands over the cloud is over a point.
    frame, cloud = cloud_of(widget).bounding_box(), painted(widget)
    badge, tools = (widget.locator(one).bounding_box() for one in (".xai-badge", ".xai-plot-tools"))
    assert badge["y"] + badge["height"] - frame["y"] < cloud.top < cloud.bottom < tools["y"] - frame["y"] + 2
    expect(widget.get_by_role("button", name="Drag turns the cloud")).to_be_visible()
    x, y = painted(widget).middle
    drag(widget, (x, y), (x + 90, y + 40))
    rest(widget)
    turned = fingerprint(widget)
    assert turned != deep
    press(widget, "Shift+ArrowLeft")
    assert fingerprint(widget) != turned
    screenshot(page, "scatter-lab-deep")
    press(widget, "0")
    assert fingerprint(widget) == deep
    widget.get_by_role("button", name="2D").click()
    settle(page, "digits")
    assert fingerprint(reset(page, "digits")) == flat


def test_distortion_is_a_colour(page, screenshot):
    widget = reset(page, "digits")
    widget.get_by_label("Colour").select_option("distortion")
    settle(page, "digits")
    distortion = np.array(ask(page, "digits.distortion.astype(float).tolist()"))
    ticks = widget.locator(".xai-scale-ticks span").all_inner_texts()
    assert [float(ticks[0]), float(ticks[2])] == pytest.approx([distortion.min(), distortion.max()], abs=0.01)
    chosen, _, spots = digit_alone(page, widget)
    tip = hover(widget, spots[chosen]).inner_text()
    said = float(re.search(r"Distortion ([\d.]+)", tip)[1])
    assert said == pytest.approx(distortion[chosen], abs=0.01)
    screenshot(page, "scatter-lab-distortion")
    # As of a picture that is not measured yet, and then is.
    ask(page, "0", first="known = digits._colours\ndigits._colours = {**known, 'codes': wire([255] * 1000, 'uint8')}")
    unknown = widget.locator(".xai-ramp").get_by_text("not known")
    expect(unknown).to_be_visible()
    ask(page, "0", first="digits._colours = known")
    expect(unknown).to_be_hidden()
    scatter.write(page, "digits", color_by="labels")


def test_a_sentence_is_dropped_in_near_its_twin(page, screenshot):
    widget = reset(page, "said")
    field = widget.get_by_label("Drop in a text")
    field.fill("A cat is asleep on the sofa.")
    field.press("Enter")
    near = listed(widget, "Its nearest in the data")
    assert near[:2] == [0, 1]
    settle(page, "said")
    assert ask(page, "said.drop") == "A cat is asleep on the sofa."
    page.wait_for_timeout(800)
    spots = np.array(places(widget, ask(page, "said.positions.tolist()")))
    # The star has the accent's colour; it lies where its own numbers say, nearest to its twins.
    x, y = ask(page, "said._dropped['position']")
    low, high = np.array(ask(page, "[said.positions.min(0).tolist(), said.positions.max(0).tolist()]"))
    place = (low + high) / 2 + np.array([x, y]) * (high - low).max() / 2
    star = places(widget, [*ask(page, "said.positions.tolist()"), place.tolist()])[-1]
    assert marked(widget, star, "--xai-accent")
    assert set(np.linalg.norm(spots - star, axis=1).argsort()[:2]) == {0, 1}
    screenshot(page, "scatter-lab-dropped")
    widget.get_by_role("button", name="Take it away").click()
    expect(widget.get_by_role("list", name="Its nearest in the data")).to_be_hidden()


def test_a_slider_walks_through_the_layers_and_points_glide(page, screenshot):
    widget = reset(page, "said")
    last = fingerprint(widget)
    slider = widget.get_by_role("slider", name="Layer")
    names = ask(page, "said._layers")
    expect(slider).to_have_attribute("aria-valuetext", names[-1])
    scatter.write(page, "said", selected=[0, 6])
    slider.press("ArrowLeft")
    slider.press("ArrowLeft")
    expect(slider).to_have_attribute("aria-valuetext", names[-3])
    settle(page, "said")
    assert ask(page, "said.layer") == len(names) - 3
    assert fingerprint(widget) != last
    screenshot(page, "scatter-lab-layers")
    page.emulate_media(reduced_motion="no-preference")
    # A loaded machine may see few pictures of one glide, so the way is walked again.
    for _ in range(10):
        slider.press("Home")
        settle(page, "said")
        pictures = set()
        slider.press("End")
        until = time.monotonic() + 3
        while len(pictures) < 4 and time.monotonic() < until:
            pictures.add(fingerprint(widget))
        settle(page, "said")
        if len(pictures) >= 4:
            break
    assert len(pictures) >= 4
    page.emulate_media(reduced_motion="reduce")
    expect(slider).to_have_attribute("aria-valuetext", names[-1])
    assert fingerprint(reset(page, "said")) == last


@pytest.mark.parametrize("kind", ["SVG", "PNG"])
def test_a_picture_is_saved(page, kind, tmp_path):
    widget = reset(page, "flat")
    with page.expect_download() as download:
        widget.get_by_role("button", name=f"Save as {kind}").click()
    path = tmp_path / "picture"
    download.value.save_as(path)
    assert download.value.suggested_filename.endswith(kind.lower())
    data = path.read_bytes()
    if kind == "SVG":
        drawing = ET.fromstring(data)
        texts = {"".join(one.itertext()) for one in drawing.iter("{http://www.w3.org/2000/svg}text")}
        assert {"A", "B", "C", "row 1, column 3"} <= texts
    else:
        assert data.startswith(b"\x89PNG")
        # As wide as a paper's page, at 300 dots an inch.
        assert int.from_bytes(data[16:20]) > 1900


def test_selected_points_are_copied_as_a_table(page):
    widget = reset(page, "flat", selected=["p3", "p30"])
    widget.get_by_role("button", name=re.compile("Copy the selected points")).first.click()
    page.wait_for_timeout(200)
    header, *rows = (line.split("\t") for line in page.evaluate("navigator.clipboard.readText()").splitlines())
    assert header[:2] == ["point", "text"]
    assert rows == [["3", "row 0, column 3", "A"], ["30", "row 3, column 6", "A"]]


def test_the_picture_takes_the_colours_of_a_dark_theme(page, screenshot):
    widget = reset(page, "flat")
    light = dot_of(widget, "A")
    jupyter_page.set_theme(page, DARK)
    try:
        page.wait_for_timeout(400)
        assert dot_of(widget, "A") != light
        spots = places(widget, PLACES)
        for spot, place in zip(spots, PLACES, strict=True):
            (colour,) = colours_at(widget, [spot])
            assert np.abs(np.subtract(colour[:3], dot_of(widget, "ABC"[sum(place) % 3]))).max() < 12
        screenshot(page, "scatter-lab-dark")
        widget_of(page, "digits")
        page.wait_for_timeout(400)
        screenshot(page, "scatter-lab-dark-digits")
    finally:
        jupyter_page.set_theme(page, LIGHT)


def test_a_restart_says_so_and_a_saved_notebook_shows_the_picture(lab, page, screenshot):
    """The last of the module: it leaves no kernel to ask."""
    widget = reset(page, "flat")
    spots = places(widget, PLACES)
    colours = colours_at(widget, spots)
    page.wait_for_timeout(500)
    jupyter_page.save(page)
    jupyter_page.restart_kernel(page)
    widget = widget_of(page, "flat")
    expect(widget.get_by_role("alert").filter(has_text="run the cell again")).to_be_visible()
    rest(widget)
    assert colours_at(widget, places(widget, PLACES)) == colours
    expect(hover(widget, places(widget, PLACES)[25])).to_contain_text("row 3, column 1")
    expect(widget.get_by_label("Projection")).to_be_disabled()
    screenshot(page, "scatter-restarted")

    name = lab.name_of(page)
    assert "row 3, column 7" in json.dumps(json.loads((lab.server.folder / name).read_text())["metadata"]["widgets"])
    again = lab.open_saved(name)
    widget = widget_of(again, "flat")
    expect(key_of(widget, "C")).to_be_visible()
    again.wait_for_timeout(500)
    assert colours_at(widget, places(widget, PLACES)) == colours
    screenshot(again, "scatter-reopened")
