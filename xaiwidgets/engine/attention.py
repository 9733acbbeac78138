"""Attributions from what a transformer's tokens attend to, layer after layer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import torch
from torch import Tensor

from xaiwidgets.engine.answers import finite, finite_gradients
from xaiwidgets.engine.estimate import Estimate
from xaiwidgets.engine.fine_map import fine_map
from xaiwidgets.engine.method import Method
from xaiwidgets.engine.pace import Pace
from xaiwidgets.engine.problem import Attention

_SINK = 0.99
_SUNK = (
    "Nearly all of the flow ends at one token, as it does where most heads rest on an attention sink; the other values "
    "tell little."
)


def attention_rollout(attention: Attention, pace: Pace) -> Iterator[Estimate]:
    """How much of each token the attention layers carry to where the score is read, whatever the score is.

    Abnar & Zuidema 2020, "Quantifying Attention Flow in Transformers": each layer's weights, averaged over heads and
    with half of the residual path, ½A + ½I, are multiplied through. The rows that the score reads (the classification
    token's, the last token's, or all of them under mean pooling) are found by its gradient at the last layer's weights,
    and averaged.
    """
    weights, gradients = weights_and_gradients(attention, pace)
    flow = torch.eye(weights[0].shape[-1], dtype=torch.float64)
    for layer in weights:
        flow = with_residual(layer.double().mean(0)) @ flow
    tokens = _read_rows(flow, gradients[-1])
    sunk = len(tokens) > 1 and float(tokens.max()) > _SINK
    yield _of_tokens(attention, tokens, notes=(_SUNK,) if sunk else ())


def attention_relevance(attention: Attention, pace: Pace) -> Iterator[Estimate]:
    """How much of each token the attention layers carry to the score, each head weighed by what it does for the score.

    Chefer, Gur & Wolf 2021, "Generic Attention-model Explainability", eqs. 5 and 6: R ← R + Ā R from R = I, where
    Ā = E_heads (∇A ⊙ A)⁺. The identity is taken off at the end, for it only says that each token contains itself. Rows
    are read as in `attention_rollout`.
    """
    weights, gradients = weights_and_gradients(attention, pace)
    *_, relevance = relevance_after(weights, gradients)
    tokens = _read_rows(relevance, gradients[-1])
    nothing = "No head's weights raise this score: every value is zero."
    yield _of_tokens(attention, tokens, notes=() if bool(tokens.any()) else (nothing,))


def weights_and_gradients(attention: Attention, pace: Pace) -> tuple[list[Tensor], list[Tensor]]:
    """Each layer's weights and the score's gradient there, float [H, T, T] on the CPU."""
    scores, weights, gradients = pace(1, attention.run, attention.point[None])
    finite(scores, 1, "score")
    return [layer[0].cpu() for layer in weights], [finite_gradients(layer)[0].cpu() for layer in gradients]


def with_residual(layer: Tensor) -> Tensor:
    """½A + ½I of a layer's weights A, averaged over heads, float [T, T]: half of a token stays where it is."""
    return layer / 2 + torch.eye(len(layer), dtype=layer.dtype) / 2


def relevance_after(weights: Iterable[Tensor], gradients: Iterable[Tensor]) -> Iterator[Tensor]:
    """R − I after each layer, float64 [T, T]; see `attention_relevance`.

    Args:
        weights: each layer's, float [H, T, T].
        gradients: the score's, at each of them.
    """
    relevance: Tensor | None = None
    for layer, gradient in zip(weights, gradients, strict=True):
        weighed = (layer.double() * gradient.double()).clamp(min=0).mean(0)
        # R − I grows by Ā R = Ā (R − I) + Ā.
        relevance = weighed if relevance is None else relevance + weighed @ relevance + weighed
        yield relevance


def _read_rows(flow: Tensor, gradient: Tensor) -> Tensor:
    """The mean of those rows of [T, T] that the score depends on, float [T]; all where it depends on none.

    Args:
        flow: float [T, T].
        gradient: the score's, at the last layer's weights, float [H, T, T].
    """
    read = gradient.abs().sum((0, 2)) > 0
    return flow[read].mean(0) if bool(read.any()) else flow.mean(0)


def _of_tokens(attention: Attention, tokens: Tensor, *, notes: tuple[str, ...]) -> Estimate:
    """The estimate that values of all T tokens make; what special tokens got is told aside."""
    given = tokens.float().to(attention.point.device)
    values = attention.by_token(given).cpu().double()
    return Estimate(
        values=values,
        error=torch.zeros_like(values),
        kind="exact",
        relative_error=0.0,
        needs=0,
        details={
            "special_tokens": float(tokens.sum() - values.sum()),
            **fine_map(attention.drawn, given),
        },
        notes=notes,
    )


METHODS = (
    Method(name="attention_rollout", face="attention", estimates=attention_rollout, signed=False),
    Method(name="attention_relevance", face="attention", estimates=attention_relevance, signed=False),
)
