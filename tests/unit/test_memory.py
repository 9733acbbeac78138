"""A memory cap, and memory that runs out: the batch shrinks, the numbers stay, and the explanation says so."""

import itertools
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import xaiwidgets as xw
from tests.oracle.closed import Given, field_of, game_of, problem_of, table_game
from xaiwidgets.engine import free_memory, pace
from xaiwidgets.engine.memory import measured, out_of_memory
from xaiwidgets.errors import MethodError, ModelError

PLAYERS = 9
ROW = 800_000
"""Bytes that one row of the models below takes."""


def both_faces(wrap=lambda function: function):
    game, _ = game_of(table_game(PLAYERS, seed=0), PLAYERS)
    point = torch.linspace(1, 2, PLAYERS, dtype=torch.float64)
    field, _ = field_of(lambda x: torch.sin(7 * x).prod(-1), point, 0 * point)
    return Given(
        problem_of(
            game=replace(game, values=wrap(game.values)),
            field=replace(field, value_and_grad=wrap(field.value_and_grad)),
        )
    )


def hungry(sizes):
    """A model that takes `ROW` bytes for each row, while it runs."""

    def wrap(function):
        def called(rows):
            sizes.append(len(rows))
            taken = torch.zeros(len(rows), ROW // 8, dtype=torch.float64)
            return function(rows + taken[0, 0].to(rows.dtype))

        return called

    return wrap


def greedy(most, failure, sizes):
    """A model that has memory for so many rows."""

    def wrap(function):
        def called(rows):
            sizes.append(len(rows))
            if len(rows) > most:
                raise failure
            return function(rows)

        return called

    return wrap


LIMITS = {"tolerance": 1e-12, "budget": 70}


@pytest.mark.parametrize("method", ["integrated_gradients", "permutation_shap"])
@pytest.mark.parametrize(("memory", "rows"), [("3MB", 3), (5 * ROW, 4)])
def test_a_cap_keeps_the_batch_small_and_the_numbers(method, memory, rows):
    sizes = []
    e = xw.explain(both_faces(hungry(sizes)), None, method=method, memory=memory, **LIMITS)
    free = xw.explain(both_faces(), None, method=method, **LIMITS)
    assert max(sizes) == rows
    assert e.evaluations == free.evaluations
    assert e.stopped_by == free.stopped_by
    np.testing.assert_allclose(e.values, free.values, rtol=1e-9)
    assert [note for note in e.notes if note.startswith(f"The batch was kept at {rows} rows to stay within ")]


def test_a_cap_that_is_wide_enough_changes_and_says_nothing():
    sizes = []
    e = xw.explain(both_faces(hungry(sizes)), None, method="permutation_shap", memory="1GiB", **LIMITS)
    assert max(sizes) >= 8
    assert e.notes == ()
    assert e.parameters["memory"] == 2**30


def test_a_single_row_beyond_the_cap_ends_it_and_keeps_the_first_estimate():
    sizes = []
    e = xw.explain(both_faces(hungry(sizes)), None, method="occlusion", memory="500kB")
    assert (e.stopped_by, e.evaluations, sizes) == ("memory", 2, [1])
    assert np.isfinite(e.values).sum() == 1
    assert any("One row takes" in note and "500 kB" in note for note in e.notes)


def test_a_run_that_a_cap_ended_goes_on_with_a_wider_one():
    job = xw.start(both_faces(hungry([])), None, method="occlusion", memory="500kB")
    assert job.result(10).stopped_by == "memory"
    e = job.resume(memory="100MB").result(10)
    assert e.stopped_by == "complete"
    np.testing.assert_allclose(e.values, xw.explain(both_faces(), None, method="occlusion").values)


def test_what_torch_holds_at_once_is_counted():
    def work():
        first = torch.ones(1000, dtype=torch.float64)
        second = first * 2
        del first
        view = second[:10]
        return view + second[5:15], second.add_(1)

    # At most two of the long ones at once; views and what is done in place take nothing.
    assert measured(work)[1] in range(16_000, 16_200)
    leaf = torch.ones(1000, requires_grad=True)
    # A sine keeps its input for the way back, and so does a cosine; without a gradient there are two at once.
    assert measured(lambda: leaf.exp().sin().cos())[1] == 3 * 4000
    with torch.no_grad():
        assert measured(lambda: leaf.exp().sin().cos())[1] == 2 * 4000


def test_a_black_box_is_measured_by_the_process():
    code = (
        "import numpy as np, torch\n"
        "from xaiwidgets.engine.memory import measured\n"
        "early = np.ones(40_000_000)\n"
        "del early\n"
        "print(measured(lambda: float(np.ones(15_000_000).sum()))[1])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert 115e6 < int(said.stdout) < 180e6


FAILURES = [
    MemoryError(),
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
    RuntimeError("MPS backend out of memory (MPS allocated: 8.00 GB)"),
    RuntimeError("[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory: you tried to"),
    np._core._exceptions._ArrayMemoryError((10, 10), np.dtype(float)),
]


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
@pytest.mark.parametrize("method", ["integrated_gradients", "permutation_shap", "occlusion"])
def test_a_batch_that_runs_out_of_memory_goes_on_in_halves(method, failure):
    sizes = []
    e = xw.explain(both_faces(greedy(3, failure, sizes)), None, method=method, **LIMITS)
    free = xw.explain(both_faces(), None, method=method, **LIMITS)
    np.testing.assert_allclose(e.values, free.values, rtol=1e-9)
    assert (e.evaluations, e.stopped_by) == (free.evaluations, free.stopped_by)
    # A batch failed, its halves until they were small enough, and none so large was tried again.
    failed = [size for size in sizes if size > 3]
    assert failed
    assert all(later <= earlier // 2 for earlier, later in itertools.pairwise(failed))
    assert max(sizes[sizes.index(failed[-1]) + 1 :]) <= 3
    assert [note for note in e.notes if note.startswith("The model ran out of memory, and the batch was cut to ")]


def test_halves_may_run_out_of_memory_too():
    sizes = []

    def wrap(function):
        def called(rows):
            sizes.append(len(rows))
            if len(sizes) > 3 and len(rows) > 1:
                raise MemoryError
            return function(rows)

        return called

    e = xw.explain(both_faces(wrap), None, method="permutation_shap", **LIMITS)
    np.testing.assert_allclose(
        e.values, xw.explain(both_faces(), None, method="permutation_shap", **LIMITS).values, rtol=1e-9
    )
    assert max(sizes) > 1
    assert set(sizes[-20:]) == {1}
    assert "The model ran out of memory, and the batch was cut to one row." in e.notes


def test_a_single_row_that_runs_out_of_memory_fails_in_one_sentence_and_keeps_what_there_is():
    left = [1]

    def wrap(function):
        def called(rows):
            left[0] -= 1
            if left[0] < 0:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB.")
            return function(rows)

        return called

    job = xw.start(both_faces(wrap), None, method="occlusion")
    with pytest.raises(ModelError, match=r"out of memory on a single row \(OutOfMemoryError\); .*half precision\.$"):
        job.result(10)
    assert job.explanation.stopped_by == "failed"
    assert np.isfinite(job.explanation.values).any()


def test_other_failures_are_not_taken_for_a_lack_of_memory():
    assert not out_of_memory(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    assert not out_of_memory(ValueError("out of memory"))
    sizes = []
    with pytest.raises(ModelError, match="shapes cannot be"):
        xw.explain(both_faces(greedy(1, RuntimeError("shapes cannot be multiplied"), sizes)), None, method="occlusion")
    assert len(sizes) == 2


def test_a_real_allocation_that_fails_is_survived():
    code = """
import resource, torch
from tests.unit.test_memory import LIMITS, both_faces
import xaiwidgets as xw

def wrap(function):
    def called(rows):
        torch.empty(len(rows), 300_000_000)
        return function(rows)
    return called

used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 6_000_000_000,) * 2)
e = xw.explain(both_faces(wrap), None, method="permutation_shap", **LIMITS)
print(e.evaluations, *e.notes)
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert said.stdout.strip() == (
        f"{xw.explain(both_faces(), None, method='permutation_shap', **LIMITS).evaluations} "
        "The model ran out of memory, and the batch was cut to 4 rows."
    ), said.stderr


@pytest.mark.parametrize("wrong", [0, -1, "much", "2 TBs", "1.2.3GB", True, [1]])
def test_a_size_that_cannot_be_read_is_one_sentence(wrong):
    with pytest.raises(MethodError, match=r"^memory=") as caught:
        xw.explain(both_faces(), None, method="saliency", memory=wrong)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize(
    ("given", "size"),
    [("1GB", 1e9), ("500 MB", 5e8), ("1GiB", 2**30), ("1.5 gb", 1.5e9), ("64kb", 64e3), ("1024", 1024), (10**6, 1e6)],
)
def test_sizes_that_can_be_read(given, size):
    assert xw.explain(both_faces(), None, method="saliency", memory=given).parameters["memory"] == size


def with_free(monkeypatch, free):
    """So many bytes are free, and what a call takes of them is told exactly, whatever other tests have left behind."""
    monkeypatch.setattr(pace, "LITTLE", 0)
    monkeypatch.setattr(pace, "free_memory", lambda: free)
    monkeypatch.setattr(pace, "growth", measured)


@pytest.mark.parametrize("method", ["integrated_gradients", "permutation_shap"])
@pytest.mark.parametrize(("free", "rows"), [(3e6, 3), (5 * ROW, 4), (0.9 * ROW, 1)])
def test_a_batch_that_would_pass_the_memory_that_is_free_is_not_sent(monkeypatch, method, free, rows):
    with_free(monkeypatch, free)
    sizes = []
    e = xw.explain(both_faces(hungry(sizes)), None, method=method, **LIMITS)
    expected = xw.explain(both_faces(), None, method=method, **LIMITS)
    assert max(sizes) == rows
    # One row is always sent: it has come back before.
    assert (e.evaluations, e.stopped_by) == (expected.evaluations, expected.stopped_by)
    np.testing.assert_allclose(e.values, expected.values, rtol=1e-9)
    kept = "one row" if rows == 1 else f"{rows} rows"
    assert [note for note in e.notes if note.startswith(f"The batch was kept at {kept} to stay within ")]
    assert [note for note in e.notes if note.endswith("of memory that is free.")]


def test_where_there_is_enough_memory_batches_are_as_ever_and_nothing_is_said(monkeypatch):
    with_free(monkeypatch, 2 * 64 * ROW)
    sizes = []
    e = xw.explain(both_faces(hungry(sizes)), None, method="permutation_shap", **LIMITS)
    assert max(sizes) >= 8
    assert e.notes == ()


def test_a_model_that_takes_little_never_asks_how_much_is_free(monkeypatch):
    monkeypatch.setattr(pace, "growth", measured)
    monkeypatch.setattr(pace, "free_memory", lambda: pytest.fail("it was asked"))
    xw.explain(both_faces(hungry([])), None, method="permutation_shap", **LIMITS)


def test_a_given_cap_that_is_narrower_is_the_one_that_holds(monkeypatch):
    with_free(monkeypatch, 5 * ROW)
    e = xw.explain(both_faces(hungry([])), None, method="permutation_shap", memory=3 * ROW, **LIMITS)
    assert e.notes == ("The batch was kept at 2 rows to stay within 2.4 MB of memory.",)


def test_how_far_a_process_grew_is_told_where_nothing_was_larger_before():
    code = (
        "import torch\n"
        "from xaiwidgets.engine.memory import growth\n"
        "print(growth(lambda: float(torch.ones(15_000_000, dtype=torch.float64).sum()))[1])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert 119e6 < int(said.stdout) < 180e6


def test_the_memory_that_is_free_is_that_of_the_narrowest_container(tmp_path, monkeypatch):
    (tmp_path / "outer" / "inner").mkdir(parents=True)
    for group, limit in (("outer", "3000"), ("outer/inner", "max")):
        (tmp_path / group / "memory.max").write_text(f"{limit}\n")
        (tmp_path / group / "memory.current").write_text("2500\n")
        (tmp_path / group / "memory.stat").write_text("anon 1800\ninactive_file 700\n")
    read = Path.read_text
    monkeypatch.setattr(
        Path, "read_text", lambda self: "0::/outer/inner\n" if str(self) == "/proc/self/cgroup" else read(self)
    )
    names = ("memory.max", "memory.current", "inactive_file")
    assert free_memory._of_the_container(str(tmp_path), *names) == 3000 - 2500 + 700
    assert free_memory.free_memory() > 0
