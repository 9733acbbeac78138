"""A job: watched, stopped, superseded, awaited; and no thread outlives it."""

import asyncio
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import CancelledError
from dataclasses import replace

import pytest

import xaiwidgets as xw
from tests.oracle.closed import Given, game_of, problem_of, table_game


def slow_problem(*, seconds, players=9):
    """A game whose every evaluation takes so long."""
    game, _ = game_of(table_game(players, seed=0), players)

    def values(masks):
        time.sleep(seconds * len(masks))
        return game.values(masks)

    return Given(problem_of(game=replace(game, values=values)))


def endless(*, seconds=0.01, **more):
    return xw.start(
        slow_problem(seconds=seconds), None, method="permutation_shap", tolerance=1e-9, budget=10**6, **more
    )


def first_estimate(job, within=10):
    end = time.monotonic() + within
    while job.explanation is None:
        assert time.monotonic() < end, "no estimate"
        time.sleep(0.002)


@pytest.fixture(autouse=True)
def _no_thread_is_left():
    yield
    end = time.monotonic() + 2
    while time.monotonic() < end:
        left = [thread for thread in threading.enumerate() if thread.name == "xaiwidgets-job"]
        if not left:
            return
        time.sleep(0.01)
    pytest.fail(f"threads are left: {left}")


def test_a_stop_takes_effect_at_the_next_model_call():
    calls = []
    given = slow_problem(seconds=0.01)
    made = given.problem(None)
    plain = made.game.values

    def counted(masks):
        values = plain(masks)
        calls.append(len(masks))
        return values

    given = Given(replace(made, game=replace(made.game, values=counted)))
    job = xw.start(given, None, method="permutation_shap", tolerance=1e-9, budget=10**6)
    first_estimate(job)
    time.sleep(0.3)
    job.cancel()
    before = len(calls)
    e = job.result(5)
    assert (e.stopped_by, job.state) == ("cancelled", "stopped")
    assert before > 3
    # The call that was under way comes to its end, and no other begins: `make bench` has the milliseconds.
    assert len(calls) <= before + 1


def cancelled_before_its_first_estimate():
    """A job that was cancelled while it waited for an older one to let go of the model."""
    inside, gate = threading.Event(), threading.Event()
    game, _ = game_of(table_game(9, seed=0), 9)

    def values(masks):
        inside.set()
        gate.wait(10)
        return game.values(masks)

    held = xw.start(Given(problem_of(game=replace(game, values=values))), None, method="occlusion")
    assert inside.wait(10)
    job = xw.start(slow_problem(seconds=0), None, method="occlusion", supersede=held)
    job.cancel()
    gate.set()
    return job


def test_a_job_cancelled_before_its_first_estimate_has_nothing_to_return():
    job = cancelled_before_its_first_estimate()
    with pytest.raises(CancelledError, match="before its first estimate"):
        job.result(5)
    assert (job.state, job.explanation) == ("stopped", None)


def test_fifty_quick_edits_cost_at_most_three_explanations(sentiment):
    rows = []
    count = sentiment.model.register_forward_pre_hook(
        lambda _, args, named: rows.append(len(next(v for v in (*args, *named.values()) if v is not None))),
        with_kwargs=True,
    )
    try:
        text, job, jobs = "a warm and gripping film about nothing", None, []
        for edit in range(50):
            job = xw.start(sentiment, f"{text} {edit}", method="integrated_gradients", tolerance=0.01, supersede=job)
            jobs.append(job)
            time.sleep(0.004)
        last = job.result(60)
    finally:
        count.remove()
    assert last.input["text"].endswith("49")
    assert last.stopped_by == "tolerance"
    assert sum(rows) <= 3 * last.evaluations
    assert [one.state for one in jobs[1:-1]].count("done") <= 2


def test_a_superseding_job_waits_until_the_older_one_has_let_go():
    inside, most = [0], [0]
    game, _ = game_of(table_game(9, seed=0), 9)

    def values(masks):
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        time.sleep(0.01)
        inside[0] -= 1
        return game.values(masks)

    adapter, job = Given(problem_of(game=replace(game, values=values))), None
    for _ in range(5):
        job = xw.start(adapter, None, method="permutation_shap", tolerance=1e-9, budget=60, supersede=job)
        first_estimate(job)
    job.result(10)
    assert most == [1]


def test_a_result_that_takes_too_long_goes_on():
    job = endless()
    with pytest.raises(TimeoutError):
        job.result(0.1)
    assert job.state == "running"
    job.cancel()
    assert job.result(5).stopped_by == "cancelled"


def test_an_interrupt_while_waiting_cancels_the_job():
    job = endless()
    first_estimate(job)
    # A process started in the background ignores interrupts; a kernel, whose button this is, does not.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        threading.Timer(0.1, signal.pthread_kill, (threading.main_thread().ident, signal.SIGINT)).start()
        with pytest.raises(KeyboardInterrupt):
            job.result(10)
    finally:
        signal.signal(signal.SIGINT, before)
    assert job.result(5).stopped_by == "cancelled"
    assert job.explanation.evaluations > 2


def test_a_job_can_be_awaited():
    async def run():
        return await xw.start(slow_problem(seconds=0), None, method="occlusion")

    assert asyncio.run(run()).stopped_by == "complete"


def test_the_loop_turns_while_a_job_is_awaited():
    async def run():
        turns = 0

        async def turning():
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0.005)

        beside = asyncio.create_task(turning())
        await xw.start(slow_problem(seconds=0.02), None, method="occlusion")
        beside.cancel()
        return turns

    assert asyncio.run(run()) >= 10


def test_estimates_can_be_followed_as_they_come():
    async def run():
        job = xw.start(slow_problem(seconds=0.002), None, method="permutation_shap", tolerance=1e-9, budget=80)
        return [e async for e in job], await job

    seen, last = asyncio.run(run())
    evaluations = [e.evaluations for e in seen]
    assert len(seen) > 5
    assert evaluations == sorted(evaluations)
    assert (seen[-1].stopped_by, seen[-1].evaluations) == ("budget", last.evaluations)


def test_following_a_failing_job_ends_with_what_it_raised():
    game, _ = game_of(table_game(4, seed=0), 4)

    def values(masks):
        raise ValueError("nothing today")

    async def run():
        async for _ in xw.start(Given(problem_of(game=replace(game, values=values))), None, method="occlusion"):
            pass

    with pytest.raises(RuntimeError, match="nothing today"):
        asyncio.run(run())


def test_giving_up_waiting_takes_nothing_from_the_others():
    async def run():
        job = endless()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(job, 0.1)
        assert job.state == "running"
        job.cancel()
        return await job

    assert asyncio.run(run()).stopped_by == "cancelled"


def test_awaiting_a_job_cancelled_before_its_first_estimate_is_a_cancel():
    async def run():
        await cancelled_before_its_first_estimate()

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(run())


def test_a_listener_hears_every_estimate_and_the_end():
    heard = []
    job = xw.start(
        slow_problem(seconds=0.001),
        None,
        method="occlusion",
        on_update=lambda job: heard.append((job.state, job.explanation and job.explanation.evaluations)),
    )
    job.result(10)
    while heard[-1][0] == "running":
        time.sleep(0.001)
    # Set up, then estimates, then the end.
    assert heard[0] == ("running", None)
    assert heard[1] == ("running", 2)
    assert heard[-1] == ("done", 10)
    assert [count for _, count in heard[1:]] == sorted(count for _, count in heard[1:])


def test_a_job_tells_what_it_is_in_one_line():
    job = endless()
    first_estimate(job)
    assert repr(job).startswith("<Job running: <Explanation of 'y' by permutation_shap")
    job.cancel()
    job.result(5)
    assert repr(job).startswith("<Job stopped")


def test_a_process_ends_cleanly_while_a_job_is_at_work():
    code = """
import torch, xaiwidgets as xw
weights = torch.randn(64, 64)

def busy(texts):
    for _ in range(300):
        torch.tanh(weights @ weights)
    return [[float(len(text)), 1.0] for text in texts]

job = xw.start(xw.TextClassifier.from_callable(busy), "one two three four", method="permutation_shap",
               tolerance=1e-9, budget=10**7)
while job.explanation is None:
    pass
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
