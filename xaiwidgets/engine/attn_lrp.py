"""Layer-wise relevance propagation through transformers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from threading import get_ident
from typing import Any

import torch
from torch import Tensor, nn

from xaiwidgets.engine.answers import finite_gradients
from xaiwidgets.engine.estimate import Estimate
from xaiwidgets.engine.fine_map import fine_map
from xaiwidgets.engine.gradients import wide
from xaiwidgets.engine.method import Method
from xaiwidgets.engine.pace import Pace
from xaiwidgets.engine.problem import Inside
from xaiwidgets.engine.relevance_rules import RelevanceRules, passed_on, refuse_custom_functions
from xaiwidgets.errors import MethodError


def attn_lrp(inside: Inside, pace: Pace) -> Iterator[Estimate]:
    """AttnLRP: the score is handed down layer by layer, and each function passes it on to its inputs by a rule.

    Achtibat et al. 2024, "AttnLRP: Attention-Aware Layer-wise Relevance Propagation for Transformers"; the rules are in
    `relevance_rules.py`. One forward and one backward pass. There is no baseline: the score itself is handed out, less
    what biases, the softmax of the attention (whose expansion has a bias, eq. 12) and special tokens keep. Of a
    log-probability the logit is explained, since what it is normalised by is a constant here.

    Raises:
        MethodError: the model passes its relevance through a function without a rule.
    """
    relevance, normalised = pace(1, _relevance, inside)
    values = inside.field.by_feature(relevance).cpu().double()
    yield Estimate(
        values=values,
        error=torch.zeros_like(values),
        kind="exact",
        relative_error=0.0,
        needs=0,
        details={
            "special_tokens": float(relevance.double().sum() - values.sum()),
            **fine_map(inside.field.drawn, relevance),
        },
        notes=(_LOGIT,) if normalised else (),
    )


_LOGIT = "Relevance is handed down from the logit: what turns it into a log-probability is taken as a constant."


def _relevance(inside: Inside) -> tuple[Tensor, bool]:
    """Input × modified gradient, float32 or wider, in the shape of the input; and whether it starts at a logit."""
    point = inside.field.point
    with inside.evaluating(), torch.enable_grad(), ExitStack() as hooks:
        for module in inside.elementwise:
            hooks.callback(module.register_forward_hook(_as_a_whole(get_ident())).remove)
        leaf = point[None].detach().requires_grad_(True)
        with RelevanceRules(leaf) as rules:
            score = inside.score(leaf)
        if not score.requires_grad:
            raise MethodError("The score passes no relevance back to the input; 'attn_lrp' cannot explain this model.")
        refuse_custom_functions(score)
        (gradient,) = torch.autograd.grad(score.sum(), leaf)
    return wide(finite_gradients(gradient)[0]) * wide(point), rules.normalised


def _as_a_whole(thread: int) -> Any:
    """A hook that treats a module as one element-wise function, in this thread only: others may share the module."""

    def hook(_: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor | None:
        return passed_on(inputs[0], output) if get_ident() == thread else None

    return hook


METHODS = (Method(name="attn_lrp", face="inside", estimates=attn_lrp),)
