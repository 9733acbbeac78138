"""Pictures as people hand them over: arrays, tensors, Pillow images and paths, all read to a Pillow image."""

from __future__ import annotations

import os
from contextlib import suppress
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import Tensor

from xaiwidgets.errors import InputError
from xaiwidgets.models.pixels import Notes, levels_of

if TYPE_CHECKING:
    from PIL.Image import Image


def read_picture(x: Any) -> Image:
    """A Pillow image in mode "L" (grey) or "RGB", upright; transparent parts are white. See `picture_and_notes`."""
    return picture_and_notes(x)[0]


def picture_and_notes(x: Any, what: str = "The picture") -> tuple[Image, Notes]:
    """The same, and what a reader must know of how it was read, one sentence each.

    Args:
        x: a numpy array [H, W], [H, W, 3] or [H, W, 4] or a tensor [C, H, W], uint8 or float from 0 to 1, or as
            `levels_of` reads it; a Pillow image; or a path.
        what: what the picture is called in a sentence.

    Raises:
        InputError: when it is none of them.
    """
    try:
        from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError
    except ImportError as problem:
        raise InputError("Pictures are read with Pillow, which is not installed; run: pip install pillow") from problem
    notes: Notes = ()
    if isinstance(x, (str, os.PathLike)):
        try:
            with Image.open(x) as opened:
                opened.load()
                x = opened
        except (UnidentifiedImageError, OSError) as problem:
            why = "no such file" if isinstance(problem, FileNotFoundError) else "no picture, or a damaged one"
            msg = f"{os.fspath(x)!r} cannot be read ({why}); give the path of a PNG or JPEG file."
            raise InputError(msg) from problem
    elif isinstance(x, (np.ndarray, Tensor)):
        levels, notes = levels_of(x, what)
        x = Image.fromarray(levels)
    elif not isinstance(x, Image.Image):
        msg = f"A {type(x).__name__} was given where a picture is expected; give an array, a Pillow image or a path."
        raise InputError(msg)
    # A phone's photograph lies on its side, with a note on how to turn it; others need no copy more.
    upright: Image.Image = x if x.getexif().get(ExifTags.Base.Orientation, 1) == 1 else ImageOps.exif_transpose(x)
    if upright.mode.startswith("I") or upright.mode == "F":
        levels, notes = levels_of(np.array(upright), what)
        upright = Image.fromarray(levels)
    if upright.mode in {"1", "L"}:
        return upright.convert("L"), notes
    if upright.has_transparency_data:
        solid = upright.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", solid.size, "white"), solid).convert("RGB"), notes
    return upright.convert("RGB"), notes


def check_longest(longest: Any) -> int | None:
    """The most pixels along a picture's longer side, or None for any.

    Raises:
        InputError: it is no such number.
    """
    if longest is not None and (isinstance(longest, bool) or not isinstance(longest, int) or longest < 1):
        msg = f"longest={longest!r} was given; give the most pixels that a picture's longer side may have, such as 512."
        raise InputError(msg)
    return longest


def shrunk(image: Image, longest: int | None) -> tuple[Image, Notes]:
    """The image with its longer side at most `longest` pixels, and the sentence that says so."""
    from PIL import Image

    if longest is None or max(image.size) <= longest:
        return image, ()
    width, height = (max(1, round(side * longest / max(image.size))) for side in image.size)
    told = (
        f"The picture was shrunk from {image.height} × {image.width} to {height} × {width} pixels (height × width), "
        f"as longest={longest} asks."
    )
    return image.resize((width, height), Image.Resampling.BILINEAR), (told,)


def read_baseline(baseline: Any, image: Image, seen: tuple[int, int]) -> tuple[Image, Notes]:
    """What an absent part of `image` shows, of its size or of one's own, and notes on how it was read.

    Args:
        baseline: a picture as `read_picture` takes it; a colour's name; a grey from 0 to 1; red, green and blue from
            0 to 1; "mean", the mean colour; "blur", the image blurred over an eighth of its shorter side; "noise",
            independent uniform levels, always the same ones (seed 0).
        image: the picture that is explained.
        seen: the height and width at which the model sees it. Noise is not made finer than that, or shrinking it would
            make it grey.

    Raises:
        InputError: when it is none of them.
    """
    from PIL import Image, ImageColor, ImageFilter

    if isinstance(baseline, str) and baseline == "blur":
        return image.filter(ImageFilter.GaussianBlur(min(image.size) / 8)), ()
    if isinstance(baseline, str) and baseline == "mean":
        return image.resize((1, 1), Image.Resampling.BOX).resize(image.size), ()
    if isinstance(baseline, str) and baseline == "noise":
        cells = min(seen[0], image.height), min(seen[1], image.width)
        noise = np.random.default_rng(0).integers(0, 256, (*cells, len(image.getbands())), dtype=np.uint8)
        drawn = Image.fromarray(noise[..., 0] if image.mode == "L" else noise)
        return drawn.resize(image.size, Image.Resampling.NEAREST), ()
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
        return Image.new("RGB", image.size, levels).convert(image.mode), ()
    try:
        read, notes = picture_and_notes(baseline, "The baseline")
        return read.convert(image.mode), notes
    except InputError as problem:
        msg = (
            f"The baseline cannot be read: {str(problem).rstrip('.')}; or give a colour, a grey from 0 to 1, "
            "'mean', 'blur' or 'noise'."
        )
        raise InputError(msg) from problem


def read_background(background: Any) -> tuple[list[Image], Notes]:
    """The pictures of a background, each as `read_picture` takes it, and notes on how the first such one was read.

    Raises:
        InputError: when it is empty or one of them cannot be read; it says which.
    """
    if isinstance(background, (str, os.PathLike)) or not hasattr(background, "__len__") or not len(background):
        what = "empty" if hasattr(background, "__len__") else f"a {type(background).__name__}"
        what = f"{background!r}" if isinstance(background, (str, os.PathLike)) else what
        msg = f"background is {what}; give a list of pictures, at least one."
        raise InputError(msg)
    read: list[Image] = []
    notes: Notes = ()
    for number, picture in enumerate(background):
        try:
            image, told = picture_and_notes(picture, f"background[{number}]")
        except InputError as problem:
            msg = f"background[{number}] cannot be used: {problem}"
            raise InputError(msg) from problem
        read.append(image)
        # Pictures of a background come from one place: what is said of the first holds for those like it.
        notes = notes or told
    return read, notes
