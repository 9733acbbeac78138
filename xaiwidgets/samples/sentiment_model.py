"""The module of the sentiment sample."""

from __future__ import annotations

from typing import Any, NamedTuple

from torch import Tensor, nn


class Scores(NamedTuple):
    """What a sequence classifier returns: `logits`, float [B, C]."""

    logits: Tensor


class SentimentModel(nn.Module):
    """An encoder, the mean of its last states over the tokens that are attended to, and a linear head."""

    def __init__(self, encoder: Any, *, classes: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.config = encoder.config
        self.head = nn.Linear(encoder.config.hidden_size, classes)

    def get_input_embeddings(self) -> nn.Module:
        """The encoder's token embeddings."""
        layer: nn.Module = self.encoder.get_input_embeddings()
        return layer

    def forward(
        self, input_ids: Tensor | None = None, attention_mask: Tensor | None = None, inputs_embeds: Tensor | None = None
    ) -> Scores:
        """Score texts, given as token ids [B, T] or as embeddings [B, T, D]; the mask [B, T] is 1 for real tokens."""
        states = self.encoder(
            input_ids=input_ids, attention_mask=attention_mask, inputs_embeds=inputs_embeds
        ).last_hidden_state
        if attention_mask is None:
            return Scores(self.head(states.mean(1)))
        weights = attention_mask[..., None].to(states.dtype)
        return Scores(self.head((states * weights).sum(1) / weights.sum(1)))
