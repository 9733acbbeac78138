"""Pictures whose class is one patch's texture, and the network that was trained on such pictures."""

import json

import numpy as np
import pytest
import torch

from xaiwidgets import samples
from xaiwidgets.samples import planted_pictures, train_planted


def test_planted_pictures_are_what_they_say():
    planted = [samples.planted_picture(seed) for seed in range(60)]
    assert {each.label for each in planted} == set(samples.planted_cnn().labels)
    for each in planted:
        assert (each.picture.shape, each.picture.dtype) == ((64, 64, 3), np.uint8)
        assert (each.mask.shape, each.mask.dtype) == ((64, 64), np.bool_)
        rows, columns = np.nonzero(each.mask)
        assert 19 <= np.ptp(rows) + 1 <= 27
        assert np.ptp(rows) == pytest.approx(np.ptp(columns), abs=1)
        # Two colours far apart, and neither alone.
        inside = each.picture[each.mask].astype(float)
        assert inside.std(0).min() > 0.12 * 255
    again = samples.planted_picture(7)
    np.testing.assert_array_equal(again.picture, planted[7].picture)
    assert np.any(samples.planted_picture(8).picture != again.picture)
    # Anywhere, so that a map cannot be right by always pointing at the middle.
    centres = np.array([np.argwhere(each.mask).mean(0) for each in planted])
    assert centres.std(0).min() > 8


def test_planted_cnn_names_the_texture_of_fresh_pictures():
    record = json.loads(planted_pictures.RECORD.read_text(encoding="utf-8"))
    assert record["fresh_accuracy"] >= 0.98
    assert planted_pictures.WEIGHTS.stat().st_size < 60_000
    seeds = range(train_planted.FRESH, train_planted.FRESH + 200)
    shown, classes = train_planted.pictures(seeds)
    assert train_planted.accuracy(samples.planted_cnn().module, shown, classes) >= 0.96


def test_what_is_blacked_out_is_whole_cells():
    shown = torch.full((64, 3, 64, 64), 255, dtype=torch.uint8)
    torch.manual_seed(0)
    black = train_planted.blacked_out(shown) == 0
    cells = black.unfold(2, 8, 8).unfold(3, 8, 8).flatten(-2)
    assert torch.equal(cells.all(-1), cells.any(-1))
    assert torch.equal(black[:, :1].expand_as(black), black)
    shares = black.float().mean((1, 2, 3))
    assert shares.min() < 0.1
    assert shares.max() > 0.6
