"""Attribution at a layer and of a neuron against Captum's, and conductance against a closed form as well."""

import numpy as np
import pytest
import torch
from captum.attr import (
    IntegratedGradients,
    LayerConductance,
    LayerGradientXActivation,
    LayerIntegratedGradients,
    NeuronConductance,
    NeuronGradient,
)
from torch import nn

import xaiwidgets as xw
from tests.oracle.closed import Given
from tests.oracle.forward import class_score, embedded, token_score
from tests.oracle.opened import opened

TEXT = "a gripping film, unbelievably well acted"
BLOCK = "encoder.encoder.layer.3"
TARGET = 1


@pytest.fixture(scope="module")
def asked(sentiment):
    """Captum's view of the same question: score, block, point and baseline."""
    point, baseline, _ = embedded(sentiment, TEXT, absent=sentiment.tokenizer.mask_token_id)
    sentiment.model.eval()
    return class_score(sentiment, TARGET), sentiment.model.get_submodule(BLOCK), point, baseline


def by_token(states):
    """[1, T, D], or a tuple of it, summed by token: float64 [T]."""
    states = states[0] if isinstance(states, tuple) else states
    return states.detach().double()[0].sum(-1).numpy()


def close(found, expected, share):
    np.testing.assert_allclose(found, expected, rtol=0, atol=share * np.abs(expected).max())


def test_integrated_gradients_at_a_block(sentiment, asked):
    score, block, point, baseline = asked
    theirs = LayerIntegratedGradients(score, block).attribute(point, baseline, n_steps=64, method="gausslegendre")
    e = xw.explain(sentiment, TEXT, method="integrated_gradients", target=TARGET, layer=BLOCK, tolerance=1e-3)
    close(e.values, by_token(theirs), 1e-3)
    assert (e.features[0], e.features[1], e.features[-1]) == ("[CLS]", "a", "[SEP]")
    assert e.parameters["layer"] == BLOCK
    assert e.values.sum() == pytest.approx(e.output - e.baseline_output, rel=2e-3)
    states = theirs[0] if isinstance(theirs, tuple) else theirs
    e = xw.explain(
        sentiment, TEXT, method="integrated_gradients", target=TARGET, layer=BLOCK, units="channels", tolerance=1e-3
    )
    close(e.values, states.detach()[0].sum(0).numpy(), 2e-3)
    assert (len(e.features), e.features[12]) == (384, "unit 12")


def test_gradient_times_activation_at_a_block(sentiment, asked):
    # Captum's baseline is zero: the sum of ours and the baseline's part is theirs.
    score, block, point, baseline = asked
    theirs = by_token(LayerGradientXActivation(score, block).attribute(point))
    problem = xw.explain(sentiment, TEXT, method="input_x_gradient", target=TARGET, layer=BLOCK)
    gradients = LayerGradientXActivation(score, block, multiply_by_inputs=False).attribute(point)
    states = torch.tensor(xw.activations(sentiment, TEXT, BLOCK))
    with torch.no_grad():
        kept = []
        handle = block.register_forward_hook(lambda _, __, out: kept.append(out[0] if isinstance(out, tuple) else out))
        score(baseline)
        handle.remove()
    gradients = gradients[0] if isinstance(gradients, tuple) else gradients
    close(problem.values, by_token(gradients * (states - kept[0])), 1e-4)
    close(problem.values + by_token(gradients * kept[0]), theirs, 1e-4)


def test_saliency_at_a_block(sentiment, asked):
    score, block, point, _ = asked
    gradients = LayerGradientXActivation(score, block, multiply_by_inputs=False).attribute(point)
    gradients = gradients[0] if isinstance(gradients, tuple) else gradients
    e = xw.explain(sentiment, TEXT, method="saliency", target=TARGET, layer=BLOCK)
    close(e.values, gradients.detach()[0].double().norm(dim=-1).numpy(), 1e-4)


def test_a_language_models_block(smollm2):
    text, block = "The capital of France is", "model.layers.12"
    e = xw.explain(smollm2, text, method="input_x_gradient", target=" Paris", layer=block, units="channels")
    point, _, _ = embedded(smollm2, text)
    score = token_score(smollm2, e.targets[0])
    module = smollm2.model.get_submodule(block)
    gradients = LayerGradientXActivation(score, module, multiply_by_inputs=False).attribute(point)
    gradients = gradients[0] if isinstance(gradients, tuple) else gradients
    problem = smollm2.problem(text, " Paris")
    kept = []
    handle = module.register_forward_hook(lambda _, __, out: kept.append(out[0] if isinstance(out, tuple) else out))
    with torch.no_grad():
        smollm2.model(inputs_embeds=torch.stack([problem.field.point, problem.field.baseline]))
    handle.remove()
    expected = (gradients[0] * (kept[0][0] - kept[0][1])).detach().double().sum(0).numpy()
    close(e.values, expected, 1e-3)


def test_a_unit_is_explained_by_the_input(sentiment, asked):
    score, block, point, baseline = asked

    def unit(embeddings):
        kept = []
        handle = block.register_forward_hook(lambda _, __, out: kept.append(out[0] if isinstance(out, tuple) else out))
        score(embeddings)
        handle.remove()
        return kept[0][:, 3, 12]

    theirs = IntegratedGradients(unit).attribute(point, baseline, n_steps=64, method="gausslegendre")
    ordinary = embedded(sentiment, TEXT)[2].numpy()
    e = xw.explain(
        sentiment, TEXT, method="integrated_gradients", layer=BLOCK, neuron=(3, 12), tolerance=2e-3, budget=300
    )
    close(e.values, by_token(theirs)[ordinary], 5e-3)
    assert e.output == pytest.approx(float(xw.activations(sentiment, TEXT, BLOCK)[3, 12]), abs=1e-5)
    gradient = NeuronGradient(score, block).attribute(
        point.requires_grad_(), lambda out: (out[0] if isinstance(out, tuple) else out)[:, 3, 12]
    )
    point.requires_grad_(False)
    e = xw.explain(sentiment, TEXT, method="saliency", layer=BLOCK, neuron=[3, 12])
    close(e.values, gradient.detach()[0].double().norm(dim=-1).numpy()[ordinary], 1e-4)


def test_conductance_of_a_block(sentiment, asked):
    # Captum's rule is of first order: halving its step halves its distance from ours.
    score, block, point, baseline = asked
    e = xw.explain(sentiment, TEXT, method="conductance", target=TARGET, layer=BLOCK, tolerance=5e-3)
    off = [
        np.abs(by_token(LayerConductance(score, block).attribute(point, baseline, n_steps=steps)) - e.values).sum()
        for steps in (75, 150)
    ]
    norm = np.abs(e.values).sum()
    assert off[1] < 0.05 * norm
    assert off[0] / off[1] == pytest.approx(2, abs=0.25)
    assert e.error_kind == "rule"
    assert e.values.sum() == pytest.approx(e.output - e.baseline_output, rel=2e-3)


def test_conductance_through_one_unit(sentiment, asked):
    score, block, point, baseline = asked
    request = {"method": "conductance", "target": TARGET, "layer": BLOCK, "tolerance": 5e-3}
    theirs = NeuronConductance(score, block).attribute(
        point.clone().requires_grad_(), (3, 12), baselines=baseline, n_steps=64, method="gausslegendre"
    )
    e = xw.explain(sentiment, TEXT, neuron=(3, 12), **request)
    close(e.values, by_token(theirs)[embedded(sentiment, TEXT)[2].numpy()], 1e-2)
    assert e.target == "positive"
    # What flows through a unit is split over the words, and adds up to the unit's own conductance.
    channel = xw.explain(sentiment, TEXT, neuron=12, **request)
    units = xw.explain(sentiment, TEXT, units="channels", **request)
    assert channel.values.sum() == pytest.approx(units.values[12], abs=1e-2 * np.abs(channel.values).sum())


def test_conductance_of_the_input_is_integrated_gradients(sentiment):
    request = {"target": TARGET, "tolerance": 5e-3, "budget": 600}
    ours = xw.explain(sentiment, TEXT, method="conductance", **request)
    theirs = xw.explain(sentiment, TEXT, method="integrated_gradients", **request)
    close(ours.values, theirs.values, 1e-2)


class Hidden(nn.Module):
    """y = (x₁², x₁x₂), F = y₁² + 3 y₁y₂: every conductance is an integral of a polynomial."""

    def __init__(self):
        super().__init__()
        self.hidden = nn.Identity()

    def forward(self, x):
        y = self.hidden(torch.stack([x[:, 0] ** 2, x[:, 0] * x[:, 1]], -1))
        return y[:, 0] ** 2 + 3 * y[:, 0] * y[:, 1]


def test_conductance_in_closed_form():
    a, b = 1.5, -2.0
    point = torch.tensor([a, b], dtype=torch.float64)
    # On x = αp: y = α²(a², ab), so ∫ ∂F/∂y dy = ∫ α² (2a² + 3ab, 3a²) · 2α (a², ab) dα = ½ (…)(…).
    expected = np.array([(2 * a**2 + 3 * a * b) * a**2 / 2, 3 * a**2 * a * b / 2])
    e = xw.explain(
        Given(opened(Hidden(), point)), None, method="conductance", layer="hidden", tolerance=1e-9, budget=2000
    )
    np.testing.assert_allclose(e.values, expected, rtol=1e-9)
    assert e.features == ("unit 0", "unit 1")


@pytest.mark.parametrize("seed", range(4))
def test_the_claimed_error_of_conductance_is_not_below_half_the_true_one(seed):
    torch.manual_seed(seed)
    network = nn.Sequential(nn.Linear(6, 16), nn.Tanh(), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 1), nn.Flatten(0))
    point = 3 * torch.randn(6, dtype=torch.float64)
    problem = opened(network.double(), point)
    exact = xw.explain(Given(problem), None, method="conductance", layer="1", tolerance=1e-12, budget=2000).values
    for tolerance in (0.1, 0.01, 0.001):
        e = xw.explain(Given(problem), None, method="conductance", layer="1", tolerance=tolerance)
        true = np.abs(e.values - exact).sum() / np.abs(exact).sum()
        assert true <= 2 * e.relative_error


def test_a_map_is_laid_over_the_picture_by_area():
    # A 6 × 4 picture in 3 × 2 regions, and a layer of 2 × 4 cells: each cell covers one and a half rows of regions.
    class Pool(nn.Module):
        def __init__(self):
            super().__init__()
            self.pool = nn.AdaptiveAvgPool2d((2, 4))

        def forward(self, x):
            return (self.pool(x) * torch.arange(16.0).reshape(2, 2, 4)).sum((1, 2, 3))

    def by_region(pixels):
        rows = pixels.sum(-3).unflatten(-1, (2, 2)).sum(-1).unflatten(-2, (3, 2)).sum(-2)
        return rows.flatten(-2)

    problem = opened(Pool(), torch.ones(2, 6, 4), by_feature=by_region)
    e = xw.explain(Given(problem), None, method="input_x_gradient", layer="pool")
    cells = torch.arange(16.0).reshape(2, 2, 4).sum(0)
    top, low = cells[0].reshape(2, 2).sum(-1), cells[1].reshape(2, 2).sum(-1)
    expected = torch.stack([2 / 3 * top, (top + low) / 3, 2 / 3 * low])
    np.testing.assert_allclose(e.values, expected.flatten(), rtol=1e-6)
    channels = xw.explain(Given(problem), None, method="input_x_gradient", layer="pool", units="channels")
    np.testing.assert_allclose(channels.values, [cells.new_tensor(range(8)).sum(), sum(range(8, 16))])


def test_a_convolutions_channels():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(1, 3, 3), nn.Tanh(), nn.Flatten(1), nn.Linear(108, 1), nn.Flatten(0)).double()
    point = torch.randn(1, 8, 8, dtype=torch.float64)
    problem = opened(network, point, by_feature=lambda c: c.flatten(-3))
    theirs = LayerIntegratedGradients(network, network[1]).attribute(point[None], n_steps=64, method="gausslegendre")
    units = xw.explain(Given(problem), None, method="integrated_gradients", layer="1", units="channels", tolerance=1e-6)
    close(units.values, theirs[0].sum((1, 2)).detach().numpy(), 1e-5)
    regions = xw.explain(Given(problem), None, method="integrated_gradients", layer="1", tolerance=1e-6)
    assert regions.features == problem.features
    assert regions.values.sum() == pytest.approx(units.values.sum())
