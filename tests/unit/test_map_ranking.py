"""The maps of a layer that count most are those with the largest gradient × activation."""

import numpy as np
import pytest
import torch
from torch import nn

from tests.unit.overlays import PICTURE, adapter, net, to_tensor
from xaiwidgets.engine.map_ranking import ranked_maps
from xaiwidgets.errors import MethodError
from xaiwidgets.models.picture import read_picture


def by_hand(module, layer, target):
    """The maps of a layer of a Sequential and Σ gradient × activation of each."""
    maps = module[: layer + 1](to_tensor(read_picture(PICTURE))[None]).detach().requires_grad_(True)
    score = module[layer + 1 :](maps)[0, target]
    (gradient,) = torch.autograd.grad(score, maps)
    return maps.detach()[0].numpy(), (maps * gradient).sum((2, 3))[0].detach().numpy()


@pytest.mark.parametrize("layer", [0, 1, 2, 3])
def test_contributions_are_gradient_times_activation(layer):
    module = net()
    found = ranked_maps(adapter(module).problem(PICTURE, 2), str(layer))
    maps, contributions = by_hand(module, layer, 2)
    order = np.argsort(-contributions, kind="stable")
    assert found.units.tolist() == order.tolist()
    np.testing.assert_allclose(found.contributions, contributions[order], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(found.maps, maps[order], rtol=1e-4, atol=1e-6)
    assert (found.layer, found.total) == (str(layer), len(maps))


def test_of_a_layer_before_a_linear_head_they_are_what_the_maps_add_to_the_score():
    module = net()
    found = ranked_maps(adapter(module).problem(PICTURE, 1), None)
    with torch.no_grad():
        score = float(module(to_tensor(read_picture(PICTURE))[None])[0, 1])
    assert found.layer == "3"
    assert found.contributions.sum() == pytest.approx(score - module[5].bias[1].item(), abs=1e-4)


def test_the_few_that_count_most_are_kept():
    found = ranked_maps(adapter().problem(PICTURE), "1", most=3)
    every = ranked_maps(adapter().problem(PICTURE), "1")
    assert (len(found.units), found.total) == (3, 8)
    assert found.units.tolist() == every.units.tolist()[:3]
    assert every.contributions.tolist() == sorted(every.contributions, reverse=True)


def test_a_layer_that_lies_over_no_picture_is_refused():
    problem = adapter().problem(PICTURE)
    with pytest.raises(MethodError, match=r"'5' returns shape \(3,\).*choose a convolution"):
        ranked_maps(problem, "5")
    with pytest.raises(MethodError, match="9"):
        ranked_maps(problem, "9")
    flat = adapter(nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 3))).problem(PICTURE)
    with pytest.raises(MethodError, match="no layer whose places lie over the picture"):
        ranked_maps(flat, None)
