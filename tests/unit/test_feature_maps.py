"""Which layers lie over a picture, which of them is looked at, and what a map costs."""

import numpy as np
import pytest
import torch
from torch import nn

import xaiwidgets as xw
from xaiwidgets.engine.feature_maps import maps_at, spatial_layers


def to_tensor(image):
    return torch.from_numpy(np.array(image)).permute(2, 0, 1).float() / 255


class Net(nn.Module):
    """Two convolutions, one activation that both go through, and a head."""

    def __init__(self, *, kind=nn.ReLU):
        super().__init__()
        torch.manual_seed(0)
        self.act = kind()
        self.first = nn.Conv2d(3, 4, 3, padding=1)
        self.second = nn.Conv2d(4, 5, 3, stride=2, padding=1)
        self.aside = nn.Conv2d(5, 5, 1)
        self.out = nn.Linear(5, 3)

    def forward(self, x):
        cells = self.act(self.second(self.act(self.first(x))))
        return self.out(cells.mean((2, 3)))


class Ended(Net):
    """The same with one more module after the last activation, which the score does not depend on."""

    def forward(self, x):
        cells = self.act(self.second(self.act(self.first(x))))
        self.aside(cells)
        return self.out(cells.mean((2, 3)))


@pytest.fixture
def picture():
    return np.random.default_rng(0).integers(0, 256, (12, 16, 3), dtype=np.uint8)


def problem_of(module, picture):
    return xw.ImageClassifier(module, to_tensor, grid=2).problem(picture, 1)


def test_layers_are_listed_in_the_order_in_which_they_run(picture):
    layers = spatial_layers(problem_of(Net(), picture).inside)
    assert layers == {"first": (4, 12, 16), "second": (5, 6, 8), "act": (5, 6, 8)}
    assert list(layers) == ["first", "second", "act"]


def test_a_module_that_runs_again_and_again_is_left_out_where_another_runs_later(picture):
    problem = problem_of(Ended(), picture)
    assert list(spatial_layers(problem.inside)) == ["first", "second", "aside"]
    # Nothing depends on the last of them.
    assert maps_at(problem, None).maps.layer == "second"


def test_the_last_run_of_a_reused_layer_is_looked_at_and_told_to_who_asks_for_it(picture):
    problem = maps_at(problem_of(Net(), picture), None)
    assert problem.maps.layer == problem.parameters["layer"] == "act"
    assert not problem.notes
    asked = maps_at(problem_of(Net(), picture), "act")
    assert asked.notes == ("The layer 'act' runs 2 times in one pass; its last run is looked at.",)
    score, cells, gradients = problem.maps.run(problem.maps.point[None])
    assert cells.shape == gradients.shape == (1, 5, 6, 8)
    assert float(score) == pytest.approx(problem.output, abs=1e-6)
    torch.testing.assert_close(cells, problem.maps.read(problem.maps.point[None]))
    net = problem.inside.module
    wanted = (net.out.weight[1] / 48).detach()[None, :, None, None].expand_as(gradients)
    torch.testing.assert_close(gradients, wanted)


def test_gradients_are_taken_no_farther_back_than_the_layer(picture):
    class Counted(torch.autograd.Function):
        backwards = 0

        @staticmethod
        def forward(ctx, x):
            return x.clone()

        @staticmethod
        def backward(ctx, gradient):
            Counted.backwards += 1
            return gradient

    class Counting(nn.Module):
        def forward(self, x):
            return Counted.apply(x).relu()

    maps = maps_at(problem_of(Net(kind=Counting), picture), "second").maps
    Counted.backwards = 0
    maps.run(maps.point[None])
    assert Counted.backwards == 1


def test_several_pictures_have_their_own_maps_and_gradients(picture):
    maps = maps_at(problem_of(Net(kind=nn.Tanh), picture), "first").maps
    points = torch.stack([maps.point, maps.point.flip(-1), torch.zeros_like(maps.point)])
    together = maps.run(points)
    for number, point in enumerate(points):
        for many, one in zip(together, maps.run(point[None]), strict=True):
            torch.testing.assert_close(many[number], one[0], rtol=1e-5, atol=1e-7)


def test_what_is_found_of_a_model_once_is_not_found_again(picture):
    module = Net()
    first, again = (maps_at(problem_of(module, picture), None) for _ in range(2))
    assert (first.evaluations, again.evaluations) == (3, 1)
    named = [maps_at(problem_of(module, picture), "first").evaluations for _ in range(2)]
    assert named == [2, 1]
    assert maps_at(problem_of(module, picture[:, :8]), None).evaluations == 3


def test_a_layer_may_run_less_often_than_it_did_at_first(picture):
    class Sometimes(Net):
        more = True

        def forward(self, x):
            cells = self.act(self.second(self.act(self.first(x))))
            return self.out((self.act(cells) if self.more else cells).mean((2, 3)))

    module = Sometimes()
    maps = maps_at(problem_of(module, picture), "act").maps
    module.more = False
    _, cells, gradients = maps.run(maps.point[None])
    torch.testing.assert_close(cells, maps.read(maps.point[None]))
    assert bool(gradients.any())


def test_the_module_is_left_as_it_was(picture):
    module = Net().train()
    for parameter in module.parameters():
        parameter.requires_grad_(False)
    maps = maps_at(problem_of(module, picture), None).maps
    with torch.no_grad():
        _, _, gradients = maps.run(maps.point[None])
        assert not torch.is_grad_enabled()
    assert bool(gradients.any())
    assert module.training
    assert all(parameter.grad is None for parameter in module.parameters())
    assert not any(part._forward_hooks for part in module.modules())


@pytest.mark.parametrize("size", [(6, 8), (3, 4), (5, 7), (12, 16), (1, 1)])
def test_cells_give_to_the_regions_they_cover(picture, size):
    maps = maps_at(problem_of(Net(), picture), None).maps
    cells = torch.rand(2, *size)
    values = maps.by_cell(cells)
    assert values.shape == (2, 4)
    torch.testing.assert_close(values.sum(-1), cells.sum((-2, -1)))
    torch.testing.assert_close(maps.by_cell(torch.ones(size)), torch.full((4,), size[0] * size[1] / 4))
