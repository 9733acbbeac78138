"""Max-sensitivity: how far an explanation moves when its input hardly does."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

import torch
from torch import Tensor

from xaiwidgets.engine.gradients import wide
from xaiwidgets.engine.problem import Problem
from xaiwidgets.engine.rerun import Again

NEIGHBOURS = 4
"""Inputs nearby at which the explanation is computed again."""


def nearby(problem: Problem, again: Again, *, radius: float, seed: int) -> Generator[int, None, list[Tensor]]:
    """The explanation of inputs nearby, float64 [n] each. Yields after every model call.

    The noise is uniform in [−radius, radius], in units of the root mean square distance of the input to its baseline.

    Args:
        problem: has the field.
        again: computes the explanation of a problem.
        radius: as a share of that distance.
        seed: of the noise.
    """
    field = problem.field
    assert field is not None  # noqa: S101
    point = wide(field.point)
    scale = (point - wide(field.baseline)).square().mean().sqrt()
    generator = torch.Generator().manual_seed(seed)
    found = []
    for _ in range(NEIGHBOURS):
        noise = 2 * torch.rand(point.shape, generator=generator).to(point.device, point.dtype) - 1
        moved = (point + radius * scale * noise).to(field.point.dtype)
        found.append((yield from again(replace(problem, field=replace(field, point=moved), evaluations=0))))
    return found


def distance(values: Tensor, others: Tensor) -> Tensor:
    """How far other maps lie from this one, as a share of its length, ‖other − values‖₂ / ‖values‖₂: float64 [...].

    Yeh et al. 2019, "On the (In)fidelity and Sensitivity of Explanations", definition 3.1 takes the largest.

    Args:
        values: float64 [n].
        others: float64 [..., n].
    """
    moves: Tensor = torch.linalg.vector_norm(others - values, dim=-1)
    length: Tensor = torch.linalg.vector_norm(values)
    return moves / length
