"""The layers of a vision model whose cells lie over the picture, and their feature maps."""

from __future__ import annotations

import time
import weakref
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor, nn

from xaiwidgets.engine.layer_features import laid_over
from xaiwidgets.engine.layer_problem import gradient_at, told_of_reuse
from xaiwidgets.engine.layers import changed_outputs, layer_called, layer_outputs, outputs_of
from xaiwidgets.engine.patch_grid import laid_in_grid, patch_grid
from xaiwidgets.engine.problem import Field, Inside, Maps, Problem
from xaiwidgets.errors import MethodError

Shape = tuple[int, int, int]
"""Channels, rows and columns of a layer's maps."""

_IDLE = (nn.Identity, nn.ConstantPad2d, nn.ZeroPad2d, nn.Dropout, nn.Dropout2d)
"""Modules whose maps are those of another layer, which has a name that says more."""

_KNOWN: weakref.WeakKeyDictionary[nn.Module, dict[tuple[torch.Size, str | None], tuple[str, int]]]
_KNOWN = weakref.WeakKeyDictionary()
"""By the size of the picture and the layer that was asked for: which layer is looked at, and how often it runs."""


def spatial_layers(inside: Inside) -> dict[str, Shape]:
    """The layers whose cells lie over the picture, in the order in which they run, with the shape of their maps.

    The output [C, h, w] of a convolution or what follows it, and the T × D of a transformer whose last h × w tokens are
    the picture's patches. Modules that run several times, such as an activation function that is used again and again,
    are left out unless no other runs later: then nothing else shows what their last run does.

    Args:
        inside: of a picture.
    """
    ran: dict[str, Shape] = {}
    repeated: set[str] = set()
    with inside.evaluating(), torch.no_grad(), ExitStack() as hooks:
        for name, module in inside.module.named_modules():
            if name and not isinstance(module, _IDLE):
                hooks.enter_context(changed_outputs(module, partial(_note, name, inside.field, ran, repeated)))
        inside.score(inside.field.point[None])
    last = next(reversed(ran), None)
    return {name: shape for name, shape in ran.items() if name not in repeated or name == last}


def maps_at(problem: Problem, layer: str | None) -> Problem:
    """The problem with a layer's feature maps.

    Args:
        problem: with a field and an inside.
        layer: a module's name; None: the last layer that lies over the picture and that the score depends on.

    Raises:
        MethodError: there is no such layer, or its output does not lie over the picture.
    """
    inside = problem.inside
    if inside is None:
        raise MethodError("This method needs a torch module to look into, which this model does not give.")
    start, known = time.perf_counter(), _KNOWN.setdefault(inside.module, {})
    if layer is not None:
        layer_called(inside.module, layer)
    asked, evaluations = (inside.field.point.shape, layer), problem.evaluations
    if asked not in known:
        evaluations += 2 if layer is None else 1
        known[asked] = _last_that_counts(inside) if layer is None else (layer, _calls(inside, layer))
    name, calls = known[asked]
    return replace(
        problem,
        maps=Maps(
            layer=name,
            read=lambda points: _over_picture(layer_outputs(inside, name, points)[0], name, inside.field),
            run=partial(_run, inside, name, calls),
            point=inside.field.point,
            by_cell=partial(laid_over, inside.field),
            veil=problem.veil,
        ),
        parameters={**problem.parameters, "layer": name},
        evaluations=evaluations,
        seconds=problem.seconds + time.perf_counter() - start,
        # Of a layer that nobody asked for this would be one detail too many.
        notes=(*problem.notes, *(() if layer is None else told_of_reuse(name, calls))),
    )


def _calls(inside: Inside, name: str) -> int:
    """How often the layer runs.

    Raises:
        MethodError: there is no such layer, or it does not lie over the picture.
    """
    outputs, calls = layer_outputs(inside, name, inside.field.point[None])
    _over_picture(outputs, name, inside.field)
    return calls


def _run(inside: Inside, name: str, calls: int, points: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Score, maps and gradients; what comes before the layer's last run is not differentiated."""
    with inside.evaluating(), torch.no_grad(), _leaves(layer_called(inside.module, name), calls) as taken:
        values = inside.score(points)
        gradient = gradient_at(values, taken[-1]) if taken else None
    if gradient is None:
        # It may run less often for other inputs than for the first one.
        return _run(inside, name, layer_outputs(inside, name, points)[1], points)
    maps = _over_picture(taken[-1].detach(), name, inside.field)
    return values.detach(), maps, _over_picture(gradient, name, inside.field)


@contextmanager
def _leaves(module: nn.Module, calls: int) -> Iterator[list[Tensor]]:
    """What the module returns from its call number `calls` on, as leaves of which gradients are taken.

    Nothing before them is recorded.
    """
    taken: list[Tensor] = []
    ran = 0

    def cut(tensor: Tensor) -> Tensor | None:
        nonlocal ran
        ran += 1
        if ran < calls:
            return None
        taken.append(tensor.detach().requires_grad_(True))
        # From here on to the score; whoever called this one is back to what it was.
        torch.set_grad_enabled(True)
        return taken[-1].clone()

    with changed_outputs(module, cut):
        yield taken


def _note(name: str, field: Field, ran: dict[str, Shape], repeated: set[str], tensor: Tensor) -> None:
    if ran.pop(name, None) is not None:
        repeated.add(name)
    shape = _map_shape(tensor, field)
    if shape is not None:
        ran[name] = shape


def _map_shape(tensor: Tensor, field: Field) -> Shape | None:
    """Channels, rows and columns of an output [1, C, h, w] or [1, T, D]; None where it lies over no picture."""
    height, width = field.point.shape[-2:]
    if tensor.dim() == 4 and tensor.shape[-1] * tensor.shape[-2] > 1:
        return tensor.shape[1], tensor.shape[2], tensor.shape[3]
    if tensor.dim() == 3 and tensor.shape[1] > 1:
        grid = patch_grid(tensor.shape[1], height, width)
        return None if grid is None or grid[0] * grid[1] < 2 else (tensor.shape[2], *grid)
    return None


def _over_picture(outputs: Tensor, name: str, field: Field) -> Tensor:
    """A layer's outputs as maps, float [B, C, h, w].

    Raises:
        MethodError: they do not lie over the picture.
    """
    shape = _map_shape(outputs, field)
    if shape is None:
        msg = (
            f"The layer {name!r} returns shape {tuple(outputs.shape[1:])}, whose places do not lie over the picture; "
            "choose a convolution, or a block of a vision transformer."
        )
        raise MethodError(msg)
    maps = outputs if outputs.dim() == 4 else laid_in_grid(outputs.transpose(1, 2), shape[1:])
    return maps.to(torch.promote_types(maps.dtype, torch.float32))


def _last_that_counts(inside: Inside) -> tuple[str, int]:
    """The last layer over the picture at which the score has a gradient in more than its special tokens.

    Of a transformer's layers only those count whose outputs are as wide as most, which its tokens are: not the queries,
    keys and values in one, nor the insides of its feed-forward parts.

    Returns:
        Its name, and how often it runs.

    Raises:
        MethodError: there is none.
    """
    there = spatial_layers(inside)
    modules = dict(inside.module.named_modules(remove_duplicate=False))
    with inside.evaluating(), torch.enable_grad(), ExitStack() as hooks:
        taken = {name: hooks.enter_context(outputs_of(modules[name])) for name in there}
        score = inside.score(inside.field.point[None].detach().requires_grad_(True))
        tokens = Counter(there[name][0] for name, outputs in taken.items() if outputs[-1].dim() == 3)
        width = tokens.most_common(1)[0][0] if tokens else 0
        for name in reversed(there):
            if taken[name][-1].dim() == 3 and there[name][0] != width:
                continue
            gradient = gradient_at(score, taken[name][-1], keep=True)
            if bool(_over_picture(gradient, name, inside.field).any()):
                return name, len(taken[name])
    raise MethodError(
        "The model has no layer whose places lie over the picture, such as a convolution, or the score depends on "
        "none; choose a method that needs no layer, such as 'occlusion'."
    )
