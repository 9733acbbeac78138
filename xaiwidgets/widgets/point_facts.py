"""What is said of points beside their numbers: colours, names, pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from xaiwidgets.errors import InputError
from xaiwidgets.projection.coloring import Coloring, read_coloring
from xaiwidgets.projection.distortion import Distortion

BELIEVED = ("distortion", "trustworthiness", "continuity")
"""Colourings that say how far a point can be believed where it is."""


def read_offered(labels: Any, colors: Any) -> dict[str, Any]:
    """What the points can be coloured by, by name.

    Raises:
        InputError: a name that cannot be.
    """
    several = isinstance(colors, Mapping) or hasattr(colors, "columns")
    named = dict(colors) if several else {} if colors is None else {"colors": colors}
    own = {} if labels is None else {"labels": labels}
    for name in named:
        if not isinstance(name, str) or name in {"none", *BELIEVED, *own}:
            why = "is taken" if isinstance(name, str) else "is no text"
            msg = f"colors has a colouring named {name!r}, which {why}; give it another name."
            raise InputError(msg)
    return {**own, **named}


def read_colorings(colors: Mapping[str, Any], kept: npt.NDArray[np.int64], total: int) -> dict[str, Coloring]:
    """Values to colour by, by name; "labels" are names, however many there are.

    Raises:
        InputError: see `read_coloring`.
    """
    return {
        name: read_coloring(values, kept, total, name, categorical=name == "labels") for name, values in colors.items()
    }


def read_texts(texts: Sequence[str] | None, kept: npt.NDArray[np.int64], total: int) -> list[str]:
    """What the points are called; empty where nothing is given.

    Raises:
        InputError: another number of texts.
    """
    given = [] if texts is None else list(texts)
    if texts is not None and len(given) != total:
        msg = f"texts has {len(given)} entries for {total} points; give one for each."
        raise InputError(msg)
    return [given[i] for i in kept] if given else []


def read_images(images: Sequence[Any] | None, total: int) -> Sequence[Any] | None:
    """Pictures of all points that were given, or None.

    Raises:
        InputError: another number of pictures.
    """
    if images is None:
        return None
    listed = hasattr(images, "__len__") and not isinstance(images, str)
    if listed and len(images) == total:
        return images
    found = f"{len(images)} pictures" if listed else "no list of them"
    msg = f"images has {found} for {total} points; give a list with one for each."
    raise InputError(msg)


def believed(found: Distortion | None, name: str, count: int) -> Coloring:
    """One of `BELIEVED` as a colouring of so many points; NaN where nothing is known."""
    if found is None:
        return Coloring(kind="number", values=np.full(count, np.nan))
    if name == "distortion":
        worst = np.minimum(found.trustworthiness, found.continuity)
        return Coloring(kind="number", values=1.0 - worst.astype(np.float64))
    return Coloring(kind="number", values=getattr(found, name).astype(np.float64))
