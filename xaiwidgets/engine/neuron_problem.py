"""The same question asked about a neuron: what makes it active, or how much of the score flows through it."""

from __future__ import annotations

import time
from dataclasses import replace
from operator import index
from typing import Any

import torch
from torch import Tensor

from xaiwidgets.engine.attention_weights import attention_of
from xaiwidgets.engine.layer_features import unit_axis
from xaiwidgets.engine.layer_problem import gradient_at, opened, told_of_reuse
from xaiwidgets.engine.layers import layer_called, layer_outputs, outputs_of
from xaiwidgets.engine.problem import Problem
from xaiwidgets.errors import MethodError
from xaiwidgets.explanation import Outputs, Target


def at_neuron(problem: Problem, layer: str, neuron: Any) -> Problem:
    """The problem that explains what one unit of a layer returns, by the input.

    Args:
        problem: with a field and an inside.
        layer: a module's name.
        neuron: a unit's number (of which the mean over all places is explained), or its index on every axis.

    Raises:
        MethodError: the problem cannot be looked into, or the layer has no such unit.
    """
    inside, field = opened(problem, "neuron")
    start = time.perf_counter()
    outputs, calls = layer_outputs(inside, layer, field.point[None])
    place = _index(layer, neuron, tuple(outputs.shape[1:]))

    def unit(outputs: Tensor) -> Tensor:
        return outputs[place].reshape(len(outputs), -1).float().mean(1)

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
            return values.detach(), gradient_at(values, leaf)

    asked = replace(inside, score=score, field=replace(field, value_and_grad=value_and_grad))
    game = problem.game
    if game is not None:
        coalitions = game.values

        def values(masks: Tensor) -> Tensor:
            with inside.evaluating(), outputs_of(module) as taken:
                coalitions(masks)
            return unit(taken[-1])

        game = replace(game, values=values, whole=output)
    plain, seen = _plain(neuron), problem.attention
    name = f"{layer} {plain}"
    return replace(
        problem,
        target=Target(name=name, index=0, unit="score"),
        outputs=Outputs(kind="score", labels=(name,), ids=(0,), scores=(output,), probabilities=None, total=1),
        output=output,
        game=game,
        field=asked.field,
        inside=asked,
        attention=None if seen is None else attention_of(asked, seen.by_token, seen.drawn),
        parameters={**problem.parameters, "layer": layer, "neuron": plain},
        evaluations=problem.evaluations + 1,
        seconds=problem.seconds + took,
        notes=(*problem.notes, *told_of_reuse(layer, calls)),
    )


def through_neuron(problem: Problem, layer: str, neuron: Any) -> Problem:
    """The problem whose gradient by the input is only what flows through one unit of a layer.

    Its integral along the path is the conductance of the unit, split over the input's features: Dhamdhere, Sundararajan
    & Yan 2018, "How Important Is a Neuron?", eq. 2.

    Args:
        problem: with a field and an inside.
        layer: a module's name.
        neuron: a unit's number (at all its places), or its index on every axis.

    Raises:
        MethodError: the problem cannot be looked into, or the layer has no such unit.
    """
    inside, field = opened(problem, "neuron")
    start = time.perf_counter()
    outputs, calls = layer_outputs(inside, layer, field.point[None])
    place = _index(layer, neuron, tuple(outputs.shape[1:]))
    took = time.perf_counter() - start
    module = layer_called(inside.module, layer)

    def value_and_grad(points: Tensor) -> tuple[Tensor, Tensor]:
        with inside.evaluating(), torch.enable_grad():
            leaf = points.detach().requires_grad_(True)
            with outputs_of(module) as taken:
                values = inside.score(leaf)
            slope = gradient_at(values, taken[-1], keep=True)
            return values.detach(), gradient_at(taken[-1][place] * slope[place], leaf)

    through = replace(field, value_and_grad=value_and_grad)
    return replace(
        problem,
        field=through,
        inside=replace(inside, field=through),
        parameters={**problem.parameters, "layer": layer, "neuron": _plain(neuron)},
        evaluations=problem.evaluations + 1,
        seconds=problem.seconds + took,
        notes=(*problem.notes, *told_of_reuse(layer, calls)),
    )


def _index(layer: str, neuron: Any, shape: tuple[int, ...]) -> tuple[Any, ...]:
    """What picks the neuron, or one unit at all its places, from outputs [B, *shape].

    Raises:
        MethodError: the layer has no such unit.
    """
    axis = unit_axis(shape)
    several = isinstance(neuron, (tuple, list))
    sizes = shape if several else (shape[axis],)
    numbers = [number for number in (neuron if several else [neuron]) if hasattr(number, "__index__")]
    numbers = [index(number) for number in numbers if not isinstance(number, bool)]
    if len(numbers) != len(sizes) or not all(0 <= i < size for i, size in zip(numbers, sizes, strict=True)):
        msg = (
            f"neuron={neuron!r} was given, but the layer {layer!r} returns shape {list(shape)}; give a unit from 0 to "
            f"{shape[axis] - 1}, or {len(shape)} numbers that pick one value."
        )
        raise MethodError(msg)
    if several:
        return (slice(None), *numbers)
    return (*[slice(None)] * (1 + axis), numbers[0])


def _plain(neuron: Any) -> int | list[int]:
    """A neuron's index as it can be saved."""
    return [index(number) for number in neuron] if isinstance(neuron, (tuple, list)) else index(neuron)
