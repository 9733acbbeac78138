"""What models say of pictures and why: each panel's question is answered step by step, in one thread."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from xaiwidgets.engine.behind import behind
from xaiwidgets.engine.faithfulness import measuring
from xaiwidgets.engine.feature_maps import spatial_layers
from xaiwidgets.engine.limits import Limits, further
from xaiwidgets.engine.map_ranking import ranked_maps
from xaiwidgets.engine.problem import Problem
from xaiwidgets.engine.request import Explainable, requested
from xaiwidgets.engine.run import Run
from xaiwidgets.errors import InputError, XaiError
from xaiwidgets.explanation import Explanation
from xaiwidgets.widgets.asked import Told
from xaiwidgets.widgets.badge import badge
from xaiwidgets.widgets.live import CHECK, SLOWEST
from xaiwidgets.widgets.saliency_panel import Panel
from xaiwidgets.widgets.saliency_wire import (
    frame_facts,
    nothing,
    wired_estimate,
    wired_game,
    wired_regions,
    wired_top,
)

PICTURES = 0.05
"""Seconds between two pictures of the same map."""

GAMES = ("deletion", "insertion")
FILLS = ("baseline", "blur", "mean", "noise")

State = dict[str, Any]


class Explaining:
    """Everything that is known of some pictures; see `Panel` for what is asked.

    Attributes:
        current: which picture is looked at.
        picture: its number on the wire, which grows with each other picture.
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
        self._models = list(models)
        self._pictures = list(pictures)
        self._request = dict(request)
        self._trust = trust
        self._known: dict[tuple[int, tuple[Any, ...]], Explanation] = {}
        self._faults: dict[tuple[int, tuple[Any, ...]], str] = {}
        self._runs: dict[tuple[Any, ...], Run] = {}
        self._checking: tuple[Any, ...] | None = None
        self._now: tuple[Panel, Run] | None = None
        self._number = 0
        self._problems: dict[tuple[Any, ...], Problem] = {}
        self._facts = [dict[str, Any]() for _ in models]

    def look(self, index: int) -> None:
        """Another picture of the film; what is known of it is known."""
        self.current, self.picture = index, self.picture + 1
        self._runs, self._problems, self._now, self._checking = {}, {}, None, None

    @property
    def pictures(self) -> Sequence[Any]:
        """What is looked at."""
        return self._pictures

    def replace(self, pictures: Sequence[Any]) -> None:
        """Other pictures; nothing is known of them."""
        self._pictures, self._known, self._faults = list(pictures), {}, {}

    def give(self, panel: Panel, e: Explanation) -> None:
        """A finished explanation of the picture that is looked at."""
        self._known[self.current, panel.key] = e

    def explanation(self, panel: Panel) -> Explanation | None:
        """The newest one of the picture that is looked at."""
        known, run = self._known.get((self.current, panel.key)), self._runs.get(panel.key)
        return known if known is not None or run is None else run.explanation()

    def explain(self, panels: Sequence[Panel]) -> Told:
        """Every panel's first estimate, then each as well as it is wanted."""
        self._number += 1
        self._runs = {key: run for key, run in self._runs.items() if key in {panel.key for panel in panels}}
        yield self.estimates(panels)
        open_runs: list[tuple[Panel, Iterator[Any]]] = []
        for panel in list({panel.key: panel for panel in reversed(panels)}.values())[::-1]:
            if (self.current, panel.key) in self._known:
                yield from self._told_of(panel)
            else:
                yield from self._begin(panel, open_runs, panels)
        for panel, steps in open_runs:
            yield from self._advance(panel, steps, panels)
        yield {"_now": {}, **self.estimates(panels)}
        yield from self._layers()

    def _begin(self, panel: Panel, open_runs: list[tuple[Panel, Iterator[Any]]], panels: Sequence[Panel]) -> Told:
        run = self._runs.get(panel.key)
        try:
            if run is None:
                self._faults.pop((self.current, panel.key), None)
                asked = self._asked(panel)
                run = asked.begin(self._models[panel.model], self._pictures[self.current], panel.target)
                self._runs[panel.key] = run
                yield from self._told_of(panel)
            limits = self._asked(panel).limits
            if run.stopped_by not in {None, "cancelled"}:
                limits = further(limits, Limits(), defaults=run.defaults, met=run.stopped_by)
            steps = run.advance(limits, cancelled=lambda: False)
            self._now = (panel, run)
            next(steps, None)
            open_runs.append((panel, steps))
            yield self.estimates(panels)
        except Exception as fault:  # noqa: BLE001 - the other panels go on
            yield self._failed(panel, fault, panels)

    def _advance(self, panel: Panel, steps: Iterator[Any], panels: Sequence[Panel]) -> Told:
        run = self._runs[panel.key]
        self._now, shown = (panel, run), 0.0
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
        self._runs.pop(panel.key, None)
        said = str(fault) if isinstance(fault, XaiError) else f"The model raised {type(fault).__name__}: {fault}"
        self._faults[self.current, panel.key] = said or type(fault).__name__
        self._now = None
        return {"_now": {}, **self.estimates(panels)}

    def check(self, panels: Sequence[Panel]) -> Told:
        """Whether the finished maps can be trusted."""
        for panel in panels if self._trust else ():
            e, run = self._known.get((self.current, panel.key)), self._runs.get(panel.key)
            if e is None or run is None or e.faithfulness is not None or not _checkable(e, run.problem):
                continue
            self._checking = panel.key
            yield self.estimates(panels)
            measured = measuring(run.problem, e, measures=("sensitivity_n",), seed=e.seed)
            for _ in measured.advance(CHECK, cancelled=lambda: False):
                yield None
            found = measured.outcome()
            self._checking = None
            if found is not None:
                self._known[self.current, panel.key] = e.with_faithfulness(found)
            yield self.estimates(panels)
        self._checking = None

    def film(self, panel: Panel) -> Told:
        """The first panel's question about every picture."""
        yield {"_film": self._film(panel)}
        for index, picture in enumerate(self._pictures):
            if (index, panel.key) in self._known or (index, panel.key) in self._faults or index == self.current:
                continue
            yield {"_film": self._film(panel, running=index)}
            try:
                asked = self._asked(panel)
                run = asked.begin(self._models[panel.model], picture, panel.target)
                for _ in run.advance(asked.limits, cancelled=lambda: False):
                    yield None
                e = run.explanation()
                assert e is not None  # noqa: S101 - pictures have features
                if self._trust and _checkable(e, run.problem):
                    measured = measuring(run.problem, e, measures=("sensitivity_n",), seed=e.seed)
                    for _ in measured.advance(CHECK, cancelled=lambda: False):
                        yield None
                    found = measured.outcome()
                    e = e if found is None else e.with_faithfulness(found)
                self._known[index, panel.key] = e
            except Exception as fault:  # noqa: BLE001 - the other pictures go on
                self._faults[index, panel.key] = str(fault) or type(fault).__name__
            yield {"_film": self._film(panel)}

    def play(self, panel: Panel) -> Told:
        """The deletion and the insertion game of a panel's map."""
        e, run = self.explanation(panel), self._runs.get(panel.key)
        if e is None:
            raise InputError("There is no map yet to play with; wait for its first numbers.")
        problem = self._problem(panel) if run is None else run.problem
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

    def hidden(
        self, panel: Panel, cover: npt.NDArray[np.bool_], fill: str
    ) -> tuple[dict[str, Any], npt.NDArray[np.uint8]]:
        """What the model says with a part of the picture hidden: one forward pass.

        Args:
            panel: whose model and target.
            cover: bool [h, w], true where it is hidden.
            fill: what the part shows.

        Raises:
            InputError: no such fill.
        """
        if fill not in FILLS:
            msg = f"fill={fill!r} was asked for; choose from {', '.join(FILLS)}."
            raise InputError(msg)
        problem = self._problem(panel, fill=fill)
        found = behind(problem, cover)
        ids = _asked_about(problem)
        told = {
            "outputs": wired_top(found.outputs, [*ids, *_top_ids(problem)], picture=self.picture),
            "output": found.output,
            "before": problem.output,
        }
        return told, found.picture

    def features(self, panel: Panel, layer: str | None) -> tuple[dict[str, Any], npt.NDArray[np.uint8]]:
        """A layer's maps that count most for a panel's target."""
        found = ranked_maps(self._problem(panel), layer)
        low, high = found.maps.min((1, 2), keepdims=True), found.maps.max((1, 2), keepdims=True)
        codes = np.rint(255 * (found.maps - low) / np.where(high > low, high - low, 1)).astype(np.uint8)
        told = {
            "layer": found.layer,
            "units": found.units.tolist(),
            "contributions": found.contributions.tolist(),
            "total": found.total,
        }
        return told, codes

    def estimates(self, panels: Sequence[Panel], *, state: str | None = None) -> dict[str, Any]:
        """The trait with what every panel shows; `state`: of what is not finished."""
        records = [self._record(panel, state) for panel in panels]
        return {"_estimates": [record for record in records if record is not None]}

    def now(self, state: str) -> dict[str, Any]:
        """The trait with what is being computed, which is in this state."""
        if self._now is None:
            return {}
        record = self._record(self._now[0], state)
        return {} if record is None else {"_now": record}

    def stopped(self) -> bool:
        """Whether a map ended at a limit, and can go on."""
        return any(run.stopped_by in {"budget", "within"} for run in self._runs.values())

    def go_on(self) -> None:
        """Compute the maps that ended at a limit further."""
        for key, run in self._runs.items():
            if run.stopped_by in {"budget", "within"}:
                self._known.pop((self.current, key), None)

    def _record(self, panel: Panel, state: str | None) -> dict[str, Any] | None:
        fault = self._faults.get((self.current, panel.key))
        facts = {"panel": panel.id, "picture": self.picture, "run": self._number}
        if fault is not None:
            return nothing(**facts, method=panel.method, state="failed", fault=fault)
        known, run = self._known.get((self.current, panel.key)), self._runs.get(panel.key)
        e = known if known is not None else None if run is None else run.explanation()
        if e is None:
            return None
        ended = "stopped" if e.stopped_by in {"budget", "within", "memory", "cancelled"} else "done"
        told = wired_estimate(e, **facts, state=ended if known is not None else state or "running")
        if self._checking == panel.key:
            told["trust"] = badge(None, run=self._number)
        return told

    def _film(self, panel: Panel, *, running: int = -1) -> list[dict[str, Any]]:
        facts = []
        for index in range(len(self._pictures)):
            e, fault = self._known.get((index, panel.key)), self._faults.get((index, panel.key))
            state = "failed" if fault else "done" if e else "running" if index == running else "waiting"
            facts.append(frame_facts(e, state=state, fault=fault))
        return facts

    def _game(self, measured: Any, panel: Panel) -> dict[str, Any]:
        return wired_game(measured, measured.order, panel=panel.id, picture=self.picture, run=self._number)

    def _told_of(self, panel: Panel) -> Told:
        """The regions, and what the model says of the picture."""
        run, e = self._runs.get(panel.key), self._known.get((self.current, panel.key))
        problem = None if run is None else run.problem
        given = problem.input if problem is not None else e.input if e is not None else {}
        names = problem.features if problem is not None else e.features if e is not None else ()
        outputs = problem.outputs if problem is not None else None if e is None else e.outputs
        told: dict[str, Any] = {}
        if given:
            absent = None if problem is None or problem.veil is None else problem.veil.absent.cpu().numpy()
            told["_regions"] = wired_regions(given, names, picture=self.picture, absent=absent)
        if outputs is not None:
            ids = _asked_about(problem) if problem is not None else e.targets if e is not None else ()
            self._facts[panel.model]["outputs"] = wired_top(outputs, ids, picture=self.picture)
            told["_models"] = [dict(facts) for facts in self._facts]
        yield told

    def describe(self, facts: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """What is told of the models beside their outputs; gives the trait."""
        self._facts = [dict(one) for one in facts]
        return [dict(one) for one in self._facts]

    def _layers(self) -> Told:
        """Which layers of the models lie over the picture."""
        for number, facts in enumerate(self._facts):
            run = next((run for key, run in self._runs.items() if key[0] == number), None)
            if facts.get("layers") or run is None or run.problem.inside is None or not facts.get("layered"):
                continue
            found = spatial_layers(run.problem.inside)
            facts["layers"] = [{"name": name, "shape": list(shape)} for name, shape in found.items()]
            yield {"_models": [dict(one) for one in self._facts]}

    def _asked(self, panel: Panel) -> Any:
        layer = {} if panel.layer is None else {"layer": panel.layer}
        request = {**self._request, **layer}
        return requested(self._models[panel.model], panel.method, request, of_any_method=True)

    def _problem(self, panel: Panel, *, fill: str = "baseline") -> Problem:
        """The panel's question with parts of the picture that show `fill` where they are absent."""
        key = (panel.model, panel.target, fill)
        if key not in self._problems:
            kept = ("baseline", "regions")
            given = {name: self._request[name] for name in kept if self._request.get(name) is not None}
            absence = given if fill == "baseline" else {**given, "baseline": fill}
            model, picture = self._models[panel.model], self._pictures[self.current]
            self._problems[key] = model.problem(picture, panel.target, **absence)
        return self._problems[key]


def _checkable(e: Explanation, problem: Problem) -> bool:
    return (
        problem.game is not None
        and problem.features == e.features
        and e.seconds <= SLOWEST * max(1, e.evaluations)
        and e.stopped_by != "cancelled"
    )


def _asked_about(problem: Problem) -> list[int]:
    target = problem.target
    return [index for index in (target.index, target.contrast_index) if index is not None]


def _top_ids(problem: Problem) -> list[int]:
    outputs = problem.outputs
    order = sorted(range(len(outputs.ids)), key=lambda place: -outputs.scores[place])
    return [outputs.ids[place] for place in order[:5]]
