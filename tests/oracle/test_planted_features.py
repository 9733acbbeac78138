"""A planted model's explanation is found better than chance and a shuffled one is not, in twenty of twenty seeds."""

import dataclasses

import numpy as np
import pytest

import xaiwidgets as xw
from tests.oracle.planted import planted_image, planted_table, planted_text

CASES = {
    "text": (planted_text, "occlusion", "yes"),
    "image": (planted_image, "integrated_gradients", "bright"),
    "table": (planted_table, "occlusion", None),
}


def shuffled(e, seed):
    # Another stream than the one that planted the features.
    return dataclasses.replace(e, values=np.random.default_rng(100 + seed).permutation(e.values))


@pytest.mark.parametrize("kind", CASES)
def test_planted_is_green_and_shuffled_is_red(kind):
    make, method, target = CASES[kind]
    verdicts = []
    for seed in range(20):
        model, x = make(seed)
        e = xw.explain(model, x, method=method, target=target)
        each = [
            xw.faithfulness(model, x, given, target=target, measures="sensitivity_n", seed=seed)
            for given in (e, shuffled(e, seed))
        ]
        verdicts.append(tuple(found.verdict for found in each))
    assert verdicts == [("better than chance", "no better than chance")] * 20


@pytest.mark.parametrize("kind", CASES)
def test_every_measure_tells_them_apart(kind):
    make, method, target = CASES[kind]
    model, x = make(1)
    e = xw.explain(model, x, method=method, target=target)
    good, bad = (xw.faithfulness(model, x, given, target=target) for given in (e, shuffled(e, 1)))
    assert (good.verdict, bad.verdict) == ("better than chance", "no better than chance")
    for name in ("sensitivity_n", "infidelity", "deletion", "insertion", "comprehensiveness", "sufficiency"):
        assert good.measures[name].effect > max(1.5, bad.measures[name].effect), name


@pytest.mark.parametrize("players", [5, 12])
def test_one_decisive_feature_is_enough_where_no_other_order_fits_as_well(players):
    def scores(texts):
        return [["gold" in text.split()] for text in texts]

    words = [f"w{i}" for i in range(players - 1)]
    model, text = xw.TextClassifier.from_callable(scores), " ".join([*words, "gold"])
    e = xw.explain(model, text, method="occlusion")
    found = xw.faithfulness(model, text, e)
    # A random ranking puts the one value that counts in its place once in n times, and that is said.
    assert found.p == pytest.approx(1 / players, abs=0.05)
    assert found.verdict == "better than chance"
    moved = dataclasses.replace(e, values=np.roll(e.values, 1))
    assert xw.faithfulness(model, text, moved).verdict == "no better than chance"
