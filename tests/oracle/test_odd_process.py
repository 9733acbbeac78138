"""The closed forms of the process that kernel_shap learns with, against sums over all coalitions."""

import math

import pytest
import torch

from tests.oracle.closed import exact_shapley, table_game
from xaiwidgets.engine.odd_prior import START, Choice, likely
from xaiwidgets.engine.odd_process import Posterior, Prior, odd_product, shapley_coefficients

PLAYERS = 6


def everything(players=PLAYERS):
    masks = (torch.arange(2**players)[:, None] >> torch.arange(players)) % 2 == 1
    return masks.double() * 2 - 1


def some_prior(*, rough=0.2, seed=0):
    generator = torch.Generator().manual_seed(seed)
    share = torch.rand(PLAYERS, generator=generator, dtype=torch.float64)
    reach = 0.9 * torch.rand(PLAYERS, generator=generator, dtype=torch.float64) + 0.01
    return Prior(linear=share / share.sum(), reach=reach, smooth=0.7, rough=rough)


def full_covariance(prior):
    spins = everything()
    same = torch.eye(2**PLAYERS, dtype=torch.float64)
    return prior.covariance(spins, spins) + prior.rough * (same - same.flip(0))


def test_the_coefficients_are_shapleys():
    function = table_game(PLAYERS, seed=3)
    spins = everything()
    values = shapley_coefficients(spins).T @ function(spins > 0)
    torch.testing.assert_close(values, exact_shapley(function, PLAYERS), rtol=0, atol=1e-12)


def test_the_smooth_part_is_the_odd_half_of_the_product():
    prior, spins = some_prior(), everything()

    def product(sign):
        return (1 + sign * prior.reach * spins[:, None] * spins[None]).prod(-1)

    odd = (product(1) - product(-1)) / 2
    torch.testing.assert_close(prior.smooth_covariance(spins, spins), odd / odd[0, 0], rtol=1e-10, atol=1e-12)


def test_the_values_covariances_are_the_functional_applied_to_the_covariance():
    prior, spins = some_prior(), everything()
    covariance, functional = full_covariance(prior), shapley_coefficients(everything())
    torch.testing.assert_close(prior.values_covariance(spins), covariance @ functional, rtol=0, atol=1e-7)
    variance = (functional.T @ covariance @ functional).diagonal()
    torch.testing.assert_close(prior.values_variance, variance, rtol=1e-5, atol=0)


def test_the_posterior_is_the_conditional_of_a_normal():
    prior, spins = some_prior(), everything()
    covariance, functional = full_covariance(prior), shapley_coefficients(everything())
    seen = [0, 3, 9, 17, 20, 30]
    scores = torch.randn(len(seen), generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    posterior = Posterior(prior, spins[seen], scores)
    gain = torch.linalg.solve(covariance[seen][:, seen], covariance[seen])
    mean, left = gain.T @ scores, covariance - covariance[:, seen] @ gain
    torch.testing.assert_close(posterior.values, functional.T @ mean, rtol=0, atol=1e-6)
    scale = float(scores @ torch.linalg.solve(covariance[seen][:, seen], scores)) / len(seen)
    assert posterior.scale == pytest.approx(scale)
    torch.testing.assert_close(
        posterior.variance, scale * (functional.T @ left @ functional).diagonal(), rtol=1e-4, atol=1e-6
    )
    torch.testing.assert_close(posterior.expected(spins[[1, 2]]), mean[[1, 2]], rtol=0, atol=1e-9)
    density = torch.distributions.MultivariateNormal(
        torch.zeros(len(seen), dtype=torch.float64), scale * covariance[seen][:, seen]
    )
    constant = 0.5 * len(seen) * (1 + math.log(2 * math.pi))
    assert posterior.evidence == pytest.approx(float(density.log_prob(scores)) + constant)


def test_pairs_may_come_in_any_portions():
    prior, spins = some_prior(), everything()[:20]
    scores = torch.randn(20, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    at_once, grown = Posterior(prior, spins, scores), Posterior(prior, spins[:1], scores[:1])
    for part in (slice(1, 2), slice(2, 9), slice(9, 20)):
        grown.extend(spins[part], scores[part])
    for name in ("values", "variance"):
        torch.testing.assert_close(getattr(grown, name), getattr(at_once, name), rtol=1e-9, atol=1e-12)
    assert grown.evidence == pytest.approx(at_once.evidence)


def test_with_all_pairs_the_values_are_exact_and_nothing_is_open():
    function, half = table_game(PLAYERS, seed=7), everything()[: 2 ** (PLAYERS - 1)]
    scores = (function(half > 0) - function(half < 0)) / 2
    posterior = Posterior(some_prior(), half, scores)
    torch.testing.assert_close(posterior.values, exact_shapley(function, PLAYERS), rtol=0, atol=1e-6)
    assert float(posterior.variance.max()) < 1e-4 * posterior.scale


def test_large_sums_do_not_overflow():
    top = 2000.0
    values = odd_product(torch.tensor([2000.0, 1999.0, 0.0, -2000.0], dtype=torch.float64), top)
    torch.testing.assert_close(values, torch.tensor([1.0, math.exp(-1), 0.0, -1.0], dtype=torch.float64))


def test_the_climb_finds_a_linear_game_linear_and_noise_not():
    spins = everything()[: 2 ** (PLAYERS - 1)]
    straight = likely(spins, spins @ torch.tensor([1.0, -2.0, 0.5, 0.1, 3.0, 0.7], dtype=torch.float64))[0].prior()
    noise = likely(spins, torch.randn(len(spins), generator=torch.Generator().manual_seed(0), dtype=torch.float64))
    assert straight.smooth <= 0.01
    assert straight.rough <= 1e-5
    assert noise[0].prior().smooth + noise[0].prior().rough >= 3
    assert Choice.first(4).at == START
