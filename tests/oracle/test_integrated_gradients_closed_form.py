"""Integrated gradients of formulas whose path integral is known."""

import numpy as np
import pytest
import torch
from numpy.polynomial import Polynomial

from tests.oracle.closed import estimates, field_of, problem_of

GENERATOR = torch.Generator().manual_seed(4)


def normal(*shape):
    return torch.randn(*shape, generator=GENERATOR, dtype=torch.float64)


def integrated(function, point, baseline, **limits):
    field, _ = field_of(function, point, baseline)
    return estimates(problem_of(field=field, features=len(point)), "integrated_gradients", **limits)


def test_a_quadratic_is_exact_from_the_first_estimate():
    matrix, slope, point, baseline = normal(5, 5), normal(5), normal(5), normal(5)
    _, made = integrated(lambda x: ((x @ matrix) * x).sum(-1) + x @ slope, point, baseline)
    # The gradient is linear on the path, so its mean is its value half-way.
    middle = (point + baseline) / 2
    expected = (point - baseline) * ((matrix + matrix.T) @ middle + slope)
    assert torch.allclose(made[0].values, expected, rtol=1e-12)
    assert made[-1].relative_error < 1e-12


def test_a_cubic_with_interactions_is_what_its_polynomial_integrates_to():
    point, baseline = normal(3), normal(3)

    def cubic(x):
        return x[:, 0] ** 2 * x[:, 1] + 3 * x[:, 1] * x[:, 2] ** 2 - 2 * x[:, 0] * x[:, 1] * x[:, 2] + x[:, 2]

    a, b, c = (Polynomial([float(start), float(end - start)]) for start, end in zip(baseline, point, strict=True))
    gradients = [2 * a * b - 2 * b * c, a**2 + 3 * c**2 - 2 * a * c, 6 * b * c - 2 * a * b + 1]
    expected = [
        float(end - start) * (one.integ()(1) - one.integ()(0))
        for start, end, one in zip(baseline, point, gradients, strict=True)
    ]
    run, made = integrated(cubic, point, baseline, tolerance=1e-9)
    np.testing.assert_allclose(made[-1].values, expected, rtol=1e-12)
    # Three nodes are exact; five confirm it.
    assert (run.stopped_by, run.pace.evaluations) == ("tolerance", 6)


@pytest.mark.parametrize("seed", range(6))
def test_a_tanh_network_matches_a_dense_gauss_legendre_rule(seed):
    generator = torch.Generator().manual_seed(seed)
    first = 1.5 * torch.randn(6, 20, generator=generator, dtype=torch.float64)
    second = torch.randn(20, generator=generator, dtype=torch.float64)
    point, baseline = torch.randn(2, 6, generator=generator, dtype=torch.float64)

    def network(x):
        return torch.tanh(x @ first) @ second

    nodes, weights = np.polynomial.legendre.leggauss(200)
    points = (baseline + torch.tensor((nodes[:, None] + 1) / 2) * (point - baseline)).requires_grad_(True)
    (gradients,) = torch.autograd.grad(network(points).sum(), points)
    expected = (point - baseline) * (torch.tensor(weights / 2)[:, None] * gradients).sum(0)

    run, made = integrated(network, point, baseline, tolerance=1e-4)
    assert run.stopped_by == "tolerance"
    assert (made[-1].values - expected).abs().sum() <= 1e-4 * expected.abs().sum()
    assert torch.all((made[-1].values - expected).abs() <= made[-1].error + 1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_values_add_up_to_the_change_in_score(seed):
    generator = torch.Generator().manual_seed(seed)
    weights = torch.randn(4, 4, generator=generator, dtype=torch.float64)
    point, baseline = torch.randn(2, 4, generator=generator, dtype=torch.float64)

    def function(x):
        return torch.sin(x @ weights).prod(-1)

    _, made = integrated(function, point, baseline, tolerance=1e-8, budget=2000)
    rise = float(function(point[None]) - function(baseline[None]))
    assert float(made[-1].values.sum()) == pytest.approx(rise, abs=1e-8 * float(made[-1].values.abs().sum()) + 1e-12)
    assert made[-1].baseline_output == pytest.approx(float(function(baseline[None])), rel=1e-12)


def test_a_small_completeness_gap_alone_does_not_end_the_run():
    # Two mirrored bumps: their coarse sums are wrong by the same amount with opposite signs, so the gap stays zero.
    def bumps(x):
        return torch.sin(40 * x[:, 0]) / 40 - torch.sin(40 * x[:, 1]) / 40

    run, made = integrated(bumps, torch.ones(2).double(), torch.zeros(2).double(), tolerance=0.01)
    expected = np.array([np.sin(40) / 40, -np.sin(40) / 40])
    assert run.stopped_by == "tolerance"
    np.testing.assert_allclose(made[-1].values, expected, rtol=0.01)


def test_a_path_of_no_length_is_worth_nothing():
    point = normal(3)
    run, made = integrated(lambda x: x.square().sum(-1), point, point.clone())
    assert made[-1].values.tolist() == [0.0, 0.0, 0.0]
    assert (run.stopped_by, made[-1].relative_error) == ("tolerance", 0.0)


def test_a_step_that_no_rule_resolves_is_not_claimed_to_be_known():
    # A kink at an irrational place: the budget runs out before the rules agree, and the error says so.
    def kinked(x):
        return torch.relu(50 * (x[:, 0] - 0.2718281828)) - torch.relu(50 * (x[:, 1] - 0.7390851332))

    run, made = integrated(kinked, torch.ones(2).double(), torch.zeros(2).double(), tolerance=1e-6)
    expected = torch.tensor([50 * (1 - 0.2718281828), -50 * (1 - 0.7390851332)], dtype=torch.float64)
    assert run.stopped_by == "budget"
    assert made[-1].relative_error >= 0.5 * float((made[-1].values - expected).abs().sum() / expected.abs().sum()) > 0
