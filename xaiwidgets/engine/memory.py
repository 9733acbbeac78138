"""How much memory a model call takes, and whether it failed for want of it."""

from __future__ import annotations

import mmap
import sys
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

T = TypeVar("T")


def measured(call: Callable[[], T]) -> tuple[T, int]:
    """The call's result, and the most bytes that it held at once beyond what was there before.

    Torch operations are watched one by one, on any device: exact for what they return and keep for the way back, blind
    to a kernel's own workspace. A call that runs no torch operation, a black box, is measured by how far the memory of
    the whole process grew; where the system cannot say that (Linux can), by how far its highest peak grew.
    """
    before = _process_level()
    with _Watch() as watch:
        result = call()
    return result, watch.peak if watch.operations else max(0, _process_peak() - before)


def growth(call: Callable[[], T]) -> tuple[T, int]:
    """The call's result, and bytes that this process grew by meanwhile, at the most; 0 where the system does not say.

    It takes a fraction of a millisecond. The peak may be that of an earlier call, so this is too much at times.
    """
    try:
        before = int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE
    except OSError:
        return call(), 0
    result = call()
    return result, max(0, _process_peak() - before)


def out_of_memory(problem: BaseException) -> bool:
    """Whether this says that memory ran out: Python's own error, or one of torch's on any device."""
    if isinstance(problem, (MemoryError, torch.OutOfMemoryError)):
        return True
    said = str(problem).lower()
    return isinstance(problem, RuntimeError) and any(sign in said for sign in _SIGNS)


_PAGE = mmap.PAGESIZE

_SIGNS = ("out of memory", "can't allocate memory", "not enough memory", "alloc_failed")


class _Watch(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Adds up the storages that operations make, and takes them off again when they are freed."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.operations = 0
        self.held = self.peak = 0
        self._storages: dict[int, weakref.ref[torch.UntypedStorage]] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.operations += 1
        known = {_key(leaf.untyped_storage()) for leaf in tree_leaves((args, kwargs)) if _plain(leaf)}
        result = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(result):
            if _plain(leaf) and _key(leaf.untyped_storage()) not in known:
                self._hold(leaf.untyped_storage())
        self.peak = max(self.peak, self.held)
        return result

    def _hold(self, storage: torch.UntypedStorage) -> None:
        key, size = _key(storage), storage.nbytes()
        if key in self._storages or storage.device.type == "meta":
            return

        def freed(_: Any) -> None:
            if self._storages.pop(key, None) is not None:
                self.held -= size

        self._storages[key] = weakref.ref(storage, freed)
        self.held += size


def _key(storage: torch.UntypedStorage) -> int:
    return int(storage._cdata)  # noqa: SLF001 - what tells storages apart while they live


def _plain(leaf: Any) -> bool:
    return isinstance(leaf, Tensor) and leaf.layout is torch.strided


def _process_level() -> int:
    """The memory that this process holds, in bytes, from which its peak is counted anew where that is possible."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
        return _status("VmRSS")
    except OSError:
        return _process_peak()


def _process_peak() -> int:
    """The most memory that this process has held, in bytes; 0 where the system does not say."""
    try:
        return _status("VmHWM")
    except OSError:
        pass
    try:
        import resource
    except ImportError:
        return 0
    # macOS counts bytes, others kibibytes.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _status(name: str) -> int:
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(f"{name}:"))
    return int(line.split()[1]) * 1024


def spelled(size: float) -> str:
    """A number of bytes as people write it: "512 kB", "1.2 GB"."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= factor:
            return f"{size / factor:.3g} {unit}"
    return f"{size:.0f} bytes"
