"""A running text from tokens alone, where nobody kept the text they came from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

_BLANK = ("Ġ", "▁")


def layout_of_pieces(pieces: Sequence[str]) -> dict[str, Any]:
    """How features that are tokens lie in the text they spell; see `Tokens.layout`.

    WordPiece continuations ("##ing") join the token before; where any token carries a blank's sign ("Ġfilm",
    "▁film"), only those start a word; otherwise each token is a word. A sign that stands alone is text.
    """
    marked = any(piece[:1] in _BLANK and len(piece) > 1 for piece in pieces)
    text = ""
    spans: list[tuple[int, int]] = []
    words: list[int] = []
    for number, piece in enumerate(pieces):
        joins = piece.startswith("##") and len(piece) > 2 and number > 0
        starts = marked and piece[:1] in _BLANK and len(piece) > 1
        shown = piece[2:] if joins else piece[1:] if starts else piece
        apart = number > 0 and not joins and (starts or not marked)
        text += " " if apart and not text.endswith("\n") else ""
        spans.append((len(text), len(text) + len(shown)))
        text += shown
        words.append((words[-1] if words else -1) + (1 if apart or number == 0 else 0))
    return {
        "kind": "text",
        "text": text,
        "tokens": list(pieces),
        "spans": np.array(spans, dtype=np.int64).reshape(-1, 2),
        "words": np.array(words, dtype=np.int64),
        "features": np.arange(len(pieces)),
        "cut": None,
        "prompt": None,
    }
