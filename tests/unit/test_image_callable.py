"""The adapter of a black box: any function from pictures to scores."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import xaiwidgets as xw
from tests.oracle.closed import GAME_METHODS
from xaiwidgets.errors import InputError, MethodError, ModelError, TargetError

WEIGHTS = np.random.default_rng(1).normal(size=(24, 30, 3)) / 255
PICTURE = np.random.default_rng(2).integers(0, 256, (24, 30, 3), dtype=np.uint8)


def numpy_scores(pictures):
    assert pictures.dtype == np.uint8
    assert pictures.flags.writeable
    first = (pictures * WEIGHTS).sum((1, 2, 3))
    return np.stack([first, -first], 1)


def by_region(e):
    parts = (PICTURE * WEIGHTS).sum(2)
    return np.bincount(e.input["regions"].ravel(), weights=parts.ravel())


@pytest.mark.parametrize(
    "returned",
    [
        numpy_scores,
        lambda pictures: numpy_scores(pictures).tolist(),
        lambda pictures: torch.tensor(numpy_scores(pictures), requires_grad=True),
    ],
)
def test_a_linear_function_has_one_answer(returned):
    box = xw.ImageClassifier.from_callable(returned, grid=4)
    e = xw.explain(box, PICTURE, target=0, method="occlusion")
    np.testing.assert_allclose(e.values, by_region(e), atol=1e-9)
    assert e.features[0] == "row 1, column 1"
    assert (e.target, e.unit) == ("0", "score")
    np.testing.assert_array_equal(e.input["picture"], PICTURE)


def test_it_agrees_with_the_module_that_it_wraps():
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 6, 5, stride=2), nn.ReLU(), nn.Flatten(), nn.Linear(6 * 10 * 13, 3)).eval()

    def to_tensor(image):
        return torch.from_numpy(np.array(image)).permute(2, 0, 1).float() / 255

    @torch.no_grad()
    def fn(pictures):
        return module(torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255)

    request = {"target": 1, "method": "permutation_shap", "budget": 120, "baseline": "mean", "seed": 3}
    inside = xw.explain(xw.ImageClassifier(module, to_tensor, grid=3), PICTURE, **request)
    outside = xw.explain(xw.ImageClassifier.from_callable(fn, grid=3), PICTURE, **request)
    np.testing.assert_allclose(outside.values, inside.values, atol=1e-5)


def test_it_has_coalitions_and_a_veil_alone():
    box = xw.ImageClassifier.from_callable(numpy_scores)
    assert set(xw.methods(box)) >= set(GAME_METHODS)
    with pytest.raises(MethodError, match="'saliency' needs gradients, which this model does not give; choose one of"):
        xw.explain(box, PICTURE, method="saliency")


def test_the_veil_shows_more_or_less_of_each_pixel():
    problem = xw.ImageClassifier.from_callable(numpy_scores).problem(PICTURE, 0)
    half = torch.full((2, 24, 30), 0.5)
    half[1, :, 15:] = 0
    shown = np.rint(PICTURE * half[..., None].numpy()).astype(np.uint8)
    np.testing.assert_allclose(problem.veil.values(half), numpy_scores(shown)[:, 0], atol=1e-9)
    assert problem.veil.values(torch.ones(1, 4, 4)).tolist() == pytest.approx([problem.output])


def test_preprocessing_makes_what_the_function_gets():
    seen = []

    def fn(pictures):
        seen.append(pictures.shape)
        return pictures.mean((1, 2))

    for shrink in (
        lambda image: image.resize((10, 8)),
        lambda image: np.array(image)[:8, :10],
        lambda image: image.resize((10, 8)).convert("RGB"),
    ):
        problem = xw.ImageClassifier.from_callable(fn, shrink, ["red", "green", "blue"], grid=2).problem(PICTURE)
        assert seen[-1] == (1, 8, 10, 3)
        assert problem.input["picture"].shape == (8, 10, 3)
        assert problem.outputs.labels == ("red", "green", "blue")


def test_a_function_that_writes_into_its_pictures_does_no_harm():
    def careless(pictures):
        scores = numpy_scores(pictures)
        pictures[:] = 0
        return scores

    e, again = (
        xw.explain(xw.ImageClassifier.from_callable(fn, grid=3), PICTURE, target=0, method="occlusion")
        for fn in (careless, numpy_scores)
    )
    np.testing.assert_array_equal(e.values, again.values)


def test_a_grey_picture_has_three_equal_channels():
    problem = xw.ImageClassifier.from_callable(lambda given: given.std(-1).mean((1, 2))[:, None]).problem(
        PICTURE[..., 0]
    )
    assert problem.output == 0
    noted = xw.ImageClassifier.from_callable(numpy_scores).problem(PICTURE.astype(float))
    assert "levels out of 255" in noted.notes[0]


def box(fn=numpy_scores, **options):
    return xw.ImageClassifier.from_callable(fn, **options)


BAD = {
    "no function": (lambda: box(3), InputError, "A int was given where a function from pictures"),
    "a class": (lambda: box(dict), InputError, "A class dict was given where a function"),
    "preprocess": (lambda: box(preprocess=224), InputError, "preprocess is a int; give a function"),
    "grid": (lambda: box(grid=0), InputError, "grid=0 was given"),
    "labels": (lambda: box(labels=["a"]).problem(PICTURE), InputError, "1 labels were given .* returns 2 scores"),
    "target": (lambda: box(labels=["cat", "dog"]).problem(PICTURE, "cow"), TargetError, "'cow' is not one of"),
    "background": (lambda: box().problem(PICTURE, background=[PICTURE]), InputError, "has no background; give"),
    "floats made": (
        lambda: box(preprocess=lambda image: np.array(image) / 255).problem(PICTURE),
        InputError,
        r"made float64 of shape \(24, 30, 3\) of the picture; it must return",
    ),
    "grey made": (
        lambda: box(preprocess=lambda image: image.convert("L")).problem(PICTURE),
        InputError,
        r"made uint8 of shape \(24, 30\) of the picture",
    ),
    "another baseline": (
        lambda: box().problem(PICTURE, baseline=PICTURE[:5]),
        InputError,
        r"makes shape \(3, 5, 30\) of the baseline and \(3, 24, 30\) of the picture",
    ),
    "alone": (lambda: box(lambda p: np.zeros(len(p))).problem(PICTURE), ModelError, r"shape \(1,\) for 1 pictures"),
    "all": (lambda: box(lambda _: [[1, 2], [3, 4]]).problem(PICTURE), ModelError, r"shape \(2, 2\) for 1 pictures"),
    "text": (lambda: box(lambda _: "cat").problem(PICTURE), ModelError, "returned a str that is no array of numbers"),
    "NaN": (lambda: box(lambda p: [[float("nan"), 1]] * len(p)).problem(PICTURE), ModelError, "NaN or infinite"),
}  # fmt: skip


@pytest.mark.parametrize(("wrong", "kind", "message"), BAD.values(), ids=BAD)
def test_what_is_wrong_is_one_sentence(wrong, kind, message):
    with pytest.raises(kind, match=message) as told:
        wrong()
    assert "\n" not in str(told.value)


def test_a_function_that_changes_its_mind_is_told():
    calls = iter([2, 3, 3, 3, 3, 3])
    fickle = xw.ImageClassifier.from_callable(lambda pictures: np.ones((len(pictures), next(calls))))
    with pytest.raises(ModelError, match="3 scores for a picture after it had returned 2 for another"):
        xw.explain(fickle, PICTURE, method="occlusion")


def test_the_picture_may_come_from_pillow():
    with_pillow = box().problem(Image.fromarray(PICTURE), 0)
    assert with_pillow.output == box().problem(PICTURE, 0).output
