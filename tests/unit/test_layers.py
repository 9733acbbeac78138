"""Looking at layers: what is said when one does not serve, and that models may be written as they like."""

import threading
from collections import OrderedDict
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
import torch
from torch import nn

import xaiwidgets as xw
from tests.oracle.closed import Given
from tests.oracle.opened import opened
from tests.unit import tiny
from tests.unit.test_untouched_model import mixed, same, state_of
from xaiwidgets.errors import InputError, MethodError, ModelError

TEXT = "a warm and gripping film"
BLOCK = "bert.encoder.layer.1"


@pytest.fixture
def classifier(minilm):
    return xw.TextClassifier(mixed(tiny.bert_classifier(minilm.tokenizer)), minilm.tokenizer)


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        ({"layer": "bert.encoder.layers.1"}, "There is no layer 'bert.encoder.layers.1' in this model: the closest of"),
        ({"layer": "bert.encoder.layers.1"}, "'bert.encoder.layer.1'"),
        ({"layer": "intermediate.dense"}, "'bert.encoder.layer.0.intermediate.dense'"),
        ({"layer": "qqqq"}, "There is no layer 'qqqq' in this model: it has "),
        ({"layer": 3}, "There is no layer 3"),
        ({"layer": "bert.embeddings.word_embeddings"}, "does not run for this input"),
        ({"layer": "bert.embeddings.position_embeddings"}, "its first axis must be theirs"),
        ({"layer": BLOCK, "units": "neurons"}, "units='neurons' was given; give 'channels'"),
        ({"layer": BLOCK, "neuron": 16}, "give a unit from 0 to 15, or 2 numbers"),
        ({"layer": BLOCK, "neuron": (1, 2, 3)}, "neuron=(1, 2, 3) was given, but the layer"),
        ({"layer": BLOCK, "neuron": "first"}, "neuron='first' was given, but the layer"),
        ({"layer": BLOCK, "neuron": 1, "units": "channels"}, "units= says what the features of a layer are"),
        ({"neuron": 3}, "neuron=3 was given without a layer; add layer="),
        ({"units": "channels"}, "units='channels' was given without a layer; add layer="),
        ({"layer": BLOCK, "method": "occlusion"}, "'occlusion' looks at the input and not at a layer"),
        ({"layer": BLOCK, "method": "attention_rollout"}, "'attention_rollout' looks at the input and not at a layer"),
        ({"layer": BLOCK, "method": "attn_lrp"}, "'attn_lrp' looks at the input and not at a layer"),
    ],
)
def test_what_does_not_serve_is_said(classifier, request_, told):
    with pytest.raises(MethodError) as caught:
        xw.explain(classifier, TEXT, **{"method": "saliency", **request_})
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_black_box_has_no_layers():
    box = xw.TextClassifier.from_callable(lambda texts: [[1.0] for _ in texts])
    with pytest.raises(MethodError, match="neuron= needs a torch module to look into"):
        xw.explain(box, TEXT, layer="head", neuron=0)
    for call in (xw.layers, lambda *given: xw.activations(*given, "head")):
        with pytest.raises(MethodError, match="cannot be looked into"):
            call(box, TEXT)
        with pytest.raises(InputError, match="where an adapter is needed"):
            call(torch.nn.Linear(2, 2), TEXT)


def test_layers_are_listed_with_their_shapes(classifier):
    shapes = xw.layers(classifier, TEXT)
    tokens = len(classifier.tokenizer(TEXT)["input_ids"])
    assert shapes[BLOCK] == (tokens, 16)
    assert shapes["classifier"] == (3,)
    assert "bert.embeddings.word_embeddings" not in shapes


def test_activations_are_the_hidden_states(classifier):
    classifier.model.eval()
    ids = classifier.tokenizer(TEXT, return_tensors="pt")
    with torch.no_grad():
        out = classifier.model(**ids, output_hidden_states=True)
    np.testing.assert_allclose(xw.activations(classifier, TEXT, BLOCK), out.hidden_states[2][0], atol=1e-5)
    both = xw.activations(classifier, TEXT, ["bert.encoder.layer.0", "classifier"])
    np.testing.assert_allclose(both["bert.encoder.layer.0"], out.hidden_states[1][0], atol=1e-5)
    np.testing.assert_allclose(both["classifier"], out.logits[0], atol=1e-5)


def test_an_encoders_layers_need_no_second_text(minilm):
    states = xw.activations(minilm, "a film", "encoder.layer.5")
    pooled = torch.tensor(states).mean(0)
    torch.testing.assert_close(pooled, minilm.embed("a film"), atol=1e-5, rtol=1e-4)


def test_half_precision_activations_are_arrays(smollm2):
    adapter = xw.CausalLM(tiny.llama(smollm2.tokenizer).bfloat16(), smollm2.tokenizer)
    assert xw.activations(adapter, TEXT, "model.layers.0").dtype == np.float32


LOOKS = [
    {"method": "integrated_gradients", "layer": BLOCK},
    {"method": "input_x_gradient", "layer": BLOCK, "units": "channels"},
    {"method": "conductance", "layer": BLOCK},
    {"method": "permutation_shap", "layer": BLOCK, "neuron": 3},
    {"method": "attn_lrp", "layer": BLOCK, "neuron": (1, 3)},
    {"method": "conductance", "layer": BLOCK, "neuron": np.int64(3)},
]


@pytest.mark.parametrize("looked", LOOKS)
def test_the_model_is_left_as_it_was(classifier, looked):
    before = state_of(classifier.model)
    e = xw.explain(classifier, TEXT, target=0, budget=40, **looked)
    xw.activations(classifier, TEXT, BLOCK)
    xw.layers(classifier, TEXT)
    assert np.isfinite(e.values).all()
    assert {name: e.parameters[name] for name in looked if name != "method"} == {
        name: list(value) if isinstance(value, tuple) else value for name, value in looked.items() if name != "method"
    }
    same(before, state_of(classifier.model))


@pytest.mark.parametrize("looked", [*LOOKS, {"method": "attention_relevance"}, {"method": "attn_lrp"}])
@pytest.mark.parametrize("calls", [0, 1, 2])
def test_after_an_exception_inside_the_model(classifier, looked, calls):
    left = [calls]

    def breaking(*_):
        left[0] -= 1
        if left[0] < 0:
            raise ValueError("halfway")

    classifier.model.bert.encoder.layer[1].register_forward_hook(breaking)
    before = state_of(classifier.model)
    try:
        xw.explain(classifier, TEXT, target=0, tolerance=1e-9, budget=60, **looked)
    except ModelError as problem:
        assert "halfway" in str(problem)  # noqa: PT017 - a method that calls the model less often does not meet it
    else:
        assert left[0] >= 0
    same(before, state_of(classifier.model))


def test_after_a_cancel(classifier):
    before = state_of(classifier.model)
    job = xw.start(classifier, TEXT, method="conductance", layer=BLOCK, tolerance=1e-15, budget=10**6)
    while job.explanation is None:
        pass
    job.cancel()
    job.result(10)
    same(before, state_of(classifier.model))


class Named(NamedTuple):
    count: torch.Tensor
    states: torch.Tensor


class Odd(nn.Module):
    """Works in place after its layers, reuses one, returns tuples, mappings and named things."""

    def __init__(self, kind):
        super().__init__()
        torch.manual_seed(0)
        self.kind = kind
        self.inner = Shaped(kind)
        self.head = nn.Linear(4, 1)

    def forward(self, x):
        h = self.inner(x)
        h = h["states"] if isinstance(h, dict) else h[1] if isinstance(h, tuple) else h
        h += 1
        h.mul_(2)
        return self.head(h)[:, 0]


class Shaped(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.kind = kind
        self.linear = nn.Linear(3, 4)

    def forward(self, x):
        h = self.linear(x)
        return {
            "plain": h,
            "tuple": (torch.arange(len(x)), h, h + 1),
            "dict": OrderedDict(count=torch.arange(len(x)), states=h),
            "named": Named(torch.arange(len(x)), h),
        }[self.kind]


@pytest.mark.parametrize("kind", ["plain", "tuple", "dict", "named"])
@pytest.mark.parametrize("method", ["integrated_gradients", "conductance"])
def test_what_works_in_place_after_a_layer_changes_nothing(kind, method):
    network = Odd(kind)
    point = torch.tensor([1.0, -2.0, 0.5])
    problem = opened(network, point)
    e = xw.explain(Given(problem), None, method=method, layer="inner")
    with torch.no_grad():
        rise = network.inner.linear(point) - network.inner.linear(0 * point)
        np.testing.assert_allclose(e.values, 2 * rise * network.head.weight[0], rtol=1e-4)


def test_a_layer_that_runs_several_times_is_looked_at_last():
    class Again(nn.Module):
        def __init__(self):
            super().__init__()
            self.again = nn.Tanh()

        def forward(self, x):
            return self.again(2 * self.again(x)).sum(-1)

    point = torch.tensor([1.0, -2.0, 0.5])
    e = xw.explain(Given(opened(Again(), point)), None, method="input_x_gradient", layer="again")
    np.testing.assert_allclose(e.values, torch.tanh(2 * torch.tanh(point)), rtol=1e-6)
    assert "The layer 'again' runs 2 times in one pass; its last run is looked at." in e.notes


def test_a_frozen_layer_that_does_not_hang_on_the_input_gets_nothing():
    class Aside(nn.Module):
        def __init__(self):
            super().__init__()
            self.aside, self.straight = nn.Linear(3, 2), nn.Linear(3, 1)
            self.requires_grad_(False)

        def forward(self, x):
            self.aside(x)
            return self.straight(x)[:, 0]

    problem = opened(Aside(), torch.ones(3))
    for method in ("saliency", "conductance"):
        e = xw.explain(Given(problem), None, method=method, layer="aside", budget=20)
        np.testing.assert_array_equal(e.values, [0.0, 0.0])


def test_a_layer_without_a_float_tensor_is_said():
    class Counting(nn.Module):
        def __init__(self):
            super().__init__()
            self.count = nn.Module()
            self.count.forward = lambda x: torch.arange(len(x))

        def forward(self, x):
            self.count(x)
            return x.sum(-1)

    with pytest.raises(MethodError, match="The layer 'count' returns no float tensor"):
        xw.explain(Given(opened(Counting(), torch.ones(3))), None, method="saliency", layer="count")


def test_a_background_is_taken_to_the_layer():
    network = nn.Sequential(nn.Linear(3, 2), nn.Flatten(0, 1), nn.Unflatten(0, (-1, 2)), nn.Linear(2, 1), nn.Flatten(0))
    problem = opened(network, torch.ones(3))
    background = torch.arange(60.0).reshape(20, 3) / 60
    field = replace(problem.field, background=background)
    problem = replace(problem, field=field, inside=replace(problem.inside, field=field))
    e = xw.explain(Given(problem), None, method="expected_gradients", layer="0", budget=5000, tolerance=1e-3)
    with torch.no_grad():
        rise = network[0](torch.ones(3)) - network[0](background).mean(0)
    np.testing.assert_allclose(e.values, rise * network[3].weight[0].detach(), rtol=0.02)


@pytest.mark.parametrize(
    ("method", "function"),
    [
        ("conductance", lambda x: x.sqrt().sum(-1)),
        ("attn_lrp", lambda x: (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True))).sum(-1)),
        ("attention_relevance", lambda x: ((x @ x.mT / 0).softmax(-1)[:, None] @ x[:, None])[:, 0, 0].sum(-1)),
    ],
)
def test_what_is_not_finite_is_said(method, function):
    network = nn.Identity()
    network.forward = function
    point = torch.zeros(3, 1) if method == "attention_relevance" else torch.zeros(3)
    with pytest.raises(ModelError, match="NaN or infinite"):
        xw.explain(Given(opened(network, point)), None, method=method)


@pytest.mark.parametrize("looked", LOOKS)
def test_what_was_looked_at_is_saved_and_verified(classifier, looked, tmp_path):
    request = {name: value for name, value in looked.items() if name != "method"}
    e = xw.load(xw.explain(classifier, TEXT, target=0, budget=40, **looked).save(tmp_path / "e"))
    assert {name: e.parameters[name] for name in request} == {
        name: list(value) if isinstance(value, tuple) else value for name, value in request.items()
    }
    again = xw.explain(classifier, TEXT, target=0, method=e.method, budget=40, **{k: e.parameters[k] for k in request})
    np.testing.assert_allclose(again.values, e.values, rtol=1e-4, atol=1e-6)
    assert e.verify(classifier, TEXT)


def test_jobs_that_share_an_encoder_do_not_read_each_others_layers(minilm):
    model = tiny.bert_classifier(minilm.tokenizer).eval()
    classifier, encoder = xw.TextClassifier(model, minilm.tokenizer), xw.TextEncoder(model.bert, minilm.tokenizer)
    expected = xw.explain(classifier, TEXT, target=0, method="conductance", layer=BLOCK, budget=60)
    states = xw.activations(encoder, "another book", "encoder.layer.1")
    wrong = []

    def look():
        for _ in range(20):
            if not np.allclose(xw.activations(encoder, "another book", "encoder.layer.1"), states, atol=1e-5):
                wrong.append("states")

    looking = threading.Thread(target=look)
    looking.start()
    for _ in range(3):
        e = xw.explain(classifier, TEXT, target=0, method="conductance", layer=BLOCK, budget=60)
        if not np.allclose(e.values, expected.values, rtol=1e-3, atol=1e-5):
            wrong.append("conductance")
    looking.join()
    assert wrong == []
