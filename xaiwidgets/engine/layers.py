"""The modules inside a model: found by name, what they return read or replaced, and nothing left behind."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from threading import get_ident
from typing import Any

import torch
from torch import Tensor, nn

from xaiwidgets.engine.problem import Inside
from xaiwidgets.errors import MethodError


def layer_called(module: nn.Module, name: Any) -> nn.Module:
    """The module inside `module` with this name.

    Raises:
        MethodError: there is none; the closest names are told.
    """
    named: dict[str, nn.Module] = {found: part for found, part in module.named_modules(remove_duplicate=False) if found}
    if isinstance(name, str) and name in named:
        return named[name]
    # Most people leave out the beginning of a long name, which difflib takes for a great difference.
    ends = [found for found in named if isinstance(name, str) and name and found.endswith(f".{name}")]
    close = (ends + [found for found in get_close_matches(str(name), named, n=3, cutoff=0.4) if found not in ends])[:3]
    hint = f"the closest of its {len(named)} are {', '.join(map(repr, close))}" if close else f"it has {len(named)}"
    msg = f"There is no layer {name!r} in this model: {hint}; xw.layers(model, x) lists them."
    raise MethodError(msg)


def float_tensor(out: Any) -> Tensor | None:
    """What of a module's output is its activation: itself, or the first float tensor of a tuple or a mapping."""
    if isinstance(out, Tensor):
        return out if out.is_floating_point() else None
    parts = out.values() if isinstance(out, Mapping) else out if isinstance(out, (tuple, list)) else ()
    return next((part for part in parts if isinstance(part, Tensor) and part.is_floating_point()), None)


@contextmanager
def outputs_of(module: nn.Module) -> Iterator[list[Tensor]]:
    """What the module returns at each of its calls in this thread, in order; differentiable.

    The model goes on with a copy, so that what works in place after the module does not change what was recorded.
    """
    taken: list[Tensor] = []

    def read(tensor: Tensor) -> Tensor:
        taken.append(tensor)
        return tensor.clone()

    with changed_outputs(module, read):
        yield taken


@contextmanager
def output_replaced(module: nn.Module, call: int, by: Tensor) -> Iterator[None]:
    """The module returns `by` at its call number `call` (from 0) in this thread."""
    calls = -1

    def replace(_: Tensor) -> Tensor | None:
        nonlocal calls
        calls += 1
        # A copy, for what follows may work in place.
        return by.clone() if calls == call else None

    with changed_outputs(module, replace):
        yield


@contextmanager
def changed_outputs(module: nn.Module, change: Callable[[Tensor], Tensor | None]) -> Iterator[None]:
    """What the module returns in this thread is exchanged for `change(activation)`, unless that is None."""

    def exchange(out: Any) -> Any:
        tensor = float_tensor(out)
        new = None if tensor is None else change(tensor)
        return None if tensor is None or new is None else _exchanged(out, tensor, new)

    with _hooked(module, exchange):
        yield


def layer_outputs(inside: Inside, name: str, points: Tensor) -> tuple[Tensor, int]:
    """The layer's output at points, float [B, ...] → [B, *shape], and how often it runs; without gradients.

    Raises:
        MethodError: it does not run, returns no float tensor, or not one row for each point.
    """
    module = layer_called(inside.module, name)
    with inside.evaluating(), torch.no_grad(), outputs_of(module) as taken, _ran(module) as ran:
        inside.score(points)
    if not taken:
        what = "returns no float tensor" if ran else "does not run for this input"
        msg = f"The layer {name!r} {what}; choose another one, xw.layers(model, x) lists them."
        raise MethodError(msg)
    if taken[-1].dim() < 2 or len(taken[-1]) != len(points):
        msg = (
            f"The layer {name!r} returns shape {tuple(taken[-1].shape)} for {len(points)} inputs; its first axis must "
            "be theirs, choose another layer."
        )
        raise MethodError(msg)
    return taken[-1], len(taken)


@contextmanager
def _ran(module: nn.Module) -> Iterator[list[bool]]:
    ran: list[bool] = []
    with _hooked(module, lambda _: ran.append(True)):
        yield ran


@contextmanager
def _hooked(module: nn.Module, change: Any) -> Iterator[None]:
    """`change(output)` at each call of the module in this thread: what it returns, unless None, is the new output."""
    thread = get_ident()
    handle = module.register_forward_hook(lambda _, __, out: change(out) if get_ident() == thread else None)
    try:
        yield
    finally:
        handle.remove()


def _exchanged(out: Any, old: Tensor, new: Tensor) -> Any:
    """The same output with one tensor exchanged for another."""
    if out is old:
        return new
    if isinstance(out, Mapping):
        changed: Any = copy.copy(out)
        for key, value in out.items():
            if value is old:
                changed[key] = new
        return changed
    parts = [new if part is old else part for part in out]
    return type(out)(*parts) if hasattr(out, "_fields") else type(out)(parts)
