"""The exported file in a browser without a network."""

import re

import pytest
from playwright.sync_api import expect

import xaiwidgets as xw

# The brightness, 0 to 1, of the page and of its text, as a canvas paints them: CSS has many ways to write a colour.
BRIGHTNESS = """() => {
    const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const brightness = (colour) => {
        pen.fillStyle = colour;
        pen.fillRect(0, 0, 1, 1);
        const [red, green, blue] = pen.getImageData(0, 0, 1, 1).data;
        return (red + green + blue) / 765;
    };
    pen.fillStyle = "Canvas";
    const page = getComputedStyle(document.body).backgroundColor;
    const root = getComputedStyle(document.documentElement).backgroundColor;
    const clear = "rgba(0, 0, 0, 0)";
    const ground = page !== clear ? page : root !== clear ? root : null;
    const text = getComputedStyle(document.querySelector(".xai-w")).color;
    return [ground === null ? 1 : brightness(ground), brightness(text)];
}"""


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    from xaiwidgets import samples

    clf = samples.sentiment()
    first = xw.TokenHighlight(
        xw.explain(clf, "A gripping film, unbelievably well acted.", method="occlusion", target=1)
    )
    second = xw.TokenHighlight(xw.explain(clf, "A gripping film, unbelievably well acted.", method="saliency"))
    xw.link(first, second)
    return first.to_html(tmp_path_factory.mktemp("export") / "report.html")


@pytest.fixture
def page(page, exported):
    page.goto(exported.as_uri())
    return page


def test_it_hovers_sorts_splits_and_links_offline(page, screenshot, seen):
    expect(page.locator(".xai")).to_have_count(2)
    first, second = page.locator(".xai").first, page.locator(".xai").nth(1)
    film = re.compile("^film$")
    first.locator(".xai-w", has_text=film).hover()
    expect(first.get_by_role("tooltip")).to_contain_text("film")
    expect(second.locator(".xai-w.xai-on")).to_have_text(film)
    first.locator(".xai-w", has_text="unbelievably").click()
    expect(first.locator(".xai-part")).not_to_have_count(0)
    first.get_by_role("button", name="List of values").click()
    header = first.get_by_role("columnheader").first
    before = first.get_by_role("row").nth(1).inner_text()
    header.get_by_role("button").click()
    expect(first.get_by_role("row").nth(1)).not_to_have_text(before)
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)
    expect(page.get_by_role("combobox")).to_have_count(0)
    screenshot(page, "exported-light")
    assert seen.errors_of(page) == []


def test_it_is_dark_where_the_reader_is(page, screenshot):
    page.emulate_media(color_scheme="dark")
    page.wait_for_timeout(200)
    ground, text = page.evaluate(BRIGHTNESS)
    assert ground < 0.2
    assert text > 0.6
    screenshot(page, "exported-dark")
