"""Torch modules that nobody made for Hugging Face: what they read, and what they return."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import get_ident
from typing import Any

import torch
from torch import Tensor, nn

from xaiwidgets.errors import ModelError


def scores_of(out: Any) -> Any:
    """The scores in what a module returned: `.logits`; of a plain dict "logits", else its first tensor of floats.

    A tuple or list is searched like a dict; anything else is taken for the scores.
    """
    if hasattr(out, "logits"):
        return out.logits
    if type(out) is dict and "logits" in out:
        return out["logits"]
    parts = tuple(out.values()) if type(out) is dict else out if type(out) in {tuple, list} else (out,)
    return next((part for part in parts if isinstance(part, Tensor) and part.is_floating_point()), out)


@contextmanager
def token_layer(module: nn.Module, ids: Tensor) -> Iterator[list[nn.Module]]:
    """Which embedding layer reads these token ids, int [B, T], in a call that is made within; the first that does."""
    found: list[nn.Module] = []
    thread = get_ident()

    def look(layer: nn.Module, given: tuple[Any, ...]) -> None:
        if get_ident() == thread and given and _same(given[0], ids):
            found.append(layer)

    hooks = [layer.register_forward_pre_hook(look) for layer in module.modules() if isinstance(layer, nn.Embedding)]
    try:
        yield found
    finally:
        for hook in hooks:
            hook.remove()
    if not found:
        msg = (
            f"No embedding layer of {type(module).__name__} reads the token ids as they are, so there is nothing to "
            "take gradients at; wrap a function with xw.TextClassifier.from_callable(fn) instead."
        )
        raise ModelError(msg)


@contextmanager
def embeddings_fed(layer: nn.Module, embeddings: Tensor) -> Iterator[None]:
    """The layer returns these embeddings, float [B, T, D], at its first call in this thread."""
    thread, fed = get_ident(), False

    def replace(*_: Any) -> Tensor | None:
        nonlocal fed
        if fed or get_ident() != thread:
            return None
        fed = True
        # A copy, for what follows may work in place.
        return embeddings.clone()

    hook = layer.register_forward_hook(replace)
    try:
        yield
    finally:
        hook.remove()


def _same(given: Any, ids: Tensor) -> bool:
    return isinstance(given, Tensor) and given.shape == ids.shape and bool(torch.equal(given, ids))
