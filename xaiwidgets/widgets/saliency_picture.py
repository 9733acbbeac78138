"""A picture as it travels to the browser: compressed, at its own size where that is not too much."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from xaiwidgets.models.picture import read_picture
from xaiwidgets.models.view_box import Box, view_box

if TYPE_CHECKING:
    from PIL.Image import Image

SMALL = 512 * 512
"""Pixels up to which nothing is lost."""

PACKED = 2
"""How hard a PNG is packed: a third of the time of the usual 6, for a tenth more bytes; the first map waits for it."""

MOST_BYTES = 4_000_000
"""Of a compressed picture: with its maps it stays under six megabytes."""

LONGEST = 8192
"""Pixels of a side: more than browsers draw."""

THUMB = 96
"""Pixels of a side in a film."""

SEEN = 768
"""Rows and columns of what a model sees, as they travel: more is not told apart beneath a map."""

QUALITIES = (92, 85, 75)


BENT = (
    "The preprocessing moves pixels in a way that cannot be drawn back on the picture, so what the model sees is shown."
)

Sees = Callable[[Any], npt.NDArray[np.uint8]]
"""What a model sees of a picture, uint8 [H, W, 3]."""


@dataclass(frozen=True, kw_only=True)
class Encoded:
    """A compressed picture.

    Attributes:
        mime: "image/png" or "image/jpeg".
        data: the file.
        width: in pixels, as it travels.
        height: in pixels.
        notes: what a reader must know, one sentence each.
    """

    mime: str
    data: bytes
    width: int
    height: int
    notes: tuple[str, ...] = ()

    @property
    def wired(self) -> dict[str, Any]:
        """As the browser is told."""
        return {"mime": self.mime, "data": self.data}


@dataclass(frozen=True, kw_only=True)
class Lying:
    """A picture, and where in it that lies which a model sees.

    Attributes:
        image: the picture, or what the model sees where that cannot be drawn back on it.
        box: left, top, right and bottom, in pixels of the image.
        seen: rows and columns of what the model sees; None: those of the image.
        notes: what a reader must know, one sentence each.
    """

    image: Image
    box: Box
    seen: tuple[int, ...] | None = None
    notes: tuple[str, ...] = ()


def lying_in(image: Image, views: Mapping[str, Sees | None]) -> Lying:
    """Where in a picture that lies which the first of some models sees, and which others see another part.

    Args:
        image: the picture.
        views: by the models' names; None where that is not known.
    """
    whole = Lying(image=image, box=(0, 0, *image.size))
    (first, see), *others = views.items()
    if see is None:
        return whole
    try:
        viewed, box = see(image), view_box(see, image)
    except Exception:  # noqa: BLE001 - each panel says what is wrong with the preprocessing
        return whole
    height, width = viewed.shape[:2]
    if box is None:
        return Lying(image=read_picture(viewed), box=(0, 0, width, height), seen=(height, width), notes=(BENT,))
    notes = tuple(
        f"{name} sees another part of the picture; its maps are laid over what {first} sees."
        for name, other in others
        if other is not None and _elsewhere(other, image, box)
    )
    return Lying(image=image, box=box, seen=(height, width), notes=notes)


def wired_picture(lying: Lying) -> dict[str, Any]:
    """The picture as the browser is told."""
    image = lying.image
    made = encoded(image)
    factor = made.width / image.width
    height, width = image.size[::-1] if lying.seen is None else lying.seen
    step = step_of(height, width)
    return {
        "width": made.width,
        "height": made.height,
        **made.wired,
        "box": [side * factor for side in lying.box],
        "seen": [-(-height // step), -(-width // step)],
        "notes": [*lying.notes, *made.notes],
    }


def encoded(image: Image) -> Encoded:
    """The picture for the browser: a PNG where it is small, else a JPEG of at most 4 MB, made smaller if need be."""
    width, height = image.size
    if width * height <= SMALL and max(image.size) <= LONGEST:
        return Encoded(mime="image/png", data=_file(image, "PNG", compress_level=PACKED), width=width, height=height)
    shown = image
    while True:
        if max(shown.size) <= LONGEST:
            for quality in QUALITIES:
                data = _file(shown.convert("RGB"), "JPEG", quality=quality)
                if len(data) <= MOST_BYTES:
                    note = f"The picture is shown at {shown.width} × {shown.height} pixels; it has {width} × {height}."
                    notes = () if shown is image else (note,)
                    return Encoded(mime="image/jpeg", data=data, width=shown.width, height=shown.height, notes=notes)
        shown = shown.reduce(2)


def at_most(pixels: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """What a model sees, or the numbers of its regions, [H, W, …], with at most 768 rows and columns: every k-th."""
    step = step_of(*pixels.shape[:2])
    return pixels[::step, ::step]


def step_of(height: int, width: int) -> int:
    """Every how many rows and columns of what a model sees travel."""
    return -(-max(height, width) // SEEN)


def thumb(image: Image) -> Encoded:
    """The picture at most 96 pixels wide and high."""
    small = image.convert("RGB")
    small.thumbnail((THUMB, THUMB))
    return Encoded(mime="image/jpeg", data=_file(small, "JPEG", quality=80), width=small.width, height=small.height)


def _elsewhere(see: Sees, image: Image, box: Box) -> bool:
    """Whether a model sees another part of the picture than this box, by more than a rounding."""
    try:
        found = view_box(see, image)
    except Exception:  # noqa: BLE001 - each panel says what is wrong with the preprocessing
        return False
    return found is None or max(abs(one - other) for one, other in zip(found, box, strict=True)) > 2


def _file(image: Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()
