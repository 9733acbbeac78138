"""What others compute for a saliency map: a bare pass, Captum, pytorch-grad-cam and the code of the RISE paper."""

import sys
import types
from collections.abc import Callable
from typing import Any
from unittest import mock

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional


def bare(module: nn.Module, point: Tensor, target: int) -> None:
    """One pass forward and back, as one writes it by hand."""
    pixels = point.clone().requires_grad_()
    module(pixels)[0, target].backward()


def captum_cam(module: nn.Module, layer: nn.Module, point: Tensor, target: int) -> np.ndarray:
    """Captum's Grad-CAM of a picture [1, C, H, W], float [h, w]."""
    from captum.attr import LayerGradCam

    found: Any = LayerGradCam(module, layer).attribute(point, target=target, relu_attributions=True)
    return found[0, 0].detach().numpy()


def jacobgil_cam(module: nn.Module, layer: nn.Module, point: Tensor, target: int) -> np.ndarray:
    """The Grad-CAM of pytorch-grad-cam, which scales it to 0 … 1 and to the picture's size: float [H, W]."""
    # It imports 170 MB of which it needs one function here: torch resizes in OpenCV's place.
    with mock.patch.dict(sys.modules, _stand_ins()):
        from pytorch_grad_cam import GradCAM
        from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    with GradCAM(model=module, target_layers=[layer]) as cam:
        return cam(input_tensor=point, targets=[ClassifierOutputTarget(target)])[0]


def captum_occlusion(point: Tensor, absent: Tensor, regions: Tensor, score: Callable[[Tensor], Tensor]):
    """Captum's two ways to leave each region out: functions from the number of pictures in a call to their map."""
    from captum.attr import FeatureAblation, Occlusion

    side = int(regions.shape[-1] // regions.unique().numel() ** 0.5)
    window = (point.shape[1], side, side)
    return {
        "FeatureAblation": lambda size: FeatureAblation(score).attribute(
            point, absent, feature_mask=regions, perturbations_per_eval=size
        ),
        "Occlusion": lambda size: Occlusion(score).attribute(
            point, window, strides=window, baselines=absent, perturbations_per_eval=size
        ),
    }


def rise_masks(count: int, side: int, cells: int, keep: float) -> Tensor:
    """`generate_masks` of the paper's code, float [N, 1, H, W]."""
    from skimage.transform import resize

    generator = np.random.default_rng(0)
    square = int(np.ceil(side / cells))
    grids = (generator.random((count, cells, cells)) < keep).astype("float32")
    masks = np.empty((count, side, side), np.float32)
    for mask, grid in zip(masks, grids, strict=True):
        down, across = generator.integers(0, square, 2)
        large = resize(grid, ((cells + 1) * square,) * 2, order=1, mode="reflect", anti_aliasing=False)
        mask[:] = large[down : down + side, across : across + side]
    return torch.from_numpy(masks)[:, None]


def rise_map(score: Callable[[Tensor], Tensor], point: Tensor, masks: Tensor, keep: float, *, batch: int) -> Tensor:
    """`forward` of the paper's code for one class, float [H, W]; masked a batch at a time, for want of memory."""
    with torch.no_grad():
        scores = torch.cat([score(part * point) for part in masks.split(batch)])
        return (scores @ masks.flatten(1)).view(point.shape[-2:]) / len(masks) / keep


def _stand_ins() -> dict[str, types.ModuleType]:
    def resize(cells: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        given = torch.from_numpy(cells)[None, None]
        return functional.interpolate(given, size=size[::-1], mode="bilinear", align_corners=False)[0, 0].numpy()

    parts: dict[str, dict[str, Any]] = {
        "cv2": {"resize": resize, "COLORMAP_JET": 2},
        "torchvision": {},
        "torchvision.transforms": {"Compose": None, "Normalize": None, "ToTensor": None},
    }
    made = {name: types.ModuleType(name) for name in parts}
    for name, module in made.items():
        vars(module).update(parts[name])
    return made
