"""What tests of saliency overlays share: a small network, a picture, and what the browser decodes."""

import numpy as np
import torch
from PIL import Image
from torch import nn

import xaiwidgets as xw
from tests.unit.grids import asked, unpack
from tests.unit.scatters import told, until
from xaiwidgets.widgets.saliency_overlay import SaliencyOverlay

__all__ = [
    "FOLD",
    "LABELS",
    "PICTURE",
    "adapter",
    "asked",
    "by_panel",
    "cover",
    "given",
    "net",
    "told",
    "unpack",
    "until",
]

LABELS = ["cat", "dog", "owl"]
FOLD = 32
"""Rows and columns of what the model sees."""

PICTURE = np.random.default_rng(0).integers(0, 256, (40, 64, 3), dtype=np.uint8)


def to_tensor(image):
    folded = image.convert("RGB").resize((FOLD, FOLD), Image.Resampling.BILINEAR)
    return torch.from_numpy(np.array(folded)).permute(2, 0, 1).float() / 255


def net(seed=0, outputs=3):
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(8, 6, 3, padding=1, stride=2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(6 * (FOLD // 2) ** 2, outputs),
    ).eval()


def adapter(module=None, preprocess=to_tensor, labels=LABELS, **options):
    return xw.ImageClassifier(net() if module is None else module, preprocess, labels, **{"grid": 4, **options})


def given(*shown, **options):
    overlay = SaliencyOverlay(*shown, **options)
    overlay.wait()
    return overlay


def by_panel(overlay):
    """What each panel shows, in the panels' order."""
    told = {estimate["panel"]: estimate for estimate in overlay._estimates}
    return [told[panel["id"]] for panel in overlay.panels]


def cover(hidden):
    """A cover as the browser tells it, of bool [h, w]."""
    flat = hidden.ravel()
    ends = np.flatnonzero(np.diff(flat)) + 1
    runs = np.diff([0, *ends, flat.size]).tolist()
    return {"height": hidden.shape[0], "width": hidden.shape[1], "runs": [0, *runs] if flat[0] else runs}
