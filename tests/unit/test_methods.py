"""Which methods work for which model, and what is said about those that do not."""

import inspect
import re

import numpy as np
import pytest
import torch

import xaiwidgets as xw
from tests.oracle.closed import (
    FIELD_METHODS,
    GAME_METHODS,
    LISTED_METHODS,
    TEXT_METHODS,
    Given,
    field_of,
    game_of,
    problem_of,
    table_game,
)
from xaiwidgets.engine.methods import METHODS
from xaiwidgets.errors import InputError, MethodError, XaiError


def black_box():
    return xw.TextClassifier.from_callable(lambda texts: [[1.0] for _ in texts])


def test_a_model_with_gradients_has_every_method(sentiment, minilm, smollm2):
    for adapter in (sentiment, minilm, smollm2):
        assert set(xw.methods(adapter)) >= set(LISTED_METHODS)


def test_a_black_box_has_those_that_need_coalitions_alone():
    assert list(xw.methods(black_box())) == GAME_METHODS


def test_each_method_is_told_in_one_line(sentiment):
    for name, told in xw.methods(sentiment).items():
        assert name == name.lower()
        assert told.endswith(".")
        assert "\n" not in told
        assert 20 < len(told) < 130


def test_the_first_is_the_default(sentiment):
    assert xw.explain(sentiment, "fine").method == next(iter(xw.methods(sentiment)))
    assert xw.explain(black_box(), "fine").method == next(iter(xw.methods(black_box())))


@pytest.mark.parametrize(
    ("method", "told"),
    [
        ("integrated_gradient", "did you mean 'integrated_gradients'?"),
        ("Saliency", "did you mean 'saliency'?"),
        ("shap", "There is no method 'shap'"),
        ("", "There is no method ''"),
        (3, "There is no method 3"),
        (["saliency"], "There is no method"),
    ],
)
def test_an_unknown_method_names_the_closest_and_the_choice(sentiment, method, told):
    with pytest.raises(MethodError) as caught:
        xw.start(sentiment, "fine", method=method)
    assert told in str(caught.value)
    assert all(name in str(caught.value) for name in LISTED_METHODS)


def test_a_method_that_needs_gradients_is_refused_for_a_black_box():
    for method in FIELD_METHODS:
        with pytest.raises(MethodError, match=rf"'{method}' needs gradients.*choose one of {', '.join(GAME_METHODS)}"):
            xw.start(black_box(), "fine", method=method)


def test_a_method_that_needs_coalitions_is_refused_without():
    field, _ = field_of(lambda x: x.sum(-1), torch.ones(2), torch.zeros(2))
    with pytest.raises(MethodError, match="'occlusion' needs coalitions of features"):
        xw.start(Given(problem_of(field=field, features=2)), None, method="occlusion")


@pytest.mark.parametrize("method", TEXT_METHODS)
def test_an_option_a_method_does_not_have_is_refused(sentiment, method):
    with pytest.raises(MethodError, match=rf"'{method}' has no option 'steps'; its options are: "):
        xw.start(sentiment, "fine", method=method, steps=50)


@pytest.mark.parametrize("given", [torch.nn.Linear(2, 2), "bert", None, 3, lambda texts: texts])
@pytest.mark.parametrize("call", [xw.methods, lambda model: xw.start(model, "fine"), lambda m: xw.explain(m, "fine")])
def test_what_is_no_adapter_is_refused(given, call):
    with pytest.raises(InputError, match=rf"A {type(given).__name__} was given where an adapter is needed; wrap it"):
        call(given)


@pytest.mark.parametrize("seed", ["one", 1.5, None])
def test_a_seed_is_a_whole_number(seed):
    game, _ = game_of(table_game(3, seed=0), 3)
    with pytest.raises(MethodError, match=r"seed=.* it must be a whole number"):
        xw.explain(Given(problem_of(game=game)), None, seed=seed)


def test_numpys_seed_can_be_saved(tmp_path):
    game, _ = game_of(table_game(8, seed=0), 8)
    same = [
        xw.explain(Given(problem_of(game=game)), None, method="permutation_shap", budget=50, seed=seed)
        for seed in (7, np.int64(7))
    ]
    np.testing.assert_array_equal(same[0].values, same[1].values)
    assert xw.load(same[1].save(tmp_path / "e")).seed == 7


def test_every_method_is_a_generator_with_a_reference():
    for method in METHODS.values():
        assert inspect.isgeneratorfunction(method.estimates)
        assert re.search(r"\b(19|20)\d\d\b", method.estimates.__doc__), method.name


def test_everything_that_is_raised_can_be_caught_as_one(sentiment):
    for wrong in ({"method": "none"}, {"target": "none"}, {"budget": 0}, {"nonsense": 1}):
        with pytest.raises(XaiError):
            xw.explain(sentiment, "fine", **wrong)


def test_a_language_model_leaves_one_out_unless_it_is_asked_otherwise(smollm2):
    assert next(iter(xw.methods(smollm2))) == "occlusion"
    e = xw.explain(smollm2, "The capital of France is")
    assert (e.method, e.target, e.error_kind) == ("occlusion", " Paris", "exact")
    assert e.features[int(e.values.argmax())] == "France"


def test_a_classifier_integrates_gradients_unless_it_is_asked_otherwise(sentiment):
    assert xw.explain(sentiment, "A fine film.").method == "integrated_gradients"
