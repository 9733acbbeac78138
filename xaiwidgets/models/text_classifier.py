"""The adapter of a text classifier: a torch module, or any function from texts to scores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor

from xaiwidgets.engine.problem import Problem
from xaiwidgets.explanation import Outputs, Target
from xaiwidgets.models.classes import choose_class
from xaiwidgets.models.plain_module import scores_of
from xaiwidgets.models.targets import pick
from xaiwidgets.models.text_callable import CallableText
from xaiwidgets.models.text_reader import reader
from xaiwidgets.models.tokens import baseline_id, tokenize


class TextClassifier:
    """A text classifier and its tokenizer, ready to be explained: a Hugging Face model or any torch module.

    The explained score is the target's logit, or for a contrast the difference of two. The model is run as it is: on
    its device, in its dtype, in eval mode for the length of a call, and left as it was found.

    Attributes:
        model: as given.
        tokenizer: as given.
        labels: the names of the C outputs.
    """

    def __init__(
        self, model: Any, tokenizer: Any, labels: Sequence[str] | None = None, *, baseline_token: str | None = None
    ) -> None:
        """Wrap a model.

        Args:
            model: takes `input_ids` or `inputs_embeds` with `attention_mask`, and returns `.logits`, float [B, C]. A
                plain module takes token ids, int64 [B, T], as its only argument, embeds them with an `nn.Embedding`,
                and returns scores, float [B, C] or [B], alone, in a tuple or in a mapping.
            tokenizer: its (fast) tokenizer.
            labels: C names; None: the configuration's `id2label`.
            baseline_token: what stands where a word is absent; None: the tokenizer's mask, padding or end token.

        Raises:
            InputError: when the model or tokenizer is of another kind, or there are too few labels.
        """
        self.model = model
        self.tokenizer = tokenizer
        self._reader = reader(
            model, tokenizer, head=lambda out, _: scores_of(out), absent=baseline_id(tokenizer, baseline_token)
        )
        named = getattr(getattr(model, "config", None), "id2label", None) or {}
        self.labels = tuple(labels) if labels is not None else tuple(str(named[i]) for i in sorted(named))

    @property
    def faces(self) -> frozenset[str]:
        """The faces of its problems."""
        return self._reader.faces

    @staticmethod
    def from_callable(
        fn: Callable[[list[str]], Any], labels: Sequence[str] | None = None, *, absent: str = ""
    ) -> CallableText:
        """Wrap any function from a list of B texts to scores [B, C]: an endpoint, a pipeline, scikit-learn.

        Args:
            fn: the function.
            labels: C names; None: "0", "1", …
            absent: what replaces an absent word; by default it is taken out of the text.
        """
        return CallableText(fn, labels=labels, absent=absent)

    def problem(self, x: str, target: Any = None, *, baseline: Any = None, background: Any = None) -> Problem:
        """Why the score of `target` (None: the highest) is what it is for the text `x`.

        Args:
            x: a text.
            target: a label, its number, or a pair of them.
            baseline: what stands where words are absent: a token such as "[PAD]", or a text of as many tokens.
            background: texts to average over, where a method does; each is cut or filled up to as many tokens.

        Raises:
            InputError: a text cannot be read or does not fit. TargetError: no such output. ModelError: a score is not
                finite.
        """
        tokens = tokenize(self.tokenizer, x, limit=self._reader.limit)
        return self._reader.problem(
            tokens, lambda scores: self._choose(scores, target), pick, baseline=baseline, background=background
        )

    def _choose(self, scores: Tensor, target: Any) -> tuple[Target, Outputs]:
        several = getattr(getattr(self.model, "config", None), "problem_type", None) == "multi_label_classification"
        return choose_class(scores, self.labels, target, several=several)
