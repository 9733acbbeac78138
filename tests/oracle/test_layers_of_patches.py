"""Attributions at a vision transformer's tokens, as a map of its patches, against Captum's at the same layers."""

import numpy as np
import pytest
import torch
from captum.attr import LayerGradientXActivation, LayerIntegratedGradients

import xaiwidgets as xw
from xaiwidgets import samples

BLOCK = "blocks.1"
SIDE = 7
LEFT_OUT = "The layer's first token is no patch of the picture: what it holds has no place there and is left out."


@pytest.fixture(scope="module")
def vit():
    return samples.fashion_vit()


@pytest.fixture(scope="module")
def picture():
    return samples.fashion_pictures().pictures[0]


@pytest.fixture(scope="module")
def asked(vit, picture):
    """Captum's view of the same question: score, block, point and baseline."""
    problem = vit.problem(picture)
    field = problem.field
    vit.module.eval()
    return (lambda pixels: vit.module(pixels)[:, problem.target.index]), field.point[None], field.baseline[None]


def by_patch(tokens):
    """[1, 50, D], or a tuple of it, summed over D, without the class token: float64 [7, 7]."""
    tokens = tokens[0] if isinstance(tokens, tuple) else tokens
    return tokens.detach().double()[0, 1:].sum(-1).reshape(SIDE, SIDE).numpy()


def close(found, expected, share):
    np.testing.assert_allclose(found, expected, rtol=0, atol=share * np.abs(expected).max())


@pytest.mark.parametrize("layer", ["blocks.0", BLOCK, "blocks.2.norm_1"])
def test_integrated_gradients_at_a_layer(vit, picture, asked, layer):
    score, point, baseline = asked
    theirs = LayerIntegratedGradients(score, vit.module.get_submodule(layer)).attribute(
        point, baseline, n_steps=256, method="gausslegendre"
    )
    e = xw.explain(vit, picture, method="integrated_gradients", layer=layer, tolerance=1e-3, budget=4000)
    assert e.stopped_by == "tolerance"
    close(e.details["map"], by_patch(theirs), 5e-3)
    # The regions are a grid of 7 × 7 too, each of which is a patch.
    close(e.values.reshape(SIDE, SIDE), e.details["map"], 1e-5)
    assert e.notes == (LEFT_OUT,)
    # What the class token holds is what is missing.
    tokens = theirs[0] if isinstance(theirs, tuple) else theirs
    left = float(tokens.detach()[0, 0].sum())
    assert e.values.sum() + left == pytest.approx(e.output - e.baseline_output, abs=5e-3 * np.abs(e.values).sum())


def test_gradients_at_a_block(vit, picture, asked):
    score, point, baseline = asked
    block = vit.module.get_submodule(BLOCK)
    gradients = LayerGradientXActivation(score, block, multiply_by_inputs=False).attribute(point).detach()
    strength = gradients.double()[0, 1:].square().sum(-1).sqrt().reshape(SIDE, SIDE).numpy()
    close(xw.explain(vit, picture, method="saliency", layer=BLOCK).details["map"], strength, 1e-5)
    # Captum's baseline is zero; ours is the layer's output for the black picture.
    absent = LayerGradientXActivation(score, block).attribute(point).detach()
    kept = []
    handle = block.register_forward_hook(lambda _, __, out: kept.append(out.detach()))
    with torch.no_grad():
        score(baseline)
    handle.remove()
    e = xw.explain(vit, picture, method="input_x_gradient", layer=BLOCK)
    close(e.details["map"], by_patch(absent - gradients * kept[0]), 1e-4)


def test_conductance_of_a_block_is_a_map_too(vit, picture):
    e = xw.explain(vit, picture, method="conductance", layer=BLOCK)
    assert e.details["map"].shape == (SIDE, SIDE)
    close(e.values.reshape(SIDE, SIDE), e.details["map"], 1e-5)
    assert LEFT_OUT in e.notes


def test_grad_cam_weighs_the_same_tokens(vit, picture, asked):
    # As pytorch-grad-cam's reshape_transform of its vision transformer does: no class token, channels first.
    score, point, _ = asked
    block = vit.module.get_submodule(BLOCK)
    kept = []
    handle = block.register_forward_hook(lambda _, __, out: kept.append(out))
    value = score(point)[0]
    handle.remove()
    (gradient,) = torch.autograd.grad(value, kept[0])
    maps, slopes = (t[0, 1:].T.reshape(-1, SIDE, SIDE) for t in (kept[0].detach(), gradient))
    cam = (slopes.mean((1, 2))[:, None, None] * maps).sum(0).relu().numpy()
    close(xw.explain(vit, picture, method="grad_cam", layer=BLOCK).details["map"], cam, 1e-5)


def test_units_are_there_on_demand(vit, picture):
    e = xw.explain(vit, picture, method="input_x_gradient", layer=BLOCK, units="channels")
    assert e.values.shape == (64,)
    assert "map" not in e.details
    assert e.notes == ()


def test_places_that_are_no_patches_stay_units(vit, picture):
    # 99 tokens are 18 more than a square, too many to be special ones.
    places = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(784, 297), torch.nn.Unflatten(1, (99, 3)))
    module = torch.nn.Sequential(places, torch.nn.Flatten(), torch.nn.Linear(297, 4))
    e = xw.explain(xw.ImageClassifier(module, vit.preprocess), picture, method="input_x_gradient", layer="0")
    assert e.features == ("unit 0", "unit 1", "unit 2")
    assert "map" not in e.details
