"""Live, honest explanations of neural networks as Jupyter widgets.

Importing this loads neither torch nor transformers; each name is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xaiwidgets import samples as samples
    from xaiwidgets.comparison import Comparison as Comparison
    from xaiwidgets.engine.activations import activations as activations
    from xaiwidgets.engine.activations import layers as layers
    from xaiwidgets.engine.attention_maps import Attentions as Attentions
    from xaiwidgets.engine.averaged import Averaged as Averaged
    from xaiwidgets.engine.averaged import global_importance as global_importance
    from xaiwidgets.engine.compare import compare as compare
    from xaiwidgets.engine.explain import explain as explain
    from xaiwidgets.engine.explain import methods as methods
    from xaiwidgets.engine.explain import start as start
    from xaiwidgets.engine.faithfulness import faithfulness as faithfulness
    from xaiwidgets.engine.faithfulness import start_faithfulness as start_faithfulness
    from xaiwidgets.engine.job import Job as Job
    from xaiwidgets.engine.partial_dependence import PartialDependence as PartialDependence
    from xaiwidgets.engine.partial_dependence import partial_dependence as partial_dependence
    from xaiwidgets.engine.shuffled import Shuffled as Shuffled
    from xaiwidgets.engine.shuffled import permutation_importance as permutation_importance
    from xaiwidgets.explanation import Explanation as Explanation
    from xaiwidgets.explanation import load as load
    from xaiwidgets.models.attended import attentions as attentions
    from xaiwidgets.models.causal_lm import CausalLM as CausalLM
    from xaiwidgets.models.image_classifier import ImageClassifier as ImageClassifier
    from xaiwidgets.models.tabular_model import TabularModel as TabularModel
    from xaiwidgets.models.text_classifier import TextClassifier as TextClassifier
    from xaiwidgets.models.text_encoder import TextEncoder as TextEncoder
    from xaiwidgets.trust import Faithfulness as Faithfulness
    from xaiwidgets.widgets.attention_grid import AttentionGrid as AttentionGrid
    from xaiwidgets.widgets.embedding_scatter import EmbeddingScatter as EmbeddingScatter
    from xaiwidgets.widgets.feature_bars import FeatureBars as FeatureBars
    from xaiwidgets.widgets.link import link as link
    from xaiwidgets.widgets.saliency_overlay import SaliencyOverlay as SaliencyOverlay
    from xaiwidgets.widgets.token_highlight import TokenHighlight as TokenHighlight

__version__ = "0.1.0"

_HOME = {
    "AttentionGrid": "widgets.attention_grid",
    "Attentions": "engine.attention_maps",
    "Averaged": "engine.averaged",
    "CausalLM": "models.causal_lm",
    "Comparison": "comparison",
    "EmbeddingScatter": "widgets.embedding_scatter",
    "Explanation": "explanation",
    "Faithfulness": "trust",
    "FeatureBars": "widgets.feature_bars",
    "ImageClassifier": "models.image_classifier",
    "Job": "engine.job",
    "PartialDependence": "engine.partial_dependence",
    "SaliencyOverlay": "widgets.saliency_overlay",
    "Shuffled": "engine.shuffled",
    "TabularModel": "models.tabular_model",
    "TextClassifier": "models.text_classifier",
    "TextEncoder": "models.text_encoder",
    "TokenHighlight": "widgets.token_highlight",
    "compare": "engine.compare",
    "activations": "engine.activations",
    "attentions": "models.attended",
    "explain": "engine.explain",
    "faithfulness": "engine.faithfulness",
    "global_importance": "engine.averaged",
    "layers": "engine.activations",
    "link": "widgets.link",
    "load": "explanation",
    "methods": "engine.explain",
    "partial_dependence": "engine.partial_dependence",
    "permutation_importance": "engine.shuffled",
    "start": "engine.explain",
    "start_faithfulness": "engine.faithfulness",
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
