"""A picture's patches as tokens."""

import numpy as np
import pytest
import torch
from PIL import Image

from xaiwidgets.engine.patch_grid import patch_grid
from xaiwidgets.errors import InputError
from xaiwidgets.models.patches import patch_layout


@pytest.mark.parametrize(
    ("count", "height", "width", "grid"),
    [
        (196, 224, 224, (14, 14)),
        (197, 224, 224, (14, 14)),
        (201, 224, 224, (14, 14)),
        (1 + 24 * 18, 384, 288, (24, 18)),
        (1 + 18 * 24, 288, 384, (18, 24)),
        (1, 8, 8, (1, 1)),
        # The picture need not be as large as what the model saw, only of its proportions.
        (5 + 6, 20, 30, (2, 3)),
        # Seventeen tokens before the patches are too many to be special.
        (10_000 + 17, 100, 100, None),
        (10_000 + 16, 100, 100, (100, 100)),
        (7, 1, 1000, None),
    ],
)
def test_the_grid_has_the_pictures_proportions(count, height, width, grid):
    assert patch_grid(count, height, width) == grid


def test_patches_are_numbered_row_by_row_after_the_special_tokens():
    laid = patch_layout(np.zeros((4, 6, 3), dtype=np.uint8), 2 + 6)
    assert laid["kind"] == "patches"
    assert laid["grid"] == (2, 3)
    assert laid["tokens"] == [
        "[CLS]", "special 2", "patch 1,1", "patch 1,2", "patch 1,3", "patch 2,1", "patch 2,2", "patch 2,3",
    ]  # fmt: skip
    assert laid["features"].tolist() == [-1, -1, 0, 1, 2, 3, 4, 5]
    assert laid["features"].dtype == np.int64


def test_without_special_tokens_and_with_names_of_ones_own():
    square = np.zeros((4, 4, 3), dtype=np.uint8)
    assert patch_layout(square, 4)["tokens"][0] == "patch 1,1"
    assert patch_layout(square, 5, ["a", "b", "c", "d", "e"])["tokens"] == ["a", "b", "c", "d", "e"]


PICTURE = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)


@pytest.mark.parametrize(
    "given",
    [
        PICTURE,
        PICTURE / 255,
        torch.tensor(PICTURE).permute(2, 0, 1),
        torch.tensor(PICTURE / 255).permute(2, 0, 1),
        Image.fromarray(PICTURE),
    ],
    ids=["uint8", "floats", "tensor", "float tensor", "pillow"],
)
def test_every_kind_of_picture_is_the_same_picture(given):
    shown = patch_layout(given, 6)["picture"]
    assert shown.dtype == np.uint8
    assert (shown == PICTURE).all()


def test_grey_is_shown_in_three_channels():
    assert (patch_layout(PICTURE[..., 0], 6)["picture"] == PICTURE[..., :1]).all()


def test_a_large_picture_is_made_smaller_and_the_callers_is_left_alone():
    photo = Image.new("RGB", (3000, 2000), "red")
    laid = patch_layout(photo, 6)
    assert laid["picture"].shape == (341, 512, 3)
    assert laid["grid"] == (2, 3)
    assert photo.size == (3000, 2000)


def test_no_grid_fits():
    with pytest.raises(
        InputError, match=r"1000 tokens are no grid of patches of a picture of 1 × 100 pixels; give image="
    ):
        patch_layout(np.zeros((1, 100, 3), dtype=np.uint8), 1000)


def test_a_photograph_from_before_the_cropping():
    # 12 × 16 patches and five special tokens would fit, but 14 × 14 and one is what the model had.
    said = r"picture of 300 × 400 pixels but of a square one \(14 × 14\); give image= as the model saw it"
    with pytest.raises(InputError, match=said):
        patch_layout(np.zeros((300, 400, 3), dtype=np.uint8), 197)
