"""The explanation: what it keeps, how it is saved without pickle, and what it refuses."""

import dataclasses
import json
import pickle

import numpy as np
import pytest
import torch

import xaiwidgets as xw
from xaiwidgets.errors import InputError
from xaiwidgets.explanation import Explanation, Outputs

FULL = Explanation(
    values=np.array([1.5, -2.0, np.nan]),
    features=("好", "<b>&\"'</b>", "😀\n"),
    target="gut",
    contrast="schlecht",
    targets=(1, 0),
    unit="logit",
    output=3.25,
    baseline_output=float("nan"),
    error=np.array([0.0, np.inf, np.nan]),
    error_kind="band",
    relative_error=float("inf"),
    evaluations=17,
    seconds=0.125,
    method="permutation_shap",
    parameters={"budget": 17, "tolerance": 0.1},
    seed=4,
    stopped_by="cancelled",
    outputs=Outputs(
        kind="class",
        labels=("schlecht", "gut"),
        ids=(0, 1),
        scores=(-1.0, 2.25),
        probabilities=(0.25, 0.75),
        total=2,
    ),
    input={
        "kind": "text",
        "text": "好 <b>&\"'</b> 😀\n",
        "tokens": ["好", "x", "😀"],
        "spans": np.array([[0, 1], [2, 13], [14, 16]]),
        "mask": np.array([True, False, True]),
        "picture": np.arange(12, dtype=np.uint8).reshape(2, 2, 3),
        "cut": None,
        "prompt": 2,
    },
    notes=("The model reads 3 tokens; the last 2 of 5 were cut.", "二"),
    provenance={"model": "Bert", "weights": "0123"},
)


def test_what_is_saved_comes_back_as_it_was(tmp_path):
    path = FULL.save(tmp_path / "e.npz")
    assert path == tmp_path / "e.npz"
    back = xw.load(path)
    for field in dataclasses.fields(Explanation):
        before, after = getattr(FULL, field.name), getattr(back, field.name)
        if field.name == "input":
            assert set(after) == set(before)
            for key, value in before.items():
                if isinstance(value, np.ndarray):
                    assert (after[key].dtype, after[key].shape) == (value.dtype, value.shape)
                    np.testing.assert_array_equal(after[key], value)
                else:
                    assert after[key] == value
        elif isinstance(before, np.ndarray):
            assert after.dtype == np.float64
            np.testing.assert_array_equal(after, before)
        elif isinstance(before, float):
            np.testing.assert_equal(after, before)
        else:
            assert after == before, field.name
            assert type(after) is type(before) or isinstance(before, dict), field.name


def test_a_computed_explanation_comes_back_as_it_was(tmp_path, sentiment):
    e = xw.explain(sentiment, "gut 好 😀", method="occlusion")
    back = xw.load(e.save(tmp_path / "e"))
    np.testing.assert_array_equal(back.values, e.values)
    assert back.outputs == e.outputs
    assert (back.features, back.target, back.provenance) == (e.features, e.target, e.provenance)
    np.testing.assert_array_equal(back.input["spans"], e.input["spans"])


def test_the_suffix_is_added_and_other_dots_stay(tmp_path):
    assert FULL.save(tmp_path / "of.model.v2").name == "of.model.v2.npz"
    assert FULL.save(str(tmp_path / "plain")).exists()


def test_nothing_in_the_file_is_pickled(tmp_path):
    with np.load(FULL.save(tmp_path / "e"), allow_pickle=False) as file:
        assert {"meta", "values", "error"} <= set(file.files)
        assert all(file[name].dtype != object for name in file.files)


class Boom:
    """What runs when it is unpickled."""

    def __reduce__(self):
        return (pytest.fail, ("unpickled",))


def npz(path, **arrays):
    with path.open("wb") as file:
        np.savez(file, **arrays)
    return path


def other(path, kind):
    """A file that is none of ours."""
    if kind == "text":
        path.write_text("hello")
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "pickle":
        path.write_bytes(pickle.dumps({"values": [1]}))
    elif kind == "pickled meta":
        npz(path, meta=np.array([Boom()], dtype=object), values=np.zeros(1), error=np.zeros(1))
    elif kind == "pickled values":
        meta = np.frombuffer(b'{"format": 1, "outputs": null, "input": {}}', dtype=np.uint8)
        npz(path, meta=meta, values=np.array([Boom()], dtype=object), error=np.zeros(1))
    elif kind == "npy":
        with path.open("wb") as file:
            np.save(file, np.zeros(3))
    elif kind == "another npz":
        npz(path, weights=np.zeros(3))
    elif kind == "no json":
        npz(path, meta=np.frombuffer(b"\xff\xfe nothing", dtype=np.uint8), values=np.zeros(1), error=np.zeros(1))
    elif kind == "a list":
        npz(path, meta=np.frombuffer(b"[1, 2]", dtype=np.uint8), values=np.zeros(1), error=np.zeros(1))
    elif kind == "half of ours":
        meta = np.frombuffer(json.dumps({"format": 1}).encode(), dtype=np.uint8)
        npz(path, meta=meta, values=np.zeros(1), error=np.zeros(1))
    elif kind == "truncated":
        whole = FULL.save(path).read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
    elif kind == "damaged":
        whole = bytearray(FULL.save(path).read_bytes())
        whole[len(whole) // 3] ^= 0xFF
        path.write_bytes(bytes(whole))
    return path


@pytest.mark.parametrize(
    "kind",
    [
        "text",
        "empty",
        "pickle",
        "pickled meta",
        "pickled values",
        "npy",
        "another npz",
        "no json",
        "a list",
        "half of ours",
        "truncated",
        "damaged",
    ],
)
def test_a_file_that_is_none_of_ours_is_refused(tmp_path, kind):
    path = other(tmp_path / "e.npz", kind)
    with pytest.raises(InputError, match="is not an explanation saved by xaiwidgets") as caught:
        xw.load(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_of_another_format_says_so(tmp_path):
    path = FULL.save(tmp_path / "e.npz")
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    meta = json.loads(bytes(arrays["meta"]))
    meta["format"] = 2
    arrays["meta"] = np.frombuffer(json.dumps(meta).encode(), dtype=np.uint8)
    npz(path, **arrays)
    with pytest.raises(InputError, match="another format"):
        xw.load(path)


def test_a_missing_file_is_what_it_is(tmp_path):
    with pytest.raises(FileNotFoundError):
        xw.load(tmp_path / "none.npz")


def test_a_frame_has_a_row_for_each_feature():
    frame = FULL.to_frame()
    assert list(frame.columns) == ["feature", "value", "error", "share"]
    assert list(frame["feature"]) == list(FULL.features)
    np.testing.assert_allclose(frame["share"], [1.5 / 3.5, 2 / 3.5, np.nan])
    nothing = Explanation.from_arrays([0.0, 0.0], ["a", "b"]).to_frame()
    assert list(nothing["share"]) == [0.0, 0.0]


@pytest.mark.parametrize(
    "values",
    [
        [1, -2.5],
        (1, -2.5),
        np.array([1, -2.5], dtype=np.float32),
        torch.tensor([1, -2.5]),
        torch.tensor([1, -2.5], dtype=torch.bfloat16, requires_grad=True),
    ],
)
def test_your_own_numbers(values):
    e = Explanation.from_arrays(values, ["a", "b"], target="spam", output=0.5)
    assert e.values.tolist() == [1.0, -2.5]
    assert e.values.dtype == e.error.dtype == np.float64
    assert np.isnan(e.error).all()
    assert (e.features, e.target, e.output, e.error_kind, e.method) == (("a", "b"), "spam", 0.5, "unknown", "")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (([1, 2], ["a"]), r"1 features were given with values of shape \(2,\)"),
        (([[1, 2]], ["a", "b"]), r"values has shape \(1, 2\); give one number for each feature, shape \[n\]"),
        ((3.0, ["a"]), r"values has shape \(\)"),
        ((["x", "y"], ["a", "b"]), "values of type list cannot be read as numbers"),
        ((None, ["a"]), "values"),
        (([1, [2, 3]], ["a", "b"]), "values of type list cannot be read as numbers"),
    ],
)
def test_numbers_that_do_not_fit_are_refused(given, told):
    with pytest.raises(InputError, match=told):
        Explanation.from_arrays(*given)


def test_errors_that_do_not_fit_are_refused():
    with pytest.raises(InputError, match=r"errors of shape \(3,\)"):
        Explanation.from_arrays([1, 2], ["a", "b"], error=[1, 2, 3])
    with pytest.raises(InputError, match="error of type str"):
        Explanation.from_arrays([1, 2], ["a", "b"], error="big")


def test_one_line_says_what_it_is():
    shown = repr(FULL)
    assert shown.startswith("<Explanation of 'gut' rather than 'schlecht' by permutation_shap: ")
    assert "-2" in shown
    assert "\n" not in shown
    assert len(repr(Explanation.from_arrays(np.arange(5000.0), [f"word{i}" for i in range(5000)]))) < 300
    assert "0 features" in repr(Explanation.from_arrays([], []))


def test_an_explanation_is_not_changed_by_accident():
    with pytest.raises(dataclasses.FrozenInstanceError):
        FULL.target = "else"


def test_an_explanation_of_a_run_does_not_change_while_the_run_goes_on(sentiment):
    seen = []
    job = xw.start(
        sentiment,
        "a warm and gripping film about nothing",
        method="permutation_shap",
        budget=60,
        tolerance=1e-9,
        on_update=lambda job: job.explanation and seen.append((job.explanation, job.explanation.values.copy())),
    )
    job.result(20)
    assert len(seen) > 5
    for e, values in seen:
        np.testing.assert_array_equal(e.values, values)
