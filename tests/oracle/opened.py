"""Problems on small modules that are wide open: every face that looks inside, and no adapter."""

from contextlib import nullcontext
from dataclasses import replace

from tests.oracle.closed import field_of, problem_of
from xaiwidgets.engine.attention_weights import attention_of
from xaiwidgets.engine.methods import METHODS
from xaiwidgets.engine.pace import Pace
from xaiwidgets.engine.problem import Inside


def opened(module, point, baseline=None, *, by_feature=lambda contributions: contributions, features=None):
    """The problem of a module from [B, *point.shape] to [B]."""
    field, _ = field_of(module, point, 0 * point if baseline is None else baseline, by_feature=by_feature)
    inside = Inside(module=module, score=module, evaluating=nullcontext, field=field)
    problem = problem_of(field=field, features=features or len(by_feature(point)))
    return replace(problem, inside=inside, attention=attention_of(inside, lambda tokens: tokens))


def last_estimate(problem, method, **options):
    """What a method ends with when nothing limits it."""
    found = METHODS[method]
    *_, last = found.estimates(getattr(problem, found.face), Pace(), **options)
    return last
