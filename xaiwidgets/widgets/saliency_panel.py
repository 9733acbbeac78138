"""What a panel of a saliency overlay asks: which model, by which method, about which output, at which layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from operator import index
from typing import Any

from xaiwidgets.engine.limits import LIMITS
from xaiwidgets.engine.methods import find
from xaiwidgets.engine.request import ABSENCE, Explainable, requested
from xaiwidgets.engine.view import VIEW
from xaiwidgets.errors import InputError

FIELDS = ("id", "model", "method", "target", "layer")

NEW = -1
"""The id of a panel that has none yet."""


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One question; two panels with the same `key` have the same answer.

    Attributes:
        id: never given to another panel.
        model: its number among the widget's models.
        method: the method's name.
        target: None (the highest), a name, a number, or a pair of them.
        layer: a module's name; None: the method's own choice.
        finished: whether there is no model to ask: then its numbers are its own, whatever else is asked alike.
    """

    id: int
    model: int
    method: str
    target: Any = None
    layer: str | None = None
    finished: bool = False

    @property
    def key(self) -> tuple[Any, ...]:
        """What is asked."""
        asked = (self.model, self.method, self.target, self.layer)
        return (*asked, self.id) if self.finished else asked

    @property
    def wired(self) -> dict[str, Any]:
        """As the browser is told."""
        target = list(self.target) if isinstance(self.target, tuple) else self.target
        return {"id": self.id, "model": self.model, "method": self.method, "target": target, "layer": self.layer}


def read_panels(
    told: Any, models: Sequence[Explainable], *, known: Sequence[Panel] = (), above: int = 0
) -> list[Panel]:
    """Panels as the browser or a person writes them.

    Args:
        told: a mapping each, with "method", and "id", "model", "target" and "layer" where they are other than a new
            number, 0, None and None.
        models: those of the widget; none: what is shown is finished.
        known: those that are there: one without an id that asks the same is the same one.
        above: new ids are larger than this one.

    Raises:
        InputError: they cannot be read. MethodError: there is no such method.
    """
    if not told:
        raise InputError("No panel was given; give at least one, such as {'method': 'grad_cam'}.")
    read = [_read(one, models) for one in told]
    taken = {panel.id for panel in read if panel.id > NEW}
    if len(taken) < sum(panel.id > NEW for panel in read):
        raise InputError("Two panels have the same id; give each its own, or leave it out.")
    panels: list[Panel] = []
    for panel in read:
        identity = panel.id
        if identity == NEW:
            same = (one.id for one in known if one.key == panel.key and one.id not in taken)
            identity = next(same, max([0, above, *taken]) + 1)
            taken.add(identity)
        panels.append(replace(panel, id=identity))
    return panels


def check_request(panels: Sequence[Panel], models: Sequence[Explainable], request: Mapping[str, Any]) -> None:
    """Refuse what no panel can be asked with.

    Raises:
        MethodError: a limit cannot be read, or no panel's method has an option.
    """
    unknown = dict(request)
    for panel in panels:
        layer = {} if panel.layer is None else {"layer": panel.layer}
        asked = requested(models[panel.model], panel.method, {**request, **layer}, of_any_method=True)
        common = {*LIMITS, *ABSENCE, *VIEW, "seed", "average"}
        unknown = {name: value for name, value in unknown.items() if name not in {*common, *asked.options}}
    if unknown:
        requested(models[panels[0].model], panels[0].method, unknown)


def _read(one: Any, models: Sequence[Explainable]) -> Panel:
    """One of them; its id is `NEW` where it has none.

    Raises:
        InputError: it cannot be read. MethodError: there is no such method.
    """
    unknown = sorted(set(one) - set(FIELDS)) if isinstance(one, Mapping) else [repr(one)]
    if unknown:
        msg = f"A panel has {unknown[0]}; give mappings with {', '.join(FIELDS)}."
        raise InputError(msg)
    number = one.get("model", 0)
    if models and not (_is_whole(number) and 0 <= number < len(models)):
        msg = f"A panel has model={number!r}; give a number from 0 to {len(models) - 1}."
        raise InputError(msg)
    identity, method, layer = one.get("id"), one.get("method"), one.get("layer")
    if identity is not None and not (_is_whole(identity) and identity > NEW):
        msg = f"A panel has id={identity!r}; give a whole number from 0, or leave it out."
        raise InputError(msg)
    if not isinstance(layer, str | None):
        msg = f"A panel has layer={layer!r}; give a module's name, or None for the method's own choice."
        raise InputError(msg)
    if models:
        found = find(method, models[number], {})
        # Another method of the same panel may look at no layer at all.
        method, layer = found.name, layer if found.face in {"maps", "field"} or found.layered else None
    return Panel(
        id=NEW if identity is None else int(identity),
        model=int(number),
        method=method or "",
        target=_target(one.get("target")),
        layer=layer,
        finished=not models,
    )


def _target(told: Any) -> Any:
    """A target that can travel and be looked up.

    Raises:
        InputError: it is none.
    """
    if isinstance(told, (list, tuple)):
        return tuple(_target(part) for part in told)
    if told is None or isinstance(told, str):
        return told
    if _is_whole(told):
        return index(told)
    msg = f"A panel has target={told!r}; give an output's name or number, a pair of them, or None for the highest."
    raise InputError(msg)


def _is_whole(number: Any) -> bool:
    return hasattr(number, "__index__") and not isinstance(number, bool) and not getattr(number, "ndim", 0)
