"""What models say of pictures and why: each panel's question is answered step by step, in one thread."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from xaiwidgets.engine.faithfulness import measuring
from xaiwidgets.engine.feature_maps import spatial_layers
from xaiwidgets.engine.limits import Limits, further
from xaiwidgets.engine.problem import Problem
from xaiwidgets.engine.request import Explainable, requested
from xaiwidgets.engine.run import Run
from xaiwidgets.errors import InputError, XaiError
from xaiwidgets.explanation import Explanation
from xaiwidgets.widgets.asked import Told
from xaiwidgets.widgets.badge import badge
from xaiwidgets.widgets.live import CHECK, is_quick
from xaiwidgets.widgets.saliency_claims import Claims
from xaiwidgets.widgets.saliency_panel import Panel
from xaiwidgets.widgets.saliency_said import Said
from xaiwidgets.widgets.saliency_wire import (
    frame_facts,
    nothing,
    wired_estimate,
    wired_game,
)

PICTURES = 0.05
"""Seconds between two pictures of the same map."""

GAMES = ("deletion", "insertion")

At = tuple[int, tuple[Any, ...]]
"""A picture's place in the film, and what is asked of it."""


class Explaining:
    """Everything that is known of some pictures; see `Panel` for what is asked.

    Attributes:
        current: which picture is looked at.
        picture: its number on the wire, which grows with each other picture.
        number: of the answer that is given, which grows with each other question.
        claims: what is asked beside of the picture.
        said: what is told of the models and the regions.
    """

    def __init__(
        self,
        models: Sequence[Explainable],
        pictures: Sequence[Any],
        request: Mapping[str, Any],
        *,
        trust: bool,
    ) -> None:
        """Prepare; nothing runs yet.

        Args:
            models: the adapters.
            pictures: what they look at.
            request: limits, seed and the methods' options; see `xw.start`.
            trust: whether finished maps are checked against random rankings.
        """
        self.current = 0
        self.picture = 1
        self.number = 0
        self._models = list(models)
        self._pictures = list(pictures)
        self._request = dict(request)
        self._trust = trust
        self.claims = Claims(self._models, None, self._request)
        self._known: dict[At, Explanation] = {}
        self._faults: dict[At, str] = {}
        self._before: dict[At, Explanation] = {}
        """What was known when it failed, or when it was asked for more."""
        self._limits: dict[At, Limits] = {}
        self._unchecked: set[At] = set()
        self._runs: dict[tuple[Any, ...], Run] = {}
        self._checking: tuple[Any, ...] | None = None
        self._now: Panel | None = None
        self.said = Said()

    def look(self, index: int) -> None:
        """Another picture of the film; what is known of it is known."""
        self.current, self.picture = index, self.picture + 1
        self.claims = Claims(self._models, self._pictures[index], self._request)
        self._runs, self._now, self._checking = {}, None, None
        self.said.anew()

    @property
    def pictures(self) -> Sequence[Any]:
        """What is looked at."""
        return self._pictures

    def over(self, pictures: Sequence[Any]) -> Explaining:
        """The same about other pictures, of which nothing is known."""
        other = Explaining(self._models, pictures, self._request, trust=self._trust)
        other.picture, other.number = self.picture, self.number
        other.said.describe([{**facts, "outputs": {}} for facts in self.said.facts])
        return other

    def give(self, panel: Panel, e: Explanation) -> None:
        """A finished explanation of the picture that is looked at."""
        self._known[self.current, panel.key] = e

    def explanation(self, panel: Panel) -> Explanation | None:
        """The newest one of the picture that is looked at."""
        at = (self.current, panel.key)
        known, run = self._known.get(at), self._runs.get(panel.key)
        if known is None and run is not None:
            known = run.explanation()
        return self._before.get(at) if known is None else known

    def forgive(self, panels: Sequence[Panel]) -> None:
        """Try again what failed; the others that failed stay so."""
        for panel in panels:
            self._faults.pop((self.current, panel.key), None)

    def explain(self, panels: Sequence[Panel]) -> Told:
        """Every panel's first estimate, then each as well as it is wanted; one that failed first needs `forgive`."""
        self.number, self._now = self.number + 1, None
        self._runs = {key: run for key, run in self._runs.items() if key in {panel.key for panel in panels}}
        yield self.estimates(panels)
        open_runs: list[tuple[Panel, Iterator[Any]]] = []
        for panel in list({panel.key: panel for panel in reversed(panels)}.values())[::-1]:
            yield from self._begin(panel, open_runs, panels)
        for panel, steps in open_runs:
            yield from self._advance(panel, steps, panels)
        yield {"_now": {}, **self.estimates(panels)}
        yield from self._layers()

    def _begin(self, panel: Panel, open_runs: list[tuple[Panel, Iterator[Any]]], panels: Sequence[Panel]) -> Told:
        at = (self.current, panel.key)
        if at in self._faults:
            return
        try:
            if at in self._known:
                yield from self._told_of(panel)
                return
            asked, run = self._asked(panel), self._runs.get(panel.key)
            if run is None:
                run = asked.begin(self._models[panel.model], self._pictures[self.current], panel.target)
                self._runs[panel.key] = run
                yield from self._told_of(panel)
            steps = run.advance(self._limits.get(at, asked.limits), cancelled=lambda: False)
            self._now = panel
            next(steps, None)
            open_runs.append((panel, steps))
            yield self.estimates(panels)
        except Exception as fault:  # noqa: BLE001 - the other panels go on
            yield self._failed(panel, fault, panels)

    def _advance(self, panel: Panel, steps: Iterator[Any], panels: Sequence[Panel]) -> Told:
        run = self._runs[panel.key]
        self._now, shown = panel, 0.0
        try:
            for _ in steps:
                now = time.perf_counter()
                if now - shown < PICTURES:
                    yield None
                    continue
                shown = now
                yield {"_now": self._record(panel, "running")}
        except Exception as fault:  # noqa: BLE001 - the other panels go on
            yield self._failed(panel, fault, panels)
            return
        self._now = None
        e = run.explanation()
        if e is not None:
            self._known[self.current, panel.key] = e
        yield {"_now": {}, **self.estimates(panels)}

    def _failed(self, panel: Panel, fault: Exception, panels: Sequence[Panel]) -> dict[str, Any]:
        at, e = (self.current, panel.key), self.explanation(panel)
        self._runs.pop(panel.key, None)
        if e is not None:
            self._before[at] = e
        self._faults[at], self._now = _said(fault), None
        return {"_now": {}, **self.estimates(panels)}

    def check(self, panels: Sequence[Panel]) -> Told:
        """Whether the finished maps can be trusted."""
        for panel in panels if self._trust else ():
            at = (self.current, panel.key)
            e, run = self._known.get(at), self._runs.get(panel.key)
            if e is None or e.faithfulness is not None or at in self._unchecked or e.stopped_by == "cancelled":
                continue
            try:
                if run is None:
                    # It was looked at before.
                    run = self._asked(panel).begin(self._models[panel.model], self._pictures[at[0]], panel.target)
                if not _checkable(e, run.problem):
                    continue
                self._checking = panel.key
                yield self.estimates(panels)
                self._known[at] = yield from self._checked(e, run.problem)
            except Exception as fault:  # noqa: BLE001 - the map stays, and the other panels are checked
                self._unchecked.add(at)
                told = f"Whether the map beats chance could not be checked: {_said(fault)}"
                self._known[at] = replace(e, notes=(*e.notes, told))
            finally:
                self._checking = None
            yield self.estimates(panels)

    def _checked(self, e: Explanation, problem: Problem) -> Generator[None, None, Explanation]:
        measured = measuring(problem, e, measures=("sensitivity_n",), seed=e.seed)
        for _ in measured.advance(CHECK, cancelled=lambda: not is_quick(measured, e)):
            yield None
        found = measured.outcome()
        return e if found is None or found.stopped_by == "cancelled" else e.with_faithfulness(found)

    def film(self, panel: Panel) -> Told:
        """The first panel's question about every picture."""
        yield {"_film": self._film(panel)}
        for index, picture in enumerate(self._pictures):
            at = (index, panel.key)
            if at in self._known or at in self._faults or (index == self.current and panel.key in self._runs):
                continue
            yield {"_film": self._film(panel, running=index)}
            try:
                asked = self._asked(panel)
                run = asked.begin(self._models[panel.model], picture, panel.target)
                for _ in run.advance(asked.limits, cancelled=lambda: False):
                    yield None
                e = run.explanation()
                assert e is not None  # noqa: S101 - pictures have features
                if self._trust and e.stopped_by != "cancelled" and _checkable(e, run.problem):
                    e = yield from self._checked(e, run.problem)
                self._known[at] = e
            except Exception as fault:  # noqa: BLE001 - the other pictures go on
                self._faults[at] = _said(fault)
            yield {"_film": self._film(panel)}

    def play(self, panel: Panel) -> Told:
        """The deletion and the insertion game of a panel's map."""
        e, run = self.explanation(panel), self._runs.get(panel.key)
        if e is None:
            raise InputError("There is no map yet to play with; wait for its first numbers.")
        problem = self.claims.problem(panel) if run is None else run.problem
        measured = measuring(problem, e, measures=GAMES, seed=e.seed)
        shown = 0.0
        for _ in measured.advance(Limits(), cancelled=lambda: False):
            now = time.perf_counter()
            if now - shown >= 4 * PICTURES and measured.outcome() is not None:
                shown = now
                yield {"_game": self._game(measured, panel)}
            else:
                yield None
        yield {"_game": self._game(measured, panel)}

    def estimates(self, panels: Sequence[Panel], *, state: str | None = None) -> dict[str, Any]:
        """The trait with what every panel shows; `state`: of what is not finished."""
        records = [self._record(panel, state) for panel in panels]
        return {"_estimates": [record for record in records if record is not None]}

    def told_when(self, panels: Sequence[Panel], state: str) -> dict[str, Any]:
        """The traits with what is not finished, which is in this state."""
        begun = [panel for panel in panels if panel.key in self._runs]
        if all((self.current, panel.key) in self._known for panel in begun):
            return {}
        now = None if self._now is None else self._record(self._now, state)
        return {"_now": {} if now is None else now, **self.estimates(panels, state=state)}

    def stopped(self, panels: Sequence[Panel]) -> bool:
        """Whether a map ended at a limit or a fault, and can go on or be tried again."""
        return any((self.current, panel.key) in self._faults or self._at_limit(panel) for panel in panels)

    def go_on(self, panels: Sequence[Panel]) -> None:
        """Compute the maps that ended at a limit further: twice the budget, or the same time again."""
        for panel in panels:
            met = self._at_limit(panel)
            if met is None:
                continue
            at, asked = (self.current, panel.key), self._asked(panel)
            own = Limits(tolerance=asked.method.tolerance, budget=asked.method.budget)
            self._limits[at] = further(self._limits.get(at, asked.limits), Limits(), defaults=own, met=met)
            self._before[at] = self._known.pop(at)

    def _at_limit(self, panel: Panel) -> str | None:
        e = self._known.get((self.current, panel.key))
        return None if e is None or e.stopped_by not in {"budget", "within"} else e.stopped_by

    def _record(self, panel: Panel, state: str | None) -> dict[str, Any] | None:
        at = (self.current, panel.key)
        fault, e = self._faults.get(at), self.explanation(panel)
        facts = {"panel": panel.id, "picture": self.picture, "run": self.number}
        if e is None:
            return None if fault is None else nothing(**facts, method=panel.method, state="failed", fault=fault)
        ended = "stopped" if e.stopped_by in {"budget", "within", "memory", "cancelled"} else "done"
        told = wired_estimate(e, **facts, state=ended if at in self._known else state or "running")
        if fault is not None:
            told |= {"state": "failed", "fault": fault}
        if self._checking == panel.key:
            told["trust"] = badge(None, run=self.number)
        return told

    def _film(self, panel: Panel, *, running: int = -1) -> list[dict[str, Any]]:
        facts = []
        for index in range(len(self._pictures)):
            e, fault = self._known.get((index, panel.key)), self._faults.get((index, panel.key))
            state = "failed" if fault else "done" if e else "running" if index == running else "waiting"
            facts.append(frame_facts(e, state=state, fault=fault))
        return facts

    def _game(self, measured: Any, panel: Panel) -> dict[str, Any]:
        return wired_game(measured, measured.order, panel=panel.id, picture=self.picture, run=self.number)

    def _told_of(self, panel: Panel) -> Told:
        """The regions, and what the model says of the picture."""
        run, e = self._runs.get(panel.key), self._known.get((self.current, panel.key))
        if run is not None:
            yield self.said.of_problem(panel, run.problem, picture=self.picture)
        elif e is not None:
            # Of a picture that was looked at before, what is absent is known from then.
            veil = self.claims.problem(panel).veil if self._models else None
            absent = None if veil is None else veil.absent.cpu().numpy()
            yield self.said.of_explanation(panel, e, absent, picture=self.picture)

    def _layers(self) -> Told:
        """Which layers of the models lie over the picture."""
        for number in range(len(self._models)):
            run = next((run for key, run in self._runs.items() if key[0] == number), None)
            if run is not None and run.problem.inside is not None and self.said.asks_layers(number):
                # What is wrong with a model that raises its maps have said.
                with suppress(Exception):
                    yield self.said.of_layers(number, spatial_layers(run.problem.inside))

    def _asked(self, panel: Panel) -> Any:
        layer = {} if panel.layer is None else {"layer": panel.layer}
        request = {**self._request, **layer}
        return requested(self._models[panel.model], panel.method, request, of_any_method=True)


def _checkable(e: Explanation, problem: Problem) -> bool:
    return problem.game is not None and problem.features == e.features


def _said(fault: Exception) -> str:
    """The fault in a sentence."""
    if isinstance(fault, XaiError):
        return str(fault)
    return f"The model or its preprocessing raised {type(fault).__name__}: {str(fault).strip() or 'no words'}"
