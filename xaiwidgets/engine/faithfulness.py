"""Can an explanation be trusted? What a user calls to have it measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from difflib import get_close_matches
from operator import index
from typing import Any

from xaiwidgets.engine.explain import adapter
from xaiwidgets.engine.job import Job
from xaiwidgets.engine.limits import limits
from xaiwidgets.engine.measures import MEASURES
from xaiwidgets.engine.measuring import Measuring, fitting
from xaiwidgets.engine.problem import Problem
from xaiwidgets.engine.randomised import randomised
from xaiwidgets.engine.rankings import Rankings
from xaiwidgets.engine.request import Explainable
from xaiwidgets.engine.rerun import posed
from xaiwidgets.engine.verify import target_of
from xaiwidgets.errors import InputError, MethodError
from xaiwidgets.explanation import Explanation
from xaiwidgets.trust import Faithfulness


def start_faithfulness(
    model: Explainable,
    x: Any,
    e: Explanation,
    *,
    target: Any = None,
    measures: Sequence[str] | None = None,
    radius: float = 0.02,
    seed: int = 0,
    tolerance: float | None = None,
    budget: int | None = None,
    within: float | str | None = None,
    memory: float | str | None = None,
    supersede: Job[Any] | None = None,
    on_update: Callable[[Job[Faithfulness]], None] | None = None,
    **absence: Any,
) -> Job[Faithfulness]:
    """Measure an explanation in a worker thread; returns a `Job` at once. See `faithfulness`.

    Args:
        model: the adapter that was explained.
        x: its input.
        e: the explanation.
        target: as in `xw.explain`; None: the explanation's own.
        measures: names of measures; None: all that fit.
        radius: how far inputs nearby lie for "max_sensitivity", as a share of the input's distance to its baseline.
        seed: of everything random.
        tolerance: the 95 % half-width of the agreement that is good enough; None: no such limit.
        budget: evaluations to spend in all; None: 600.
        within: seconds to spend, or text like "2s".
        memory: bytes that one model call may take, or text like "1GB".
        supersede: an older job that this one replaces.
        on_update: called in the worker thread after each model call and at the end.
        **absence: baseline or background, where the explanation was asked for with one that it does not hold.

    Raises:
        InputError: `e` is no explanation. MethodError: an unknown measure, or a limit that cannot be read.
    """
    explainable = adapter(model)
    if not isinstance(e, Explanation):
        msg = f"A {type(e).__name__} was given where an explanation is needed; give what xw.explain returned."
        raise InputError(msg)
    asked = _named(measures)
    _check_numbers(seed, radius)
    about = target_of(e) if target is None else target
    when = limits(tolerance=tolerance, budget=budget, within=within, memory=memory)

    pose = posed(e, x, about, absence)

    def begin(_: Callable[[], bool]) -> Measuring:
        problem = pose(explainable)
        return measuring(
            problem,
            e,
            measures=asked,
            radius=radius,
            seed=seed,
            relearn=lambda: randomised(explainable, problem, pose, seed=seed),
            evaluations=problem.evaluations,
        )

    return Job(begin, when, supersede=supersede, on_update=on_update)


def faithfulness(model: Explainable, x: Any, e: Explanation, **request: Any) -> Faithfulness:
    """Measure whether an explanation says what the model does, each measure against random rankings of the features.

    Features are taken away as in every coalition: they show the baseline. A ranking begins with the largest value where
    the method has a sign, so with what speaks most for the score, and with the largest |value| where it has none.

    - "sensitivity_n" (Ancona et al. 2018): the correlation of summed values with drops in score over random sets of
      features, of equal size each. The verdict rests on it. Without a sign each |value| is lent the one that its
      feature has in these sets, and so is a random ranking's.
    - "infidelity" (Yeh et al. 2019): the squared difference of the two, at the best scale.
    - "deletion", "insertion" (Petsiuk et al. 2018): the area under the score as the top features go or come.
    - "comprehensiveness", "sufficiency" (DeYoung et al. 2020): the drop without them, or with them alone.
    - "max_sensitivity" (Yeh et al. 2019): how far the values move for inputs nearby; gradient methods only.
    - "randomisation" (Adebayo et al. 2018): Spearman's correlation with the |values| for a copy of the model whose
      weights are drawn anew; torch modules only. It should be that of a random ranking: about none.

    Takes what `start_faithfulness` takes, and waits for the result.

    Raises:
        XaiError: in one sentence what was wrong.
    """
    return start_faithfulness(model, x, e, **request).result()


def measuring(
    problem: Problem,
    e: Explanation,
    *,
    measures: tuple[str, ...] | None = None,
    radius: float = 0.02,
    seed: int = 0,
    relearn: Callable[[], Problem] | None = None,
    rankings: Rankings | None = None,
    evaluations: int = 0,
) -> Measuring:
    """The measures of an explanation, ready to advance; see `Measuring`.

    Raises:
        InputError: problem and explanation have different features. MethodError: a measure does not fit.
    """
    if problem.game is None:
        msg = (
            "Faithfulness takes features away and looks at the score, but the features of this explanation lie inside "
            "the model or in a data set; measure one whose features are the input's."
        )
        raise MethodError(msg)
    if problem.features != e.features:
        msg = (
            f"The explanation has {len(e.features)} features and this input {len(problem.features)}, or other ones; "
            "give the model and the input that were explained."
        )
        raise InputError(msg)
    fit = fitting(e, problem, relearn=relearn is not None)
    unfit = [name for name in measures or () if name not in fit]
    if unfit:
        what = {"max_sensitivity": "a gradient method", "randomisation": "a method of ours on a torch module"}[unfit[0]]
        msg = f"{unfit[0]!r} needs {what}, and this is an explanation by {e.method or 'given numbers'}; leave it out."
        raise MethodError(msg)
    return Measuring(
        problem,
        e,
        measures=fit if measures is None else measures,
        seed=seed,
        radius=radius,
        relearn=relearn,
        rankings=rankings,
        evaluations=evaluations,
    )


def _named(measures: Sequence[str] | None) -> tuple[str, ...] | None:
    if measures is None:
        return None
    asked = (measures,) if isinstance(measures, str) else tuple(measures)
    for name in asked:
        if name not in MEASURES:
            close = get_close_matches(str(name), MEASURES, n=1)
            hint = f"did you mean {close[0]!r}? " if close else ""
            msg = f"There is no measure {name!r}: {hint}Choose among {', '.join(MEASURES)}."
            raise MethodError(msg)
    if not asked:
        msg = f"measures={measures!r} names none; choose among {', '.join(MEASURES)}, or None for all."
        raise MethodError(msg)
    return asked


def _check_numbers(seed: Any, radius: Any) -> None:
    try:
        index(seed)
    except TypeError:
        msg = f"seed={seed!r} was given; it must be a whole number."
        raise MethodError(msg) from None
    if isinstance(radius, bool) or not isinstance(radius, int | float) or not radius > 0:
        msg = f"radius={radius!r} was given; it must be a positive number, such as 0.02."
        raise MethodError(msg)
