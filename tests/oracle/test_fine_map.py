"""An explanation's map against its values, and both against closed forms and Captum."""

import numpy as np
import pytest
import torch
from captum.attr import GuidedBackprop, LayerGradientXActivation, Saliency
from torch import nn
from transformers import ViTConfig, ViTForImageClassification

import xaiwidgets as xw
from xaiwidgets.engine import fine_map
from xaiwidgets.engine.layer_features import laid_over

SIDE = 24


class Net(nn.Module):
    """Bent enough that a path needs many nodes."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(3)
        self.conv = nn.Conv2d(3, 8, 5, stride=2)
        self.relu = nn.ReLU()
        self.out = nn.Linear(8 * 10 * 10, 4)

    def forward(self, x):
        return self.out(torch.tanh(2 * self.relu(self.conv(x))).flatten(1))


def to_tensor(image):
    return torch.from_numpy(np.array(image)).permute(2, 0, 1).float() / 255 - 0.5


@pytest.fixture(scope="module")
def picture():
    return np.random.default_rng(5).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def net():
    return xw.ImageClassifier(Net(), to_tensor, grid=5)


@pytest.fixture(scope="module")
def vit():
    torch.manual_seed(4)
    config = ViTConfig(
        image_size=SIDE, patch_size=6, hidden_size=16, intermediate_size=32, num_hidden_layers=2,
        num_attention_heads=2, num_labels=3, initializer_range=0.4, attn_implementation="sdpa",
    )  # fmt: skip
    return xw.ImageClassifier(ViTForImageClassification(config).eval(), to_tensor, grid=4)


def by_region(drawn, e):
    return np.bincount(e.input["regions"].ravel(), weights=np.asarray(drawn, dtype=np.float64).ravel())


SIGNED = {
    "input_x_gradient": {},
    "integrated_gradients": {"tolerance": 1e-3},
    "integrated_gradients, first estimate": {"method": "integrated_gradients", "budget": 2},
    "integrated_gradients, trapezoids": {"method": "integrated_gradients", "budget": 12},
    "smooth_grad": {"budget": 41},
    "smooth_grad, one": {"method": "smooth_grad", "budget": 2},
    "expected_gradients": {"budget": 60},
    "expected_gradients, one": {"method": "expected_gradients", "budget": 2},
    "conductance": {"tolerance": 1e-3},
    "deep_lift": {},
    "captum.GradientShap": {"n_samples": 8},
}


@pytest.mark.parametrize(("name", "request_"), SIGNED.items(), ids=SIGNED)
def test_a_signed_map_sums_to_the_values(net, picture, name, request_):
    others = [np.full_like(picture, level) for level in (0, 90, 200)]
    request_ = {"method": name, "background": others if "expected" in name else None, **request_}
    e = xw.explain(net, picture, target=2, **request_)
    drawn = e.details["map"]
    assert (drawn.dtype, drawn.shape) == (np.float32, (SIDE, SIDE))
    np.testing.assert_allclose(by_region(drawn, e), e.values, rtol=0, atol=1e-5 * np.abs(e.values).max())
    # Not merely the values spread over their regions.
    assert drawn[e.input["regions"] == 7].std() > 0.01 * np.abs(drawn).max()


@pytest.mark.filterwarnings("ignore:Setting backward hooks")
def test_a_map_of_strength_is_the_norm_over_channels(net, picture):
    point = net.problem(picture, 2).field.point[None].clone().requires_grad_()
    for method, theirs in (
        ("saliency", Saliency(net.module).attribute(point, target=2, abs=False)),
        ("guided_backprop", GuidedBackprop(net.module).attribute(point, target=2)),
    ):
        e = xw.explain(net, picture, target=2, method=method)
        np.testing.assert_allclose(e.details["map"], theirs[0].detach().norm(dim=0).numpy(), atol=1e-6)
        np.testing.assert_allclose(by_region(e.details["map"] ** 2, e), e.values**2, rtol=1e-4)


def test_captums_occlusion_is_averaged_over_channels(net, picture):
    e = xw.explain(
        net, picture, target=2, method="captum.Occlusion", sliding_window_shapes=(3, 4, 4), strides=(3, 4, 4)
    )
    size = np.bincount(e.input["regions"].ravel())
    np.testing.assert_allclose(by_region(e.details["map"], e) / size, e.values, atol=1e-5)


@pytest.mark.parametrize("method", ["input_x_gradient", "integrated_gradients", "saliency", "conductance"])
def test_at_a_layer_the_map_has_its_cells(net, picture, method):
    e = xw.explain(net, picture, target=2, method=method, layer="conv")
    drawn = torch.from_numpy(e.details["map"])
    assert drawn.shape == (10, 10)
    assert e.values.shape == (25,)
    power = 2 if method == "saliency" else 1
    summed = laid_over(net.problem(picture).field, drawn.double() ** power)
    np.testing.assert_allclose(summed, e.values**power, rtol=0, atol=1e-5 * np.abs(e.values**power).max())


def test_captum_at_a_layer_has_a_map_too(net, picture):
    e = xw.explain(net, picture, target=2, method="captum.LayerGradientXActivation", layer="conv")
    point = net.problem(picture).field.point[None]
    theirs = LayerGradientXActivation(net.module, net.module.conv).attribute(point, target=2)
    np.testing.assert_allclose(e.details["map"], theirs[0].sum(0).detach(), atol=1e-5)


def test_one_value_for_each_channel_has_no_map(net, picture):
    e = xw.explain(net, picture, target=2, method="input_x_gradient", layer="conv", units="channels")
    assert "map" not in e.details


@pytest.mark.parametrize("method", ["attention_rollout", "attention_relevance"])
def test_attention_is_drawn_on_the_patches(vit, picture, method):
    e = xw.explain(vit, picture, target=1, method=method)
    # The adapter's grid is that of the patches, so each region is one.
    np.testing.assert_allclose(e.details["map"].ravel(), e.values, rtol=1e-5)
    assert e.details["map"].shape == (4, 4)
    at_neuron = xw.explain(vit, picture, method=method, layer="classifier", neuron=1)
    np.testing.assert_allclose(at_neuron.details["map"], e.details["map"], rtol=1e-4)


def test_attn_lrp_is_drawn_on_the_pixels(vit, picture):
    e = xw.explain(vit, picture, target=1, method="attn_lrp")
    assert e.details["map"].shape == (SIDE, SIDE)
    np.testing.assert_allclose(by_region(e.details["map"], e), e.values, atol=1e-5 * np.abs(e.values).max())


def test_a_large_picture_is_drawn_coarser_and_nothing_is_lost(net, picture, monkeypatch):
    fine = xw.explain(net, picture, target=2, method="integrated_gradients", budget=20).details["map"]
    monkeypatch.setattr(fine_map, "MOST", 8 * SIDE * SIDE)
    coarse = xw.explain(net, picture, target=2, method="integrated_gradients", budget=20).details["map"]
    assert coarse.shape == (SIDE // 2, SIDE // 2)
    blocks = fine.reshape(SIDE // 2, 2, SIDE // 2, 2).sum((1, 3))
    np.testing.assert_allclose(coarse, blocks, atol=1e-5 * np.abs(blocks).max())


def test_an_odd_map_keeps_its_sum():
    odd = torch.randn(7, 5, generator=torch.Generator().manual_seed(0))
    coarse = fine_map.laid_out(odd, (4, 3))
    assert float(coarse.sum()) == pytest.approx(float(odd.sum()), abs=1e-5)
    # A cell takes 7/4 rows and 5/3 columns: one whole pixel, and parts of those it cuts.
    corner = odd[0, 0] + 3 / 4 * odd[1, 0] + 2 / 3 * odd[0, 1] + 3 / 4 * 2 / 3 * odd[1, 1]
    assert float(coarse[0, 0]) == pytest.approx(float(corner), abs=1e-6)


def test_a_map_is_saved_and_loaded_and_a_table_has_none(net, picture, tmp_path):
    e = xw.explain(net, picture, method="integrated_gradients")
    back = xw.load(e.save(tmp_path / "e.npz"))
    np.testing.assert_array_equal(back.details["map"], e.details["map"])
    assert back.details["map"].dtype == np.float32
    table = xw.TabularModel(nn.Linear(3, 2), background=np.eye(3))
    assert "map" not in xw.explain(table, np.ones(3), method="integrated_gradients").details
