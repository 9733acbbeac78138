"""Points and their projections as a scatter asks for them, piece by piece, in the traits that the browser is told."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from xaiwidgets.errors import InputError, XaiError
from xaiwidgets.models.embedded import Embedded, embedded
from xaiwidgets.models.text_encoder import TextEncoder
from xaiwidgets.projection.coloring import Coloring
from xaiwidgets.projection.distortion import FEWEST, Distortion, distortion
from xaiwidgets.projection.frame import Frame
from xaiwidgets.projection.frames import frames, laid_over
from xaiwidgets.projection.rows import Rows, read_new_rows, read_rows
from xaiwidgets.projection.ways import ways
from xaiwidgets.projection.words_sum import words_sum
from xaiwidgets.widgets.array import wire
from xaiwidgets.widgets.asked import Told
from xaiwidgets.widgets.point_facts import BELIEVED, believed, read_colorings, read_images, read_texts
from xaiwidgets.widgets.point_inputs import PointInputs
from xaiwidgets.widgets.scatter_near import NEIGHBOURS, landed, near
from xaiwidgets.widgets.scatter_wire import Room, wired_cloud, wired_colours, wired_halo, wired_score

MANY, FIRST, CLOSE = 20_000, 500, 0.0025
"""Of more points than the first, measuring ends after at least the second when the standard errors are the third: at
a million points all of them would take hours."""

PICTURES = 0.05
"""Seconds between two pictures."""

SENT_TEXTS = 20_000
"""Texts of so many points travel at once; of more, those that are asked for."""

FOLLOWED = 12
"""So many chosen points are followed through the layers."""


class Scattering:
    """What is known of some points; everything is computed in one thread, one generator at a time.

    Attributes:
        metric: what is near: "euclidean" or "cosine".
        rows: the points of the layer that is shown, or None before they are read.
        frame: where they lie, or None.
        distortion: how far that can be believed, as far as it is known, or None.
        layers: the layers' names.
        inputs: what the points are called, what they look like, and what a model reads of them.
        data: tells these points from others that the same widget has shown.
    """

    def __init__(self, model: Any = None, *, layer: str | None = None, metric: str = "euclidean") -> None:
        """Prepare; nothing runs yet.

        Args:
            model: the adapter that makes points of inputs; None: they are given.
            layer: of a vision module, where.
            metric: "euclidean" or "cosine".
        """
        self.rows: Rows | None = None
        self.frame: Frame | None = None
        self.distortion: Distortion | None = None
        self.layers: tuple[str, ...] = ()
        self.inputs = PointInputs()
        self._model = model
        self._layer = layer
        self.metric = metric
        self._all: tuple[Rows, ...] = ()
        self._colorings: dict[str, Coloring] = {}
        self._words: dict[str, int] = {}
        self._room = Room()
        self._first: dict[int, tuple[Rows, Frame]] = {}
        self._measures: tuple[Frame, Iterator[Distortion]] | None = None
        self.data = 0
        self._run = 0

    def read(
        self, given: Any, *, texts: Sequence[str] | None, images: Sequence[Any] | None = None, colors: Mapping[str, Any]
    ) -> Told:
        """Read points, or make them of inputs.

        Args:
            given: numbers [n, D], or the model's inputs.
            texts: what the points are called, or None.
            images: pictures of the points, or None.
            colors: values to colour them by, by name.
        """
        found: Embedded | None = None
        if self._model is not None:
            for made in embedded(self._model, given, layer=self._layer):
                found = made
                yield None
            assert found is not None  # noqa: S101
            self.layers, arrays = found.layers, found.values
            if images is None and not isinstance(self._model, TextEncoder):
                images = given
            if texts is None and isinstance(self._model, TextEncoder):
                texts = list(given)
        else:
            self.layers, arrays = (), (given,)
        self._all = tuple(read_rows(values, metric=self.metric) for values in arrays)
        rows = self._all[-1]
        if len({tuple(one.kept.tolist()) for one in self._all}) > 1:
            raise InputError("Some layers give no finite numbers for some inputs; give a layer= that does.")
        self._colorings = read_colorings(colors, rows.kept, rows.total)
        self.inputs = PointInputs(
            kept=rows.kept,
            texts=tuple(map(str, read_texts(texts, rows.kept, rows.total))),
            images=read_images(images, rows.total),
            rows=given if self._model is None else None,
        )
        # Sums are of words: names that tell points apart.
        self._words = self.inputs.words() if self._model is None else {}
        self.rows = rows

    def told(self, data: int) -> dict[str, Any]:
        """What the browser is told of the points, before it is known where they lie.

        Args:
            data: their number, another one than that of the points before.
        """
        self.data = data
        texts = self.inputs.texts
        sent = {"data": self.data, "texts": list(texts)} if 0 < len(texts) <= SENT_TEXTS else {}
        return {
            "_layers": list(self.layers) if len(self.layers) > 1 else [],
            "_texts": sent,
            "_pictures": {"data": self.data} if self.inputs.images is not None else {},
            "_drops": "text" if isinstance(self._model, TextEncoder) else "words" if self._words else "",
            "_dropped": {},
            "_near": {},
            "_trails": {},
            "_score": {},
            "_halo": {},
            "_cloud": {},
        }

    @property
    def names(self) -> tuple[str, ...]:
        """What the points can be coloured by, beside how far they can be believed."""
        return tuple(self._colorings)

    def dead(self, method: str, *, dims: int) -> str | None:
        """Why there is no such projection of these points, or None."""
        try:
            frames(self._known_rows(), method, dims=dims, perplexity=1.0, seed=0, before=None)
        except XaiError as why:
            return str(why)
        return None

    def project(
        self, method: str, *, dims: int, perplexity: float, learning_rate: float | None, layer: int, seed: int
    ) -> Told:
        """Find places for the points; they move while they are found."""
        rows, before, begun, shown = self._all[layer], self.frame, False, 0.0
        # Another layer's picture goes on from the last one; another question of the same layer is answered anew.
        start = None if rows is self.rows else before
        found = frames(
            rows, method, dims=dims, perplexity=perplexity, learning_rate=learning_rate, seed=seed, before=start
        )
        for frame in found:
            now = time.perf_counter()
            # Those between are nowhere: everything is said of the picture that is seen.
            if frame is None or not (frame.complete or now - shown >= PICTURES):
                yield None
                continue
            if not begun:
                # Only now: until there is another picture, everything is said of the one before.
                begun, self.rows, self._run = True, rows, self._run + 1
            # All layers lie like the first one seen, whatever the way to them.
            first = self._first.get(dims)
            placed = frame if first is None or first[0] is rows else laid_over(frame, first[1])
            if frame.method == "pca":
                self._first.setdefault(dims, (rows, placed))
            shown, self.distortion, self.frame = now, None, placed
            yield self._cloud()

    def measure(self, whole: Callable[[], bool]) -> Told:
        """How far the picture can be believed, at each point.

        Args:
            whole: whether every point is wanted; else it ends, of very many points, when the mean is known closely.
        """
        rows, frame = self._known_rows(), self._known_frame()
        if len(rows.values) < FEWEST:
            # Nothing can be out of order.
            yield {"_score": {}}
            return
        if self._measures is None or self._measures[0] is not frame:
            self._measures = (frame, distortion(rows, frame.positions, k=NEIGHBOURS))
        shown = 0.0
        for found in self._measures[1]:
            self.distortion = found
            now = time.perf_counter()
            enough = _close(found) and not whole()
            if found.complete or enough or now - shown >= 5 * PICTURES:
                shown = now
                yield {"_score": {"data": self.data, "run": self._run, **wired_score(found)}}
            else:
                yield None
            if enough:
                return

    def colour(self, name: str) -> Mapping[str, Any]:
        """The colours of a colouring."""
        return {"_colours": {"data": self.data, **wired_colours(name, self._coloring(name))}}

    def halo(self) -> Mapping[str, Any]:
        """How far each point cannot be believed, as far as it is known."""
        if self.distortion is None:
            return {"_halo": {}}
        worst = believed(self.distortion, "distortion", len(self._known_rows().values)).values
        return {"_halo": {"data": self.data, "run": self._run, **wired_halo(worst)}}

    def _coloring(self, name: str) -> Coloring | None:
        if name in BELIEVED:
            return believed(self.distortion, name, len(self._known_rows().values))
        return self._colorings.get(name)

    def numbers_of(self, name: str) -> npt.NDArray[np.float64]:
        """The numbers of a colouring, float64 [n]; NaN where they are not known.

        Raises:
            InputError: there is no such colouring, or it is one of categories.
        """
        coloring = self._coloring(name)
        if coloring is None or coloring.kind != "number":
            there = [one for one, coloring in self._colorings.items() if coloring.kind == "number"]
            msg = f"{name!r} has no numbers; choose from {', '.join((*BELIEVED, *there))}."
            raise InputError(msg)
        return np.asarray(coloring.values, dtype=np.float64)

    def near(self, point: int | None) -> Told:
        """A chosen point's true neighbours, and the false ones of the picture."""
        if point is None or self.rows is None or self.frame is None:
            yield {"_near": {}}
            return
        found = near(self.rows, self.frame, point)
        yield {"_near": {"data": self.data, "run": self._run, **found} if found else {}}

    def drop(self, text: str) -> Told:
        """A text, or a sum of words, lands among the points."""
        if not text.strip():
            yield {"_dropped": {}}
            return
        rows = self._known_rows()
        without: tuple[int, ...] = ()
        if isinstance(self._model, TextEncoder):
            layers = self._model.embed_layers([text])
            yield None
            place = next(i for i, one in enumerate(self._all) if one is rows)
            vector = read_new_rows(layers[place].cpu(), rows)[0]
        elif self._words:
            vector, without = words_sum(text, self._words, rows)
        else:
            raise InputError("Nothing can be dropped in here: the points have no model, and no words.")
        yield self._landed(text, vector, without)

    def land(self, name: str, vector: Any) -> Told:
        """A vector lands among the points.

        Args:
            name: what it is called.
            vector: D numbers, as the points have.
        """
        yield self._landed(name, read_new_rows(vector, self._known_rows())[0])

    def _landed(self, name: str, vector: Any, without: tuple[int, ...] = ()) -> dict[str, Any]:
        found = landed(self._known_rows(), self._known_frame(), self._room, vector, without=without)
        return {"_dropped": {"data": self.data, "run": self._run, "text": name, **found}}

    def trail(self, points: npt.NDArray[np.int64]) -> Told:
        """The ways of some points through the layers, by PCA, laid over each other from the shown layer both ways."""
        frame = self.frame
        if len(self._all) < 2 or not len(points) or frame is None:
            yield {"_trails": {}}
            return
        followed = points[:FOLLOWED]
        here = next(place for place, rows in enumerate(self._all) if rows is self.rows)
        first = self._first.get(frame.positions.shape[1])
        for found in ways(self._all, frame, here=here, first=first and first[1]):
            if found is None:
                yield None
                continue
            inside = np.stack([self._room.into(way[followed]) for way in found])
            told = {"data": self.data, "run": self._run, "points": followed.tolist()}
            yield {"_trails": {**told, "positions": wire(inside, np.float32)}}

    def _cloud(self) -> dict[str, Any]:
        frame = self._known_frame()
        self._room = Room.of(frame.positions)
        facts = {
            "data": self.data,
            "run": self._run,
            "notes": list(dict.fromkeys((*self._known_rows().notes, *frame.notes))),
        }
        return {"_cloud": {**wired_cloud(frame, self._room), **facts}}

    def _known_rows(self) -> Rows:
        assert self.rows is not None  # noqa: S101
        return self.rows

    def _known_frame(self) -> Frame:
        assert self.frame is not None  # noqa: S101
        return self.frame


def _close(found: Distortion) -> bool:
    """Whether the means over very many points are known to within half a hundredth."""
    errors = (found.trustworthiness_score.error, found.continuity_score.error)
    return found.placed > MANY and found.known >= FIRST and max(errors) <= CLOSE
