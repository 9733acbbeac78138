"""A problem: what is to be explained, with up to three faces that estimators work on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from xaiwidgets.explanation import Outputs, Target


@dataclass(frozen=True, kw_only=True)
class Game:
    """The model with only some of its features present.

    Attributes:
        values: maps coalitions, bool [B, n] (True = present), to the target's score, float [B].
            The full coalition scores the input itself, the empty one the baseline.
        players: n, the number of features.
        whole: the full coalition's score, known from setting the problem up.
    """

    values: Callable[[Tensor], Tensor]
    players: int
    whole: float


@dataclass(frozen=True, kw_only=True)
class Field:
    """The model on a continuous input: embeddings, pixels, columns.

    Attributes:
        point: the input, float [...], on the model's device.
        baseline: the input with every feature absent, same shape, dtype and device.
        value_and_grad: maps points, float [B, ...], to the target's score, float [B], and its
            gradient at each point, float [B, ...].
        by_feature: sums an array of contributions, float [..., *point.shape], into features, float [..., n].
    """

    point: Tensor
    baseline: Tensor
    value_and_grad: Callable[[Tensor], tuple[Tensor, Tensor]]
    by_feature: Callable[[Tensor], Tensor]


@dataclass(frozen=True, kw_only=True)
class Problem:
    """(model, input, target) as an estimator sees it.

    Attributes:
        features: the n features' names.
        input: how the features lie in the input: JSON values and numpy arrays, for whoever shows it.
        target: which output is explained.
        outputs: the model's scores for the input.
        output: the explained score of the input itself.
        game: the game face, or None.
        field: the field face, or None.
        evaluations: rows that went through the model to set the problem up.
        seconds: how long they took.
        notes: what a reader must know, one sentence each.
        provenance: computes what identifies the model: class, weights' fingerprint, versions.
    """

    features: tuple[str, ...]
    input: Mapping[str, Any]
    target: Target
    outputs: Outputs
    output: float
    game: Game | None = None
    field: Field | None = None
    evaluations: int = 1
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    provenance: Callable[[], Mapping[str, str]] = dict

    @property
    def faces(self) -> frozenset[str]:
        """The names of the faces that are there."""
        return frozenset(name for name in ("game", "field") if getattr(self, name) is not None)
