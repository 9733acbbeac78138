"""An explanation being measured: it advances until a limit is met, and can advance again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import torch
from torch import Tensor

from xaiwidgets.engine.limits import Limits
from xaiwidgets.engine.measures import CURVES, FEWEST, MEASURES, Evidence, summary
from xaiwidgets.engine.methods import METHODS
from xaiwidgets.engine.pace import Pace
from xaiwidgets.engine.problem import Problem
from xaiwidgets.engine.rankings import Rankings, gone, order_of, walk
from xaiwidgets.engine.rerun import again
from xaiwidgets.engine.stability import NEIGHBOURS, nearby
from xaiwidgets.errors import MethodError, XaiError
from xaiwidgets.explanation import Explanation
from xaiwidgets.trust import Faithfulness

PAIRS = 20
"""Pairs of random rankings at the most: forty curves give a band."""

BUDGET = 600
"""Evaluations where no other number is given."""

CLEAR = 0.001
"""Without curves to draw, the walks end early at a p-value this small. Looking often makes chances: a verdict of 0.005
that may be reached at every look needs a bar this much higher at the early ones."""

HOPELESS = {6: 0.5, 12: 0.2}
"""They end too after so many pairs at a p-value this large. Of a few pairs it says little: maps that end at 0.005 after
twenty begin at 0.25."""


class Measuring:
    """Measures of an explanation, suspended between model calls.

    Attributes:
        problem: what was explained.
        pace: what measuring has cost.
        stopped_by: the limit that ended the last advance, or None while advancing.
        defaults: the limits where none are given.
        rankings: the random ones; another explanation of the same problem can be set against the same.
    """

    defaults = Limits(budget=BUDGET)

    def __init__(
        self,
        problem: Problem,
        e: Explanation,
        *,
        measures: tuple[str, ...] = MEASURES,
        seed: int = 0,
        radius: float = 0.02,
        relearn: Callable[[], Problem] | None = None,
        rankings: Rankings | None = None,
        evaluations: int = 0,
    ) -> None:
        """Prepare; nothing is evaluated yet.

        Args:
            problem: has the game.
            e: its explanation.
            measures: which ones.
            seed: of everything random.
            radius: of the inputs nearby; see `stability.nearby`.
            relearn: makes the problem of the model with weights drawn anew; None where that cannot be done.
            rankings: those of another explanation of this problem.
            evaluations: what setting the problem up has cost.
        """
        assert problem.game is not None  # noqa: S101
        self.problem = problem
        self.pace = Pace(evaluations=evaluations)
        self.stopped_by: str | None = None
        self.rankings = Rankings(problem.game, seed=seed) if rankings is None else rankings
        self._e = e
        self._wanted = measures
        self._seed = seed
        self._radius = radius
        self._relearn = relearn
        self._limits = Limits()
        values = torch.tensor(e.values, dtype=torch.float64)
        self._notes: list[str] = []
        unknown = int(values.isnan().sum())
        if unknown:
            self._notes.append(f"{unknown} of {len(values)} features have no value yet; they count as 0.")
        self._evidence = Evidence(values=values.nan_to_num(), signed=e.signed, rankings=self.rankings, seed=seed)
        self._known: tuple[tuple[object, ...], Faithfulness] | None = None
        self._steps = self._every_step()
        self._needs: int | None = None

    def advance(self, limits: Limits, *, cancelled: Callable[[], bool]) -> Iterator[None]:
        """Yield after every model call, until a limit is met, everything is measured, or `cancelled()`."""
        self._limits = limits
        limits, pace = limits.with_defaults(self.defaults), self.pace
        pace.keep_to(limits)
        self.stopped_by = None
        while True:
            self.stopped_by = "cancelled" if cancelled() else self._met(limits)
            if self.stopped_by is not None:
                return
            try:
                self._needs = next(self._steps)
            except StopIteration:
                self.stopped_by = "complete"
                return
            except Exception:
                self.stopped_by = "failed"
                raise
            yield

    def outcome(self) -> Faithfulness | None:
        """What is known so far, or None before the first measure."""
        evidence = self._evidence
        if not self._something:
            return None if self.stopped_by != "complete" else self._summary()
        state = (self.rankings.pairs, evidence.walk is None, len(evidence.neighbours), evidence.relearned is None)
        if self._known is None or self._known[0] != state:
            self._known = (state, self._summary())
        return replace(
            self._known[1],
            evaluations=self.pace.evaluations,
            seconds=self.pace.seconds,
            stopped_by=self.stopped_by or "running",
            notes=(*self._notes, *self.pace.notes),
        )

    @property
    def order(self) -> list[int]:
        """The features as they go in the deletion game, and come in the insertion game."""
        return [int(feature) for feature in self._order]

    @property
    def _order(self) -> Tensor:
        mixing = torch.Generator().manual_seed(self._seed)
        return order_of(self._evidence.values, signed=self._evidence.signed, generator=mixing)

    @property
    def _something(self) -> bool:
        return self.rankings.pairs > 0 or self._evidence.walk is not None

    def _summary(self) -> Faithfulness:
        return summary(
            self._evidence,
            self._wanted,
            method=self._e.method,
            parameters={**self._limits.given, "measures": list(self._wanted), "radius": self._radius},
            seed=self._seed,
            stopped_by=self.stopped_by or "running",
            notes=(*self._notes, *self.pace.notes),
        )

    def _met(self, limits: Limits) -> str | None:
        if self._needs is None:
            return None
        least = self.pace.evaluations + self._needs
        if least > self.pace.budget:
            if not self._something:
                msg = (
                    f"budget={limits.budget} was given, but the first measure takes {least} evaluations; give at least "
                    f"{least}."
                )
                raise MethodError(msg)
            return "budget"
        if self.pace.starved:
            return "memory"
        if not self._something:
            return None
        few = self.rankings.pairs < FEWEST
        if limits.tolerance is not None and not few and self._agreement_error() <= limits.tolerance:
            return "tolerance"
        return "within" if self.pace.late(1) else None

    def _agreement_error(self) -> float:
        found = self.outcome()
        measure = None if found is None else found.measures.get("sensitivity_n")
        return float("inf") if measure is None else measure.error

    def _every_step(self) -> Iterator[int]:
        """Each yield says how many evaluations the next piece takes that makes sense only as a whole."""
        evidence, rankings, pace = self._evidence, self.rankings, self.pace
        game = self.problem.game
        assert game is not None  # noqa: S101
        if not rankings.sizes:
            self._notes.append("One feature alone cannot be ranked.")
            return
        if any(name in CURVES for name in self._wanted):
            yield rankings.cost + (rankings.empty is None)
            yield from rankings.find_empty(pace)
            evidence.walk = yield from walk(game, pace, gone(self._order, rankings.sizes))
        while rankings.pairs < PAIRS and not self._decided():
            yield rankings.cost
            yield from rankings.more(pace)
        if "randomisation" in self._wanted:
            yield from self._randomisation()
        if "max_sensitivity" in self._wanted:
            yield self._e.evaluations * NEIGHBOURS
            compute = again(self._e, pace)
            moved = yield from nearby(self.problem, compute, radius=self._radius, seed=self._seed)
            evidence.neighbours = moved

    def _decided(self) -> bool:
        """Whether more random rankings would change nothing, where no curve is set against them."""
        if any(name in CURVES for name in self._wanted) or self.rankings.pairs < FEWEST:
            return False
        found = self.outcome()
        assert found is not None  # noqa: S101
        pairs = self.rankings.pairs
        return found.p <= CLEAR or any(pairs >= after and found.p >= large for after, large in HOPELESS.items())

    def _randomisation(self) -> Iterator[int]:
        assert self._relearn is not None  # noqa: S101
        yield self._e.evaluations + 1
        try:
            problem = self._relearn()
            self.pace.evaluations += 2 * problem.evaluations
            compute = again(self._e, self.pace)
            self._evidence.relearned = yield from compute(replace(problem, evaluations=0))
        except XaiError as fault:
            self._notes.append(f"The check with weights drawn anew was left out: {fault}")


def fitting(e: Explanation, problem: Problem, *, relearn: bool) -> tuple[str, ...]:
    """The measures that can be taken of this explanation.

    Args:
        e: the explanation.
        problem: its problem.
        relearn: whether there is a model whose weights can be drawn anew.
    """
    method = METHODS.get(e.method)
    left = set()
    if method is None or method.face != "field" or problem.field is None:
        left.add("max_sensitivity")
    if method is None or method.face not in problem.faces or problem.inside is None or not relearn:
        left.add("randomisation")
    return tuple(name for name in MEASURES if name not in left)
