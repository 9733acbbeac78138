"""What a person gets with pip: an sdist and a wheel made without node, the wheel at work in an empty environment."""

import importlib.metadata
import json
import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from source_tree import copy_to

from xaiwidgets import samples

DRAWN = ("token_highlight", "attention_grid", "embedding_scatter")
FRONT_ENDS = {f"{name}.{kind}" for name in DRAWN for kind in ("js", "css")} | {"feature_bars.js", "host.js"}
# Weights, records and licences that lie beside the code of the samples.
SAMPLES = {
    f"xaiwidgets/samples/{path.name}"
    for path in Path(samples.__file__).parent.iterdir()
    if path.suffix in {".json", ".npz", ".safetensors", ".txt"}
}
HEAVY = ["torch", "transformers", "bqplot", "sklearn", "pandas"]

# Runs in the empty environment: the bare import, then the widget and the engine on a plain Python function.
AT_WORK = f"""
import json, sys
import xaiwidgets as xw
heavy = [name for name in {HEAVY} if name in sys.modules]
page = xw.TokenHighlight(["a", "gripping", "film"], [0.1, 0.9, -0.2]).to_html("page.html")
clf = xw.TextClassifier.from_callable(lambda texts: [[-float("good" in t), float("good" in t)] for t in texts])
e = xw.explain(clf, "a good film", method="occlusion", target=1)
print(json.dumps({{"heavy": heavy, "file": xw.__file__, "page": page.stat().st_size,
                  "values": dict(zip(e.features, e.values.tolist()))}}))
"""


@pytest.fixture(scope="module")
def no_node(tmp_path_factory):
    """An environment whose PATH leads nowhere, so neither npm nor anything of this machine helps."""
    return {**os.environ, "PATH": str(tmp_path_factory.mktemp("nowhere"))}


@pytest.fixture(scope="module")
def built(tmp_path_factory, no_node):
    """The sdist, and the wheel that `build` makes out of that sdist."""
    tree = copy_to(tmp_path_factory.mktemp("tree"))
    output = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(output), str(tree)]
    done = subprocess.run(command, env=no_node, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (sdist,) = output.glob("*.tar.gz")
    (wheel,) = output.glob("*.whl")
    return sdist, wheel


def test_the_sdist_carries_the_front_ends_and_their_sources(built):
    with tarfile.open(built[0]) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert SAMPLES | {f"xaiwidgets/static/{name}" for name in FRONT_ENDS} <= names
    assert {"js/src/core/host.ts", "js/package-lock.json", "js/hatch_build.py", "LICENSE"} <= names
    assert not [name for name in names if name.startswith(("js/node_modules", "tests", "screenshots"))]


def test_the_wheel_carries_the_front_ends_and_nothing_else_of_js(built):
    with zipfile.ZipFile(built[1]) as archive:
        names = set(archive.namelist())
    assert SAMPLES | {f"xaiwidgets/static/{name}" for name in FRONT_ENDS} <= names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not [name for name in names if not name.startswith(("xaiwidgets/", "xaiwidgets-"))]


@pytest.fixture(scope="module")
def installed(built, no_node, tmp_path_factory):
    """An empty environment with the torch of this machine, and the wheel installed by pip, which brings the rest."""
    folder = tmp_path_factory.mktemp("empty")
    venv.create(folder, with_pip=True)
    python = folder / "bin/python"
    site = next(folder.glob("lib/python*/site-packages"))
    pins = [_link(distribution, site) for distribution in _closure("torch")]
    constraints = folder / "constraints.txt"
    constraints.write_text("\n".join(pins))
    command = [python, "-m", "pip", "install", "--quiet", "--constraint", constraints, built[1]]
    done = subprocess.run(command, env=no_node, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return python


def test_the_wheel_works_in_an_empty_environment(installed, no_node, tmp_path):
    done = subprocess.run(
        [installed, "-I", "-c", AT_WORK], cwd=tmp_path, env=no_node, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["heavy"] == [], "a bare import must stay light"
    assert str(installed.parent.parent) in report["file"]
    assert report["page"] > 30_000
    assert report["values"] == {"a": 0.0, "good": 1.0, "film": 0.0}


def test_every_declared_requirement_is_met(installed, no_node):
    done = subprocess.run([installed, "-m", "pip", "check"], env=no_node, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def _closure(name):
    """Return the named distribution and all that it requires here."""
    found, wanted = {}, [name]
    while wanted:
        distribution = importlib.metadata.distribution(wanted.pop())
        if distribution.name in found:
            continue
        found[distribution.name] = distribution
        requirements = [Requirement(text) for text in distribution.requires or []]
        wanted += [r.name for r in requirements if r.marker is None or r.marker.evaluate({"extra": ""})]
    return list(found.values())


def _link(distribution, site):
    """Link an installed distribution into `site` and return the pin that keeps pip from replacing it.

    Torch is hundreds of megabytes, gigabytes with CUDA, and a wheel must work with the torch that a person has.
    """
    for name in {path.parts[0] for path in distribution.files if path.parts[0] not in ("..", "__pycache__")}:
        if not (site / name).exists():
            (site / name).symlink_to(distribution.locate_file(name))
    return f"{distribution.name}=={distribution.version}"
