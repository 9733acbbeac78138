"""What a panel of a saliency overlay asks: which model, by which method, about which output, at which layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xaiwidgets.engine.methods import find
from xaiwidgets.engine.request import Explainable
from xaiwidgets.errors import InputError, XaiError

FIELDS = ("id", "model", "method", "target", "layer")


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One question; two panels with the same `key` have the same answer.

    Attributes:
        id: never given to another panel.
        model: its number among the widget's models.
        method: the method's name.
        target: None (the highest), a name, a number, or a pair of them.
        layer: a module's name; None: the method's own choice.
    """

    id: int
    model: int
    method: str
    target: Any = None
    layer: str | None = None

    @property
    def key(self) -> tuple[Any, ...]:
        """What is asked."""
        return self.model, self.method, self.target, self.layer

    @property
    def wired(self) -> dict[str, Any]:
        """As the browser is told."""
        target = list(self.target) if isinstance(self.target, tuple) else self.target
        return {"id": self.id, "model": self.model, "method": self.method, "target": target, "layer": self.layer}


def read_panels(told: Any, models: Sequence[Explainable]) -> list[Panel]:
    """Panels as the browser or a person writes them.

    Args:
        told: a mapping each, with "method", and "id", "model", "target" and "layer" where they are other than a new
            number, 0, None and None.
        models: those of the widget; none: what is shown is finished.

    Raises:
        InputError: they cannot be read. MethodError: there is no such method.
    """
    panels: list[Panel] = []
    if not told:
        raise InputError("No panel was given; give at least one, such as {'method': 'grad_cam'}.")
    taken = [one["id"] for one in told if isinstance(one, Mapping) and isinstance(one.get("id"), int)]
    for one in told:
        unknown = sorted(set(one) - set(FIELDS)) if isinstance(one, Mapping) else [repr(one)]
        if unknown:
            msg = f"A panel has {unknown[0]}; give mappings with {', '.join(FIELDS)}."
            raise InputError(msg)
        number = one.get("model", 0)
        if models and not (isinstance(number, int) and 0 <= number < len(models)):
            msg = f"A panel has model={number!r}; give a number from 0 to {len(models) - 1}."
            raise InputError(msg)
        method, layer = one.get("method"), one.get("layer")
        if models:
            found = find(method, models[number], {})
            # Another method of the same panel may look at no layer at all.
            method, layer = found.name, layer if found.face in {"maps", "field"} or found.layered else None
        target = one.get("target")
        identity = one.get("id")
        if identity is None:
            identity = max([0, *taken]) + 1
            taken.append(identity)
        target = tuple(target) if isinstance(target, list) else target
        panels.append(Panel(id=identity, model=number, method=method or "", target=target, layer=layer))
    if len({panel.id for panel in panels}) < len(panels):
        raise InputError("Two panels have the same id; give each its own, or leave it out.")
    return panels


def refused(told: Any, models: Sequence[Explainable]) -> str | None:
    """Why these cannot be panels, or None."""
    try:
        read_panels(told, models)
    except XaiError as why:
        return str(why)
    return None
