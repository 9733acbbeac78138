"""Which features move a model on average: an adapter whose input is many inputs, and the short way to its result."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from xaiwidgets.engine.explain import adapter, start
from xaiwidgets.engine.global_importance import Inputs
from xaiwidgets.engine.job import Job
from xaiwidgets.engine.limits import LIMITS
from xaiwidgets.engine.problem import Problem
from xaiwidgets.engine.request import ABSENCE, Explainable, requested
from xaiwidgets.engine.run import Run
from xaiwidgets.engine.tabular import Tabular
from xaiwidgets.errors import InputError, MethodError, XaiError
from xaiwidgets.explanation import Explanation, Outputs, Target

_NO_OUTPUTS = Outputs(kind="score", labels=(), ids=(), scores=(), probabilities=None, total=0)


@dataclass(frozen=True, kw_only=True)
class InputsProblem(Problem):
    """A problem whose face is many inputs."""

    inputs: Inputs


class Averaged:
    """A model, asked which features move it on average: an adapter whose input is many inputs.

    Attributes:
        model: any adapter.
    """

    faces = frozenset({"inputs"})

    def __init__(self, model: Any, method: str | None = None, **request: Any) -> None:
        """Wrap a model.

        Args:
            model: any adapter.
            method: which attribution is averaged; None: the model's default.
            **request: for each input, what `xw.start` takes: limits, average, and the method's own options.

        Raises:
            MethodError: the method is unknown, does not fit the model, or lacks an option.
        """
        self.model: Explainable = adapter(model)
        self._request = requested(self.model, method, request)

    def problem(self, x: Any, target: Any = None, **absence: Any) -> Problem:
        """Which features move the score of `target` (None: each input's highest) over the inputs `x`.

        Raises:
            InputError: there are no inputs.
        """
        inputs = self._read(x)
        model, request = self.model, replace(self._request, absence=absence)

        def begin(number: int, seed: int) -> Run:
            with _numbered(number):
                return replace(request, seed=seed).begin(model, inputs[number], target)

        with _numbered(0):
            first = model.problem(inputs[0], target, **absence)
        several = target is None and first.outputs.total > 1
        return InputsProblem(
            # A text's features are its words, which are met with on the way.
            features=first.features or ("",),
            input=_shared(first.input),
            target=Target(name="each input's highest score", index=-1, unit=first.target.unit)
            if several
            else first.target,
            outputs=_NO_OUTPUTS,
            output=float("nan"),
            evaluations=first.evaluations,
            seconds=first.seconds,
            notes=first.notes,
            provenance=first.provenance,
            inputs=Inputs(count=len(inputs), begin=begin, limits=request.limits, details=self._details),
        )

    @property
    def _details(self) -> dict[str, Any]:
        """What was asked of each input, as it is kept beside what is asked of all."""
        request = self._request
        asked = {**request.limits.given, **request.options}
        return {"of": request.method.name, **{f"{name} of each": _plain(value) for name, value in asked.items()}}

    def _read(self, given: Any) -> Sequence[Any]:
        if isinstance(self.model, Tabular):
            rows: Sequence[Any] = list(self.model.rows(given, "The data"))
        elif isinstance(given, (str, bytes, Mapping)) or hasattr(given, "columns") or not hasattr(given, "__iter__"):
            msg = f"A {type(given).__name__} was given where several inputs are needed; give a list of them."
            raise InputError(msg)
        else:
            rows = list(given)
        if not rows:
            raise InputError("No inputs were given; give at least two, for one tells nothing of the others.")
        return rows


def global_importance(
    model: Any,
    inputs: Any,
    *,
    method: str | None = None,
    target: Any = None,
    each: int | None = None,
    on_update: Callable[[Job[Explanation]], None] | None = None,
    **request: Any,
) -> Explanation:
    """The mean |attribution| of each feature over many inputs: columns, regions, or a text's words.

    `xw.start(xw.Averaged(model, method), inputs)` gives a job.

    Args:
        model: any adapter.
        inputs: many of its inputs; for a table rows, [N, d].
        method: which attribution; None: the model's default.
        target: which output; None: each input's highest.
        each: evaluations for each input; None: the method's own limits.
        on_update: called in a worker thread with the job after each estimate.
        **request: the limits of `xw.start` for all inputs together, seed, baseline, background, average, and the
            method's options.

    Returns:
        An explanation whose values are the means, with 95 % bands for inputs like these; `details` has the means with
        their sign ("mean") and how often each feature occurred ("count").

    Raises:
        XaiError: in one sentence what was wrong.
    """
    if each is not None and (isinstance(each, bool) or not isinstance(each, int) or each < 2):
        msg = f"each={each!r} was given; it must be a whole number, 2 or more: the evaluations for each input."
        raise MethodError(msg)
    of_all = {*LIMITS, *ABSENCE, "seed"}
    whole = {name: value for name, value in request.items() if name in of_all}
    options = {name: value for name, value in request.items() if name not in of_all}
    asked = Averaged(model, method, budget=each, **options)
    return start(asked, inputs, target=target, on_update=on_update, **whole).result()


@contextmanager
def _numbered(number: int) -> Iterator[None]:
    """Says which input it was that something is wrong with."""
    try:
        yield
    except XaiError as problem:
        msg = f"Input {number}: {problem}"
        raise type(problem)(msg) from problem


def _plain(value: Any) -> Any:
    """What can be saved of an option."""
    return value if isinstance(value, (int, float, str)) else str(value)


def _shared(layout: Mapping[str, Any]) -> dict[str, Any]:
    """What inputs have in common of how their features lie."""
    return {
        name: layout[name] for name in ("kind", "columns", "regions", "grid") if name in layout and "text" not in layout
    }
