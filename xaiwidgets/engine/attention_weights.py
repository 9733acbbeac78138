"""Reading a transformer's attention weights as it runs, with their gradients, without touching the model.

Torch's own function mode sees every torch function that this thread calls. Under it a fused attention is computed step
by step, and a softmax over [B, H, T, T] is what an unfused one makes of its weights. So the weights are there whatever
the model's attention implementation, for modules that run several times too, and other threads notice nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from xaiwidgets.engine.multi_head import multi_head_attention
from xaiwidgets.engine.problem import Attention, Inside
from xaiwidgets.errors import MethodError

SOFTMAX = {functional.softmax, torch.softmax, Tensor.softmax}


def attention_of(
    inside: Inside, by_token: Callable[[Tensor], Tensor], drawn: Callable[[Tensor], Tensor] | None = None
) -> Attention:
    """The attention face of a problem.

    Args:
        inside: the module.
        by_token: sums what T tokens were given, float [..., T], into features, float [..., n].
        drawn: the same as a map, where the tokens are the patches of a picture.
    """

    def run(points: Tensor) -> tuple[Tensor, tuple[Tensor, ...], tuple[Tensor, ...]]:
        with inside.evaluating(), torch.enable_grad():
            # The input needs a gradient only so that the weights have one, even where the parameters are frozen.
            leaf = points.detach().requires_grad_(True)
            with _Reading(len(points)) as reading:
                scores = inside.score(leaf)
            weights = reading.weights
            if not weights:
                raise MethodError(
                    "The model ran without attention weights that torch can show; load it with "
                    "attn_implementation='sdpa' or 'eager', or choose a method that needs none."
                )
            if len({layer.shape[2] for layer in weights}) > 1:
                raise MethodError(
                    "The model's layers attend to different numbers of tokens, which cannot be followed from one to "
                    "the next; choose a method that needs no attention weights."
                )
            gradients = torch.autograd.grad(scores.sum(), weights, allow_unused=True, materialize_grads=True)
        return scores.detach(), tuple(layer.detach() for layer in weights), gradients

    return Attention(run=run, point=inside.field.point, by_token=by_token, drawn=drawn)


class _Reading(TorchFunctionMode):
    """Keeps the attention weights, [B, H, T, T], of every layer that runs while it is on."""

    def __init__(self, rows: int) -> None:
        super().__init__()
        self.weights: list[Tensor] = []
        self._rows = rows

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if func is functional.multi_head_attention_forward:
            with self:
                spelled_out = multi_head_attention(*args, **(kwargs or {}))
            if spelled_out is not None:
                return spelled_out
        if func is functional.scaled_dot_product_attention:
            weights = attention_weights(*args, **(kwargs or {}))
            value = _argument(args, kwargs, 2, "value")
            self._keep(weights)
            return weights.to(value.dtype) @ _for_each_head(value, weights.shape[1] if weights.dim() == 4 else None)
        out = func(*args, **(kwargs or {}))
        if func in SOFTMAX and out.dim() == 3 and len(out) % self._rows == 0:
            # Rows and heads on one axis, [B·H, T, T]: taken apart for us and put together again for the model.
            apart = out.reshape(self._rows, -1, *out.shape[1:])
            self._keep(apart)
            return apart.flatten(0, 1)
        if func in SOFTMAX:
            self._keep(out)
        return out

    def _keep(self, weights: Tensor) -> None:
        if weights.dim() == 4 and len(weights) == self._rows and weights.shape[2] == weights.shape[3]:
            self.weights.append(weights)


def attention_weights(  # noqa: PLR0917 - these are the arguments of torch's fused attention
    query: Tensor,
    key: Tensor,
    value: Tensor,  # noqa: ARG001
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,  # noqa: ARG001 - the model is in eval mode
    is_causal: bool = False,  # noqa: FBT001, FBT002
    scale: float | None = None,
    enable_gqa: bool = False,  # noqa: ARG001, FBT001, FBT002 - keys are repeated where there are fewer
) -> Tensor:
    """The weights that `torch.nn.functional.scaled_dot_product_attention` applies to the values.

    Args:
        query: float [..., H, T, d].
        key: float [..., H or fewer, S, d].
        value: not used.
        attn_mask: bool (True = looked at) or float (added), broadcast to [..., H, T, S].
        dropout_p: not used.
        is_causal: whether a token looks only at itself and those before.
        scale: of the products; None: 1/√d.
        enable_gqa: not used.

    Returns:
        float32 or wider [..., H, T, S]; each row sums to 1.
    """
    heads = query.shape[-3] if query.dim() > 3 else None
    products = query @ _for_each_head(key, heads).transpose(-2, -1)
    products = products * (1 / math.sqrt(query.shape[-1]) if scale is None else scale)
    products = products.to(torch.promote_types(products.dtype, torch.float32))
    if is_causal:
        attn_mask = torch.ones(products.shape[-2:], dtype=torch.bool, device=query.device).tril()
    if attn_mask is not None:
        products = (
            products.masked_fill(~attn_mask, -math.inf) if attn_mask.dtype == torch.bool else products + attn_mask
        )
    return products.softmax(-1)


def _for_each_head(keys: Tensor, heads: int | None) -> Tensor:
    """Keys or values repeated where several queries share them."""
    if heads is None or keys.shape[-3] == heads:
        return keys
    return keys.repeat_interleave(heads // keys.shape[-3], -3)


def _argument(args: tuple[Any, ...], kwargs: dict[str, Any] | None, place: int, name: str) -> Tensor:
    given: Tensor = args[place] if len(args) > place else (kwargs or {})[name]
    return given
