"""From a model and an input to a job: what a user calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from xaiwidgets.engine.job import Job
from xaiwidgets.engine.methods import fitting
from xaiwidgets.engine.request import Explainable, requested
from xaiwidgets.errors import InputError
from xaiwidgets.explanation import Explanation


def methods(model: Explainable) -> dict[str, str]:
    """The methods that work for this model, by name, with one line each; the first is the default."""
    return {method.name: method.summary for method in fitting(adapter(model))}


def start(
    model: Explainable,
    x: Any,
    *,
    method: str | None = None,
    target: Any = None,
    supersede: Job | None = None,
    on_update: Callable[[Job], None] | None = None,
    **request: Any,
) -> Job:
    """Explain in a worker thread; returns a `Job` at once.

    Args:
        model: an adapter, such as `xw.TextClassifier(model, tokenizer)`.
        x: the input.
        method: one of `xw.methods(model)`; None: the first.
        target: which output, by name or index; a pair (a, b) asks why a rather than b; None: the highest.
        supersede: an older job that this one replaces.
        on_update: called in the worker thread after each estimate and at the end.
        **request: any of

            - tolerance: relative error of the map that is good enough; else the method's own.
            - budget: evaluations to spend in all, the one for the scores included; else the method's own.
            - within: seconds to spend, or text like "2s", setting up included. The time is used: the method's own
              tolerance and budget do not end it earlier, but those that are given do, and so does a next better
              estimate that would not be ready in time.
            - memory: bytes that one call of the model may take beyond what was there before, or text like "500MB" or
              "1GiB"; the batch is kept small enough. Where a single row takes more, it ends after the first. Without it
              a CPU's batches keep to the memory that is free.
            - average: how often each row is evaluated, for a model that answers differently to the same input.
            - seed: of sampling methods, 0 unless given.
            - baseline: the input in which every feature is absent, as the adapter reads it.
            - background: several such inputs.
            - regions: of a picture, what its features are; see `ImageClassifier.problem`.
            - layer: a module's name: attribute to what it returns instead of to the input; see `xw.layers`.
            - units: "channels" for one value for each unit of the layer.
            - neuron: explain this unit of the layer instead of the score: its number, or its index on every axis. With
              "conductance": what of the score flows through it.
            - the method's own options.

    Raises:
        MethodError: the method is unknown, does not fit the model, or lacks an option.
    """
    explainable = adapter(model)
    asked = requested(explainable, method, request)
    return Job(lambda _: asked.begin(explainable, x, target), asked.limits, supersede=supersede, on_update=on_update)


def explain(model: Explainable, x: Any, **request: Any) -> Explanation:
    """Explain, and wait for the result; takes what `start` takes.

    Raises:
        XaiError: in one sentence what was wrong with the input, the target, the method or the model.
    """
    return start(model, x, **request).result()


def adapter(model: Any) -> Explainable:
    """The model, refused when it is no adapter.

    Raises:
        InputError: it is something else.
    """
    if not isinstance(model, Explainable):
        msg = (
            f"A {type(model).__name__} was given where an adapter is needed; wrap it first, "
            "for example xw.TextClassifier(model, tokenizer)."
        )
        raise InputError(msg)
    return model
