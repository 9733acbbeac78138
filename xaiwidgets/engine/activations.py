"""What the layers of a model return for one input: what a user calls to look inside."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any, overload

import numpy as np
import numpy.typing as npt
import torch

from xaiwidgets.engine.explain import adapter
from xaiwidgets.engine.layers import layer_outputs, outputs_of
from xaiwidgets.engine.problem import Inside
from xaiwidgets.engine.request import Explainable
from xaiwidgets.errors import MethodError, TargetError

Array = npt.NDArray[np.floating[Any]]


@overload
def activations(model: Explainable, x: Any, layer: str) -> Array: ...
@overload
def activations(model: Explainable, x: Any, layer: Sequence[str]) -> dict[str, Array]: ...
def activations(model: Explainable, x: Any, layer: str | Sequence[str]) -> Array | dict[str, Array]:
    """What a layer returns for the input, or several layers, by name.

    Args:
        model: an adapter, such as `xw.TextClassifier(model, tokenizer)`.
        x: the input.
        layer: a module's name, or several; `xw.layers(model, x)` lists them.

    Returns:
        float32 (or wider) [*shape], without the axis of the batch: [T, D] of a transformer's block, [C, h, w] of a
        convolution. Of a layer that runs several times, what it returns last.

    Raises:
        MethodError: there is no such layer, it does not run, or it returns no float tensor.
    """
    inside = _inside(model, x)
    names = [layer] if isinstance(layer, str) else list(layer)
    found = {}
    for name in names:
        outputs, _ = layer_outputs(inside, name, inside.field.point[None])
        wide = outputs[0].to(torch.promote_types(outputs.dtype, torch.float32))
        found[name] = wide.cpu().numpy()
    return found[layer] if isinstance(layer, str) else found


def layers(model: Explainable, x: Any) -> dict[str, tuple[int, ...]]:
    """The layers that run for the input, in the model's order, with the shape of what they return for it.

    Args:
        model: an adapter.
        x: the input.

    Raises:
        MethodError: the model cannot be looked into.
    """
    inside = _inside(model, x)
    with inside.evaluating(), torch.no_grad(), ExitStack() as hooks:
        taken = {name: hooks.enter_context(outputs_of(part)) for name, part in inside.module.named_modules() if name}
        inside.score(inside.field.point[None])
    return {name: tuple(outputs[-1].shape[1:]) for name, outputs in taken.items() if outputs}


def _inside(model: Explainable, x: Any) -> Inside:
    explainable = adapter(model)
    try:
        problem = explainable.problem(x)
    except TargetError:
        # An encoder compares with another text; what its layers return for this one does not depend on which.
        problem = explainable.problem(x, x)
    if problem.inside is None:
        raise MethodError("This model cannot be looked into; give an adapter of a torch module.")
    return problem.inside
