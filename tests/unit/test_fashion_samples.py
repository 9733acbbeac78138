"""The two classifiers of Fashion-MNIST that come with the package, and its pictures."""

import gzip
import json

import numpy as np
import pytest
import torch

import xaiwidgets as xw
from tests.unit.comms import recording
from xaiwidgets import samples
from xaiwidgets.errors import InputError
from xaiwidgets.samples import fashion, train_fashion
from xaiwidgets.samples.fashion_model import FashionCNN

ACCURACY = {"vit": 0.87, "cnn": 0.89}
MODELS = {"vit": samples.fashion_vit, "cnn": samples.fashion_cnn}


def test_fashion_pictures_are_the_first_ten_of_each_class():
    pictures, labels = samples.fashion_pictures()
    assert (pictures.shape, pictures.dtype, len(labels)) == ((100, 28, 28), np.uint8, 100)
    assert labels[:10] == labels[90:] == fashion.LABELS
    assert not pictures.flags.writeable
    assert len({picture.tobytes() for picture in pictures}) == 100
    trouser = pictures[labels.index("trouser")] > 50
    # Taller than wide, and two legs at its lower end.
    assert np.ptp(np.nonzero(trouser.any(1))[0]) > 2 * np.ptp(np.nonzero(trouser.any(0))[0])


@pytest.mark.parametrize("name", MODELS)
def test_fashion_models_score_what_their_record_says(name):
    record = json.loads(fashion.RECORD.read_text(encoding="utf-8"))[name]
    model = MODELS[name]()
    pictures, labels = samples.fashion_pictures()
    found = train_fashion.predicted(model.module, torch.from_numpy(pictures.copy())[:, None])
    share = np.mean([fashion.LABELS[i] == label for i, label in zip(found.tolist(), labels, strict=True)])
    assert share == pytest.approx(record["accuracy_on_the_pictures_that_come_with_it"], abs=0.011)
    assert record["test_accuracy"] >= ACCURACY[name]
    assert record["test_accuracy"] == pytest.approx(record["test_accuracy_in_float32"], abs=0.001)
    assert sum(parameter.numel() for parameter in model.module.parameters()) == record["parameters"]
    assert {p.dtype for p in model.module.parameters()} == {torch.float32}
    assert MODELS[name]() is model
    assert (model.grid, model.labels) == (7, fashion.LABELS)


def test_the_files_are_small():
    assert fashion.VIT.stat().st_size + fashion.CNN.stat().st_size < 500_000
    assert fashion.PICTURES.stat().st_size < 50_000
    assert "MIT" in fashion.PICTURES.with_name("fashion_licence.txt").read_text(encoding="utf-8")


def test_a_large_coloured_picture_is_read_as_a_small_grey_one():
    pictures, labels = samples.fashion_pictures()
    boot = pictures[labels.index("ankle boot")]
    large = np.repeat(np.repeat(boot, 4, 0), 4, 1)[..., None].repeat(3, 2)
    model = samples.fashion_vit()
    assert model.problem(large).target.name == model.problem(boot).target.name == "ankle boot"
    np.testing.assert_array_equal(model.problem(boot).input["picture"][..., 0], boot)


@pytest.mark.parametrize("method", ["attention_relevance", "attention_rollout"])
def test_the_transformers_attention_tells_its_patches_apart(method):
    pictures, labels = samples.fashion_pictures()
    e = xw.explain(samples.fashion_vit(), pictures[labels.index("trouser")], method=method)
    assert e.target == "trouser"
    assert e.values.shape == (49,)
    assert e.values.min() >= 0
    assert e.values.max() > 2 * np.median(e.values)


def test_the_transformers_heads_are_what_its_own_weights_say():
    model, x = samples.fashion_vit(), samples.fashion_pictures().pictures[0]
    found = xw.attentions(model, x)
    tokens = {}
    hooks = [
        block.attention.register_forward_hook(lambda part, given, _: tokens.update({part: given[0][0].detach()}))
        for block in model.module.blocks
    ]
    model.problem(x)
    for hook in hooks:
        hook.remove()
    assert len(tokens) == 4
    for layer, (part, read) in enumerate(tokens.items()):
        query, key, _ = part.query_key_value(read).detach().unflatten(-1, (3, 4, 16)).permute(1, 2, 0, 3)
        wanted = (query @ key.transpose(1, 2) / 4).softmax(-1)
        for head in range(4):
            np.testing.assert_allclose(found.weights(layer, head), wanted[head], atol=2e-3)


def test_the_grid_of_its_heads_shows_the_picture(monkeypatch):
    with recording(monkeypatch):
        grid = xw.AttentionGrid(samples.fashion_vit(), samples.fashion_pictures().pictures[0])
        grid.wait()
    assert grid._fault is None
    assert (grid._grid["layers"], grid._grid["heads"], grid._grid["ready"]) == (4, 4, 16)


def test_training_data_are_read_and_a_missing_folder_is_one_sentence(tmp_path):
    rng = np.random.default_rng(0)
    pictures, classes = rng.integers(0, 256, (3, 28, 28), np.uint8), np.array([2, 0, 9], np.uint8)
    for kind, header, content in (("images-idx3", 16, pictures), ("labels-idx1", 8, classes)):
        with gzip.open(tmp_path / f"t10k-{kind}-ubyte.gz", "wb") as file:
            file.write(bytes(header) + content.tobytes())
    read = train_fashion.read(tmp_path, "t10k")
    np.testing.assert_array_equal(read.pictures[:, 0], pictures)
    assert read.classes.tolist() == [2, 0, 9]
    with pytest.raises(InputError, match=r"holds no train-images-idx3-ubyte.gz and .*; name the folder with the files"):
        train_fashion.read(tmp_path, "train")


def test_training_again_gives_the_same_weights():
    generator = torch.Generator().manual_seed(1)
    pictures = torch.randint(0, 256, (256, 1, 28, 28), generator=generator, dtype=torch.uint8)
    data = train_fashion.Split(pictures, torch.arange(256) % 10)
    recipe = train_fashion.Recipe(FashionCNN, 1, 1e-2, fashion.CNN)
    first, second = (train_fashion.train(recipe, data).state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)
    torch.manual_seed(train_fashion.SEED)
    assert not torch.equal(first["0.weight"], FashionCNN().state_dict()["0.weight"])
