"""What stands where tokens are absent: a token, another text, or a background of texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xaiwidgets.errors import InputError


def baseline_tokens(tokenizer: Any, baseline: Any, *, count: int) -> list[int]:
    """The token ids of a baseline, one for each of the `count` tokens that may be absent.

    Args:
        tokenizer: the model's.
        baseline: a token such as "[PAD]", which stands in every place; or a text of as many tokens.
        count: how many.

    Raises:
        InputError: it is no text, or has another number of tokens.
    """
    if not isinstance(baseline, str) or not baseline:
        msg = f"baseline={baseline!r} was given; a text's baseline is a token such as '[PAD]', or a text as long."
        raise InputError(msg)
    known: int | None = tokenizer.get_vocab().get(baseline)
    ids = [known] if known is not None else _ordinary(tokenizer, baseline)
    if len(ids) == 1:
        return ids * count
    if len(ids) != count:
        msg = (
            f"baseline={baseline!r} has {len(ids)} tokens where the text has {count}; give a text of as many tokens, "
            "or one token that stands in every place."
        )
        raise InputError(msg)
    return ids


def background_tokens(tokenizer: Any, background: Any, *, fill: Sequence[int]) -> list[list[int]]:
    """The token ids of a background's texts, each cut or filled up with the baseline to its length.

    Args:
        tokenizer: the model's.
        background: K texts.
        fill: the baseline's ids, one for each token that may be absent.

    Raises:
        InputError: it is no list of texts, or has none.
    """
    if isinstance(background, str) or not isinstance(background, Sequence) or not len(background):
        what = "an empty list" if isinstance(background, Sequence) and not background else type(background).__name__
        msg = f"background is {what}; give a list of texts, at least one."
        raise InputError(msg)
    rows = []
    for number, text in enumerate(background):
        if not isinstance(text, str) or not text.strip():
            what = "empty" if isinstance(text, str) else f"a {type(text).__name__}"
            msg = f"background[{number}] is {what}; every entry must be a text with at least one word."
            raise InputError(msg)
        ids = _ordinary(tokenizer, text)[: len(fill)]
        rows.append([*ids, *fill[len(ids) :]])
    return rows


def _ordinary(tokenizer: Any, text: str) -> list[int]:
    return list(tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])
