"""Leaving a module, and torch's and NumPy's random numbers, as they were found, whatever a foreign algorithm does."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import nn

_HOOKS = tuple(name for name, value in vars(nn.Identity()).items() if "hooks" in name and hasattr(value, "clear"))
"""The attributes of every module that hold its hooks."""


@contextmanager
def as_found(module: nn.Module, *, weights: bool = False) -> Iterator[None]:
    """Afterwards every part has the attributes and hooks that it had; with `weights`, the numbers in its weights too.

    Captum takes its own hooks off, but leaves some, and attributes, behind where it raises half-way.
    """
    parts = list(module.modules())
    attributes = [dict(vars(part)) for part in parts]
    hooks = [{name: dict(vars(part)[name]) for name in _HOOKS if name in vars(part)} for part in parts]
    numbers = [tensor.detach().clone() for tensor in module.parameters()] if weights else []
    try:
        yield
    finally:
        for part, before, hooked in zip(parts, attributes, hooks, strict=True):
            for name in set(vars(part)) - set(before):
                del vars(part)[name]
            vars(part).update(before)
            for name, entries in hooked.items():
                vars(part)[name].clear()
                vars(part)[name].update(entries)
        if weights:
            for tensor, number in zip(module.parameters(), numbers, strict=True):
                tensor.data.copy_(number)


@contextmanager
def nothing_in_place(module: nn.Module) -> Iterator[None]:
    """Activations that work in place make a new tensor meanwhile: hooks on the way back need the old one."""
    parts = [part for part in module.modules() if getattr(part, "inplace", False) is True]
    for part in parts:
        part.inplace = False  # type: ignore[assignment]
    try:
        yield
    finally:
        for part in parts:
            part.inplace = True  # type: ignore[assignment]


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Torch's and NumPy's global random numbers start from the seed, without warnings, and go on as before."""
    state = np.random.get_state()  # noqa: NPY002 - Captum draws from NumPy's global generator
    devices = range(torch.cuda.device_count()) if torch.cuda.is_available() else ()
    with torch.random.fork_rng(devices=devices), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.manual_seed(seed)
        np.random.seed(seed % 2**32)  # noqa: NPY002
        try:
            yield
        finally:
            np.random.set_state(state)  # noqa: NPY002
