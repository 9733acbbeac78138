"""Vectors of frequent English words, GloVe's, small enough to come with the package."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

WORDS = Path(__file__).with_name("word_vectors.npz")
RECORD = Path(__file__).with_name("word_vectors.json")
"""Where the words come from, how they were picked and what eight bits cost; `pick_words.py` writes both files. The
licences are in `word_vectors_licences.txt`."""


class WordVectors(NamedTuple):
    """N words, most frequent first.

    Attributes:
        words: the words, in lower case, names of places too.
        X: their vectors, float32 [N, 100], read-only. Only their directions mean much: compare them by cosine.
        kinds: what each word mostly stands for, by WordNet's tagged corpus and not by the vectors: "person", "place",
            "thing", "animal or plant", "food", "body", "time", or "action" for verbs; "" for other words, and for those
            that stand for several of these.
    """

    words: tuple[str, ...]
    X: npt.NDArray[np.float32]
    kinds: tuple[str, ...]


@cache
def word_vectors() -> WordVectors:
    """GloVe's vectors of 3358 frequent English words, without names of persons, kept in eight bits.

    Pennington, Socher & Manning 2014, "GloVe: Global Vectors for Word Representation"; trained on Wikipedia and news
    up to 2014, so they hold the opinions and prejudices of those texts.
    """
    with np.load(WORDS, allow_pickle=False) as kept:
        vectors = kept["vectors"].astype(np.float32) * kept["scales"][:, None]
        words = tuple(kept["words"].tolist())
        kinds = tuple(kept["kind_names"][kept["kinds"]].tolist())
    vectors.setflags(write=False)
    return WordVectors(words, vectors, kinds)
