"""What a method is: its name, the face of a problem that it works on, and when it is good enough."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from xaiwidgets.engine.estimate import Estimate
from xaiwidgets.words import words

Face = Literal["game", "field", "inside", "attention", "maps", "veil", "scored", "inputs"]


@dataclass(frozen=True, kw_only=True)
class Method:
    """One way to attribute a score to features; its title and summary are in `words.json`.

    Attributes:
        name: what users write.
        face: the face of a `Problem` that it works on.
        estimates: maps (face, pace, **options) to ever better estimates. It yields after every model
            call, so that whoever drives it can stop, show and resume.
        tolerance: the relative error at which it stops when nothing else is asked for.
        budget: the evaluations at which it stops when nothing else is asked for.
        arranged: whether it needs to know which features lie side by side.
        backed: whether it needs a background, the model's own or one that is given with the input.
        pictured: whether it needs the picture that is explained.
        layered: whether it can look at a layer instead of the input, though its face is no field.
        signed: whether the sign of a value says which way the feature moved the score.
    """

    name: str
    face: Face
    estimates: Callable[..., Iterator[Estimate]]
    tolerance: float | None = None
    budget: int | None = None
    signed: bool = True
    arranged: bool = False
    backed: bool = False
    pictured: bool = False
    layered: bool = False
    options: frozenset[str] = field(init=False)

    @property
    def needs(self) -> frozenset[str]:
        """What a model must have for it, in the words of its `faces`."""
        further = {"positions": self.arranged, "background": self.backed, "veil": self.pictured}
        return frozenset({self.face, *(name for name, needed in further.items() if needed)})

    @property
    def summary(self) -> str:
        """One line on what its values mean."""
        return words("en")[f"method.{self.name}.summary"]

    def __post_init__(self) -> None:
        parameters = inspect.signature(self.estimates).parameters.values()
        object.__setattr__(self, "options", frozenset(p.name for p in parameters if p.kind is p.KEYWORD_ONLY))
