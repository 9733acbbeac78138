"""The adapter of a black box: any function from texts to scores. It has the game alone."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from xaiwidgets.engine.problem import Game, Problem
from xaiwidgets.errors import InputError
from xaiwidgets.models.classes import choose_score
from xaiwidgets.models.function_scores import function_scores
from xaiwidgets.models.targets import pick
from xaiwidgets.models.tokens import Tokens

# One Chinese or Japanese character, a run of letters and digits (with its apostrophes), or one other mark.
_WORD = re.compile(r"[぀-ヿ㐀-䶿一-鿿]|[^\W぀-ヿ㐀-䶿一-鿿]+(?:['’][^\W]+)*|[^\w\s]")


class CallableText:
    """Texts in, scores out; made by `TextClassifier.from_callable`. Its features are words.

    Attributes:
        model: the function.
        labels: the names of the outputs, or None.
    """

    faces = frozenset({"game", "positions"})

    def __init__(self, fn: Callable[[list[str]], Any], *, labels: Sequence[str] | None, absent: str) -> None:
        if not callable(fn):
            msg = f"A {type(fn).__name__} was given where a function from a list of texts to scores is expected."
            raise InputError(msg)
        self.model = fn
        self.labels = None if labels is None else tuple(labels)
        self._absent = absent

    def problem(self, x: str, target: Any = None, *, baseline: Any = None, background: Any = None) -> Problem:
        """Why the score of `target` (None: the highest) is what it is for the text `x`.

        Args:
            x: a text.
            target: a label, its number, or a pair of them.
            baseline: a text that replaces each absent word; None: what `from_callable` was given.
            background: refused, as a black box has no gradients to average.

        Raises:
            InputError: the text is empty, or the baseline is no text. TargetError: no such output. ModelError: the
                function returned something else than [B, C] finite numbers.
        """
        if background is not None:
            raise InputError("A function of texts reads words and has no background; give one text with baseline=.")
        if baseline is not None and not isinstance(baseline, str):
            msg = f"baseline={baseline!r} was given; it must be a text that replaces each absent word, such as '…'."
            raise InputError(msg)
        tokens, gone = _words(x), self._absent if baseline is None else baseline
        start = time.perf_counter()
        scores = self._scores([x])[0]
        seconds = time.perf_counter() - start
        chosen, outputs = choose_score(scores, self.labels or (), target)
        whole = float(pick(scores[None], chosen)[0])

        def values(masks: Tensor) -> Tensor:
            texts = [_without(x, tokens, row, gone) for row in masks.tolist()]
            return pick(self._scores(texts, outputs=len(scores)), chosen)

        positions = torch.arange(len(tokens.ids), dtype=torch.float64)[:, None]
        return Problem(
            features=tokens.names,
            input=tokens.layout(),
            target=chosen,
            outputs=outputs,
            output=whole,
            game=Game(values=values, players=len(tokens.ids), whole=whole, positions=positions),
            opaque=True,
            seconds=seconds,
            provenance=lambda: {"model": getattr(self.model, "__qualname__", type(self.model).__name__)},
        )

    def _scores(self, texts: list[str], *, outputs: int | None = None) -> Tensor:
        return function_scores(self.model(texts), len(texts), "text", outputs=outputs)


def _without(text: str, tokens: Tokens, present: Sequence[bool], gone: str) -> str:
    """The text with `gone` in the place of each absent word."""
    kept, end = [], 0
    for here, (start, stop) in zip(present, tokens.spans.tolist(), strict=True):
        kept.append(text[end:start])
        kept.append(text[start:stop] if here else gone)
        end = stop
    joined = "".join((*kept, text[end:]))
    # A word that is taken out leaves one blank, not two; an untouched text stays as it was.
    return joined if all(present) else re.sub(r"[ \t]{2,}", " ", joined).strip()


def _words(text: str) -> Tokens:
    if not isinstance(text, str):
        msg = f"A {type(text).__name__} was given where a text is expected; give one string."
        raise InputError(msg)
    found = list(_WORD.finditer(text))
    if not found:
        raise InputError("The text is empty; give at least one word to explain.")
    return Tokens(
        text=text,
        ids=tuple(range(len(found))),
        pieces=tuple(match[0] for match in found),
        spans=np.array([match.span() for match in found], dtype=np.int64),
        words=np.arange(len(found)),
        special=np.zeros(len(found), dtype=bool),
        total=len(found),
    )
