"""What tests do with a saliency overlay, and what they read off its canvases."""

import base64
import io
import re

import numpy as np
import numpy.typing as npt
from PIL import Image
from playwright.sync_api import Locator, Page

from .jupyter_page import ask
from .scatter import rest

AS_IT_WAS = {
    "view": "blend",
    "colormap": "",
    "opacity": 0.7,
    "threshold": 0.0,
    "sign": "both",
    "smoothing": 1.0,
    "selected": [],
}

READ = """(stage, which) => stage.querySelectorAll("canvas")[which].toDataURL()"""
# The colours at the left and at the right end of the bar under the pictures, red, green, blue and alpha.
ENDS = """widget => {
    const all = getComputedStyle(widget.querySelector(".xai-legend-bar")).backgroundImage.match(/rgba?\\([^)]*\\)/g);
    return [all[0], all.at(-1)].map(one => one.match(/[\\d.]+/g).map(Number));
}"""

Pixels = npt.NDArray[np.float64]
Place = tuple[float, float]


def settle(page: Page, name: str) -> None:
    """Wait until what a hand has asked for is there, and on the screen."""
    page.wait_for_timeout(100)
    fault = ask(page, f"{name}._fault or None", first=f"{name}.wait()")
    assert fault is None, fault
    page.wait_for_timeout(100)


def write(page: Page, name: str, **traits: object) -> None:
    """Set traits of the overlay that is called so in the kernel."""
    ask(page, "0", first="".join(f"{name}.{trait} = {value!r}\n" for trait, value in traits.items()))
    settle(page, name)


def reset(widget: Locator, name: str, **traits: object) -> Locator:
    """The overlay as it began, but for these traits of the one that is called so in the kernel."""
    for pressed in widget.locator(".xai-test > .xai-hand [aria-pressed='true']").all():
        pressed.click()
    write(widget.page, name, **(AS_IT_WAS | traits))
    widget.page.mouse.move(0, 0)
    widget.scroll_into_view_if_needed()
    press(widget, "0", "Escape")
    return widget


def stage_of(widget: Locator, index: int = 0) -> Locator:
    return widget.locator(".xai-stage").nth(index)


def drawn(widget: Locator, side: int, *, index: int = 0, marks: bool = False) -> Pixels:
    """What a stage shows at the middle of each pixel of a square picture, [side, side, 4], of which all is in view.

    Args:
        widget: the overlay.
        side: the picture's pixels along each side.
        index: which of the stages.
        marks: what lies over the picture and its map instead.
    """
    rest(widget)
    data = stage_of(widget, index).evaluate(READ, int(marks))
    canvas = np.asarray(Image.open(io.BytesIO(base64.b64decode(data.partition(",")[2]))).convert("RGBA"))
    height, width = canvas.shape[:2]
    scale = min(width, height) / side
    left, top = (width - side * scale) / 2, (height - side * scale) / 2
    middles = (np.arange(side) + 0.5) * scale
    return canvas[(top + middles).astype(int)[:, None], (left + middles).astype(int)].astype(float)


def on_page(widget: Locator, place: Place, side: int, *, index: int = 0) -> Place:
    """Where a place of a square picture, (x, y) in its pixels, is on the page while all of it is in view."""
    stage_of(widget, index).scroll_into_view_if_needed()
    box = stage_of(widget, index).bounding_box()
    assert box
    scale = min(box["width"], box["height"]) / side
    left, top = box["x"] + (box["width"] - scale * side) / 2, box["y"] + (box["height"] - scale * side) / 2
    return left + place[0] * scale, top + place[1] * scale


def press(widget: Locator, *keys: str, index: int = 0) -> None:
    """Press keys on a picture."""
    stage_of(widget, index).focus()
    for key in keys:
        widget.page.keyboard.press(key)
    rest(widget)


def stroke(widget: Locator, places: list[Place], side: int) -> None:
    """Drag through places of a picture."""
    mouse = widget.page.mouse
    mouse.move(*on_page(widget, places[0], side))
    mouse.down()
    for place in places[1:]:
        mouse.move(*on_page(widget, place, side), steps=4)
    mouse.up()


def top_of_scale(widget: Locator) -> Pixels:
    """The colour of the largest value, by the bar under the pictures: red, green and blue."""
    return np.array(widget.evaluate(ENDS)[1][:3])


def share(text: str) -> float:
    """A percentage on the screen as a share."""
    found = re.search(r"([<>]?)([\d.]+)\s?%", text)
    assert found, text
    return float(found[2]) / 100
