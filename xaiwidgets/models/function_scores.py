"""What any function of inputs returned, as scores."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from xaiwidgets.errors import ModelError


def function_scores(returned: Any, count: int, what: str, *, outputs: int | None = None) -> Tensor:
    """The scores, float64 [count, C] on the CPU.

    Args:
        returned: by the function.
        count: how many inputs it was given.
        what: what they are, one of them: "text".
        outputs: C as it was before; None: not known yet.

    Raises:
        ModelError: they are no numbers, or not a row of C for each.
    """
    if hasattr(returned, "detach"):
        returned = returned.detach().cpu().double()
    try:
        scores = torch.as_tensor(np.asarray(returned, dtype=np.float64))
    except (TypeError, ValueError) as problem:
        msg = f"The function returned a {type(returned).__name__} that is no array of numbers; return scores [B, C]."
        raise ModelError(msg) from problem
    if scores.dim() != 2 or len(scores) != count or not scores.shape[1]:
        msg = (
            f"The function returned shape {tuple(scores.shape)} for {count} {what}s; "
            f"return one row of scores for each, shape [{count}, C]."
        )
        raise ModelError(msg)
    if outputs is not None and scores.shape[1] != outputs:
        msg = (
            f"The function returned {scores.shape[1]} scores for a {what} after it had returned {outputs} for "
            f"another; return as many for every {what}."
        )
        raise ModelError(msg)
    return scores
