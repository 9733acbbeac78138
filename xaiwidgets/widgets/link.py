"""Linking: widgets of one group answer each other's hover and selection, in the browser, without the kernel."""

from __future__ import annotations

import weakref
from typing import Any, Protocol
from uuid import uuid4

from xaiwidgets.errors import InputError


class Linkable(Protocol):
    """A widget with a group."""

    group: str


_MEMBERS: dict[str, weakref.WeakSet[Linkable]] = {}
_FOLLOWED: weakref.WeakKeyDictionary[Any, weakref.WeakSet[Any]] = weakref.WeakKeyDictionary()
"""Who is told of the points that are chosen in a scatter."""


def link(*widgets: Linkable) -> None:
    """Let these widgets answer each other: what is hovered or selected in one lights up in the others.

    Linking a widget that is linked already brings its partners along. The text of a point that is chosen in an
    `EmbeddingScatter` becomes the text of the living widgets that it is linked with, and its picture what a
    `SaliencyOverlay` with a model shows. The points that are selected there
    become what `FeatureBars(xw.Averaged(model), …)` show the mean of: the scatter's rows for a model of tables, its
    pictures or texts for others; with none selected, what the bars began with.

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
    for source in members:
        if hasattr(source, "text_of"):
            for other in members:
                _follow(source, other)
    name = next((widget.group for widget in widgets if widget.group), uuid4().hex[:8])
    _MEMBERS[name] = weakref.WeakSet(members)
    for member in members:
        if member.group != name:
            _MEMBERS.pop(member.group, None)
            member.group = name


def _follow(source: Any, other: Any) -> None:
    """What is chosen in a scatter is what another, living widget shows."""
    known = _FOLLOWED.setdefault(source, weakref.WeakSet())
    if other is source or not getattr(other, "live", False) or other in known:
        return
    model, viewer = getattr(other, "averages", None), getattr(other, "looks_with", None)
    if model is not None or viewer is not None:
        # What cannot be is said where they are linked.
        source.inputs_for(viewer if model is None else model, source.ids[:1])
    elif not hasattr(other, "text"):
        return
    known.add(other)
    follower = weakref.ref(other)

    def read(change: Any) -> None:
        text = "" if change["new"] is None else source.text_of(change["new"])
        widget = follower()
        if text and widget is not None:
            widget.text = text

    def look(change: Any) -> None:
        widget = follower()
        if change["new"] is not None and widget is not None:
            widget.show(source.inputs_for(viewer, source.ids[[change["new"]]])[0])

    def average(change: Any) -> None:
        widget = follower()
        if widget is not None:
            widget.show(source.inputs_for(model, change["new"]) if len(change["new"]) else None)

    if model is None:
        source.observe(read if viewer is None else look, "point")
        return
    source.observe(average, "selected")
    if len(source.selected):
        average({"new": source.selected})


def linked_with(widget: Linkable) -> list[Linkable]:
    """The widget and its partners, itself first."""
    others = [member for member in _MEMBERS.get(widget.group, ()) if member is not widget]
    return [widget, *others]
