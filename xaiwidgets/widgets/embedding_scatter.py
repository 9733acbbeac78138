"""EmbeddingScatter: points of many dimensions in a plane or in space, and how far that picture can be believed."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from xaiwidgets.errors import InputError
from xaiwidgets.projection.given import check_given
from xaiwidgets.projection.rows import read_new_rows
from xaiwidgets.widgets.export import write_html
from xaiwidgets.widgets.front_end import bundle
from xaiwidgets.widgets.scatter_given import given_points
from xaiwidgets.widgets.scatter_orders import ScatterOrders
from xaiwidgets.widgets.scatter_thumbnails import THUMB, thumbnails
from xaiwidgets.widgets.scatter_traits import PROJECTIONS
from xaiwidgets.words import described

PATIENCE = 10.0
"""Seconds that a page waits for all points to be measured."""


class EmbeddingScatter(ScatterOrders):
    """Points of many dimensions, drawn in two or three.

    `EmbeddingScatter(X, labels=…, texts=…)` shows numbers; `EmbeddingScatter(encoder, texts)` and
    `EmbeddingScatter(vision, pictures, layer=…)` what a model makes of inputs. Every projection bends
    distances: the picture says how far it can be believed, as a whole and at each point, and shows the true neighbours
    of a chosen one.

    Attributes:
        projection: "pca", "tsne", "umap", or "given" for points of two or three numbers.
        dims: 2 or 3.
        perplexity: of t-SNE: about how many neighbours count.
        learning_rate: of t-SNE: how far points move in an iteration; None: the number of points divided by the
            exaggeration, which is 12 at first and 1 then.
        color_by: "none", a name among `colors`, "labels", or "distortion", "trustworthiness", "continuity".
        halo: whether points that cannot be believed where they are have a ring, the stronger the less.
        point: the chosen point's place in `ids`, or None.
        selected: ids of the chosen points, an array; writable, as a list too.
        ids: those of the points that are shown, in the order of `positions`; not synced.
        hidden: numbers of the categories that are filtered out.
        search: what is looked for in the texts.
        layer: which layer of an encoder is shown.
        drop: a text, or a sum of words such as "king - man + woman", that lands among the points.
        positions: where the points lie, float32 [n, dims], or None; not synced.
        distortion: at each point, 1 − the smaller of trustworthiness and continuity, or None; not synced.
        busy: whether something is being computed.
    """

    bundles = ("embedding_scatter.js", "embedding_scatter.css")
    _esm = bundle(bundles[0])
    _css = bundle(bundles[1])
    urgency = ("read", "near", "drop", "answer", "colour", "project", "trail", "measure")
    slow = ("read", "drop", "project", "trail", "measure")
    newest = ("search",)

    def __init__(
        self,
        shown: Any,
        inputs: Any = None,
        *,
        labels: Any = None,
        colors: Any = None,
        texts: Sequence[str] | None = None,
        images: Sequence[Any] | None = None,
        ids: Sequence[Any] | None = None,
        projection: str | None = "pca",
        dims: int = 2,
        metric: str = "euclidean",
        perplexity: float = 30.0,
        learning_rate: float | None = None,
        halo: bool = False,
        layer: str | None = None,
        seed: int = 0,
        language: str = "",
    ) -> None:
        """Show, and start computing.

        Args:
            shown: numbers [n, D] (numpy, torch, a DataFrame), or an adapter: a `TextEncoder`, an `ImageClassifier`.
            inputs: what the adapter's model reads, n texts or pictures.
            labels: n categories.
            colors: n numbers or categories, or several by name: a dict, a DataFrame.
            texts: what the points are called.
            images: pictures of the points, shown beside their names.
            ids: what `selected` holds, each once; None: the points' numbers, from 0.
            projection: "pca", "tsne", "umap"; None or "given" for points of two or three numbers.
            dims: 2 or 3.
            metric: "euclidean" or "cosine".
            perplexity: of t-SNE.
            learning_rate: of t-SNE; None: what suits the number of points.
            halo: whether points that cannot be believed where they are have a ring.
            layer: of an `ImageClassifier`, whose activations are the points.
            seed: of everything random.
            language: "en", "zh", or "" to follow the notebook.

        Raises:
            InputError: points, labels or options that cannot be shown.
        """
        first = given_points(
            shown,
            inputs,
            labels=labels,
            colors=colors,
            texts=texts,
            images=images,
            ids=ids,
            layer=layer,
            metric=metric,
        )
        if first.scattering.rows is not None and projection in {None, "given"}:
            check_given(first.scattering.rows)
        self._scattering, self._names, self._ids = first.scattering, first.names, first.ids
        self._seed, self._read_once = seed, False
        self._vector = None
        self._newest = first
        super().__init__(
            language=language,
            live=first.live,
            projection=projection or "given",
            dims=dims,
            perplexity=perplexity,
            learning_rate=learning_rate,
            halo=halo,
            color_by=next(iter(first.names), "none"),
            selected=self._ids[:0],
            _projections=[words for name in PROJECTIONS for words in described(name, kind="projection")],
        )
        self._read(first)

    @property
    def positions(self) -> npt.NDArray[np.float32] | None:
        """Where the points lie."""
        frame = self._scattering.frame
        return None if frame is None else frame.positions

    @property
    def distortion(self) -> npt.NDArray[np.float32] | None:
        """How far each point's place cannot be believed, float32 [n], 0 to 1; NaN where it is not known yet."""
        found = self._scattering.distortion
        return None if found is None else 1 - np.minimum(found.trustworthiness, found.continuity)

    def stop(self) -> None:
        """Let everything lie that takes long; the picture stays as it is, and is measured as it is."""
        super().stop()
        if self._desk.busy("project") and self._scattering.frame is not None:
            self._do("measure", self._measuring)

    def resume(self) -> None:
        """Go on where it was stopped."""
        if self._desk.busy("project"):
            self._desk.drop("measure")
            self._scattering.distortion = None
            self._apply({"_score": {}})
            self._do("colour", self._colouring)
        super().resume()

    def land(self, vector: Any, name: str = "") -> None:
        """Let a vector land among the points, as `drop` does a text.

        Args:
            vector: D numbers, as the points have; of an encoder, of the layer that is shown.
            name: what it is called.

        Raises:
            InputError: the points are not there yet, or it is no vector like theirs.
        """
        rows = self._scattering.rows
        if rows is None:
            raise InputError("The points are not read yet; call wait() before a vector lands among them.")
        count = len(read_new_rows(vector, rows))
        if count != 1:
            msg = f"{count} vectors were given; give one of {rows.values.shape[1]} numbers."
            raise InputError(msg)
        with self._quietly():
            self.drop = ""
        self._vector = (name, vector)
        self._order("drop", self._dropping)

    def text_of(self, point: int) -> str:
        """What a point is called, or ""."""
        return self._scattering.inputs.texts_of([point])[0]

    def inputs_for(self, model: Any, ids: Any) -> Any:
        """What a model reads of some points.

        Args:
            model: any adapter: one of tables reads their rows, one of pictures their pictures, others their texts.
            ids: some of `ids`.

        Raises:
            InputError: the points have none of these.
        """
        return self._scattering.inputs.read_by(model, self._numbers(ids))

    def histogram(self, of: str = "distortion") -> Any:
        """A bqplot figure of how the points are spread over a number; a brush in it selects points here.

        Args:
            of: "distortion", "trustworthiness", "continuity", or a colouring by numbers.

        Raises:
            InputError: there are no such numbers.
        """
        from xaiwidgets.widgets.scatter_histogram import histogram

        return histogram(self, of)

    def numbers_of(self, of: str) -> npt.NDArray[np.float64]:
        """One number for each point, float64 [n]; NaN where it is not known.

        Raises:
            InputError: there are no such numbers.
        """
        return self._scattering.numbers_of(of)

    def to_html(self, path: str | os.PathLike[str]) -> Path:
        """Write one HTML file that shows the picture offline, together with the linked widgets of ours.

        It waits for the picture, and ten seconds for how far each point can be believed; of more points than that is
        time for, the page says how many are known. Pictures of the points take 2 MB at most: where all of them are
        more, the page has those of the chosen points and of others, evenly spread, and says of how many.
        """
        return write_html(self, path, title="embedding · xaiwidgets")

    def settle(self) -> None:
        """Wait for the picture, and ten seconds for how far each point can be believed."""
        for kinds, seconds in ((set(self.urgency) - {"measure"}, math.inf), (("measure",), PATIENCE)):
            until = time.monotonic() + seconds
            while self._desk.awaits(*kinds) and time.monotonic() < until:
                self._desk.join(0.02)

    def exported(self) -> dict[str, Any]:
        """The state that an exported page draws it from: nobody can be asked for pictures there, so they are in it."""
        state = super().exported()
        if self._pictures:
            first = [] if self.point is None else [self.point]
            chosen = [*first, *self._numbers(self.selected).tolist()]
            state["_pictures"] = {
                **self._pictures,
                **thumbnails(self._scattering.inputs.picture, len(self.ids), chosen),
            }
        return state

    def _answered(self, question: Mapping[str, Any]) -> tuple[dict[str, Any], npt.NDArray[Any]]:
        if question["kind"] == "texts":
            return {"texts": self._scattering.inputs.texts_of(question["points"])}, np.empty(0, dtype=np.uint8)
        if question["kind"] == "search":
            return {}, self._scattering.inputs.search(str(question["text"]))
        if question["kind"] == "picture":
            picture = self._scattering.inputs.picture(int(question["point"]))
            picture.thumbnail((THUMB, THUMB))
            return {}, np.asarray(picture, dtype=np.uint8)
        return super()._answered(question)
