"""Live, honest explanations of neural networks as Jupyter widgets.

Importing this loads neither torch nor transformers; each name is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xaiwidgets import samples as samples
    from xaiwidgets.engine.data_set import Averaged as Averaged
    from xaiwidgets.engine.data_set import Shuffled as Shuffled
    from xaiwidgets.engine.data_set import global_importance as global_importance
    from xaiwidgets.engine.data_set import permutation_importance as permutation_importance
    from xaiwidgets.engine.explain import explain as explain
    from xaiwidgets.engine.explain import methods as methods
    from xaiwidgets.engine.explain import start as start
    from xaiwidgets.engine.job import Job as Job
    from xaiwidgets.explanation import Explanation as Explanation
    from xaiwidgets.explanation import load as load
    from xaiwidgets.models.causal_lm import CausalLM as CausalLM
    from xaiwidgets.models.image_classifier import ImageClassifier as ImageClassifier
    from xaiwidgets.models.tabular_model import TabularModel as TabularModel
    from xaiwidgets.models.text_classifier import TextClassifier as TextClassifier
    from xaiwidgets.models.text_encoder import TextEncoder as TextEncoder
    from xaiwidgets.widgets.feature_bars import FeatureBars as FeatureBars
    from xaiwidgets.widgets.link import link as link
    from xaiwidgets.widgets.token_highlight import TokenHighlight as TokenHighlight

__version__ = "0.1.0"

_HOME = {
    "Averaged": "engine.data_set",
    "CausalLM": "models.causal_lm",
    "Explanation": "explanation",
    "FeatureBars": "widgets.feature_bars",
    "ImageClassifier": "models.image_classifier",
    "Job": "engine.job",
    "Shuffled": "engine.data_set",
    "TabularModel": "models.tabular_model",
    "TextClassifier": "models.text_classifier",
    "TextEncoder": "models.text_encoder",
    "TokenHighlight": "widgets.token_highlight",
    "explain": "engine.explain",
    "global_importance": "engine.data_set",
    "link": "widgets.link",
    "load": "explanation",
    "methods": "engine.explain",
    "permutation_importance": "engine.data_set",
    "start": "engine.explain",
}

__all__ = ["__version__", "samples", *_HOME]  # noqa: PLE0604 - the names are the table's keys


def __getattr__(name: str) -> Any:
    if name == "samples":
        return import_module("xaiwidgets.samples")
    if name not in _HOME:
        msg = f"module 'xaiwidgets' has no attribute {name!r}"
        raise AttributeError(msg)
    value = getattr(import_module(f"xaiwidgets.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
