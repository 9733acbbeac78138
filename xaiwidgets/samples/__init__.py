"""Real models and data, each read from a package on this machine when it is asked for: nothing is downloaded.

The packages are listed in `packages.py`; a missing one is a `SampleError` with the line that installs it. Word vectors
and small vision models come with this one. A model is loaded once per process, so every call returns the same adapter.
"""

from __future__ import annotations

from xaiwidgets.samples.causal_lm import smollm2
from xaiwidgets.samples.fashion import FashionPictures, fashion_cnn, fashion_pictures, fashion_vit
from xaiwidgets.samples.glove import WordVectors, word_vectors
from xaiwidgets.samples.image_classifier import PICTURES, efficientnet, picture
from xaiwidgets.samples.planted_pictures import PlantedPicture, planted_cnn, planted_picture
from xaiwidgets.samples.tables import Table, adult, breast_cancer, compas, german
from xaiwidgets.samples.text_classifier import sentiment
from xaiwidgets.samples.text_encoder import minilm
from xaiwidgets.samples.texts import sentences

__all__ = [
    "PICTURES",
    "FashionPictures",
    "PlantedPicture",
    "Table",
    "WordVectors",
    "adult",
    "breast_cancer",
    "compas",
    "efficientnet",
    "fashion_cnn",
    "fashion_pictures",
    "fashion_vit",
    "german",
    "minilm",
    "picture",
    "planted_cnn",
    "planted_picture",
    "sentences",
    "sentiment",
    "smollm2",
    "word_vectors",
]
