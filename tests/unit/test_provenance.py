"""Which model an explanation is of."""

import pytest
import torch

import xaiwidgets as xw
from tests.unit import tiny
from xaiwidgets.models.evaluation import fingerprint


def test_an_explanation_says_which_model_and_versions_made_it(minilm):
    model = tiny.bert_classifier(minilm.tokenizer)
    e = xw.explain(xw.TextClassifier(model, minilm.tokenizer), "fine", method="saliency")
    assert e.provenance["model"] == "BertForSequenceClassification"
    assert e.provenance["weights"] == fingerprint(model)
    assert {"xaiwidgets", "torch", "transformers", "numpy"} <= set(e.provenance)


def test_the_fingerprint_follows_the_weights(minilm):
    first, again, other = (tiny.bert_classifier(minilm.tokenizer, seed=seed) for seed in (0, 0, 1))
    assert fingerprint(first) == fingerprint(again) != fingerprint(other)
    assert len(fingerprint(first)) == 16
    before = fingerprint(first)
    with torch.no_grad():
        first.classifier.bias += 0.001
    assert fingerprint(first) != before


def test_a_training_step_changes_the_fingerprint(minilm):
    model = tiny.bert_classifier(minilm.tokenizer)
    before = fingerprint(model)
    model(input_ids=torch.tensor([[1, 2, 3]])).logits.sum().backward()
    torch.optim.SGD(model.parameters(), lr=0.1).step()
    assert fingerprint(model) != before


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_every_precision_has_a_fingerprint(minilm, dtype):
    model = tiny.bert_classifier(minilm.tokenizer)
    assert fingerprint(model.to(dtype)) != fingerprint(tiny.bert_classifier(minilm.tokenizer))


class Odd(torch.nn.Module):
    """Holds what a state dict may hold besides plain tensors."""

    def __init__(self, said):
        super().__init__()
        self.said = said
        self.weight = torch.nn.Parameter(torch.ones(3))
        self.register_buffer("empty", torch.zeros(0))
        self.register_buffer("flag", torch.tensor(True))
        self.register_buffer("sparse", torch.eye(3).to_sparse())
        self.register_buffer("elsewhere", torch.zeros(3, device="meta"))

    def get_extra_state(self):
        return {"said": self.said}

    def set_extra_state(self, state):
        self.said = state["said"]


def test_a_module_with_odd_state_has_a_fingerprint_too():
    assert fingerprint(Odd("a")) == fingerprint(Odd("a"))
    changed = Odd("a")
    with torch.no_grad():
        changed.weight += 1
    assert fingerprint(changed) != fingerprint(Odd("a"))
