"""Every measure against a plain reference: loops, numpy, SciPy and Captum."""

import itertools
from collections import Counter

import numpy as np
import pytest
import torch
from captum.metrics import infidelity, sensitivity_max
from scipy.stats import kendalltau, spearmanr

import xaiwidgets as xw
from tests.oracle.closed import SCORES, Given, field_of, game_of, problem_of, table_game
from xaiwidgets.engine.agreement import correlation, correlations, shuffled
from xaiwidgets.engine.agreement import infidelity as our_infidelity
from xaiwidgets.engine.faithfulness import measuring
from xaiwidgets.engine.limits import Limits
from xaiwidgets.engine.measures import against, verdict
from xaiwidgets.engine.randomised import draw_anew
from xaiwidgets.engine.rankings import STEPS, sizes_of
from xaiwidgets.engine.ranks import kendall, spearman
from xaiwidgets.trust import Measure

PLAYERS = 9


@pytest.fixture
def game():
    function = table_game(PLAYERS, seed=3)
    return function, problem_of(game=game_of(function, PLAYERS)[0])


def explanation(problem, values, *, signed=True, **more):
    return xw.Explanation.from_arrays(values, problem.features, signed=signed, outputs=SCORES, **more)


def values_of(seed, count=PLAYERS):
    return torch.randn(count, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def score(function, present):
    return float(function(torch.tensor([present]))[0])


def by_hand(function, order):
    """The score without the first k of the order, and with them alone, for k from 0 to n."""
    without, alone = [], []
    for k in range(len(order) + 1):
        gone = set(order[:k])
        without.append(score(function, [i not in gone for i in range(len(order))]))
        alone.append(score(function, [i in gone for i in range(len(order))]))
    return np.array(without), np.array(alone)


@pytest.mark.parametrize("signed", [True, False])
def test_curves_and_areas_by_hand(game, signed):
    function, problem = game
    values = values_of(0).numpy()
    found = xw.faithfulness(Given(problem), None, explanation(problem, values, signed=signed))
    order = np.argsort(-values if signed else -np.abs(values))
    without, alone = by_hand(function, order.tolist())
    stops = np.round(found.curves["share"] * PLAYERS).astype(int)
    assert stops[0] == 0
    assert stops[-1] == PLAYERS
    np.testing.assert_allclose(found.curves["deletion"], without[stops])
    np.testing.assert_allclose(found.curves["insertion"], alone[stops])
    for name, curve in (("deletion", without), ("insertion", alone)):
        area = np.trapezoid(curve[stops], stops / PLAYERS)
        assert found.measures[name].value == pytest.approx(area)
    half = [k for k in stops[1:] if k <= PLAYERS / 2]
    assert found.measures["comprehensiveness"].value == pytest.approx(np.mean(without[0] - without[half]))
    assert found.measures["sufficiency"].value == pytest.approx(np.mean(without[0] - alone[half]))


def test_the_band_of_the_curves_is_that_of_random_rankings(game):
    function, problem = game
    found = xw.faithfulness(Given(problem), None, explanation(problem, values_of(0)))
    stops = np.round(found.curves["share"] * PLAYERS).astype(int)
    exact = []
    for k in stops:
        masks = torch.tensor([[i not in gone for i in range(PLAYERS)] for gone in itertools.combinations(range(9), k)])
        exact.append(float(function(masks).mean()))
    spread = np.array([found.curves["deletion.high"] - found.curves["deletion.low"]])
    assert (np.abs(found.curves["deletion.random"] - exact) <= 0.25 * spread + 1e-9).all()
    measure = found.measures["deletion"]
    assert measure.rankings == 40
    assert measure.random == pytest.approx(np.trapezoid(found.curves["deletion.random"], stops / PLAYERS))
    assert measure.low < measure.random < measure.high


@pytest.mark.parametrize("players", range(2, 40))
def test_sizes_are_ascending_and_their_own_complements(players):
    sizes = sizes_of(players)
    assert sizes == sorted({players - k for k in sizes})
    assert 0 < sizes[0] <= sizes[-1] < players
    assert len(sizes) <= STEPS


def coalitions(seed, count=40, sizes=(2, 5, 7), players=PLAYERS):
    generator = torch.Generator().manual_seed(seed)
    order = torch.rand(count, len(sizes), players, generator=generator).argsort(-1).argsort(-1)
    return order < torch.tensor(sizes)[:, None]


def test_sensitivity_n_is_the_correlation_at_each_size(game):
    function, problem = game
    gone, values = coalitions(1), values_of(2)
    drops = problem.game.whole - function(~gone.flatten(0, 1)).reshape(gone.shape[:2])
    sums = (gone * values).sum(-1)
    each = [np.corrcoef(sums[:, k], drops[:, k])[0, 1] for k in range(3)]
    np.testing.assert_allclose(correlations(values, gone, drops), each)
    left, right = (side - side.mean(0) for side in (sums, drops))
    pooled = np.corrcoef(left.flatten(), right.flatten())[0, 1]
    assert float(correlation(values, gone, drops)) == pytest.approx(pooled)


def test_additive_games_agree_perfectly_with_their_weights():
    weights = values_of(4)
    problem = problem_of(game=game_of(lambda masks: masks.double() @ weights, PLAYERS)[0])
    found = xw.faithfulness(Given(problem), None, explanation(problem, weights))
    assert found.agreement == pytest.approx(1)
    assert found.measures["infidelity"].value == pytest.approx(0, abs=1e-12)
    assert found.measures["sensitivity_n"].error == pytest.approx(0, abs=1e-6)
    assert found.verdict == "better than chance"
    upside_down = xw.faithfulness(Given(problem), None, explanation(problem, -weights))
    assert upside_down.agreement == pytest.approx(-1)
    assert upside_down.verdict == "no better than chance"


def test_infidelity_is_captums(game):
    function, problem = game
    gone = coalitions(5, count=60)
    drops = problem.game.whole - function(~gone.flatten(0, 1)).reshape(gone.shape[:2])
    values = torch.from_numpy(xw.explain(Given(problem), None, method="occlusion").values)
    rows = iter(gone.flatten(0, 1).double())

    def perturb(inputs):
        taken = torch.stack([next(rows) for _ in inputs])
        return taken, inputs - taken

    oracle = infidelity(
        lambda rows: function(rows > 0.5),
        perturb,
        torch.ones(1, PLAYERS, dtype=torch.float64),
        values[None],
        n_perturb_samples=gone.shape[0] * gone.shape[1],
        normalize=True,
    )
    assert float(our_infidelity(values, gone, drops)) == pytest.approx(float(oracle))


def test_max_sensitivity_is_captums():
    def function(rows):
        return torch.sin(2 * rows).sum(-1) + (rows[:, 0] * rows[:, 1] * rows[:, 2])

    point = torch.linspace(0.2, 1.4, 6, dtype=torch.float64)
    field, asked = field_of(function, point, torch.zeros_like(point))
    game = game_of(lambda masks: function(masks * point), 6)[0]
    model = Given(problem_of(field=field, game=game))
    e = xw.explain(model, None, method="input_x_gradient")
    before = len(asked)
    found = xw.faithfulness(model, None, e, measures="max_sensitivity", radius=0.1).measures["max_sensitivity"]
    # A method may ask for the baseline too.
    nearby = torch.tensor([row for row in asked[before:] if any(row)], dtype=torch.float64)
    scale = float(point.square().mean().sqrt())
    assert 0 < float((nearby - point).abs().max()) <= 0.1 * scale

    @torch.enable_grad()
    def explained(inputs):
        leaf = inputs[0].detach().requires_grad_(True)
        return (torch.autograd.grad(function(leaf).sum(), leaf)[0] * leaf.detach(),)

    oracle = sensitivity_max(
        explained,
        (point[None],),
        lambda inputs: (nearby,),
        n_perturb_samples=len(nearby),
        max_examples_per_batch=len(nearby),
    )
    assert found.value == pytest.approx(float(oracle), rel=1e-6)
    assert found.p < 0.01


def test_rank_correlations_are_scipys():
    random = np.random.default_rng(0)
    for _ in range(20):
        a, b = random.integers(0, 6, (2, 15)).astype(float)
        assert float(spearman(a, b)) == pytest.approx(spearmanr(a, b).statistic)
        assert kendall(a, b) == pytest.approx(kendalltau(a, b).statistic)


def test_a_p_value_counts_the_rankings_that_do_as_well():
    random = torch.tensor([0.1, 0.5, 0.5, 0.9], dtype=torch.float64)
    assert against("insertion", 0.5, random, "higher").p == pytest.approx(4 / 5)
    assert against("deletion", 0.5, random, "lower").p == pytest.approx(4 / 5)
    assert against("deletion", 0.05, random, "lower").p == pytest.approx(1 / 5)
    assert against("insertion", 0.95, random, "higher").least == pytest.approx(1 / 5)


def test_p_values_of_random_maps_are_uniform():
    """What a test of one in twenty calls better than chance is one random map in twenty."""
    ps = []
    for seed in range(200):
        function = table_game(8, seed=seed)
        gone = coalitions(seed, count=12, sizes=(2, 4, 6), players=8)
        drops = function(torch.ones(1, 8, dtype=torch.bool)) - function(~gone.flatten(0, 1))
        drops = drops.reshape(gone.shape[:2])
        values = values_of(1000 + seed, 8)
        random = correlation(shuffled(values, seed=seed), gone, drops)
        ps.append(against("sensitivity_n", float(correlation(values, gone, drops)), random, "higher").p)
    for level in (0.05, 0.2, 0.5):
        share = np.mean(np.array(ps) <= level)
        assert abs(share - level) < 3.5 * np.sqrt(level * (1 - level) / len(ps))


def test_weights_drawn_anew_keep_their_scale_and_forget_the_rest():
    module = torch.nn.Sequential(torch.nn.Linear(40, 60), torch.nn.LayerNorm(60), torch.nn.Linear(60, 2))
    before = [weights.detach().clone() for weights in module.parameters()]
    draw_anew(module, seed=0)
    for old, new in zip(before, (weights.detach() for weights in module.parameters()), strict=True):
        if old.std() == 0:
            assert torch.equal(old, new)
        elif old.numel() > 10:
            assert abs(np.corrcoef(old.flatten(), new.flatten())[0, 1]) < 0.5
            assert float(new.std()) == pytest.approx(float(old.std()), rel=0.5)


def test_a_learned_map_is_not_that_of_a_model_that_learned_nothing(sentiment):
    text = "A gripping film, unbelievably well acted, and one of the best that I have seen this year."
    before = [weights.clone() for weights in sentiment.model.parameters()]
    e = xw.explain(sentiment, text, method="input_x_gradient")
    found = xw.faithfulness(sentiment, text, e, measures="randomisation").measures["randomisation"]
    assert found.goal == "random"
    assert abs(found.value) < 0.9
    assert found.low < 0 < found.high
    assert all(torch.equal(old, new) for old, new in zip(before, sentiment.model.parameters(), strict=True))


class Untaught(torch.nn.Module):
    """Scores by fixed numbers; its only weight has no part in them."""

    def __init__(self):
        super().__init__()
        self.idle = torch.nn.Parameter(torch.ones(3))
        self.register_buffer("mask", torch.arange(36.0).reshape(6, 6).cos())

    def forward(self, pixels):
        score = (pixels.mean(1) * self.mask).sum((1, 2))
        return torch.stack([score, -score], 1)


def test_a_map_that_survives_new_weights_is_told():
    def prepare(image):
        return torch.from_numpy(np.asarray(image, dtype=np.float32) / 255).permute(2, 0, 1)

    model = xw.ImageClassifier(Untaught(), prepare, grid=6)
    picture = np.random.default_rng(0).uniform(0.5, 1, (6, 6, 3))
    e = xw.explain(model, picture, method="occlusion")
    found = xw.faithfulness(model, picture, e, measures="randomisation").measures["randomisation"]
    assert found.value == pytest.approx(1, abs=1e-6)
    assert found.p < 0.01


@pytest.mark.parametrize(
    ("p", "value", "said"),
    [
        (0.004, 0.2, "better than chance"),
        (0.008, 0.3, "not decided"),
        (0.024, 0.3, "not decided"),
        (0.03, 0.9, "no better than chance"),
    ],
)
def test_what_one_random_ranking_in_forty_reaches_is_not_called_chance(p, value, said):
    assert verdict({"sensitivity_n": Measure(name="sensitivity_n", value=value, p=p, least=0.0005)}, 20) == said


def test_a_map_that_is_partly_right_is_seldom_called_chance_and_a_random_one_seldom_better():
    def verdicts(share):
        for seed in range(30):
            generator = torch.Generator().manual_seed(seed)
            weights, noise = torch.randn(2, 49, generator=generator, dtype=torch.float64)
            problem = problem_of(game=game_of(lambda masks, weights=weights: masks.double() @ weights, 49)[0])
            claims = share * weights + (1 - share**2) ** 0.5 * noise
            measured = measuring(problem, explanation(problem, claims), measures=("sensitivity_n",), seed=seed)
            for _ in measured.advance(Limits(budget=10**6), cancelled=lambda: False):
                pass
            yield measured.outcome().verdict

    partly, random = Counter(verdicts(0.6)), Counter(verdicts(0.0))
    assert partly["better than chance"] >= 24
    assert partly["no better than chance"] <= 2
    assert random["better than chance"] <= 1
    assert random["no better than chance"] >= 27
