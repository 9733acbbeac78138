"""What an embedding scatter is given to show, checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from xaiwidgets.errors import InputError
from xaiwidgets.models.embedded import read_inputs
from xaiwidgets.models.image_classifier import ImageClassifier
from xaiwidgets.models.text_encoder import TextEncoder
from xaiwidgets.projection.rows import check_metric
from xaiwidgets.widgets.asked import Told
from xaiwidgets.widgets.point_facts import read_colorings, read_images, read_offered, read_texts
from xaiwidgets.widgets.point_ids import Ids, read_ids
from xaiwidgets.widgets.scattering import Scattering


@dataclass(frozen=True, kw_only=True)
class GivenPoints:
    """Points that are about to be shown.

    Attributes:
        scattering: what will be known of them.
        reading: what is left to do until they are read: nothing for numbers.
        names: of a person's own colourings.
        ids: of all points that were given.
        live: whether a model makes them of inputs.
    """

    scattering: Scattering
    reading: Told
    names: tuple[str, ...]
    ids: Ids
    live: bool


def given_points(
    shown: Any,
    inputs: Any = None,
    *,
    labels: Any = None,
    colors: Any = None,
    texts: Sequence[str] | None = None,
    images: Sequence[Any] | None = None,
    ids: Sequence[Any] | None = None,
    layer: str | None = None,
    metric: str = "euclidean",
) -> GivenPoints:
    """Read what was given: numbers at once, inputs of a model later, when it is asked for.

    Whatever cannot be shown is an exception here, before anything takes long; see `EmbeddingScatter` for the arguments.

    Raises:
        InputError: points, labels or others that cannot be shown.
    """
    live = isinstance(shown, (TextEncoder, ImageClassifier))
    if live != (inputs is not None) or (layer is not None and not live):
        besides = "layer=" if inputs is None and not live else "inputs"
        msg = (
            f"A {type(shown).__name__} was given {'without' if live else 'with'} {besides}; give numbers alone, or "
            "a TextEncoder with texts, or an ImageClassifier with pictures and layer=."
        )
        raise InputError(msg)
    check_metric(metric)
    offered = read_offered(labels, colors)
    scattering = Scattering(shown if live else None, layer=layer, metric=metric)
    given: Any = read_inputs(shown, inputs, layer=layer) if live else shown
    reading = scattering.read(given, texts=texts, images=images, colors=offered)
    if live:
        total = len(given)
        everything = np.arange(total)
        read_colorings(offered, everything, total)
        read_texts(texts, everything, total)
        read_images(images, total)
    else:
        list(reading)
        assert scattering.rows is not None  # noqa: S101
        total = scattering.rows.total
    return GivenPoints(
        scattering=scattering, reading=reading, names=tuple(offered), ids=read_ids(ids, total), live=live
    )
