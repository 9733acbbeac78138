"""What pairs of coalitions tell of a power index, under a prior on games that real models were found to follow.

The prior is a Gaussian process: parities are independent, and their variance falls geometrically with their order, but
for the index's own order and for a rest that is like noise. The index is linear, so what is known of it after some
evaluations is a normal distribution in closed form. Nothing is thrown away as noise: the rest is a part of the game, so
once all coalitions are known the values are exact, and before that only what has not been seen is uncertain.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import torch
from torch import Tensor

from xaiwidgets.engine.power_index import Index, gathered
from xaiwidgets.engine.student import t_quantile

NODES = 32
"""Of the Gauss–Legendre rule for the integral over how likely the other features are present."""

TRAINED = 1024
"""The most pairs that are used; a system of so many equations takes a fifth of a second."""

FULL = f"The fit does not use more than {2 * TRAINED} evaluations, so it ends here."

LOOKED_AT = 2000
"""About how many pairs of features have their uncertainty computed one by one."""

CHOSEN = 192
"""The most pairs that the prior is chosen by."""

NEGLIGIBLE = 3.0
"""Priors whose log-evidence is so much less than the best one's are left out."""

FEW = 3
"""The most priors that are averaged over when there are more pairs than they are chosen by."""

ROUNDING = 1e-7
"""What scores in single precision can tell, of their size; no band is narrower."""

LEAST = 6
"""Pairs below which nothing is claimed of the error."""

MEAN_ORDERS = (0.5, 1.5, 4.0)
RESTS = (0.0, 0.1, 0.5, 2.0)
NOISES = (1e-7, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0, 10.0, 100.0, 1e3)


@dataclass(frozen=True, kw_only=True)
class Prior:
    """How large parities are, all relative to the index's own order.

    Attributes:
        theta: by how much the variance of a parity falls with each order, 0 < θ < 1.
        rest: the variance of all parities above the index's own order.
        noise: the variance of what has no order at all.
    """

    theta: float
    rest: float
    noise: float


def useful(population: int) -> int:
    """How many of so many pairs are worth drawing: all, if that is not much more than what can be learned from."""
    return population if population <= 4 * TRAINED else TRAINED - 1


FIRST = Prior(theta=0.1, rest=0.0, noise=0.1)


CONSTANT = 10.0
"""Prior variance of an even part's mean, against that of its pairs; it is in no index."""


def gram(present: Tensor, others: Tensor, order: int, prior: Prior) -> Tensor:
    """The prior's covariance between coalitions, float64 [a, b], which knows of two only how many features agree.

    The product kernel ∏ᵢ(1 + θ sᵢs′ᵢ), its odd (order 1) or even (order 2) part, with the index's own order apart.
    """
    n = present.shape[1]
    agree = (present @ others.T + (1 - present) @ (1 - others).T).round().long()
    count = torch.arange(n + 1, dtype=torch.float64)
    own, rest = _own(n, order, 2 * count - n), _rest(n, order, prior.theta, count)
    table = own + (CONSTANT if order == 2 else 0.0)
    if prior.rest and rest[-1] > 0:
        table = table + prior.rest * rest / rest[-1]
    return table[agree]


def posterior_parts(index: Index, players: int, prior: Prior) -> Tensor:
    """The index of the prior's covariance with a coalition of each size 0 … n, float64 [n + 1, order + 1]."""
    n, order = players, index.order
    signs = torch.tensor([1.0, -1.0] if order == 1 else [1.0, -1.0, 1.0], dtype=torch.float64)
    # Parities of the index's own order, each with an equal part of variance one; a parity of order 1 moves a feature's
    # value by 2, one of order 2 a pair's by 4.
    parts = (2 * order * signs / math.comb(n, order)).expand(n + 1, -1) if n >= order else torch.zeros(n + 1, order + 1)
    scale = _rest(n, order, prior.theta, torch.tensor([float(n)], dtype=torch.float64))[0]
    if not index.deep or not prior.rest or not scale > 0:
        return parts
    size = torch.arange(n + 1, dtype=torch.float64)
    # How many of the other features are present, when the feature is in or out; both, one or none.
    others = torch.stack([size - order + step for step in range(order + 1)], dim=1)
    absent = n - order - others
    above = _above(n, prior.theta, others.clamp(min=0), absent.clamp(min=0))
    possible = (others >= 0) & (absent >= 0)
    return parts + torch.where(possible, 2 * order * signs * prior.theta**order * prior.rest * above / scale, 0.0)


def _own(n: int, order: int, dot: Tensor) -> Tensor:
    """The mean over all sets of `order` features of χ_T(s)χ_T(s′), from ⟨s, s′⟩."""
    return dot / n if order == 1 else (dot**2 - n) / max(n * n - n, 1)


def _rest(n: int, order: int, theta: float, agree: Tensor) -> Tensor:
    """The product kernel's orders above `order` and of its parity, over the kernel's value at full agreement."""
    up, down = math.log1p(theta), math.log1p(-theta)
    straight = (agree * up + (n - agree) * down - n * up).exp()
    crossed = ((n - agree) * up + agree * down - n * up).exp()
    dot, unit = 2 * agree - n, math.exp(-n * up)
    if order == 1:
        lower = theta * dot
        made = (straight - crossed) / 2 - unit * lower
    else:
        lower = 1 + theta**2 * (dot**2 - n) / 2
        made = (straight + crossed) / 2 - unit * lower
    return made if n > order + 1 else torch.zeros_like(made)


def _above(n: int, theta: float, plus: Tensor, minus: Tensor) -> Tensor:
    """∫₀¹ even part of (1+θt)^plus (1−θt)^minus dt − 1, over the kernel's value at full agreement."""
    node, weight = _gauss_legendre()
    shape = (-1,) + (1,) * plus.dim()
    up, down = (theta * node).log1p().reshape(shape), (-theta * node).log1p().reshape(shape)
    top = n * math.log1p(theta)
    even = ((plus * up + minus * down - top).exp() + (minus * up + plus * down - top).exp()) / 2
    return (even * weight.reshape(shape)).sum(0) - math.exp(-top)


@lru_cache(maxsize=1)
def _gauss_legendre() -> tuple[Tensor, Tensor]:
    """Nodes and weights on [0, 1], by the eigenvalues of the Jacobi matrix (Golub & Welsch 1969)."""
    k = torch.arange(1, NODES, dtype=torch.float64)
    beside = k / (4 * k**2 - 1).sqrt()
    nodes, vectors = torch.linalg.eigh(torch.diag(beside, 1) + torch.diag(beside, -1))
    return (nodes + 1) / 2, vectors[0] ** 2


def prior_variance(index: Index, players: int, prior: Prior) -> float:
    """The variance of the index of any one feature or pair before anything is evaluated."""
    n, order = players, index.order
    variance = (2 * order) ** 2 / math.comb(n, order) if n >= order else 0.0
    scale = float(_rest(n, order, prior.theta, torch.tensor([float(n)], dtype=torch.float64))[0])
    if index.deep and prior.rest and scale > 0:
        node, weight = _gauss_legendre()
        step = prior.theta * node[:, None] * node
        up, down, top = step.log1p() * (n - order), (-step).log1p() * (n - order), n * math.log1p(prior.theta)
        even = ((up - top).exp() + (down - top).exp()) / 2 - math.exp(-top)
        variance += (2 * order) ** 2 * prior.theta**order * prior.rest * float(weight @ even @ weight) / scale
    members = _members(n, order)
    return variance + prior.noise * float(((index.parts.square() * members).sum(1) / index.pairs).sum())


def _members(n: int, order: int) -> Tensor:
    """Which share of features (in, out) or of pairs (both, one, none) coalitions of k = 0 … ⌊n/2⌋ features have."""
    size = torch.arange(n // 2 + 1, dtype=torch.float64)
    rest = n - size
    if order == 1:
        return torch.stack([size, rest], dim=1) / n
    return torch.stack([size * (size - 1), 2 * size * rest, rest * (rest - 1)], dim=1) / max(n * (n - 1), 1)


def posterior(index: Index, present: Tensor, scores: Tensor, *, ends: bool) -> tuple[Tensor, Tensor]:
    """The index's mean and the half-width of its 95 % t-band, float64 [n] or [n, n]; NaN where nothing can be claimed.

    Args:
        index: the index.
        present: the smaller half of each pair, float64 [m, n].
        scores: the odd or even part of the game there, float64 [m].
        ends: whether the first pair, nobody and everybody, is like the others. Among coalitions of which most have
            half the features it is not; then it counts for itself alone.
    """
    first, end, known = present[:1], scores[:1], index.parts[:1]
    if not ends and len(scores) > 1:
        present, scores = present[1:], scores[1:]
    present, scores = present[:TRAINED], scores[:TRAINED]
    m, n = present.shape
    zero = torch.zeros((n,) * index.order, dtype=torch.float64)
    scale = float(scores.square().mean().sqrt())
    if scale == 0.0:
        return gathered(first, known * end), zero if m > LEAST else zero + math.nan
    scores = scores / scale
    size = present.sum(1).long()
    values, squares = zero, zero
    # Of a few pairs any prior makes the same: a first picture, about which nothing is claimed.
    likely = [(FIRST, 1.0)] if m <= LEAST else _likely(index.order, present, scores)
    for prior, weight in likely:
        covariance = gram(present, present, index.order, prior)
        covariance.diagonal().add_(prior.noise)
        inverse = torch.linalg.inv(covariance)
        coefficients = inverse @ scores
        parts = posterior_parts(index, n, prior)[size] + prior.noise * (index.parts / index.pairs[:, None])[size]
        mean = gathered(present, parts * coefficients[:, None])
        if not ends:
            missed = end / scale - gram(first, present, index.order, prior) @ coefficients
            mean = mean + gathered(first, known * missed)
        variance = prior_variance(index, n, prior) - _explained(present, parts, inverse, index.order)
        fitted = float(scores @ coefficients) / m
        values = values + weight * mean
        squares = squares + weight * (variance.clamp(min=0) * fitted + mean.square())
    if m <= LEAST:
        return values * scale, zero + math.nan
    # Choosing among priors takes up degrees of freedom; a third of them left is what covers.
    band = t_quantile(m // 3) * (squares - values.square()).clamp(min=ROUNDING**2).sqrt()
    if index.order > 1:
        band.fill_diagonal_(0.0)
    return values * scale, band * scale


def _explained(present: Tensor, parts: Tensor, inverse: Tensor, order: int) -> Tensor:
    """How much variance the evaluations take off each feature or pair, float64 [n] or [n, n]."""
    n = present.shape[1]
    if order == 1:
        with_each = parts[:, 1:] + (parts[:, :1] - parts[:, 1:]) * present
        return (with_each * (inverse @ with_each)).sum(0)
    all_first, all_second = torch.triu_indices(n, n, 1)
    # The prior treats pairs alike, so among many of them some are as uncertain as the others.
    step = len(all_first) // LOOKED_AT + 1
    first, second = all_first[::step], all_second[::step]
    count = present[:, first] + present[:, second]
    with_each = parts.flip(1).gather(1, count.long())
    off = (with_each * (inverse @ with_each)).sum(0)
    explained = torch.full((n, n), float(off.mean()) if len(off) else 0.0, dtype=torch.float64)
    explained[first, second] = explained[second, first] = off
    return explained


def _likely(order: int, present: Tensor, scores: Tensor) -> list[tuple[Prior, float]]:
    """The priors that the scores speak for, and how much of the evidence each has, adding up to one."""
    every = len(scores)
    present, scores = present[:CHOSEN], scores[:CHOSEN]
    n, m = present.shape[1], len(scores)
    found: list[tuple[float, Prior]] = []
    noises = torch.tensor(NOISES, dtype=torch.float64)[:, None]
    # Without higher orders their decay does not matter.
    shapes = [(mean, rest) for rest in RESTS for mean in (MEAN_ORDERS if rest else MEAN_ORDERS[:1])]
    for mean_order, rest in shapes:
        prior = Prior(theta=min(0.9, mean_order / n), rest=rest, noise=0.0)
        spectrum, vectors = torch.linalg.eigh(gram(present, present, order, prior))
        total = spectrum.clamp(min=0) + noises
        # The marginal likelihood, with the scale of all variances integrated out.
        evidence = -m / 2 * ((vectors.T @ scores).square() / total).sum(1).log() - total.log().sum(1) / 2
        found += [(one, replace(prior, noise=noise)) for one, noise in zip(evidence.tolist(), NOISES, strict=True)]
    found.sort(key=lambda pair: -pair[0])
    # With many pairs a system is dear to solve, and little is in doubt.
    found = found[: FEW if every > CHOSEN else None]
    kept = [(math.exp(one - found[0][0]), prior) for one, prior in found if one > found[0][0] - NEGLIGIBLE]
    total_weight = sum(weight for weight, _ in kept)
    return [(prior, weight / total_weight) for weight, prior in kept]
