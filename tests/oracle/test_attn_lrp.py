"""AttnLRP against the rules written as relevance, and against its authors' implementation."""

import sys
import types
from pathlib import Path

import lxt
import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional
from transformers.activations import NewGELUActivation
from transformers.modeling_utils import AttentionInterface
from transformers.models.bert import modeling_bert
from transformers.models.gpt2 import modeling_gpt2
from transformers.models.llama import modeling_llama

import xaiwidgets as xw
from tests.oracle.opened import last_estimate, opened
from tests.unit import tiny
from xaiwidgets.errors import MethodError

TEXT = "a warm and gripping film, never dull"


def module_of(function):
    module = nn.Identity()
    module.forward = function
    return module


def relevance(function, point):
    """Of a function from [B, n] to [B], or a module."""
    module = function if isinstance(function, nn.Module) else module_of(function)
    return last_estimate(opened(module, point), "attn_lrp").values


def numbers(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


# The rules, one at a time.

X = torch.tensor([1.5, -2.0, 0.5, 3.0], dtype=torch.float64)
W = numbers(4, 4, seed=1)
V = numbers(4, seed=2)


def test_a_linear_layer_hands_on_in_proportion():
    bias = numbers(4, seed=3)
    z = X @ W + bias
    # Each unit's relevance is V·z; input i gets the share x_i W_ij / z_j of it, the bias keeps the rest.
    expected = ((X[:, None] * W) / z * (V * z)).sum(1)
    found = relevance(lambda x: (x @ W + bias) @ V, X)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize(
    "function",
    [
        functional.gelu,
        functional.silu,
        torch.tanh,
        torch.sigmoid,
        functional.softplus,
        functional.relu6,
        lambda x: x.relu(),
        lambda x: torch.sigmoid_(x + 0),
        lambda x: functional.silu(x + 0, inplace=True),
        nn.Hardswish(),
        nn.ReLU(inplace=True),
    ],
)
def test_an_elementwise_function_passes_all_of_it_on(function):
    torch.testing.assert_close(relevance(lambda x: function(x + 0) @ V, X), function(X + 0) * V)


def in_place_result_ignored(x):
    h = x * 1.0
    h.sigmoid_()
    functional.relu6(h, inplace=True)
    h *= 2.0
    h /= 4.0
    return h @ V


def test_functions_in_place_change_what_others_see():
    torch.testing.assert_close(relevance(in_place_result_ignored, X), X.sigmoid() / 2 * V)


@pytest.mark.parametrize(
    "product",
    [
        lambda a, b: a * b,
        torch.mul,
        lambda a, b: (a + 0).mul_(b),
        lambda a, b: torch.einsum("bi,bi->bi", a, b),
        lambda a, b: (a[:, :, None] @ b[:, None, :]).diagonal(dim1=1, dim2=2),
        lambda a, b: torch.addcmul(torch.zeros_like(a), a, b),
    ],
)
def test_a_product_of_two_activations_gives_half_to_each(product):
    z = X[:2] * X[2:] * V[:2]
    found = relevance(lambda x: product(x[:, :2], x[:, 2:]) @ V[:2], X)
    torch.testing.assert_close(found, torch.cat([z, z]) / 2)


def test_a_product_with_a_constant_or_a_parameter_gives_all():
    weight = nn.Parameter(W[0])
    torch.testing.assert_close(relevance(lambda x: (x * (1 + weight) * V).sum(-1), X), X * (1 + W[0]) * V)


@pytest.mark.parametrize(
    "normed",
    [
        lambda x: functional.rms_norm(x, (4,), V, 1e-3),
        lambda x: V * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-3)),
        lambda x: V * x / (x.square().mean(-1, keepdim=True) + 1e-3).sqrt(),
        lambda x: V * x * (1 / (x.square().mean(-1, keepdim=True) + 1e-3).sqrt()),
        lambda x: V * x * (x.square().mean(-1, keepdim=True) + 1e-3).sqrt().reciprocal(),
        lambda x: V * x * torch.pow(x.pow(2).mean(-1, keepdim=True) + 1e-3, -0.5),
    ],
)
def test_a_root_mean_square_is_a_constant(normed):
    length = (X.square().mean() + 1e-3).sqrt()
    torch.testing.assert_close(relevance(lambda x: normed(x).sum(-1), X), V * X / length)


def test_a_layer_norm_divides_by_a_constant():
    bias, spread = numbers(4, seed=4), (X.var(correction=0) + 1e-5).sqrt()
    centred = torch.eye(4).double() - 0.25
    expected = X * (centred @ (W[1] / spread))
    torch.testing.assert_close(relevance(lambda x: functional.layer_norm(x, (4,), W[1], bias).sum(-1), X), expected)


def test_a_cosine_is_handed_out_whole():
    cosine = functional.cosine_similarity(X, V, dim=0)
    for similar in (
        lambda x: functional.cosine_similarity(x, V[None]),
        lambda x: functional.normalize(x) @ functional.normalize(V, dim=0),
    ):
        torch.testing.assert_close(relevance(similar, X), X * V / (X.norm() * V.norm()))
        assert float(relevance(similar, X).sum()) == pytest.approx(float(cosine))


def test_of_a_log_probability_the_logit_is_explained():
    found = last_estimate(opened(module_of(lambda x: (x @ W).log_softmax(-1)[:, 2]), X), "attn_lrp")
    torch.testing.assert_close(found.values, X * W[:, 2])
    assert "from the logit" in found.notes[0]
    assert last_estimate(opened(module_of(lambda x: (x @ W)[:, 2]), X), "attn_lrp").notes == ()


# Attention, with every rule written out as relevance.


def linear_rule(inputs, weight, above):
    """R_i = Σ_j x_i W_ij R_j / z_j, row by row."""
    return ((inputs[:, :, None] * weight) * (above / (inputs @ weight))[:, None, :]).sum(2)


def product_rule(a, b, above):
    """Half of R_ij to each factor of a[T, d] @ b[d, S], in proportion to a_ik b_kj / z_ij."""
    share = a[:, :, None] * b[None] * (above / (2 * (a @ b)))[:, None, :]
    return share.sum(2), share.sum(0)


def attention_on_paper(x, queries, keys, values, head):
    q, k, v = x @ queries, x @ keys, x @ values
    scores = q @ k.T
    weights = scores.softmax(-1)
    above = (weights @ v) * head
    to_weights, to_values = product_rule(weights, v, above)
    to_scores = scores * (to_weights - weights * to_weights.sum(-1, keepdim=True))
    to_queries, to_keys = product_rule(q, k.T, to_scores)
    return linear_rule(x, queries, to_queries) + linear_rule(x, keys, to_keys.T) + linear_rule(x, values, to_values)


@pytest.mark.parametrize("fused", [True, False])
def test_attention_by_the_rules_written_out(fused):
    point = numbers(3, 4, seed=5)
    queries, keys, values = (numbers(4, 2, seed=seed) for seed in (6, 7, 8))
    head = numbers(3, 2, seed=9)

    def attend(x):
        q, k, v = x @ queries, x @ keys, x @ values
        if fused:
            out = functional.scaled_dot_product_attention(q[:, None], k[:, None], v[:, None], scale=1.0)[:, 0]
        else:
            out = torch.softmax(q @ k.transpose(1, 2), -1) @ v
        return (out * head).sum((1, 2))

    found = last_estimate(opened(module_of(attend), point, by_feature=lambda c: c.flatten(-2)), "attn_lrp")
    torch.testing.assert_close(found.values, attention_on_paper(point, queries, keys, values, head).flatten())


class Gated(nn.Module):
    """Two blocks of a modern decoder without its attention: norm, gated MLP, residual; no bias anywhere."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.norm = nn.RMSNorm(4, eps=0.0)
        self.gate, self.up, self.down = (nn.Linear(4, 4, bias=False) for _ in range(3))
        self.double()

    def forward(self, x):
        for _ in range(2):
            h = self.norm(x)
            x = x + self.down(functional.silu(self.gate(h)) * self.up(h))
        return x @ V


def test_without_biases_all_of_the_score_is_handed_out():
    network = Gated()
    assert float(relevance(network, X).sum()) == pytest.approx(network(X[None])[0].item(), rel=1e-9)


# The authors' own implementation.


@pytest.fixture
def reference(monkeypatch):
    """The authors' patches for the length of a test; without their package's own imports, which need torchvision."""
    root = Path(lxt.__file__).parent / "efficient"
    for name, path in (("lxt.efficient", root), ("lxt.efficient.models", root / "models")):
        package = types.ModuleType(name)
        package.__path__ = [str(path)]
        monkeypatch.setitem(sys.modules, name, package)
    from lxt.efficient import patches

    def put(owner, name, function):
        monkeypatch.setattr(owner, name, function)

    def nonlinear(owner):
        original = owner.forward
        put(owner, "forward", lambda self, x: patches.identity_rule_implicit(lambda y: original(self, y), x))

    def patch():
        for module in (modeling_llama, modeling_bert, modeling_gpt2):
            functions = AttentionInterface()
            functions["sdpa"] = patches.wrap_attention_forward(functions["sdpa"])
            put(module, "ALL_ATTENTION_FUNCTIONS", functions)
        put(modeling_llama.LlamaMLP, "forward", patches.gated_mlp_forward)
        put(modeling_llama.LlamaRMSNorm, "forward", patches.rms_norm_forward)
        put(nn.LayerNorm, "forward", patches.layer_norm_forward)
        for owner in (modeling_bert.ACT2FN["gelu"].__class__, NewGELUActivation, nn.Tanh):
            nonlinear(owner)

    return patch


def theirs(adapter, problem, logits):
    embeddings = problem.field.point[None].detach().requires_grad_()
    adapter.model.eval()
    logits(adapter.model(inputs_embeds=embeddings))[0, problem.target.index].backward()
    return (embeddings.grad * embeddings).sum(-1).detach()[0].numpy()


def same(adapter, reference, logits, target=None):
    e = xw.explain(adapter, TEXT, method="attn_lrp", target=target)
    problem = adapter.problem(TEXT, target)
    reference()
    expected = theirs(adapter, problem, logits).astype(float)
    ordinary = problem.input["features"] >= 0
    np.testing.assert_allclose(e.values, expected[ordinary], atol=2e-5 * np.abs(expected).max())
    assert e.details["special_tokens"] == pytest.approx(
        expected[~ordinary].sum(), abs=1e-4 * float(np.abs(expected).max())
    )
    return e


def test_a_llama_is_explained_as_by_the_authors(smollm2, reference):
    adapter = xw.CausalLM(tiny.llama(smollm2.tokenizer), smollm2.tokenizer)
    e = same(adapter, reference, lambda out: out.logits[:, -1])
    assert (e.error_kind, e.evaluations, e.signed) == ("exact", 2, True)


def test_a_real_language_model_is_explained_as_by_the_authors(smollm2, reference):
    same(smollm2, reference, lambda out: out.logits[:, -1])


def test_a_bert_is_explained_as_by_the_authors_rules(sentiment, reference):
    adapter = xw.TextClassifier(tiny.bert_classifier(sentiment.tokenizer), sentiment.tokenizer)
    same(adapter, reference, lambda out: out.logits, target=1)


def test_a_gpt2_is_explained_as_by_the_authors_rules(smollm2, reference):
    # Its activation is written out in several steps, which the rules would break up.
    model = tiny.gpt2_classifier(smollm2.tokenizer, pad_token_id=0, bos_token_id=0, eos_token_id=0)
    same(xw.TextClassifier(model, smollm2.tokenizer), reference, lambda out: out.logits, target=1)


# What models may be like.


def test_eager_attention_and_a_tied_head_make_no_difference(smollm2):
    model = tiny.llama(smollm2.tokenizer, tie_word_embeddings=True)
    assert model.lm_head.weight is model.model.embed_tokens.weight
    adapter = xw.CausalLM(model, smollm2.tokenizer)
    fused = xw.explain(adapter, TEXT, method="attn_lrp", target=" the")
    model.set_attn_implementation("eager")
    eager = xw.explain(adapter, TEXT, method="attn_lrp", target=" the")
    np.testing.assert_allclose(eager.values, fused.values, atol=1e-5 * np.abs(fused.values).max())
    assert all(parameter.grad is None for parameter in model.parameters())


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision(smollm2, dtype):
    model = tiny.llama(smollm2.tokenizer)
    full = xw.explain(xw.CausalLM(model, smollm2.tokenizer), TEXT, method="attn_lrp", target=" the")
    half = xw.explain(xw.CausalLM(model.to(dtype), smollm2.tokenizer), TEXT, method="attn_lrp", target=" the")
    np.testing.assert_allclose(half.values, full.values, atol=0.05 * np.abs(full.values).max())


class Cubed(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx, gradient):
        return 3 * ctx.saved_tensors[0] ** 2 * gradient


def recurrent(x, network=nn.LSTM(4, 2).double()):  # noqa: B008
    return network(x[:, None])[0][:, 0, 0]


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (lambda x: x.exp().sum(-1), "exp"),
        (lambda x: (x**3).sum(-1), "pow"),
        (lambda x: (x + 0).exp_().sum(-1), "exp_"),
        (lambda x: x.norm(dim=-1), "norm"),
        (lambda x: x.topk(2)[0].sum(-1), "topk"),
        (recurrent, "lstm"),
        (lambda x: Cubed.apply(x).sum(-1), "Cubed"),
    ],
)
def test_a_function_without_a_rule_is_refused(function, name):
    with pytest.raises(MethodError, match=f"'attn_lrp' has no rule for '{name}'.*choose another method"):
        relevance(function, X)


def test_a_score_that_does_not_hang_on_the_input_is_said():
    with pytest.raises(MethodError, match="passes no relevance back to the input"):
        relevance(lambda x: x.detach().sum(-1), X)
