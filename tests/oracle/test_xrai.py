"""XRAI against its algorithm written out pixel by pixel, and on models whose answer is known."""

import sys

import numpy as np
import pytest
import torch
from torch import nn

import xaiwidgets as xw
from xaiwidgets.engine.xrai import Segments, gathered, segments_of
from xaiwidgets.errors import MethodError

SIDE = 60


def written_out(attribution, masks):
    """Algorithm 1 of Kapishnikov et al. 2019, with the authors' smallest gain in area, on masks of pixels."""
    least = max(1, round(50 / 224**2 * attribution.size))
    result, covered, left = np.zeros_like(attribution), np.zeros(attribution.shape, bool), list(masks)
    while left := [mask for mask in left if (mask & ~covered).sum() >= least]:
        best = max(left, key=lambda mask: attribution[mask & ~covered].mean())
        added = best & ~covered
        result[added] = attribution[added].mean()
        covered |= best
    result[~covered] = attribution[~covered].mean() if (~covered).any() else 0
    return result


@pytest.mark.parametrize("seed", range(4))
def test_it_is_the_algorithm_written_out(seed):
    random = np.random.default_rng(seed)
    attribution = random.normal(size=(20, 26))
    corners = random.integers(0, 16, (30, 2))
    sides = random.integers(2, 10, (30, 2))
    masks = np.zeros((30, 20, 26), bool)
    for mask, (top, left), (height, width) in zip(masks, corners, sides, strict=True):
        mask[top : top + height, left : left + width] = True
    found = gathered(attribution, Segments.of_masks(masks))
    np.testing.assert_allclose(found, written_out(attribution, masks), atol=1e-12)
    assert found.sum() == pytest.approx(attribution.sum())


def test_pieces_say_again_what_the_segments_are():
    masks = np.random.default_rng(0).random((5, 8, 9)) < 0.5
    segments = Segments.of_masks(masks)
    np.testing.assert_array_equal(segments.inside[:, segments.piece], masks)


@pytest.fixture(scope="module")
def patches():
    """Four squares of one colour each, a little noise on them."""
    random = np.random.default_rng(1)
    picture = np.zeros((SIDE, SIDE, 3))
    for place, colour in enumerate([(200, 30, 30), (30, 200, 30), (30, 30, 200), (200, 200, 30)]):
        row, column = divmod(place, 2)
        picture[row * 30 : row * 30 + 30, column * 30 : column * 30 + 30] = colour
    return (picture + random.integers(-4, 5, picture.shape)).clip(0, 255).astype(np.uint8)


def to_tensor(image):
    return torch.from_numpy(np.array(image)).permute(2, 0, 1).float() / 255


class Corner(nn.Module):
    """How light the lower left square is; its pixels count differently, which segments smooth out."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        weights = torch.zeros(3, SIDE, SIDE)
        weights[:, 30:, :30] = torch.rand(3, 30, 30)
        self.weights = nn.Parameter(weights)

    def forward(self, x):
        score = (self.weights * x).sum((1, 2, 3))
        return torch.stack([score, -score], 1)


def test_segments_follow_the_colours(patches):
    segments = segments_of(patches)
    wanted = np.zeros((SIDE, SIDE), bool)
    wanted[30:, :30] = True
    overlap = [(mask & wanted).sum() / (mask | wanted).sum() for mask in segments.inside[:, segments.piece]]
    assert max(overlap) > 0.9


@pytest.mark.parametrize("regions", [None, "superpixels:9"])
def test_the_segment_that_counts_stands_out_whole(patches, regions):
    module = Corner()
    e = xw.explain(xw.ImageClassifier(module, to_tensor, grid=4), patches, target=0, method="xrai", regions=regions)
    drawn = e.details["map"]
    assert (drawn.dtype, drawn.shape) == (np.float32, (SIDE, SIDE))
    # Black and white: a linear model's attribution is the weight times the distance from middle grey.
    point = torch.from_numpy(patches / 255).permute(2, 0, 1)
    plain = (module.weights.detach() * (point - 0.5)).sum(0).numpy().astype(float)
    segments = segments_of(patches)
    np.testing.assert_allclose(drawn, written_out(plain, segments.inside[:, segments.piece]), atol=1e-5)
    # By region it adds up to the change in score, halfway between black's and white's.
    np.testing.assert_allclose(np.bincount(e.input["regions"].ravel(), drawn.ravel()), e.values, rtol=1e-5, atol=1e-4)
    assert e.values.sum() == pytest.approx(e.output - e.baseline_output, abs=1e-3)
    assert e.baseline_output == pytest.approx(float(module.weights.detach().sum()) / 2, rel=1e-5)
    assert e.stopped_by in {"tolerance", "complete"}


def test_a_baseline_that_was_asked_for_is_the_only_one(patches):
    model = xw.ImageClassifier(Corner(), to_tensor)
    e = xw.explain(model, patches, target=0, method="xrai", baseline="white")
    assert e.baseline_output == pytest.approx(float(model.module.weights.detach().sum()), rel=1e-5)
    assert e.values.sum() == pytest.approx(e.output - e.baseline_output, abs=1e-3)


class Bent(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(2)
        self.conv = nn.Conv2d(3, 6, 5, stride=3)
        self.out = nn.Linear(6 * 19 * 19, 2)

    def forward(self, x):
        return self.out(torch.tanh(4 * self.conv(x)).flatten(1))


def test_every_estimate_has_a_map_and_more_evaluations_come_nearer(patches):
    model = xw.ImageClassifier(Bent(), to_tensor)
    job = xw.start(model, patches, target=0, method="xrai", tolerance=1e-3, budget=400)
    final = job.result()
    errors = []
    for budget in (2, 3, 12, 60):
        e = xw.explain(model, patches, target=0, method="xrai", budget=budget)
        assert e.details["map"].shape == (SIDE, SIDE)
        assert np.isfinite(e.values).all()
        errors.append(np.abs(e.values - final.values).sum() / np.abs(final.values).sum())
    assert errors[-1] < 0.1
    assert errors[-1] < errors[0]
    assert final.values.sum() == pytest.approx(final.output - final.baseline_output, abs=1e-2)


def test_it_is_for_pictures_alone(patches, sentiment, monkeypatch):
    model = xw.ImageClassifier(Bent(), to_tensor)
    assert "xrai" not in xw.methods(sentiment)
    assert "xrai" in xw.methods(model)
    with pytest.raises(MethodError, match="'xrai' needs a picture"):
        xw.start(sentiment, "fine", method="xrai")
    with pytest.raises(MethodError, match="leave layer= out"):
        xw.explain(model, patches, method="xrai", layer="conv")
    monkeypatch.setitem(sys.modules, "skimage.segmentation", None)
    with pytest.raises(
        MethodError, match=r"scikit-image, which is not installed; run: pip install 'xaiwidgets\[image\]'"
    ):
        xw.explain(model, patches, method="xrai")


def test_a_long_picture_and_a_tiny_one_have_segments():
    for size in ((1, 1), (3, 500), (700, 40)):
        picture = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
        segments = segments_of(picture)
        assert segments.piece.shape == size
        assert segments.inside[:, segments.piece].any(0).all()
