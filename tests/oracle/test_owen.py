"""Owen values against the definition, by all orders that keep groups together, and against shap's."""

import numpy as np
import pytest
import shap
import torch

from tests.oracle.closed import estimates, exact_shapley, game_of, problem_of, table_game
from xaiwidgets.engine.problem import Game
from xaiwidgets.errors import MethodError

TREES = [[0, 1], [[0, 2], 1], [[[0, 3], 1], [[2, [4, 6]], 5]], [[[[[0, 1], 2], 3], 4], 5]]


def owen(function, players, **request):
    game, asked = game_of(function, players)
    run, made = estimates(problem_of(game=game), "owen", **request)
    return run, made, asked


def leaves(tree):
    return [tree] if isinstance(tree, int) else [leaf for branch in tree for leaf in leaves(branch)]


def orders(tree):
    """Every order of the features in which each group stands together, two branches a group."""
    if isinstance(tree, int):
        return [[tree]]
    left, right = map(orders, tree)
    return [one + two for a in left for b in right for one, two in ((a, b), (b, a))]


def by_orders(function, tree):
    every = orders(tree)
    players = len(every[0])
    values = torch.zeros(players, dtype=torch.float64)
    for order in every:
        masks = torch.zeros(players + 1, players, dtype=torch.bool)
        for place, feature in enumerate(order):
            masks[place + 1 :, feature] = True
        values[order] += function(masks).diff() / len(every)
    return values


@pytest.mark.parametrize("tree", TREES)
def test_the_values_are_the_mean_over_orders_that_keep_groups_together(tree):
    players = len(leaves(tree))
    function = table_game(players, seed=players)
    run, made, asked = owen(function, players, tree=tree)
    torch.testing.assert_close(made[-1].values, by_orders(function, tree), rtol=0, atol=1e-12)
    assert (made[-1].kind, made[-1].error.tolist(), run.stopped_by) == ("exact", [0.0] * players, "complete")
    assert len(set(asked)) == len(asked)


class Shown(shap.maskers.Masker):
    """Hands the model the mask itself, and shap the tree."""

    def __init__(self, tree, players):
        self.shape = (1, players)
        rows = []

        def cluster(branch):
            if isinstance(branch, int):
                return branch, 1
            (left, of_left), (right, of_right) = map(cluster, branch)
            rows.append([left, right, 1.0, of_left + of_right])
            return players + len(rows) - 1, of_left + of_right

        cluster(tree)
        self.clustering = np.array(rows, dtype=float)

    def __call__(self, mask, x):
        return (np.asarray(mask, dtype=float)[None],)


def test_the_map_is_shaps():
    tree = [[[0, 1], [2, 3]], [[4, 5], [6, 7]]]
    function = table_game(8, seed=4)
    explainer = shap.explainers.Partition(lambda rows: function(torch.tensor(rows) > 0).numpy(), Shown(tree, 8))
    theirs = explainer(np.ones((1, 8)), max_evals=1000, silent=True)
    _, made, _ = owen(function, 8, tree=tree)
    np.testing.assert_allclose(made[-1].values, theirs.values[0], atol=1e-9)


def test_each_estimate_adds_up_and_says_what_it_has_seen():
    function = table_game(9, seed=2)
    _, made, _ = owen(function, 9)
    ends = torch.stack([torch.zeros(9, dtype=torch.bool), torch.ones(9, dtype=torch.bool)])
    none, whole = function(ends).tolist()
    for one in made:
        assert float(one.values.sum()) == pytest.approx(whole - none, abs=1e-9)
        assert one.baseline_output == none
        assert (one.kind == "exact") == (one.needs == 0) == (not one.notes)
        assert torch.equal(one.details["seen"] == 1, one.error == 0)
    assert not bool(made[0].details["seen"].any())


def test_an_additive_game_gives_each_feature_its_weight_before_all_is_split():
    weights = torch.linspace(-1, 2, 8, dtype=torch.float64)
    _, made, _ = owen(lambda masks: masks.double() @ weights, 8, budget=30)
    assert made[-1].needs > 0
    torch.testing.assert_close(made[-1].values, weights)
    torch.testing.assert_close(made[0].values, torch.full_like(weights, float(weights.mean())))


def test_a_flat_tree_of_two_is_shapleys():
    function = table_game(2, seed=1)
    _, made, _ = owen(function, 2)
    torch.testing.assert_close(made[-1].values, exact_shapley(function, 2))


def test_neighbours_on_a_grid_stay_together_longest():
    # A score of one corner of a picture: few evaluations find it among 1024 regions.
    positions = torch.cartesian_prod(torch.arange(32), torch.arange(32)).double()
    corner = (positions < 2).all(1)
    game = Game(values=lambda masks: masks[:, corner].double().mean(1), players=1024, whole=1.0, positions=positions)
    run, made = estimates(problem_of(game=game), "owen", budget=120)
    assert run.pace.evaluations <= 120
    torch.testing.assert_close(made[-1].values, corner.double() / 4)


def test_thousands_of_features_in_a_row():
    weights = torch.zeros(4000, dtype=torch.float64)
    weights[[7, 1999, 3210]] = torch.tensor([3.0, -2.0, 1.0], dtype=torch.float64)
    _, made, _ = owen(lambda masks: masks.double() @ weights, 4000, budget=400)
    assert made[-1].values.abs().topk(3).indices.tolist() == [7, 1999, 3210]


@pytest.mark.parametrize(
    "tree", [[0, 1], [[0, 1], [2, 2]], [[0, 1], [2, 3]], [], "abc", [0, 1, "2"], [0, [], 1, 2], 1.5]
)
def test_a_tree_that_does_not_hold_each_feature_once_is_refused(tree):
    with pytest.raises(MethodError, match=r"tree=.* it must be nested lists that hold each feature from 0 to 2 once"):
        owen(table_game(3, seed=0), 3, tree=tree)
