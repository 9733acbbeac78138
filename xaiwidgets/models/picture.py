"""Pictures as people hand them over: arrays, tensors, Pillow images and paths, all read to a Pillow image."""

from __future__ import annotations

import os
from contextlib import suppress
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from torch import Tensor

from xaiwidgets.errors import InputError

if TYPE_CHECKING:
    from PIL.Image import Image


def read_picture(x: Any) -> Image:
    """A Pillow image in mode "L" (grey) or "RGB", upright; transparent parts are white.

    Args:
        x: a numpy array [H, W], [H, W, 3] or [H, W, 4] or a tensor [C, H, W], uint8 or float from 0 to 1; a Pillow
            image; or a path.

    Raises:
        InputError: when it is none of them.
    """
    try:
        from PIL import Image, ImageOps, UnidentifiedImageError
    except ImportError as problem:
        raise InputError("Pictures are read with Pillow, which is not installed; run: pip install pillow") from problem
    if isinstance(x, (str, os.PathLike)):
        try:
            with Image.open(x) as opened:
                opened.load()
                x = opened
        except (UnidentifiedImageError, OSError) as problem:
            why = "no such file" if isinstance(problem, FileNotFoundError) else "no picture, or a damaged one"
            msg = f"{os.fspath(x)!r} cannot be read ({why}); give the path of a PNG or JPEG file."
            raise InputError(msg) from problem
    elif isinstance(x, Tensor):
        x = Image.fromarray(_bytes(_channels_last(x)))
    elif isinstance(x, np.ndarray):
        x = Image.fromarray(_bytes(_channels_shown(x)))
    elif not isinstance(x, Image.Image):
        msg = f"A {type(x).__name__} was given where a picture is expected; give an array, a Pillow image or a path."
        raise InputError(msg)
    # A phone's photograph lies on its side, with a note on how to turn it.
    upright: Image.Image = ImageOps.exif_transpose(x)
    if upright.mode in {"1", "L"}:
        return upright.convert("L")
    if upright.mode.startswith("I") or upright.mode == "F":
        msg = f"The picture has mode {upright.mode!r} (16 or 32 bits a pixel); give 8 bits, or floats from 0 to 1."
        raise InputError(msg)
    if upright.has_transparency_data:
        solid = upright.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", solid.size, "white"), solid).convert("RGB")
    return upright.convert("RGB")


def read_baseline(baseline: Any, image: Image) -> Image:
    """What an absent part of `image` shows, as a Pillow image of its size or of one's own.

    Args:
        baseline: a picture as `read_picture` takes it; a colour's name; a grey from 0 to 1; red, green and blue from
            0 to 1; "mean", the mean colour; "blur", the image blurred over an eighth of its shorter side.
        image: the picture that is explained.

    Raises:
        InputError: when it is none of them.
    """
    from PIL import Image, ImageColor, ImageFilter

    if isinstance(baseline, str) and baseline == "blur":
        return image.filter(ImageFilter.GaussianBlur(min(image.size) / 8))
    if isinstance(baseline, str) and baseline == "mean":
        return image.resize((1, 1), Image.Resampling.BOX).resize(image.size)
    colour: tuple[float, ...] | None = None
    if isinstance(baseline, str):
        with suppress(ValueError):
            colour = tuple(level / 255 for level in ImageColor.getrgb(baseline)[:3])
    elif isinstance(baseline, Real) and not isinstance(baseline, bool):
        colour = (float(baseline),) * 3
    elif isinstance(baseline, (tuple, list)) and len(baseline) == 3 and all(isinstance(c, Real) for c in baseline):
        colour = tuple(float(level) for level in baseline)
    if colour is not None:
        if not all(0 <= level <= 1 for level in colour):
            msg = f"baseline={baseline!r} was given; a grey, or red, green and blue, go from 0 to 1."
            raise InputError(msg)
        levels = tuple(round(255 * level) for level in colour)
        return Image.new("RGB", image.size, levels).convert(image.mode)
    try:
        return read_picture(baseline).convert(image.mode)
    except InputError as problem:
        msg = (
            f"The baseline cannot be read: {str(problem).rstrip('.')}; or give a colour, a grey from 0 to 1, "
            "'mean' or 'blur'."
        )
        raise InputError(msg) from problem


def read_background(background: Any) -> list[Image]:
    """The pictures of a background, each as `read_picture` takes it.

    Raises:
        InputError: when it is empty or one of them cannot be read; it says which.
    """
    if isinstance(background, (str, os.PathLike)) or not hasattr(background, "__len__") or not len(background):
        what = "empty" if hasattr(background, "__len__") else f"a {type(background).__name__}"
        what = f"{background!r}" if isinstance(background, (str, os.PathLike)) else what
        msg = f"background is {what}; give a list of pictures, at least one."
        raise InputError(msg)
    read = []
    for number, picture in enumerate(background):
        try:
            read.append(read_picture(picture))
        except InputError as problem:
            msg = f"background[{number}] cannot be used: {problem}"
            raise InputError(msg) from problem
    return read


def _channels_last(x: Tensor) -> npt.NDArray[Any]:
    array: npt.NDArray[Any] = x.detach().cpu().float().numpy() if x.is_floating_point() else x.detach().cpu().numpy()
    if array.ndim == 4 and len(array) == 1:
        array = array[0]
    if array.ndim != 3 or array.shape[0] not in {1, 3, 4}:
        msg = (
            f"A tensor of shape {tuple(x.shape)} was given; a tensor picture has shape [3, H, W] (or 1 or 4 channels)."
        )
        raise InputError(msg)
    return _one_grey(np.moveaxis(array, 0, -1))


def _channels_shown(x: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if x.ndim == 2 or (x.ndim == 3 and x.shape[2] in {1, 3, 4}):
        return _one_grey(x)
    hint = "; move the channels last with x.transpose(1, 2, 0)" if x.ndim == 3 and x.shape[0] in {1, 3, 4} else ""
    msg = f"An array of shape {x.shape} was given; a picture has shape [H, W], [H, W, 3] or [H, W, 4]{hint}."
    raise InputError(msg)


def _one_grey(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return array[..., 0] if array.ndim == 3 and array.shape[2] == 1 else array


def _bytes(array: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    if array.size == 0:
        msg = f"The picture has no pixels (height {array.shape[0]}, width {array.shape[1]}); give at least one."
        raise InputError(msg)
    if array.dtype.kind not in "buif":
        msg = f"The picture's pixels have type {array.dtype}; give uint8, or floats from 0 to 1."
        raise InputError(msg)
    if not np.isfinite(array).all():
        count = int((~np.isfinite(array)).sum())
        msg = f"The picture has {count} values that are NaN or infinite; every pixel needs a finite one."
        raise InputError(msg)
    most = 1 if array.dtype.kind in "fb" else 255
    low, high = array.min(), array.max()
    if low < 0 or high > most:
        msg = (
            f"The picture's values go from {low:.4g} to {high:.4g}; give uint8 from 0 to 255 or floats from 0 to 1, "
            "before any normalisation, which is the preprocessing's part."
        )
        raise InputError(msg)
    scaled = array if most == 255 else np.rint(array * 255.0)
    return np.ascontiguousarray(scaled, dtype=np.uint8)
