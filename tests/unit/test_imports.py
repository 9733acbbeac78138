"""What importing costs, and which part may know which."""

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import xaiwidgets as xw

PACKAGE = Path(xw.__file__).parent
HEAVY = ("torch", "transformers", "bqplot", "sklearn", "ipywidgets", "anywidget", "pandas", "scipy", "skimage", "gguf")


def run(code):
    """Run in a fresh interpreter; what it prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.strip()


def test_importing_the_package_is_light(record_property):
    loaded = run(f"import sys, xaiwidgets; print([name for name in {HEAVY!r} if name in sys.modules])")
    assert loaded == "[]"
    timed = "import time; start = time.perf_counter(); import xaiwidgets; print(time.perf_counter() - start)"
    seconds = min(float(run(timed)) for _ in range(3))
    record_property("seconds to import xaiwidgets", f"{seconds:.4f}")
    assert seconds < 0.1


def test_looking_around_stays_light():
    looked = "import sys, xaiwidgets; dir(xaiwidgets); xaiwidgets.__version__"
    assert run(f"{looked}; print([name for name in {HEAVY!r} if name in sys.modules])") == "[]"


def test_loading_a_saved_explanation_needs_no_torch(tmp_path):
    path = xw.Explanation.from_arrays([1.0, 2.0], ["a", "b"]).save(tmp_path / "e.npz")
    code = f"import sys, xaiwidgets as xw; e = xw.load({str(path)!r}); print(e.values.tolist(), 'torch' in sys.modules)"
    assert run(code) == "[1.0, 2.0] False"


@pytest.mark.parametrize(
    "part",
    ["models.text_classifier", "models.causal_lm", "models.text_encoder", "models.tabular_model", "engine.explain"],
)
def test_adapters_and_engine_load_no_widgets(part):
    heavy = ("bqplot", "ipywidgets", "anywidget", "transformers", "sklearn")
    code = f"import sys, xaiwidgets.{part}; print([name for name in {heavy!r} if name in sys.modules])"
    assert run(code) == "[]"


# The names that users are promised; see the design.
PROMISED = (
    "activations", "layers", "attentions", "Attentions", "AttentionGrid", "EmbeddingScatter", "SaliencyOverlay",
    "TextClassifier", "CausalLM", "TextEncoder", "ImageClassifier", "TabularModel", "explain", "start", "methods",
    "Job", "TokenHighlight", "FeatureBars", "link", "Explanation", "load", "samples",
    "faithfulness", "start_faithfulness", "compare", "Faithfulness", "Comparison",
    "permutation_importance", "global_importance", "partial_dependence", "PartialDependence", "Shuffled", "Averaged",
)  # fmt: skip


@pytest.mark.parametrize("name", PROMISED)
def test_every_promised_name_is_there(name):
    assert getattr(xw, name) is not None
    assert name in dir(xw)
    assert name in xw.__all__


def test_every_public_name_has_a_home_and_a_docstring():
    for name in xw.__all__:
        thing = getattr(xw, name)
        assert isinstance(thing, str) or thing.__doc__, name


def test_a_name_there_is_not():
    with pytest.raises(AttributeError, match="module 'xaiwidgets' has no attribute 'TextClasifier'"):
        xw.TextClasifier  # noqa: B018


# Who may import whom, inside the package; everybody may import errors.
MAY = {
    "errors": set(),
    "words": set(),
    "trust": set(),
    "comparison": {"trust"},
    "foreign": {"errors"},
    "explanation": {"errors", "explanation_file", "foreign", "trust"},
    "explanation_file": {"errors"},
    "engine": {"errors", "words", "explanation", "trust", "comparison", "engine"},
    "models": {"errors", "explanation", "engine", "models"},
    "projection": {"errors", "words", "engine", "projection"},
    "widgets": {"errors", "words", "explanation", "trust", "engine", "models", "projection", "widgets"},
    "samples": {"errors", "models", "samples"},
}
# What only some parts may know from outside, wherever in a file it is imported.
ONLY = {
    "transformers": {"models", "samples"},
    "tokenizers": {"models", "samples"},
    "ipywidgets": {"widgets"},
    "anywidget": {"widgets"},
    "traitlets": {"widgets"},
    "bqplot": {"widgets"},
    "PIL": {"models", "samples", "widgets"},
    "torch": {"engine", "models", "projection", "samples"},
    "openTSNE": {"projection"},
    "umap": {"projection"},
}


def imports():
    """(file, part it belongs to, module it imports) for every import statement in the package."""
    for path in sorted(PACKAGE.rglob("*.py")):
        inside = path.relative_to(PACKAGE)
        part = inside.parts[0].removesuffix(".py")
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{inside} imports relatively"
                names = [node.module]
                if node.module == "xaiwidgets":
                    names = [f"xaiwidgets.{alias.name}" for alias in node.names]
            else:
                continue
            yield from ((str(inside), part, name) for name in names)


def test_imports_run_one_way():
    seen = set()
    for path, part, name in imports():
        if part == "__init__":
            continue
        top, _, rest = name.partition(".")
        if top == "xaiwidgets":
            other = rest.partition(".")[0]
            assert other in MAY[part] or not rest, f"{path} may not import {name}"
            seen.add((part, other))
        elif top in ONLY:
            assert part in ONLY[top], f"{path} may not import {name}"
    # The rule has something to rule over.
    assert {("engine", "explanation"), ("models", "engine"), ("widgets", "engine"), ("widgets", "models")} <= seen


def test_every_module_can_be_imported_by_itself():
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.name == "__main__.py":
            continue
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        name = ".".join(parts).removesuffix(".__init__")
        assert import_module(name).__doc__, f"{name} does not say what it is"


def test_a_late_home_is_the_real_one():
    for name, home in xw._HOME.items():
        assert getattr(import_module(f"xaiwidgets.{home}"), name) is getattr(xw, name)
