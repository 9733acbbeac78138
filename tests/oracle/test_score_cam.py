"""Score-CAM against the paper's formulas, map by map."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

import xaiwidgets as xw
from xaiwidgets.errors import MethodError


def to_tensor(image):
    return torch.from_numpy(np.array(image)).permute(2, 0, 1).float() / 255


class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.out = nn.Linear(8, 3)

    def forward(self, x):
        return self.out(x.mean((2, 3)))


def net():
    """Eight maps, one of them dark and one the same everywhere."""
    torch.manual_seed(7)
    module = nn.Sequential(nn.Conv2d(3, 8, 5, stride=4), nn.ReLU(), Head())
    with torch.no_grad():
        module[0].weight[[2, 5]] = 0
        module[0].bias[2], module[0].bias[5] = -1, 0.4
        module[2].out.weight *= 12
    return module


@pytest.fixture
def picture():
    return np.random.default_rng(1).integers(0, 256, (29, 37, 3), dtype=np.uint8)


@pytest.fixture
def adapter():
    return xw.ImageClassifier(net(), to_tensor, grid=3)


def by_the_paper(module, point, baseline, target):
    """Each map's score and the sum, one map after the other."""
    with torch.no_grad():
        maps = module[1](module[0](point[None]))[0]
        empty = module(baseline[None])[0, target]
        gains = []
        for cells in maps:
            large = functional.interpolate(cells[None, None], size=point.shape[1:], mode="bilinear")[0, 0]
            veil = (large - large.min()) / (large.max() - large.min())
            veil = veil if cells.max() > cells.min() else torch.zeros_like(large)
            gains.append(module((baseline + veil * (point - baseline))[None])[0, target] - empty)
        weights = torch.stack(gains).softmax(0)
        return maps, torch.relu((weights[:, None, None] * maps).sum(0))


@pytest.mark.parametrize("baseline", ["black", "white"])
def test_the_whole_of_it_is_the_papers(adapter, picture, baseline):
    problem = adapter.problem(picture, 1, baseline=baseline)
    _, wanted = by_the_paper(adapter.module, problem.field.point, problem.field.baseline, 1)
    e = xw.explain(adapter, picture, target=1, method="score_cam", layer="1", baseline=baseline)
    np.testing.assert_allclose(e.details["map"], wanted, rtol=1e-4, atol=1e-6)
    assert e.details["layer"] == "1"
    assert e.values.sum() == pytest.approx(float(wanted.sum()), rel=1e-4)
    assert (e.error_kind, e.stopped_by, e.signed) == ("exact", "complete", True)
    assert not e.error.any()
    assert e.baseline_output == pytest.approx(adapter.module(problem.field.baseline[None])[0, 1].item(), abs=1e-5)
    # The picture's score, the layer, its maps, the baseline and the six maps that vary.
    assert e.evaluations == 1 + 1 + 1 + 1 + 6
    assert not any("feature maps were weighed" in note for note in e.notes)


def test_the_strongest_maps_come_first_and_nothing_is_claimed_before_the_end(adapter, picture):
    problem = adapter.problem(picture, 0)
    maps, _ = by_the_paper(adapter.module, problem.field.point, problem.field.baseline, 0)
    varying = [k for k in range(8) if k not in {2, 5}]
    first, second, *_ = sorted(varying, key=lambda k: -float(maps[k].square().sum()))
    e = xw.explain(adapter, picture, target=0, method="score_cam", layer="1", budget=6)
    assert e.stopped_by == "budget"
    assert any("4 of 8 feature maps were weighed, the strongest ones first" in n for n in e.notes)
    assert e.error_kind == "unknown"
    assert np.isnan(e.error).all()
    assert np.isfinite(e.values).all()
    # What it shows is made of those two and of the map that is the same everywhere.
    basis = torch.stack([maps[first], maps[second], maps[5]]).flatten(1).T.double().detach().numpy()
    shares, *_ = np.linalg.lstsq(basis, e.details["map"].ravel().astype(float), rcond=None)
    np.testing.assert_allclose(basis @ shares, e.details["map"].ravel(), atol=1e-5)
    assert (shares > 0).all()


def test_maps_that_are_all_the_same_everywhere_cost_nothing(picture):
    flat = nn.Sequential(nn.Conv2d(3, 2, 3), nn.Flatten(), nn.Linear(2 * 27 * 35, 3))
    with torch.no_grad():
        flat[0].weight.zero_()
        flat[0].bias.copy_(torch.tensor([1.0, 3.0]))
    e = xw.explain(xw.ImageClassifier(flat, to_tensor), picture, method="score_cam", layer="0")
    np.testing.assert_allclose(e.details["map"], 2, rtol=1e-6)
    assert e.stopped_by == "complete"


def test_it_has_no_options(adapter, picture):
    with pytest.raises(MethodError, match="'score_cam' has no option 'channels'"):
        xw.explain(adapter, picture, method="score_cam", channels=3)
