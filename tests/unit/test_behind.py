"""What a model says with a part of the picture hidden is what it says of that picture."""

import numpy as np
import pytest
import torch

import xaiwidgets as xw
from tests.unit.overlays import FOLD, LABELS, PICTURE, adapter, net, to_tensor
from xaiwidgets.engine.behind import behind
from xaiwidgets.errors import MethodError
from xaiwidgets.models.picture import read_picture


@pytest.fixture
def hidden():
    covered = np.zeros((FOLD, FOLD), dtype=bool)
    covered[4:20, 10:27] = True
    return covered


def test_it_is_the_model_on_the_blended_picture(hidden):
    module = net()
    problem = adapter(module).problem(PICTURE, "dog", baseline=(1.0, 0.0, 0.0))
    found = behind(problem, hidden)
    point = to_tensor(read_picture(PICTURE))
    red = torch.zeros(3, FOLD, FOLD)
    red[0] = 1
    with torch.no_grad():
        scores = module(torch.where(torch.from_numpy(hidden), red, point)[None])[0]
    np.testing.assert_allclose(found.outputs.scores, scores, atol=1e-5)
    np.testing.assert_allclose(found.outputs.probabilities, scores.softmax(0), atol=1e-5)
    assert (found.output, found.outputs.labels) == (pytest.approx(float(scores[1]), abs=1e-5), tuple(LABELS))
    assert (found.picture[hidden] == [255, 0, 0]).all()
    np.testing.assert_array_equal(found.picture[~hidden], problem.input["picture"][~hidden])


def test_a_contrast_is_a_difference(hidden):
    problem = adapter().problem(PICTURE, ("owl", "cat"))
    found = behind(problem, hidden)
    scores = dict(zip(found.outputs.labels, found.outputs.scores, strict=True))
    assert found.output == pytest.approx(scores["owl"] - scores["cat"], abs=1e-6)


def test_nothing_and_everything_hidden_are_the_ends():
    problem = adapter().problem(PICTURE, baseline="blur")
    nothing = behind(problem, np.zeros((5, 9), dtype=bool))
    assert nothing.output == pytest.approx(problem.output, abs=1e-5)
    everything = behind(problem, np.ones((5, 9), dtype=bool))
    empty = problem.game.values(torch.zeros(1, 16, dtype=torch.bool))
    assert everything.output == pytest.approx(float(empty[0]), abs=1e-5)


def test_a_coarse_cover_is_laid_over_the_whole_of_what_is_seen():
    quarter = np.array([[True, False], [False, False]])
    picture = behind(adapter().problem(PICTURE, baseline="white"), quarter).picture
    assert (picture[:4, :4] == 255).all()
    np.testing.assert_array_equal(picture[-4:, -4:], adapter().sees(PICTURE)[-4:, -4:])


def test_a_black_box_is_asked_the_same_way(hidden):
    model = xw.ImageClassifier.from_callable(
        lambda pictures: pictures.reshape(len(pictures), -1, 3).mean(1), lambda image: image.resize((FOLD, FOLD))
    )
    problem = model.problem(PICTURE, 1)
    found = behind(problem, hidden)
    shown = np.where(hidden[..., None], 0, problem.input["picture"])
    np.testing.assert_allclose(found.outputs.scores, shown.reshape(-1, 3).mean(0), atol=1e-4)


def test_half_precision_is_hidden_from_too(hidden):
    module = net()
    whole = behind(adapter(module).problem(PICTURE), hidden)
    half = behind(adapter(net().half()).problem(PICTURE), hidden)
    np.testing.assert_allclose(half.outputs.scores, whole.outputs.scores, atol=0.01)


def test_a_table_has_nothing_to_hide():
    problem = xw.TabularModel(lambda rows: rows.sum(1), np.zeros((4, 3))).problem(np.ones(3))
    with pytest.raises(MethodError, match="looks at pictures; this one does not"):
        behind(problem, np.ones((2, 2), dtype=bool))
