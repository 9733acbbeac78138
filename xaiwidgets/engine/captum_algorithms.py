"""Captum's algorithms: which of them explain one input, and which of their parameters are a user's options."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from xaiwidgets.errors import MethodError

_OURS = {
    "self", "forward_func", "model", "layer", "device_ids", "inputs", "baselines", "layer_baselines", "target",
    "additional_forward_args", "feature_mask", "layer_mask", "return_convergence_delta", "return_input_shape", "kwargs",
}  # fmt: skip
"""The parameters of Captum's algorithms that are known here; all others are a user's options."""

_BATCH = {"internal_batch_size": 8, "perturbations_per_eval": 8, "attr_dim_summation": False}
"""What is set unless the user says otherwise: batches of eight, for fifty pictures at once take 4 GB."""

_INSTEAD = {
    "Neuron": "ask an algorithm about the input, such as captum.IntegratedGradients, with layer= and neuron=",
    "FeaturePermutation": "it shuffles features among many inputs, see xw.permutation_importance",
    "NoiseTunnel": "choose 'smooth_grad', which knows its error",
    "GuidedGradCam": "choose 'guided_backprop', or captum.LayerGradCam with layer=",
}


def named_by_captum(asked: Any) -> bool:
    """Whether a method is asked for by a class of Captum's, or by its name: "captum.DeepLift"."""
    if isinstance(asked, type):
        return asked.__module__.startswith("captum.")
    return isinstance(asked, str) and asked.startswith("captum.")


def algorithm_called(asked: Any) -> Any:
    """Captum's class, by itself or by its name.

    Raises:
        MethodError: Captum is not installed, has no such algorithm, or it is not about one input.
    """
    name = asked.__name__ if isinstance(asked, type) else str(asked).removeprefix("captum.")
    if find_spec("captum") is None:
        msg = f"captum.{name} needs Captum, which is not installed; run: pip install captum"
        raise MethodError(msg)
    attr = import_module("captum.attr")
    algorithm = getattr(attr, name, None)
    if not (isinstance(algorithm, type) and issubclass(algorithm, attr.Attribution)):
        msg = f"Captum has no algorithm {name!r}; see captum.attr for those it has."
        raise MethodError(msg)
    instead = next((told for part, told in _INSTEAD.items() if part in name), None)
    wraps = {"attr_method", "attribution_method"} & set(inspect.signature(algorithm).parameters)
    if instead is None and (wraps or not hasattr(algorithm, "attribute") or inspect.isabstract(algorithm)):
        instead = "it does not explain one input by itself"
    if instead is not None:
        msg = f"captum.{name} does not run here: {instead}."
        raise MethodError(msg)
    return algorithm


def options_of(function: Callable[..., Any]) -> set[str]:
    """The parameters of an algorithm, or of its `attribute`, that are for a user to set."""
    return set(inspect.signature(function).parameters) - _OURS


def sorted_options(algorithm: Any, options: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The options for building the algorithm and those for `attribute`."""
    building, attributing = options_of(algorithm), options_of(algorithm.attribute)
    options = {**{name: value for name, value in _BATCH.items() if name in attributing}, **options}
    built = {name: value for name, value in options.items() if name in building}
    return built, {name: value for name, value in options.items() if name in attributing}


def takes_several(algorithm: Any) -> bool:
    """Whether its baselines are a distribution."""
    return any(name in algorithm.__name__ for name in ("GradientShap", "DeepLiftShap"))


def claims_completeness(algorithm: Any) -> bool:
    """Whether its values are meant to add up to the change in score."""
    return any(name in algorithm.__name__ for name in ("DeepLift", "IntegratedGradients", "GradientShap", "LRP"))
