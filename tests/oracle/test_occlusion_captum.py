"""Leave-one-out against its definition and against Captum's feature ablation on the same token ids."""

import pytest
import torch
from captum.attr import FeatureAblation

import xaiwidgets as xw
from tests.oracle.closed import estimates, game_of, problem_of, table_game


def test_each_value_is_the_drop_without_the_feature():
    function = table_game(9, seed=0)
    game, asked = game_of(function, 9)
    run, made = estimates(problem_of(game=game), "occlusion")
    without = ~torch.eye(9, dtype=torch.bool)
    assert torch.equal(made[-1].values, game.whole - function(without))
    assert (run.pace.evaluations, run.stopped_by, made[-1].kind) == (10, "complete", "exact")
    assert asked == [tuple(row) for row in without.tolist()]


def test_what_has_not_been_left_out_yet_is_unknown():
    game, _ = game_of(table_game(9, seed=1), 9)
    run, made = estimates(problem_of(game=game), "occlusion", budget=5)
    assert run.stopped_by == "budget"
    assert made[-1].values.isnan().tolist() == [False] * 4 + [True] * 5
    assert torch.equal(made[-1].values.isnan(), made[-1].error.isnan())
    assert made[-1].relative_error != made[-1].relative_error


@pytest.mark.parametrize("text", ["a gripping film, unbelievably well acted", "not bad"])
def test_a_classifiers_map_is_captums(sentiment, text):
    e = xw.explain(sentiment, text, method="occlusion", target="positive")
    read = sentiment.tokenizer(text, return_special_tokens_mask=True)
    ids = torch.tensor([read["input_ids"]])
    ordinary = ~torch.tensor(read["special_tokens_mask"], dtype=torch.bool)

    def forward(rows):
        return sentiment.model(input_ids=rows, attention_mask=torch.ones_like(rows)).logits[:, 1]

    with torch.no_grad():
        theirs = FeatureAblation(forward).attribute(ids, baselines=sentiment.tokenizer.mask_token_id)[0]
    torch.testing.assert_close(torch.tensor(e.values), theirs[ordinary].double(), rtol=1e-4, atol=1e-5)


def test_a_language_models_map_is_captums(smollm2):
    text = "The capital of France is"
    absent = smollm2.tokenizer(" ", add_special_tokens=False)["input_ids"][0]
    model = xw.CausalLM(
        smollm2.model, smollm2.tokenizer, baseline_token=smollm2.tokenizer.convert_ids_to_tokens(absent)
    )
    e = xw.explain(model, text, method="occlusion", target=("Paris", "London"))
    ids = torch.tensor([smollm2.tokenizer(text)["input_ids"]])
    first, second = e.targets

    def forward(rows):
        scores = smollm2.model(input_ids=rows).logits[:, -1]
        return scores[:, first] - scores[:, second]

    with torch.no_grad():
        theirs = FeatureAblation(forward).attribute(ids, baselines=absent)[0]
    torch.testing.assert_close(torch.tensor(e.values), theirs.double(), rtol=1e-3, atol=1e-3)
