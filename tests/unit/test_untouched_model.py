"""A user's model is as it was after an explanation, an error and a cancel; and what state it is in changes nothing."""

import threading

import numpy as np
import pytest
import torch

import xaiwidgets as xw
from tests.oracle.closed import ABSENCE, TEXT_METHODS
from tests.unit import tiny
from xaiwidgets.errors import ModelError

TEXT = "a warm and gripping film"


def state_of(model):
    """Everything about a model that somebody could notice."""
    return {
        "training": {name: part.training for name, part in model.named_modules()},
        "requires_grad": {name: tensor.requires_grad for name, tensor in model.named_parameters()},
        "grad": {name: tensor.grad for name, tensor in model.named_parameters()},
        "dtype": {name: tensor.dtype for name, tensor in model.named_parameters()},
        "device": {name: tensor.device for name, tensor in model.named_parameters()},
        "hooks": {
            name: [len(getattr(part, kind)) for kind in HOOKS] for name, part in model.named_modules()
        },
        "attention": model.config._attn_implementation,
        "weights": {name: tensor.clone() for name, tensor in model.state_dict().items()},
        "random": torch.get_rng_state(),
        "grad mode": (torch.is_grad_enabled(), torch.is_inference_mode_enabled()),
    }  # fmt: skip


HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


def same(before, after):
    for what, value in before.items():
        if what in {"weights", "random"}:
            torch.testing.assert_close(after[what], value, rtol=0, atol=0)
        else:
            assert after[what] == value, what


def mixed(model):
    """Training, but for a frozen and a sleeping part, with a hook of the user's own."""
    model.train()
    model.bert.encoder.layer[0].eval()
    for parameter in model.bert.embeddings.parameters():
        parameter.requires_grad_(False)
    model.bert.register_forward_hook(lambda *_: None)
    return model


@pytest.fixture
def classifier(minilm):
    return xw.TextClassifier(mixed(tiny.bert_classifier(minilm.tokenizer)), minilm.tokenizer)


@pytest.mark.parametrize("method", TEXT_METHODS)
def test_after_an_explanation(classifier, method):
    before = state_of(classifier.model)
    e = xw.explain(classifier, TEXT, method=method, target=0, budget=20, **ABSENCE.get(method, {}))
    assert np.isfinite(e.values).any()
    same(before, state_of(classifier.model))


@pytest.mark.parametrize("method", ["integrated_gradients", "permutation_shap"])
@pytest.mark.parametrize("calls", [0, 1, 3])
def test_after_an_exception_inside_the_model(classifier, method, calls):
    left = [calls]

    def breaking(*_):
        left[0] -= 1
        if left[0] < 0:
            raise ValueError("halfway")

    classifier.model.bert.encoder.layer[1].register_forward_hook(breaking)
    before = state_of(classifier.model)
    with pytest.raises(ModelError, match="ValueError: halfway"):
        xw.explain(classifier, TEXT, method=method, target=0, tolerance=1e-9)
    same(before, state_of(classifier.model))


def test_after_a_cancel(classifier):
    before = state_of(classifier.model)
    job = xw.start(classifier, TEXT, method="permutation_shap", tolerance=1e-12, budget=10**6)
    while job.explanation is None:
        pass
    job.cancel()
    job.result(10)
    same(before, state_of(classifier.model))


def test_the_other_adapters(minilm, smollm2):
    encoder = xw.TextEncoder(tiny.bert_encoder(minilm.tokenizer).train(), minilm.tokenizer)
    writer = xw.CausalLM(tiny.llama(smollm2.tokenizer).train(), smollm2.tokenizer)
    for adapter, target in ((encoder, "a cold and dull book"), (writer, None)):
        before = state_of(adapter.model)
        xw.explain(adapter, TEXT, target=target, method="integrated_gradients", budget=20)
        xw.explain(adapter, TEXT, target=target, method="permutation_shap", budget=20)
        if adapter is writer:
            list(writer.generate(TEXT, tokens=3))
        same(before, state_of(adapter.model))


@pytest.mark.parametrize("method", TEXT_METHODS)
def test_a_model_in_training_is_explained_as_it_predicts(classifier, method):
    # Dropout of a half everywhere: any of it left on would change every number.
    request = {"method": method, "target": 0, "budget": 40, **ABSENCE.get(method, {})}
    training = xw.explain(classifier, TEXT, **request)
    classifier.model.eval()
    evaluating = xw.explain(classifier, TEXT, **request)
    np.testing.assert_allclose(training.values, evaluating.values, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode, torch.enable_grad])
def test_the_callers_grad_mode_does_not_matter(classifier, mode):
    expected = xw.explain(classifier, TEXT, method="integrated_gradients", target=0, budget=40)
    with mode():
        e = xw.explain(classifier, TEXT, method="integrated_gradients", target=0, budget=40)
        similar = xw.explain(
            xw.TextEncoder(classifier.model.bert, classifier.tokenizer), TEXT, target="a film", method="saliency"
        )
    np.testing.assert_allclose(e.values, expected.values, rtol=1e-5, atol=1e-7)
    assert np.isfinite(similar.values).all()


def test_gradients_are_there_where_the_caller_has_turned_them_off(classifier):
    problem = classifier.problem(TEXT, 0)
    with torch.no_grad():
        _, gradient = problem.field.value_and_grad(problem.field.point[None])
    assert float(gradient.abs().sum()) > 0


def test_two_jobs_on_one_model_do_not_wake_each_others_dropout(minilm):
    model = tiny.bert_classifier(minilm.tokenizer).train()
    adapters = [xw.TextClassifier(model, minilm.tokenizer) for _ in range(2)]
    together(model, adapters, [{"target": 0}, {"target": 0}])


def test_two_models_that_share_an_encoder_do_not_wake_each_others_dropout(minilm):
    # As samples.sentiment() and samples.minilm() do: the inner module of one is the whole of the other.
    model = tiny.bert_classifier(minilm.tokenizer).train()
    adapters = [xw.TextClassifier(model, minilm.tokenizer), xw.TextEncoder(model.bert, minilm.tokenizer)]
    together(model, adapters, [{"target": 0}, {"target": "a cold book"}])


def together(model, adapters, targets):
    """Explain with both at once, many times; every map must be the one the model gives alone, and the flags stay."""
    request = {"method": "permutation_shap", "tolerance": 1e-12, "budget": 60}
    text = "a warm and gripping film about nothing"
    expected = [
        xw.explain(one, text, **request, **target).values for one, target in zip(adapters, targets, strict=True)
    ]
    before = {name: part.training for name, part in model.named_modules()}
    wrong = []

    def repeat(adapter, target, values):
        for _ in range(8):
            found = xw.explain(adapter, text, **request, **target).values
            if not np.allclose(found, values, rtol=1e-3, atol=1e-4):
                wrong.append(np.abs(found - values).max())

    work = zip(adapters, targets, expected, strict=True)
    threads = [threading.Thread(target=repeat, args=args) for args in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert {name: part.training for name, part in model.named_modules()} == before
