"""Numbers of half precision, and devices that have no double one."""

import numpy as np
import pytest
import torch

import xaiwidgets as xw
from tests.oracle.closed import PLAIN_METHODS, Given, field_of, game_of, problem_of
from tests.unit import tiny
from xaiwidgets.models.targets import class_outputs


class Elsewhere(torch.Tensor):
    """A tensor on a device like Apple's GPU, where float64 cannot be."""

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        made = super().__torch_function__(func, types, args, kwargs or {})
        if func is torch.Tensor.cpu:
            return made.as_subclass(torch.Tensor)
        if isinstance(made, torch.Tensor) and made.dtype is torch.float64:
            raise TypeError("float64 cannot be here")
        return made


def elsewhere(values):
    return torch.tensor(values).as_subclass(Elsewhere)


@pytest.mark.parametrize("method", PLAIN_METHODS)
def test_no_method_needs_float64_on_the_models_device(method):
    weights = torch.tensor([3.0, -1.0, 0.5])
    field, _ = field_of(lambda x: (x * weights).sum(-1), elsewhere([1.0, 2.0, 3.0]), elsewhere([0.0, 0.0, 1.0]))
    game, _ = game_of(lambda masks: (masks.float() @ weights).as_subclass(Elsewhere), 3)
    e = xw.explain(Given(problem_of(field=field, game=game)), None, method=method)
    assert e.values.dtype == e.error.dtype == np.float64
    assert type(e.values) is np.ndarray
    assert np.isfinite(e.values).all()


def test_outputs_need_no_float64_on_the_models_device():
    scores = elsewhere([0.25, 0.75])
    outputs = class_outputs(scores, ["a", "b"], kind="class", probabilities=scores)
    assert outputs.scores == outputs.probabilities == (0.25, 0.75)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_a_path_in_half_precision_is_right_to_half_a_percent(dtype):
    point, baseline = torch.tensor([1.0, 0.0], dtype=dtype), torch.tensor([0.0, 1.0], dtype=dtype)
    field, asked = field_of(lambda x: (x.float() ** 3).sum(-1), point, baseline)
    e = xw.explain(Given(problem_of(field=field, features=2)), None, method="integrated_gradients", tolerance=0.01)
    np.testing.assert_allclose(e.values, [1.0, -1.0], rtol=0.005)
    assert e.stopped_by == "tolerance"
    assert len(asked) < 20


def test_small_contributions_of_many_coordinates_are_not_lost():
    # 4096 coordinates of 2⁻¹² each: summed in float16 they would stop growing at a half.
    count = 4096
    point = torch.full((count,), 2**-12, dtype=torch.float16)
    field, _ = field_of(
        lambda x: x.float().sum(-1), point, torch.zeros_like(point), by_feature=lambda a: a.sum(-1, keepdim=True)
    )
    for method in ("integrated_gradients", "input_x_gradient"):
        e = xw.explain(Given(problem_of(field=field, features=1)), None, method=method)
        assert e.values[0] == pytest.approx(1.0, rel=1e-3)


@pytest.mark.parametrize(("dtype", "said"), [(torch.float32, False), (torch.bfloat16, True)])
def test_a_model_in_half_precision_says_what_its_error_cannot_see(minilm, dtype, said):
    model = tiny.bert_classifier(minilm.tokenizer).to(dtype)
    notes = xw.explain(xw.TextClassifier(model, minilm.tokenizer), "a fine film", method="saliency").notes
    assert any("bfloat16" in note for note in notes) is said
