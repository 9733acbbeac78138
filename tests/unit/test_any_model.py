"""Models of every make: what fits them runs, agrees with Captum, and leaves them as they were."""

import numpy as np
import pytest
import torch
from captum.attr import InputXGradient, LayerGradientXActivation
from torch import nn
from torch.nn import functional

import xaiwidgets as xw
from tests.oracle.closed import ABSENCE, INPUT_METHODS
from xaiwidgets.engine.methods import METHODS
from xaiwidgets.errors import InputError, ModelError

TEXT = "a warm and gripping film"


class Recurrent(nn.Module):
    """Token ids to scores through a recurrent layer, trained as the kind says; nothing of Hugging Face."""

    def __init__(self, words, kind):
        super().__init__()
        torch.manual_seed(1)
        self.words = nn.Embedding(words, 8)
        self.places = nn.Embedding(600, 8)
        self.layer = kind(8, 6, batch_first=True, bidirectional=True)
        self.drop = nn.Dropout(0.5)
        self.out = nn.Linear(12, 3)

    def forward(self, ids):
        rows = self.words(ids) + self.places(torch.arange(ids.shape[1], device=ids.device))
        states, _ = self.layer(self.drop(rows))
        return self.out(states.mean(1))


class Tied(nn.Module):
    """The embedding's weights are the head's too; scores of its own vocabulary, in a tuple."""

    def __init__(self, words):
        super().__init__()
        torch.manual_seed(2)
        self.words = nn.Embedding(words, 8)
        self.mix = nn.Linear(8, 8)

    def forward(self, ids):
        return functional.linear(self.mix(self.words(ids)).relu_().mean(1), self.words.weight[:5]), "extra"


class One(nn.Module):
    """One score a text and no axis for it; the embedding is changed in place, and the layer is used twice."""

    def __init__(self, words):
        super().__init__()
        torch.manual_seed(3)
        self.words = nn.Embedding(words, 8)
        self.twice = nn.Linear(8, 8)

    def forward(self, ids):
        rows = self.words(ids)
        rows.tanh_()
        return torch.tanh(self.twice(torch.tanh(self.twice(rows)))).sum((1, 2))


TEXT_MODELS = {
    "RNN": lambda words: Recurrent(words, nn.RNN),
    "LSTM": lambda words: Recurrent(words, nn.LSTM),
    "GRU": lambda words: Recurrent(words, nn.GRU),
    "tied": Tied,
    "one score": One,
}


class Pictures(nn.Module):
    """Works on its input in place, uses a part twice, normalises by batch and by function; returns as `wrap` says."""

    def __init__(self, wrap=lambda scores: scores):
        super().__init__()
        torch.manual_seed(4)
        self.conv = nn.Conv2d(3, 6, 3, padding=1)
        self.again = nn.Conv2d(6, 6, 3, padding=1)
        self.norm = nn.BatchNorm2d(6)
        self.act = nn.ReLU(inplace=True)
        self.out = nn.Linear(6, 4)
        self.wrap = wrap

    def forward(self, x):
        x.mul_(1.5)
        x = self.act(self.norm(self.conv(x)))
        x = self.act(self.again(self.act(self.again(x))))
        return self.wrap(self.out(functional.adaptive_avg_pool2d(x, 1).flatten(1)))


WRAPS = {
    "tensor": lambda scores: scores,
    "tuple": lambda scores: (scores, scores.sum()),
    "dict": lambda scores: {"count": 3, "scores": scores},
    "logits": lambda scores: {"loss": scores.sum(), "logits": scores},
}

PICTURE = np.random.default_rng(5).integers(0, 256, (12, 12, 3), dtype=np.uint8)


def to_tensor(image):
    return torch.from_numpy(np.array(image)).permute(2, 0, 1).float() / 255 - 0.5


def state_of(module):
    return (
        {name: tensor.clone() for name, tensor in module.state_dict().items()},
        [(part.training, len(part._forward_hooks), len(part._forward_pre_hooks)) for part in module.modules()],
        [parameter.grad for parameter in module.parameters()],
        torch.backends.cudnn.enabled,
    )


def same(before, after):
    assert before[1:] == after[1:]
    for name, tensor in before[0].items():
        torch.testing.assert_close(after[0][name], tensor, rtol=0, atol=0)


def explain_all(adapter, x, *, background, unfit=()):
    """Every method that fits runs and is finite where it has got to; the module is untouched."""
    module = getattr(adapter, "model", None) or adapter.module
    for method in INPUT_METHODS:
        if not METHODS[method].needs <= {*adapter.faces, "background"} or method in unfit:
            continue
        before = state_of(module)
        given = {"background": background} if method in ABSENCE else {}
        e = xw.explain(adapter, x, method=method, target=0, budget=60, **given)
        same(before, state_of(module))
        assert np.isfinite(e.values).any(), method


@pytest.fixture(scope="module")
def tokenizer(minilm):
    return minilm.tokenizer


@pytest.mark.parametrize("name", TEXT_MODELS)
def test_every_method_runs_on_plain_text_models(tokenizer, name):
    adapter = xw.TextClassifier(TEXT_MODELS[name](len(tokenizer)).train(), tokenizer)
    # AttnLRP has rules for feed-forward parts alone, and says so.
    explain_all(adapter, TEXT, background=["a dull book"], unfit={"attn_lrp", "deep_lift"})


@pytest.mark.parametrize("name", [name for name in TEXT_MODELS if name != "one score"])
def test_a_plain_text_models_gradient_is_captums(tokenizer, name):
    model = TEXT_MODELS[name](len(tokenizer)).eval()
    adapter = xw.TextClassifier(model, tokenizer)
    e = xw.explain(adapter, TEXT, method="input_x_gradient", target=0)
    ids = torch.tensor([tokenizer(TEXT)["input_ids"]])
    absent = ids.clone()
    absent[0, 1:-1] = tokenizer.mask_token_id

    def score(given):
        out = model(given)
        return (out[0] if isinstance(out, tuple) else out)[:, 0]

    at_input = LayerGradientXActivation(score, model.words, multiply_by_inputs=False).attribute(ids)
    with torch.no_grad():
        wanted = (at_input * (model.words(ids) - model.words(absent))).sum(-1)[0, 1:-1]
        assert e.output == pytest.approx(float(score(ids)), abs=1e-5)
        assert e.baseline_output == pytest.approx(float(score(absent)), abs=1e-5)
    np.testing.assert_allclose(e.values, wanted.numpy(), rtol=1e-3, atol=1e-6)


def test_embeddings_that_are_changed_in_place_have_the_gradient_of_the_formula(tokenizer):
    model = One(len(tokenizer)).eval()
    ids = torch.tensor([tokenizer(TEXT)["input_ids"]])
    rows = model.words(ids).detach().requires_grad_()
    (gradient,) = torch.autograd.grad(torch.tanh(model.twice(torch.tanh(model.twice(torch.tanh(rows))))).sum(), rows)
    wanted = (gradient * (rows - model.words.weight[tokenizer.mask_token_id]))[0, 1:-1].sum(-1).detach().numpy()
    e = xw.explain(xw.TextClassifier(model, tokenizer), TEXT, method="input_x_gradient")
    np.testing.assert_allclose(e.values, wanted, rtol=1e-3, atol=1e-6)


def test_the_game_of_a_plain_model_is_the_users_own_call(tokenizer):
    model = TEXT_MODELS["LSTM"](len(tokenizer)).eval()
    e = xw.explain(xw.TextClassifier(model, tokenizer), TEXT, method="occlusion", target=1)
    ids = torch.tensor([tokenizer(TEXT)["input_ids"]])
    without = ids.clone()
    without[0, 2] = tokenizer.mask_token_id
    with torch.no_grad():
        assert e.values[1] == pytest.approx(float(model(ids)[0, 1] - model(without)[0, 1]), abs=1e-5)


def test_recurrent_layers_go_backward_without_cudnn(tokenizer):
    seen = []

    class Watched(Recurrent):
        def forward(self, ids):
            seen.append(torch.backends.cudnn.enabled)
            return super().forward(ids)

    adapter = xw.TextClassifier(Watched(len(tokenizer), nn.GRU), tokenizer)
    xw.explain(adapter, TEXT, method="saliency")
    assert seen
    assert not any(seen)
    assert torch.backends.cudnn.enabled


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("kind", ["text", "picture"])
def test_half_precision_on_a_cpu(tokenizer, dtype, kind):
    def adapter(dtype):
        if kind == "text":
            return xw.TextClassifier(One(len(tokenizer)).to(dtype), tokenizer)
        return xw.ImageClassifier(Pictures().eval().to(dtype), to_tensor, grid=3)

    x = TEXT if kind == "text" else PICTURE
    # What one region does to the picture's score is less than bfloat16 can tell.
    counted = ("occlusion",) if kind == "text" else ()
    for method in ("input_x_gradient", "integrated_gradients", "smooth_grad", *counted):
        half, full = (
            xw.explain(adapter(one), x, method=method, target=0, budget=40).values for one in (dtype, torch.float32)
        )
        assert np.abs(half - full).sum() <= 0.25 * np.abs(full).sum(), method


@pytest.mark.parametrize("wrap", WRAPS)
def test_every_method_runs_on_odd_vision_models(wrap):
    adapter = xw.ImageClassifier(Pictures(WRAPS[wrap]).train(), to_tensor, grid=3)
    # Captum's DeepLIFT refuses a part that is used twice.
    explain_all(adapter, PICTURE, background=[PICTURE[::-1].copy()], unfit={"attn_lrp", "deep_lift"})


@pytest.mark.parametrize("wrap", WRAPS)
def test_an_odd_vision_models_gradient_is_captums(wrap):
    adapter = xw.ImageClassifier(Pictures(WRAPS[wrap]).eval(), to_tensor, grid=3)
    problem = adapter.problem(PICTURE, 2)
    once = adapter.problem(PICTURE, 2)
    torch.testing.assert_close(problem.field.point, once.field.point, rtol=0, atol=0)
    point, baseline = problem.field.point[None], problem.field.baseline[None]
    module = Pictures().eval()
    theirs = InputXGradient(lambda shift: module((baseline + shift).clone())).attribute(
        (point - baseline).requires_grad_(), target=2
    )
    e = xw.explain(adapter, PICTURE, method="input_x_gradient", target=2)
    np.testing.assert_allclose(e.values, problem.field.by_feature(theirs.detach())[0].numpy(), rtol=1e-3, atol=1e-6)


def test_a_module_without_an_embedding_of_ids_is_one_sentence(tokenizer):
    class Counting(nn.Module):
        def __init__(self):
            super().__init__()
            self.words = nn.Embedding(len(tokenizer), 4)

        def forward(self, ids):
            return self.words(ids // 2).mean(1)

    with pytest.raises(ModelError, match="No embedding layer of Counting reads the token ids as they are"):
        xw.explain(xw.TextClassifier(Counting(), tokenizer), TEXT)
    with pytest.raises(InputError, match=r"an nn\.Embedding that reads token ids"):
        xw.TextClassifier(nn.Linear(2, 2), tokenizer)


def test_a_text_models_baseline_may_be_a_token_or_a_text(tokenizer):
    model = TEXT_MODELS["GRU"](len(tokenizer)).eval()
    adapter = xw.TextClassifier(model, tokenizer)
    pad = xw.explain(adapter, TEXT, method="permutation_shap", target=0, baseline="[PAD]", budget=40)
    other = xw.explain(adapter, TEXT, method="integrated_gradients", target=0, baseline="the cold and dull book")
    ids = torch.tensor([tokenizer(TEXT)["input_ids"]])
    ids[0, 1:-1] = tokenizer.pad_token_id
    with torch.no_grad():
        assert pad.baseline_output == pytest.approx(float(model(ids)[0, 0]), abs=1e-5)
        cold = torch.tensor([tokenizer("the cold and dull book")["input_ids"]])
        assert other.baseline_output == pytest.approx(float(model(cold)[0, 0]), abs=1e-5)
    # "and" is in both.
    assert other.values[2] == pytest.approx(0, abs=1e-6)


def test_a_background_of_texts_is_as_long_as_the_text(tokenizer):
    model = TEXT_MODELS["GRU"](len(tokenizer)).eval()
    problem = xw.TextClassifier(model, tokenizer).problem(TEXT, background=["a dull book", "one " * 20])
    assert problem.field.background.shape == (2, *problem.field.point.shape)
    mask = model.words.weight[tokenizer.mask_token_id]
    # "a" is kept, the places beyond a short text show the baseline, special tokens stay.
    torch.testing.assert_close(problem.field.background[0, :2], problem.field.point[:2])
    torch.testing.assert_close(problem.field.background[0, 4], mask)
    torch.testing.assert_close(problem.field.background[:, -1], problem.field.point[-1:].expand(2, -1))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"baseline": "a dull book"}, "has 3 tokens where the text has 5; give a text of as many tokens"),
        ({"baseline": 3}, "baseline=3 was given; a text's baseline is a token"),
        ({"baseline": ""}, "a text's baseline is a token"),
        ({"background": []}, "background is an empty list; give a list of texts"),
        ({"background": "a film"}, "background is str; give a list of texts"),
        ({"background": ["a film", " "]}, r"background\[1\] is empty"),
        ({"background": ["a film", float("nan")]}, r"background\[1\] is a float"),
    ],
)
def test_what_cannot_stand_for_absent_words_is_one_sentence(tokenizer, given, told):
    with pytest.raises(InputError, match=told) as caught:
        xw.explain(xw.TextClassifier(One(len(tokenizer)), tokenizer), TEXT, **given)
    assert "\n" not in str(caught.value)


COLOURS = {
    "white": (1.0, 1.0, 1.0), "#ff0000": (1.0, 0.0, 0.0), 0.5: (0.5, 0.5, 0.5), (0.2, 0.4, 0.6): (0.2, 0.4, 0.6),
}  # fmt: skip


@pytest.mark.parametrize("colour", COLOURS)
def test_a_pictures_baseline_may_be_a_colour(colour):
    adapter = xw.ImageClassifier(Pictures().eval(), to_tensor, grid=3)
    problem = adapter.problem(PICTURE, 0, baseline=colour)
    wanted = (torch.tensor(COLOURS[colour]) - 0.5)[:, None, None].expand(3, 12, 12)
    torch.testing.assert_close(problem.field.baseline, wanted, atol=1 / 255, rtol=0)
    empty = problem.game.values(torch.zeros(1, 9, dtype=torch.bool))
    at_baseline, _ = problem.field.value_and_grad(problem.field.baseline[None])
    assert float(empty) == pytest.approx(float(at_baseline), abs=1e-5)


def test_a_pictures_baseline_may_be_a_picture_its_mean_or_itself_blurred():
    adapter = xw.ImageClassifier(Pictures().eval(), to_tensor, grid=3)
    other = PICTURE[::-1].copy()
    torch.testing.assert_close(adapter.problem(PICTURE, baseline=other).field.baseline, to_tensor(other))
    mean = adapter.problem(PICTURE, baseline="mean").field.baseline
    torch.testing.assert_close(mean[:, 0, 0], to_tensor(PICTURE).mean((1, 2)), atol=2 / 255, rtol=0)
    blurred = adapter.problem(PICTURE, baseline="blur").field.baseline
    assert 0 < float(blurred.std()) < 0.6 * float(to_tensor(PICTURE).std())
    background = adapter.problem(PICTURE, background=[other, PICTURE]).field.background
    torch.testing.assert_close(background[0], to_tensor(other))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"baseline": np.zeros((3, 3, 3), np.uint8)}, r"makes shape \(3, 3, 3\) of the baseline and \(3, 12, 12\)"),
        (
            {"baseline": "whyte"},
            "The baseline cannot be read: 'whyte' cannot be read .no such file.*'mean', 'blur' or 'noise'",
        ),
        ({"baseline": 2}, "baseline=2 was given; a grey, or red, green and blue, go from 0 to 1"),
        ({"baseline": np.full((12, 12, 3), np.nan)}, "The baseline cannot be read: .* NaN or infinite"),
        ({"background": []}, "background is empty; give a list of pictures"),
        ({"background": 3}, "background is a int; give a list of pictures"),
        ({"background": [PICTURE, np.full((12, 12, 3), np.nan)]}, r"background\[1\] cannot be used: .*NaN"),
        ({"background": [PICTURE, PICTURE[:4]]}, r"makes shape \(3, 4, 12\) of background\[1\]"),
    ],
)
def test_what_cannot_stand_for_absent_regions_is_one_sentence(given, told):
    with pytest.raises(InputError, match=told) as caught:
        xw.explain(xw.ImageClassifier(Pictures(), to_tensor, grid=3), PICTURE, **given)
    assert "\n" not in str(caught.value)


def test_a_functions_absent_words_may_be_replaced_and_it_has_no_background():
    clf = xw.TextClassifier.from_callable(lambda texts: [[float(text.count("x"))] for text in texts])
    e = xw.explain(clf, "fine film", method="occlusion", baseline="xx")
    np.testing.assert_allclose(e.values, [-2, -2])
    with pytest.raises(InputError, match="reads words and has no background"):
        xw.explain(clf, "fine film", background=["a"])
    with pytest.raises(InputError, match="it must be a text that replaces each absent word"):
        xw.explain(clf, "fine film", baseline=3)
