"""Sliding windows against Captum's occlusion, on a row and on a grid."""

from dataclasses import replace

import pytest
import torch
from captum.attr import Occlusion

import xaiwidgets as xw
from tests.oracle.closed import Given, estimates, game_of, problem_of, table_game
from xaiwidgets.engine.problem import Game
from xaiwidgets.errors import MethodError


def rough(shape, *, seed):
    """A function of masks of this shape that no window's drop can be guessed from."""
    weights = torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return lambda rows: (
        torch.tanh((rows.double().reshape(-1, *shape) * weights).flatten(1).sum(1))
        + torch.sin((rows.double().reshape(-1, *shape) * weights.exp()).flatten(1).sum(1))
    )


@pytest.mark.parametrize("shape", [(11,), (5, 7)])
@pytest.mark.parametrize("window", [1, 2, 3])
def test_the_map_is_captums(shape, window):
    function = rough(shape, seed=window)
    everything = torch.ones(1, *shape, dtype=torch.float64)
    places = torch.cartesian_prod(*(torch.arange(size) for size in shape)).reshape(-1, len(shape)).double()
    game = Game(values=function, players=len(places), whole=float(function(everything)[0]), positions=places)
    run, made = estimates(problem_of(game=game), "sliding_windows", window=window)
    theirs = Occlusion(function).attribute(everything, sliding_window_shapes=(window,) * len(shape))
    torch.testing.assert_close(made[-1].values, theirs.flatten().double(), rtol=1e-5, atol=1e-6)
    assert (run.stopped_by, made[-1].kind, float(made[-1].error.sum())) == ("complete", "exact", 0.0)


def test_a_window_of_one_leaves_one_out():
    game, _ = game_of(table_game(7, seed=0), 7)
    ours, theirs = (
        estimates(problem_of(game=game), name, **options)[1][-1].values
        for name, options in (("sliding_windows", {"window": 1}), ("occlusion", {}))
    )
    torch.testing.assert_close(ours, theirs)


def test_what_every_window_has_not_been_over_is_not_exact_yet():
    game, _ = game_of(table_game(12, seed=0), 12)
    _, made = estimates(problem_of(game=game), "sliding_windows", budget=6)
    # Windows that do not overlap come first, so four of them have seen everything.
    assert not bool(made[-1].values.isnan().any())
    assert bool(made[-1].error.isnan().any())


def test_a_window_wider_than_the_input_hides_it_all():
    game, _ = game_of(table_game(2, seed=0), 2)
    run, made = estimates(problem_of(game=game), "sliding_windows", window=5)
    nothing = game.values(torch.zeros(1, 2, dtype=torch.bool))
    assert made[-1].values.tolist() == [game.whole - float(nothing[0])] * 2
    assert run.pace.evaluations == 2


def test_features_off_a_grid_are_each_in_some_window():
    game, asked = game_of(table_game(6, seed=0), 6)
    scattered = torch.tensor([[0.0, 0.2], [0.3, 3.9], [2.5, 2.5], [9.7, 0.1], [9.9, 9.9], [4.1, 6.0]])
    _, made = estimates(problem_of(game=replace(game, positions=scattered)), "sliding_windows", window=2)
    assert not bool(made[-1].values.isnan().any())
    hidden = asked[1:]
    assert len(set(hidden)) == len(hidden)


def test_a_table_has_no_neighbours():
    game, _ = game_of(table_game(3, seed=0), 3)
    with pytest.raises(
        MethodError,
        match=r"needs features that lie side by side, which this model does not give; choose one of kernel_shap",
    ):
        xw.explain(Given(problem_of(game=replace(game, positions=None))), None, method="sliding_windows")


@pytest.mark.parametrize("window", [0, -1, 1.5, "3", None, True])
def test_a_window_is_a_positive_whole_number(window):
    game, _ = game_of(table_game(3, seed=0), 3)
    with pytest.raises(MethodError, match=r"window=.* was given; it must be a positive whole number"):
        xw.explain(Given(problem_of(game=game)), None, method="sliding_windows", window=window)
