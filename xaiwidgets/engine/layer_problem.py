"""The same question asked inside the model: at a layer instead of the input, or about a neuron instead of the score."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from xaiwidgets.engine.attention_weights import attention_of
from xaiwidgets.engine.layer_features import layer_features, unit_axis
from xaiwidgets.engine.layers import layer_called, layer_outputs, output_replaced, outputs_of
from xaiwidgets.engine.method import Method
from xaiwidgets.engine.problem import Field, Inside, Layer, Problem
from xaiwidgets.errors import MethodError
from xaiwidgets.explanation import Outputs, Target

VIEW = ("layer", "units", "neuron")
"""The options that ask inside the model."""

ROWS = 8
"""How many rows of a background go through the model at once."""


def check_view(method: Method, view: Mapping[str, Any]) -> None:
    """Refuse a method that cannot look at a layer.

    Args:
        method: the method.
        view: those of `VIEW` that were given.

    Raises:
        MethodError: the method looks at the input alone, or there is no layer for the units or the neuron.
    """
    if view and "layer" not in view:
        given = next(iter(view))
        msg = f"{given}={view[given]!r} was given without a layer; add layer=, xw.layers(model, x) lists them."
        raise MethodError(msg)
    if "units" in view and "neuron" in view:
        raise MethodError("units= says what the features of a layer are, but neuron= asks about the input's; give one.")
    if "layer" in view and "neuron" not in view and not (method.face == "field" or method.layered):
        msg = (
            f"{method.name!r} looks at the input and not at a layer; leave layer= out, or choose a method of "
            "gradients, such as 'integrated_gradients' or 'conductance'."
        )
        raise MethodError(msg)


def viewed(problem: Problem, *, layer: str | None = None, units: Any = None, neuron: Any = None) -> Problem:
    """The problem as it is, at a layer, or about a neuron of a layer."""
    if layer is None:
        return problem
    return at_layer(problem, layer, units) if neuron is None else at_neuron(problem, layer, neuron)


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
    inside, field = _opened(problem, "layer")
    start = time.perf_counter()
    outputs, calls = layer_outputs(inside, layer, torch.stack([field.point, field.baseline]))
    evaluations = problem.evaluations + 2
    background = None
    if field.background is not None:
        rows = torch.split(field.background, ROWS)
        background = torch.cat([layer_outputs(inside, layer, part)[0] for part in rows])
        evaluations += len(background)
    features, lie, by_feature = layer_features(problem, outputs.shape[1:], units)
    return replace(
        problem,
        features=features,
        input=lie,
        game=None,
        attention=None,
        field=Field(
            point=outputs[0],
            baseline=outputs[1],
            value_and_grad=_from_layer(inside, layer, calls),
            by_feature=by_feature,
            background=background,
        ),
        inside=replace(
            inside,
            layer=Layer(
                run=_along_input(inside, layer), by_feature=by_feature, module=layer_called(inside.module, layer)
            ),
        ),
        parameters={**problem.parameters, "layer": layer, **({} if units is None else {"units": units})},
        evaluations=evaluations,
        seconds=problem.seconds + time.perf_counter() - start,
        notes=(*problem.notes, *_reuse(layer, calls)),
    )


def at_neuron(problem: Problem, layer: str, neuron: Any) -> Problem:
    """The problem that explains what one unit of a layer returns, by the input.

    Args:
        problem: with a field and an inside.
        layer: a module's name.
        neuron: a unit's number (of which the mean over all places is explained), or its index on every axis.

    Raises:
        MethodError: the problem cannot be looked into, or the layer has no such unit.
    """
    inside, field = _opened(problem, "neuron")
    start = time.perf_counter()
    outputs, calls = layer_outputs(inside, layer, field.point[None])
    unit = _unit(layer, neuron, tuple(outputs.shape[1:]))
    output = float(unit(outputs)[0])
    took = time.perf_counter() - start
    module = layer_called(inside.module, layer)

    def score(points: Tensor) -> Tensor:
        with outputs_of(module) as taken:
            inside.score(points)
        return unit(taken[-1])

    def value_and_grad(points: Tensor) -> tuple[Tensor, Tensor]:
        with inside.evaluating(), torch.enable_grad():
            leaf = points.detach().requires_grad_(True)
            values = score(leaf)
            return values.detach(), _gradient(values, leaf)

    asked = replace(inside, score=score, field=replace(field, value_and_grad=value_and_grad))
    game = problem.game
    if game is not None:
        coalitions = game.values

        def values(masks: Tensor) -> Tensor:
            with inside.evaluating(), outputs_of(module) as taken:
                coalitions(masks)
            return unit(taken[-1])

        game = replace(game, values=values, whole=output)
    name = f"{layer} {neuron if isinstance(neuron, int) else list(neuron)}"
    return replace(
        problem,
        target=Target(name=name, index=0, unit="score"),
        outputs=Outputs(kind="score", labels=(name,), ids=(0,), scores=(output,), probabilities=None, total=1),
        output=output,
        game=game,
        field=asked.field,
        inside=asked,
        attention=None if problem.attention is None else attention_of(asked, problem.attention.by_token),
        parameters={**problem.parameters, "layer": layer, "neuron": neuron},
        evaluations=problem.evaluations + 1,
        seconds=problem.seconds + took,
        notes=(*problem.notes, *_reuse(layer, calls)),
    )


def _opened(problem: Problem, option: str) -> tuple[Inside, Field]:
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
            return values.detach(), _gradient(values, leaf)

    return value_and_grad


def _along_input(inside: Inside, layer: str) -> Callable[[Tensor], tuple[Tensor, Tensor, Tensor]]:
    """Scores, the layer's outputs and the gradients there, at points that are inputs."""
    module = layer_called(inside.module, layer)

    def run(points: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        with inside.evaluating(), torch.enable_grad(), outputs_of(module) as taken:
            # The input needs a gradient only so that the layer has one, even where the parameters are frozen.
            values = inside.score(points.detach().requires_grad_(True))
            return values.detach(), taken[-1].detach(), _gradient(values, taken[-1])

    return run


def _gradient(values: Tensor, at: Tensor) -> Tensor:
    """The values' gradient, zero where they do not depend on it."""
    if not (values.requires_grad and at.requires_grad):
        return torch.zeros_like(at)
    (gradient,) = torch.autograd.grad(values.sum(), at, allow_unused=True, materialize_grads=True)
    return gradient


def _unit(layer: str, neuron: Any, shape: tuple[int, ...]) -> Callable[[Tensor], Tensor]:
    """What picks the neuron from outputs, float [B, *shape] → float32 [B]."""
    axis = unit_axis(shape)
    several = isinstance(neuron, (tuple, list))
    index: list[Any] = list(neuron) if several else [neuron]
    sizes = shape if several else (shape[axis],)
    whole = all(isinstance(number, int) and not isinstance(number, bool) for number in index)
    if not whole or len(index) != len(sizes) or not all(0 <= i < size for i, size in zip(index, sizes, strict=True)):
        msg = (
            f"neuron={neuron!r} was given, but the layer {layer!r} returns shape {list(shape)}; give a unit from 0 to "
            f"{shape[axis] - 1}, or {len(shape)} numbers that pick one value."
        )
        raise MethodError(msg)
    if several:
        return lambda outputs: outputs[(slice(None), *index)].float()
    return lambda outputs: (
        outputs.select(axis + 1, neuron).flatten(1).float().mean(1) if len(shape) > 1 else (outputs[:, neuron].float())
    )


def _reuse(layer: str, calls: int) -> tuple[str, ...]:
    return () if calls == 1 else (f"The layer {layer!r} runs {calls} times in one pass; its last run is looked at.",)
