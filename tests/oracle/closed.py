"""Problems with known answers: fields and games written as plain formulas, and ways to run a method on them."""

import itertools
import math

import torch

from xaiwidgets.engine.limits import Limits
from xaiwidgets.engine.methods import METHODS
from xaiwidgets.engine.problem import Field, Game, Problem
from xaiwidgets.engine.run import Run
from xaiwidgets.explanation import Outputs, Target

GAME_METHODS = [name for name, method in METHODS.items() if method.face == "game"]
FIELD_METHODS = [name for name, method in METHODS.items() if method.face == "field" and not method.pictured]
INPUT_METHODS = [name for name, method in METHODS.items() if method.face not in {"scored", "inputs"}]
"""The methods that explain one input; the others need a data set."""
TEXT_METHODS = [name for name in INPUT_METHODS if not {"maps", "veil"} & METHODS[name].needs]
"""Those of them that need no picture."""
LISTED_METHODS = [name for name in (*FIELD_METHODS, *GAME_METHODS) if not METHODS[name].backed]
"""Those that a model without a background of its own is listed with."""

PLAIN_METHODS = FIELD_METHODS + GAME_METHODS
"""The methods that need no module: they work on the problems below."""

ABSENCE = {"expected_gradients": {"background": ["a cold and dull book", "nothing"]}}
"""What a method cannot do without, where the input is a text."""

SCORES = Outputs(kind="score", labels=("y",), ids=(0,), scores=(0.0,), probabilities=None, total=1)


def field_of(function, point, baseline, *, by_feature=lambda contributions: contributions):
    """A field of a differentiable function from [B, n] to [B]; it remembers the points it was asked for.

    Its background is the baseline and a point half-way.
    """
    asked = []

    def value_and_grad(points):
        leaf = points.detach().requires_grad_(True)
        asked.extend(points.tolist())
        values = function(leaf)
        return values.detach(), torch.autograd.grad(values.sum(), leaf)[0]

    background = torch.stack([baseline, (baseline + point) / 2])
    field = Field(
        point=point, baseline=baseline, value_and_grad=value_and_grad, by_feature=by_feature, background=background
    )
    return field, asked


def game_of(function, players):
    """A game of a function from masks [B, n] to [B], its features in a row; it remembers what it was asked for."""
    asked = []

    def values(masks):
        asked.extend(tuple(row) for row in masks.tolist())
        return function(masks)

    whole = float(function(torch.ones(1, players, dtype=torch.bool))[0])
    positions = torch.arange(players, dtype=torch.float64)[:, None]
    return Game(values=values, players=players, whole=whole, positions=positions), asked


def table_game(players, *, seed):
    """A game whose 2ⁿ scores are independent normal numbers: every order of interaction is there."""
    table = torch.randn(2**players, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    weights = 2 ** torch.arange(players)
    return lambda masks: table[(masks.long() * weights).sum(-1)]


def problem_of(*, field=None, game=None, features=None):
    """A problem with these faces."""
    count = game.players if game is not None else features
    return Problem(
        features=tuple(f"x{i}" for i in range(count)),
        input={},
        target=Target(name="y", index=0, unit="score"),
        outputs=SCORES,
        output=0.0 if game is None else game.whole,
        game=game,
        field=field,
    )


def run_of(problem, method, *, seed=0, **options):
    """A run that has not begun."""
    return Run(problem, METHODS[method], seed=seed, options=options)


def estimates(problem, method, *, seed=0, tolerance=None, budget=None, **options):
    """Every estimate of a run until it ends by itself or at a limit."""
    run = run_of(problem, method, seed=seed, **options)
    return run, list(run.advance(Limits(tolerance=tolerance, budget=budget), cancelled=lambda: False))


def exact_shapley(function, players):
    """Shapley values from all 2ⁿ coalitions, by the definition."""
    masks = torch.tensor(list(itertools.product([False, True], repeat=players)))
    score = {tuple(mask): float(value) for mask, value in zip(masks.tolist(), function(masks), strict=True)}
    values = torch.zeros(players, dtype=torch.float64)
    for mask, value in score.items():
        size = sum(mask)
        for i in range(players):
            if not mask[i]:
                weight = math.factorial(size) * math.factorial(players - size - 1) / math.factorial(players)
                values[i] += weight * (score[(*mask[:i], True, *mask[i + 1 :])] - value)
    return values


class Given:
    """An adapter of a problem that is there already."""

    def __init__(self, problem):
        self._problem = problem
        self.faces = problem.faces

    def problem(self, x, target=None):
        return self._problem
