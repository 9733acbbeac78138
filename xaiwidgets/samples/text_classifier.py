"""A sentiment classifier: MiniLM with a logistic head that was trained on packaged tweets."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from xaiwidgets.samples.packages import need
from xaiwidgets.samples.text_encoder import minilm

if TYPE_CHECKING:
    from xaiwidgets.models.text_classifier import TextClassifier

HEAD = Path(__file__).with_name("sentiment_head.safetensors")
RECORD = Path(__file__).with_name("sentiment_head.json")
"""How the head was trained and what it scores on held-out rows; `train_sentiment.py` writes both files."""

LABELS = ("negative", "positive")


@cache
def sentiment() -> TextClassifier:
    """Negative or positive, read off MiniLM's mean-pooled embedding; its accuracy is in `sentiment_head.json`.

    Raises:
        SampleError: when MiniLM's package is not installed.
    """
    need("safetensors")
    encoder = minilm()
    from safetensors.torch import load_file

    from xaiwidgets.models.text_classifier import TextClassifier
    from xaiwidgets.samples.sentiment_model import SentimentModel

    model = SentimentModel(encoder.model, classes=len(LABELS))
    model.head.load_state_dict(load_file(HEAD))
    return TextClassifier(model.eval(), encoder.tokenizer, labels=LABELS)
