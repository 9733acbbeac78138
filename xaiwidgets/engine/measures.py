"""From the scores that were evaluated to measures, each against the same number for random rankings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import torch
from torch import Tensor

from xaiwidgets.engine import curves
from xaiwidgets.engine.agreement import correlation, correlations, effects, infidelity, jackknife, shuffled
from xaiwidgets.engine.rankings import Rankings
from xaiwidgets.engine.ranks import ranks
from xaiwidgets.engine.stability import distance
from xaiwidgets.trust import Faithfulness, Goal, Measure, Verdict

SURE = 0.005
"""A ranking that one random one in two hundred matches is called better than chance."""

FEWEST = 3
"""Pairs of random rankings below which nothing is decided."""

CLOSE, WELL = 0.9, 0.5
"""Agreements that fit closely, and well enough to stay open where chance cannot be ruled out."""

HINT = 0.025
"""A ranking that fewer random ones match is not called chance: at the worst it is not decided."""

HALF = 0.51
"""An order that more random rankings than this are as good as says nothing, though none is better."""

CURVES: dict[str, Goal] = {
    "deletion": "lower",
    "insertion": "higher",
    "comprehensiveness": "higher",
    "sufficiency": "lower",
}
MEASURES = ("sensitivity_n", "infidelity", *CURVES, "max_sensitivity", "randomisation")


@dataclass
class Evidence:
    """What has been evaluated so far.

    Attributes:
        values: the explanation's, float64 [n].
        signed: whether their sign means something.
        rankings: random ones, with scores on their ways.
        seed: of the shuffles.
        walk: the scores along the explanation's own ranking, float64 [2, K], or None.
        neighbours: its values for inputs nearby, float64 [n] each.
        relearned: its values for weights drawn anew, float64 [n], or None.
    """

    values: Tensor
    signed: bool
    rankings: Rankings
    seed: int
    walk: Tensor | None = None
    neighbours: list[Tensor] = field(default_factory=list)
    relearned: Tensor | None = None

    @property
    def players(self) -> int:
        """n, the number of features."""
        return len(self.values)

    @property
    def claims(self) -> Tensor:
        """What the explanation says of each feature; without a sign how strong it is."""
        return self.values if self.signed else self.values.abs()

    @cached_property
    def shuffled(self) -> Tensor:
        """The claims in random orders, float64 [R, n]: rankings that cost no evaluation."""
        return shuffled(self.claims, seed=self.seed)

    def coalitions(self) -> tuple[Tensor, Tensor]:
        """What was gone, float64 [M, K, n], and how far the score dropped, float64 [M, K].

        Without a sign of its own, what an explanation says of a feature is lent the sign that the feature has in these
        coalitions. Random rankings are lent the same signs, so that the sizes alone are judged.
        """
        drops = self.rankings.whole - self.rankings.scores.flatten(0, 1)
        gone = self.rankings.sets.flatten(0, 1).double()
        return gone if self.signed else gone * effects(gone, drops).sign(), drops


def summary(evidence: Evidence, wanted: tuple[str, ...], **facts: object) -> Faithfulness:
    """All measures that the evidence allows.

    Args:
        evidence: what was evaluated.
        wanted: names of measures.
        **facts: the other attributes of a `Faithfulness`.
    """
    found: dict[str, Measure] = {}
    drawn: dict[str, Tensor] = {}
    if evidence.rankings.pairs:
        agreement, shapes = _agreement(evidence, wanted)
        found |= agreement
        drawn |= shapes
    if evidence.walk is not None and evidence.rankings.empty is not None:
        areas, shapes = _curves(evidence, evidence.walk, evidence.rankings.empty)
        found |= areas
        drawn |= shapes
    if evidence.neighbours:
        found["max_sensitivity"] = _stability(evidence)
    if evidence.relearned is not None:
        found["randomisation"] = _randomisation(evidence, evidence.relearned)
    agreed = found.get("sensitivity_n")
    return Faithfulness(
        verdict=verdict(found, evidence.rankings.pairs),
        p=float("nan") if agreed is None else agreed.p,
        measures={name: found[name] for name in MEASURES if name in found and name in wanted},
        curves={name: curve.numpy() for name, curve in drawn.items() if name.split(".")[0] in {*wanted, "share"}},
        **facts,  # type: ignore[arg-type]
    )


def verdict(measures: Mapping[str, Measure], pairs: int) -> Verdict:
    """What to call an explanation whose measures these are.

    Better than chance: at most one random ranking in two hundred agrees with the model as well. Of few features, or few
    that are not zero, a random ranking puts every value in its right place too often for that; then it is enough that
    no order of the values agrees better and that they agree closely. It is not decided while there are too few random
    rankings, or where one in forty agrees as well and not one in two hundred, or where the agreement is good but could
    still be luck, or the curves beat all rankings and it does not.
    """
    agreement = measures.get("sensitivity_n")
    if agreement is None or pairs < FEWEST:
        return "not decided"
    # Where all values are equal, every order is the best one.
    best = agreement.p <= 1.01 * agreement.least <= HALF
    if agreement.p <= SURE or (best and agreement.value >= CLOSE and agreement.value - agreement.error >= WELL):
        return "better than chance"
    few = 1.5 * agreement.least if agreement.least <= HALF and agreement.value >= WELL else 0.0
    good = agreement.p <= max(HINT, few)
    curved = all(name in measures and measures[name].p <= 0.025 for name in ("deletion", "insertion"))
    return "not decided" if good or curved else "no better than chance"


def against(name: str, value: float, random: Tensor, goal: Goal, *, error: float = 0.0) -> Measure:
    """A measure set against random rankings, float64 [R]; ties count as done as well."""
    measure = Measure(name=name, value=value, error=error, goal=goal, rankings=len(random))
    if not len(random) or not bool(random.isfinite().all()):
        return measure
    close = 1e-9 * max(1.0, abs(value))
    better = {
        "higher": random >= value - close,
        "lower": random <= value + close,
        "random": (random - random.mean()).abs() >= abs(value - float(random.mean())) - close,
    }[goal]
    low, high = torch.quantile(random, random.new_tensor([0.025, 0.975])).tolist()
    best = max(value, float(random.max())) if goal == "higher" else min(value, float(random.min()))
    as_best = (random - best).abs() <= close
    return replace(
        measure,
        random=float(random.mean()),
        spread=float(random.std()) if len(random) > 1 else float("nan"),
        low=low,
        high=high,
        p=(1 + int(better.sum())) / (1 + len(random)),
        least=(1 + int(as_best.sum())) / (1 + len(random)) if goal != "random" else float("nan"),
    )


def _agreement(evidence: Evidence, wanted: tuple[str, ...]) -> tuple[dict[str, Measure], dict[str, Tensor]]:
    gone, drops = evidence.coalitions()
    claims, random = evidence.claims, evidence.shuffled

    def measured(name: str, of: Callable[[Tensor, Tensor, Tensor], Tensor], goal: Goal) -> Measure:
        without = [_without(gone, drops, pair) for pair in range(evidence.rankings.pairs)]
        error = jackknife(torch.stack([of(claims, *rest) for rest in without if len(rest[1])] or [claims.sum()]))
        return against(name, float(of(claims, gone, drops)), of(random, gone, drops), goal, error=error)

    # The verdict rests on the first, whatever else is wanted.
    found = {"sensitivity_n": measured("sensitivity_n", correlation, "higher")}
    if "infidelity" in wanted:
        found["infidelity"] = measured("infidelity", infidelity, "lower")
    share = torch.tensor(evidence.rankings.sizes, dtype=torch.float64) / evidence.players
    return found, {
        "sensitivity_n": correlations(claims, gone, drops),
        "sensitivity_n.share": share,
    }


def _without(gone: Tensor, drops: Tensor, pair: int) -> tuple[Tensor, Tensor]:
    kept = torch.arange(len(drops)) // 2 != pair
    return gone[kept], drops[kept]


def _curves(evidence: Evidence, walk: Tensor, empty: float) -> tuple[dict[str, Measure], dict[str, Tensor]]:
    rankings, players = evidence.rankings, evidence.players
    sizes, whole = rankings.sizes, rankings.whole
    # A ranking's walk, and its reverse's: the same scores with the two ends swapped.
    random = torch.stack([rankings.scores, rankings.scores.flip(1)], 1).flatten(0, 1) if rankings.pairs else walk[:0]
    random = random.reshape(-1, *walk.shape)
    own = walk[None]
    drawn = {"share": curves.shares(sizes, players)}
    found = {}
    for name, curve in (("deletion", curves.deletion), ("insertion", curves.insertion)):
        line, lines = (curve(scores, whole=whole, empty=empty) for scores in (own, random))
        areas = [curves.area(each, sizes, players) for each in (line, lines)]
        found[name] = against(name, float(areas[0][0]), areas[1], CURVES[name])
        drawn[name] = line[0]
        if len(lines):
            low, high = torch.quantile(lines, lines.new_tensor([0.025, 0.975]), dim=0)
            drawn |= {f"{name}.random": lines.mean(0), f"{name}.low": low, f"{name}.high": high}
    for name, drop in (
        ("comprehensiveness", curves.comprehensiveness),
        ("sufficiency", curves.sufficiency),
    ):
        mine, theirs = (drop(scores, sizes, players, whole=whole) for scores in (own, random))
        found[name] = against(name, float(mine[0]), theirs, CURVES[name])
    return found, drawn


def _stability(evidence: Evidence) -> Measure:
    """The largest move among inputs nearby, against the largest among as many random rankings of the same values."""
    values, count = evidence.values, len(evidence.neighbours)
    random = shuffled(values, seed=evidence.seed)
    random = distance(values, random[: len(random) // count * count]).reshape(-1, count).amax(1)
    return against("max_sensitivity", float(distance(values, torch.stack(evidence.neighbours)).max()), random, "lower")


def _randomisation(evidence: Evidence, relearned: Tensor) -> Measure:
    """Spearman's correlation of |values| with those of a model that has learned nothing; random rankings have none."""
    mine, theirs = (torch.from_numpy(ranks(each.abs().numpy())) for each in (evidence.values, relearned))
    mine, theirs = mine - mine.mean(), theirs - theirs.mean()
    norm = (mine.square().sum() * theirs.square().sum()).sqrt()
    random = shuffled(mine, seed=evidence.seed) @ theirs / norm
    return against("randomisation", float(mine @ theirs / norm), random, "random")
