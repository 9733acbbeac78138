"""The explanation: named numpy arrays with where they come from. Light to import."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from xaiwidgets.errors import InputError
from xaiwidgets.explanation_file import stored, written
from xaiwidgets.foreign import captum_values
from xaiwidgets.foreign import shap_values as read_shap
from xaiwidgets.trust import Faithfulness

if TYPE_CHECKING:
    import os
    from pathlib import Path

    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Target:
    """Which output is explained.

    Attributes:
        name: the output's label.
        index: its index in the model's outputs; -1 where no single output is meant.
        contrast: the label of the output it is set against ("why name rather than contrast"), or None.
        contrast_index: its index, or None.
        unit: what one unit of a value means: "logit", "log-probability", "cosine" or "score".
    """

    name: str
    index: int
    contrast: str | None = None
    contrast_index: int | None = None
    unit: str = "logit"


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """The model's scores for the input itself, the ones that a person may ask about.

    Attributes:
        kind: "class", "token", "similarity" or "score".
        labels: the outputs' names.
        ids: their indices in the model's outputs.
        scores: the raw outputs.
        probabilities: the same as probabilities, or None where the outputs are none.
        total: how many outputs the model has in all.
    """

    kind: str
    labels: tuple[str, ...]
    ids: tuple[int, ...]
    scores: tuple[float, ...]
    probabilities: tuple[float, ...] | None
    total: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Explanation:
    """Which features moved a model's output, by how much, and how far to trust it.

    Attributes:
        values: attribution of each feature, float64 [n]; NaN where a stopped run had not got to it.
        features: the n features' names.
        target: the explained output's label.
        contrast: the label it is set against ("why target rather than contrast"), or None.
        targets: the indices of the target and of the contrast among the model's outputs; -1: no single one.
        unit: what one unit of a value means: "logit", "log-probability", "cosine" or "score".
        signed: whether the sign of a value says which way the feature moved the score.
        output: the explained score of the input.
        baseline_output: the same with every feature absent; NaN where the method does not use it.
        error: how far each value may be off, float64 [n]; NaN where unknown, 0 where exact.
        error_kind: "band" (half-width of a 95 % band), "rule" (change between nested quadrature
            rules), "exact" or "unknown".
        relative_error: how far the map as a whole may be off, as a share of its L1 norm; NaN where unknown.
        evaluations: rows that went through the model, the one for the scores included.
        seconds: time spent inside the model.
        method: the method's name.
        parameters: the limits and options it ran with.
        seed: the seed of sampling methods.
        stopped_by: "tolerance", "budget", "within", "memory", "complete", "cancelled" or "failed"; "running" while a
            job goes on.
        outputs: the model's scores for the input, or None.
        input: how the features lie in the input: JSON values and numpy arrays.
        notes: what a reader must know, one sentence each.
        details: what else the method knows, by name: numbers, text and numpy arrays.
        provenance: what identifies the model and the libraries: class, weights' fingerprint, versions.
        faithfulness: whether it can be trusted, or None where that was not measured.
    """

    values: npt.NDArray[np.float64]
    features: tuple[str, ...]
    target: str = ""
    contrast: str | None = None
    targets: tuple[int, ...] = ()
    unit: str = "score"
    signed: bool = True
    output: float = float("nan")
    baseline_output: float = float("nan")
    error: npt.NDArray[np.float64]
    error_kind: str = "unknown"
    relative_error: float = float("nan")
    evaluations: int = 0
    seconds: float = 0.0
    method: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    stopped_by: str = "complete"
    outputs: Outputs | None = None
    input: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    provenance: Mapping[str, str] = field(default_factory=dict)
    faithfulness: Faithfulness | None = None

    def __post_init__(self) -> None:
        if self.values.shape != (len(self.features),) or self.error.shape != self.values.shape:
            msg = (
                f"{len(self.features)} features were given with values of shape {self.values.shape} and errors of "
                f"shape {self.error.shape}; give one value and one error for each feature."
            )
            raise InputError(msg)

    @classmethod
    def from_arrays(
        cls, values: npt.ArrayLike, features: Sequence[str], *, error: npt.ArrayLike | None = None, **provenance: Any
    ) -> Self:
        """An explanation from your own numbers.

        Args:
            values: float [n].
            features: n names.
            error: float [n], or None where it is unknown.
            **provenance: any other attribute of an explanation: `target=`, `method=`, `output=`, …

        Raises:
            InputError: when values, errors and features have different lengths.
        """
        array = _vector(values, "values")
        errors = np.full(array.shape, np.nan) if error is None else _vector(error, "error")
        provenance.setdefault("signed", bool((array < 0).any()))
        return cls(values=array, features=tuple(str(name) for name in features), error=errors, **provenance)

    @classmethod
    def from_captum(
        cls,
        attributions: Any,
        features: Sequence[str] | None = None,
        *,
        delta: Any = None,
        by_feature: Callable[[Any], Any] | None = None,
        **provenance: Any,
    ) -> Self:
        """An explanation from what a Captum algorithm returned for one input.

        Args:
            attributions: a tensor [n], [1, n], [T, D] or [1, T, D]; the last axis of embeddings is summed.
            features: n names; None: "x0", "x1", …
            delta: the convergence delta that Captum returned with it; kept as `details["completeness_gap"]`.
            by_feature: sums attributions of any shape into features, such as a field's `by_feature`.
            **provenance: any other attribute of an explanation: `target=`, `method=`, `output=`, …

        Raises:
            InputError: they are those of several inputs, or cannot be read.
        """
        values = captum_values(attributions, by_feature)
        if delta is not None:
            gap = captum_values(delta, None)
            if gap.shape != (1,):
                msg = f"delta has shape {gap.shape}; give the convergence delta of one input, one number."
                raise InputError(msg)
            provenance["details"] = {**provenance.get("details", {}), "completeness_gap": float(gap[0])}
        names = [f"x{i}" for i in range(len(values))] if features is None else features
        return cls.from_arrays(values, names, **{"method": "captum", **provenance})

    @classmethod
    def from_shap(
        cls,
        shap_values: Any,
        index: int = 0,
        output: int | str | None = None,
        *,
        features: Sequence[str] | None = None,
        **provenance: Any,
    ) -> Self:
        """An explanation from one row of what a shap explainer returned.

        Args:
            shap_values: a `shap.Explanation`; or shap values alone, float [n], [N, n] or [N, n, outputs].
            index: which row.
            output: which output, by number or name; needed where there are several.
            features: n names; None: the explanation's own, the row's tokens, or "x0", "x1", …
            **provenance: any other attribute of an explanation: `target=`, `method=`, …

        Raises:
            InputError: there is no such row or output, or the shapes are others.
        """
        values, names, rest = read_shap(shap_values, index=index, output=output, features=features)
        return cls.from_arrays(values, names, **{**rest, **provenance})

    def __repr__(self) -> str:
        order = np.argsort(-np.abs(np.nan_to_num(self.values)), kind="stable")[:5]
        top = ", ".join(f"{self.features[i]!r} {self.values[i]:+.3g}" for i in order)
        against = f" rather than {self.contrast!r}" if self.contrast is not None else ""
        known = not np.isnan(self.relative_error) and self.error_kind != "exact"
        trust = f", ±{100 * self.relative_error:.2g} %" if known else ""
        return (
            f"<Explanation of {self.target!r}{against} by {self.method or 'given numbers'}: {top} … "
            f"({len(self.features)} features, {self.evaluations} evaluations{trust}, {self.stopped_by})>"
        )

    def verify(self, model: Any, x: Any = None, **request: Any) -> Verification:
        """Compute it again and compare: the same method, options, seed, target and evaluations; true if it agrees.

        Args:
            model: an adapter.
            x: the input; a text or a table's row need not be given, for the explanation holds them.
            **request: `tolerance` (of two values, as a share of the largest; 1e-4), and what an explanation cannot
                hold: a baseline that is no text, a background, a Captum class as `method`.

        Raises:
            InputError: it was made from given numbers, or the input is needed.
            MethodError: the method does not fit the model.
        """
        # By name, for an explanation is read where there is no torch.
        verified: Verification = import_module("xaiwidgets.engine.verify").verify(self, model, x, **request)
        return verified

    def with_faithfulness(self, measured: Faithfulness) -> Self:
        """The same explanation with what was measured of it, to be saved and shown together."""
        return dataclasses.replace(self, faithfulness=measured)

    def to_frame(self) -> pd.DataFrame:
        """A pandas table with the columns feature, value, error and share (of Σ|value|), in input order."""
        import pandas as pd

        norm = np.nansum(np.abs(self.values))
        share = np.abs(self.values) / norm if norm > 0 else np.zeros_like(self.values)
        return pd.DataFrame({"feature": self.features, "value": self.values, "error": self.error, "share": share})

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write one .npz file: the arrays, and everything else as JSON. Returns the path written."""
        return written(self, path)


@dataclass(frozen=True, kw_only=True, eq=False)
class Verification:
    """An explanation against the same one computed again; true where they agree.

    Attributes:
        agrees: whether the score and every value came out the same, up to a tolerance.
        difference: the largest difference of two values, as a share of the largest value.
        differs: what is not as it was, one sentence each: numbers, weights, versions.
        again: the explanation that was computed now.
    """

    agrees: bool
    difference: float
    differs: tuple[str, ...]
    again: Explanation

    def __bool__(self) -> bool:
        return self.agrees


def load(path: str | os.PathLike[str]) -> Explanation:
    """Read an explanation that `Explanation.save` wrote. Nothing is unpickled.

    Raises:
        InputError: when the file is not one of ours.
    """
    return stored(path, _read)


def _read(attributes: dict[str, Any]) -> Explanation:
    outputs, measured = attributes.pop("outputs"), attributes.pop("faithfulness", None)
    return Explanation(
        faithfulness=None if measured is None else Faithfulness.from_json(measured),
        outputs=None if outputs is None else Outputs(**{key: _tuples(value) for key, value in outputs.items()}),
        **attributes,
    )


def _tuples(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _vector(values: npt.ArrayLike, name: str) -> npt.NDArray[np.float64]:
    try:
        # A torch tensor that needs a gradient or lives on a GPU says no to numpy by itself.
        detached: Any = values.detach().cpu().double() if hasattr(values, "detach") else values
        array = np.asarray(detached, dtype=np.float64)
    except (TypeError, ValueError) as problem:
        msg = (
            f"{name} of type {type(values).__name__} cannot be read as numbers ({problem}); give one number for each "
            "feature."
        )
        raise InputError(msg) from problem
    if array.ndim != 1:
        msg = f"{name} has shape {array.shape}; give one number for each feature, shape [n]."
        raise InputError(msg)
    return array
