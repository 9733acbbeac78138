"""Pictures against Captum, against enumeration and against a closed form."""

import itertools
from math import factorial

import numpy as np
import pytest
import torch
from captum.attr import FeatureAblation, InputXGradient, IntegratedGradients, Saliency
from torch import nn

import xaiwidgets as xw
from xaiwidgets import samples


def close(found, wanted, *, rtol):
    """Alike in L1, the norm that an explanation's relative error is about."""
    wanted = np.asarray(wanted, dtype=np.float64)
    assert np.abs(found - wanted).sum() <= rtol * np.abs(wanted).sum()


@pytest.fixture(scope="module")
def cat():
    """EfficientNet, a cat, and the same pixels as Captum takes them."""
    adapter = samples.efficientnet()
    problem = adapter.problem(samples.picture("chelsea"), "Egyptian cat")
    regions = torch.from_numpy(problem.input["regions"]).long()
    return adapter, problem, regions


def by_region(contributions, regions):
    flat = contributions.detach().double().sum((0, 1)).flatten()
    return torch.zeros(int(regions.max()) + 1, dtype=torch.float64).index_add_(0, regions.flatten(), flat).numpy()


def explain(cat, method, **limits):
    adapter, problem, _ = cat
    return xw.explain(adapter, samples.picture("chelsea"), target=problem.target.name, method=method, **limits)


def test_input_x_gradient_is_captums(cat):
    adapter, problem, regions = cat
    point, baseline = problem.field.point[None], problem.field.baseline[None]
    # Captum's baseline is zero; shift the module's input so that ours is.
    shifted = InputXGradient(lambda x: adapter.module(x + baseline))
    wanted = shifted.attribute((point - baseline).requires_grad_(), target=problem.target.index)
    close(explain(cat, "input_x_gradient").values, by_region(wanted, regions), rtol=1e-3)


def test_saliency_is_the_norm_of_captums_gradient(cat):
    adapter, problem, regions = cat
    point = problem.field.point[None].clone().requires_grad_()
    gradient = Saliency(adapter.module).attribute(point, target=problem.target.index, abs=False)
    close(explain(cat, "saliency").values, np.sqrt(by_region(gradient.square(), regions)), rtol=1e-3)


def test_occlusion_is_captums_ablation(cat):
    adapter, problem, regions = cat
    with torch.no_grad():
        ablation = FeatureAblation(adapter.module).attribute(
            problem.field.point[None],
            baselines=problem.field.baseline[None],
            target=problem.target.index,
            feature_mask=regions[None, None].expand(1, 3, -1, -1),
            perturbations_per_eval=8,
        )
    wanted = [float(ablation[0, 0][regions == region][0]) for region in range(len(problem.features))]
    close(explain(cat, "occlusion").values, wanted, rtol=1e-3)


class Smooth(nn.Module):
    """A convolutional net without kinks, so that a quadrature can be held to many digits."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(1)
        self.conv = nn.Conv2d(3, 8, 5, stride=2)
        self.out = nn.Linear(8 * 10 * 10, 5)

    def forward(self, x):
        return self.out(torch.tanh(3 * self.conv(x)).flatten(1))


def to_tensor(image):
    return torch.from_numpy(np.array(image)).permute(2, 0, 1).float() / 255 - 0.5


@pytest.fixture(scope="module")
def picture():
    return np.random.default_rng(2).integers(0, 256, (23, 23, 3), dtype=np.uint8)


def test_integrated_gradients_are_captums(picture):
    module = Smooth()
    adapter = xw.ImageClassifier(module, to_tensor, grid=5)
    problem = adapter.problem(picture, 3)
    wanted = IntegratedGradients(module).attribute(
        problem.field.point[None],
        baselines=problem.field.baseline[None],
        target=3,
        n_steps=200,
        method="gausslegendre",
        internal_batch_size=50,
    )
    e = xw.explain(adapter, picture, target=3, method="integrated_gradients", tolerance=1e-4)
    close(e.values, by_region(wanted, torch.from_numpy(problem.input["regions"]).long()), rtol=1e-3)


def test_shapley_values_are_the_enumerated_ones(picture):
    adapter = xw.ImageClassifier(Smooth(), to_tensor, grid=3)
    problem = adapter.problem(picture, 0)
    n = 9
    masks = torch.tensor(list(itertools.product([False, True], repeat=n)))
    scores = problem.game.values(masks).double()
    value = {tuple(mask.tolist()): float(score) for mask, score in zip(masks, scores, strict=True)}
    wanted = np.zeros(n)
    for mask, score in value.items():
        size = sum(mask)
        for i in range(n):
            weight = (
                factorial(size - 1) * factorial(n - size) if mask[i] else -factorial(size) * factorial(n - size - 1)
            )
            wanted[i] += weight / factorial(n) * score
    e = xw.explain(adapter, picture, target=0, method="permutation_shap", tolerance=0.02, budget=20_000)
    close(e.values, wanted, rtol=0.02)
    assert e.values.sum() == pytest.approx(wanted.sum(), abs=1e-4)


@pytest.mark.parametrize("method", ["integrated_gradients", "input_x_gradient", "occlusion", "permutation_shap"])
def test_a_linear_model_has_one_answer(picture, method):
    module = nn.Sequential(nn.Flatten(), nn.Linear(3 * 23 * 23, 2))
    adapter = xw.ImageClassifier(module, to_tensor, grid=4)
    problem = adapter.problem(picture, 1)
    weights = module[1].weight[1].detach().reshape(3, 23, 23)
    wanted = weights * (problem.field.point - problem.field.baseline)
    e = xw.explain(adapter, picture, target=1, method=method, budget=100)
    close(e.values, by_region(wanted[None], torch.from_numpy(problem.input["regions"]).long()), rtol=1e-4)
