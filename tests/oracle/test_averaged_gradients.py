"""SmoothGrad and expected gradients against closed forms, against Captum and shap, and whether their bands cover."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.polynomial.hermite_e import hermegauss

import xaiwidgets as xw
from tests.oracle.closed import Given, estimates, field_of, problem_of
from tests.oracle.forward import class_score, embedded
from xaiwidgets.errors import MethodError

TEXT = "a gripping film, unbelievably well acted"
OTHERS = ["the bus was late again", "what a day", "nobody knows the name of this dog"]


def network(features, seed):
    """The weights of x ↦ tanh(x A) b: curved everywhere, so that single gradients say little about their mean."""
    generator = torch.Generator().manual_seed(seed)
    first = 1.5 * torch.randn(features, 8, generator=generator, dtype=torch.float64) / features**0.5
    return first, torch.randn(8, generator=generator, dtype=torch.float64)


def network_problem(seed, *, features=6):
    """A network at a point, with a background; and its weights."""
    first, second = network(features, seed)
    generator = torch.Generator().manual_seed(1000 + seed)
    point = torch.randn(features, generator=generator, dtype=torch.float64)
    background = torch.randn(3 + seed % 20, features, generator=generator, dtype=torch.float64)
    field, asked = field_of(lambda x: torch.tanh(x @ first) @ second, point, 0 * point)
    return replace(field, background=background), (first, second), asked


def smoothed(field, weights, noise):
    """The exact mean of the gradient under the noise: of tanh along each hidden direction, by Gauss–Hermite."""
    first, second = weights
    nodes, shares = (torch.tensor(array) for array in hermegauss(60))
    scale = noise * field.background.std(0)
    centre, width = field.point @ first, (first * scale[:, None]).square().sum(0).sqrt()
    slopes = (1 - torch.tanh(centre[:, None] + width[:, None] * nodes) ** 2) @ (shares / shares.sum())
    return field.point * (first @ (slopes * second))


def averaged_paths(field):
    """Integrated gradients from every input of the background, by Gauss–Legendre, averaged."""
    nodes, weights = np.polynomial.legendre.leggauss(60)
    alphas, weights = torch.tensor((nodes + 1) / 2), torch.tensor(weights / 2)
    difference = field.point - field.background
    points = field.background[:, None] + alphas[None, :, None] * difference[:, None]
    _, gradients = field.value_and_grad(points.reshape(-1, len(field.point)))
    mean = (gradients.reshape(points.shape) * weights[None, :, None]).sum(1)
    return (difference * mean).mean(0)


@pytest.mark.parametrize("budget", [33, 97])
def test_the_bands_cover(budget):
    covered = {"smooth_grad": [], "expected_gradients": []}
    for seed in range(200):
        field, weights, _ = network_problem(seed)
        truths = {"smooth_grad": smoothed(field, weights, 0.5), "expected_gradients": averaged_paths(field)}
        for method, truth in truths.items():
            options = {"noise": 0.5} if method == "smooth_grad" else {}
            problem = problem_of(field=field, features=6)
            run, made = estimates(problem, method, seed=seed, budget=budget, tolerance=1e-12, **options)
            assert run.pace.evaluations == budget
            covered[method] += ((made[-1].values - truth).abs() <= made[-1].error).tolist()
    for method, inside in covered.items():
        assert len(inside) == 1200
        assert 0.92 <= sum(inside) / len(inside) <= 0.98, method


def test_the_variance_is_that_of_a_single_noisy_map():
    # The gradient of x·A·x is linear, so its variance has a closed form, and antithetic pairs know the mean exactly.
    matrix = torch.randn(5, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    matrix = matrix + matrix.T
    point = torch.arange(1.0, 6.0, dtype=torch.float64)
    field, _ = field_of(lambda x: ((x @ matrix) * x).sum(-1) / 2, point, 0 * point)
    field = replace(field, background=None)
    _, made = estimates(problem_of(field=field, features=5), "smooth_grad", noise=0.1, budget=4001, tolerance=1e-300)
    torch.testing.assert_close(made[-1].values, point * (matrix @ point))
    scale = 0.1 * point
    expected = point.square() * (matrix * scale).square().sum(1)
    torch.testing.assert_close(made[-1].details["variance"], expected, rtol=0.12, atol=0)


def test_expected_gradients_of_one_baseline_are_integrated_gradients():
    field, _, _ = network_problem(4)
    field = replace(field, baseline=field.background[0], background=field.background[:1])
    problem = problem_of(field=field, features=6)
    _, path = estimates(problem, "integrated_gradients", tolerance=1e-6, budget=2000)
    _, made = estimates(problem, "expected_gradients", tolerance=1e-3, budget=4000)
    assert (made[-1].values - path[-1].values).abs().sum() <= 2e-3 * path[-1].values.abs().sum()


def test_evenly_spread_points_beat_random_ones():
    # From a few baselines the place on the path is most of what varies, and evenly spread places know its mean sooner.
    ours, plain = [], []
    for seed in range(40):
        field, _, _ = network_problem(seed)
        field = replace(field, background=field.background[:3])
        truth = averaged_paths(field)
        problem = problem_of(field=field, features=6)
        _, made = estimates(problem, "expected_gradients", seed=seed, budget=257, tolerance=1e-12)
        generator = torch.Generator().manual_seed(seed)
        chosen = field.background[torch.randint(3, (256,), generator=generator)]
        points = chosen + torch.rand(256, 1, generator=generator, dtype=torch.float64) * (field.point - chosen)
        _, gradients = field.value_and_grad(points)
        ours.append(float((made[-1].values - truth).abs().sum()))
        plain.append(float(((gradients * (field.point - chosen)).mean(0) - truth).abs().sum()))
    assert np.median(ours) < np.median(plain) / 2


def test_smooth_grad_of_a_real_model_is_captums(sentiment):
    from captum.attr import NoiseTunnel, Saliency

    e = xw.explain(sentiment, TEXT, method="smooth_grad", target="positive", budget=151, tolerance=1e-9)
    point, baseline, ordinary = embedded(sentiment, TEXT, absent=sentiment.tokenizer.mask_token_id)
    torch.manual_seed(0)
    tunnel = NoiseTunnel(Saliency(class_score(sentiment, 1)))
    gradients = tunnel.attribute(
        point, nt_type="smoothgrad", nt_samples=150, nt_samples_batch_size=50, abs=False,
        stdevs=0.3 * float(point.std(correction=0)),
    )  # fmt: skip
    theirs = (gradients * (point - baseline))[0].sum(-1)[ordinary].double().detach().numpy()
    # Theirs has an error too, of about the size that we state for ours at twice the band for its lack of pairs.
    assert np.abs(e.values - theirs).sum() <= 3 * e.error.sum()
    assert e.relative_error < 0.5
    assert (e.details["variance"] > 0).all()


def test_expected_gradients_of_a_real_model_are_the_mean_of_captums(sentiment):
    from captum.attr import IntegratedGradients

    e = xw.explain(sentiment, TEXT, method="expected_gradients", target=1, background=OTHERS, budget=401)
    field = sentiment.problem(TEXT, 1, background=OTHERS).field
    assert field.background.shape == (3, *field.point.shape)
    method = IntegratedGradients(class_score(sentiment, 1))
    point = field.point[None]
    every = [
        method.attribute(point, baselines=other[None], n_steps=60, method="gausslegendre") for other in field.background
    ]
    truth = field.by_feature(torch.cat(every).detach().double()).mean(0).numpy()
    assert (np.abs(e.values - truth) <= 2 * e.error).all()
    assert np.abs(e.values - truth).sum() <= 0.1 * np.abs(truth).sum()


def test_expected_gradients_are_those_of_shap():
    import shap

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            first, second = network(6, 1)
            self.first, self.second = torch.nn.Parameter(first.float()), torch.nn.Parameter(second.float())

        def forward(self, x):
            return (torch.tanh(x @ self.first) @ self.second)[:, None]

    field, _, _ = network_problem(1)
    background, point = field.background.float(), field.point.float()[None]
    theirs = shap.GradientExplainer(Net(), background).shap_values(point, nsamples=4000, rseed=0)
    _, made = estimates(problem_of(field=field, features=6), "expected_gradients", tolerance=0.01, budget=5000)
    ours = made[-1].values.numpy()
    assert np.abs(ours - np.asarray(theirs).reshape(6)).sum() <= 0.1 * np.abs(ours).sum()


def test_without_a_background_it_is_said_what_to_give(sentiment):
    with pytest.raises(MethodError, match=r"give some of them with background=\[…\]"):
        xw.explain(sentiment, TEXT, method="expected_gradients")


@pytest.mark.parametrize("noise", [0, -1, "much", float("nan"), float("inf"), True, None])
def test_a_noise_that_is_none_is_refused(noise):
    field, _, _ = network_problem(0)
    with pytest.raises(MethodError, match="it must be a positive share of the input's spread"):
        xw.explain(Given(problem_of(field=field, features=6)), None, method="smooth_grad", noise=noise)


def test_noise_on_columns_follows_each_columns_own_spread():
    field, _, asked = network_problem(2)
    far = replace(field, background=field.background * torch.tensor([1.0, 1, 1, 1, 1, 1000]))
    estimates(problem_of(field=far, features=6), "smooth_grad", noise=0.5, budget=401, tolerance=1e-12)
    spread = torch.tensor(asked).std(0) / (0.5 * far.background.std(0))
    assert float((spread - 1).abs().max()) < 0.15


@pytest.mark.parametrize("method", ["smooth_grad", "expected_gradients"])
def test_the_same_seed_gives_the_same_numbers_whatever_the_batches(method):
    field, _, _ = network_problem(7)
    problem = problem_of(field=field, features=6)
    made = [estimates(problem, method, seed=seed, budget=65, tolerance=1e-12)[1][-1].values for seed in (5, 5, 6)]
    torch.testing.assert_close(made[0], made[1], rtol=1e-12, atol=1e-12)
    assert not torch.allclose(made[0], made[2], rtol=1e-3)
