"""Integrated gradients averaged over a background instead of one baseline."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor

from xaiwidgets.engine.estimate import Estimate, share_of_norm
from xaiwidgets.engine.fine_map import MeanMap
from xaiwidgets.engine.gradients import wide
from xaiwidgets.engine.method import Method
from xaiwidgets.engine.pace import Pace
from xaiwidgets.engine.problem import Field
from xaiwidgets.engine.student import t_quantile
from xaiwidgets.errors import MethodError

SEQUENCES = 8
"""How many sequences of points run side by side; the band has one degree of freedom less."""

_PLASTIC = 1.324717957244746
STEPS = (1 / _PLASTIC, 1 / _PLASTIC**2)
"""The additive recurrence that covers a square most evenly (Roberts 2018, the R2 sequence)."""


def expected_gradients(field: Field, pace: Pace, *, seed: int = 0) -> Iterator[Estimate]:
    """The path integral of the gradient, averaged over the background's inputs as baselines.

    Erion et al. 2021, "Improving performance of deep learning models with axiomatic attribution priors and expected
    gradients", eq. 3: E[(x − b) ∂f(b + α(x − b))] over baselines b and α uniform. The pairs (b, α) are not drawn one by
    one but along evenly spread sequences, each shifted at random, so every point is as likely as any other and the
    error falls nearly with the number of evaluations instead of its root (Cranley & Patterson 1976). The error is a
    95 % t-band over the sequences.

    Args:
        field: the input and its background.
        pace: counts the model calls.
        seed: of the shifts.

    Raises:
        MethodError: when there is no background.
    """
    if field.background is None:
        raise MethodError("'expected_gradients' averages over other inputs; give some of them with background=[…].")
    point, background = wide(field.point), wide(field.background)
    shifts = torch.rand(SEQUENCES, 2, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    steps = torch.tensor(STEPS, dtype=torch.float64)
    totals = torch.zeros(0)
    done, maps = 0, MeanMap(field.drawn)
    shown: Estimate | None = None
    while True:
        places = (shifts + done * steps) % 1
        chosen = (places[:, 0] * len(background)).long().to(background.device)
        alphas = places[:, 1].to(point.dtype).to(point.device).reshape(-1, *[1] * point.dim())
        found: list[Tensor] = []
        for part in pace.chunks(SEQUENCES):
            baselines = background[chosen[part]]
            points = (baselines + alphas[part] * (point - baselines)).to(field.point.dtype)
            _, gradients = pace(len(points), field.value_and_grad, points)
            contributions = wide(gradients) * (point - baselines)
            maps.add(contributions)
            found += field.by_feature(contributions).cpu().double()
            if part.stop < SEQUENCES:
                # In the first round each point counts; later ones are shown when every sequence has the same length.
                left = SEQUENCES - part.stop
                yield _early(found, maps.details()) if shown is None else replace(shown, needs=left)
        done += 1
        totals = torch.stack(found) + (totals if done > 1 else 0.0)
        shown = replace(_of_sequences(totals / done), details=maps.details())
        yield shown


def _of_sequences(means: Tensor) -> Estimate:
    """The mean of the sequences' means, float64 [SEQUENCES, n], and its t-band."""
    values = means.mean(0)
    band = t_quantile(len(means) - 1) * means.std(0) / math.sqrt(len(means))
    return Estimate(values=values, error=band, kind="band", relative_error=share_of_norm(band, values), needs=SEQUENCES)


def _early(found: list[Tensor], details: dict[str, Tensor]) -> Estimate:
    values = torch.stack(found).mean(0)
    unknown = torch.full_like(values, math.nan)
    return Estimate(values=values, error=unknown, kind="unknown", relative_error=math.nan, needs=1, details=details)


METHODS = (
    Method(
        name="expected_gradients", face="field", estimates=expected_gradients, tolerance=0.05, budget=400, backed=True
    ),
)
