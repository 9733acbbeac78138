"""How many rows go through the model in one call."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

import xaiwidgets as xw
from tests.oracle.closed import PLAIN_METHODS, estimates, field_of, game_of, problem_of, table_game
from xaiwidgets.engine import pace as module
from xaiwidgets.engine.batch_size import CALL_SECONDS, LARGEST, PATIENCE
from xaiwidgets.engine.pace import Pace


class Machine:
    """A model whose calls take what `cost(rows)` says, on a clock of its own."""

    def __init__(self, monkeypatch, cost):
        self.now, self.calls = 0.0, []
        self.cost = cost
        monkeypatch.setattr(module, "time", SimpleNamespace(perf_counter=lambda: self.now))
        self.queued = 0.0
        monkeypatch.setattr(module, "waited", lambda: self.queued)

    def __call__(self, rows):
        self.calls.append(rows)
        self.now += self.cost(rows)

    def work(self, pace, count):
        for part in pace.chunks(count):
            rows = part.stop - part.start
            pace(rows, self, rows)


def test_the_batch_grows_while_rows_get_cheaper(monkeypatch):
    machine = Machine(monkeypatch, lambda rows: 0.010 + 0.0005 * rows)
    machine.work(Pace(), 1000)
    # One row takes 10.5 ms, so that eight take 84 ms even if they get no cheaper; they do: 1.75 ms each.
    assert machine.calls[:3] == [1, 8, LARGEST]
    assert max(machine.calls) == LARGEST
    assert sum(machine.calls) == 1000


def test_a_batch_that_pays_ends_where_a_call_takes_too_long(monkeypatch):
    machine = Machine(monkeypatch, lambda rows: 0.010 + 0.004 * rows)
    machine.work(Pace(), 1000)
    # 16 rows take 74 ms, 32 would take 138.
    assert machine.calls[-2] == 16
    assert sum(machine.cost(rows) > CALL_SECONDS for rows in machine.calls) <= 2


@pytest.mark.parametrize("seconds", [0.03, 0.05, 0.2])
def test_rows_that_get_no_cheaper_together_go_one_by_one(monkeypatch, seconds):
    machine = Machine(monkeypatch, lambda rows: seconds * rows * (1 + 0.01 * rows))
    machine.work(Pace(), 60)
    assert set(machine.calls[6:PATIENCE]) == {1}
    assert sum(rows > 1 for rows in machine.calls) <= 6
    assert max(machine.cost(rows) for rows in machine.calls) <= 2.1 * max(CALL_SECONDS, seconds)


@pytest.mark.parametrize("seconds", [0.03, 0.05, 0.07])
def test_rows_that_get_hardly_cheaper_together_do_not_make_stopping_slow(monkeypatch, seconds):
    machine = Machine(monkeypatch, lambda rows: 0.0005 + seconds * rows)
    machine.work(Pace(), 60)
    assert max(machine.cost(rows) for rows in machine.calls) <= 2.1 * max(CALL_SECONDS / 2, seconds)


def test_one_slow_call_by_chance_does_not_pin_the_batch(monkeypatch):
    def cost(rows):
        return (0.010 + 0.0005 * rows) * (5 if machine.calls == [1, 8] else 1)

    machine = Machine(monkeypatch, cost)
    machine.work(Pace(), 500)
    assert max(machine.calls) == LARGEST


def test_a_busy_machine_at_the_beginning_does_not_pin_the_batch_for_ever(monkeypatch):
    def cost(rows):
        return (0.010 + 0.010 * rows) * (3 if rows > 1 and len(machine.calls) < 10 else 1)

    machine = Machine(monkeypatch, cost)
    machine.work(Pace(), 300)
    # Both calls that tried more rows took three times as long, by chance, so that they went on one by one for a while.
    assert machine.calls[5:16] == [1] * 11
    assert set(machine.calls[30:-2]) == {8}


@pytest.mark.parametrize("slower", [1.1, 2.0])
def test_looking_again_costs_little_where_more_rows_never_pay(monkeypatch, slower):
    machine = Machine(monkeypatch, lambda rows: 0.070 * rows * (slower if rows > 1 else 1))
    machine.work(Pace(), 500)
    assert machine.calls.count(2) == 2 + 2 * sum(PATIENCE * times <= 500 for times in (1, 5, 21))
    assert machine.now <= 1.04 * 500 * 0.070


def test_a_batch_that_a_method_cuts_short_does_not_shrink_the_next_ones(monkeypatch):
    machine = Machine(monkeypatch, lambda rows: 0.010 + 0.004 * rows - 0.006 * (rows == 15))
    pace = Pace()
    machine.work(pace, 200)
    for _ in range(5):
        machine.work(pace, 15)
        machine.work(pace, 64)
    assert machine.calls[-4:] == [16] * 4


def test_standing_in_line_for_a_processor_says_nothing_about_the_batch(monkeypatch):
    def cost(rows):
        others = 0.5 if rows > 1 else 0.0
        machine.queued += others
        return 0.010 + 0.010 * rows + others

    machine = Machine(monkeypatch, cost)
    machine.work(Pace(), 100)
    assert machine.calls[-2] == 8


@pytest.mark.parametrize("told", [1.0, 2.0])
def test_a_wait_that_is_told_as_longer_than_the_call_harms_nothing(monkeypatch, told):
    def cost(rows):
        machine.queued += told * 0.001
        return 0.001

    machine = Machine(monkeypatch, cost)
    machine.work(Pace(), 300)
    assert max(machine.calls) == LARGEST
    assert sum(machine.calls) == 300


def test_calls_that_take_no_time_at_all_are_as_large_as_may_be(monkeypatch):
    machine = Machine(monkeypatch, lambda rows: 0.0)
    machine.work(Pace(), 300)
    assert max(machine.calls) == LARGEST


def test_no_call_passes_the_budget(monkeypatch):
    machine = Machine(monkeypatch, lambda rows: 0.001)
    pace = Pace(evaluations=1)
    pace.budget = 30
    chunks = pace.chunks(1000)
    while pace.evaluations < pace.budget:
        part = next(chunks)
        pace(part.stop - part.start, machine, part.stop - part.start)
    assert pace.evaluations == 30
    assert machine.calls == [1, 28]


@pytest.mark.parametrize("seconds", [0.5, 1.0, 4.0])
@pytest.mark.parametrize(
    "cost",
    [
        lambda rows: 0.010 + 0.0005 * rows,
        lambda rows: 0.04 * rows,
        lambda rows: 0.11 * rows,
        lambda rows: 0.3 if rows else 0,
        lambda rows: 0.001 + 1e-5 * rows,
    ],
    ids=["cheaper together", "no cheaper", "slow", "a far endpoint", "fast"],
)
def test_a_time_limit_is_met_from_both_sides(monkeypatch, cost, seconds):
    machine, pace = Machine(monkeypatch, cost), Pace()
    pace.until(seconds, seconds=seconds)
    for part in pace.chunks(10**6):
        if pace.late(1):
            break
        pace(part.stop - part.start, machine, part.stop - part.start)
    slowest = cost(1)
    assert machine.now <= 1.25 * seconds
    assert machine.now >= min(0.75 * seconds, seconds - slowest)


def test_what_a_method_computes_by_itself_counts_too(monkeypatch):
    machine, pace = Machine(monkeypatch, lambda rows: 0.02), Pace()
    pace.until(1.0, seconds=1.0)
    for part in pace.chunks(10**6):
        if pace.late(1):
            break
        machine.now += 0.3
        pace(part.stop - part.start, machine, part.stop - part.start)
    assert 0.75 <= machine.now <= 1.25


def test_what_cannot_be_finished_in_time_is_not_begun(monkeypatch):
    machine, pace = Machine(monkeypatch, lambda rows: 0.05 * rows), Pace()
    pace.until(1.0, seconds=1.0)
    machine.work(pace, 8)
    # 0.6 s are left, for 12 rows, or 16 with a little patience.
    assert not pace.late(12)
    assert pace.late(20)


def test_what_it_cost_is_told(monkeypatch):
    machine = Machine(monkeypatch, lambda rows: 0.25)
    pace = Pace(evaluations=2, seconds=1.0)
    machine.work(pace, 3)
    assert (pace.evaluations, pace.seconds) == (5, pytest.approx(1.0 + 0.25 * len(machine.calls)))


@pytest.mark.parametrize("method", ["integrated_gradients", "occlusion", "permutation_shap"])
def test_a_real_models_numbers_do_not_depend_on_the_batches(sentiment, monkeypatch, method):
    text, limits = "a warm and gripping film about nothing at all", {"tolerance": 1e-9, "budget": 60}
    batched = xw.explain(sentiment, text, method=method, target=1, **limits)
    monkeypatch.setattr(module, "LARGEST", 1)
    single = xw.explain(sentiment, text, method=method, target=1, **limits)
    scale = np.abs(single.values).max()
    np.testing.assert_allclose(batched.values, single.values, atol=1e-5 * scale, rtol=0)
    assert batched.evaluations == single.evaluations


@pytest.mark.parametrize("method", PLAIN_METHODS)
@pytest.mark.parametrize(("players", "budget"), [(5, 40), (9, 60), (9, 200)])
def test_exact_arithmetic_does_not_depend_on_the_batches(monkeypatch, method, players, budget):
    def last():
        game, _ = game_of(table_game(players, seed=1), players)
        point = torch.linspace(1, 2, players, dtype=torch.float64)
        field, _ = field_of(lambda x: torch.sin(7 * x).prod(-1) + torch.relu(x - 0.77).sum(-1), point, 0 * point)
        return estimates(problem_of(game=game, field=field), method, tolerance=1e-9, budget=budget)[1][-1]

    batched = last()
    monkeypatch.setattr(module, "LARGEST", 1)
    single = last()
    scale = float(single.values.abs().max())
    assert torch.allclose(batched.values, single.values, rtol=0, atol=1e-6 * scale, equal_nan=True)
    assert torch.allclose(batched.error, single.error, rtol=1e-6, atol=1e-6 * scale, equal_nan=True)


@pytest.mark.parametrize("method", PLAIN_METHODS)
def test_a_tolerance_is_met_after_the_same_evaluations_whatever_the_batches(monkeypatch, method):
    def met():
        game, _ = game_of(lambda masks: torch.tanh(masks.double() @ torch.linspace(-1, 2, 9).double()), 9)
        point = torch.linspace(1, 2, 9, dtype=torch.float64)
        field, _ = field_of(lambda x: torch.sin(7 * x).prod(-1) + torch.relu(x - 0.77).sum(-1), point, 0 * point)
        field = replace(field, background=torch.stack([0 * point, 0.1 * point]))
        run, made = estimates(problem_of(game=game, field=field), method, tolerance=0.1, budget=3000)
        return run.pace.evaluations, run.stopped_by, made[-1].values

    batched = met()
    monkeypatch.setattr(module, "LARGEST", 3)
    threes = met()
    assert batched[:2] == threes[:2]
    torch.testing.assert_close(batched[2], threes[2], rtol=0, atol=1e-9)
