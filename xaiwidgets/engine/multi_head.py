"""Torch's own multi-head attention spelled out in functions that a function mode can see."""

from __future__ import annotations

import inspect
import math
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional


def multi_head_attention(*args: Any, **kwargs: Any) -> tuple[Tensor, Tensor | None] | None:
    """What `torch.nn.functional.multi_head_attention_forward` computes of the same arguments, in eval mode.

    Returns:
        The output, float [T, B, E] or [T, E], and the weights that were asked for, [B, H, T, S], [H, T, S] or their
        mean over the H heads, or None; None in all for the rarer options: added keys and values that come from outside.
    """
    bound = inspect.signature(functional.multi_head_attention_forward).bind(*args, **kwargs)
    bound.apply_defaults()
    given = bound.arguments
    if any(given[name] is not None for name in ("bias_k", "bias_v", "static_k", "static_v")) or given["add_zero_attn"]:
        return None
    inputs, padding = [given[name] for name in ("query", "key", "value")], given["key_padding_mask"]
    alone = inputs[0].dim() == 2
    if alone:
        inputs = [part.unsqueeze(1) for part in inputs]
        padding = None if padding is None else padding[None]
    query, key, value = (
        # [T, B, E] → [B, H, T, E/H]
        functional.linear(part, weight, bias).reshape(*part.shape[:2], given["num_heads"], -1).permute(1, 2, 0, 3)
        for part, weight, bias in zip(inputs, *_projections(given), strict=True)
    )
    mask = _mask(given["attn_mask"], padding, query)
    weights = None
    if given["need_weights"]:
        products = query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])
        weights = (products if mask is None else products + mask).softmax(-1)
        out = weights @ value
        weights = weights.mean(1) if given["average_attn_weights"] else weights
        weights = weights[0] if alone else weights
    else:
        out = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
    out = functional.linear(out.permute(2, 0, 1, 3).flatten(-2), given["out_proj_weight"], given["out_proj_bias"])
    return out[:, 0] if alone else out, weights


def _projections(given: dict[str, Any]) -> tuple[list[Tensor], list[Tensor | None]]:
    """The weights and biases that make queries, keys and values."""
    names = ("q_proj_weight", "k_proj_weight", "v_proj_weight")
    weights = [given[name] for name in names] if given["use_separate_proj_weight"] else given["in_proj_weight"].chunk(3)
    bias = given["in_proj_bias"]
    return list(weights), [None] * 3 if bias is None else list(bias.chunk(3))


def _mask(looks: Tensor | None, padding: Tensor | None, query: Tensor) -> Tensor | None:
    """What is added to the products, broadcast to [B, H, T, S]; here True means: not looked at.

    Args:
        looks: [T, S] or [B·H, T, S], or None.
        padding: [B, S], or None.
        query: float [B, H, T, d].
    """
    parts = []
    if looks is not None:
        parts.append(looks.reshape(*query.shape[:2], *looks.shape[1:]) if looks.dim() == 3 else looks)
    if padding is not None:
        parts.append(padding[:, None, None])
    added = [
        torch.zeros_like(part, dtype=query.dtype).masked_fill(part, -math.inf) if part.dtype == torch.bool else part
        for part in parts
    ]
    return sum(added[1:], added[0]) if added else None
