"""Where in a picture that lies which a model sees is found from the preprocessing alone."""

import numpy as np
import pytest
from PIL import Image, ImageOps

from xaiwidgets.models.view_box import view_box

WIDE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (120, 200, 3), dtype=np.uint8))


def through(change, *, mode="RGB"):
    """What a model sees after a change of the picture."""
    return lambda image: np.array(change(image).convert(mode).convert("RGB"))


def crop_then(box, size):
    return through(lambda image: image.crop(box).resize(size, Image.Resampling.BILINEAR))


def short_side_then_middle(image):
    """What torchvision's Resize(64) and CenterCrop(56) do."""
    factor = 64 / min(image.size)
    shrunk = image.resize([round(side * factor) for side in image.size], Image.Resampling.BILINEAR)
    left, top = (shrunk.width - 56) // 2, (shrunk.height - 56) // 2
    return shrunk.crop((left, top, left + 56, top + 56))


@pytest.mark.parametrize(
    ("see", "box"),
    [
        (through(lambda image: image), (0, 0, 200, 120)),
        (through(lambda image: image.resize((32, 32))), (0, 0, 200, 120)),
        (through(lambda image: image.resize((400, 400))), (0, 0, 200, 120)),
        (through(lambda image: image, mode="L"), (0, 0, 200, 120)),
        (crop_then((30, 20, 130, 120), (50, 50)), (30, 20, 130, 120)),
        (crop_then((0, 0, 40, 120), (224, 224)), (0, 0, 40, 120)),
        (through(short_side_then_middle), (200 / 107 * 25, 120 / 64 * 4, 200 / 107 * 81, 120 / 64 * 60)),
    ],
)
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_crop_and_a_size_are_found_to_a_pixel(see, box, mode):
    found, size = view_box(see, WIDE.convert(mode))
    np.testing.assert_allclose(found, box, atol=1)
    assert size == see(WIDE).shape[:2]


def test_a_small_crop_of_a_photograph_is_found_to_two_pixels():
    photo = Image.new("RGB", (4000, 3000))
    box = (1000, 700, 1224, 924)
    np.testing.assert_allclose(view_box(through(lambda image: image.crop(box)), photo)[0], box, atol=2)


@pytest.mark.parametrize(
    "change",
    [
        ImageOps.mirror,
        ImageOps.flip,
        lambda image: image.rotate(90, expand=True),
        lambda image: image.rotate(180),
        lambda image: image.rotate(20),
        lambda image: image.transpose(Image.Transpose.TRANSPOSE),
        lambda image: ImageOps.expand(image, 20),
        lambda image: ImageOps.pad(image, (64, 64)),
        lambda image: Image.new("RGB", (32, 32), "white"),
        ImageOps.invert,
    ],
)
def test_what_cannot_be_drawn_back_has_no_box(change):
    see = through(change)
    assert view_box(see, WIDE) == (None, see(WIDE).shape[:2])


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (50, 1), (2, 2)])
def test_the_smallest_pictures_are_seen_whole(size):
    image = Image.new("RGB", size)
    box, seen = view_box(through(lambda image: image), image)
    assert (box, seen) == (pytest.approx((0, 0, *size)), size[::-1])
