"""RISE against an enumeration of all its veils."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

import xaiwidgets as xw
from tests.oracle.closed import estimates, problem_of
from xaiwidgets.engine.problem import Veil
from xaiwidgets.errors import MethodError, ModelError

SIDE, CELLS = 4, 2
HALVES = np.array([[0, 0, 1, 1]] * 2 + [[2, 2, 3, 3]] * 2)


def upsampled(cells, side):
    """Bilinear, by the weights written out: float [side, side]."""
    places = ((np.arange(side) + 0.5) * len(cells) / side - 0.5).clip(0, len(cells) - 1)
    weights = np.maximum(0, 1 - np.abs(places[:, None] - np.arange(len(cells))))
    return weights @ cells @ weights.T


def all_veils(keep):
    """Every veil of 2 × 2 squares over 4 × 4 pixels and its probability: 16 patterns, each shifted in 4 ways."""
    for pattern in itertools.product([0, 1], repeat=CELLS * CELLS):
        chance = keep ** sum(pattern) * (1 - keep) ** (4 - sum(pattern))
        larger = upsampled(np.array(pattern, float).reshape(CELLS, CELLS), SIDE + SIDE // CELLS)
        for down, across in itertools.product(range(2), repeat=2):
            yield chance / 4, larger[down : down + SIDE, across : across + SIDE]


def score(veils):
    """Anything but linear: float [B, 4, 4] → [B]."""
    veils = veils.double()
    return (
        3 * veils[:, 0, 0] - veils[:, 3, 3] ** 2 + 2 * veils[:, 1, 1] * veils[:, 2, 1] + (veils.mean((1, 2)) > 0.4321)
    )


def by_half(pixels):
    return torch.stack([pixels[..., torch.from_numpy(half == HALVES)].mean(-1) for half in range(4)], -1)


def problem(function=score):
    whole = float(function(torch.ones(1, SIDE, SIDE))[0])
    veil = Veil(
        values=function,
        size=(SIDE, SIDE),
        whole=whole,
        by_pixel=by_half,
        absent=torch.zeros(SIDE, SIDE, 3, dtype=torch.uint8),
        behind=lambda veil: None,
    )
    return replace(problem_of(features=4), veil=veil)


def rise(*, budget, function=score, seed=1, **options):
    return estimates(problem(function), "rise", seed=seed, budget=budget, tolerance=1e-9, cells=CELLS, **options)[1]


@pytest.mark.parametrize("keep", [0.5, 0.3])
def test_values_come_to_those_of_all_veils(keep):
    chances, veils = map(np.array, zip(*all_veils(keep), strict=True))
    assert chances.sum() == pytest.approx(1)
    mean = np.einsum("b,bhw->hw", chances, veils)
    np.testing.assert_allclose(mean, keep)
    scores = score(torch.from_numpy(veils)).numpy()
    wanted = np.einsum("b,bhw->hw", chances * scores, veils) / keep - chances @ scores
    last = rise(budget=6000, keep=keep)[-1]
    assert (np.abs(last.values - by_half(torch.from_numpy(wanted))) <= 1.5 * last.error).all()
    np.testing.assert_allclose(last.details["map"], wanted, atol=0.1 * np.abs(wanted).max())
    assert last.details["map"].dtype == torch.float32
    assert last.relative_error < 0.12


def test_the_band_holds_the_true_value_as_often_as_it_says():
    chances, veils = map(np.array, zip(*all_veils(0.5), strict=True))
    scores = score(torch.from_numpy(veils)).numpy()
    wanted = by_half(torch.from_numpy(np.einsum("b,bhw->hw", chances * scores, veils) / 0.5 - chances @ scores))
    lasts = [rise(budget=101, seed=seed)[-1] for seed in range(80)]
    held = [np.abs(last.values - wanted) <= last.error for last in lasts]
    assert 0.9 <= np.mean(np.stack(held)) <= 0.99
    off = np.mean([last.values.numpy() for last in lasts], 0) - wanted.numpy()
    spread = np.std([last.values.numpy() for last in lasts], 0) / math.sqrt(len(lasts))
    assert (np.abs(off) < 3.5 * spread).all()


def test_a_score_that_lies_high_everywhere_changes_nothing():
    plain = rise(budget=60)[-1]
    high = rise(budget=60, function=lambda veils: score(veils) + 1e6)[-1]
    torch.testing.assert_close(high.values, plain.values, rtol=1e-6, atol=1e-9)
    torch.testing.assert_close(high.error, plain.error, rtol=1e-6, atol=1e-9)
    same = rise(budget=60, function=lambda veils: torch.ones(len(veils)))[-1]
    assert not same.values.any()
    assert not same.details["map"].any()


def test_every_number_of_veils_has_an_estimate_that_is_honest():
    made = rise(budget=31)
    first, last = made[0], made[-1]
    assert first.kind == "unknown"
    assert bool(torch.isfinite(first.values).all())
    assert bool(first.error.isnan().all())
    assert last.kind == "band"
    assert bool((last.error > 0).all())
    assert all(bool(torch.isfinite(one.values).all()) for one in made)


class Red(nn.Module):
    """Says how red the upper left quarter is, and how red the lower right one."""

    def forward(self, x):
        half = x.shape[-1] // 2
        return torch.stack([x[:, 0, :half, :half].mean((1, 2)), x[:, 0, half:, half:].mean((1, 2))], 1)


def of_red():
    return xw.ImageClassifier(Red(), lambda image: torch.from_numpy(np.array(image)).permute(2, 0, 1).float() / 255)


def test_what_raises_the_score_stands_out_and_what_does_not_is_about_zero():
    photo = np.full((64, 64, 3), 255, np.uint8)
    e = xw.explain(of_red(), photo, target=0, method="rise", cells=4, budget=400, regions=2, seed=3)
    assert e.values.argmax() == 0
    assert e.values[0] > 0.08
    assert np.abs(e.values[1:]).max() < 0.3 * e.values[0]
    assert e.signed
    assert e.details["map"].shape == (56, 56)
    assert e.details["map"][:20, :20].min() > e.details["map"][36:, 36:].max()
    contrast = xw.explain(of_red(), photo, target=(0, 1), method="rise", cells=4, budget=400, regions=2, seed=3)
    assert contrast.values[0] > 0.08
    assert contrast.values[3] < -0.08


def test_a_seed_gives_the_same_numbers_again():
    photo = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    found = [xw.explain(of_red(), photo, method="rise", budget=40, seed=seed) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(found[0].values, found[1].values)
    assert (found[0].values != found[2].values).any()
    assert found[0].details["map"].shape == (20, 30)


def test_what_makes_no_veils_is_refused():
    photo = np.zeros((8, 8, 3), np.uint8)
    for cells in (1, 0, 2.5, True, "7", 65):
        with pytest.raises(MethodError, match="was given; give a whole number of squares along each side, 2 to 64"):
            xw.explain(of_red(), photo, method="rise", cells=cells)
    for keep in (0, 1, -0.5, "half", True, math.nan):
        with pytest.raises(MethodError, match="give the probability that a square is clear, above 0 and below 1"):
            xw.explain(of_red(), photo, method="rise", keep=keep)
    with pytest.raises(ModelError, match="score that is NaN or infinite"):
        rise(budget=10, function=lambda veils: torch.full((len(veils),), math.nan))


def test_a_model_that_does_not_answer_the_same_twice_is_told_of_and_averaged():
    class Random(Red):
        def forward(self, x):
            return super().forward(x) + torch.randn(len(x), 2) / 10

    adapter = xw.ImageClassifier(Random(), of_red().preprocess)
    photo = np.full((32, 32, 3), 255, np.uint8)
    once = xw.explain(adapter, photo, target=0, method="rise", budget=60)
    assert any("answered differently to the same input" in note for note in once.notes)
    averaged = xw.explain(adapter, photo, target=0, method="rise", budget=600, average=8)
    assert any("every score is the mean of 8" in note for note in averaged.notes)
    assert averaged.evaluations <= 600
    flat = xw.explain(of_red(), photo, target=0, method="rise", budget=30, baseline="white")
    assert not flat.values.any()
    assert any("The score is the same for all" in note for note in flat.notes)
