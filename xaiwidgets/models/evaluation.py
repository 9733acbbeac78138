"""Running a user's module without leaving a trace on it."""

from __future__ import annotations

import hashlib
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib.metadata import PackageNotFoundError, version

import torch
from torch import Tensor, nn

_LOCKS: weakref.WeakKeyDictionary[nn.Module, threading.RLock] = weakref.WeakKeyDictionary()
_LOCKS_GUARD = threading.Lock()


@contextmanager
def evaluating(module: nn.Module) -> Iterator[None]:
    """The module in eval mode, for one model call; afterwards every train flag is as it was.

    Nothing else is touched: gradients are asked of the input alone, so parameters need no flag and get no `.grad`. Two
    threads take turns, because one restoring the flags in the middle of the other's call would turn its dropout on.
    """
    with _LOCKS_GUARD:
        lock = _LOCKS.setdefault(module, threading.RLock())
    with lock:
        training = [part for part in module.modules() if part.training]
        for part in training:
            part.training = False
        try:
            yield
        finally:
            for part in training:
                part.training = True


def score_and_grad(points: Tensor, score: Callable[[Tensor], Tensor]) -> tuple[Tensor, Tensor]:
    """`score(points)`, float [B], and its gradient at each point, whatever grad mode the caller is in.

    Args:
        points: float [B, ...]; row b of the score must depend on row b alone.
        score: maps points to float [B].
    """
    with torch.enable_grad():
        leaf = points.detach().requires_grad_(True)
        values = score(leaf)
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
        found = {"model": type(module).__name__, "weights": fingerprint(module)}
        for package in ("xaiwidgets", "torch", "transformers", "numpy"):
            try:
                found[package] = version(package)
            except PackageNotFoundError:
                continue
        return found

    return told


def fingerprint(module: nn.Module) -> str:
    """16 hex digits that change when the weights do.

    Hashes every parameter's and buffer's name, shape and dtype, and 256 of its elements: training moves nearly all
    elements, so a sample of each tensor tells, at a thousandth of the cost of reading them all.
    """
    digest = hashlib.blake2b(digest_size=8)
    for name, tensor in sorted(module.state_dict().items()):
        digest.update(f"{name}{tuple(tensor.shape)}{tensor.dtype}".encode())
        flat = tensor.detach().reshape(-1)
        picked = flat[:: max(1, flat.numel() // 256)][:256].cpu().contiguous()
        digest.update(picked.view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
