"""Class activation maps against closed forms, the papers' formulas written out, Captum and scikit-learn."""

import numpy as np
import pytest
import torch
from captum.attr import LayerGradCam
from sklearn.decomposition import PCA
from torch import nn
from torch.nn import functional

import xaiwidgets as xw
from xaiwidgets import samples
from xaiwidgets.errors import MethodError, ModelError

METHODS = ["grad_cam", "grad_cam_plus_plus", "layer_cam", "eigen_cam"]


def to_tensor(image):
    return torch.from_numpy(np.array(image)).permute(2, 0, 1).double() / 255 - 0.5


class Pooled(nn.Module):
    """Convolution, ReLU, mean over all places, linear: its class activation map is known by hand."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(3)
        self.conv = nn.Conv2d(3, 6, 5, stride=3)
        self.relu = nn.ReLU()
        self.out = nn.Linear(6, 4)
        self.double()

    def forward(self, x):
        return self.out(self.relu(self.conv(x)).mean((2, 3)))


class Odd(Pooled):
    """The same with a head that is not linear, so that every cell has a gradient of its own."""

    def forward(self, x):
        cells = self.relu(self.conv(x))
        where = torch.linspace(-1, 1, cells[0, 0].numel(), dtype=cells.dtype).view_as(cells[0, 0])
        return self.out(torch.tanh(4 * cells * where).mean((2, 3)) + cells.square().mean((2, 3)))


class TinyViT(nn.Module):
    """A vision transformer of two blocks whose head reads the class token, or the mean of all patches."""

    def __init__(self, *, pooled):
        super().__init__()
        torch.manual_seed(5)
        self.patches = nn.Conv2d(3, 16, 6, stride=6)
        self.first = nn.Parameter(torch.randn(1, 1, 16))
        self.places = nn.Parameter(torch.randn(1, 21, 16) / 2)
        self.blocks = nn.Sequential(*(nn.TransformerEncoderLayer(16, 2, 32, 0.5, batch_first=True) for _ in range(2)))
        self.out = nn.Linear(16, 4)
        self.pooled = pooled
        self.double()

    def forward(self, x):
        patches = self.patches(x).flatten(2).transpose(1, 2)
        tokens = self.blocks(torch.cat([self.first.expand(len(x), -1, -1), patches], 1) + self.places)
        return self.out(tokens[:, 1:].mean(1) if self.pooled else tokens[:, 0])


@pytest.fixture(scope="module")
def picture():
    return np.random.default_rng(4).integers(0, 256, (24, 30, 3), dtype=np.uint8)


def of(module, **options):
    return xw.ImageClassifier(module.eval(), to_tensor, **options)


def activations_and_gradients(module, layer, point, target):
    """The layer's last output and the gradient there, by torch alone."""
    taken = []
    hook = layer.register_forward_hook(lambda _, __, out: taken.append(out))
    score = module(point[None].clone().requires_grad_())[0, target]
    hook.remove()
    (gradient,) = torch.autograd.grad(score, taken[-1])
    return taken[-1][0].detach().numpy(), gradient[0].numpy()


def inner(adapter, picture, target, layer):
    point = adapter.problem(picture, target).field.point
    return activations_and_gradients(adapter.module, layer, point, target)


def test_grad_cam_of_a_pooled_net_is_its_class_activation_map(picture):
    module = Pooled()
    adapter = of(module)
    with torch.no_grad():
        cells = torch.relu(module.conv(adapter.problem(picture).field.point[None]))[0]
    for target in range(4):
        weight, bias = module.out.weight[target].detach(), float(module.out.bias[target].detach())
        shares = (weight[:, None, None] * cells / cells[0].numel()).sum(0)
        e = xw.explain(adapter, picture, target=target, method="grad_cam", layer="relu")
        assert float(shares.sum()) + bias == pytest.approx(e.output, abs=1e-6)
        np.testing.assert_allclose(e.details["map"], shares.clamp(min=0), atol=1e-6)
        # What raises the score has a sign, though what lowers it is cut off.
        assert e.signed
        assert e.error_kind == "exact"


def test_grad_cam_is_captums_on_a_real_net():
    adapter, photo = samples.efficientnet(), samples.picture("chelsea")
    problem = adapter.problem(photo)
    for layer in ("_conv_head", "_blocks.10"):
        module = dict(adapter.module.named_modules())[layer]
        wanted = LayerGradCam(adapter.module, module).attribute(
            problem.field.point[None].requires_grad_(), target=problem.target.index, relu_attributions=True
        )
        wanted = wanted[0, 0].detach().numpy()
        found = xw.explain(adapter, photo, method="grad_cam", layer=layer).details["map"]
        np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-4 * wanted.max())


def test_the_default_layer_of_a_real_net_is_the_last_one_of_its_body():
    adapter, photo = samples.efficientnet(), samples.picture("coffee")
    e = xw.explain(adapter, photo, method="grad_cam")
    assert (e.details["layer"], e.details["map"].shape) == ("_swish", (7, 7))
    assert e.parameters["layer"] == "_swish"
    assert not e.notes
    cells, gradients = inner(adapter, photo, e.targets[0], adapter.module._swish)
    wanted = np.maximum((gradients.mean((1, 2))[:, None, None] * cells).sum(0), 0)
    np.testing.assert_allclose(e.details["map"], wanted, rtol=1e-3, atol=1e-4 * wanted.max())


def test_grad_cam_plus_plus_is_the_papers_weights(picture):
    module = Pooled()
    adapter = of(module)
    cells, _ = inner(adapter, picture, 1, module.relu)
    at = torch.from_numpy(cells)

    def exponential(step):
        """Y = exp(S) with the cell's activation moved by `step`, [C, h, w] of them at once."""
        return torch.exp((module.out.weight[1][:, None, None] * step / at[0].numel()) + score)

    score = module.out(at.mean((1, 2)))[1].detach()
    step = torch.zeros_like(at).requires_grad_()
    derivatives, value = [], exponential(step).sum()
    for _ in range(3):
        (gradient,) = torch.autograd.grad(value, step, create_graph=True)
        derivatives.append(gradient)
        value = gradient.sum()
    first, second, third = (each.detach().numpy() for each in derivatives)
    shares = second / (2 * second + cells.sum((1, 2), keepdims=True) * third)
    weights = (shares * np.maximum(first, 0)).sum((1, 2)) / np.exp(float(score))
    wanted = np.maximum((weights[:, None, None] * cells).sum(0), 0)
    e = xw.explain(adapter, picture, target=1, method="grad_cam_plus_plus", layer="relu")
    np.testing.assert_allclose(e.details["map"], wanted, rtol=1e-5, atol=1e-7)


def test_grad_cam_plus_plus_has_no_poles_before_a_relu(picture):
    module = Pooled()
    adapter = of(module)
    with torch.no_grad():
        module.conv.bias[:3] -= 0.5
        module.conv.bias[3:] += 0.5
    cells, gradients = inner(adapter, picture, 1, module.conv)
    below = int((cells.sum((1, 2)) < 0).sum())
    assert 0 < below < len(cells)
    weights = (np.maximum(gradients, 0) / (2 + gradients * np.maximum(cells.sum((1, 2), keepdims=True), 0))).sum((1, 2))
    wanted = np.maximum((weights[:, None, None] * cells).sum(0), 0)
    e = xw.explain(adapter, picture, target=1, method="grad_cam_plus_plus", layer="conv")
    np.testing.assert_allclose(e.details["map"], wanted, rtol=1e-5, atol=1e-7)
    assert any(f"{below} of the 6 maps of 'conv' have a negative sum, which is taken for zero" in n for n in e.notes)
    assert not xw.explain(adapter, picture, target=1, method="grad_cam_plus_plus", layer="relu").notes


def test_grad_cam_plus_plus_counts_two_occurrences_alike():
    class Twice(nn.Module):
        """One map with the same thing twice, once over one cell and once over four."""

        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(1, 1, 1, bias=False)
            nn.init.ones_(self.conv.weight)

        def forward(self, x):
            cells = self.conv(x)
            return torch.stack([cells.amax((2, 3))[:, 0] + cells[:, 0, :2].sum((1, 2)) / 2, cells.mean((1, 2, 3))], 1)

    grey = np.zeros((6, 6), np.uint8)
    grey[0, 0] = grey[4:, 4:] = 255
    adapter = xw.ImageClassifier(Twice(), lambda image: torch.from_numpy(np.array(image))[None].float() / 255)
    e = xw.explain(adapter, grey, target=1, method="grad_cam_plus_plus")
    assert e.details["map"][0, 0] == e.details["map"][5, 5] > 0
    assert e.details["map"][3, 3] == 0


def test_layer_cam_weighs_every_cell_by_its_own_gradient(picture):
    module = Odd()
    adapter = of(module)
    cells, gradients = inner(adapter, picture, 2, module.relu)
    assert gradients[0].std() > 0.1 * np.abs(gradients[0]).mean()
    wanted = np.zeros(cells.shape[1:])
    for cell, gradient in zip(cells, gradients, strict=True):
        wanted += np.where(gradient > 0, gradient, 0) * cell
    e = xw.explain(adapter, picture, target=2, method="layer_cam", layer="relu")
    np.testing.assert_allclose(e.details["map"], np.maximum(wanted, 0), rtol=1e-4, atol=1e-7)


def test_eigen_cam_is_the_first_principal_component(picture):
    module = Odd()
    adapter = of(module)
    cells, _ = inner(adapter, picture, 0, module.relu)
    rows = cells.reshape(len(cells), -1).T
    _, _, vectors = np.linalg.svd(rows)
    wanted = (rows @ vectors[0]).reshape(cells.shape[1:])
    e = xw.explain(adapter, picture, target=0, method="eigen_cam", layer="relu")
    np.testing.assert_allclose(e.details["map"], np.abs(wanted), rtol=1e-5, atol=1e-6)
    assert any("whichever output is explained" in note for note in e.notes)
    np.testing.assert_array_equal(
        e.values, xw.explain(adapter, picture, target=3, method="eigen_cam", layer="relu").values
    )

    component = PCA(1).fit_transform(rows)[:, 0].reshape(cells.shape[1:])
    component *= np.sign((component * np.linalg.norm(cells, axis=0)).sum())
    e = xw.explain(adapter, picture, method="eigen_cam", layer="relu", centred=True)
    np.testing.assert_allclose(e.details["map"], np.maximum(component, 0), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("pooled", [True, False])
def test_the_patches_of_a_transformer_are_cells(picture, pooled):
    module = TinyViT(pooled=pooled)
    adapter = of(module)
    e = xw.explain(adapter, picture, target=1, method="grad_cam")
    # The patches after the last block count for nothing where the class token alone is read.
    assert (e.details["layer"] == "blocks") == pooled
    layer = dict(module.named_modules())[e.details["layer"]]
    tokens, gradients = inner(adapter, picture, 1, layer)
    assert tokens.shape == (21, 16)
    weights = gradients[1:].mean(0)
    wanted = np.maximum(tokens[1:] @ weights, 0).reshape(4, 5)
    np.testing.assert_allclose(e.details["map"], wanted, rtol=1e-4, atol=1e-7)
    assert wanted.any()


@pytest.mark.parametrize("method", METHODS)
def test_regions_hold_what_the_cells_over_them_hold(picture, method):
    halves = np.zeros((24, 30), int)
    halves[:, 15:] = 1
    e = xw.explain(of(Pooled()), picture, method=method, target=1, regions=halves)
    cells = e.details["map"]
    assert cells.dtype == np.float32
    assert cells.shape == (7, 9)
    # Nine columns over two halves: the fifth lies in both.
    left = cells[:, :4].sum() + cells[:, 4].sum() / 2
    np.testing.assert_allclose(e.values, [left, cells.sum() - left], rtol=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_what_lights_up_is_where_the_class_is(method):
    class Bright(nn.Module):
        """Says how much of the picture is red, and how much green."""

        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 2, 4, stride=4, bias=False)
            with torch.no_grad():
                self.conv.weight.zero_()
                self.conv.weight[0, 0] = self.conv.weight[1, 1] = 1 / 16

        def forward(self, x):
            return torch.relu(self.conv(x)).mean((2, 3))

    photo = np.zeros((28, 28, 3), np.uint8)
    photo[4:12, 16:24, 0] = 255
    adapter = xw.ImageClassifier(
        Bright(), lambda image: torch.from_numpy(np.array(image)).permute(2, 0, 1).float() / 255
    )
    e = xw.explain(adapter, photo, target=0, method=method)
    grid = e.values.reshape(7, 7)
    assert np.argwhere(grid > 0.01 * grid.max()).tolist() == [[1, 4], [1, 5], [2, 4], [2, 5]]
    if method != "eigen_cam":
        nothing = xw.explain(adapter, photo, target=1, method=method)
        assert not nothing.values.any()
        assert any("No cell of 'conv' raises this score" in note for note in nothing.notes)


@pytest.mark.parametrize("method", METHODS)
def test_a_model_in_training_or_in_half_precision_is_explained_as_it_predicts(picture, method):
    module = TinyViT(pooled=True)
    wanted = xw.explain(of(module), picture, target=1, method=method)
    training = xw.explain(xw.ImageClassifier(module.train(), to_tensor), picture, target=1, method=method)
    np.testing.assert_allclose(training.values, wanted.values, rtol=1e-6)
    assert module.training
    half = xw.explain(of(module.bfloat16()), picture, target=1, method=method)
    np.testing.assert_allclose(half.values, wanted.values, atol=0.05 * wanted.values.max())


def test_what_cannot_be_mapped_is_refused_in_one_sentence(picture):
    adapter = of(Pooled())
    for layer, told in (
        ("out", r"The layer 'out' returns shape \(4,\), whose places do not lie over the picture; choose a conv"),
        ("convolution", "There is no layer 'convolution' in this model: the closest of its 3 are 'conv'"),
        (["conv"], r"There is no layer \['conv'\]"),
    ):
        for method in METHODS:
            with pytest.raises(MethodError, match=told):
                xw.explain(adapter, picture, method=method, layer=layer)
    with pytest.raises(MethodError, match="'grad_cam' has no units=: it weighs all the maps of a layer"):
        xw.explain(adapter, picture, method="grad_cam", layer="conv", units="channels")
    with pytest.raises(MethodError, match="centred='yes' was given; give True"):
        xw.explain(adapter, picture, method="eigen_cam", centred="yes")
    flat = xw.ImageClassifier(nn.Sequential(nn.Flatten(), nn.Linear(3 * 24 * 30, 2)).double(), to_tensor)
    with pytest.raises(MethodError, match="'grad_cam' needs a layer whose cells lie over a picture, which this model"):
        xw.explain(flat, picture, method="grad_cam")


def test_a_convolution_that_the_score_does_not_depend_on_is_refused(picture):
    class Apart(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 1, 3)
            self.double()

        def forward(self, x):
            return functional.pad(self.conv(x).detach().mean((2, 3)), (0, 2)) + x.mean((2, 3))

    with pytest.raises(MethodError, match="or the score depends on none; choose a method that needs no layer"):
        xw.explain(of(Apart()), picture, method="grad_cam")


def test_maps_that_are_no_numbers_are_refused(picture):
    class Broken(Pooled):
        def forward(self, x):
            return self.out(self.relu(self.conv(x) / 0).nan_to_num(1, 1, 1).mean((2, 3)))

    with pytest.raises(ModelError, match="feature maps are NaN or infinite"):
        xw.explain(of(Broken()), picture, method="eigen_cam", layer="relu")
