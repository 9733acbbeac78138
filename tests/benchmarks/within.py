"""A time limit against the time it took, from the call to the result; aim: ±25 % wherever there is more to gain.

Each model runs permutation Shapley values, which always can be bettered, and its default method, which may be through
earlier: then the row says so.
"""

import time
from collections.abc import Iterator

import numpy as np
import torch

import xaiwidgets as xw
from xaiwidgets import samples

SECONDS = (1.0, 3.0)


def measure() -> Iterator[str]:
    """Rows of the table."""
    torch.set_num_threads(1)
    for name, adapter, x, target in _models():
        # What is loaded at the first call only is no part of any later one.
        xw.explain(adapter, x, method="permutation_shap", target=target, budget=4)
        for method in ("permutation_shap", None):
            for seconds in SECONDS:
                start = time.perf_counter()
                e = xw.explain(adapter, x, method=method, target=target, within=seconds)
                took = time.perf_counter() - start
                yield (
                    f"{name}, {e.method}: wanted {seconds:.1f} s, took {took:.2f} s, ratio {took / seconds:.2f} "
                    f"({e.evaluations} evaluations, {e.stopped_by})"
                )


def _models():
    from skimage.data import chelsea

    text = "A gripping film with a wonderful cast and a dull end."
    yield "sentiment BERT", samples.sentiment(), text, None
    yield "MiniLM encoder", samples.minilm(), text, "A thrilling movie."
    yield "SmolLM2", samples.smollm2(), "When the rain had stopped at last, the children ran out into the", None
    yield "EfficientNet", samples.efficientnet(), chelsea(), None
    yield "scikit-learn forest", _forest(), _rows()[0], None
    yield "a function that takes 0.3 s", xw.TextClassifier.from_callable(_slow), text, None


def _rows():
    from sklearn.datasets import load_breast_cancer

    return load_breast_cancer().data


def _forest():
    from sklearn.datasets import load_breast_cancer
    from sklearn.ensemble import RandomForestClassifier

    data = load_breast_cancer()
    forest = RandomForestClassifier(n_estimators=50, random_state=0).fit(data.data, data.target)
    return xw.TabularModel(forest, data.data[:50], feature_names=list(data.feature_names))


def _slow(texts):
    """An endpoint far away: it takes its time, however many texts it is sent."""
    time.sleep(0.3)
    return np.array([[len(text) / 100.0] for text in texts])
