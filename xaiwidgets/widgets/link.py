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
    for name, follow in (("averages", _average), ("looks_with", _look), ("text", _read)):
        if getattr(other, name, None) is not None:
            known.add(other)
            follow(source, weakref.ref(other))
            return


def _read(source: Any, follower: Any) -> None:
    """A point that is chosen is the text that is read."""

    def read(change: Any) -> None:
        text, widget = "" if change["new"] is None else source.text_of(change["new"]), follower()
        if text and widget is not None:
            widget.text = text

    source.observe(read, "point")


def _look(source: Any, follower: Any) -> None:
    """A point that is chosen is the picture that is looked at; points without pictures are refused at once."""
    model = follower().looks_with
    source.inputs_for(model, source.ids[:1])

    def look(change: Any) -> None:
        widget = follower()
        if change["new"] is not None and widget is not None:
            widget.show(source.inputs_for(model, source.ids[[change["new"]]])[0])

    source.observe(look, "point")


def _average(source: Any, follower: Any) -> None:
    """Points that are selected are what the mean is of; points that the model cannot read are refused at once."""
    model = follower().averages
    source.inputs_for(model, source.ids[:1])

    def average(change: Any) -> None:
        widget = follower()
        if widget is not None:
            widget.show(source.inputs_for(model, change["new"]) if len(change["new"]) else None)

    source.observe(average, "selected")
    if len(source.selected):
        average({"new": source.selected})


def linked_with(widget: Linkable) -> list[Linkable]:
    """The widget and its partners, itself first."""
    others = [member for member in _MEMBERS.get(widget.group, ()) if member is not widget]
    return [widget, *others]
