"""The quadrature rule of integrated gradients against polynomials integrated in closed form."""

import numpy as np
import pytest
import torch
from numpy.polynomial import Chebyshev

from tests.oracle.closed import estimates, field_of, problem_of
from xaiwidgets.engine.integrated_gradients import clenshaw_curtis

RULES = [2, 4, 8, 16, 64, 256, 1024]


@pytest.mark.parametrize("intervals", RULES)
def test_polynomials_up_to_the_number_of_intervals_are_integrated_exactly(intervals):
    nodes, weights = (array.numpy() for array in clenshaw_curtis(intervals))
    for degree in sorted({0, 1, intervals // 2, intervals - 1, intervals}):
        polynomial = Chebyshev.basis(degree, domain=[0, 1])
        primitive = polynomial.integ()
        assert weights @ polynomial(nodes) == pytest.approx(primitive(1.0) - primitive(0.0), abs=1e-13), degree


@pytest.mark.parametrize("intervals", RULES)
def test_weights_are_positive_symmetric_and_sum_to_one(intervals):
    _, weights = clenshaw_curtis(intervals)
    assert float(weights.min()) > 0
    assert float(weights.sum()) == pytest.approx(1.0, abs=1e-14)
    assert torch.allclose(weights, weights.flip(0), atol=1e-15, rtol=0)


@pytest.mark.parametrize("intervals", RULES[:-1])
def test_a_finer_rule_keeps_every_node_to_the_last_bit(intervals):
    coarse, fine = clenshaw_curtis(intervals)[0], clenshaw_curtis(2 * intervals)[0]
    assert torch.equal(fine[::2], coarse)


def test_the_midpoint_is_the_midpoint():
    # The first estimate is the midpoint rule; the second one must be able to reuse it.
    assert clenshaw_curtis(2)[0].tolist() == [0.0, 0.5, 1.0]


def test_no_point_of_the_path_is_evaluated_twice():
    field, asked = field_of(lambda x: torch.exp(3 * x).sum(-1), torch.ones(1), torch.zeros(1))
    run, made = estimates(problem_of(field=field, features=1), "integrated_gradients", tolerance=1e-15, budget=131)
    assert len(asked) == len({tuple(point) for point in asked}) == 129
    assert run.pace.evaluations == 130
    assert made[-1].values.item() == pytest.approx(np.exp(3) - 1, rel=1e-6)
