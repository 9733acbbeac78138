"""Attention weights against transformers' own, and what is made of them against the formulas."""

import copy

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode
from transformers import ViTConfig, ViTForImageClassification

import xaiwidgets as xw
from tests.oracle.opened import last_estimate, opened
from tests.unit import tiny
from xaiwidgets.engine.attention_weights import attention_weights
from xaiwidgets.engine.multi_head import multi_head_attention
from xaiwidgets.errors import MethodError

TEXT = "a warm and gripping film, never dull"


def bert(sentiment, smollm2):
    return xw.TextClassifier(tiny.bert_classifier(sentiment.tokenizer), sentiment.tokenizer)


def encoder(sentiment, smollm2):
    return xw.TextEncoder(tiny.bert_encoder(sentiment.tokenizer), sentiment.tokenizer)


def llama(sentiment, smollm2):
    return xw.CausalLM(tiny.llama(smollm2.tokenizer), smollm2.tokenizer)


def gpt2(sentiment, smollm2):
    model = tiny.gpt2_classifier(smollm2.tokenizer, pad_token_id=0, bos_token_id=0, eos_token_id=0)
    return xw.TextClassifier(model, smollm2.tokenizer)


ADAPTERS = pytest.mark.parametrize("made", [bert, encoder, llama, gpt2])


def theirs(adapter, problem, target):
    """Weights and gradients that transformers gives of an eager copy, float64 [L, H, T, T]."""
    model = copy.deepcopy(adapter.model).eval()
    model.set_attn_implementation("eager")
    out = model(inputs_embeds=problem.field.point[None].requires_grad_(), output_attentions=True)
    for weights in out.attentions:
        weights.retain_grad()
    target(out)[0].backward()
    return (
        torch.cat(out.attentions).detach().double().numpy(),
        torch.cat([weights.grad for weights in out.attentions]).double().numpy(),
    )


def asked(made, sentiment, smollm2):
    adapter = made(sentiment, smollm2)
    if made is encoder:
        other = adapter.embed("a cold book")
        target = "a cold book"

        def score(out):
            return torch.cosine_similarity(out.last_hidden_state.mean(1), other[None])
    else:
        target = None if made is llama else 1
        chosen = adapter.problem(TEXT, target).target.index

        def score(out):
            logits = out.logits
            return (logits[:, -1].log_softmax(-1) if made is llama else logits)[:, chosen]

    problem = adapter.problem(TEXT, target)
    return adapter, target, problem, *theirs(adapter, problem, score)


@ADAPTERS
def test_weights_and_gradients_are_those_of_transformers(made, sentiment, smollm2):
    adapter, _, problem, weights, gradients = asked(made, sentiment, smollm2)
    assert adapter.model.config._attn_implementation == "sdpa"
    score, ours, slopes = problem.attention.run(problem.field.point[None])
    assert float(score[0]) == pytest.approx(problem.output, abs=1e-5)
    np.testing.assert_allclose(torch.cat(ours).numpy(), weights, atol=1e-6)
    np.testing.assert_allclose(torch.cat(slopes).numpy(), gradients, atol=1e-5 * np.abs(gradients).max())


@ADAPTERS
def test_rollout_is_the_product_of_the_layers(made, sentiment, smollm2):
    adapter, target, problem, weights, _ = asked(made, sentiment, smollm2)
    flow = np.eye(weights.shape[-1])
    for layer in weights:
        mixed = 0.5 * layer.mean(0) + 0.5 * np.eye(len(flow))
        flow = mixed / mixed.sum(-1, keepdims=True) @ flow
    row = {bert: flow[0], encoder: flow.mean(0), llama: flow[-1], gpt2: flow[-1]}[made]
    e = xw.explain(adapter, TEXT, target=target, method="attention_rollout")
    ordinary = problem.input["features"] >= 0
    np.testing.assert_allclose(e.values, row[ordinary], atol=1e-6)
    assert e.details["special_tokens"] == pytest.approx(row[~ordinary].sum(), abs=1e-6)
    assert (e.error_kind, e.signed, e.evaluations) == ("exact", False, 3 if made is encoder else 2)


@ADAPTERS
def test_relevance_is_that_of_chefer(made, sentiment, smollm2):
    adapter, target, problem, weights, gradients = asked(made, sentiment, smollm2)
    relevance = np.eye(weights.shape[-1])
    for layer, gradient in zip(weights, gradients, strict=True):
        heads = [np.maximum(0, w * g) for w, g in zip(layer, gradient, strict=True)]
        relevance += sum(heads) / len(heads) @ relevance
    relevance -= np.eye(len(relevance))
    row = {bert: relevance[0], encoder: relevance.mean(0), llama: relevance[-1], gpt2: relevance[-1]}[made]
    e = xw.explain(adapter, TEXT, target=target, method="attention_relevance")
    expected = row[problem.input["features"] >= 0]
    np.testing.assert_allclose(e.values, expected, atol=1e-4 * expected.max())
    assert e.values.min() >= 0


@pytest.mark.parametrize("heads", [4, 2, 1])
@pytest.mark.parametrize(
    "given",
    [
        {},
        {"is_causal": True},
        {"scale": 0.3},
        {"attn_mask": torch.rand(2, 1, 5, 5, generator=torch.Generator().manual_seed(0)) > 0.3},
        {"attn_mask": torch.linspace(-2, 2, 25).reshape(5, 5)},
    ],
)
def test_weights_are_those_of_torchs_fused_attention(heads, given):
    generator = torch.Generator().manual_seed(1)
    query = torch.randn(2, 4, 5, 3, generator=generator)
    key, value = (torch.randn(2, heads, 5, 3, generator=generator) for _ in range(2))
    if given.get("attn_mask") is not None and given["attn_mask"].dtype == torch.bool:
        given = {"attn_mask": given["attn_mask"] | torch.eye(5, dtype=torch.bool)}
    weights = attention_weights(query, key, value, **given)
    expected = functional.scaled_dot_product_attention(query, key, value, enable_gqa=heads != 4, **given)
    torch.testing.assert_close(weights @ value.repeat_interleave(4 // heads, 1), expected)


class Twice(nn.Module):
    """One attention without weights, used twice: what it attends to can be worked out on paper."""

    def forward(self, x):
        for _ in range(2):
            x = functional.scaled_dot_product_attention(x[:, None], x[:, None], x[:, None])[:, 0]
        return x[:, 0].sum(-1)


def test_a_reused_attention_counts_each_time():
    point = torch.tensor([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]]).double()

    def layer(x):
        return torch.softmax(x @ x.T / 2**0.5, -1)

    first = layer(point)
    second = layer(first @ point)
    eye = torch.eye(3).double()
    expected = ((second + eye) / 2 @ ((first + eye) / 2))[0]
    found = last_estimate(opened(Twice(), point, by_feature=lambda c: c.sum(-1)), "attention_rollout")
    torch.testing.assert_close(found.values, expected, atol=1e-7, rtol=0)


class Bag(nn.Module):
    """A text model that attends to nothing."""

    def __init__(self, rows, *, named=False):
        super().__init__()
        torch.manual_seed(0)
        self.table = nn.Embedding(rows, 4)
        self.head = nn.Linear(4, 2)
        if named:
            self.attention = type("AttentionOfAnotherKind", (nn.Identity,), {})()

    def get_input_embeddings(self):
        return self.table

    def forward(self, input_ids=None, inputs_embeds=None, attention_mask=None):
        rows = self.table(input_ids) if inputs_embeds is None else inputs_embeds
        return type("Out", (), {"logits": self.head(rows.mean(1))})


def test_a_model_without_attention_does_not_offer_it(sentiment):
    adapter = xw.TextClassifier(Bag(len(sentiment.tokenizer)), sentiment.tokenizer, labels=["no", "yes"])
    assert not {"attention_rollout", "attention_relevance"} & set(xw.methods(adapter))
    with pytest.raises(MethodError, match="'attention_rollout' needs attention weights, which this model does not"):
        xw.explain(adapter, TEXT, method="attention_rollout")


def test_attention_that_torch_cannot_show_is_said(sentiment):
    adapter = xw.TextClassifier(Bag(len(sentiment.tokenizer), named=True), sentiment.tokenizer, labels=["no", "yes"])
    with pytest.raises(MethodError, match="without attention weights that torch can show; load it with"):
        xw.explain(adapter, TEXT, method="attention_rollout")


class Pairs(Bag):
    """Attends among neighbours put together."""

    def __init__(self, rows):
        super().__init__(rows, named=True)

    def forward(self, input_ids=None, inputs_embeds=None, attention_mask=None):
        x = self.table(input_ids) if inputs_embeds is None else inputs_embeds
        x = (x[:, ::2] + functional.pad(x[:, 1::2], (0, 0, 0, x.shape[1] % 2)))[:, None]
        return type("Out", (), {"logits": self.head(functional.scaled_dot_product_attention(x, x, x)[:, 0].mean(1))})


def test_attention_among_other_things_than_tokens_is_said(sentiment):
    adapter = xw.TextClassifier(Pairs(len(sentiment.tokenizer)), sentiment.tokenizer, labels=["no", "yes"])
    with pytest.raises(MethodError, match=r"attends among \d+ places and reads \d+ tokens"):
        xw.explain(adapter, TEXT, method="attention_relevance")


def test_frozen_half_precision_models_have_them_too(smollm2):
    model = tiny.llama(smollm2.tokenizer)
    values = []
    for dtype in (torch.float32, torch.bfloat16):
        adapter = xw.CausalLM(copy.deepcopy(model).to(dtype).requires_grad_(False), smollm2.tokenizer)
        values.append(xw.explain(adapter, TEXT, method="attention_relevance", target=" the").values)
    np.testing.assert_allclose(values[1], values[0], atol=0.05 * values[0].max())


def patches(seed=0, **config):
    """A tiny vision transformer on pictures of 12 × 12 pixels in 3 × 3 patches."""
    torch.manual_seed(seed)
    made = ViTConfig(image_size=12, patch_size=4, num_labels=3, initializer_range=0.5, **tiny.WIDTH, **config)
    return ViTForImageClassification(made)


def prepared(image):
    return torch.tensor(np.asarray(image)).movedim(-1, 0).float() / 255


PICTURE = np.random.default_rng(0).integers(0, 255, (12, 12, 3), dtype=np.uint8)


def test_a_vision_transformers_patches_are_the_pictures_regions():
    model = patches()
    adapter = xw.ImageClassifier(model, prepared, grid=3)
    eager = copy.deepcopy(model).eval()
    eager.set_attn_implementation("eager")
    with torch.no_grad():
        out = eager(pixel_values=prepared(PICTURE)[None], output_attentions=True)
    flow = torch.eye(10)
    for layer in out.attentions:
        flow = (layer[0].mean(0) + torch.eye(10)) / 2 @ flow
    e = xw.explain(adapter, PICTURE, method="attention_rollout")
    np.testing.assert_allclose(e.values, flow[0, 1:], atol=1e-6)
    assert e.details["special_tokens"] == pytest.approx(float(flow[0, 0]), abs=1e-6)
    # Regions twice as wide as patches hold what lies in them.
    wide = xw.explain(xw.ImageClassifier(model, prepared, grid=1), PICTURE, method="attention_rollout")
    assert wide.values == pytest.approx([float(flow[0, 1:].sum())], abs=1e-6)


def test_tokens_that_are_no_patches_are_said():
    class Odd(nn.Module):
        def __init__(self):
            super().__init__()
            self.attention = nn.MultiheadAttention(4, 1, batch_first=True)

        def forward(self, x):
            tokens = x.flatten(1)[:, :20].reshape(len(x), 5, 4)
            return self.attention(tokens, tokens, tokens)[0].sum(1)

    with pytest.raises(MethodError, match="attends to 5 tokens, which are no grid of patches of a picture of 12 × 8"):
        xw.explain(xw.ImageClassifier(Odd(), prepared), PICTURE[:, :8], method="attention_rollout")


def test_a_network_without_attention_does_not_offer_it_for_pictures():
    network = nn.Sequential(nn.Flatten(1), nn.Linear(432, 2))
    assert "attention_rollout" not in xw.methods(xw.ImageClassifier(network, prepared))


class Encoder(nn.Module):
    """Torch's own transformer, which computes its attention in one function."""

    def __init__(self, *, weights):
        super().__init__()
        torch.manual_seed(0)
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)
        self.weights = weights

    def forward(self, x):
        for _ in range(2):
            x = x + self.attention(x, x, x, need_weights=self.weights, average_attn_weights=False)[0]
        return x[:, 0].sum(-1)


@pytest.mark.parametrize("weights", [True, False])
def test_torchs_own_attention_is_seen(weights):
    network = Encoder(weights=weights).double().eval()
    point = torch.randn(5, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    score, found, _ = opened(network, point).attention.run(point[None])
    x = point[None]
    for layer in found:
        out, expected = network.attention(x, x, x, average_attn_weights=False)
        torch.testing.assert_close(layer, expected)
        x = x + out
    assert float(score[0]) == pytest.approx(x[0, 0].sum().item())


@pytest.mark.parametrize("given", [
    {},
    {"attn_mask": torch.ones(3, 3, dtype=torch.bool).triu(1)},
    {"attn_mask": torch.linspace(-1, 1, 36).reshape(4, 3, 3)},
    {"key_padding_mask": torch.tensor([[False, False, True], [False, True, False]])},
    {"key_padding_mask": torch.tensor([[False, False, True], [False, True, False]]), "average_attn_weights": False},
    {"need_weights": False},
    {"kdim": 5},
    {"alone": True},
    {"bias": False},
])  # fmt: skip
def test_torchs_own_attention_is_spelled_out_right(given):
    torch.manual_seed(0)
    given = dict(given)
    made = {name: given.pop(name) for name in ("kdim", "bias") if name in given}
    attention = nn.MultiheadAttention(4, 2, **made)
    shape = (3,) if given.pop("alone", False) else (3, 2)
    query, value = torch.randn(*shape, 4), torch.randn(*shape, 4)
    key = torch.randn(*shape, made.get("kdim", 4))
    expected = attention(query, key, value, **given)

    class Spelling(TorchFunctionMode):
        used = 0

        def __torch_function__(self, func, types, args=(), kwargs=None):
            if func is functional.multi_head_attention_forward:
                Spelling.used += 1
                return multi_head_attention(*args, **kwargs)
            return func(*args, **(kwargs or {}))

    with Spelling():
        found = attention(query, key, value, **given)
    assert Spelling.used == 1
    torch.testing.assert_close(found[0], expected[0])
    if expected[1] is not None:
        torch.testing.assert_close(found[1], expected[1])


def test_an_attention_sink_is_told(smollm2, sentiment):
    # Thirty layers deep, most of a decoder's heads rest on its first token.
    e = xw.explain(smollm2, "The capital of France is", method="attention_rollout")
    assert e.values[0] > 0.99
    assert any("attention sink" in note for note in e.notes)
    assert not any("sink" in note for note in xw.explain(sentiment, TEXT, method="attention_rollout").notes)


def test_relevance_of_nothing_is_told():
    class Flat(nn.Module):
        def forward(self, x):
            y = functional.scaled_dot_product_attention(x[:, None], x[:, None], x[:, None] * 0)[:, 0]
            return y.sum((1, 2)) + x.sum((1, 2))

    found = last_estimate(opened(Flat(), torch.ones(3, 2), by_feature=lambda c: c.sum(-1)), "attention_relevance")
    assert found.values.tolist() == [0, 0, 0]
    assert "every value is zero" in found.notes[0]
