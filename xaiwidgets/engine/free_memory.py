"""How much memory is free, and what a call is going to take: on a CPU too much of it ends a process without a word."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from torch import Tensor

from xaiwidgets.engine.memory import measured

WORKSPACE = 1.2
"""What a call takes, against what `memory.measured` counts: kernels' own workspace came to 14 % at most."""

SIDES = 8
"""How much smaller along each side the picture is that tells what a large one will take: a 64th of the work."""

_GROUPS = (
    ("/sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"),
    ("/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
)
"""Where Linux says what a container may take, takes, and could give back: its second and its first version."""


def free_memory() -> float:
    """Bytes that this process may still take without swapping; infinity where the system does not say."""
    return min(_of_the_machine(), *(_of_the_container(*names) for names in _GROUPS))


def expected(call: Callable[[Tensor], Any], point: Tensor) -> float | None:
    """Bytes that `call` will hold at once for a large picture, by what it holds for a small one.

    What a convolution or a gradient keeps grows with the area. Attention among all pixels takes more than that.

    Args:
        call: a pass of the model through pictures, float [B, C, H, W].
        point: the picture, float [C, H, W].

    Returns:
        None where the model takes no smaller picture.
    """
    small = point[:, ::SIDES, ::SIDES][None].clone()
    try:
        _, taken = measured(lambda: call(small))
    except Exception:  # noqa: BLE001 - whatever a model raises about a size that nobody asked it for
        return None
    return WORKSPACE * taken * point.numel() / small.numel()


def _of_the_machine() -> float:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return float("inf")
    found = [int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")]
    return float(found[0]) if found else float("inf")


def _of_the_container(folder: str, limit: str, usage: str, idle: str) -> float:
    """What is left to the narrowest of the groups that this process is in."""
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return float("inf")
    inside = {line.split(":", 2)[2] for line in lines if line.split(":", 2)[1] in {"", "memory"}}
    groups = {group for name in inside for at in [Path(folder + name)] for group in (at, *at.parents)}
    left = [_left(group, limit, usage, idle) for group in groups if group.is_relative_to(folder)]
    return min(left, default=float("inf"))


def _left(group: Path, limit: str, usage: str, idle: str) -> float:
    try:
        most, taken = (group / limit).read_text().strip(), int((group / usage).read_text())
        stats = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
    except (OSError, ValueError):
        return float("inf")
    return float("inf") if most == "max" else max(0.0, int(most) - taken + int(stats.get(idle, 0)))
