"""How pictures are read, what is said of what was assumed, and what stands for an absent one."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import xaiwidgets as xw
from xaiwidgets.errors import InputError
from xaiwidgets.models.picture import picture_and_notes, read_baseline, read_picture

LEVELS = np.random.default_rng(0).integers(0, 256, (30, 41, 3), dtype=np.uint8)
LEVELS[0, 0], LEVELS[0, 1] = 0, 255
WIDE = LEVELS.astype(np.uint16) * 257


def to_tensor(image):
    return torch.from_numpy(np.array(image.convert("RGB"))).permute(2, 0, 1).float() / 255


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3))
    return xw.ImageClassifier(module.eval(), to_tensor, grid=3)


SURE = {
    "uint8": LEVELS,
    "int64": LEVELS.astype(np.int64),
    "floats to 1": LEVELS / 255,
    "rounded past 1": LEVELS / 255 * (1 + 1e-6) - 1e-7,
    "tensor": torch.from_numpy(LEVELS).permute(2, 0, 1),
    "half precision": torch.from_numpy(LEVELS / 255).permute(2, 0, 1)[None].half(),
    "palette": Image.fromarray(LEVELS[:, :, :1].repeat(3, 2)).quantize(256, dither=Image.Dither.NONE),
    "opaque": np.dstack([LEVELS, np.full(LEVELS.shape[:2], 255, np.uint8)]),
    "grey": LEVELS[..., 0],
    "grey tensor": torch.from_numpy(LEVELS[..., 0]),
}


@pytest.mark.parametrize("given", SURE.values(), ids=SURE)
def test_nothing_is_said_where_nothing_is_assumed(given):
    image, notes = picture_and_notes(given)
    assert notes == ()
    wanted = LEVELS[..., 0] if image.mode == "L" else LEVELS
    if isinstance(given, Image.Image):
        wanted = LEVELS[:, :, :1].repeat(3, 2)
    assert np.abs(np.array(image).astype(int) - wanted).max() <= 1


ASSUMED = {
    "channels first": (LEVELS.transpose(2, 0, 1), "has shape (3, 30, 41): its first axis was taken for the channels."),
    "channels last": (torch.from_numpy(LEVELS), "has shape (30, 41, 3): its last axis was taken for the channels."),
    "float levels": (LEVELS.astype(np.float32), "'s floats go from 0 to 255: they were taken for levels out of 255."),
    "16 bits": (WIDE, "'s values go from 0 to 6.554e+04: they were taken for levels out of 65535."),
    "wide integers": (WIDE.astype(np.int64), "they were taken for levels out of 65535."),
    "dark 16 bits": (LEVELS.astype(np.uint16), "'s values go from 0 to 255: they were taken for levels out of 255."),
}


@pytest.mark.parametrize(("given", "note"), ASSUMED.values(), ids=ASSUMED)
def test_what_was_assumed_is_said_and_reaches_the_reader(net, given, note):
    image, notes = picture_and_notes(given)
    np.testing.assert_array_equal(np.array(image), LEVELS)
    assert len(notes) == 1
    assert notes[0].startswith("The picture")
    assert notes[0].endswith(note)
    e = xw.explain(net, given, method="saliency")
    assert e.notes == notes
    np.testing.assert_array_equal(e.values, xw.explain(net, LEVELS, method="saliency").values)


def test_two_assumptions_are_two_sentences():
    _, notes = picture_and_notes(LEVELS.transpose(2, 0, 1).astype(float))
    assert [note.split(":")[0] for note in notes] == [
        "The picture has shape (3, 30, 41)", "The picture's floats go from 0 to 255",
    ]  # fmt: skip


def test_a_16_bit_file_is_scaled_and_said(tmp_path):
    Image.fromarray(WIDE[..., 0]).save(tmp_path / "deep.png")
    image, (note,) = picture_and_notes(tmp_path / "deep.png")
    np.testing.assert_array_equal(np.array(image), LEVELS[..., 0])
    assert "levels out of 65535" in note


def test_a_single_pixel_is_a_picture(net):
    flat = xw.ImageClassifier(nn.Sequential(nn.Flatten(), nn.Linear(3, 2)), to_tensor)
    e = xw.explain(flat, np.full((1, 1, 3), 200, np.uint8), method="integrated_gradients")
    assert (e.values.shape, e.details["map"].shape) == ((1,), (1, 1))
    assert e.values.sum() == pytest.approx(e.output - e.baseline_output, abs=1e-5)


def test_a_baseline_and_a_background_say_it_too(net):
    e = xw.explain(net, LEVELS, method="occlusion", baseline=np.full((30, 41, 3), 128.0))
    assert e.notes == ("The baseline's floats go from 128 to 128: they were taken for levels out of 255.",)
    others = [LEVELS, LEVELS.transpose(2, 0, 1), LEVELS.transpose(2, 0, 1)]
    e = xw.explain(net, LEVELS, method="expected_gradients", background=others, budget=10)
    assert e.notes == ("background[1] has shape (3, 30, 41): its first axis was taken for the channels.",)


def test_noise_is_uniform_and_always_the_same():
    image = read_picture(LEVELS)
    (noise, notes), (again, _) = (read_baseline("noise", image, (30, 41)) for _ in range(2))
    levels = np.array(noise)
    assert (levels.shape, notes) == (LEVELS.shape, ())
    np.testing.assert_array_equal(levels, np.array(again))
    assert abs(levels.mean() - 127.5) < 5
    assert abs(levels.std() - 255 / np.sqrt(12)) < 3
    # Each channel and pixel has its own.
    assert abs(np.corrcoef(levels[..., 0].ravel(), levels[..., 1].ravel())[0, 1]) < 0.1
    assert abs(np.corrcoef(levels[:-1].ravel(), levels[1:].ravel())[0, 1]) < 0.1
    assert read_baseline("noise", image.convert("L"), (30, 41))[0].mode == "L"


def test_shrinking_does_not_make_noise_grey():
    photo = np.zeros((600, 800, 3), np.uint8)

    def shrink(image):
        return to_tensor(image.resize((40, 30), Image.Resampling.BILINEAR))

    module = nn.Sequential(nn.Flatten(), nn.Linear(3600, 2))
    problem = xw.ImageClassifier(module, shrink).problem(photo, baseline="noise")
    assert float(problem.field.baseline.std()) > 0.5 / np.sqrt(12)


def test_noise_stands_for_what_is_absent(net):
    e = xw.explain(net, LEVELS, method="integrated_gradients", baseline="noise", tolerance=1e-3)
    assert e.parameters["baseline"] == "noise"
    assert e.values.sum() == pytest.approx(e.output - e.baseline_output, abs=1e-3)
    assert e.verify(net, LEVELS)


def test_a_baseline_that_is_none_names_the_choice():
    with pytest.raises(InputError, match="'mean', 'blur' or 'noise'"):
        read_baseline("static", read_picture(LEVELS), (30, 41))
