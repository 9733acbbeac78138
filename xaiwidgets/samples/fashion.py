"""Two classifiers of Fashion-MNIST and pictures of its test set, small enough to come with the package.

Xiao, Rasul & Vollgraf 2017, "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning Algorithms".
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from xaiwidgets.samples.packages import need

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor, nn

    from xaiwidgets.models.image_classifier import ImageClassifier

VIT = Path(__file__).with_name("fashion_vit.safetensors")
CNN = Path(__file__).with_name("fashion_cnn.safetensors")
PICTURES = Path(__file__).with_name("fashion_pictures.npz")
RECORD = Path(__file__).with_name("fashion.json")
"""How both were trained and what they score on the test set; `train_fashion.py` writes all four files. The licence of
the pictures is in `fashion_licence.txt`."""

LABELS = (
    "T-shirt",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
)

CENTRE, SPREAD = 0.286, 0.353
"""The mean and the standard deviation of the training pixels; both models see (x − CENTRE) / SPREAD."""


class FashionPictures(NamedTuple):
    """The first ten pictures of each class in the test set, one class after another, ten times over.

    Attributes:
        pictures: white on black, uint8 [100, 28, 28], read-only.
        labels: what each shows, of `LABELS`.
    """

    pictures: npt.NDArray[np.uint8]
    labels: tuple[str, ...]


@cache
def fashion_pictures() -> FashionPictures:
    """A hundred pictures that neither model was trained on. They were not picked: the models err on some."""
    with np.load(PICTURES, allow_pickle=False) as kept:
        pictures, classes = kept["pictures"], kept["classes"]
    pictures.setflags(write=False)
    return FashionPictures(pictures, tuple(LABELS[i] for i in classes))


@cache
def fashion_vit() -> ImageClassifier:
    """A vision transformer of four blocks and 139 thousand parameters; its accuracy is in `fashion.json`.

    Raises:
        SampleError: when safetensors or Pillow is not installed.
    """
    need("PIL", "safetensors")
    from xaiwidgets.samples.fashion_model import FashionTransformer

    return _loaded(FashionTransformer(), VIT)


@cache
def fashion_cnn() -> ImageClassifier:
    """A convolutional network of 61 thousand parameters; its accuracy is in `fashion.json`.

    Raises:
        SampleError: when safetensors or Pillow is not installed.
    """
    need("PIL", "safetensors")
    from xaiwidgets.samples.fashion_model import FashionCNN

    return _loaded(FashionCNN(), CNN)


def preprocess(image: Image) -> Tensor:
    """A picture in grey, 28 pixels wide and high, normalised: float32 [1, 28, 28]."""
    import torch

    from xaiwidgets.samples.fashion_model import SIDE

    grey = image.convert("L")
    if grey.size != (SIDE, SIDE):
        grey = grey.resize((SIDE, SIDE))
    return normalised(torch.from_numpy(np.array(grey)[None]))


def normalised(pictures: Tensor) -> Tensor:
    """Pixels, uint8 of any shape, as the models see them: float32."""
    return (pictures.float() / 255 - CENTRE) / SPREAD


def _loaded(module: nn.Module, weights: Path) -> ImageClassifier:
    from safetensors.torch import load_file

    from xaiwidgets.models.image_classifier import ImageClassifier

    # The file is in float16; the module stays in float32.
    module.load_state_dict(load_file(weights))
    return ImageClassifier(module.eval(), preprocess, LABELS, grid=7)
