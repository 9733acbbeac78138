"""What every Hugging Face text adapter does: from tokens to the faces of a problem."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from xaiwidgets.engine.attention_weights import attention_of
from xaiwidgets.engine.problem import Field, Game, Inside, Problem
from xaiwidgets.errors import InputError, ModelError
from xaiwidgets.explanation import Outputs, Target
from xaiwidgets.models.evaluation import device_of, evaluating, provenance, score_and_grad
from xaiwidgets.models.plain_module import embeddings_fed, token_layer
from xaiwidgets.models.text_absence import background_tokens, baseline_tokens
from xaiwidgets.models.tokens import Tokens, token_limit
from xaiwidgets.models.transformer import attends, by_word_piece, elementwise


@dataclass(frozen=True, kw_only=True)
class TextReader:
    """A model that reads token ids or embeddings, and how an absent token looks to it.

    A plain module reads ids alone, as its only argument; it is given embeddings in place of its embedding layer's
    output.

    An absent token is replaced by the baseline token, in coalitions and at the start of paths alike, so that every
    method's baseline is the same text. Special tokens are always present.

    Attributes:
        model: takes `input_ids` or `inputs_embeds`, and `attention_mask`.
        tokenizer: its tokenizer.
        absent: the id of the baseline token.
        limit: the most tokens it reads.
        head: maps the model's output and the attention mask [B, T] to scores, float [B, C].
        extra: arguments for every call.
        takes_embeddings: whether the model says that it reads `inputs_embeds`; else coalitions are fed as ids.
        plain: whether it is no Hugging Face model.
        vocabulary: how many tokens it knows, or None where that cannot be told.
    """

    model: nn.Module
    tokenizer: Any
    absent: int
    limit: int
    head: Callable[[Any, Tensor], Tensor]
    extra: dict[str, Any]
    takes_embeddings: bool = True
    plain: bool = False
    vocabulary: int | None = None

    @cached_property
    def faces(self) -> frozenset[str]:
        """The faces of its problems; attention where the model has modules that are called so."""
        return frozenset({"game", "positions", "field", "inside"} | ({"attention"} if attends(self.model) else set()))

    def scores(self, ids: Tensor) -> Tensor:
        """Scores of token ids, int64 [B, T] → float32 [B, C]."""
        with torch.no_grad(), evaluating(self.model):
            return self._read(input_ids=ids)

    def embedded(self, ids: Tensor, layer: nn.Module) -> Tensor:
        """What the embedding layer makes of token ids, [B, T] → [B, T, D], in the model's dtype."""
        with torch.no_grad(), evaluating(self.model):
            return layer(ids).detach()  # type: ignore[no-any-return]

    def problem(
        self,
        tokens: Tokens,
        choose: Callable[[Tensor], tuple[Target, Outputs]],
        pick: Callable[[Tensor, Target], Tensor],
        *,
        read: int | None = None,
        prompt: int | None = None,
        baseline: Any = None,
        background: Any = None,
    ) -> Problem:
        """The problem of these tokens.

        Args:
            tokens: what is shown.
            choose: maps the scores of the input, float [C], to the target and the outputs to show.
            pick: maps scores [B, C] and the target to the explained score [B].
            read: how many leading tokens the model reads; None: all.
            prompt: see `Tokens.layout`.
            baseline: what stands for absent tokens, see `baseline_tokens`; None: the baseline token.
            background: texts to average over, see `background_tokens`.

        Raises:
            InputError: the baseline or the background does not fit.
        """
        read = len(tokens.ids) if read is None else read
        ids = torch.tensor(tokens.ids[:read], device=device_of(self.model))
        players = torch.tensor(~tokens.special[:read], device=ids.device)
        count = int(players.sum())
        gone = [self.absent] * count if baseline is None else baseline_tokens(self.tokenizer, baseline, count=count)
        texts = [] if background is None else background_tokens(self.tokenizer, background, fill=gone)
        absent, *others = self._in_place(ids, players, [gone, *texts])
        start = time.perf_counter()
        scores, layer = self._first(ids[None])
        seconds = time.perf_counter() - start
        target, outputs = choose(scores[0])
        whole = float(pick(scores, target)[0])

        def values(masks: Tensor) -> Tensor:
            rows = ids.repeat(len(masks), 1)
            rows[:, players] = torch.where(masks.to(ids.device), ids[players], absent[players])
            if not self.takes_embeddings:
                return pick(self.scores(rows), target)
            # Not as ids: a decoder that classifies reads its last token that is no padding, and would take an absent
            # one for padding.
            embeddings = self.embedded(rows, layer)
            with torch.no_grad(), evaluating(self.model):
                return pick(self._read(inputs_embeds=embeddings), target)

        def score(embeddings: Tensor) -> Tensor:
            if not self.plain:
                return pick(self._read(inputs_embeds=embeddings), target)
            with embeddings_fed(layer, embeddings):
                return pick(self._read(input_ids=ids.expand(len(embeddings), -1)), target)

        def value_and_grad(points: Tensor) -> tuple[Tensor, Tensor]:
            with evaluating(self.model):
                return score_and_grad(points, score)

        field = Field(
            point=self.embedded(ids[None], layer)[0],
            baseline=self.embedded(absent[None], layer)[0],
            value_and_grad=value_and_grad,
            by_feature=lambda contributions: contributions.sum(-1)[..., players],
            background=self.embedded(torch.stack(others), layer) if others else None,
        )
        inside = Inside(
            module=self.model,
            score=score,
            evaluating=lambda: evaluating(self.model),
            field=field,
            elementwise=elementwise(self.model),
        )
        names = tokens.names[:count]
        positions = torch.arange(len(names), dtype=torch.float64)[:, None]
        return Problem(
            features=names,
            input=tokens.layout(prompt=prompt),
            target=target,
            outputs=outputs,
            output=whole,
            game=Game(values=values, players=len(names), whole=whole, positions=positions),
            field=field,
            inside=inside,
            attention=attention_of(inside, by_word_piece(field)) if "attention" in self.faces else None,
            seconds=seconds,
            notes=(*tokens.notes(), *_precision(self.model)),
            provenance=provenance(self.model),
        )

    def _first(self, ids: Tensor) -> tuple[Tensor, nn.Module]:
        """The scores of the input, int64 [1, T] → float32 [1, C], and the layer that embeds it."""
        if not self.plain:
            return self.scores(ids), self.model.get_input_embeddings()  # type: ignore[operator]
        with token_layer(self.model, ids) as found:
            scores = self.scores(ids)
        return scores, found[0]

    def _in_place(self, ids: Tensor, players: Tensor, rows: list[list[int]]) -> Tensor:
        """The input with each row of ids where its ordinary tokens are, int64 [R, T]."""
        most = max(max(row, default=0) for row in rows)
        if self.vocabulary is not None and most >= self.vocabulary:
            msg = (
                f"The token {self.tokenizer.convert_ids_to_tokens(most)!r} was to stand for an absent one, but the "
                f"model knows {self.vocabulary} tokens and not its id {most}; give another baseline or background."
            )
            raise InputError(msg)
        placed = ids.repeat(len(rows), 1)
        placed[:, players] = torch.tensor(rows, dtype=ids.dtype, device=ids.device)
        return placed

    def _read(self, **given: Tensor) -> Tensor:
        """Scores, float32 [B, C], of `input_ids` [B, T] or `inputs_embeds` [B, T, D]."""
        (rows,) = given.values()
        mask = torch.ones(rows.shape[:2], dtype=torch.int64, device=rows.device)
        out = self.model(rows) if self.plain else self.model(**given, attention_mask=mask, **self.extra)
        scores = self.head(out, mask)
        if not isinstance(scores, Tensor):
            msg = f"The model returned a {type(scores).__name__}; it must return scores, float [B, C], or .logits."
            raise ModelError(msg)
        if self.plain and scores.shape == rows.shape[:1]:
            scores = scores[:, None]
        if scores.dim() != 2 or len(scores) != len(rows):
            msg = (
                f"The model returned scores of shape {tuple(scores.shape)} for {len(rows)} texts; one row for each "
                f"is needed, shape [{len(rows)}, C]: is it a model of another kind?"
            )
            raise ModelError(msg)
        return scores.float()


def _precision(model: nn.Module) -> tuple[str, ...]:
    """What a reader must know of a half-precision model: the error shown cannot see the model's own rounding."""
    dtype = next((parameter.dtype for parameter in model.parameters()), torch.float32)
    if dtype not in {torch.bfloat16, torch.float16}:
        return ()
    name = str(dtype).removeprefix("torch.")
    return (f"The model computes in {name}; its own rounding is not part of the error shown.",)


def reader(model: Any, tokenizer: Any, *, head: Callable[[Any, Tensor], Tensor], absent: int) -> TextReader:
    """A reader of a model; finds embeddings, limit and arguments by itself.

    Raises:
        InputError: when the model is no torch module with input embeddings.
    """
    embedding = [part for part in model.modules() if isinstance(part, nn.Embedding)] if _is_module(model) else []
    plain = not hasattr(model, "get_input_embeddings")
    if not _is_module(model) or (plain and not embedding):
        msg = (
            f"A {type(model).__name__} was given where a Hugging Face torch model is expected; give a model with "
            "get_input_embeddings() or an nn.Embedding that reads token ids, or wrap a plain function with "
            "xw.TextClassifier.from_callable(fn)."
        )
        raise InputError(msg)
    layer = max(embedding, key=lambda part: part.num_embeddings) if plain else model.get_input_embeddings()
    rows = getattr(layer, "num_embeddings", None)
    if rows is not None and absent >= rows:
        msg = (
            f"The token {tokenizer.convert_ids_to_tokens(absent)!r} would stand for an absent word, but the model "
            f"knows {rows} tokens and not its id {absent}; name another with baseline_token=, or resize the embeddings."
        )
        raise InputError(msg)
    accepted = inspect.signature(model.forward).parameters
    extra: dict[str, Any] = {"use_cache": False} if "use_cache" in accepted else {}
    return TextReader(
        model=model,
        tokenizer=tokenizer,
        absent=absent,
        limit=token_limit(tokenizer, getattr(model, "config", None)),
        head=head,
        extra=extra,
        takes_embeddings="inputs_embeds" in accepted,
        plain=plain,
        vocabulary=rows,
    )


def _is_module(model: Any) -> bool:
    return isinstance(model, nn.Module)
