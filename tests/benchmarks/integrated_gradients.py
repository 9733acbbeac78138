"""Integrated gradients: evaluations to a true error of 1 %, claimed against true error, and Captum at as many.

Text: 20 (text, target) pairs on MiniLM with a sentiment head; the truth is Captum with 200 Gauss–Legendre steps.
Pictures: three photographs on EfficientNet-lite0, from black; the truth is a trapezoidal sum of 2049 gradients.
"""

import statistics
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from captum.attr import IntegratedGradients

from tests.oracle.closed import Given
from tests.oracle.test_integrated_gradients_captum import TEXTS
from xaiwidgets import samples
from xaiwidgets.engine.explain import start
from xaiwidgets.engine.problem import Field, Problem

PICTURES = ("chelsea", "coffee", "rocket")
RULES = ("gausslegendre", "riemann_middle", "riemann_trapezoid")
AT = (17, 33, 65, 129)


def measure() -> Iterator[str]:
    """Rows of the table."""
    torch.set_num_threads(1)
    sentiment, efficientnet = samples.sentiment(), samples.efficientnet()
    texts = [sentiment.problem(text, target) for text in TEXTS for target in ("negative", "positive")]
    yield from _compare("text", texts, lambda field: _captums(field, 200, "gausslegendre"))
    pictures = [efficientnet.problem(samples.picture(name)) for name in PICTURES]
    yield from _compare("picture", pictures, lambda field: _dense(field, 2048))


def _compare(kind: str, problems: list[Problem], truth_of: Callable[[Field], np.ndarray]) -> Iterator[str]:
    to_one, claimed_one, ratios = [], [], []
    ours: dict[int, list[float]] = {count: [] for count in AT}
    theirs: dict[tuple[str, int], list[float]] = {(rule, count): [] for rule in RULES for count in AT}
    for problem in problems:
        assert problem.field is not None
        truth = truth_of(problem.field)
        seen = _run(problem)
        errors = [(count, _error(values, truth), claimed) for count, values, claimed in seen]
        to_one.append(next((count for count, error, _ in errors if error <= 0.01), None))
        claimed_one.append(next((count for count, _, claimed in errors if claimed <= 0.01), None))
        ratios += [claimed / error for _, error, claimed in errors if np.isfinite(claimed) and error > 1e-5]
        for count in AT:
            ours[count].append([error for spent, error, _ in errors if spent <= count][-1])
            for rule in RULES:
                theirs[rule, count].append(_error(_captums(problem.field, count, rule), truth))
    yield f"{kind}: {len(problems)} cases; true error ≤ 1 % after {_told(to_one)} evaluations"
    yield f"{kind}: claimed error ≤ 1 % after {_told(claimed_one)} evaluations"
    low = float(np.mean(np.array(ratios) < 0.5))
    yield (
        f"{kind}: claimed / true error over all {len(ratios)} estimates: median {statistics.median(ratios):.1f}, "
        f"5 % quantile {np.quantile(ratios, 0.05):.2f}, below half in {100 * low:.1f} %"
    )
    for count in AT:
        best = min(RULES, key=lambda rule: statistics.median(theirs[rule, count]))
        shown = ", ".join(f"{rule} {_shares(theirs[rule, count])}" for rule in RULES)
        ratio = statistics.median(theirs[best, count]) / statistics.median(ours[count])
        yield (
            f"{kind}: {count:3d} evaluations, true error median/most: ours {_shares(ours[count])}; Captum {shown}; "
            f"best of Captum's / ours {ratio:.2g}"
        )


def _run(problem: Problem) -> list[tuple[int, np.ndarray, float]]:
    """(evaluations, values, claimed error) of every estimate; the gradient evaluations alone are counted."""
    seen: list[tuple[int, np.ndarray, float]] = []
    free = replace(problem, evaluations=0)

    def keep(job: Any) -> None:
        e = job.explanation
        if e is not None and (not seen or e.evaluations > seen[-1][0]):
            seen.append((e.evaluations, e.values, e.relative_error))

    start(Given(free), None, method="integrated_gradients", tolerance=1e-7, budget=max(AT), on_update=keep).result()
    return seen


def _captums(field: Field, count: int, rule: str) -> np.ndarray:
    """The attributions by feature from Captum with `count` evaluations."""

    class Score(torch.autograd.Function):
        @staticmethod
        def forward(context: Any, points: torch.Tensor) -> torch.Tensor:
            values, gradients = field.value_and_grad(points)
            context.save_for_backward(gradients)
            return values.float()

        @staticmethod
        def backward(context: Any, upstream: torch.Tensor) -> torch.Tensor:
            (gradients,) = context.saved_tensors
            return gradients * upstream.reshape(-1, *[1] * field.point.dim()).to(gradients)

    method = IntegratedGradients(Score.apply)
    made = method.attribute(
        field.point[None], baselines=field.baseline[None], n_steps=count, method=rule, internal_batch_size=8
    )
    return field.by_feature(made.detach().double())[0].numpy()


def _dense(field: Field, intervals: int) -> np.ndarray:
    """A trapezoidal sum of the same gradients. Captum's own weights would add up to less than 1."""
    difference = field.point - field.baseline
    weights = torch.full((intervals + 1,), 1.0 / intervals, dtype=torch.float64)
    weights[[0, -1]] /= 2
    total = torch.zeros(())
    for alphas, shares in zip(torch.linspace(0, 1, intervals + 1).split(8), weights.split(8), strict=True):
        along = alphas.reshape(-1, *[1] * field.point.dim())
        _, gradients = field.value_and_grad(field.baseline + along * difference)
        total = total + (shares[:, None] * field.by_feature(gradients * difference).double()).sum(0)
    return total.numpy()


def _error(values: np.ndarray, truth: np.ndarray) -> float:
    return float(np.abs(values - truth).sum() / np.abs(truth).sum())


def _told(counts: list[int | None]) -> str:
    known = [count for count in counts if count is not None]
    if len(known) <= len(counts) / 2:
        return f"more than {max(AT)} (in {len(counts) - len(known)} of {len(counts)})"
    return f"a median of {statistics.median(known):.0f} (most {max(known)}, {len(known)} of {len(counts)} cases)"


def _shares(errors: list[float]) -> str:
    return f"{100 * statistics.median(errors):.2g}/{100 * max(errors):.2g} %"
