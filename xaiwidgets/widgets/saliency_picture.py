"""A picture as it travels to the browser: compressed, at its own size where that is not too much."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy.typing as npt

from xaiwidgets.models.picture import read_picture
from xaiwidgets.models.view_box import Box, view_box

if TYPE_CHECKING:
    from PIL.Image import Image

SMALL = 512 * 512
"""Pixels up to which nothing is lost."""

PACKED = {"lossless": True, "quality": 0, "method": 0}
"""How a small picture is packed: the first map waits for it. WebP takes half the time of a PNG, for fewer bytes."""

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

Seen = tuple[int, int]
"""Rows and columns of what a model sees."""

_views: WeakKeyDictionary[object, tuple[object, tuple[Box | None, Seen]]] = WeakKeyDictionary()
"""Of each model, what is known of pictures of the size that it looked at last: those of a film are often alike."""


@dataclass(frozen=True, kw_only=True)
class Encoded:
    """A compressed picture.

    Attributes:
        mime: "image/webp" or "image/jpeg".
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


def lying_in(image: Image, models: Mapping[str, Any]) -> Lying:
    """Where in a picture that lies which the first of some models sees, and which others see another part.

    Args:
        image: the picture.
        models: adapters by name; one without `sees` says nothing of what it sees.
    """
    whole = Lying(image=image, box=(0, 0, *image.size))
    (first, model), *others = models.items()
    view = _view(model, image)
    if view is None:
        return whole
    box, seen = view
    if box is None:
        viewed = read_picture(model.sees(image))
        return Lying(image=viewed, box=(0, 0, *viewed.size), seen=seen, notes=(BENT,))
    notes = tuple(
        f"{name} sees another part of the picture; its maps are laid over what {first} sees."
        for name, other in others
        if hasattr(other, "sees") and _elsewhere(_view(other, image), box)
    )
    return Lying(image=image, box=box, seen=seen, notes=notes)


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
    """The picture for the browser: as it is where it is small, else a JPEG of at most 4 MB, made smaller if need be."""
    width, height = image.size
    if width * height <= SMALL and max(image.size) <= LONGEST:
        return Encoded(mime="image/webp", data=_file(image, "WEBP", **PACKED), width=width, height=height)
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


def _view(model: Any, image: Image) -> tuple[Box | None, Seen] | None:
    """Where in a picture that lies which a model sees, and how large it sees it; None where nobody can say."""
    size, known = (image.size, image.mode), _views.get(model)
    if known is None or known[0] != size:
        try:
            known = (size, view_box(model.sees, image))
        except Exception:  # noqa: BLE001 - each panel says what is wrong with the preprocessing
            return None
        _views[model] = known
    return known[1]


def _elsewhere(view: tuple[Box | None, Seen] | None, box: Box) -> bool:
    """Whether a model sees another part of the picture than this box, by more than a rounding."""
    if view is None or view[0] is None:
        return view is not None
    return max(abs(one - other) for one, other in zip(view[0], box, strict=True)) > 2


def _file(image: Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()
