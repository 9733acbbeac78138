"""Pictures of points in an exported page: each beside its point, and no more than there is room for."""

import base64
import io
import json
import re

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from tests.unit.comms import recording
from tests.unit.scatters import clusters, given, unpack
from xaiwidgets.errors import InputError
from xaiwidgets.widgets import scatter_thumbnails
from xaiwidgets.widgets.scatter_thumbnails import STRIP, thumbnails


@pytest.fixture(autouse=True)
def _comms(monkeypatch):
    with recording(monkeypatch):
        yield


def cut(told):
    """Each point's picture out of its strip, as the page cuts it: uint8 [h, w, 3]."""
    strips = [np.asarray(Image.open(io.BytesIO(one)).convert("RGB")) for one in told["strips"]]
    found = {}
    for place, (point, (width, height)) in enumerate(
        zip(unpack(told["points"]).tolist(), unpack(told["sizes"]).tolist(), strict=True)
    ):
        top = told["cell"] * (place % STRIP)
        found[point] = strips[place // STRIP][top : top + height, :width]
    return found


def exported(path):
    data = json.loads(re.search(r'id="xaiwidgets">(.*?)</script>', path.read_text("utf-8"), re.DOTALL)[1])
    state, buffers = data["widgets"][0]["state"]["_pictures"], data["widgets"][0]["buffers"]
    for buffer in buffers:
        if buffer["path"][0] == "_pictures":
            at = state
            for step in buffer["path"][1:-1]:
                at = at[step]
            at[buffer["path"][-1]] = base64.b64decode(buffer["base64"])
    return state


def test_a_page_of_all_digits_has_every_picture_as_it_is(tmp_path):
    digits = load_digits()
    pictures = (digits.images * 15.9).astype(np.uint8)
    X = digits.data.copy()
    X[7] = np.nan
    scatter = given(X, labels=digits.target, images=pictures)
    path = scatter.to_html(tmp_path / "digits.html")
    assert path.stat().st_size <= 350_000
    told = exported(path)
    assert (told["data"], told["unread"]) == (scatter._cloud["data"], 0)
    found = cut(told)
    # A row that is left out takes its picture with it.
    kept = np.delete(pictures, 7, axis=0)
    assert list(found) == list(range(1796))
    for point, picture in found.items():
        np.testing.assert_array_equal(picture, np.repeat(kept[point][..., None], 3, axis=2))
    # While there is somebody to ask they are asked for one by one.
    assert scatter._pictures == {"data": told["data"]}


def test_points_without_pictures_take_none_along(tmp_path):
    assert exported(given(clusters(20)[0]).to_html(tmp_path / "a.html")) == {}


def noise(point, side=200):
    return Image.fromarray(np.random.default_rng(point).integers(0, 256, (side, side, 3), dtype=np.uint8))


def test_pictures_get_smaller_before_they_get_fewer(monkeypatch):
    few = thumbnails(noise, 3)
    assert few["cell"] == 160
    monkeypatch.setattr(scatter_thumbnails, "BUDGET", 60_000)
    more = thumbnails(noise, 16)
    assert more["cell"] < 160
    assert more["points"]["shape"] == [16]
    assert sum(map(len, more["strips"])) <= 60_000


def test_of_too_many_the_chosen_ones_and_evenly_spread_ones_are_there(monkeypatch):
    monkeypatch.setattr(scatter_thumbnails, "BUDGET", 60_000)
    told = thumbnails(noise, 300, first=[1, 2, 3, 4, 5])
    points = unpack(told["points"])
    assert sum(map(len, told["strips"])) <= 60_000
    assert 10 < len(points) < 300
    assert {1, 2, 3, 4, 5} <= set(points.tolist())
    assert points.tolist() == sorted(set(points.tolist()))
    assert max(np.diff([0, *points, 299])) <= 2 * 300 / (len(points) - 5)
    assert told["cell"] == 32


def test_each_picture_keeps_its_shape_and_nothing_of_the_next():
    shapes = [(30, 17), (9, 40), (33, 33), (1, 1)]

    def picture(point):
        height, width = shapes[point % 4]
        shade = 255 * (point % 2)
        # A little noise, so that JPEG is the shorter.
        grain = np.random.default_rng(point).integers(-20, 21, (height, width, 3))
        return Image.fromarray((shade + grain).clip(0, 255).astype(np.uint8))

    told = thumbnails(picture, 70)
    found = cut(told)
    assert told["strips"][0].startswith(b"\xff\xd8")
    assert [one.shape[:2] for one in found.values()] == [shapes[point % 4] for point in range(70)]
    for point, one in found.items():
        assert np.abs(one.astype(int) - 255 * (point % 2)).max() < 90


def test_a_picture_that_cannot_be_read_is_counted_and_the_others_are_there():
    def picture(point):
        if point == 0:
            raise InputError("No such file.")
        if point == 66:
            raise OSError("image file is truncated")
        return Image.new("RGB", (4, 5), (point, 0, 0))

    told = thumbnails(picture, 70)
    assert told["unread"] == 2
    assert {point: int(one[0, 0, 0]) for point, one in cut(told).items()} == {
        point: point for point in range(70) if point not in {0, 66}
    }
    assert thumbnails(lambda point: picture(0), 3) == {**thumbnails(picture, 0), "unread": 3}
