"""AttentionGrid: every head of a model, small; the one that is looked at, large."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy.typing as npt
import traitlets

from xaiwidgets.engine.request import Explainable
from xaiwidgets.errors import InputError
from xaiwidgets.models.given_attention import given_attentions
from xaiwidgets.widgets.asked import Told
from xaiwidgets.widgets.attending import Attending
from xaiwidgets.widgets.attention_page import fitted
from xaiwidgets.widgets.attention_traits import AttentionTraits
from xaiwidgets.widgets.attention_wire import wired_patterns
from xaiwidgets.widgets.export import write_html
from xaiwidgets.widgets.front_end import bundle


class AttentionGrid(AttentionTraits):
    """Where every head of a transformer looks.

    `AttentionGrid(lm, "a text")` runs the model, keeps queries and keys, and lives: edit the text and the grid follows.
    `AttentionGrid(attentions, tokens)` shows weights of your own: what transformers returns with
    `output_attentions=True`, an array [layers, heads, T, T], or what `xw.attentions` keeps of any torch module.

    The browser gets small maps of all heads, and of the head that is opened what its screen can show.

    Attributes:
        text: the text; for a `CausalLM` the prompt.
        stack: which attention is shown: "self", or "encoder", "decoder", "cross".
        source: what the maps show: "weights", "norms", "gradient", "relevance", "rollout", "flow" or "ablation".
        layer: the opened head's layer, or None.
        head: the opened head's number, or None.
        query: the token that looks, or None.
        key: the token that is looked at, or None.
        order: how heads are sorted: "layer", a pattern such as "induction", "ablation" or "looks".
        looks: two texts: heads where a token with the first looks at one with the second; "" for any.
        pinned: layer and head of a head that is kept beside the opened one, or empty.
        target: what sources that look at the output explain; see `xw.start`.
        step: for a `CausalLM`, the index of the generated token that is explained.
        selected: indices of the features a person has chosen, as `TokenHighlight` counts them.
        attentions: what is shown, or None before the model has run; not synced.
        busy: whether something is being computed.
    """

    bundles = ("attention_grid.js", "attention_grid.css")
    _esm = bundle(bundles[0])
    _css = bundle(bundles[1])
    urgency = ("read", "head", "answer", "grid", "looks", "pin", "write", "ablation")
    slow = ("read", "grid", "looks", "write", "ablation")
    newest = ("tile",)

    def __init__(
        self,
        shown: Any,
        given: Any = None,
        *,
        queries: Sequence[str] | None = None,
        batch: int = 0,
        image: Any = None,
        source: str = "weights",
        order: str = "layer",
        target: Any = None,
        generate: int = 12,
        language: str = "",
    ) -> None:
        """Show, and for a model start computing.

        Args:
            shown: a model's adapter; or attention weights: L arrays [B, H, T, S], one array [L, H, T, S], an output of
                transformers, or `xw.attentions(…)`.
            given: what the adapter's model reads, a text or a picture; or the tokens that the weights lie along.
            queries: the tokens that look, where they are another text's: a decoder's.
            batch: which row of a batch of weights.
            image: the picture that the weights of a vision transformer lie along.
            source: see the attribute.
            order: see the attribute.
            target: see `xw.start`.
            generate: how many tokens a `CausalLM` writes after the prompt.
            language: "en", "zh", or "" to follow the notebook.

        Raises:
            InputError: weights or tokens that cannot be shown. MethodError: a model that does not attend.
        """
        self._attending = Attending()
        self._image: Any = None
        self._in_page: dict[str, Any] = {}
        super().__init__(language=language)
        with self._quietly():
            self.source, self.order, self.target = source, order, target
            self._patterns = wired_patterns()
            if isinstance(shown, Explainable):
                self._begin(shown, given, generate=generate)
            else:
                found = given_attentions(shown, given, queries=queries, batch=batch, image=image)
                self._apply(self._attending.take(found, None))
                self._redraw()

    def resume(self) -> None:
        """Go on where it was stopped; begin anew after a failure."""
        if self._fault is not None and self.live:
            self._read()
        else:
            super().resume()

    def settle(self) -> None:
        """Wait for the maps and all that is said of them."""
        self.wait()

    def to_html(self, path: str | os.PathLike[str], *, budget: int = 3_000_000) -> Path:
        """Write one HTML file that shows the grid offline, together with the linked widgets of ours.

        Every head can be opened there, as large as fits into the budget; the page says what was left out.

        Args:
            path: where to.
            budget: about the most bytes.

        Returns:
            The path written.
        """
        title = "attention · xaiwidgets"
        page = write_html(self, path, title=title)
        if not self._grid:
            return page
        shown = (self._grid["stack"], self._grid["source"])
        self._in_page = fitted(
            self.exported(),
            spent=page.stat().st_size,
            budget=budget,
            kept=lambda room: self._attending.kept(*shown, budget=room),
        )
        try:
            return write_html(self, path, title=title)
        finally:
            self._in_page = {}

    def exported(self) -> dict[str, Any]:
        """See `FrontEnd.exported`."""
        return {**super().exported(), **self._in_page}

    def _begin(self, model: Explainable, given: Any, *, generate: int) -> None:
        if given is None:
            msg = "A model was given without an input; give the text or picture that it reads."
            raise InputError(msg)
        self.text, self._image = (given, None) if isinstance(given, str) else ("", given)
        self._attending = Attending(model, generate=generate)
        self.live = True
        self._read()

    def _counts(self) -> dict[str, int]:
        """How many layers, heads and tokens there are, as far as it is known."""
        found = self._attending.attentions
        if found is None or self.stack not in {stack.name for stack in found.stacks}:
            return {}
        maps = found[self.stack].maps
        steps = {"step": self._attending.steps} if self._attending.steps else {}
        return {"layer": maps.layers, "head": maps.heads, "query": maps.queries, "key": maps.keys, **steps}

    @traitlets.observe("text", "step", "target", "stack", "source", "layer", "head", "looks", "pinned", "order")
    def _on_request(self, change: Any) -> None:
        name = change["name"]
        if self._is_ours():
            return
        # What could not be read with one target may be read with another.
        unread = self.attentions is None and not self._attending.writes
        if self.live and (name == "text" or (name == "target" and unread)):
            self._read()
        elif self.attentions is not None:
            self._follow(name)

    def _follow(self, name: str) -> None:
        """Something else is to be seen of the same input."""
        if name in {"layer", "head"}:
            self._open()
        elif name == "pinned":
            self._keep_in_sight()
        elif name == "looks":
            self._look()
        elif name == "order":
            self._ablate()
        elif name in {"stack", "source"}:
            self._redraw()
        elif name in {"step", "target"} and self.live:
            self._ask_otherwise(name)

    def _read(self) -> None:
        """Run the model on the present input."""
        # Who asked something waits for an answer, whatever it is by then.
        self._desk.drop(*(kind for kind in self.urgency if kind != "answer"))
        given = self.text if self._image is None else self._image
        if self._attending.writes:
            # A token of one continuation means nothing in the next.
            with self._quietly():
                self.target, self.step = None, 0

        def reading() -> Told:
            yield from self._attending.read(given, target=self.target)
            self._redraw()
            if self._attending.writes:
                self._order("write", writing)

        def writing() -> Told:
            yield from self._attending.write()
            self._redraw()

        self._order("read", reading)

    def _redraw(self) -> None:
        """Another input, stack or source is to be seen."""
        found = self._attending.attentions
        assert found is not None  # noqa: S101
        self.attentions = found
        with self._quietly():
            if self.stack not in {stack.name for stack in found.stacks}:
                self.stack = found.stacks[0].name
            maps = found[self.stack].maps
            if not (_within(self.layer, maps.layers) and _within(self.head, maps.heads)):
                self.layer = self.head = None
            self.query = self.query if _within(self.query, maps.queries) else None
            self.key = self.key if _within(self.key, maps.keys) else None
            self._sources = self._attending.sources(self.stack)

        def drawing() -> Told:
            waiting = not self._attending.ready(self.stack, self.source)
            for told in self._attending.grid(self.stack, self.source, target=self.target, step=self.step):
                if waiting and self._attending.ready(self.stack, self.source):
                    # The head could not be opened before its maps were made.
                    waiting = False
                    self._open()
                yield told

        self._order("grid", drawing)
        self._open()
        if self.pinned and not self._pin:
            self._keep_in_sight()
        if any(self.looks):
            self._look()
        self._ablate()

    def _open(self) -> None:
        self._do("head", lambda: self._attending.open(self.stack, self.source, self.layer, self.head))

    def _keep_in_sight(self) -> None:
        self._do("pin", lambda: self._attending.pin(self.stack, self.source, self.pinned))

    def _look(self) -> None:
        self._order("looks", lambda: self._attending.look(self.stack, self.looks))

    def _ablate(self) -> None:
        self._desk.drop("ablation")
        if "ablation" in {self.source, self.order}:
            self._order("ablation", lambda: self._attending.ablate(self.stack, target=self.target, step=self.step))

    def _ask_otherwise(self, name: str) -> None:
        """Another target or step: what looks at the output is computed anew."""
        if name == "step" and self._attending.writes:
            # A candidate of one step means nothing at another.
            with self._quietly():
                self.target, self.query = None, self._attending.first_query(self.step)
        if not self._attending.plain(self.stack, self.source):
            self._redraw()
        else:
            self._ablate()

    def _told_when(self, state: str) -> dict[str, Any]:
        """See `Asked`: of an ablation it is told that it is stopped, or goes on."""
        if not self._desk.busy("ablation") or not self._ablation:
            return {}
        stopped_by = "cancelled" if state == "stopped" else None
        return {"_ablation": {**self._ablation, "state": state, "stopped_by": stopped_by}}

    def _answered(self, question: Mapping[str, Any]) -> tuple[dict[str, Any], npt.NDArray[Any]]:
        # What was asked about is what was seen, even if another source is on its way.
        source = self._head.get("source", self.source)
        return self._attending.answer(self.stack, source, question)


def _within(index: int | None, count: int) -> bool:
    return index is not None and 0 <= index < count
