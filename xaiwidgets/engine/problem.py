"""A problem: what is to be explained, with up to six faces that estimators work on."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from xaiwidgets.explanation import Outputs, Target


@dataclass(frozen=True, kw_only=True)
class Game:
    """The model with only some of its features present.

    Attributes:
        values: maps coalitions, bool [B, n] (True = present), to the target's score, float [B].
            The full coalition scores the input itself, the empty one the baseline.
        players: n, the number of features.
        whole: the full coalition's score, known from setting the problem up.
        positions: where each feature lies, float [n, d]: a token's place, a region's row and column; None where the
            order means nothing, as in a table. Windows and trees need it.
    """

    values: Callable[[Tensor], Tensor]
    players: int
    whole: float
    positions: Tensor | None = None


@dataclass(frozen=True, kw_only=True)
class Pictured:
    """What a field's point is a picture of.

    Attributes:
        pixels: what the model sees, uint8 [H, W, 3] on the CPU.
        black: a black picture as the field's point, float [C, H, W].
        white: a white one.
    """

    pixels: Tensor
    black: Tensor
    white: Tensor


@dataclass(frozen=True, kw_only=True)
class Field:
    """The model on a continuous input: embeddings, pixels, columns.

    Attributes:
        point: the input, float [...], on the model's device.
        baseline: the input with every feature absent, same shape, dtype and device.
        value_and_grad: maps points, float [B, ...], to the target's score, float [B], and its
            gradient at each point, float [B, ...].
        by_feature: sums an array of contributions, float [..., *point.shape], into features, float [..., n].
        background: other inputs that stand for "absent", float [K, *point.shape], or None where none were given.
        drawn: sums the same into a map to look at, float [..., h, w], finer than the features; None where the input is
            no picture.
        picture: what it is a picture of, or None.
    """

    point: Tensor
    baseline: Tensor
    value_and_grad: Callable[[Tensor], tuple[Tensor, Tensor]]
    by_feature: Callable[[Tensor], Tensor]
    background: Tensor | None = None
    drawn: Callable[[Tensor], Tensor] | None = None
    picture: Pictured | None = None


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A module inside the model, seen along the continuous input.

    Attributes:
        run: maps points, float [B, ...] as the field's, to the target's score, float [B], the module's output, float
            [B, *shape], and the score's gradient there, same shape.
        by_feature: sums contributions, float [..., *shape], into features, float [..., n].
        module: the module itself, or None for the input.
        drawn: sums the same into the cells of a map, float [..., h, w], where these lie over a picture, else None.
    """

    run: Callable[[Tensor], tuple[Tensor, Tensor, Tensor]]
    by_feature: Callable[[Tensor], Tensor]
    module: nn.Module | None = None
    drawn: Callable[[Tensor], Tensor] | None = None


@dataclass(frozen=True, kw_only=True)
class Inside:
    """The torch module itself, for what looks at its layers or changes how it goes backward.

    Attributes:
        module: as the user gave it. Whoever hooks it takes the hooks off again.
        score: runs it on points, float [B, ...] as the field's, and gives the target's score, float [B], differentiable
            from any layer. It neither changes the grad mode nor the train flags: call it inside `evaluating()`.
        evaluating: a context in which the module is in eval mode and ours alone.
        field: the same problem's continuous input.
        elementwise: modules that apply one function to each element, but write it out in several steps.
        layer: the module inside that was asked about, or None.
    """

    module: nn.Module
    score: Callable[[Tensor], Tensor]
    evaluating: Callable[[], AbstractContextManager[None]]
    field: Field
    elementwise: tuple[nn.Module, ...] = ()
    layer: Layer | None = None


@dataclass(frozen=True, kw_only=True)
class Attention:
    """What a transformer's tokens attend to.

    Attributes:
        run: maps points, float [B, ...] as the field's, to the target's score, float [B], the attention weights of
            every layer in the order in which they ran, each float [B, H, T, T] with rows that sum to 1 (row i says
            what token i looks at), and the score's gradient at each of them.
        point: the input, as the field's.
        by_token: sums what T tokens were given, float [..., T], into features, float [..., n].
        drawn: the same as a map, float [..., h, w], where the tokens are the patches of a picture, else None.
    """

    run: Callable[[Tensor], tuple[Tensor, tuple[Tensor, ...], tuple[Tensor, ...]]]
    point: Tensor
    by_token: Callable[[Tensor], Tensor]
    drawn: Callable[[Tensor], Tensor] | None = None


@dataclass(frozen=True, kw_only=True)
class Maps:
    """A layer's feature maps: cells that lie over a picture, h × w of them.

    Attributes:
        layer: the module's name.
        read: maps points, float [B, ...] as the field's, to the feature maps, float [B, C, h, w].
        run: maps points to the target's score, float [B], the feature maps, and the score's gradient there.
        point: the input, as the field's.
        by_cell: sums what the cells were given, float [..., h, w], into features, float [..., n], by area.
        veil: the same picture under a veil, or None.
    """

    layer: str
    read: Callable[[Tensor], Tensor]
    run: Callable[[Tensor], tuple[Tensor, Tensor, Tensor]]
    point: Tensor
    by_cell: Callable[[Tensor], Tensor]
    veil: Veil | None = None


@dataclass(frozen=True, kw_only=True)
class Veil:
    """A picture that shows through a veil, pixel by pixel more or less.

    Attributes:
        values: maps veils, float [B, h, w] from 0 (the baseline) to 1 (the picture), to the target's score, float [B].
            They are laid over the picture's H × W pixels bilinearly.
        size: H and W.
        whole: the score without a veil.
        by_pixel: averages a map, float [..., H, W], over each feature, float [..., n].
        absent: what there is behind a whole veil, uint8 [H, W, 3].
        behind: what the model says and sees behind one veil, float [h, w]: all its scores, the target's score, and the
            picture, uint8 [H, W, 3].
    """

    values: Callable[[Tensor], Tensor]
    size: tuple[int, int]
    whole: float
    by_pixel: Callable[[Tensor], Tensor]
    absent: Tensor
    behind: Callable[[Tensor], tuple[Outputs, float, Tensor]]


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
        inside: the module itself, or None.
        attention: the attention face, or None.
        maps: the feature maps of a layer, or None.
        veil: the picture under a veil, or None.
        parameters: what of the request made this problem: a layer, a neuron.
        opaque: nothing is known of how the model finds its scores, so that it is asked for one of them twice.
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
    inside: Inside | None = None
    attention: Attention | None = None
    maps: Maps | None = None
    veil: Veil | None = None
    parameters: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    opaque: bool = False
    evaluations: int = 1
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    provenance: Callable[[], Mapping[str, str]] = dict

    @property
    def faces(self) -> frozenset[str]:
        """The names of the faces that are there."""
        there = {
            name for name in ("game", "field", "inside", "attention", "maps", "veil") if getattr(self, name) is not None
        }
        placed = self.game is not None and self.game.positions is not None
        return frozenset(there | {"positions"} if placed else there)
