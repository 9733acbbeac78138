"""What an embedding scatter orders where something is set: places, colours, neighbours, ways, and what follows them."""

from __future__ import annotations

from typing import Any

import traitlets

from xaiwidgets.widgets.asked import Told
from xaiwidgets.widgets.point_facts import BELIEVED
from xaiwidgets.widgets.scatter_shown import ScatterShown


class ScatterOrders(ScatterShown):
    """The orders of an `EmbeddingScatter`: everything about the same points is done one after the other."""

    @traitlets.observe(
        *("projection", "dims", "perplexity", "learning_rate", "color_by", "halo", "point", "layer", "drop", "selected")
    )
    def _on_request(self, change: Any) -> None:
        name = change["name"]
        if self._is_ours() or not self._read_once:
            return
        if name in {"projection", "dims", "layer"} or (
            name in {"perplexity", "learning_rate"} and self.projection == "tsne"
        ):
            self._project()
        elif name == "color_by":
            # They were categories of another colouring.
            self.hidden = []
            self._recolour()
        elif name == "halo":
            self._recolour()
        elif name == "point":
            self._do("near", lambda: self._scattering.near(self.point))
        elif name == "drop":
            self._vector = None
            self._order("drop", self._dropping)
        elif name == "selected" and self._layers:
            self._do("trail", self._trailing)

    def _project(self) -> None:
        rows = self._scattering.rows
        if self.projection == "given" and rows is not None and rows.values.shape[1] in {2, 3}:
            with self._quietly():
                self.dims = rows.values.shape[1]
        frames = self._scattering.project(
            self.projection,
            dims=self.dims,
            perplexity=self.perplexity,
            learning_rate=self.learning_rate,
            layer=self.layer,
            seed=self._seed,
        )

        of = self._scattering

        def projecting() -> Told:
            begun = False
            for told in frames:
                if told and not begun:
                    begun = True
                    self._desk.drop("measure")
                    self._do("colour", self._colouring)
                    yield {**told, "_score": {}, "_halo": {}}
                else:
                    yield told
            with self.together():
                if self._scattering is of:
                    self._projected()

        self._order("project", projecting)

    def _projected(self) -> None:
        """The points lie where they stay: what is said of the picture can be found out."""
        self._do("near", lambda: self._scattering.near(self.point))
        if self.drop or self._vector:
            self._do("drop", self._dropping)
        if self._layers:
            self._do("trail", self._trailing)
        self._order("measure", self._measuring)

    def _subject(self) -> object:
        return self._scattering

    def _measuring(self) -> Told:
        for told in self._scattering.measure(self._everywhere):
            yield told
            if told and self._everywhere():
                yield from self._colouring()

    def _everywhere(self) -> bool:
        """Whether it is seen at each point how far it can be believed."""
        return self.halo or self.color_by in BELIEVED

    def _recolour(self) -> None:
        """Of very many points not all are measured before someone wants to see it."""
        self._do("colour", self._colouring)
        found = self._scattering.distortion
        if self._everywhere() and found is not None and not found.complete:
            self._order("measure", self._measuring)

    def _colouring(self) -> Told:
        yield {
            **self._scattering.colour(self.color_by),
            **(self._scattering.halo() if self.halo else {"_halo": {}}),
        }

    def _dropping(self) -> Told:
        if self._scattering.frame is None:
            # It lands when they lie somewhere.
            return iter(())
        return self._scattering.land(*self._vector) if self._vector else self._scattering.drop(self.drop)

    def _trailing(self) -> Told:
        return self._scattering.trail(self._numbers(self.selected))
