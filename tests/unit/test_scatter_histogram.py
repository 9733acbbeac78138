"""The histogram beside a scatter: what it counts, and what its brush selects."""

import numpy as np
import pytest

from tests.unit.comms import recording
from tests.unit.scatters import clusters, given


@pytest.fixture(autouse=True)
def _comms(monkeypatch):
    with recording(monkeypatch):
        yield


@pytest.mark.parametrize(("count", "bars"), [(1, 2), (30, 7), (1000, 20), (9000, 30)])
def test_bars_are_few_where_points_are_and_whole_numbers_are_counted(count, bars):
    ages = np.random.default_rng(0).normal(size=count)
    scatter = given(np.stack([ages, ages], 1), projection=None, colors={"age": ages})
    figure = scatter.histogram("age")
    (drawn,), (across, up) = figure.marks, figure.axes
    counts, _ = np.histogram(ages, bins=bars)
    np.testing.assert_array_equal(drawn.y, counts)
    assert 2 <= len(up.tick_values) <= 5
    assert all(tick == int(tick) for tick in up.tick_values)
    assert (across.label, up.label) == ("age", "points")


def test_a_brush_selects_and_takes_back_what_it_selected_only():
    X, _ = clusters(40)
    X[3] = np.nan
    scatter = given(X, colors={"age": np.arange(40.0)}, ids=[f"p{number}" for number in range(40)])
    brush = scatter.histogram("age").interaction
    brush.selected = np.array([1.5, 5.0])
    assert scatter.selected.tolist() == ["p2", "p4", "p5"]
    brush.selected = None
    assert scatter.selected.tolist() == []
    brush.selected = np.array([1.5, 5.0])
    sent = []
    brush.send = sent.append
    scatter.selected = ["p9"]
    assert sent == [{"type": "reset"}]
    # The browser says that the brush is gone.
    brush.selected = None
    assert scatter.selected.tolist() == ["p9"]


def test_a_brush_follows_the_numbers_of_another_picture():
    X, _ = clusters(60)
    scatter = given(X)
    figure = scatter.histogram("distortion")
    brush = figure.interaction
    middle = float(np.median(scatter.distortion))
    brush.selected = np.array([middle, 1.0])
    before = scatter.selected.tolist()
    assert before == np.flatnonzero(scatter.distortion >= middle).tolist()
    scatter.comm.set(dims=3)
    scatter.wait()
    assert scatter.selected.tolist() == np.flatnonzero(scatter.distortion >= middle).tolist() != before
    assert figure.marks[0].y.sum() == 60
