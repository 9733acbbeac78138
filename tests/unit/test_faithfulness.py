"""Measuring an explanation: first numbers soon, limits kept, stopped and resumed, saved, bad input in a sentence."""

import dataclasses
import threading

import numpy as np
import pytest
import torch

import xaiwidgets as xw
from tests.oracle.planted import planted_image, planted_table
from xaiwidgets.errors import InputError, MethodError, ModelError

WORDS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
WEIGHTS = dict(zip(WORDS, [2, 0, -1.5, 0, 0, 1, 0, 0, 0.5, 0, 0, 0], strict=True))
TEXT = " ".join(WORDS)


def scores(texts):
    return [[sum(WEIGHTS.get(word, 0.0) for word in text.split())] for text in texts]


@pytest.fixture
def model():
    return xw.TextClassifier.from_callable(scores, ["score"])


@pytest.fixture
def e(model):
    return xw.explain(model, TEXT, method="occlusion")


def test_a_true_map_is_better_than_chance_and_says_how_sure(model, e):
    found = xw.faithfulness(model, TEXT, e)
    assert found.verdict == "better than chance"
    assert found.p <= 0.005
    assert found.beaten == pytest.approx(1 - found.p)
    assert found.agreement == pytest.approx(1)
    assert "better than chance" in repr(found)
    assert set(found.measures) == {
        "sensitivity_n", "infidelity", "deletion", "insertion", "comprehensiveness", "sufficiency",
    }  # fmt: skip


def test_the_first_numbers_come_after_a_few_evaluations(model, e):
    seen = []
    job = xw.start_faithfulness(model, TEXT, e, on_update=lambda job: seen.append(job.explanation))
    job.result()
    known = [found for found in seen if found is not None]
    assert known[0].evaluations <= 20
    assert "deletion" in known[0].measures
    assert known[0].verdict == "not decided"
    assert [found.evaluations for found in known] == sorted(found.evaluations for found in known)


@pytest.mark.parametrize("budget", [16, 40, 111, 300])
def test_a_budget_is_never_exceeded(e, budget):
    asked = []
    model = xw.TextClassifier.from_callable(lambda texts: (asked.extend(texts), scores(texts))[1], ["score"])
    found = xw.faithfulness(model, TEXT, e, budget=budget)
    assert len(asked) == found.evaluations <= budget
    assert found.stopped_by == ("budget" if budget < 297 else "complete")


def test_a_budget_below_the_first_measure_says_the_least(model, e):
    with pytest.raises(MethodError, match=r"budget=5 .* at least 16\."):
        xw.faithfulness(model, TEXT, e, budget=5)


def test_it_can_be_stopped_and_goes_on_to_the_same_numbers(model, e):
    whole = xw.faithfulness(model, TEXT, e, seed=3)
    halfway = threading.Event()

    def watch(job):
        known = job.explanation
        if known is not None and known.evaluations > 60 and not halfway.is_set():
            halfway.set()
            job.cancel()

    job = xw.start_faithfulness(model, TEXT, e, seed=3, on_update=watch)
    stopped = job.result()
    assert stopped.stopped_by == "cancelled"
    assert stopped.evaluations < whole.evaluations
    again = job.resume().result()
    assert again.evaluations == whole.evaluations
    for name, measure in whole.measures.items():
        assert again.measures[name] == pytest.approx(measure) or again.measures[name] == measure


def test_a_tolerance_of_the_agreement_ends_it(model):
    rough = xw.Explanation.from_arrays(np.arange(12.0) - 4, WORDS, signed=True, method="occlusion")
    found = xw.faithfulness(model, TEXT, rough, tolerance=0.5)
    assert found.stopped_by == "tolerance"
    assert found.measures["sensitivity_n"].error <= 0.5


def test_alone_the_agreement_stops_when_it_is_clear(model, e):
    clear = xw.faithfulness(model, TEXT, e, measures="sensitivity_n")
    assert clear.stopped_by == "complete"
    assert clear.evaluations <= 100
    assert list(clear.measures) == ["sensitivity_n"]


def test_it_is_saved_with_the_explanation(model, e, tmp_path):
    found = xw.faithfulness(model, TEXT, e)
    loaded = xw.load(e.with_faithfulness(found).save(tmp_path / "e.npz"))
    assert loaded.faithfulness.verdict == found.verdict
    assert loaded.faithfulness.measures == dict(found.measures)
    np.testing.assert_array_equal(loaded.faithfulness.curves["deletion"], found.curves["deletion"])
    assert xw.load(e.save(tmp_path / "plain.npz")).faithfulness is None


def test_as_a_table(model, e):
    table = xw.faithfulness(model, TEXT, e).to_frame().set_index("measure")
    assert table.loc["sensitivity_n", "value"] == pytest.approx(1)
    assert (table.p > 0).all()
    assert (table.low <= table.high).all()


def test_without_a_sign_strength_is_what_is_measured(model):
    strength = [abs(weight) for weight in WEIGHTS.values()]
    found = xw.faithfulness(model, TEXT, xw.Explanation.from_arrays(strength, WORDS, signed=False))
    assert found.agreement > 0.6
    assert found.verdict == "better than chance"


def test_values_that_are_not_known_yet_count_as_nothing(model, e):
    values = e.values.copy()
    values[:2] = np.nan
    found = xw.faithfulness(model, TEXT, xw.Explanation.from_arrays(values, WORDS, signed=True))
    assert "2 of 12 features have no value yet" in found.notes[0]
    assert 0 < found.agreement < 1


def test_a_flat_map_is_no_better_than_chance(model):
    found = xw.faithfulness(model, TEXT, xw.Explanation.from_arrays(np.ones(12), WORDS))
    assert found.verdict == "no better than chance"
    assert found.p == 1


def test_one_feature_cannot_be_ranked(model):
    e = xw.explain(model, "one", method="occlusion")
    found = xw.faithfulness(model, "one", e)
    assert found.verdict == "not decided"
    assert "One feature alone cannot be ranked." in found.notes


def test_an_explanation_of_a_neuron_is_measured_at_the_neuron(sentiment):
    text = "A gripping film, unbelievably well acted."
    layer = "encoder.encoder.layer.1"
    e = xw.explain(sentiment, text, method="permutation_shap", layer=layer, neuron=3, budget=400)
    at_neuron = xw.faithfulness(sentiment, text, e, measures="sensitivity_n")
    assert at_neuron.agreement > 0.8
    # At the score the same numbers mean something else.
    at_score = xw.faithfulness(sentiment, text, dataclasses.replace(e, parameters={}), measures="sensitivity_n")
    assert at_score.agreement < at_neuron.agreement - 0.2


def test_features_inside_the_model_cannot_be_taken_away(sentiment):
    text = "A gripping film."
    e = xw.explain(sentiment, text, method="saliency", layer="encoder.encoder.layer.1")
    with pytest.raises(MethodError, match="lie inside the model"):
        xw.faithfulness(sentiment, text, e)


def test_the_baseline_of_the_explanation_is_used_again():
    model, row = planted_table(0)
    other = np.full((4, 20), 0.9)
    e = xw.explain(model, row, method="occlusion", background=other)
    same = xw.faithfulness(model, row, e, background=other, measures="sensitivity_n")
    plain = xw.explain(model, row, method="occlusion")
    assert same.curves["sensitivity_n"] is not None
    assert not np.allclose(e.values, plain.values)
    with pytest.raises(InputError, match="give the same background= again"):
        xw.faithfulness(model, row, e)


def test_the_model_is_left_as_it_was():
    model, picture = planted_image(0)
    model.module.train()
    before = {name: value.clone() for name, value in model.module.state_dict().items()}
    e = xw.explain(model, picture, method="saliency", target="bright")
    found = xw.faithfulness(model, picture, e, seed=1)
    assert {"max_sensitivity", "randomisation"} <= set(found.measures)
    assert model.module.training
    assert all(torch.equal(value, before[name]) for name, value in model.module.state_dict().items())
    assert model.module.weight.grad is None


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"measures": "deletoin"}, MethodError, "did you mean 'deletion'"),
        ({"measures": "max_sensitivity"}, MethodError, "'max_sensitivity' needs a gradient method"),
        ({"measures": ()}, MethodError, "names none"),
        ({"seed": 1.5}, MethodError, "seed=1.5"),
        ({"radius": -1}, MethodError, "radius=-1"),
        ({"budget": 0}, MethodError, "budget=0"),
        ({"e": "a map"}, InputError, "A str was given where an explanation is needed"),
        ({"x": "another text"}, InputError, "12 features and this input 2"),
        ({"model": scores}, InputError, "where an adapter is needed"),
    ],
)
def test_what_cannot_be_measured_is_one_sentence(model, e, change, error, said):
    given = {"model": model, "x": TEXT, "e": e} | change
    with pytest.raises(error, match=said) as raised:
        xw.faithfulness(**given)
    assert str(raised.value).count(". ") <= 1


def test_a_model_that_breaks_is_told(e):
    model = xw.TextClassifier.from_callable(
        lambda texts: [[float("nan") if "one" not in text else 1.0] for text in texts], ["score"]
    )
    with pytest.raises(ModelError, match="NaN or infinite"):
        xw.faithfulness(model, TEXT, e)
