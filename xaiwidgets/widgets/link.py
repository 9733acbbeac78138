"""Linking: widgets of one group answer each other's hover and selection, in the browser, without the kernel."""

from __future__ import annotations

import weakref
from typing import Protocol
from uuid import uuid4

from xaiwidgets.errors import InputError


class Linkable(Protocol):
    """A widget with a group."""

    group: str


_MEMBERS: dict[str, weakref.WeakSet[Linkable]] = {}


def link(*widgets: Linkable) -> None:
    """Let these widgets answer each other: what is hovered or selected in one lights up in the others.

    Linking a widget that is linked already brings its partners along.

    Raises:
        InputError: when fewer than two are given, or one cannot be linked.
    """
    for widget in widgets:
        if not hasattr(widget, "group"):
            msg = f"A {type(widget).__name__} was given where a widget of xaiwidgets is expected."
            raise InputError(msg)
    if len(widgets) < 2:
        msg = f"{len(widgets)} widget was given; linking takes at least two: xw.link(a, b)."
        raise InputError(msg)
    members = {member for widget in widgets for member in linked_with(widget)}
    name = next((widget.group for widget in widgets if widget.group), uuid4().hex[:8])
    _MEMBERS[name] = weakref.WeakSet(members)
    for member in members:
        if member.group != name:
            _MEMBERS.pop(member.group, None)
            member.group = name


def linked_with(widget: Linkable) -> list[Linkable]:
    """The widget and its partners, itself first."""
    others = [member for member in _MEMBERS.get(widget.group, ()) if member is not widget]
    return [widget, *others]
