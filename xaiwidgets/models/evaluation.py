"""Running a user's module without leaving a trace on it."""

from __future__ import annotations

import hashlib
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib.metadata import PackageNotFoundError, version

import torch
from torch import Tensor, nn

_TURNS: weakref.WeakKeyDictionary[nn.Module, threading.RLock] = weakref.WeakKeyDictionary()
_INSIDE: weakref.WeakKeyDictionary[nn.Module, int] = weakref.WeakKeyDictionary()
"""How many calls are inside each part that is in training otherwise."""
_GUARD = threading.Lock()
_RECURRENT: dict[str, int | bool] = {"inside": 0, "cudnn": True}
"""How many calls are inside modules with recurrent layers, and whether cuDNN was on before the first."""

_BLOCK = 2**25 - 2**14
"""Bytes: as large as counts, with what surrounds it; none of them is written to."""


@contextmanager
def evaluating(module: nn.Module) -> Iterator[None]:
    """The module in eval mode, for one model call; afterwards every train flag is as it was.

    Recurrent layers run without cuDNN meanwhile, which refuses to go backward in eval mode.

    Nothing else is touched: gradients are asked of the input alone, so parameters need no flag and get no `.grad`. Two
    threads take turns in one module. Two modules may share parts, an encoder with and without its head: a part trains
    again when the last call has left it, or the first to leave would turn the other's dropout on.
    """
    _keep_what_is_freed()
    with _GUARD:
        turn = _TURNS.setdefault(module, threading.RLock())
    with turn:
        # Walked once: a large module has hundreds of parts, and a method makes hundreds of calls.
        every = tuple(module.modules())
        with _GUARD:
            parts = [part for part in every if part.training or (_INSIDE and part in _INSIDE)]
            for part in parts:
                _INSIDE[part] = _INSIDE.get(part, 0) + 1
                part.training = False
        try:
            with _without_cudnn(every):
                yield
        finally:
            with _GUARD:
                for part in parts:
                    _INSIDE[part] -= 1
                    if not _INSIDE[part]:
                        del _INSIDE[part]
                        part.training = True


@cache
def _keep_what_is_freed() -> None:
    """Once: let the C library keep memory that tensors leave for those that come next.

    Without it glibc gives every large block back to the system and asks for it anew: page by page, a fifth of a pass
    through EfficientNet at 224². How much it keeps follows the largest block that it has seen freed, up to 32 MB.
    """
    torch.empty(_BLOCK, dtype=torch.uint8)


@contextmanager
def _without_cudnn(parts: Iterable[nn.Module]) -> Iterator[None]:
    """Switch cuDNN off where one of the parts is recurrent; on again when the last such call is over, if it was."""
    if not any(isinstance(part, nn.RNNBase) for part in parts):
        yield
        return
    with _GUARD:
        if not _RECURRENT["inside"]:
            _RECURRENT["cudnn"] = torch.backends.cudnn.enabled
        _RECURRENT["inside"] += 1
        torch.backends.cudnn.enabled = False
    try:
        yield
    finally:
        with _GUARD:
            _RECURRENT["inside"] -= 1
            if not _RECURRENT["inside"]:
                torch.backends.cudnn.enabled = bool(_RECURRENT["cudnn"])


def score_and_grad(points: Tensor, score: Callable[[Tensor], Tensor]) -> tuple[Tensor, Tensor]:
    """`score(points)`, float [B], and its gradient at each point, whatever grad mode the caller is in.

    Args:
        points: float [B, ...]; row b of the score must depend on row b alone.
        score: maps points to float [B].
    """
    with torch.enable_grad():
        leaf = points.detach().requires_grad_(True)
        # A copy, for a model may work in place.
        values = score(leaf.clone())
        (gradient,) = torch.autograd.grad(values.sum(), leaf)
    return values.detach(), gradient


def device_of(module: nn.Module) -> torch.device:
    """Where the module's first parameter or buffer lives; the CPU when it has none."""
    for tensor in (*module.parameters(), *module.buffers()):
        return tensor.device
    return torch.device("cpu")


def provenance(module: nn.Module) -> Callable[[], Mapping[str, str]]:
    """A function that says, once asked, which model this is; see `fingerprint`."""

    @cache
    def told() -> Mapping[str, str]:
        libraries = versions("xaiwidgets", "torch", "transformers", "numpy")
        return {"model": type(module).__name__, "weights": fingerprint(module), **libraries}

    return told


@cache
def versions(*packages: str) -> Mapping[str, str]:
    """The installed versions: looked up once, for each look reads files and every edit makes a new problem."""
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def fingerprint(module: nn.Module) -> str:
    """16 hex digits that change when the weights do.

    Hashes every parameter's and buffer's name, shape and dtype, and 256 of its elements: training moves nearly all
    elements, so a sample of each tensor tells, at a thousandth of the cost of reading them all.
    """
    digest = hashlib.blake2b(digest_size=8)
    for name, tensor in sorted(module.state_dict().items()):
        if not isinstance(tensor, Tensor):
            continue
        digest.update(f"{name}{tuple(tensor.shape)}{tensor.dtype}".encode())
        # Weights that are offloaded or compressed count by their shape alone.
        if tensor.layout is torch.strided and not tensor.is_meta and not tensor.is_quantized:
            flat = tensor.detach().reshape(-1)
            picked = flat[:: max(1, flat.numel() // 256)][:256].cpu().contiguous()
            digest.update(picked.view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
