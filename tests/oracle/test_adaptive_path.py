"""The quadrature of integrated gradients: what it evaluates, where, and how well it does on smooth and rough paths."""

import numpy as np
import pytest
import torch
from numpy.polynomial import Polynomial

from tests.oracle.closed import estimates, field_of, problem_of


def on_the_line(derivative, *, tolerance=1e-12, budget):
    """Integrate a function of the fraction of the way; the nodes in the order they were asked for."""

    class Known(torch.autograd.Function):
        @staticmethod
        def forward(context, x):
            context.save_for_backward(x)
            return 0 * x

        @staticmethod
        def backward(context, upstream):
            (x,) = context.saved_tensors
            return upstream * torch.tensor(derivative(x.numpy()))

    field, asked = field_of(lambda x: Known.apply(x).sum(-1), torch.ones(1).double(), torch.zeros(1).double())
    run, made = estimates(
        problem_of(field=field, features=1), "integrated_gradients", tolerance=tolerance, budget=budget
    )
    return run, made[-1], [point[0] for point in asked]


@pytest.mark.parametrize("degree", range(4))
def test_polynomials_up_to_a_cubic_are_integrated_exactly(degree):
    polynomial = Polynomial([1.0, *[0.0] * (degree - 1), 2.0][: degree + 1])
    _, estimate, _ = on_the_line(polynomial, budget=6)
    assert float(estimate.values[0]) == pytest.approx(polynomial.integ()(1.0), rel=1e-14)


def test_no_point_of_the_path_is_evaluated_twice():
    run, estimate, asked = on_the_line(lambda t: np.exp(3 * t), budget=131)
    assert len(asked) == len(set(asked)) == run.pace.evaluations - 1
    assert 129 <= run.pace.evaluations <= 131
    assert float(estimate.values[0]) == pytest.approx((np.exp(3) - 1) / 3, rel=1e-7)


def test_the_nodes_are_where_the_path_is_rough():
    # A step at 0.1234: a fifteenth of the way around it gets four times its share of the nodes.
    _, estimate, asked = on_the_line(lambda t: (t > 0.1234).astype(float), budget=42)
    assert np.mean(np.abs(np.array(asked[9:]) - 0.1234) < 1 / 30) >= 4 / 15
    assert float(estimate.values[0]) == pytest.approx(1 - 0.1234, abs=1e-3)


def test_a_budget_may_end_anywhere():
    for budget in range(4, 40):
        run, estimate, asked = on_the_line(lambda t: 1 / (0.01 + t), budget=budget)
        assert run.pace.evaluations <= budget
        assert run.pace.evaluations >= budget - 1
        assert len(asked) == run.pace.evaluations - 1
        assert np.isfinite(float(estimate.values[0]))


def test_rough_paths_are_known_better_than_by_a_fixed_rule():
    # A piecewise constant gradient that is large and jumps often near the start, as a ReLU network's does near black.
    ours, theirs = [], []
    for seed in range(40):
        generator = np.random.default_rng(seed)
        edges = np.sort(generator.random(300) ** 3)
        heights = generator.uniform(0.5, 1.5, 301) / (0.01 + np.concatenate([[0.0], edges]))

        def gradient(t, edges=edges, heights=heights):
            return heights[np.searchsorted(edges, t)]

        truth = float(np.diff(np.concatenate([[0.0], edges, [1.0]])) @ heights)
        run, estimate, asked = on_the_line(gradient, budget=66)
        assert run.stopped_by == "budget"
        nodes, weights = np.polynomial.legendre.leggauss(len(asked))
        theirs.append(abs(float(weights @ gradient((nodes + 1) / 2)) / 2 - truth))
        ours.append(abs(float(estimate.values[0]) - truth))
    assert np.median(ours) < np.median(theirs)


def test_the_errors_are_never_smaller_than_the_completeness_gap():
    # Spikes that fall between the nodes: the changes see nothing, the scores at both ends do.
    def spiky(x):
        return torch.tanh(4000 * (x - torch.tensor([0.3131, 0.7171]).double())).sum(-1)

    field, _ = field_of(spiky, torch.ones(2).double(), torch.zeros(2).double())
    _, made = estimates(problem_of(field=field, features=2), "integrated_gradients", budget=12)
    gap = abs(float(made[-1].values.sum()) - 4.0)
    assert gap > 1
    assert float(made[-1].error.sum()) >= 0.999 * gap
    assert made[-1].relative_error == pytest.approx(float(made[-1].error.sum() / made[-1].values.abs().sum()))
