"""Whether an explanation can be trusted: what was measured of it, set against random rankings. Light to import."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd

Goal = Literal["higher", "lower", "random"]
Verdict = Literal["better than chance", "no better than chance", "not decided"]


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One number about an explanation, and the same number for random rankings of its features.

    Attributes:
        name: "deletion", "insertion", "comprehensiveness", "sufficiency", "sensitivity_n", "infidelity",
            "max_sensitivity" or "randomisation"; see `xw.faithfulness`.
        value: of the explanation.
        error: 95 % half-width of what the sampled coalitions leave open about it; 0 where nothing was sampled.
        goal: which way is better: "higher" or "lower" than random rankings, or "random": like one of them.
        rankings: the random rankings that it is set against.
        random: their mean.
        spread: their standard deviation.
        low: their 2.5 % quantile.
        high: their 97.5 % quantile.
        p: the share of random rankings that do as well, (1 + as good) / (1 + all): Phipson & Smyth 2010. For the goal
            "random" the share that lie as far from their middle. NaN where there are none.
        least: the smallest p that any of these rankings has: with few features, or many values that are equal, a
            random ranking is the best one now and then.
    """

    name: str
    value: float
    error: float = 0.0
    goal: Goal = "higher"
    rankings: int = 0
    random: float = float("nan")
    spread: float = float("nan")
    low: float = float("nan")
    high: float = float("nan")
    p: float = float("nan")
    least: float = float("nan")

    @property
    def effect(self) -> float:
        """How many standard deviations of random rankings it is better than their mean; NaN for the goal "random"."""
        if self.goal == "random" or not self.spread > 0:
            return float("nan")
        return (self.value - self.random) / self.spread * (1 if self.goal == "higher" else -1)


@dataclass(frozen=True, kw_only=True, eq=False)
class Faithfulness:
    """Whether an explanation can be trusted: does it say more about the model than a random ranking of its features?

    Attributes:
        verdict: "better than chance", "no better than chance" or "not decided". It rests on `sensitivity_n`, named
            beforehand, so that several measures do not make several chances.
        p: the share of random rankings that agree with the model as well as the explanation does.
        measures: all that were taken, by name.
        curves: arrays float64 [K] to draw: "share" (of features, 0 to 1), "deletion" and "insertion" (the score when
            the top share is taken away, or is all there is), each with ".random", ".low" and ".high" (mean and 95 %
            band of random rankings), and "sensitivity_n" with "sensitivity_n.share": the correlation at each size.
        method: of the explanation.
        parameters: the limits and options the measures were taken with.
        seed: of the random rankings.
        evaluations: rows that went through the model.
        seconds: time spent inside the model.
        stopped_by: "tolerance", "budget", "within", "complete", "cancelled" or "failed"; "running" meanwhile.
        notes: what a reader must know, one sentence each.
    """

    verdict: Verdict
    p: float
    measures: Mapping[str, Measure]
    curves: Mapping[str, npt.NDArray[np.float64]] = field(default_factory=dict)
    method: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    evaluations: int = 0
    seconds: float = 0.0
    stopped_by: str = "complete"
    notes: tuple[str, ...] = ()

    @property
    def beaten(self) -> float:
        """The share of random rankings that the explanation beats, 0 to 1; NaN before there are any."""
        return 1 - self.p

    @property
    def agreement(self) -> float:
        """The correlation of what the explanation says with what the model does, −1 to 1; NaN before it is known."""
        found = self.measures.get("sensitivity_n")
        return float("nan") if found is None else found.value

    def __repr__(self) -> str:
        known = f"beats {100 * self.beaten:.4g} % of random rankings, " if self.p == self.p else ""
        taken = ", ".join(f"{name} {m.value:.3g} (random {m.random:.3g})" for name, m in self.measures.items())
        return (
            f"<Faithfulness of {self.method or 'given numbers'}: {self.verdict}, {known}{taken}; "
            f"{self.evaluations} evaluations, {self.stopped_by}>"
        )

    def to_frame(self) -> pd.DataFrame:
        """A pandas table, one row a measure: its value, what random rankings reach, p and effect."""
        import pandas as pd

        columns = [item.name for item in dataclasses.fields(Measure)]
        rows = [dataclasses.asdict(measure) | {"effect": measure.effect} for measure in self.measures.values()]
        return pd.DataFrame(rows, columns=[*columns, "effect"]).rename(columns={"name": "measure"})

    def to_json(self) -> dict[str, Any]:
        """Everything as JSON values."""
        plain = {item.name: getattr(self, item.name) for item in dataclasses.fields(self)}
        plain["measures"] = [dataclasses.asdict(measure) for measure in self.measures.values()]
        plain["curves"] = {name: curve.tolist() for name, curve in self.curves.items()}
        return plain

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Self:
        """What `to_json` wrote."""
        read = dict(plain)
        read["measures"] = {entry["name"]: Measure(**entry) for entry in plain["measures"]}
        read["curves"] = {name: np.asarray(curve, dtype=np.float64) for name, curve in plain["curves"].items()}
        read["notes"] = tuple(plain["notes"])
        return cls(**read)
