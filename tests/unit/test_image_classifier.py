"""The image adapter: what it reads, what it shows, and that a problem's two faces speak about the same model."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import xaiwidgets as xw
from xaiwidgets import samples
from xaiwidgets.errors import InputError, ModelError, TargetError
from xaiwidgets.models.picture import read_picture


class SmallNet(nn.Module):
    """Smooth, with what remembers a careless run: batch statistics and dropout."""

    def __init__(self, channels=3, classes=4):
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv2d(channels, 6, 5, stride=2)
        self.norm = nn.BatchNorm2d(6)
        self.drop = nn.Dropout(0.5)
        self.out = nn.Linear(6, classes)

    def forward(self, x):
        return self.out(self.drop(torch.tanh(self.norm(self.conv(x)))).mean((2, 3)))


def to_tensor(image):
    pixels = torch.from_numpy(np.array(image.convert("RGB"))).permute(2, 0, 1).float() / 255
    return (pixels - torch.tensor([0.4, 0.5, 0.6])[:, None, None]) / 0.25


@pytest.fixture
def picture():
    return np.random.default_rng(0).integers(0, 256, (30, 41, 3), dtype=np.uint8)


@pytest.fixture
def net():
    return xw.ImageClassifier(SmallNet().eval(), to_tensor, ["ant", "bee", "cat", "dog"], grid=4)


def test_a_picture_reads_the_same_however_it_is_given(net, picture, tmp_path):
    path = tmp_path / "picture.png"
    Image.fromarray(picture).save(path)
    given = {
        "uint8": picture,
        "int64": picture.astype(np.int64),
        "float": picture / 255,
        "float32": (picture / 255).astype(np.float32),
        "tensor": torch.from_numpy(picture).permute(2, 0, 1),
        "float tensor": torch.from_numpy(picture).permute(2, 0, 1)[None] / 255,
        "Pillow": Image.fromarray(picture),
        "path": path,
        "text": str(path),
        "opaque": np.dstack([picture, np.full(picture.shape[:2], 255, np.uint8)]),
    }
    outputs = {name: net.problem(x).output for name, x in given.items()}
    assert outputs == pytest.approx(dict.fromkeys(given, outputs["uint8"]), abs=1e-6)


def test_grey_transparent_and_turned_pictures_are_read_as_people_see_them(picture, tmp_path):
    assert read_picture(picture[..., 0]).mode == "L"
    assert read_picture(picture[..., :1]).size == (41, 30)
    assert read_picture(picture[..., 0] > 99).getextrema() == (0, 255)
    clear = np.dstack([picture, np.zeros(picture.shape[:2], np.uint8)])
    assert np.array(read_picture(clear)).min() == 255
    turned = Image.fromarray(picture)
    turned.getexif()[0x0112] = 6
    turned.save(tmp_path / "turned.png", exif=turned.getexif())
    np.testing.assert_array_equal(np.array(read_picture(tmp_path / "turned.png")), np.rot90(picture, -1))


def test_a_grey_model_explains_a_grey_picture(picture):
    def prepare(image):
        return torch.from_numpy(np.array(image))[None].float() / 255

    grey = xw.ImageClassifier(SmallNet(channels=1), prepare, grid=3)
    e = xw.explain(grey, picture[..., 0], method="integrated_gradients")
    assert e.values.sum() == pytest.approx(e.output - e.baseline_output, abs=1e-3)
    np.testing.assert_array_equal(e.input["picture"], np.dstack([picture[..., 0]] * 3))
    assert e.target in {"0", "1", "2", "3"}


def test_the_picture_in_the_explanation_is_what_the_model_sees(net, picture):
    problem = net.problem(picture)
    np.testing.assert_array_equal(problem.input["picture"], picture)
    photo = samples.picture("coffee")
    seen = samples.efficientnet().problem(photo).input["picture"]
    middle = Image.fromarray(photo).crop((100, 0, 500, 400)).resize((224, 224), Image.Resampling.BILINEAR)
    assert np.abs(seen.astype(int) - np.array(middle).astype(int)).mean() < 1


def test_regions_tile_the_picture(net, picture):
    problem = net.problem(picture)
    regions = problem.input["regions"]
    assert problem.input["kind"] == "image"
    assert problem.input["grid"] == [4, 4]
    assert (regions.dtype, regions.shape) == (np.int32, (30, 41))
    counts = np.bincount(regions.ravel())
    assert len(counts) == len(problem.features) == 16
    assert counts.max() <= 8 * 11
    assert counts.min() >= 7 * 10
    assert problem.features[regions[0, -1]] == "row 1, column 4"
    assert problem.features[regions[-1, 0]] == "row 4, column 1"
    assert len(xw.ImageClassifier(nn.Flatten(), to_tensor, grid=50).problem(picture).features) == 30 * 41


def test_both_faces_are_the_same_model(net, picture):
    problem = net.problem(picture, "cat")
    n = len(problem.features)
    game = problem.game.values(torch.stack([torch.ones(n, dtype=torch.bool), torch.zeros(n, dtype=torch.bool)]))
    ends, _ = problem.field.value_and_grad(torch.stack([problem.field.point, problem.field.baseline]))
    assert game.tolist() == pytest.approx(ends.tolist(), abs=1e-5)
    assert problem.output == pytest.approx(float(game[0]), abs=1e-5)

    black = picture.copy()
    black[problem.input["regions"] == 5] = 0
    without = torch.ones(1, n, dtype=torch.bool)
    without[0, 5] = False
    assert float(problem.game.values(without)[0]) == pytest.approx(net.problem(black, "cat").output, abs=1e-5)


def test_contributions_are_summed_within_regions(net, picture):
    problem = net.problem(picture)
    contributions = torch.randn(2, 5, 3, 30, 41, dtype=torch.float64)
    summed = problem.field.by_feature(contributions)
    inside = torch.from_numpy(problem.input["regions"] == 7)
    assert summed.shape == (2, 5, 16)
    torch.testing.assert_close(summed[..., 7], contributions[..., inside].sum((-1, -2)))
    torch.testing.assert_close(summed.sum(-1), contributions.sum((-1, -2, -3)))


@pytest.mark.parametrize("method", ["integrated_gradients", "input_x_gradient", "occlusion", "permutation_shap"])
def test_a_contrast_is_the_difference_of_two(net, picture, method):
    options = {"method": method, "tolerance": 1e-3, "budget": 600}
    apart = [xw.explain(net, picture, target=target, **options) for target in ("bee", "dog")]
    both = xw.explain(net, picture, target=("bee", "dog"), **options)
    assert (both.target, both.contrast, both.unit) == ("bee", "dog", "logit")
    np.testing.assert_allclose(both.values, apart[0].values - apart[1].values, atol=2e-4)


@pytest.mark.parametrize("training", [True, False])
def test_the_module_is_left_as_it_was(picture, training):
    module = SmallNet().train(training)
    module.conv.weight.requires_grad_(False)
    module.drop.eval()

    def state():
        tensors = {name: tensor.clone() for name, tensor in module.state_dict().items()}
        flags = [(part.training, len(part._forward_hooks), len(part._backward_hooks)) for part in module.modules()]
        return tensors, flags, [(p.requires_grad, p.grad) for p in module.parameters()]

    before = state()
    adapter = xw.ImageClassifier(module, to_tensor)
    once, again = (xw.explain(adapter, picture, method="integrated_gradients") for _ in range(2))
    np.testing.assert_array_equal(once.values, again.values)
    module.out.register_forward_hook(lambda *_: 1 / 0)
    hooked = state()
    with pytest.raises(ModelError, match="ZeroDivisionError"):
        xw.explain(adapter, picture, method="occlusion")
    for then, now in ((before[0], state()[0]), (hooked[0], state()[0])):
        assert all(torch.equal(then[name], now[name]) for name in then)
    assert before[2] == state()[2]
    assert hooked[1] == state()[1]


def test_a_half_precision_model_is_explained_in_its_own_dtype(picture):
    adapter = xw.ImageClassifier(SmallNet().eval().to(torch.bfloat16), to_tensor)
    assert adapter.problem(picture).field.point.dtype == torch.bfloat16
    exact = xw.ImageClassifier(SmallNet().eval(), to_tensor)
    values = [xw.explain(a, picture, target=1, method="input_x_gradient").values for a in (adapter, exact)]
    assert np.abs(values[0] - values[1]).sum() < 0.1 * np.abs(values[1]).sum()


def test_a_hugging_face_style_output_is_understood(net, picture):
    class Wrapped(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = net.module

        def forward(self, x):
            from types import SimpleNamespace

            return SimpleNamespace(logits=self.inner(x))

    wrapped = xw.ImageClassifier(Wrapped(), to_tensor, net.labels)
    assert wrapped.problem(picture).outputs == net.problem(picture).outputs


def test_targets_by_name_and_number(net, picture):
    assert net.problem(picture, 2).target == net.problem(picture, "cat").target
    with pytest.raises(TargetError, match=r"'rat' is not one of the model's 4 outputs .did you mean 'cat'"):
        net.problem(picture, "rat")


BAD_PICTURES = {
    "five channels": (np.zeros((30, 40, 5), np.uint8), r"\(30, 40, 5\) was given; a picture has shape \[H, W\]"),
    "a batch": (np.zeros((2, 30, 40, 3), np.uint8), r"\(2, 30, 40, 3\) was given"),
    "no channels": (torch.zeros(5, 30, 40), r"tensor of shape \(5, 30, 40\).*\[3, H, W\]"),
    "NaN": (np.full((3, 4, 3), np.nan), "36 values that are NaN or infinite"),
    "normalised": (np.linspace(-2, 2, 36).reshape(3, 4, 3), "from -2 to 2; .*before any normalisation"),
    "overshot": (np.full((3, 4, 3), 1.3), "from 1.3 to 1.3; give uint8 from 0 to 255"),
    "bright floats": (np.full((3, 4, 3), 256.0), "from 256 to 256"),
    "wide integers": (np.full((3, 4, 3), 65536), "from 6.554e.04 to 6.554e.04"),
    "negative integers": (np.full((3, 4, 3), -1), "from -1 to -1"),
    "empty": (np.zeros((0, 4, 3), np.uint8), "no pixels"),
    "text array": (np.full((3, 4), "a"), "type <U1"),
    "a list": ([[0, 1]], "A list was given where a picture is expected"),
    "missing file": ("no/such.png", "'no/such.png' cannot be read .no such file"),
    "not a picture": (__file__, "no picture, or a damaged one"),
    "a normalised Pillow image": (Image.fromarray(np.full((3, 4), -1.5, np.float32)), "before any normalisation"),
}


@pytest.mark.parametrize(("given", "message"), BAD_PICTURES.values(), ids=BAD_PICTURES)
def test_a_bad_picture_is_one_sentence(net, given, message):
    with pytest.raises(InputError, match=message) as told:
        xw.explain(net, given)
    assert "\n" not in str(told.value)


BAD_PREPROCESSING = {
    "numpy": (np.array, "returned a ndarray; it must return a float tensor"),
    "bytes": (lambda image: torch.from_numpy(np.array(image)), "returned a torch.uint8 tensor"),
    "flat": (lambda image: to_tensor(image).flatten(), r"returned shape \(3690,\); it must be \[C, H, W\]"),
    "a batch": (lambda image: to_tensor(image).expand(2, -1, -1, -1), r"shape \(2, 3, 30, 41\)"),
    "NaN": (lambda image: to_tensor(image) * float("nan"), "NaN or infinite values of the picture"),
    "standardised": (
        lambda image: to_tensor(image) / to_tensor(image).std((1, 2), keepdim=True),
        "NaN or infinite values of a black picture",
    ),
}


@pytest.mark.parametrize(("preprocess", "message"), BAD_PREPROCESSING.values(), ids=BAD_PREPROCESSING)
def test_bad_preprocessing_is_one_sentence(picture, preprocess, message):
    with pytest.raises(InputError, match=message):
        xw.ImageClassifier(SmallNet(), preprocess).problem(picture)


def test_bad_arguments_are_one_sentence(net, picture):
    with pytest.raises(InputError, match="A function was given where a torch module is expected"):
        xw.ImageClassifier(lambda x: x, to_tensor)
    with pytest.raises(InputError, match="preprocess is a int; give a function"):
        xw.ImageClassifier(net.module, 224)
    with pytest.raises(InputError, match="grid=0 was given"):
        xw.ImageClassifier(net.module, to_tensor, grid=0)
    with pytest.raises(InputError, match="2 labels were given for a model with 4 outputs"):
        xw.ImageClassifier(net.module, to_tensor, ["a", "b"]).problem(picture)
    with pytest.raises(ModelError, match=r"returned shape \(1, 6, 13, 19\) for 1 pictures"):
        xw.ImageClassifier(net.module.conv, to_tensor).problem(picture)
    broken = SmallNet()
    nn.init.constant_(broken.out.bias, float("nan"))
    with pytest.raises(ModelError, match="NaN or infinite"):
        xw.ImageClassifier(broken, to_tensor).problem(picture)


def test_an_explanation_of_a_picture_is_saved_and_loaded(net, picture, tmp_path):
    e = xw.explain(net, picture, method="occlusion")
    back = xw.load(e.save(tmp_path / "e.npz"))
    np.testing.assert_array_equal(back.input["regions"], e.input["regions"])
    np.testing.assert_array_equal(back.input["picture"], picture)
    assert back.input["grid"] == [4, 4]
