"""The same model without what it has learned."""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
from torch import nn

from xaiwidgets.engine.problem import Problem
from xaiwidgets.engine.request import Explainable
from xaiwidgets.errors import ModelError, XaiError


def randomised(model: Explainable, problem: Problem, pose: Callable[[Explainable], Problem], *, seed: int) -> Problem:
    """The same problem for a copy of the model whose weights are drawn anew; the model itself stays as it is.

    Adebayo et al. 2018, "Sanity Checks for Saliency Maps", with all layers at once.

    Args:
        model: the adapter.
        problem: of the model itself.
        pose: asks a model the question of that problem.
        seed: of the weights.

    Raises:
        ModelError: there is no module, or it cannot be copied.
    """
    try:
        twin = copy.deepcopy(model)
        inside = pose(twin).inside
    except XaiError:
        raise
    except Exception as fault:
        msg = f"A {type(model).__name__} cannot be copied to draw its weights anew ({type(fault).__name__}: {fault})."
        raise ModelError(msg) from fault
    if inside is None or problem.inside is None or inside.module is problem.inside.module:
        msg = f"The weights of this {type(model).__name__} cannot be drawn anew: it holds no torch module of its own."
        raise ModelError(msg)
    draw_anew(inside.module, seed=seed)
    return pose(twin)


def draw_anew(module: nn.Module, *, seed: int) -> None:
    """Draw each weight tensor, in place, from a normal distribution with its own mean and standard deviation."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weights in module.parameters():
            if weights.is_floating_point():
                spread, mean = torch.std_mean(weights.float(), correction=0)
                noise = torch.randn(weights.shape, generator=generator).to(weights.device)
                weights.copy_(noise * spread + mean)
