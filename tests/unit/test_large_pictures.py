"""Pictures that are too large for the memory: what is said, and how they are shrunk openly."""

import numpy as np
import pytest
import torch
from torch import nn

import xaiwidgets as xw
from xaiwidgets.engine.free_memory import expected
from xaiwidgets.engine.memory import measured
from xaiwidgets.errors import InputError, ModelError
from xaiwidgets.models import large_picture

PHOTO = np.random.default_rng(0).integers(0, 256, (300, 400, 3), dtype=np.uint8)
NOTE = "The picture was shrunk from 300 × 400 to 75 × 100 pixels (height × width), as longest=100 asks."


class Net(nn.Module):
    """Keeps the picture's size, and takes memory with it."""

    def __init__(self, most=10**9):
        super().__init__()
        torch.manual_seed(0)
        self.most = most
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.out = nn.Linear(8, 3)

    def forward(self, x):
        if x[0, 0].numel() > self.most:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB.")
        return self.out(torch.tanh(self.conv(x)).mean((2, 3)))


def to_tensor(image):
    return torch.from_numpy(np.array(image)).permute(2, 0, 1).float() / 255


def test_under_a_cap_it_ends_after_one_row_and_says_what_to_do():
    large = xw.explain(xw.ImageClassifier(Net(), to_tensor), PHOTO, method="integrated_gradients", memory="12MB")
    assert large.stopped_by == "memory"
    assert any("more than the 12 MB" in note and "longest= of its adapter shrinks it" in note for note in large.notes)
    small = xw.explain(
        xw.ImageClassifier(Net(), to_tensor, longest=100), PHOTO, method="integrated_gradients", memory="12MB"
    )
    assert small.stopped_by == "tolerance"
    assert small.notes[0] == NOTE
    assert small.input["picture"].shape == (75, 100, 3)
    assert small.details["map"].shape == (75, 100)


def test_where_the_first_row_fails_the_sentence_says_to_shrink():
    with pytest.raises(ModelError, match=r"out of memory on this picture of 300 × 400 pixels .*longest=200 of Image"):
        xw.explain(xw.ImageClassifier(Net(most=50_000), to_tensor), PHOTO)
    e = xw.explain(xw.ImageClassifier(Net(most=50_000), to_tensor, longest=200), PHOTO, method="saliency")
    assert "from 300 × 400 to 150 × 200" in e.notes[0]


def test_everything_is_shrunk_alike():
    model = xw.ImageClassifier(Net(), to_tensor, longest=100)
    other = np.full_like(PHOTO, 90)
    e = xw.explain(model, PHOTO, method="expected_gradients", background=[other, PHOTO], baseline=other, budget=20)
    assert e.notes[0] == NOTE
    assert np.isfinite(e.values).all()
    np.testing.assert_array_equal(model.sees(PHOTO), e.input["picture"])


def test_a_picture_that_is_small_enough_stays_as_it_is():
    model = xw.ImageClassifier(Net(), to_tensor, longest=400)
    problem = model.problem(PHOTO)
    assert problem.notes == ()
    np.testing.assert_array_equal(problem.input["picture"], PHOTO)


def test_a_function_of_pictures_gets_the_smaller_one():
    seen = []

    def fn(pictures):
        seen.append(pictures.shape[1:])
        return pictures.mean((1, 2))

    problem = xw.ImageClassifier.from_callable(fn, longest=100).problem(PHOTO)
    assert set(seen) == {(75, 100, 3)}
    assert problem.notes == (NOTE,)
    thin = xw.ImageClassifier.from_callable(fn, longest=10).problem(np.zeros((1, 400, 3), np.uint8))
    assert thin.input["picture"].shape == (1, 10, 3)


@pytest.mark.parametrize("longest", [0, -3, 12.5, True, "512"])
def test_a_wrong_length_is_one_sentence(longest):
    for make in (
        lambda: xw.ImageClassifier(Net(), to_tensor, longest=longest),
        lambda: xw.ImageClassifier.from_callable(lambda pictures: pictures.mean((1, 2)), longest=longest),
    ):
        with pytest.raises(InputError, match=r"longest=.* was given; give the most pixels"):
            make()


def with_free(monkeypatch, free):
    """So many bytes are free, and the photo is a large one."""
    monkeypatch.setattr(large_picture, "free_memory", lambda: free)
    monkeypatch.setattr(large_picture, "LARGE", 300 * 400)


def test_a_large_picture_is_refused_before_a_pass_that_would_end_the_process(monkeypatch):
    with_free(monkeypatch, 4e6)
    net = Net()
    sizes = []
    net.register_forward_pre_hook(lambda _, given: sizes.append(tuple(given[0].shape[2:])))
    said = (
        r"^A pass forward through this picture of 300 × 400 pixels is expected to take [\d.]+ MB of memory, and 4 MB "
    )
    with pytest.raises(
        ModelError, match=said + r"are free; shrink it, such as by longest=\d+ of ImageClassifier"
    ) as found:
        xw.explain(xw.ImageClassifier(net, to_tensor), PHOTO, method="occlusion")
    # Only a small picture went through the model.
    assert sizes == [(38, 50)]
    longest = int(str(found.value).split("longest=")[1].split(" ")[0])
    e = xw.explain(xw.ImageClassifier(net, to_tensor, longest=longest), PHOTO, method="occlusion", budget=3)
    assert e.stopped_by == "budget"


def test_there_may_be_room_for_a_pass_forward_and_none_for_one_back(monkeypatch):
    # Going back needs what every step made; going forward only two of them at once.
    steps = [nn.Conv2d(3, 4, 1), *(nn.Tanh() for _ in range(8)), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2)]
    model = xw.ImageClassifier(nn.Sequential(*steps), to_tensor)
    with_free(monkeypatch, 8e6)
    assert xw.explain(model, PHOTO, method="occlusion", budget=3).evaluations == 3
    with pytest.raises(ModelError, match=r"^A pass forward and back through this picture"):
        xw.explain(model, PHOTO, method="saliency")


def test_what_is_expected_is_what_it_takes():
    model = xw.ImageClassifier(Net(), to_tensor)
    problem = model.problem(PHOTO)
    field = problem.field
    _, taken = measured(lambda: field.value_and_grad(field.point[None]))
    found = expected(field.value_and_grad, field.point)
    assert found == pytest.approx(1.2 * taken, rel=0.05)


def test_a_model_of_one_size_is_asked_nothing_and_neither_is_a_small_picture(monkeypatch):
    with_free(monkeypatch, 1.0)
    fixed = nn.Sequential(nn.Flatten(), nn.Linear(3 * 300 * 400, 2))
    assert xw.explain(xw.ImageClassifier(fixed, to_tensor), PHOTO, method="occlusion", budget=3).evaluations == 3
    monkeypatch.setattr(large_picture, "LARGE", 300 * 400 + 1)
    assert xw.explain(xw.ImageClassifier(Net(), to_tensor), PHOTO, method="occlusion", budget=3).evaluations == 3
