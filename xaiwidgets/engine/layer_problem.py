"""The same question asked at a layer of the model instead of at its input."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from xaiwidgets.engine.layer_features import layer_features
from xaiwidgets.engine.layers import layer_called, layer_outputs, output_replaced, outputs_of
from xaiwidgets.engine.problem import Field, Inside, Layer, Problem
from xaiwidgets.errors import MethodError

ROWS = 8
"""How many rows of a background go through the model at once."""


def at_layer(problem: Problem, layer: str, units: Any = None) -> Problem:
    """The problem whose continuous input is what a layer returns.

    The point is the layer's output at the input, the baseline its output at the baseline, and the score that of the
    input with the layer's output replaced; what goes around the layer stays as it is. A path method then follows the
    straight line between the two outputs, as Captum's LayerIntegratedGradients does.

    Args:
        problem: with a field and an inside.
        layer: a module's name.
        units: see `layer_features`.

    Raises:
        MethodError: the problem cannot be looked into, or the layer does not serve.
    """
    inside, field = opened(problem, "layer")
    start = time.perf_counter()
    outputs, calls = layer_outputs(inside, layer, torch.stack([field.point, field.baseline]))
    evaluations = problem.evaluations + 2
    background = None
    if field.background is not None:
        rows = torch.split(field.background, ROWS)
        background = torch.cat([layer_outputs(inside, layer, part)[0] for part in rows])
        evaluations += len(background)
    features = layer_features(problem, outputs.shape[1:], units)
    return replace(
        problem,
        features=features.names,
        input=features.lie,
        game=None,
        attention=None,
        field=Field(
            point=outputs[0],
            baseline=outputs[1],
            value_and_grad=_from_layer(inside, layer, calls),
            by_feature=features.by_feature,
            background=background,
            drawn=features.drawn,
        ),
        inside=replace(
            inside,
            layer=Layer(
                run=_along_input(inside, layer),
                by_feature=features.by_feature,
                module=layer_called(inside.module, layer),
                drawn=features.drawn,
            ),
        ),
        parameters={**problem.parameters, "layer": layer, **({} if units is None else {"units": units})},
        evaluations=evaluations,
        seconds=problem.seconds + time.perf_counter() - start,
        notes=(*problem.notes, *told_of_reuse(layer, calls), *features.notes),
    )


def opened(problem: Problem, option: str) -> tuple[Inside, Field]:
    """The inside and the field that an option needs.

    Raises:
        MethodError: the problem lacks one of them.
    """
    if problem.inside is None or problem.field is None:
        msg = f"{option}= needs a torch module to look into, which this model does not give; leave it out."
        raise MethodError(msg)
    return problem.inside, problem.field


def _from_layer(inside: Inside, layer: str, calls: int) -> Callable[[Tensor], tuple[Tensor, Tensor]]:
    """Scores and gradients at points that are outputs of the layer, while the input stays the same."""
    module, point = layer_called(inside.module, layer), inside.field.point

    def value_and_grad(points: Tensor) -> tuple[Tensor, Tensor]:
        with inside.evaluating(), torch.enable_grad():
            leaf = points.detach().requires_grad_(True)
            with output_replaced(module, calls - 1, leaf):
                values = inside.score(point.expand(len(points), *point.shape))
            return values.detach(), gradient_at(values, leaf)

    return value_and_grad


def _along_input(inside: Inside, layer: str) -> Callable[[Tensor], tuple[Tensor, Tensor, Tensor]]:
    """Scores, the layer's outputs and the gradients there, at points that are inputs."""
    module = layer_called(inside.module, layer)

    def run(points: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        with inside.evaluating(), torch.enable_grad(), outputs_of(module) as taken:
            # The input needs a gradient only so that the layer has one, even where the parameters are frozen.
            values = inside.score(points.detach().requires_grad_(True))
            return values.detach(), taken[-1].detach(), gradient_at(values, taken[-1])

    return run


def gradient_at(values: Tensor, at: Tensor, *, keep: bool = False) -> Tensor:
    """The values' gradient, zero where they do not depend on it.

    Args:
        values: float [...].
        at: a tensor on the way to them.
        keep: whether the graph is needed again.
    """
    if not (values.requires_grad and at.requires_grad):
        return torch.zeros_like(at)
    (gradient,) = torch.autograd.grad(
        values.sum(), at, retain_graph=keep or None, allow_unused=True, materialize_grads=True
    )
    return gradient


def told_of_reuse(layer: str, calls: int) -> tuple[str, ...]:
    """What a reader must know of a layer that runs several times."""
    return () if calls == 1 else (f"The layer {layer!r} runs {calls} times in one pass; its last run is looked at.",)
