"""What a saliency overlay is made of: pictures with finished maps, or models with pictures that they look at."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from xaiwidgets.engine.request import Explainable
from xaiwidgets.errors import InputError
from xaiwidgets.explanation import Explanation
from xaiwidgets.models.picture import picture_and_notes, read_picture
from xaiwidgets.models.regions import grid_of

ENDINGS = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff"}
FINE, COARSE = 1024, 16
"""A heat map of so many cells has a region for each; a finer one, squares of a grid with so many along each side."""

KEPT = 512
"""Pixels of the longer side of a picture that an explanation of one's own numbers keeps."""


@dataclass(frozen=True, kw_only=True)
class Given:
    """What was given.

    Attributes:
        models: adapters by name; none where the maps are finished.
        pictures: what is looked at, in the order of a film.
        names: what the pictures are called.
        explanations: the finished maps.
    """

    models: Mapping[str, Explainable]
    pictures: Sequence[Any]
    names: Sequence[str]
    explanations: Sequence[Explanation] = ()


def read_given(shown: Any, given: Any) -> Given:
    """The arguments of a `SaliencyOverlay`.

    Raises:
        InputError: they are none of what it shows.
    """
    several = list(shown) if isinstance(shown, (list, tuple)) else [shown]
    if several and all(isinstance(one, Explanation) for one in several):
        if given is not None:
            raise InputError("A second argument was given with explanations, which hold their picture; leave it out.")
        return _of_explanations(several)
    models = _models(shown)
    if models:
        if given is None:
            raise InputError("A model was given without a picture; give SaliencyOverlay(model, picture).")
        pictures, names = read_pictures(given)
        return Given(models=models, pictures=pictures, names=names)
    if callable(shown):
        msg = (
            f"A {type(shown).__name__} was given; wrap a model first, such as xw.ImageClassifier(model, preprocess), "
            "which says how a picture becomes its input."
        )
        raise InputError(msg)
    if given is None:
        msg = (
            f"A {type(shown).__name__} was given alone; give a picture with its heat map, an explanation, or a model's "
            "adapter with a picture."
        )
        raise InputError(msg)
    return Given(models={}, pictures=[shown], names=[""], explanations=[of_heatmap(shown, given)])


def read_pictures(given: Any) -> tuple[list[Any], list[str]]:
    """Pictures and what they are called: one, several, a batch, or a folder of them.

    Raises:
        InputError: there are none.
    """
    if isinstance(given, (str, os.PathLike)) and Path(given).is_dir():
        paths = sorted(path for path in Path(given).iterdir() if path.suffix.lower() in ENDINGS)
        if not paths:
            msg = f"The folder {os.fspath(given)!r} has no pictures; give one with PNG or JPEG files."
            raise InputError(msg)
        return list(paths), [path.name for path in paths]
    if isinstance(given, Mapping) and given:
        return list(given.values()), [str(name) for name in given]
    shape: tuple[int, ...] = tuple(getattr(given, "shape", ()))
    if not isinstance(given, (list, tuple, Mapping)) and len(shape) != 4:
        return [given], [_name(given, 0)]
    if not len(given):
        raise InputError("No picture was given; give at least one.")
    return list(given), [_name(one, place) for place, one in enumerate(given)]


def first_readable(pictures: Sequence[Any]) -> int:
    """The place of the first picture that can be read.

    Raises:
        InputError: none can be; what is wrong with the first.
    """
    wrong: InputError | None = None
    for place, picture in enumerate(pictures):
        try:
            read_picture(picture)
        except InputError as fault:
            wrong = wrong or fault
        else:
            return place
    raise wrong or InputError("No picture was given; give at least one.")


def of_heatmap(image: Any, heatmap: Any) -> Explanation:
    """An explanation of one's own numbers.

    Args:
        image: see `ImageClassifier.problem`.
        heatmap: float [h, w] over the whole picture, of any size; NaN where nothing is known. An explanation is taken
            as it is.

    Raises:
        InputError: it is no map.
    """
    if isinstance(heatmap, Explanation):
        return heatmap
    detached = heatmap.detach().cpu().float().numpy() if hasattr(heatmap, "detach") else heatmap
    try:
        heat: npt.NDArray[np.float32] = np.asarray(detached, dtype=np.float32)
    except (TypeError, ValueError) as problem:
        msg = f"A {type(heatmap).__name__} was given as a heat map; give numbers of shape [h, w]."
        raise InputError(msg) from problem
    while heat.ndim > 2 and 1 in (heat.shape[0], heat.shape[-1]):
        heat = heat[0] if heat.shape[0] == 1 else heat[..., 0]
    if heat.ndim != 2 or 0 in heat.shape:
        msg = (
            f"A heat map of shape {tuple(np.shape(detached))} was given; give one number for each place, shape [h, w], "
            "such as the sum over the channels."
        )
        raise InputError(msg)
    if np.isinf(heat).any():
        msg = f"The heat map has {int(np.isinf(heat).sum())} infinite values; give finite ones, or NaN for unknown."
        raise InputError(msg)
    picture, notes = picture_and_notes(image)
    small = picture.convert("RGB")
    small.thumbnail((KEPT, KEPT))
    height, width = heat.shape
    own = height * width <= FINE
    regions = grid_of(height, width, max(height, width) if own else COARSE)
    known = np.isfinite(heat)
    count = np.bincount(regions.at[known], minlength=regions.count)
    sums = np.bincount(regions.at[known], weights=heat[known], minlength=regions.count)
    values = np.where(count > 0, sums / np.maximum(count, 1), np.nan)
    if abs(height / width - picture.height / picture.width) > 0.02 * picture.height / picture.width + 1 / width:
        told = (
            f"The heat map ({height} × {width}) has other proportions than the picture ({picture.height} × "
            f"{picture.width}); it is stretched over the whole of it."
        )
        notes = (*notes, told)
    if not known.any():
        notes = (*notes, "The heat map has no number at all: every place is NaN.")
    return Explanation.from_arrays(
        values,
        regions.names,
        signed=bool((heat[known] < 0).any()),
        input={"kind": "image", "picture": np.asarray(small), "regions": regions.at, "grid": list(regions.grid or ())},
        details={"map": heat},
        notes=notes,
    )


def wanted_panels(models: Mapping[str, Explainable], **several: Any) -> list[dict[str, Any]]:
    """A panel for each combination of what was given as a list.

    Args:
        models: adapters by name.
        **several: method, target and layer, each alone or a list of them; a tuple is a target with its contrast.
    """
    lists = {name: one if isinstance(one, list) else [one] for name, one in several.items()}
    for name, values in lists.items():
        if not values:
            msg = f"{name}=[] was given; give at least one, or leave it out."
            raise InputError(msg)
    rows = product(range(max(1, len(models))), *lists.values())
    return [{"model": model, **dict(zip(lists, chosen, strict=True))} for model, *chosen in rows]


def _of_explanations(explanations: list[Explanation]) -> Given:
    pictures = []
    for e in explanations:
        if e.input.get("kind") != "image":
            what = e.input.get("kind", "no input that can be seen")
            msg = f"An explanation of {what} was given; SaliencyOverlay shows explanations of pictures."
            raise InputError(msg)
        pictures.append(e.input["picture"])
    first = pictures[0]
    if any(one.shape != first.shape or not np.array_equal(one, first) for one in pictures[1:]):
        raise InputError("Explanations of several pictures were given; give those of one, or a widget for each.")
    if any(e.features != explanations[0].features for e in explanations[1:]):
        raise InputError("Explanations with other regions were given; give those with the same ones side by side.")
    return Given(models={}, pictures=[first], names=[""], explanations=explanations)


def _models(shown: Any) -> dict[str, Explainable]:
    if isinstance(shown, Mapping) and shown and all(isinstance(one, Explainable) for one in shown.values()):
        named = {str(name): model for name, model in shown.items()}
    elif isinstance(shown, (list, tuple)) and shown and all(isinstance(one, Explainable) for one in shown):
        named = {}
        for number, model in enumerate(shown, 1):
            name = _model_name(model)
            named[name if name not in named else f"{name} {number}"] = model
    elif isinstance(shown, Explainable):
        named = {_model_name(shown): shown}
    else:
        return {}
    for name, model in named.items():
        if "veil" not in model.faces:
            msg = f"{name} is a {type(model).__name__}, which looks at no pictures; give an ImageClassifier."
            raise InputError(msg)
    return named


def _model_name(model: Explainable) -> str:
    return type(getattr(model, "module", model)).__name__


def _name(picture: Any, place: int) -> str:
    return Path(picture).name if isinstance(picture, (str, os.PathLike)) else str(place + 1)
