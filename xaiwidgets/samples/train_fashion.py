"""Train the Fashion-MNIST samples: `python -m xaiwidgets.samples.train_fashion [FOLDER]` (about ten minutes).

The data are the four files of Fashion-MNIST in FOLDER, where the Debian package dataset-fashion-mnist puts them if none
is named. One thread, so that the same versions on the same kind of processor give the same weights.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from xaiwidgets.errors import InputError
from xaiwidgets.samples.fashion import CNN, LABELS, PICTURES, RECORD, VIT, normalised
from xaiwidgets.samples.fashion_model import FashionCNN, FashionTransformer
from xaiwidgets.samples.packages import need

FOLDER = Path("/usr/share/datasets/fashion-mnist")
SEED = 0
BATCH = 128
EACH = 10
"""Pictures of each class that come with the package."""


class Split(NamedTuple):
    """Pictures, uint8 [N, 1, 28, 28], and their classes, int64 [N] into `LABELS`."""

    pictures: Tensor
    classes: Tensor


class Recipe(NamedTuple):
    """What is trained, for how many epochs, up to which learning rate, and where the weights go."""

    model: type[nn.Module]
    epochs: int
    rate: float
    weights: Path


RECIPES = {"vit": Recipe(FashionTransformer, 8, 2e-3, VIT), "cnn": Recipe(FashionCNN, 6, 1e-2, CNN)}


def read(folder: Path, part: str) -> Split:
    """The part "train", 60 000 pictures, or "t10k", the 10 000 of the test set.

    Raises:
        InputError: when the folder does not hold it.
    """
    pictures, classes = (folder / f"{part}-{kind}-ubyte.gz" for kind in ("images-idx3", "labels-idx1"))
    if not (pictures.is_file() and classes.is_file()):
        msg = f"{folder} holds no {pictures.name} and {classes.name}; name the folder with the files of Fashion-MNIST."
        raise InputError(msg)
    return Split(
        torch.from_numpy(_bytes(pictures, header=16).reshape(-1, 1, 28, 28)),
        torch.from_numpy(_bytes(classes, header=8).astype(np.int64)),
    )


def train(recipe: Recipe, data: Split) -> nn.Module:
    """A fresh model, trained on pictures of which half are mirrored."""
    torch.manual_seed(SEED)
    model = recipe.model()
    optimiser = torch.optim.AdamW(model.parameters(), recipe.rate, weight_decay=0.05)
    batches = len(data.classes) // BATCH
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, recipe.rate, epochs=recipe.epochs, steps_per_epoch=batches, pct_start=0.2
    )
    for _ in range(recipe.epochs):
        for part in torch.split(torch.randperm(len(data.classes))[: batches * BATCH], BATCH):
            pixels = normalised(data.pictures[part])
            pixels = torch.where(torch.rand(BATCH, 1, 1, 1) < 0.5, pixels, pixels.flip(-1))
            loss = functional.cross_entropy(model(pixels), data.classes[part])
            optimiser.zero_grad()
            torch.autograd.backward(loss)
            optimiser.step()
            schedule.step()
    return model.eval()


def predicted(model: nn.Module, pictures: Tensor) -> Tensor:
    """The class of each picture, int64 [N]."""
    with torch.inference_mode():
        return torch.cat([model(normalised(part)).argmax(1) for part in torch.split(pictures, 1000)])


def rounded(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """A model's state in float16; what is counted stays as it is."""
    return {name: value.half() if value.is_floating_point() else value for name, value in state.items()}


def first_of_each(data: Split) -> Split:
    """The first `EACH` pictures of every class, the classes in turn."""
    each = [torch.nonzero(data.classes == i)[:EACH, 0] for i in range(len(LABELS))]
    rows = torch.stack(each, 1).flatten()
    return Split(data.pictures[rows], data.classes[rows])


def main() -> None:
    """Train both, score them as they are kept, and write weights, pictures and the record."""
    need("safetensors")
    from safetensors.torch import load_file, save_file

    torch.set_num_threads(1)
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    data, test = read(folder, "train"), read(folder, "t10k")
    shown = first_of_each(test)
    np.savez_compressed(PICTURES, pictures=shown.pictures[:, 0].numpy(), classes=shown.classes.numpy().astype(np.uint8))
    record = {
        "data": f"Fashion-MNIST, {len(data.classes)} pictures, half of them mirrored at every epoch",
        "seed": SEED,
        "torch": torch.__version__,
        "numpy": np.__version__,
        "weights": "float16",
    }
    for name, recipe in RECIPES.items():
        model = train(recipe, data)
        exact = predicted(model, test.pictures)
        save_file(rounded(model.state_dict()), recipe.weights)
        model.load_state_dict(load_file(recipe.weights))
        kept = predicted(model, test.pictures)
        record[name] = {
            "parameters": sum(parameter.numel() for parameter in model.parameters()),
            "epochs": recipe.epochs,
            "test_accuracy": _share(kept, test.classes),
            "test_accuracy_in_float32": _share(exact, test.classes),
            "accuracy_on_the_pictures_that_come_with_it": _share(predicted(model, shown.pictures), shown.classes),
            "test_recall": {label: _share(kept[test.classes == i], torch.tensor(i)) for i, label in enumerate(LABELS)},
        }
    RECORD.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    print(RECORD.read_text(encoding="utf-8"))  # noqa: T201 - this is a script


def _share(found: Tensor, classes: Tensor) -> float:
    return round(float((found == classes).double().mean()), 4)


def _bytes(path: Path, *, header: int) -> npt.NDArray[np.uint8]:
    with gzip.open(path) as file:
        return np.frombuffer(file.read(), np.uint8, offset=header).copy()


if __name__ == "__main__":
    main()
