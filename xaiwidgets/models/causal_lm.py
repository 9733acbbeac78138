"""The adapter of a decoder language model: why this next token."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from xaiwidgets.engine.problem import Problem
from xaiwidgets.errors import InputError, TargetError
from xaiwidgets.explanation import Outputs, Target
from xaiwidgets.models.evaluation import device_of, evaluating
from xaiwidgets.models.targets import finite_outputs, pick, resolve
from xaiwidgets.models.text_reader import reader
from xaiwidgets.models.tokens import Tokens, baseline_id, group, ordinary_blank, tokenize

CANDIDATES = 10


@dataclass(frozen=True, kw_only=True)
class Continuation:
    """A prompt, what the model wrote after it, and which of those tokens is asked about.

    Attributes:
        prompt: the text that was given.
        ids: the token ids that were generated.
        step: the index in `ids` of the explained token; len(ids) asks about the one that would come next.
    """

    prompt: str
    ids: tuple[int, ...] = ()
    step: int = 0


class CausalLM:
    """A Hugging Face decoder and its tokenizer; the explained score is the log-probability of a next token.

    A contrast is a difference of log-probabilities, which is the difference of the logits. The input of `xw.explain`
    is a prompt, or a `Continuation` to ask about a token the model has written.

    Attributes:
        model: as given.
        tokenizer: as given.
    """

    default_method = "occlusion"
    """The path of integrated gradients is very rough where a decoder's first token, its attention sink, changes: on
    SmolLM2 it ends ±30 to ±180 % off at 260 evaluations, while leaving one out is exact after n + 1."""

    def __init__(self, model: Any, tokenizer: Any, *, baseline_token: str | None = None) -> None:
        """Wrap a model.

        Args:
            model: takes `input_ids` or `inputs_embeds` with `attention_mask`, and returns `.logits`, float [B, T, V].
            tokenizer: its (fast) tokenizer.
            baseline_token: what stands where a token is absent; None: "..." or a blank, where that is one token.

        Raises:
            InputError: when the model or tokenizer is of another kind.
        """
        self.model = model
        self.tokenizer = tokenizer
        blank = ordinary_blank(tokenizer) if baseline_token is None else None
        found = reader(
            model,
            tokenizer,
            head=lambda out, _: out.logits[:, -1].float().log_softmax(-1),
            absent=baseline_id(tokenizer, baseline_token) if blank is None else blank,
        )
        # Logits at every position would be most of a small model's memory; the last one's are all that is read.
        if "logits_to_keep" in inspect.signature(model.forward).parameters:
            found = replace(found, extra={**found.extra, "logits_to_keep": 1})
        self._reader = found

    @property
    def faces(self) -> frozenset[str]:
        """The faces of its problems."""
        return self._reader.faces

    def generate(self, prompt: str, *, tokens: int = 12) -> Iterator[Continuation]:
        """Write on greedily, one token at a time; ends at the end-of-text token.

        Args:
            prompt: the text to go on from.
            tokens: the most to write.

        Yields:
            Continuation: after each token, with `step` at 0.

        Raises:
            InputError: when the prompt cannot be read, or is longer than the model's window.
        """
        read = tokenize(self.tokenizer, prompt, limit=self._reader.limit)
        _refuse_cut(read)
        ends = {self.tokenizer.eos_token_id, *_listed(getattr(self.model.config, "eos_token_id", None))}
        ids = torch.tensor([read.ids], device=device_of(self.model))
        written: list[int] = []
        cache: Any = None
        for _ in range(min(tokens, self._reader.limit - len(read.ids))):
            with torch.no_grad(), evaluating(self.model):
                out = self.model(input_ids=ids, past_key_values=cache, use_cache=True)
            cache = out.past_key_values
            ids = out.logits[:, -1:].argmax(-1)
            if int(ids) in ends:
                return
            written.append(int(ids))
            yield Continuation(prompt=prompt, ids=tuple(written))

    def layout(self, written: Continuation) -> dict[str, Any]:
        """How the prompt's and the written tokens lie in the text they make; see `Tokens.layout`."""
        read = tokenize(self.tokenizer, written.prompt, limit=self._reader.limit)
        return self._with_written(read, written.ids).layout(prompt=len(read.ids) if written.ids else None)

    def problem(
        self, x: str | Continuation, target: Any = None, *, baseline: Any = None, background: Any = None
    ) -> Problem:
        """Why `target` (None: the token that was written, else the likeliest) comes next.

        Args:
            x: a prompt, or a continuation and a step in it.
            target: a token's text or id, or a pair of them.
            baseline: what stands where tokens are absent: one token, or a text of as many tokens as are read.
            background: texts to average over, where a method does; each is cut or filled up to as many tokens.

        Raises:
            InputError: a text cannot be read. TargetError: no such token. ModelError: a score is not finite.
        """
        asked = x if isinstance(x, Continuation) else Continuation(prompt=x)
        read = tokenize(self.tokenizer, asked.prompt, limit=self._reader.limit)
        prompt = len(read.ids)
        if not 0 <= asked.step <= len(asked.ids):
            msg = f"step={asked.step} was given for {len(asked.ids)} generated tokens; give 0 to {len(asked.ids)}."
            raise InputError(msg)
        if target is None and asked.step < len(asked.ids):
            target = asked.ids[asked.step]
        tokens = self._with_written(read, asked.ids)
        return self._reader.problem(
            tokens,
            lambda scores: self._choose(scores, target),
            pick,
            read=prompt + asked.step,
            prompt=prompt if asked.ids else None,
            baseline=baseline,
            background=background,
        )

    def token(self, index: int) -> str:
        """A token as text, blanks and all."""
        return str(self.tokenizer.decode([index], clean_up_tokenization_spaces=False))

    def _choose(self, scores: Tensor, target: Any) -> tuple[Target, Outputs]:
        finite_outputs(scores.logsumexp(0))
        best = torch.topk(scores, min(CANDIDATES, len(scores)))
        chosen = resolve(
            target,
            index_of=lambda asked: self._index(asked, scores),
            name_of=self.token,
            best=int(best.indices[0]),
            unit="log-probability",
        )
        shown = best.indices.tolist()
        # What is explained is always among what is shown.
        shown += [i for i in (chosen.index, chosen.contrast_index) if i is not None and i not in shown]
        logs = scores[shown]
        return chosen, Outputs(
            kind="token",
            labels=tuple(self.token(i) for i in shown),
            ids=tuple(shown),
            scores=tuple(logs.tolist()),
            probabilities=tuple(logs.exp().tolist()),
            total=len(scores),
        )

    def _index(self, asked: Any, scores: Tensor) -> int:
        if isinstance(asked, str):
            # "Paris" after "is" means " Paris": what people type rarely starts with the blank that the token has. But
            # "." means ".", and "ing" after "walk" means "ing": of the two spellings, the one the model finds likelier.
            spelled = (asked,) if asked[:1].isspace() else (asked, " " + asked)
            read = [self.tokenizer(text, add_special_tokens=False)["input_ids"] for text in spelled if asked]
            known = [int(ids[0]) for ids in read if len(ids) == 1]
            if known:
                return max(known, key=lambda index: float(scores[index]))
            msg = f"target={asked!r} is not one token for this model; give one token's text or its id."
            raise TargetError(msg)
        if isinstance(asked, bool) or not hasattr(asked, "__index__") or not 0 <= asked.__index__() < len(scores):
            msg = f"target={asked!r} is no token; give a token's text, or an id from 0 to {len(scores) - 1}."
            raise TargetError(msg)
        return int(asked)

    def _with_written(self, read: Tokens, ids: tuple[int, ...]) -> Tokens:
        """The prompt's tokens followed by the generated ones, with the text they spell."""
        if not ids:
            return read
        _refuse_cut(read)
        before = self._decode(read.ids)
        text, spans, waiting = read.text, list(read.spans.tolist()), 0
        for count in range(1, len(ids) + 1):
            whole = self._decode((*read.ids, *ids[:count]))[len(before) :]
            waiting += 1
            # A token may be part of a character, which only a later one completes; they share its place.
            if whole.endswith("\ufffd") and count < len(ids):
                continue
            grown = read.text + whole.removesuffix("\ufffd")
            piece = grown[len(text) :]
            start = len(text) + (len(piece) - len(piece.lstrip()) if piece.strip() else 0)
            spans += [[start, len(grown)]] * waiting
            text, waiting = grown, 0
        array = np.asarray(spans, dtype=np.int64)
        special = np.concatenate([read.special, np.zeros(len(ids), dtype=bool)])
        written = group(text, array[len(read.ids) :], special[len(read.ids) :], [None] * len(ids))
        return replace(
            read,
            text=text,
            ids=(*read.ids, *ids),
            pieces=(*read.pieces, *self.tokenizer.convert_ids_to_tokens(list(ids))),
            spans=array,
            words=np.concatenate([read.words, written + read.words.max(initial=-1) + 1]),
            special=special,
            total=len(read.ids) + len(ids),
        )

    def _decode(self, ids: tuple[int, ...]) -> str:
        return str(self.tokenizer.decode(list(ids), clean_up_tokenization_spaces=False))


def _refuse_cut(prompt: Tokens) -> None:
    if prompt.cut is not None:
        msg = (
            f"The prompt has {prompt.total} tokens, but the model's window holds {len(prompt.ids)}; shorten it, so "
            "that the model can write on from its end."
        )
        raise InputError(msg)


def _listed(value: Any) -> list[int]:
    return [] if value is None else [value] if isinstance(value, int) else list(value)
