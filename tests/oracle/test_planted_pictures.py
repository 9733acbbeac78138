"""Pictures whose class is one patch's texture: maps of a network that was trained on such must point at the patch."""

import numpy as np
import pytest

import xaiwidgets as xw
from tests.oracle.test_planted_features import shuffled
from xaiwidgets import samples

METHODS = {
    "attn_lrp": {},
    "deep_lift": {},
    "grad_cam": {},
    "guided_backprop": {},
    "input_x_gradient": {},
    "integrated_gradients": {},
    "kernel_shap": {"budget": 300},
    "lime": {"budget": 300},
    "occlusion": {},
    "saliency": {},
    "sliding_windows": {},
    "smooth_grad": {"budget": 60},
}
"""Every family, with limits for the slow ones."""


@pytest.fixture(scope="module")
def planted():
    """Twenty pictures that the network names rightly, by seed."""
    model, found = samples.planted_cnn(), {}
    for seed in range(40):
        each = samples.planted_picture(seed)
        if model.problem(each.picture).target.name == each.label:
            found[seed] = each
    return dict(list(found.items())[:20])


@pytest.mark.parametrize("method", METHODS)
def test_maps_point_at_the_patch_and_are_believed(planted, method):
    model = samples.planted_cnn()
    hits, inside, verdicts = [], [], []
    for seed, (picture, label, mask) in planted.items():
        e = xw.explain(model, picture, method=method, target=label, **METHODS[method])
        on_patch = np.isin(np.arange(64), e.input["regions"][mask])
        hits.append(on_patch[np.argmax(e.values)])
        positive = e.values.clip(min=0)
        inside.append(positive[on_patch].sum() / positive.sum())
        each = [
            xw.faithfulness(model, picture, given, target=label, measures="sensitivity_n", seed=seed).verdict
            for given in (e, shuffled(e, seed))
        ]
        verdicts.append(each)
    assert len(hits) == 20
    # One region in five holds a part of the patch.
    assert sum(hits) >= 18
    assert np.mean(inside) > 0.5
    assert sum(true == "better than chance" for true, _ in verdicts) >= 18
    assert [random for _, random in verdicts] == ["no better than chance"] * 20


def test_what_the_maps_point_at_is_what_decides(planted):
    model = samples.planted_cnn()
    for picture, label, mask in planted.values():
        at = model.labels.index(label)
        clutter, patch = (np.where(shown[..., None], picture, np.uint8(127)) for shown in (~mask, mask))
        whole, without, alone = (model.problem(x, label).outputs for x in (picture, clutter, patch))
        assert min(whole.probabilities[at], alone.probabilities[at]) > 0.9
        # The label's own logit, which is what is explained.
        assert without.scores[at] < min(whole.scores[at], alone.scores[at]) - 1
