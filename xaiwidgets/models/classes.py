"""Which class is explained, and what all the classes score: the same for every classifier."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from xaiwidgets.errors import InputError
from xaiwidgets.explanation import Outputs, Target
from xaiwidgets.models.targets import class_outputs, finite_outputs, index_among, resolve


def choose_class(
    scores: Tensor, labels: Sequence[str], target: Any, *, several: bool = False
) -> tuple[Target, Outputs]:
    """The target that was asked for among a classifier's scores, and the scores to show.

    Args:
        scores: of one input, float [C].
        labels: C names; none: "0", "1", …
        target: None (the highest), a name, a number, or a pair of them.
        several: whether several classes can be true at once, so that each has a probability of its own.

    Raises:
        InputError: the labels are not as many as the scores. TargetError: no such class. ModelError: not finite.
    """
    finite_outputs(scores)
    count = len(scores)
    names = tuple(labels) or tuple(str(i) for i in range(count))
    if len(names) != count:
        msg = f"{len(names)} labels were given for a model with {count} outputs; give one for each."
        raise InputError(msg)
    single = count == 1
    probabilities = None if single else scores.sigmoid() if several else scores.softmax(0)
    chosen = resolve(
        target,
        index_of=lambda asked: index_among(asked, names),
        name_of=lambda index: names[index],
        best=int(torch.argmax(scores)),
        unit="score" if single else "logit",
    )
    return chosen, class_outputs(scores, names, kind="score" if single else "class", probabilities=probabilities)


def choose_score(scores: Tensor, labels: Sequence[str], target: Any) -> tuple[Target, Outputs]:
    """The target that was asked for among the scores of a black box, which may be logits, shares or anything.

    Args:
        scores: of one input, float [C]; taken for probabilities when they are none below 0 and add up to 1.
        labels: C names; none: "0", "1", …
        target: None (the highest), a name, a number, or a pair of them.

    Raises:
        InputError: the labels are not as many as the scores. TargetError: no such output. ModelError: not finite.
    """
    finite_outputs(scores)
    names = tuple(labels) or tuple(str(i) for i in range(len(scores)))
    if len(names) != len(scores):
        msg = f"{len(names)} labels were given for a function that returns {len(scores)} scores; give one for each."
        raise InputError(msg)
    chosen = resolve(
        target,
        index_of=lambda asked: index_among(asked, names),
        name_of=lambda index: names[index],
        best=int(torch.argmax(scores)),
        unit="score",
    )
    shares = bool((scores >= 0).all()) and len(scores) > 1 and abs(float(scores.sum()) - 1) < 1e-3
    kind = "class" if shares else "score"
    return chosen, class_outputs(scores, names, kind=kind, probabilities=scores if shares else None)
