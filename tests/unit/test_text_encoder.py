"""The adapter of a sentence encoder: why two texts are alike."""

import numpy as np
import pytest
import torch
from torch.nn.functional import cosine_similarity

import xaiwidgets as xw
from tests.oracle.closed import exact_shapley
from xaiwidgets.errors import InputError, TargetError

TEXT, OTHER, THIRD = "a dog runs in the park", "puppies play outside", "the stock market fell"


def pooled(adapter, text, how="mean"):
    """The embedding by the user's own call."""
    with torch.no_grad():
        states = adapter.model(**adapter.tokenizer(text, return_tensors="pt")).last_hidden_state[0]
    return states.mean(0) if how == "mean" else states[0]


def cosine(adapter, first, second, how="mean"):
    return float(cosine_similarity(pooled(adapter, first, how), pooled(adapter, second, how), dim=0))


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_the_output_is_the_cosine_of_the_two_embeddings(minilm, pooling):
    adapter = xw.TextEncoder(minilm.model, minilm.tokenizer, pooling=pooling)
    e = xw.explain(adapter, TEXT, target=OTHER, method="saliency")
    assert e.output == pytest.approx(cosine(minilm, TEXT, OTHER, pooling), abs=1e-5)
    assert (e.target, e.contrast, e.unit) == (OTHER, None, "cosine")
    assert (e.outputs.kind, e.outputs.labels, e.outputs.probabilities) == ("similarity", (OTHER,), None)
    assert e.outputs.scores == pytest.approx([e.output], abs=1e-6)
    torch.testing.assert_close(adapter.embed(TEXT), pooled(minilm, TEXT, pooling), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("method", ["input_x_gradient", "occlusion", "permutation_shap"])
def test_two_texts_ask_why_more_like_the_first(minilm, method):
    request = {"method": method, "tolerance": 1e-9, "budget": 36}
    first, second, both = (xw.explain(minilm, TEXT, target=t, **request) for t in (OTHER, THIRD, (OTHER, THIRD)))
    assert (both.target, both.contrast, both.outputs.labels) == (OTHER, THIRD, (OTHER, THIRD))
    assert both.output == pytest.approx(cosine(minilm, TEXT, OTHER) - cosine(minilm, TEXT, THIRD), abs=1e-5)
    np.testing.assert_allclose(both.values, first.values - second.values, atol=1e-5)


def test_shapley_values_of_a_similarity_are_exact_for_a_short_text(minilm):
    e = xw.explain(minilm, TEXT, target=OTHER, method="permutation_shap")
    game = minilm.problem(TEXT, OTHER).game
    truth = exact_shapley(lambda masks: game.values(masks).double(), 6)
    np.testing.assert_allclose(e.values, truth, atol=1e-5)
    assert e.values.sum() == pytest.approx(e.output - e.baseline_output, abs=1e-6)


def test_the_other_texts_evaluations_are_counted(minilm):
    rows = []
    hook = minilm.model.register_forward_hook(lambda *args: rows.append(len(args[-1].last_hidden_state)))
    try:
        for target, texts in ((OTHER, 1), ((OTHER, THIRD), 2)):
            rows.clear()
            e = xw.explain(minilm, TEXT, target=target, method="occlusion")
            assert e.evaluations == sum(rows) == texts + 1 + 6
    finally:
        hook.remove()


def test_a_text_is_wholly_like_itself(minilm):
    e = xw.explain(minilm, TEXT, target=TEXT, method="integrated_gradients")
    assert e.output == pytest.approx(1.0, abs=1e-5)
    assert e.values.sum() == pytest.approx(1 - e.baseline_output, abs=0.05)


@pytest.mark.parametrize("target", [None, 3, (), (OTHER, THIRD, TEXT), (OTHER, 2), {"a": 1}])
def test_without_a_text_to_compare_with_there_is_nothing_to_explain(minilm, target):
    with pytest.raises(TargetError, match="an encoder's target is another text to compare with, or a pair of texts"):
        xw.explain(minilm, TEXT, target=target)


def test_an_empty_text_to_compare_with_is_refused(minilm):
    with pytest.raises(InputError, match="empty"):
        xw.explain(minilm, TEXT, target="  ")


def test_an_unknown_pooling_is_refused(minilm):
    with pytest.raises(InputError, match="pooling='max' is not known; choose 'mean' or 'cls'"):
        xw.TextEncoder(minilm.model, minilm.tokenizer, pooling="max")
