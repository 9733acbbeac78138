"""The projections by name, and how one follows another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from xaiwidgets.projection.frame import Frame
from xaiwidgets.projection.given import as_given
from xaiwidgets.projection.pca import pca
from xaiwidgets.projection.procrustes import alignment
from xaiwidgets.projection.rows import Rows
from xaiwidgets.projection.tsne import tsne
from xaiwidgets.projection.umap import umap

FOLLOWING = 250
"""Iterations of a t-SNE that goes on from another layer's."""


def frames(
    rows: Rows,
    method: str,
    *,
    dims: int,
    perplexity: float,
    learning_rate: float | None = None,
    seed: int,
    before: Frame | None,
) -> Iterator[Frame | None]:
    """The frames of a projection, by its name; what cannot be had raises here.

    Args:
        rows: the points.
        method: "pca", "tsne", "umap" or "given".
        dims: 2 or 3; of "given", as many as the points have numbers.
        perplexity: of t-SNE.
        learning_rate: of t-SNE; None: the number of points divided by the exaggeration.
        seed: of everything random.
        before: another layer's picture of the same points; t-SNE goes on from t-SNE that came to its end.

    Raises:
        InputError: points that cannot be projected so. MethodError: an option that cannot be.
    """
    if method == "given":
        return as_given(rows)
    if method == "pca":
        return pca(rows, dims=dims)
    if method == "umap":
        return umap(rows, dims=dims, seed=seed)
    there = before is not None and before.method == "tsne" and before.positions.shape == (len(rows.values), dims)
    follow: dict[str, Any] = {}
    if there and before is not None and before.complete:
        follow = {"early": 0, "iterations": FOLLOWING, "start": before.positions}
    return tsne(rows, dims=dims, perplexity=perplexity, learning_rate=learning_rate or "auto", seed=seed, **follow)


def laid_over(frame: Frame, before: Frame | None) -> Frame:
    """PCA of another layer turned so that it lies like the picture before; everything else as it is."""
    if (
        before is None
        or frame.method != "pca"
        or before.method != "pca"
        or frame.positions.shape != before.positions.shape
    ):
        return frame
    turned = alignment(frame.positions, before.positions, scaled=False)
    positions, place = turned(frame.positions), frame.place
    # The axes are others now, and so are their shares of what both explain together.
    spread = positions.var(0, dtype=np.float64)
    shares = sum(frame.explained) * spread / (spread.sum() or 1.0)
    return replace(
        frame,
        positions=positions,
        explained=tuple(shares.tolist()),
        place=None if place is None else lambda new: turned(place(new)),
    )
