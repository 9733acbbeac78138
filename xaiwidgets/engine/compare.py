"""Several explanations of one score, set against one another and against the model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from xaiwidgets.comparison import Comparison
from xaiwidgets.engine.explain import adapter
from xaiwidgets.engine.faithfulness import measuring
from xaiwidgets.engine.job import Job
from xaiwidgets.engine.limits import limits
from xaiwidgets.engine.measures import CURVES
from xaiwidgets.engine.measuring import Measuring, fitting
from xaiwidgets.engine.rankings import Rankings
from xaiwidgets.engine.ranks import kendall, spearman
from xaiwidgets.engine.request import Explainable
from xaiwidgets.engine.rerun import posed
from xaiwidgets.engine.verify import target_of
from xaiwidgets.errors import InputError
from xaiwidgets.explanation import Explanation
from xaiwidgets.trust import Faithfulness

Array = npt.NDArray[np.float64]


def compare(
    explanations: Sequence[Explanation],
    model: Explainable | None = None,
    x: Any = None,
    *,
    k: int | None = None,
    seed: int = 0,
    **request: Any,
) -> Comparison:
    """Where explanations of the same score agree, and, given the model and its input, which of them it bears out.

    Args:
        explanations: at least two, of the same features.
        model: the adapter that was explained, or None.
        x: its input.
        k: how many features count as the top; None: a quarter, at least three.
        seed: of the random rankings; all explanations are set against the same ones.
        **request: what `xw.faithfulness` takes: target, budget (for each), within, baseline, background.

    Raises:
        InputError: fewer than two, or of different features or targets.
    """
    given = _comparable(explanations)
    count = len(given[0].features)
    values = np.stack([np.nan_to_num(e.values) for e in given])
    norms = np.maximum(np.abs(values).sum(1, keepdims=True), np.finfo(float).tiny)
    shares, errors = values / norms, np.stack([e.error for e in given]) / norms
    signed = [e.signed for e in given]
    top = max(1, min(count, max(3, round(count / 4)) if k is None else k))
    names = _names(given)
    measured = {} if model is None else _measured(given, names, adapter(model), x, seed=seed, **request)

    def pairs(of: Callable[[Array, Array], float]) -> Array:
        return _pairwise(values, signed, of)

    return Comparison(
        names=names,
        features=given[0].features,
        values=values,
        shares=shares,
        errors=errors,
        spearman=pairs(lambda a, b: float(spearman(a, b))),
        kendall=pairs(kendall),
        overlap=_pairwise(np.abs(values), signed, lambda a, b: len({*_top(a, top)} & {*_top(b, top)}) / top),
        k=top,
        signs=_signs(values, np.stack([e.error for e in given]), signed),
        disagreement=_disagreement(shares, np.nan_to_num(errors), signed),
        measures=measured,
        wins=_wins(measured),
    )


def _comparable(explanations: Sequence[Explanation]) -> list[Explanation]:
    given = list(explanations) if isinstance(explanations, Sequence) else [explanations]
    strange = [type(e).__name__ for e in given if not isinstance(e, Explanation)]
    if strange or len(given) < 2:
        what = f"A {strange[0]}" if strange else f"{len(given)} explanation{'s' * (len(given) != 1)}"
        msg = f"{what} was given to compare; give a list of two explanations or more."
        raise InputError(msg)
    first = given[0]
    for e in given[1:]:
        if e.features != first.features:
            msg = (
                f"The explanations have different features ({len(first.features)} and {len(e.features)}, or other "
                "names); compare explanations of the same input."
            )
            raise InputError(msg)
        if (e.target, e.contrast) != (first.target, first.contrast) and e.target and first.target:
            msg = f"One explanation is of {first.target!r} and another of {e.target!r}; compare those of one target."
            raise InputError(msg)
    return given


def _names(given: list[Explanation]) -> tuple[str, ...]:
    names: list[str] = []
    for e in given:
        name = e.method or "given numbers"
        same = sum(other == name or other.startswith(f"{name} (") for other in names)
        names.append(f"{name} ({same + 1})" if same else name)
    return tuple(names)


def _pairwise(values: Array, signed: list[bool], of: Callable[[Array, Array], float]) -> Array:
    both = [[a and b for b in signed] for a in signed]
    return np.array(
        [
            [of(a, b) if both[i][j] else of(np.abs(a), np.abs(b)) for j, b in enumerate(values)]
            for i, a in enumerate(values)
        ]
    )


def _top(values: Array, k: int) -> list[int]:
    return [int(i) for i in np.argsort(-np.abs(values), kind="stable")[:k]]


def _signs(values: Array, errors: Array, signed: list[bool]) -> Array:
    sure = np.abs(values) > np.nan_to_num(errors)
    result = np.full((len(values), len(values)), np.nan)
    for i, a in enumerate(values):
        for j, b in enumerate(values):
            told = sure[i] & sure[j]
            if signed[i] and signed[j] and told.any():
                result[i, j] = (np.sign(a) == np.sign(b))[told].mean()
    return result


def _disagreement(shares: Array, errors: Array, signed: list[bool]) -> Array:
    furthest = np.zeros(shares.shape[1])
    for i, a in enumerate(shares):
        for j, b in enumerate(shares[:i]):
            left, right = (a, b) if signed[i] and signed[j] else (np.abs(a), np.abs(b))
            furthest = np.maximum(furthest, np.abs(left - right) - errors[i] - errors[j])
    return furthest


def _measured(
    given: list[Explanation],
    names: tuple[str, ...],
    model: Explainable,
    x: Any,
    *,
    seed: int,
    target: Any = None,
    budget: int | None = None,
    within: float | str | None = None,
    **absence: Any,
) -> dict[str, Faithfulness]:
    """Each explanation's measures, against the same random rankings, which are evaluated once."""
    when = limits(tolerance=None, budget=budget, within=within)
    about = target_of(given[0]) if target is None else target
    found: dict[str, Faithfulness] = {}
    problem = None
    rankings: Rankings | None = None
    for name, e in zip(names, given, strict=True):

        def begin(_: Callable[[], bool], e: Explanation = e, rankings: Rankings | None = rankings) -> Measuring:
            nonlocal problem
            fresh = problem is None
            problem = posed(given[0], x, about, absence)(model) if problem is None else problem
            wanted = ("sensitivity_n", "infidelity", *CURVES)
            if "max_sensitivity" in fitting(e, problem, relearn=False):
                wanted = (*wanted, "max_sensitivity")
            cost = problem.evaluations if fresh else 0
            return measuring(problem, e, measures=wanted, seed=seed, rankings=rankings, evaluations=cost)

        job: Job[Faithfulness] = Job(begin, when)
        found[name] = job.result()
        rankings = job.run.rankings if isinstance(job.run, Measuring) else rankings
    return found


def _wins(measured: dict[str, Faithfulness]) -> dict[str, str]:
    wins: dict[str, str] = {}
    for measure in {name: None for found in measured.values() for name in found.measures}:
        taken = {name: found.measures[measure] for name, found in measured.items() if measure in found.measures}
        higher = next(iter(taken.values())).goal == "higher"
        wins[measure] = (max if higher else min)(taken, key=lambda name: taken[name].value)
    return wins
