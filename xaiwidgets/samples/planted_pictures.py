"""Pictures of which it is known what decides their class, and a small network that was trained on such pictures.

Each shows one patch with a texture, stripes, checks or dots, on clutter that has nothing to do with it: smooth colours,
plain shapes, noise. So a map that explains the class must point at the patch.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from xaiwidgets.samples.packages import need

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor

    from xaiwidgets.models.image_classifier import ImageClassifier

WEIGHTS = Path(__file__).with_name("planted_cnn.safetensors")
RECORD = Path(__file__).with_name("planted_cnn.json")
"""How the network was trained and what it scores on fresh pictures; `train_planted.py` writes both files."""

SIDE = 64
SHAPES = 3
"""Plain shapes in each picture."""

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

TEXTURES: dict[str, Callable[[Array, Array], Mask]] = {
    "stripes": lambda along, _: along % 1 < 0.5,
    "checks": lambda along, across: (along % 1 < 0.5) ^ (across % 1 < 0.5),
    "dots": lambda along, across: np.hypot(along % 1 - 0.5, across % 1 - 0.5) < 0.32,
}
"""Where a texture has the second of its colours, at places counted in its own period."""

LABELS = tuple(TEXTURES)


class PlantedPicture(NamedTuple):
    """A picture and what decides its class.

    Attributes:
        picture: uint8 [64, 64, 3].
        label: the texture, one of `LABELS`.
        mask: where the texture is, bool [64, 64].
    """

    picture: npt.NDArray[np.uint8]
    label: str
    mask: Mask


def planted_picture(seed: int) -> PlantedPicture:
    """A patch with a texture, pasted on clutter at a place of which its class tells nothing; the same for a seed.

    The patch is a disc or a square 20 to 26 pixels wide, in two random colours, turned at random. Seeds from 0 were not
    used in training.
    """
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:SIDE, :SIDE].astype(float)
    canvas = 0.1 + smooth(rng, 4, 0.6) + smooth(rng, 9, 0.2)
    for _ in range(SHAPES):
        canvas[_shape(rng, y, x, radius=rng.uniform(5, 11))] = rng.uniform(0, 1, 3)
    label = LABELS[rng.integers(len(LABELS))]
    mask = _shape(rng, y, x, radius=rng.uniform(10, 13))
    period, angle, start = rng.uniform(6, 8), rng.uniform(0, np.pi), rng.uniform(0, 1, 2)
    along = (x * np.cos(angle) + y * np.sin(angle)) / period + start[0]
    across = (y * np.cos(angle) - x * np.sin(angle)) / period + start[1]
    first = rng.uniform(0, 1, 3)
    # Far enough apart in every channel that the texture can be seen.
    second = (first + rng.uniform(0.35, 0.65, 3)) % 1
    canvas[mask] = np.where(TEXTURES[label](along, across)[mask, None], second, first)
    canvas += rng.normal(0, 0.02, canvas.shape)
    return PlantedPicture((canvas.clip(0, 1) * 255).round().astype(np.uint8), label, mask)


@cache
def planted_cnn() -> ImageClassifier:
    """A network of 24 thousand parameters that tells the textures apart; its accuracy is in `planted_cnn.json`.

    It was trained with parts of the pictures black, so that a black region is nothing new to it.

    Raises:
        SampleError: when safetensors or Pillow is not installed.
    """
    need("PIL", "safetensors")
    from safetensors.torch import load_file

    from xaiwidgets.models.image_classifier import ImageClassifier
    from xaiwidgets.samples.planted_model import PlantedCNN

    module = PlantedCNN(len(LABELS))
    # The file is in float16; the module stays in float32.
    module.load_state_dict(load_file(WEIGHTS))
    return ImageClassifier(module.eval(), preprocess, LABELS, grid=8)


def preprocess(image: Image) -> Tensor:
    """Pixels from −1 to 1: float32 [3, H, W]."""
    import torch

    return normalised(torch.from_numpy(np.array(image.convert("RGB"))).permute(2, 0, 1))


def normalised(pictures: Tensor) -> Tensor:
    """Pixels, uint8 of any shape, as the network sees them: float32 from −1 to 1."""
    return pictures.float() / 127.5 - 1


def smooth(rng: np.random.Generator, knots: int, strength: float) -> Array:
    """Random colours that change slowly, float64 [64, 64, 3] from 0 to `strength`."""
    colours = rng.uniform(0, strength, (knots, knots, 3))
    at = np.linspace(0, knots - 1, SIDE)
    below = np.minimum(at.astype(int), knots - 2)
    weights = np.zeros((SIDE, knots))
    weights[np.arange(SIDE), below], weights[np.arange(SIDE), below + 1] = 1 - (at - below), at - below
    made: Array = np.einsum("yi,xj,ijc->yxc", weights, weights, colours, optimize=True)
    return made


def _shape(rng: np.random.Generator, y: Array, x: Array, *, radius: float) -> Mask:
    """A disc or a square that is whole, somewhere."""
    top, left = rng.uniform(radius, SIDE - 1 - radius, 2)
    made: Mask
    if rng.integers(2):
        made = np.hypot(y - top, x - left) <= radius
    else:
        made = np.maximum(abs(y - top), abs(x - left)) <= radius
    return made
