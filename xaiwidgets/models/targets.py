"""Which output a user means: by name, by number, or as a contrast of two."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from difflib import get_close_matches
from typing import Any

import torch
from torch import Tensor

from xaiwidgets.errors import ModelError, TargetError
from xaiwidgets.explanation import Outputs, Target


def resolve(
    target: Any, *, index_of: Callable[[Any], int], name_of: Callable[[int], str], best: int, unit: str
) -> Target:
    """The target that was asked for.

    Args:
        target: None (the best), a name, a number, or a pair of them: why the first rather than the second.
        index_of: maps one name or number to an index, or raises TargetError.
        name_of: maps an index to its label.
        best: the index of the highest score.
        unit: of the scores.
    """
    if isinstance(target, (tuple, list)):
        if len(target) != 2:
            msg = f"target={target!r} has {len(target)} entries; a contrast is a pair: why the first, not the second."
            raise TargetError(msg)
        index, contrast = index_of(target[0]), index_of(target[1])
        if index == contrast:
            msg = f"target={target!r} sets an output against itself; give two different ones."
            raise TargetError(msg)
        return Target(name=name_of(index), index=index, contrast=name_of(contrast), contrast_index=contrast, unit=unit)
    index = best if target is None else index_of(target)
    return Target(name=name_of(index), index=index, unit=unit)


def index_among(target: Any, labels: Sequence[str]) -> int:
    """The index of a label or of a number.

    Raises:
        TargetError: when there is no such output.
    """
    if isinstance(target, str):
        if target in labels:
            return labels.index(target)
        lowered = [label.lower() for label in labels]
        if lowered.count(target.lower()) == 1:
            return lowered.index(target.lower())
        close = get_close_matches(target, labels, n=1)
        hint = f" (did you mean {close[0]!r}?)" if close else ""
        shown = ", ".join(repr(label) for label in labels[:8]) + (", …" if len(labels) > 8 else "")
        msg = f"target={target!r} is not one of the model's {len(labels)} outputs{hint}: choose from {shown}."
        raise TargetError(msg)
    if isinstance(target, bool) or not hasattr(target, "__index__"):
        msg = f"target={target!r} is a {type(target).__name__}; give an output's name or number, or a pair of them."
        raise TargetError(msg)
    index = target.__index__()
    if not -len(labels) <= index < len(labels):
        msg = f"target={index} was given, but the model has {len(labels)} outputs; give 0 to {len(labels) - 1}."
        raise TargetError(msg)
    return int(index) % len(labels)


def pick(scores: Tensor, target: Target) -> Tensor:
    """The explained score of each row: the target's, less the contrast's. float [B, C] → float [B]."""
    chosen = scores[:, target.index]
    return chosen if target.contrast_index is None else chosen - scores[:, target.contrast_index]


def class_outputs(scores: Tensor, labels: Sequence[str], *, kind: str, probabilities: Tensor | None) -> Outputs:
    """All of a classifier's scores, float [C], in the model's order."""
    return Outputs(
        kind=kind,
        labels=tuple(labels),
        ids=tuple(range(len(labels))),
        scores=tuple(scores.tolist()),
        probabilities=None if probabilities is None else tuple(probabilities.tolist()),
        total=len(labels),
    )


def finite_outputs(scores: Tensor) -> Tensor:
    """The scores, refused when any is NaN or infinite."""
    if not bool(torch.isfinite(scores).all()):
        raise ModelError(
            "The model returned a score that is NaN or infinite; check its weights, precision and this input."
        )
    return scores
