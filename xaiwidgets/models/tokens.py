"""Text as a model reads it: tokens, where they lie in the text, and which of them make a word."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from xaiwidgets.errors import InputError

UNBOUNDED = 10**9
"""Tokenizers without a limit carry a huge number instead."""


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """A tokenized text.

    Attributes:
        text: the text as given.
        ids: T token ids.
        pieces: T token texts as the vocabulary spells them.
        spans: start and end of each token in `text`, in code points, int64 [T, 2]; empty for special tokens.
        words: each token's word number, non-decreasing, int64 [T].
        special: which tokens the tokenizer added, bool [T].
        cut: the code point from where the text is beyond the model's limit, or None.
        total: how many tokens the whole text has.
    """

    text: str
    ids: tuple[int, ...]
    pieces: tuple[str, ...]
    spans: npt.NDArray[np.int64]
    words: npt.NDArray[np.int64]
    special: npt.NDArray[np.bool_]
    cut: int | None = None
    total: int = 0

    @property
    def features(self) -> npt.NDArray[np.int64]:
        """Each token's feature number, int64 [T]; −1 for special tokens, which are always present."""
        return np.where(self.special, -1, np.cumsum(~self.special) - 1)

    @property
    def names(self) -> tuple[str, ...]:
        """The features' names: the text each token covers, or its piece where it covers none."""
        return tuple(
            self.text[start:end] or piece
            for (start, end), piece, special in zip(self.spans.tolist(), self.pieces, self.special, strict=True)
            if not special
        )

    def layout(self, *, prompt: int | None = None) -> dict[str, Any]:
        """How the features lie in the input, as an `Explanation` carries it.

        Args:
            prompt: number of leading tokens that were given, where a model wrote the others.
        """
        return {
            "kind": "text",
            "text": self.text,
            "tokens": list(self.pieces),
            "spans": self.spans,
            "words": self.words,
            "features": self.features,
            "cut": self.cut,
            "prompt": prompt,
        }

    def notes(self) -> tuple[str, ...]:
        """What a reader must know about the reading."""
        if self.cut is None:
            return ()
        return (
            f"The model reads {len(self.ids)} tokens; the last {self.total - len(self.ids)} of {self.total} were cut.",
        )


def tokenize(tokenizer: Any, text: str, *, limit: int) -> Tokens:
    """Tokenize as the model will read it.

    Args:
        tokenizer: a Hugging Face tokenizer with offsets.
        text: the text.
        limit: the most tokens the model reads; what is beyond is cut and reported.

    Raises:
        InputError: when the text is no text, is empty, or the tokenizer gives no offsets.
    """
    if not isinstance(text, str):
        msg = f"A {type(text).__name__} was given where a text is expected; give one string."
        raise InputError(msg)
    if not text.strip():
        raise InputError("The text is empty; give at least one word to explain.")
    if not getattr(tokenizer, "is_fast", False):
        msg = (
            f"{type(tokenizer).__name__} gives no character offsets, so its tokens cannot be found in the text; "
            "load a fast tokenizer, for example AutoTokenizer.from_pretrained(…)."
        )
        raise InputError(msg)
    # Too long a text is ours to cut and to report. With truncation=True the tokenizer would keep that setting for its
    # next call, which may be another thread's.
    read = tokenizer(text, return_offsets_mapping=True, return_special_tokens_mask=True, verbose=False)
    everywhere = _special(read)
    total = len(everywhere)
    kept = _within(everywhere, limit)
    special = everywhere[kept]
    spans = _trimmed(text, np.asarray(read["offset_mapping"], dtype=np.int64).reshape(-1, 2)[kept], special)
    pieces, hints = read.tokens(), read.word_ids()
    return Tokens(
        text=text,
        ids=tuple(read["input_ids"][t] for t in kept),
        pieces=tuple(pieces[t] for t in kept),
        spans=spans,
        words=group(text, spans, special, [hints[t] for t in kept]),
        special=special,
        cut=int(spans[~special, 1].max(initial=0)) if total > limit else None,
        total=total,
    )


def token_limit(tokenizer: Any, config: Any) -> int:
    """The most tokens that a model reads: the smaller of what its tokenizer and its configuration say."""
    names = ("max_position_embeddings", "n_positions", "max_seq_len")
    said = [getattr(tokenizer, "model_max_length", None), *(getattr(config, name, None) for name in names)]
    if getattr(config, "model_type", "") in {"roberta", "xlm-roberta", "camembert"} and said[1] is not None:
        # Their position numbers start after the padding index.
        said[1] -= getattr(config, "pad_token_id", 1) + 1
    known = [int(value) for value in said if value is not None and 0 < value < UNBOUNDED]
    return min(known, default=UNBOUNDED)


def group(
    text: str, spans: npt.NDArray[np.int64], special: npt.NDArray[np.bool_], hints: Sequence[int | None]
) -> npt.NDArray[np.int64]:
    """Word numbers: tokens are one word when they touch in the text and nothing says otherwise.

    A blank between them separates, so does the tokenizer's own word number, and a mark stands apart from letters. A
    Chinese, Japanese or Thai-like character stands alone. An accent or vowel sign stays with its letter, and several
    tokens that spell one character stay together.

    Args:
        text: the text.
        spans: int64 [T, 2], blanks trimmed.
        special: bool [T].
        hints: T word numbers from the tokenizer, or None.
    """
    words = np.zeros(len(spans), dtype=np.int64)
    for t in range(1, len(spans)):
        (begin, end), (start, stop) = spans[t - 1], spans[t]
        apart = (
            special[t]
            or special[t - 1]
            or start > end
            or not text[begin:end].strip()
            or not text[start:stop].strip()
            # Tokens that overlap spell one character.
            or (start == end and _parted(text, start, split=hints[t] != hints[t - 1]))
        )
        words[t] = words[t - 1] + bool(apart)
    return words


def baseline_id(tokenizer: Any, named: str | None) -> int:
    """The id of the token that stands where a feature is absent: the named one, else mask, padding, end, unknown.

    Raises:
        InputError: when the tokenizer has none of them, or not the one that is named.
    """
    if named is not None:
        found = tokenizer.convert_tokens_to_ids(named)
        if found is None or (found == tokenizer.unk_token_id and named != tokenizer.unk_token):
            msg = f"baseline_token={named!r} is not in the tokenizer's vocabulary; give one of its tokens."
            raise InputError(msg)
        return int(found)
    for kind in ("mask", "pad", "eos", "unk"):
        found = getattr(tokenizer, f"{kind}_token_id", None)
        if found is not None:
            return int(found)
    msg = f"{type(tokenizer).__name__} has no mask, padding, end or unknown token; name one with baseline_token=."
    raise InputError(msg)


def ordinary_blank(tokenizer: Any) -> int | None:
    """The id of an everyday token that says nothing, "..." or a blank, or None where neither is one token.

    To a decoder a special token is no absence but a landmark: with one in a word's place, SmolLM2 gives nearly all
    credit to the last word; with "..." the words that a person would name come first.
    """
    for blank in ("...", " "):
        ids = tokenizer(blank, add_special_tokens=False)["input_ids"]
        if len(ids) == 1:
            return int(ids[0])
    return None


def _within(special: npt.NDArray[np.bool_], limit: int) -> npt.NDArray[np.int64]:
    """Which tokens to read: all, or as many of the first as fit together with the special ones at the end."""
    if len(special) <= limit:
        return np.arange(len(special))
    end = len(special) - int(np.argmin(special[::-1]))
    after = np.arange(end, len(special))
    return np.concatenate([np.arange(max(0, min(end, limit - len(after)))), after])


def _special(read: Any) -> npt.NDArray[np.bool_]:
    # A token that a person typed ("[SEP]" in the text) is marked special too, but it has a place in the text.
    marked = np.asarray(read["special_tokens_mask"], dtype=bool)
    lengths = np.diff(np.asarray(read["offset_mapping"], dtype=np.int64).reshape(-1, 2), axis=1)[:, 0]
    added: npt.NDArray[np.bool_] = marked & (lengths == 0)
    return added


def _trimmed(text: str, spans: npt.NDArray[np.int64], special: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Spans without the blanks around their words; a token of blanks alone keeps them."""
    trimmed = spans.copy()
    for t, (start, end) in enumerate(spans.tolist()):
        covered = text[start:end]
        if special[t] or not covered.strip():
            continue
        trimmed[t] = start + len(covered) - len(covered.lstrip()), end - len(covered) + len(covered.rstrip())
    return trimmed


def _parted(text: str, position: int, *, split: bool) -> bool:
    """Whether a word ends before this character; `split` is what the tokenizer says."""
    before = position - 1
    while before > 0 and _kind(text[before]) == "sign":
        before -= 1
    here, kinds = _kind(text[position]), {_kind(text[position]), _kind(text[before])}
    if here == "sign":
        return False
    # Tokenizers of bytes split at every sign, in the middle of Hindi and Hebrew words.
    return "alone" in kinds or {"letter", "mark"} <= kinds or (split and before == position - 1)


def _kind(character: str) -> str:
    """What a character does to a word: an accent, vowel or joiner is a "sign"; "alone" stands where no blanks are."""
    if unicodedata.category(character) in {"Mn", "Mc", "Me", "Cf"}:
        return "sign"
    if _UNSPACED.match(unicodedata.name(character, "")):
        return "alone"
    return "letter" if character.isalnum() else "mark"


_UNSPACED = re.compile(r"CJK|HIRAGANA|KATAKANA|THAI|LAO|KHMER|MYANMAR")
