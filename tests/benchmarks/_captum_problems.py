"""What Captum needs to explain the sample models as the adapters do: plain functions and tensors."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass
class Problem:
    """A model as functions to the target's score, float [B].

    Attributes:
        on_points: of the continuous input, float [B, ...].
        on_input: of the input itself: token ids, int64 [B, T], or pixels, float [B, C, H, W].
        point, base: the continuous input and its baseline, [1, ...].
        given, absent: the input and its baseline, [1, ...].
        regions: feature numbers, [1, ...].
        features: how many.
    """

    on_points: Callable[[Tensor], Tensor]
    on_input: Callable[[Tensor], Tensor]
    point: Tensor
    base: Tensor
    given: Tensor
    absent: Tensor
    regions: Tensor
    features: int


def sentence(adapter, text):
    """A text classifier's problem; [CLS] and [SEP] belong to no word and are one feature that is never absent."""
    model, tokenizer = adapter.model, adapter.tokenizer
    ids = torch.tensor([tokenizer(text)["input_ids"]])
    absent = ids.clone()
    absent[:, 1:-1] = tokenizer.mask_token_id
    field = adapter.problem(text).field
    with torch.no_grad():
        target = int(model(input_ids=ids).logits.argmax())
    regions = torch.arange(ids.shape[1])[None]
    return Problem(
        lambda points: model(inputs_embeds=points, attention_mask=torch.ones(points.shape[:2])).logits[:, target],
        lambda rows: model(input_ids=rows, attention_mask=torch.ones_like(rows)).logits[:, target],
        field.point[None],
        field.baseline[None],
        ids,
        absent,
        regions,
        ids.shape[1],
    )


def picture(adapter, image):
    """An image classifier's problem, on the adapter's own grid."""
    made = adapter.problem(image)
    point, base = made.field.point[None], made.field.baseline[None]
    with torch.no_grad():
        target = int(adapter.module(point).argmax())

    def score(pixels):
        return adapter.module(pixels)[:, target]

    regions = torch.from_numpy(made.input["regions"]).long()[None, None]
    return Problem(score, score, point, base, point, base, regions, len(made.features))
