"""Which points an embedding scatter shows: those that it was made with, and others in their place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import traitlets

from xaiwidgets.errors import InputError
from xaiwidgets.widgets.asked import Told
from xaiwidgets.widgets.point_facts import BELIEVED
from xaiwidgets.widgets.scatter_given import GivenPoints, given_points
from xaiwidgets.widgets.scatter_traits import ScatterTraits
from xaiwidgets.widgets.scattering import Scattering
from xaiwidgets.words import described


class ScatterShown(ScatterTraits):
    """The points of an `EmbeddingScatter`; what becomes of them is its own."""

    _vector: tuple[str, Any] | None
    """What was dropped in as numbers, with its name."""

    _newest: GivenPoints
    """What was given last; a model may still be reading it."""

    def show(
        self,
        shown: Any,
        inputs: Any = None,
        *,
        labels: Any = None,
        colors: Any = None,
        texts: Sequence[str] | None = None,
        images: Sequence[Any] | None = None,
        ids: Sequence[Any] | None = None,
        layer: str | None = None,
        metric: str | None = None,
    ) -> None:
        """Show other points in the same place, projected and coloured as these are where that can be.

        What is being computed of the old ones ends. Points with ids that are there again stay chosen. Inputs of a model
        take the place of the old points when the model has read them.

        Args:
            shown: numbers [n, D], or an adapter.
            inputs: what the adapter's model reads.
            labels: n categories.
            colors: n numbers or categories, or several by name.
            texts: what the points are called.
            images: pictures of the points.
            ids: what `selected` holds, each once; None: the points' numbers, from 0.
            layer: of an `ImageClassifier`.
            metric: "euclidean" or "cosine"; None: as before.

        Raises:
            InputError: points that cannot be shown, or not by this projection; the old ones stay.
        """
        new = given_points(
            shown,
            inputs,
            labels=labels,
            colors=colors,
            texts=texts,
            images=images,
            ids=ids,
            layer=layer,
            metric=metric or self._scattering.metric,
        )
        if not new.live:
            self._check_projected(new.scattering)
        self._newest = new
        self._read(new)

    def _read(self, new: GivenPoints) -> None:
        """Let a model read what is given, and show what it makes of it; numbers are there at once."""
        if not new.live:
            self._begin(new)
            return

        def embedding() -> Told:
            yield from new.reading
            if self._read_once:
                self._check_projected(new.scattering)
            self._begin(new)

        self._order("read", embedding)

    def _check_projected(self, points: Scattering) -> None:
        if why := points.dead(self.projection, dims=self.dims):
            raise InputError(why)

    def _begin(self, new: GivenPoints) -> None:
        """The points are read, and are shown from now on."""
        with self._quietly():
            if new is not self._newest:
                return
            before, again, own = self._scattering, self._read_once, bool(self._names)
            chosen = self.selected.tolist()
            point = [] if self.point is None else self.ids[[self.point]].tolist()
            self._scattering, self._names, self._ids = new.scattering, new.names, new.ids
            self._read_once, self.live = True, new.live
            self._apply(new.scattering.told(before.data + 1))
            if self.color_by not in {*self._names, *BELIEVED} and not (own and self.color_by == "none"):
                self.color_by = next(iter(self._names), "none")
            if again:
                # Who waits for an answer gets one.
                self._desk.drop(*(set(self.urgency) - {"answer"}))
                self.layer, self.hidden, self.drop, self._vector = 0, [], "", None
                self.point = next((i for i, one in enumerate(self.ids.tolist()) if [one] == point), None)
            named = ("none", *self._names, *BELIEVED)
            self._colorings = [words for name in named for words in _described(name)]
            self._projections = [
                {**one, "dead": self._scattering.dead(one["name"], dims=self.dims)} for one in self._projections
            ]
            if self._layers:
                self.layer = len(self._layers) - 1
            self._project()
            if chosen:
                self._choose_again(chosen)

    def _choose_again(self, chosen: list[Any]) -> None:
        """Points that are there again stay chosen."""
        there = set(self._ids.tolist())
        self.selected = kept = [one for one in chosen if one in there]
        if kept == chosen and len(kept) == 1:
            # As a trait it is the same as before, and it is another point.
            now = self.selected
            self.notify_change(traitlets.Bunch(name="selected", type="change", owner=self, old=now, new=now))

    def _project(self) -> None:
        """Find places for the points."""
        raise NotImplementedError


def _described(name: str) -> list[dict[str, object]]:
    """A colouring as a picker shows it; a person's own is called what they call it."""
    own: dict[str, object] = {"name": name, "title": {"en": name, "zh": name}, "summary": {"en": "", "zh": ""}}
    return described(name, kind="coloring") or [own]
