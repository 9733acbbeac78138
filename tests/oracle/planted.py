"""Models that react to planted features only, one a modality: what their explanations must say is known."""

import numpy as np
import torch

import xaiwidgets as xw

TALE = (
    "the old house by the river stood empty for many years until one day a young painter came along with her two dogs "
    "and opened every window to let in light"
)
WORDS = TALE.split()


def planted_text(seed):
    """A classifier that adds up the weights of six words, and a text with them among thirty-one."""
    rng = np.random.default_rng(seed)
    words = [f"{word}{place}" for place, word in enumerate(WORDS)]
    weights = dict(zip(rng.choice(words, 6, replace=False), rng.uniform(0.5, 2, 6), strict=True))

    def scores(texts):
        totals = [sum(weights.get(word, 0.0) for word in text.split()) for text in texts]
        return [[-total, total] for total in totals]

    return xw.TextClassifier.from_callable(scores, ["no", "yes"]), " ".join(words)


class Region(torch.nn.Module):
    """How bright one region of a picture is, against a tenth of the brightness of all of it."""

    def __init__(self, top, left):
        super().__init__()
        weight = torch.full((56, 56), 0.1)
        weight[top : top + 20, left : left + 18] += 1.0
        self.weight = torch.nn.Parameter(weight / 300)

    def forward(self, pixels):
        bright = (pixels.mean(1) * self.weight).sum((1, 2))
        return torch.stack([-bright, torch.tanh(bright)], 1)


def planted_image(seed):
    """A module that looks at one region, and a picture of noise."""
    rng = np.random.default_rng(seed)
    module = Region(int(rng.integers(0, 36)), int(rng.integers(0, 38)))

    def prepare(image):
        return torch.from_numpy(np.asarray(image, dtype=np.float32) / 255).permute(2, 0, 1)

    picture = rng.uniform(0.5, 1, (56, 56, 3))
    return xw.ImageClassifier(module, prepare, ["dark", "bright"]), picture


def planted_table(seed):
    """A function of six among twenty columns, two of which act together, and a row."""
    rng = np.random.default_rng(seed)
    used, weights = rng.choice(20, 6, replace=False), rng.uniform(0.5, 2, 6)

    def predict(rows):
        rows = np.asarray(rows, dtype=float)
        return rows[:, used] @ weights + rows[:, used[0]] * rows[:, used[1]]

    background = rng.normal(size=(32, 20)) * 0.1
    return xw.TabularModel(predict, background, [f"c{i}" for i in range(20)]), rng.uniform(0.5, 1.5, 20)
