"""A picture as it travels to the browser: compressed, at its own size where that is not too much."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL.Image import Image

SMALL = 512 * 512
"""Pixels up to which nothing is lost."""

MOST_BYTES = 4_500_000
"""Of a compressed picture: with its maps it stays under six megabytes."""

LONGEST = 8192
"""Pixels of a side: more than browsers draw."""

THUMB = 96
"""Pixels of a side in a film."""

QUALITIES = (92, 85, 75)


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


def encoded(image: Image) -> Encoded:
    """The picture for the browser: a PNG where it is small, else a JPEG of at most 4.5 MB, made smaller if need be."""
    width, height = image.size
    if width * height <= SMALL:
        return Encoded(mime="image/png", data=_file(image, "PNG", optimize=False), width=width, height=height)
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


def thumb(image: Image) -> Encoded:
    """The picture at most 96 pixels wide and high."""
    small = image.convert("RGB")
    small.thumbnail((THUMB, THUMB))
    return Encoded(mime="image/jpeg", data=_file(small, "JPEG", quality=80), width=small.width, height=small.height)


def _file(image: Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()
