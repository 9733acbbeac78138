"""What an embedding scatter and its front end share, and what can be set there."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt
import traitlets

from xaiwidgets.errors import InputError
from xaiwidgets.widgets.array import wire
from xaiwidgets.widgets.asked import Asked, RefusedError
from xaiwidgets.widgets.point_facts import BELIEVED
from xaiwidgets.widgets.point_ids import Ids, read_chosen
from xaiwidgets.widgets.scattering import Scattering

PROJECTIONS = ("pca", "tsne", "umap", "given")


class ScatterTraits(Asked):
    """The synced traits of an `EmbeddingScatter`, which says what they mean; what cannot be is refused."""

    _scattering: Scattering
    _ids: Ids
    """Of all points that were given."""

    _names: tuple[str, ...]
    """Of a person's own colourings."""

    _read_once: bool
    """Whether the points are known."""

    projection = traitlets.Unicode("pca").tag(sync=True)
    dims = traitlets.Int(2).tag(sync=True)
    perplexity = traitlets.Float(30.0).tag(sync=True)
    learning_rate = traitlets.Any(None).tag(sync=True)
    color_by = traitlets.Unicode("none").tag(sync=True)
    halo = traitlets.Bool(False).tag(sync=True)
    point = traitlets.Int(None, allow_none=True).tag(sync=True)
    hidden = traitlets.List(traitlets.Int()).tag(sync=True)
    search = traitlets.Unicode("").tag(sync=True)
    layer = traitlets.Int(0).tag(sync=True)
    drop = traitlets.Unicode("").tag(sync=True)
    _projections: traitlets.List[Any] = traitlets.List().tag(sync=True)
    _colorings: traitlets.List[Any] = traitlets.List().tag(sync=True)
    _cloud = traitlets.Dict().tag(sync=True)
    _colours = traitlets.Dict().tag(sync=True)
    _score = traitlets.Dict().tag(sync=True)
    _halo = traitlets.Dict().tag(sync=True)
    _near = traitlets.Dict().tag(sync=True)
    _dropped = traitlets.Dict().tag(sync=True)
    _trails = traitlets.Dict().tag(sync=True)
    _layers: traitlets.List[Any] = traitlets.List().tag(sync=True)
    _texts = traitlets.Dict().tag(sync=True)
    _pictures = traitlets.Dict().tag(sync=True)
    _drops = traitlets.Unicode("").tag(sync=True)
    # Any would let None through unseen.
    selected: traitlets.TraitType[Any, Any] = traitlets.TraitType(None).tag(
        sync=True,
        to_json=lambda ids, widget: widget._wired_selection(ids),  # noqa: SLF001 - traitlets calls it for us
        from_json=lambda told, widget: widget._read_selection(told),  # noqa: SLF001
    )

    @property
    def ids(self) -> Ids:
        """The ids of the points that are shown, in the order of `positions`; rows that were left out are not there."""
        rows = self._scattering.rows
        return self._ids if rows is None else self._ids[rows.kept]

    @traitlets.validate("projection")
    def _known_projection(self, proposal: Any) -> str:
        if proposal["value"] not in PROJECTIONS:
            msg = f"projection={proposal['value']!r} was given; choose from {', '.join(PROJECTIONS)}."
            raise RefusedError(msg)
        return str(proposal["value"])

    @traitlets.validate("dims")
    def _two_or_three(self, proposal: Any) -> int:
        rows, value = self._scattering.rows, proposal["value"]
        if value not in {2, 3}:
            msg = f"dims={value!r} was given; give 2 or 3."
            raise RefusedError(msg)
        if self._read_once and self.projection == "given" and rows is not None and value != rows.values.shape[1]:
            msg = f"dims={value} was given, and the points have {rows.values.shape[1]} numbers; choose a projection."
            raise RefusedError(msg)
        return int(value)

    @traitlets.validate("perplexity")
    def _some_neighbours(self, proposal: Any) -> float:
        if not 1 <= proposal["value"] < math.inf:
            msg = f"perplexity={proposal['value']:g} was given; it is about how many neighbours count, give 1 or more."
            raise RefusedError(msg)
        return float(proposal["value"])

    @traitlets.validate("learning_rate")
    def _some_steps(self, proposal: Any) -> float | None:
        value = proposal["value"]
        if value is None or (isinstance(value, str) and value == "auto"):
            return None
        if isinstance(value, Real) and not isinstance(value, bool) and 0 < float(value) < math.inf:
            return float(value)
        msg = f"learning_rate={value!r:.60} was given; give a number above 0, or None for what suits the points."
        raise RefusedError(msg)

    @traitlets.validate("color_by")
    def _known_coloring(self, proposal: Any) -> str:
        known = ("none", *self._names, *BELIEVED)
        if proposal["value"] not in known:
            msg = f"color_by={proposal['value']!r} was given; choose from {', '.join(known)}."
            raise RefusedError(msg)
        return str(proposal["value"])

    @traitlets.validate("point", "layer")
    def _within(self, proposal: Any) -> int | None:
        name, value = proposal["trait"].name, proposal["value"]
        count = len(self.ids) if name == "point" else max(1, len(self._layers))
        if value is None or 0 <= value < count or (name == "layer" and value >= 0 and not self._read_once):
            return None if value is None else int(value)
        msg = f"{name}={value} was given; give {f'0 to {count - 1}' if count > 1 else '0'}."
        raise RefusedError(msg)

    @traitlets.validate("selected")
    def _known_ids(self, proposal: Any) -> Ids:
        try:
            return read_chosen(proposal["value"], self._ids)
        except InputError as fault:
            raise RefusedError(str(fault)) from None

    def _numbers(self, ids: Ids) -> npt.NDArray[np.int64]:
        """The shown points with these ids, ascending."""
        return np.flatnonzero(np.isin(self.ids, ids)) if self._scattering.rows is not None else np.arange(0)

    def _wired_selection(self, ids: Ids | None) -> dict[str, Any]:
        numbers = self._numbers(self._ids[:0] if ids is None else ids)
        return wire(numbers, np.uint32) if len(numbers) else {}

    def _read_selection(self, told: Any) -> Ids:
        if not told or self._scattering.rows is None:
            return self._ids[:0]
        numbers, own = np.frombuffer(told["data"], dtype="<u4"), self.ids
        chosen: Ids = own[numbers[numbers < len(own)]]
        return chosen
