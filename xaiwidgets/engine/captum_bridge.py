"""Captum's algorithms behind the same face: its gradient and layer algorithms on the module, its others on the game."""

from __future__ import annotations

import inspect
import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor, nn

from xaiwidgets.engine.as_found import as_found, nothing_in_place, seeded
from xaiwidgets.engine.captum_algorithms import (
    algorithm_called,
    claims_completeness,
    options_of,
    sorted_options,
    takes_several,
)
from xaiwidgets.engine.estimate import Estimate
from xaiwidgets.engine.fine_map import fine_map, strength_map
from xaiwidgets.engine.gradients import wide
from xaiwidgets.engine.method import Method
from xaiwidgets.engine.pace import Pace
from xaiwidgets.engine.problem import Game, Inside
from xaiwidgets.errors import MethodError, XaiError

ALL_ORDERS = 7
"""The most features whose orders are all walked: 5040 orders are 35 000 evaluations."""


def captum_method(asked: Any, faces: frozenset[str]) -> Method:
    """An algorithm of Captum's as a method.

    Perturbation algorithms play the game, a coalition for each of Captum's masks, so they work on any model; Captum's
    occlusion, whose windows lie on the input itself, and all others work on the module. Attributions are summed by
    feature, those of Captum's occlusion averaged. A budget that is too small is an error, because Captum cannot be
    stopped half-way.

    Args:
        asked: a class such as `captum.attr.DeepLift`, or its name, "captum.DeepLift".
        faces: those of the model.

    Raises:
        MethodError: Captum is not installed, has no such algorithm, or it is not about one input.
    """
    algorithm = algorithm_called(asked)
    attr = import_module("captum.attr")
    layered = issubclass(algorithm, attr.LayerAttribution)
    perturbs = issubclass(algorithm, attr.PerturbationAttribution) and not layered
    on_game = perturbs and (algorithm.__name__ != "Occlusion" or "inside" not in faces)

    def estimates(face: Any, pace: Pace, *, seed: int = 0, **options: Any) -> Iterator[Estimate]:
        run = _on_game if on_game else _on_module
        yield from run(algorithm, face, pace, options, seed)

    kinds = inspect.Parameter
    names = sorted({*options_of(algorithm), *options_of(algorithm.attribute), "seed"})
    estimates.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [kinds("face", kinds.POSITIONAL_ONLY), kinds("pace", kinds.POSITIONAL_ONLY)]
        + [kinds(name, kinds.KEYWORD_ONLY) for name in names]
    )
    return Method(
        name=f"captum.{algorithm.__name__}",
        face="game" if on_game else "inside",
        estimates=estimates,
        layered=layered,
    )


def deep_lift(inside: Inside, pace: Pace, *, eps: float = 1e-10) -> Iterator[Estimate]:
    """DeepLIFT with the rescale rule, by Captum: differences from the baseline handed back through each activation.

    Shrikumar, Greenside & Kundaje 2017, "Learning Important Features Through Propagating Activation Differences".
    Captum rescales the activations that are modules of torch's own; where others or products make the model, as
    attention does, the values do not add up to the change in score, and the note says by how much.

    Args:
        inside: the module.
        pace: counts the model calls.
        eps: smaller differences are taken for none.
    """
    yield from _on_module(algorithm_called("captum.DeepLift"), inside, pace, {"eps": eps}, seed=0)


def guided_backprop(inside: Inside, pace: Pace) -> Iterator[Estimate]:
    """The gradient with its negative part cut off at every ReLU on the way back, by Captum; its L2 norm by feature.

    Springenberg et al. 2015, "Striving for Simplicity: The All Convolutional Net".
    """
    algorithm = algorithm_called("captum.GuidedBackprop")
    gradient = _attributed(algorithm, inside, pace, {}, seed=0)
    values = inside.field.by_feature(wide(gradient[0]).square()).sqrt().cpu().double()
    yield Estimate(
        values=values,
        error=torch.zeros_like(values),
        kind="exact",
        relative_error=0.0,
        needs=0,
        details=strength_map(inside.field.drawn, wide(gradient[0])),
        notes=_unguided(algorithm, inside.module),
    )


def _on_game(algorithm: Any, game: Game, pace: Pace, options: Mapping[str, Any], seed: int) -> Iterator[Estimate]:
    """A perturbation algorithm whose input is the coalition, ones for the features that are present."""
    name = algorithm.__name__

    def score(coalitions: Tensor) -> Tensor:
        _spend(pace, name, len(coalitions))
        return game.values(coalitions > 0.5).float()

    present = torch.ones(1, game.players)
    if name == "ShapleyValues" and game.players > ALL_ORDERS:
        msg = (
            f"captum.ShapleyValues walks all {game.players}! orders of {game.players} features and takes at most "
            f"{ALL_ORDERS}; choose 'kernel_shap'."
        )
        raise MethodError(msg)
    built, given = sorted_options(algorithm, options)
    if "baselines" in inspect.signature(algorithm.attribute).parameters:
        given["baselines"] = torch.zeros_like(present)
    with seeded(seed):
        found = _called(pace, name, lambda: algorithm(score, **built).attribute(present, **given))
    yield (first := _estimate(found.reshape(-1).double(), needs=1))
    empty = float(pace(1, game.values, torch.zeros(1, game.players, dtype=torch.bool))[0])
    yield _with_gap(first, game.whole, empty, told=False)


def _on_module(algorithm: Any, inside: Inside, pace: Pace, options: Mapping[str, Any], seed: int) -> Iterator[Estimate]:
    """An algorithm on the module's continuous input, or on a layer."""
    found = _attributed(algorithm, inside, pace, options, seed)
    found, place = wide(found), inside.field if inside.layer is None else inside.layer
    try:
        values = place.by_feature(found).reshape(-1).cpu().double()
        details = fine_map(place.drawn, found[0])
        if algorithm.__name__ == "Occlusion":
            # Every element carries the effect of the windows over it: their mean is the feature's, not their sum.
            ones = torch.ones_like(found)
            values = values / place.by_feature(ones).reshape(-1).cpu().double()
            details = {name: sums / fine_map(place.drawn, ones[0])[name] for name, sums in details.items()}
    except (RuntimeError, IndexError) as problem:
        msg = f"captum.{algorithm.__name__} returned shape {list(found.shape)}, which cannot be laid over the features."
        raise MethodError(msg) from problem
    field, several = inside.field, takes_several(algorithm) and inside.field.background is not None
    absent = field.background if several and field.background is not None else field.baseline[None]
    first = replace(
        _estimate(values, needs=1 + len(absent)), details=details, notes=_unguided(algorithm, inside.module)
    )
    yield first
    total = 0.0
    for part in pace.chunks(len(absent)):
        total += float(pace(len(absent[part]), _scored(inside), absent[part]).double().sum())
        yield replace(first, needs=1 + len(absent) - part.stop)
    output = float(pace(1, _scored(inside), field.point[None])[0])
    yield _with_gap(first, output, total / len(absent), told=claims_completeness(algorithm))


def _attributed(algorithm: Any, inside: Inside, pace: Pace, options: Mapping[str, Any], seed: int) -> Tensor:
    """What the algorithm returns for the input, float [1, ...]; the module is left as it was."""
    name, field = algorithm.__name__, inside.field
    parameters = inspect.signature(algorithm.attribute).parameters
    built, given = sorted_options(algorithm, options)
    if "layer" in inspect.signature(algorithm).parameters:
        if inside.layer is None or inside.layer.module is None:
            msg = f"captum.{name} looks at a layer; name one with layer=, xw.layers(model, x) lists them."
            raise MethodError(msg)
        built["layer"] = inside.layer.module
    if "baselines" in parameters:
        given["baselines"] = field.baseline[None]
        if takes_several(algorithm) and field.background is not None:
            given["baselines"] = field.background
    model = _Scored(inside.module, inside.score, lambda rows: _spend(pace, name, rows))
    with ExitStack() as stack:
        stack.enter_context(inside.evaluating())
        stack.enter_context(as_found(inside.module, weights="LRP" in name))
        stack.enter_context(nothing_in_place(inside.module))
        stack.enter_context(seeded(seed))
        stack.enter_context(torch.enable_grad())
        return _called(pace, name, lambda: algorithm(model, **built).attribute(field.point[None].clone(), **given))


class _Scored(nn.Module):
    """The user's module with the explained score as its output, so that Captum's hooks find every part."""

    def __init__(self, inner: nn.Module, score: Callable[[Tensor], Tensor], spend: Callable[[int], None]) -> None:
        super().__init__()
        self.inner = inner
        self._score = score
        self._spend = spend

    def forward(self, points: Tensor) -> Tensor:
        self._spend(len(points))
        return self._score(points)


def _scored(inside: Inside) -> Callable[[Tensor], Tensor]:
    def score(points: Tensor) -> Tensor:
        with inside.evaluating(), torch.no_grad():
            return inside.score(points)

    return score


def _spend(pace: Pace, name: str, rows: int) -> None:
    if pace.evaluations + rows > pace.budget:
        msg = (
            f"captum.{name} needs more than the budget of {pace.budget} evaluations and cannot stop half-way; raise "
            "the budget, or lower its n_steps or n_samples."
        )
        raise MethodError(msg)
    pace.evaluations += rows


def _called(pace: Pace, name: str, call: Callable[[], Any]) -> Tensor:
    """What Captum returns, timed; whatever it raises is one sentence."""
    start = time.perf_counter()
    try:
        found = call()
    except (XaiError, MemoryError, torch.OutOfMemoryError):
        raise
    except Exception as problem:
        told = " ".join(str(problem).split()).rstrip(".")
        msg = f"captum.{name} cannot be computed on this model ({type(problem).__name__}: {told})."
        raise MethodError(msg) from problem
    finally:
        pace.seconds += time.perf_counter() - start
    found = found[0] if isinstance(found, tuple) else found
    if not isinstance(found, Tensor) or not bool(torch.isfinite(found).all()):
        msg = f"captum.{name} returned no finite attributions on this model; choose another method."
        raise MethodError(msg)
    return found.detach()


def _unguided(algorithm: Any, module: nn.Module) -> tuple[str, ...]:
    guides = algorithm.__name__ in {"GuidedBackprop", "Deconvolution"}
    if not guides or any(isinstance(part, nn.ReLU) for part in module.modules()):
        return ()
    return ("The model has no nn.ReLU, the only activation that Captum guides: these are its plain gradients.",)


def _estimate(values: Tensor, *, needs: int) -> Estimate:
    unknown = torch.full_like(values, math.nan)
    return Estimate(values=values, error=unknown, kind="unknown", relative_error=math.nan, needs=needs)


def _with_gap(estimate: Estimate, output: float, baseline_output: float, *, told: bool) -> Estimate:
    """The estimate with how far its values are from adding up to the change in score."""
    total, rise = float(estimate.values.sum()), output - baseline_output
    norm = float(estimate.values.abs().sum())
    share = f", {100 * abs(total - rise) / norm:.2g} % of their norm" if norm > 0 else ""
    note = f"The values add up to {total:.4g}, the score changes by {rise:.4g}: a gap of {total - rise:+.3g}{share}."
    return replace(
        estimate,
        baseline_output=baseline_output,
        needs=0,
        details={**estimate.details, "completeness_gap": total - rise},
        notes=(*estimate.notes, note) if told else estimate.notes,
    )


METHODS = (
    ()
    if find_spec("captum") is None
    else (
        Method(name="deep_lift", face="inside", estimates=deep_lift),
        Method(name="guided_backprop", face="inside", estimates=guided_backprop, signed=False),
    )
)
