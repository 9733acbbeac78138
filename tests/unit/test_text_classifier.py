"""The adapter of a Hugging Face classifier: labels, targets, contrasts, precisions, architectures."""

import copy

import numpy as np
import pytest
import torch

import xaiwidgets as xw
from tests.unit import tiny
from xaiwidgets.errors import InputError, ModelError, TargetError

TEXT = "a warm and gripping film"


@pytest.fixture
def three(minilm):
    """Three classes named by the configuration."""
    names = {0: "calm", 1: "glad", 2: "angry"}
    model = tiny.bert_classifier(minilm.tokenizer, id2label=names, label2id={v: k for k, v in names.items()})
    return xw.TextClassifier(model, minilm.tokenizer)


def logits(adapter, text):
    """What the user's own code gets."""
    adapter.model.eval()
    with torch.no_grad():
        return adapter.model(**adapter.tokenizer(text, return_tensors="pt")).logits[0]


def test_what_was_given_is_kept(minilm):
    model = tiny.bert_classifier(minilm.tokenizer)
    adapter = xw.TextClassifier(model, minilm.tokenizer, labels=["a", "b", "c"])
    assert adapter.model is model
    assert adapter.tokenizer is minilm.tokenizer
    assert adapter.labels == ("a", "b", "c")


def test_the_scores_are_those_of_the_users_own_call(three):
    e = xw.explain(three, TEXT, method="saliency")
    raw = logits(three, TEXT)
    assert e.outputs.labels == ("calm", "glad", "angry")
    assert e.outputs.scores == pytest.approx(raw.tolist(), abs=1e-5)
    assert e.outputs.probabilities == pytest.approx(raw.softmax(0).tolist(), abs=1e-5)
    assert (e.outputs.kind, e.outputs.ids, e.outputs.total) == ("class", (0, 1, 2), 3)
    # Asked for nothing, the highest class is explained.
    assert e.target == e.outputs.labels[int(raw.argmax())]
    assert e.output == pytest.approx(float(raw.max()), abs=1e-5)
    assert e.unit == "logit"


@pytest.mark.parametrize("target", ["glad", "GLAD", 1, np.int64(1), torch.tensor(1), -2])
def test_a_target_by_name_or_number(three, target):
    e = xw.explain(three, TEXT, target=target, method="saliency")
    assert (e.target, e.targets, e.contrast) == ("glad", (1,), None)
    assert e.output == pytest.approx(float(logits(three, TEXT)[1]), abs=1e-5)


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("galm", "target='galm' is not one of the model's 3 outputs (did you mean 'calm'?)"),
        ("", "target='' is not one of the model's 3 outputs"),
        (3, "target=3 was given, but the model has 3 outputs; give 0 to 2"),
        (-4, "target=-4"),
        (True, "target=True is a bool"),
        (1.5, "target=1.5 is a float"),
        (("calm",), "has 1 entries"),
        (("calm", "glad", "angry"), "has 3 entries"),
        (("calm", "calm"), "sets an output against itself"),
        (("calm", 0), "sets an output against itself"),
        (("calm", "furious"), "target='furious'"),
    ],
)
def test_a_target_there_is_not(three, target, told):
    with pytest.raises(TargetError) as caught:
        xw.explain(three, TEXT, target=target)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("method", ["input_x_gradient", "occlusion", "permutation_shap"])
def test_a_contrast_is_the_difference_of_two_explanations(three, method):
    # These methods are linear in the output they explain; the same evaluations make them comparable.
    request = {"method": method, "tolerance": 1e-9, "budget": 34}
    one, other, both = (xw.explain(three, TEXT, target=t, **request) for t in ("glad", "calm", ("glad", "calm")))
    assert (both.target, both.contrast, both.targets) == ("glad", "calm", (1, 0))
    assert one.evaluations == other.evaluations == both.evaluations
    np.testing.assert_allclose(both.values, one.values - other.values, atol=1e-4)
    assert both.output == pytest.approx(one.output - other.output, abs=1e-5)


def test_a_contrasts_path_is_the_difference_of_two_as_far_as_they_are_known(three):
    # Each path is refined where it is rough, so the three end with different points.
    request = {"method": "integrated_gradients", "tolerance": 1e-3, "budget": 400}
    one, other, both = (xw.explain(three, TEXT, target=t, **request) for t in ("glad", "calm", ("glad", "calm")))
    assert one.stopped_by == other.stopped_by == both.stopped_by == "tolerance"
    assert np.abs(both.values - one.values + other.values).sum() <= (one.error + other.error + both.error).sum()


def test_labels_of_another_length_are_refused(minilm):
    adapter = xw.TextClassifier(tiny.bert_classifier(minilm.tokenizer), minilm.tokenizer, labels=["a", "b"])
    with pytest.raises(InputError, match="2 labels were given for a model with 3 outputs"):
        xw.explain(adapter, TEXT)


def test_a_multi_label_model_has_independent_probabilities(minilm):
    model = tiny.bert_classifier(minilm.tokenizer, problem_type="multi_label_classification")
    adapter = xw.TextClassifier(model, minilm.tokenizer)
    e = xw.explain(adapter, TEXT, method="saliency")
    assert e.outputs.probabilities == pytest.approx(logits(adapter, TEXT).sigmoid().tolist(), abs=1e-5)


def test_a_model_with_one_output_has_a_score_and_no_probability(minilm):
    adapter = xw.TextClassifier(tiny.bert_classifier(minilm.tokenizer, labels=1), minilm.tokenizer)
    e = xw.explain(adapter, TEXT, method="occlusion")
    assert (e.outputs.kind, e.outputs.probabilities, e.unit) == ("score", None, "score")
    assert e.output == pytest.approx(float(logits(adapter, TEXT)[0]), abs=1e-5)


def test_both_faces_start_from_the_same_text(three):
    problem = three.problem(TEXT, 0)
    at_baseline, _ = problem.field.value_and_grad(problem.field.baseline[None])
    at_input, _ = problem.field.value_and_grad(problem.field.point[None])
    none, whole = problem.game.values(torch.tensor([[False] * 5, [True] * 5])).tolist()
    assert float(at_baseline) == pytest.approx(none, abs=1e-5)
    assert float(at_input) == pytest.approx(whole, abs=1e-5)
    assert whole == pytest.approx(problem.output, abs=1e-5)


def test_nothing_is_padded(three):
    seen = []

    def look(_, args, named):
        seen.append((named.get("input_ids"), named.get("inputs_embeds"), named["attention_mask"]))

    three.model.register_forward_pre_hook(look, with_kwargs=True)
    for method in ("integrated_gradients", "permutation_shap"):
        xw.explain(three, TEXT, method=method, budget=20)
    ids = three.tokenizer(TEXT)["input_ids"]
    assert len(seen) > 4
    for given, embeddings, mask in seen:
        assert bool((mask == 1).all())
        assert mask.shape[1] == len(ids)
        assert (given if given is not None else embeddings).shape[:2] == mask.shape


def test_the_named_baseline_token_stands_where_a_word_is_absent(minilm):
    model = tiny.bert_classifier(minilm.tokenizer)
    adapter = xw.TextClassifier(model, minilm.tokenizer, baseline_token="[PAD]")
    e = xw.explain(adapter, "warm film", method="occlusion", target=0)
    whole = float(logits(adapter, "warm film")[0])
    assert e.values[0] == pytest.approx(whole - float(logits(adapter, "[PAD] film")[0]), abs=1e-5)
    with pytest.raises(InputError, match="baseline_token='nosuchtoken' is not in the tokenizer's vocabulary"):
        xw.TextClassifier(model, minilm.tokenizer, baseline_token="nosuchtoken")


def test_a_padding_token_that_was_added_to_the_tokenizer_alone_is_refused(smollm2):
    tokenizer = copy.deepcopy(smollm2.tokenizer)
    model = tiny.gpt2_classifier(tokenizer)
    tokenizer.add_special_tokens({"pad_token": "[PAD]"})
    with pytest.raises(InputError, match=r"'\[PAD\]' would stand for an absent word, but the model knows 49152 tokens"):
        xw.TextClassifier(model, tokenizer)
    assert xw.explain(xw.TextClassifier(model, tokenizer, baseline_token="Ġ"), "fine", method="occlusion").features


@pytest.mark.parametrize("method", ["integrated_gradients", "saliency", "occlusion", "permutation_shap"])
def test_sdpa_and_eager_attention_give_the_same(sentiment, method):
    encoder = sentiment.model.encoder
    shown = {}
    before = encoder.config._attn_implementation
    try:
        for kind in ("sdpa", "eager"):
            encoder.set_attn_implementation(kind)
            shown[kind] = xw.explain(sentiment, TEXT, method=method, target=1, tolerance=1e-9, budget=34)
            assert encoder.config._attn_implementation == kind
    finally:
        encoder.set_attn_implementation(before)
    scale = np.abs(shown["eager"].values).max()
    np.testing.assert_allclose(shown["sdpa"].values, shown["eager"].values, atol=1e-4 * scale)


@pytest.mark.parametrize(("dtype", "close"), [(torch.bfloat16, 0.3), (torch.float16, 0.05), (torch.float64, 1e-4)])
def test_other_precisions_run_as_they_are(three, dtype, close):
    expected = xw.explain(three, TEXT, method="integrated_gradients", target=0, budget=34, tolerance=1e-9)
    three.model.to(dtype)
    for method in ("integrated_gradients", "saliency", "occlusion", "permutation_shap"):
        e = xw.explain(three, TEXT, method=method, target=0, budget=34, tolerance=1e-9)
        assert np.isfinite(e.values).all()
        if method == "integrated_gradients":
            assert np.abs(e.values - expected.values).sum() <= close * np.abs(expected.values).sum()
    assert {tensor.dtype for tensor in three.model.parameters()} == {dtype}


@pytest.mark.parametrize("made", [tiny.gpt2_classifier, lambda t, **c: tiny.llama(t, head="class", **c)])
def test_a_decoder_that_classifies_by_its_last_token_reads_the_same_token_on_both_faces(smollm2, made):
    # Such a model looks for the last token that is no padding. An absent word must not make it look elsewhere.
    tokenizer = smollm2.tokenizer
    model = made(tokenizer, pad_token_id=tokenizer.pad_token_id)
    adapter = xw.TextClassifier(model, tokenizer, baseline_token=tokenizer.pad_token)
    problem = adapter.problem(TEXT, 0)
    masks = torch.rand(8, len(problem.features), generator=torch.Generator().manual_seed(0)) < 0.5
    masks[:, -1] = False
    ids = torch.tensor(tokenizer(TEXT)["input_ids"])
    rows = torch.where(masks, ids, tokenizer.pad_token_id)
    points = model.get_input_embeddings()(rows).detach()
    by_field, _ = problem.field.value_and_grad(points)
    torch.testing.assert_close(problem.game.values(masks), by_field, rtol=1e-4, atol=1e-4)


def test_a_model_without_gradients_says_so(three):
    three.model.forward = torch.no_grad()(three.model.forward)
    with pytest.raises(ModelError, match="grad"):
        xw.explain(three, TEXT, method="saliency")
    assert xw.explain(three, TEXT, method="occlusion").stopped_by == "complete"


class Wrong(torch.nn.Module):
    """Returns logits of whatever shape or value the test says."""

    def __init__(self, of):
        super().__init__()
        self.embedding = torch.nn.Embedding(40000, 4)
        self.of = of

    def get_input_embeddings(self):
        return self.embedding

    def forward(self, input_ids=None, inputs_embeds=None, attention_mask=None):
        rows = self.embedding(input_ids) if inputs_embeds is None else inputs_embeds
        return type("Out", (), {"logits": self.of(rows)})


@pytest.mark.parametrize(
    ("of", "told"),
    [
        (lambda rows: rows.mean((1, 2)), r"shape \(1,\)"),
        (lambda rows: rows, r"shape \(1, 3, 4\)"),
        (lambda rows: rows.mean(1) * torch.nan, "NaN or infinite"),
        (lambda rows: rows.mean(1) / 0, "NaN or infinite"),
    ],
)
def test_logits_that_cannot_be_read_are_one_sentence(minilm, of, told):
    with pytest.raises(ModelError, match=told) as caught:
        xw.explain(xw.TextClassifier(Wrong(of), minilm.tokenizer), "fine")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("given", [None, "bert-base-uncased", torch.nn.Linear(2, 2), len])
def test_something_that_is_no_model_is_refused(minilm, given):
    with pytest.raises(InputError, match="Hugging Face torch model is expected; give a model with"):
        xw.TextClassifier(given, minilm.tokenizer)


def test_a_headless_model_is_one_sentence(minilm):
    with pytest.raises(ModelError, match="logits"):
        xw.explain(xw.TextClassifier(minilm.model, minilm.tokenizer), "fine")
