"""LIME: a linear model fitted to the scores of coalitions, those near the input counting most."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from numbers import Real

import torch
from torch import Tensor

from xaiwidgets.engine.coalitions import Coalitions
from xaiwidgets.engine.estimate import ErrorKind, Estimate, share_of_norm
from xaiwidgets.engine.levels import due, portions
from xaiwidgets.engine.method import Method
from xaiwidgets.engine.pace import Pace
from xaiwidgets.engine.problem import Game
from xaiwidgets.engine.student import t_quantile
from xaiwidgets.errors import MethodError

SAMPLES = 5000
"""The rows that lime draws unless told otherwise: the input is one of them, and its ridge is weighed against them."""


def lime(
    game: Game, pace: Pace, *, kernel_width: float = 25.0, ridge: float = 1.0, seed: int = 0
) -> Iterator[Estimate]:
    """The coefficients of a ridge regression of the score on which features are present, weighted by nearness.

    Ribeiro, Singh & Guestrin 2016, "Why Should I Trust You?", with the text sampler and kernel of their library: the
    number of absent features is uniform on 1 … n, the weight exp(−d² / 2w²) at a cosine distance of d hundredths. The
    values estimate what lime gives at its own 5000 samples on average, whatever was sampled so far. Coalitions are
    drawn without repetition; when all are known the values are exact. The error is a 95 % t-band from the fit's
    sandwich covariance (MacKinnon & White 1985), unknown below two coalitions a coefficient.

    Details: "intercept", "fidelity" (the fit's weighted R²) and "fidelity_held_out" (the same when each coalition is
    predicted by a fit to the others). Fidelity says how linear the score is near the input.

    Args:
        game: the game.
        pace: counts the calls.
        kernel_width: w, in hundredths of cosine distance; a smaller one looks closer to the input.
        ridge: the penalty on the squared coefficients, against 5000 samples.
        seed: of the draw.

    Raises:
        MethodError: a width that is not positive or a ridge that is negative.
    """
    if isinstance(kernel_width, bool) or not isinstance(kernel_width, Real) or not kernel_width > 0:
        msg = f"kernel_width={kernel_width!r} was given; it must be a positive number (lime's own is 25)."
        raise MethodError(msg)
    if isinstance(ridge, bool) or not isinstance(ridge, Real) or not 0 <= ridge < math.inf:
        msg = f"ridge={ridge!r} was given; it must be zero or a positive number (lime's own is 1)."
        raise MethodError(msg)
    n = game.players
    nobody = torch.zeros((1, n), dtype=torch.bool)
    scores = pace(1, game.values, nobody)
    # Sizes are counted in present features; the empty coalition has been evaluated already.
    drawn = Coalitions(n, range(1, n), [1 / max(n - 1, 1)] * (n - 1), paired=False, seed=seed)
    shown = _fitted(game, drawn, scores, kernel_width, ridge)
    yield shown
    for part in portions(drawn.left, pace):
        masks = drawn.more(part.stop - part.start)
        scores = torch.cat([scores, pace(len(masks), game.values, masks)])
        if drawn.left == 0 or due(len(drawn.masks), pace):
            shown = _fitted(game, drawn, scores, kernel_width, ridge)
        yield shown


@dataclass(frozen=True, kw_only=True)
class Rows:
    """What the regression sees.

    Attributes:
        present: float64 [m, n]; the empty coalition first, then those drawn, the input last.
        scores: float64 [m].
        weights: float64 [m], adding up to one or less: each row's part of the expected loss.
        unseen: the share of coalitions of a row's size that is not among the rows, float64 [m]: where chance is.
    """

    present: Tensor
    scores: Tensor
    weights: Tensor
    unseen: Tensor


def _rows(game: Game, drawn: Coalitions, scores: Tensor, kernel_width: float) -> Rows:
    n = game.players
    whole = torch.ones(1, n, dtype=torch.float64)
    present = torch.cat([torch.zeros_like(whole), drawn.masks.double(), whole])
    kept = present.sum(1)
    # The cosine between a binary vector of `kept` ones and the vector of all n; lime takes 0 for the empty one.
    distance = 100 * (1 - (kept / n).sqrt())
    known = torch.bincount(drawn.strata, minlength=len(drawn.sizes))
    often = drawn.draws.double() if bool((known == 0).any()) else torch.ones(len(known), dtype=torch.float64)
    share = (1 - 1 / n) * often / often.sum().clamp(min=1) / known.clamp(min=1)
    unseen = 1 - known / torch.tensor([min(count, 2**62) for count in drawn.population], dtype=torch.float64)
    of_size, last = share[drawn.strata], torch.ones(1, dtype=torch.float64)
    frequency = torch.cat([last / n, of_size]) * (1 - 1 / SAMPLES)
    return Rows(
        present=present,
        scores=torch.cat([scores, torch.tensor([game.whole], dtype=torch.float64)]),
        weights=torch.cat([frequency, last / SAMPLES]) * (-(distance**2) / (2 * kernel_width**2)).exp(),
        unseen=torch.cat([0 * last, unseen[drawn.strata], 0 * last]),
    )


def _fitted(game: Game, drawn: Coalitions, scores: Tensor, kernel_width: float, ridge: float) -> Estimate:
    n, rows = game.players, _rows(game, drawn, scores, kernel_width)
    total = rows.weights.sum()
    middle, level = rows.weights @ rows.present / total, rows.weights @ rows.scores / total
    root = rows.weights.sqrt()
    x, y = root[:, None] * (rows.present - middle), root * (rows.scores - level)
    values, solve = _ridge(x, y, ridge / SAMPLES)
    residual = y - x @ values
    leverage = ((x * solve.T).sum(1) + rows.weights / total).clamp(max=1 - 1e-9)
    left_out = residual / (1 - leverage)
    spread = float(y.square().sum())
    error = torch.full_like(values, math.nan)
    kind: ErrorKind = "unknown"
    if drawn.left == 0:
        error, kind = torch.zeros_like(values), "exact"
    elif len(drawn.masks) >= 2 * (n + 1):
        # HC2 divides by the square root of one less the leverage, HC3 by all of it; the first is found too narrow in
        # small samples and the second too wide, and half way between covers 95 in 100.
        influence = solve * (residual / (1 - leverage) ** 0.75 * rows.unseen.sqrt())
        freedom = len(drawn.masks) - n
        error, kind = t_quantile(freedom) * influence.square().sum(1).sqrt(), "band"
    left_over = _explained(left_out, spread)
    told = f"The linear fit explains {100 * max(left_over, 0.0):.0f} % of how the score varies around this input (R²)."
    return Estimate(
        values=values,
        error=error,
        kind=kind,
        relative_error=share_of_norm(error, values),
        baseline_output=float(scores[0]),
        needs=min(1, drawn.left),
        details={
            "intercept": float(level - middle @ values),
            "fidelity": _explained(residual, spread),
            "fidelity_held_out": left_over,
        },
        notes=() if kind == "unknown" or math.isnan(left_over) else (told,),
    )


def _explained(residual: Tensor, spread: float) -> float:
    return 1 - float(residual.square().sum()) / spread if spread > 0 else math.nan


def _ridge(x: Tensor, y: Tensor, penalty: float) -> tuple[Tensor, Tensor]:
    """The coefficients (XᵀX + penalty)⁻¹Xᵀy [n], and (XᵀX + penalty)⁻¹Xᵀ [n, m]; the smaller of two equal systems."""
    u, s, v = torch.linalg.svd(x, full_matrices=False)
    gain = torch.where(s > 1e-12 * s.max().clamp(min=1e-300), s / (s**2 + penalty), 0.0)
    solve = (v.T * gain) @ u.T
    return solve @ y, solve


METHODS = (Method(name="lime", face="game", estimates=lime, tolerance=0.1, budget=2000),)
