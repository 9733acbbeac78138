"""Integrated gradients through xw.explain against a bare torch loop over the same points in the same batches.

Both are timed in turn, A B A B …, and the median of the pairwise ratios is reported; aim ≤ 1.05.
"""

import statistics
import time
from collections.abc import Iterator

import torch

import xaiwidgets as xw
from xaiwidgets import samples

ROUNDS = 15


def measure() -> Iterator[str]:
    """Rows of the table."""
    torch.set_num_threads(1)
    yield _compare(
        "MiniLM + sentiment head", samples.sentiment(), "A gripping film with a wonderful cast and a dull end."
    )
    yield _compare("SmolLM2 30×9", samples.smollm2(), "The capital of France is")


def _compare(name: str, adapter: object, text: str) -> str:
    request = {"method": "integrated_gradients", "tolerance": 1e-9, "budget": 40}
    xw.explain(adapter, text, **request)
    ratios, ours, bare = [], [], []
    for _ in range(ROUNDS):
        batches, path = _recorded(adapter, text, request)
        start = time.perf_counter()
        _bare(adapter, text, batches, path)
        middle = time.perf_counter()
        explanation = xw.explain(adapter, text, **request)
        end = time.perf_counter()
        ours.append(end - middle)
        bare.append(middle - start)
        ratios.append(ours[-1] / bare[-1])
    return (
        f"{name}: {explanation.evaluations} evaluations, xw.explain {statistics.median(ours) * 1e3:.0f} ms, bare loop "
        f"{statistics.median(bare) * 1e3:.0f} ms, ratio {statistics.median(ratios):.3f} "
        f"(min {min(ratios):.3f}, max {max(ratios):.3f}, {ROUNDS} pairs)"
    )


def _recorded(adapter, text, request):
    """The batches that the engine sends, by watching one run."""
    batches, path = [], []
    plain = adapter.problem

    def problem(x, target=None):
        made = plain(x, target)
        field = made.field

        def watched(points):
            batches.append(len(points))
            return field.value_and_grad(points)

        path.append(field)
        object.__setattr__(made, "field", type(field)(**{**vars(field), "value_and_grad": watched}))
        return made

    adapter.problem = problem
    try:
        xw.explain(adapter, text, **request)
    finally:
        del adapter.problem
    return batches, path[0]


def _bare(adapter, text, batches, path):
    """What one writes by hand: embeddings on the line, autograd, a weighted sum."""
    model = adapter.model
    ids = torch.tensor([adapter.tokenizer(text)["input_ids"]])
    causal = isinstance(adapter, xw.CausalLM)
    extra = {"use_cache": False, "logits_to_keep": 1} if causal else {}

    def scores(out):
        return out.logits[:, -1].float().log_softmax(-1) if causal else out.logits

    with torch.no_grad():
        best = scores(model(input_ids=ids, attention_mask=torch.ones_like(ids), **extra))[0].argmax()
    done, total = 0, torch.zeros(path.point.shape[0])
    for size in batches:
        alphas = torch.linspace(0, 1, sum(batches))[done : done + size, None, None]
        points = (path.baseline + alphas * (path.point - path.baseline)).requires_grad_()
        mask = torch.ones(points.shape[:2], dtype=torch.long)
        score = scores(model(inputs_embeds=points, attention_mask=mask, **extra))[:, best].sum()
        (gradient,) = torch.autograd.grad(score, points)
        total += (gradient * (path.point - path.baseline)).sum((0, 2)) / sum(batches)
        done += size
    return total
