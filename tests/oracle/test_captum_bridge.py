"""Captum's algorithms through xw.explain against Captum called by hand, and the module afterwards."""

import captum.attr as ca
import numpy as np
import pytest
import torch
from torch import nn

import xaiwidgets as xw
from tests.oracle.closed import Given, exact_shapley, game_of, problem_of, table_game
from xaiwidgets.errors import MethodError

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
"""Captum warns each time it sets hooks."""


class Net(nn.Module):
    """A small convolutional net with every kind of part that Captum hooks, in place and with batch-norm."""

    def __init__(self, activation=nn.ReLU):
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv2d(3, 6, 3)
        self.norm = nn.BatchNorm2d(6)
        self.act = activation(inplace=True)
        self.pool = nn.MaxPool2d(2)
        self.out = nn.Linear(6 * 3 * 3, 4)

    def forward(self, x):
        return self.out(self.pool(self.act(self.norm(self.conv(x)))).flatten(1))


def to_tensor(image):
    return torch.from_numpy(np.array(image)).permute(2, 0, 1).float() / 255 - 0.4


PICTURE = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)


@pytest.fixture
def net():
    return xw.ImageClassifier(Net().train(), to_tensor, grid=4)


def state_of(module):
    parts = list(module.modules())
    return (
        [{k: v for k, v in vars(part).items() if k[:1] != "_"} for part in parts],
        [[list(v) for k, v in vars(part).items() if "hooks" in k and hasattr(v, "clear")] for part in parts],
        {name: tensor.clone() for name, tensor in module.state_dict().items()},
        torch.get_rng_state(),
        np.random.get_state()[1].tolist(),  # noqa: NPY002
    )


def same(before, after):
    assert before[0] == after[0]
    assert before[1] == after[1]
    for name, tensor in before[2].items():
        torch.testing.assert_close(after[2][name], tensor, rtol=0, atol=0)
    assert torch.equal(before[3], after[3])
    assert before[4] == after[4]


def plain(net):
    """The same module as a user would hand it to Captum: in eval mode, nothing in place."""
    module = Net().eval()
    module.load_state_dict(net.module.state_dict())
    module.act.inplace = False
    problem = net.problem(PICTURE, 1)
    return module, problem.field.point[None], problem.field.baseline[None], problem


ON_MODULE = {
    "DeepLift": {},
    "IntegratedGradients": {"n_steps": 30},
    "Saliency": {"abs": False},
    "InputXGradient": {},
    "GuidedBackprop": {},
    "Deconvolution": {},
    "LRP": {},
}


@pytest.mark.parametrize("name", ON_MODULE)
def test_an_algorithm_on_the_module_gives_captums_numbers(net, name):
    before = state_of(net.module)
    e = xw.explain(net, PICTURE, method=getattr(ca, name), target=1, **ON_MODULE[name])
    same(before, state_of(net.module))
    module, point, baseline, problem = plain(net)
    algorithm = getattr(ca, name)(module)
    given = {"baselines": baseline} if name in {"DeepLift", "IntegratedGradients"} else {}
    theirs = algorithm.attribute(point.clone().requires_grad_(), target=1, **given, **ON_MODULE[name])
    wanted = problem.field.by_feature(theirs.detach())[0].double().numpy()
    np.testing.assert_allclose(e.values, wanted, rtol=1e-3, atol=1e-4 * np.abs(wanted).max())
    assert (e.method, e.error_kind) == (f"captum.{name}", "unknown")
    assert e.details["completeness_gap"] == pytest.approx(e.values.sum() - (e.output - e.baseline_output), abs=1e-4)


@pytest.mark.parametrize("name", ["FeatureAblation", "ShapleyValueSampling", "KernelShap", "Lime"])
def test_a_perturbation_algorithm_plays_the_game(net, name):
    options = {} if name == "FeatureAblation" else {"n_samples": 40}
    e, again = (xw.explain(net, PICTURE, method=f"captum.{name}", target=1, seed=3, **options) for _ in range(2))
    np.testing.assert_array_equal(e.values, again.values)
    if name == "FeatureAblation":
        np.testing.assert_allclose(e.values, xw.explain(net, PICTURE, method="occlusion", target=1).values, atol=1e-5)
    else:
        other = xw.explain(net, PICTURE, method=f"captum.{name}", target=1, seed=4, **options)
        assert not np.array_equal(e.values, other.values)


def test_all_orders_on_a_game_alone_are_the_exact_shapley_values():
    function = table_game(4, seed=1)
    game, _ = game_of(function, 4)
    e = xw.explain(Given(problem_of(game=game)), None, method=ca.ShapleyValues)
    np.testing.assert_allclose(e.values, exact_shapley(function, 4), atol=1e-5)
    assert abs(e.details["completeness_gap"]) < 1e-5
    wide, _ = game_of(table_game(8, seed=0), 8)
    with pytest.raises(MethodError, match="walks all 8! orders of 8 features and takes at most 7"):
        xw.explain(Given(problem_of(game=wide)), None, method=ca.ShapleyValues)


def test_a_black_box_has_captums_perturbations_too():
    clf = xw.TextClassifier.from_callable(lambda texts: [[2.0 * ("warm" in text) - ("dull" in text)] for text in texts])
    e = xw.explain(clf, "warm but dull", method=ca.Occlusion, target=0, sliding_window_shapes=(1,))
    np.testing.assert_allclose(e.values, [2, 0, -1])
    with pytest.raises(MethodError, match=r"'captum.DeepLift' needs a torch module to look into"):
        xw.explain(clf, "warm but dull", method=ca.DeepLift)


def test_captums_occlusion_slides_over_the_pixels(net):
    e = xw.explain(net, PICTURE, method=ca.Occlusion, target=1, sliding_window_shapes=(3, 2, 2), strides=(3, 2, 2))
    # Windows as large as the regions are leaving one region out.
    np.testing.assert_allclose(e.values, xw.explain(net, PICTURE, method="occlusion", target=1).values, atol=1e-4)


@pytest.mark.parametrize("name", ["LayerIntegratedGradients", "LayerGradCam", "LayerActivation", "LayerDeepLift"])
def test_a_layer_algorithm_gives_captums_numbers_at_the_layer(net, name):
    before = state_of(net.module)
    options = {"n_steps": 20} if name == "LayerIntegratedGradients" else {}
    e = xw.explain(net, PICTURE, method=getattr(ca, name), target=1, layer="norm", units="channels", **options)
    same(before, state_of(net.module))
    module, point, baseline, _ = plain(net)
    given = {} if name == "LayerActivation" else {"target": 1}
    given |= {"baselines": baseline} if name in {"LayerIntegratedGradients", "LayerDeepLift"} else {}
    given |= {"attr_dim_summation": False} if name == "LayerGradCam" else {}
    theirs = getattr(ca, name)(module, module.norm).attribute(point, **given, **options)
    wanted = theirs.detach().sum((0, 2, 3)).double().numpy()
    np.testing.assert_allclose(e.values, wanted, rtol=1e-3, atol=1e-4 * np.abs(wanted).max())


def test_deep_lift_says_by_how_much_it_misses_the_change_in_score(sentiment, net):
    e = xw.explain(sentiment, "a gripping film", method="deep_lift", target=1)
    gap = e.values.sum() - (e.output - e.baseline_output)
    assert abs(gap) > 0.1 * np.abs(e.values).sum()
    assert e.details["completeness_gap"] == pytest.approx(gap, abs=1e-5)
    assert any("a gap of" in note for note in e.notes)
    assert np.isnan(e.relative_error)
    # Where every activation is one that it knows, DeepLIFT is complete.
    whole = xw.explain(net, PICTURE, method="deep_lift", target=1)
    assert abs(whole.details["completeness_gap"]) < 1e-4 * np.abs(whole.values).sum() + 1e-5


def test_guided_backprop_says_when_nothing_was_guided(net, sentiment):
    guided, direct = (xw.explain(net, PICTURE, method=name, target=1) for name in ("guided_backprop", "saliency"))
    assert not np.allclose(guided.values, direct.values, rtol=0.01)
    assert not any("nn.ReLU" in note for note in guided.notes)
    six = xw.ImageClassifier(Net(nn.ReLU6).eval(), to_tensor, grid=4)
    guided, direct = (xw.explain(six, PICTURE, method=name, target=1) for name in ("guided_backprop", "saliency"))
    np.testing.assert_allclose(guided.values, direct.values, rtol=1e-4)
    assert any("no nn.ReLU" in note for note in guided.notes)


def test_what_captum_cannot_do_is_one_sentence_and_leaves_nothing_behind(sentiment, net):
    def hooks():
        return [len(part._forward_hooks) + len(part._backward_hooks) for part in sentiment.model.modules()]

    before = hooks()
    with pytest.raises(MethodError, match=r"captum.LRP cannot be computed on this model .*Embedding") as caught:
        xw.explain(sentiment, "a film", method=ca.LRP)
    assert "\n" not in str(caught.value)
    assert hooks() == before

    class Twice(Net):
        def forward(self, x):
            return self.out(self.pool(self.act(self.act(self.norm(self.conv(x))))).flatten(1))

    twice = xw.ImageClassifier(Twice(), to_tensor)
    state = state_of(twice.module)
    with pytest.raises(MethodError, match="module is being used more than once"):
        xw.explain(twice, PICTURE, method=ca.DeepLift)
    same(state, state_of(twice.module))


@pytest.mark.parametrize(
    ("method", "told"),
    [
        (ca.NoiseTunnel, "choose 'smooth_grad'"),
        (ca.FeaturePermutation, "xw.permutation_importance"),
        (ca.NeuronGradient, "with layer= and neuron="),
        (ca.LLMAttribution, "does not explain one input"),
        (ca.Attribution, "does not explain one input"),
        (ca.DataLoaderAttribution, "does not explain one input"),
        ("captum.DeepLfit", "Captum has no algorithm 'DeepLfit'"),
        (ca.LayerGradCam, "name one with layer="),
        (ca.Occlusion, "sliding_window_shapes"),
    ],
)
def test_what_does_not_run_here_says_what_to_do_instead(net, method, told):
    with pytest.raises(MethodError, match=told) as caught:
        xw.explain(net, PICTURE, method=method)
    assert "\n" not in str(caught.value)


def test_options_and_budgets_are_checked(net):
    with pytest.raises(MethodError, match=r"'captum.IntegratedGradients' has no option 'steps'; .*n_steps"):
        xw.explain(net, PICTURE, method=ca.IntegratedGradients, steps=9)
    with pytest.raises(MethodError, match=r"needs more than the budget of 20 evaluations .* lower its n_steps"):
        xw.explain(net, PICTURE, method=ca.IntegratedGradients, budget=20)
    e = xw.explain(net, PICTURE, method=ca.IntegratedGradients, n_steps=10, budget=20)
    assert e.evaluations <= 20
    with pytest.raises(MethodError, match=r"There is no method <class 'torch.nn.modules.linear.Linear'>"):
        xw.explain(net, PICTURE, method=nn.Linear)


def test_a_background_is_the_distribution_of_baselines(net):
    others = [np.full((8, 8, 3), level, dtype=np.uint8) for level in (30, 120, 220)]
    e = xw.explain(net, PICTURE, method=ca.DeepLiftShap, target=1, background=others)
    module, point, _, problem = plain(net)
    outputs = [module(to_tensor(other)[None])[0, 1].item() for other in others]
    assert e.baseline_output == pytest.approx(np.mean(outputs), abs=1e-5)
    assert abs(e.details["completeness_gap"]) < 1e-4
    background = torch.stack([to_tensor(other) for other in others])
    theirs = ca.DeepLiftShap(module).attribute(point, background, target=1)
    np.testing.assert_allclose(e.values, problem.field.by_feature(theirs.detach())[0].numpy(), rtol=1e-3, atol=1e-4)
