"""`import xaiwidgets` against `import torch` and `import ipywidgets`, each in a fresh process."""

import statistics
import subprocess
import sys
from collections.abc import Iterator

ROUNDS = 7


def measure() -> Iterator[str]:
    """Rows of the table."""
    times = {
        name: statistics.median(_seconds(name) for _ in range(ROUNDS)) for name in ("xaiwidgets", "ipywidgets", "torch")
    }
    for name, seconds in times.items():
        yield f"import {name}: {seconds * 1e3:.0f} ms ({seconds / times['xaiwidgets']:.1f} × xaiwidgets)"


def _seconds(module: str) -> float:
    code = f"import time; s = time.perf_counter(); import {module}; print(time.perf_counter() - s)"
    return float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
