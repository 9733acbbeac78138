"""When to stop: what a user may give, checked, in numbers or in words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from numbers import Integral, Real
from typing import Any, TypeVar

from xaiwidgets.errors import MethodError

T = TypeVar("T")

LIMITS = ("tolerance", "budget", "within", "memory")
"""Their names."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """When to stop; whichever comes first.

    Attributes:
        tolerance: relative error of the map that is good enough; None: the method's own, unless a time is given.
        budget: evaluations in all; None: the method's own, unless a time is given.
        within: seconds, setting up included, or None.
        memory: bytes that one call of the model may take beyond what was there before, or None.
        since: when the seconds began to count, as `time.perf_counter` says it; None: now.
    """

    tolerance: float | None = None
    budget: int | None = None
    within: float | None = None
    memory: float | None = None
    since: float | None = field(default=None, compare=False)

    @property
    def given(self) -> dict[str, float]:
        """The limits that are there, by name."""
        named = {name: getattr(self, name) for name in LIMITS}
        return {name: value for name, value in named.items() if value is not None}

    def over(self, old: Limits) -> Limits:
        """These limits, and the old ones where there are none."""
        return replace(old, **self.given)  # type: ignore[arg-type]

    def with_defaults(self, defaults: Limits) -> Limits:
        """Filled up from the method's own. A time is there to be spent: only limits that were given end it earlier."""
        return self if self.within is not None else self.over(defaults)


def limits(
    *,
    tolerance: float | None = None,
    budget: int | None = None,
    within: float | str | None = None,
    memory: float | str | None = None,
) -> Limits:
    """The limits that a user gave, checked.

    Raises:
        MethodError: when one is not positive or cannot be read.
    """
    return Limits(
        tolerance=_positive("tolerance", tolerance, float, Real),
        budget=_positive("budget", budget, int, Integral),
        within=_positive("within", _read("within", within, _TIMES, "a time", "seconds"), float, Real),
        memory=_positive("memory", _read("memory", memory, _SIZES, "a size", "bytes"), float, Real),
    )


def further(old: Limits, new: Limits, *, defaults: Limits, met: str | None) -> Limits:
    """The limits of what goes on: the new ones, or without any the next better than the one that was met.

    Args:
        old: those that it ran with.
        new: those that were given now.
        defaults: the method's own.
        met: what ended it, or None before it began.
    """
    if met is None or new != Limits():
        return new.over(old)
    tolerance = defaults.tolerance if old.tolerance is None else old.tolerance
    budget = defaults.budget if old.budget is None else old.budget
    return replace(
        old,
        tolerance=tolerance / 2 if tolerance is not None and met == "tolerance" else old.tolerance,
        budget=2 * budget if budget is not None and met == "budget" else old.budget,
    )


_TIMES = {"ms": 0.001, "s": 1.0, "min": 60.0}
_SIZES = {"kB": 1e3, "MB": 1e6, "GB": 1e9, "KiB": 2.0**10, "MiB": 2.0**20, "GiB": 2.0**30}


def _read(name: str, given: float | str | None, units: Mapping[str, float], what: str, plain: str) -> float | None:
    """A number, or the number that a text with a unit spells."""
    if not isinstance(given, str):
        return given
    found = re.fullmatch(r"\s*(\d+\.?\d*|\.\d+)\s*([a-zA-Z]*)\s*", given)
    by_name = {unit.lower(): factor for unit, factor in units.items()} | {"": 1.0}
    if found is None or found[2].lower() not in by_name:
        some = ", ".join(f"'2{unit}'" for unit in units)
        msg = f"{name}={given!r} cannot be read as {what}; give {plain}, or text like {some}."
        raise MethodError(msg)
    return float(found[1]) * by_name[found[2].lower()]


def _positive(name: str, value: Any, kind: Callable[[Any], T], accepted: Any) -> T | None:
    """A limit as a plain number, which can be saved; NumPy's are as good."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, accepted) or not value > 0:
        what = "a positive whole number" if kind is int else "a positive number"
        msg = f"{name}={value!r} was given; it must be {what}, or None for the method's own."
        raise MethodError(msg)
    return kind(value)
