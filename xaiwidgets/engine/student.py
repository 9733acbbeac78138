"""Quantiles of Student's t, for bands from few samples."""

from __future__ import annotations

import math
from functools import lru_cache


@lru_cache(maxsize=512)
def t_quantile(degrees: int, coverage: float = 0.95) -> float:
    """The t with P(|T| < t) = coverage at an integer number of degrees of freedom.

    Bisection on the closed forms of Abramowitz & Stegun 26.7.3–4.
    """
    low, high = 0.0, math.pi / 2
    for _ in range(60):
        middle = (low + high) / 2
        if _within(middle, degrees) < coverage:
            low = middle
        else:
            high = middle
    return math.tan(low) * math.sqrt(degrees)


def _within(theta: float, degrees: int) -> float:
    sine, cosine = math.sin(theta), math.cos(theta)
    if degrees % 2:
        term, total = cosine, (cosine if degrees > 1 else 0.0)
        for k in range(3, degrees - 1, 2):
            term *= cosine * cosine * (k - 1) / k
            total += term
        return 2 / math.pi * (theta + sine * total)
    term = total = 1.0
    for k in range(2, degrees - 1, 2):
        term *= cosine * cosine * (k - 1) / k
        total += term
    return sine * total
