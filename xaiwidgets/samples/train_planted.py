"""Train the network of the planted pictures: `python -m xaiwidgets.samples.train_planted` (about two minutes).

One thread, so that the same versions on the same kind of processor give the same weights.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from xaiwidgets.samples.packages import need
from xaiwidgets.samples.planted_model import PlantedCNN
from xaiwidgets.samples.planted_pictures import LABELS, RECORD, WEIGHTS, normalised, planted_picture

SEED = 0
PICTURES = 12_000
FIRST = 1_000_000
"""The training pictures' first seed."""
FRESH = 2_000
"""Pictures to score it on: those of the seeds from 0."""
EPOCHS = 12
BATCH = 64
CELL = 8
"""The width of what is made black, in pixels."""


def pictures(seeds: Iterable[int]) -> tuple[Tensor, Tensor]:
    """Pictures, uint8 [N, 3, 64, 64], and their classes, int64 [N]."""
    made = [planted_picture(seed) for seed in seeds]
    stacked = torch.from_numpy(np.stack([each.picture for each in made])).permute(0, 3, 1, 2).contiguous()
    return stacked, torch.tensor([LABELS.index(each.label) for each in made])


def blacked_out(shown: Tensor) -> Tensor:
    """Pictures with a part of their cells black: of each another part, from none to four in five."""
    count, _, height, width = shown.shape
    cells = torch.rand(count, 1, height // CELL, width // CELL) < 0.8 * torch.rand(count, 1, 1, 1)
    black = cells.repeat_interleave(CELL, 2).repeat_interleave(CELL, 3)
    return shown.masked_fill(black, 0)


def train(shown: Tensor, classes: Tensor) -> nn.Module:
    """A fresh network, trained on pictures of which every other one has black parts."""
    torch.manual_seed(SEED)
    model = PlantedCNN(len(LABELS))
    optimiser = torch.optim.AdamW(model.parameters(), 1e-2, weight_decay=0.01)
    batches = len(classes) // BATCH
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 1e-2, epochs=EPOCHS, steps_per_epoch=batches)
    for _ in range(EPOCHS):
        for part in torch.split(torch.randperm(len(classes))[: batches * BATCH], BATCH):
            half = shown[part[: BATCH // 2]]
            pixels = torch.cat([half, blacked_out(shown[part[BATCH // 2 :]])])
            loss = functional.cross_entropy(model(normalised(pixels)), classes[part])
            optimiser.zero_grad()
            torch.autograd.backward(loss)
            optimiser.step()
            schedule.step()
    return model.eval()


def accuracy(model: nn.Module, shown: Tensor, classes: Tensor) -> float:
    """The share of pictures whose texture is named."""
    with torch.inference_mode():
        found = torch.cat([model(normalised(part)).argmax(1) for part in torch.split(shown, 500)])
    return round(float((found == classes).double().mean()), 4)


def main() -> None:
    """Train, score on fresh pictures as it is kept, and write the weights with their record."""
    need("safetensors")
    from safetensors.torch import load_file, save_file

    torch.set_num_threads(1)
    model = train(*pictures(range(FIRST, FIRST + PICTURES)))
    fresh = pictures(range(FRESH))
    exact = accuracy(model, *fresh)
    state = model.state_dict()
    save_file({name: value.half() if value.is_floating_point() else value for name, value in state.items()}, WEIGHTS)
    model.load_state_dict(load_file(WEIGHTS))
    record = {
        "data": f"{PICTURES} planted pictures, seeds from {FIRST}, half of them with black parts at every epoch",
        "seed": SEED,
        "torch": torch.__version__,
        "numpy": np.__version__,
        "weights": "float16",
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "epochs": EPOCHS,
        "fresh_pictures": FRESH,
        "fresh_accuracy": accuracy(model, *fresh),
        "fresh_accuracy_in_float32": exact,
        "fresh_accuracy_with_black_parts": accuracy(model, blacked_out(fresh[0]), fresh[1]),
    }
    RECORD.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    print(RECORD.read_text(encoding="utf-8"))  # noqa: T201 - this is a script


if __name__ == "__main__":
    main()
