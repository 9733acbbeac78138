"""How long a thread has stood in line: what others do on this machine says nothing about a model."""

from __future__ import annotations

from pathlib import Path

_STATISTICS = Path("/proc/thread-self/schedstat")
"""Nanoseconds that this thread ran, nanoseconds that it waited for a processor, and how often it ran, on Linux."""


def waited() -> float:
    """Seconds that this thread has waited for a processor since it began; 0 where the system does not say."""
    try:
        return int(_STATISTICS.read_bytes().split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0
