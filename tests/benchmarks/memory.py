"""A memory cap against what the process took: integrated gradients on large inputs, each in a process of its own.

"took" is the highest resident memory during the run, beyond what was resident when it began (Linux).
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

CAPS = (None, "300MB", "100MB", "50MB")


def measure() -> Iterator[str]:
    """Rows of the table."""
    for model in ("efficientnet", "sentiment"):
        for cap in CAPS:
            code = f"from tests.benchmarks.memory import took; print(took({model!r}, {cap!r}))"
            done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
            yield done.stdout.strip()


def took(model: str, cap: str | None) -> str:
    """One row."""
    import torch

    import xaiwidgets as xw
    from xaiwidgets import samples

    torch.set_num_threads(1)
    if model == "efficientnet":
        from skimage.data import chelsea

        adapter, x, name = samples.efficientnet(), chelsea(), "EfficientNet, 224 × 224 pixels"
    else:
        adapter, x, name = (
            samples.sentiment(),
            "A gripping film with a wonderful cast. " * 30,
            "sentiment BERT, 240 words",
        )
    xw.explain(adapter, x, method="integrated_gradients", budget=2)
    Path("/proc/self/clear_refs").write_text("5")
    before = _status("VmRSS")
    e = xw.explain(adapter, x, method="integrated_gradients", budget=100, tolerance=1e-9, memory=cap)
    grown = _status("VmHWM") - before
    said = "".join(note for note in e.notes if "memory" in note) or "no note"
    return (
        f"{name}: cap {cap or 'none'}, took {grown / 1e6:.0f} MB ({e.evaluations} evaluations, {e.stopped_by}; {said})"
    )


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))
