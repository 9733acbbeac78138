"""What a model's answers tell by the way: whether they are finite, change at all, and come out the same twice."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from xaiwidgets.engine.method import Face
from xaiwidgets.engine.pace import Pace
from xaiwidgets.engine.problem import Field, Game, Problem, Veil
from xaiwidgets.errors import MethodError, ModelError

SAME = 1e-3
"""Answers to the same input may differ by so much of the largest score: a batch's size changes the rounding."""

SAME_IN_HALF = 3e-2
"""The same where the model computes in half precision."""


class Answers:
    """Looks on while a method asks a model, refuses what is no answer, and remembers what a reader must know.

    Whether a model answers the same input twice alike costs nothing to see where a method asks for the input itself. A
    black box, and a model that draws random numbers, is asked for it once more, with the second call.
    """

    def __init__(self, problem: Problem, pace: Pace) -> None:
        self._problem = problem
        self._pace = pace
        self._low = self._high = problem.output
        self._tried, self._calls = 1, 0
        self._doubtful = problem.opaque
        self._compared = False
        self._noise = 0.0
        scores = [abs(score) for score in problem.outputs.scores]
        same = SAME_IN_HALF if _half(problem) else SAME
        self._allowed = same * max([abs(problem.output), *scores])

    @property
    def notes(self) -> tuple[str, ...]:
        """One sentence each."""
        said = []
        if self._noise:
            each = self._pace.each
            said.append(
                f"The model answered differently to the same input (by {self._noise:.2g}); "
                + (f"every score is the mean of {each}." if each > 1 else "average=8 would take means of eight scores.")
            )
        if self._tried > 1 and self._high - self._low <= 1e-12 * max(abs(self._low), abs(self._high)):
            said.append(f"The score is the same for all {self._tried} inputs that were tried: no value tells anything.")
        return tuple(said)

    def face(self, face: Face) -> Any:
        """The problem's face, watched.

        Raises:
            MethodError: averages were asked of a face that cannot give them.
        """
        problem = self._problem
        if face == "game" and problem.game is not None:
            return self._game(problem.game)
        if face == "field" and problem.field is not None:
            return self._field(problem.field)
        if face == "veil" and problem.veil is not None:
            return self._veil(problem.veil)
        if self._pace.each > 1:
            raise MethodError(
                "average= needs a method that asks for scores or gradients of inputs; choose another one."
            )
        return getattr(problem, face)

    def whole(self, face: Game | Field | Veil) -> float:
        """The score of the input itself, asked again as often as every other."""
        pace = self._pace
        if isinstance(face, Game):
            return float(pace(1, face.values, torch.ones((1, face.players), dtype=torch.bool))[0])
        if isinstance(face, Veil):
            return float(pace(1, face.values, torch.ones((1, *face.size)))[0])
        return float(pace(1, face.value_and_grad, face.point[None])[0][0])

    def _game(self, game: Game) -> Game:
        def values(masks: Tensor) -> Tensor:
            again = self._ask_again(len(masks))
            rows = torch.cat([masks, masks.new_ones((1, game.players))]) if again else masks
            (scores,) = self._asked(lambda: (finite(game.values(rows), len(rows), "score"),))
            self._compare(scores[rows.all(1)] if again or not self._compared else scores[:0])
            self._see(scores[~rows.all(1)])
            return scores[: len(masks)]

        return replace(game, values=values)

    def _veil(self, veil: Veil) -> Veil:
        def values(veils: Tensor) -> Tensor:
            again = self._ask_again(len(veils))
            rows = torch.cat([veils, torch.ones_like(veils[:1])]) if again else veils
            (scores,) = self._asked(lambda: (finite(veil.values(rows), len(rows), "score"),))
            clear = (rows.flatten(1).amin(1) == 1).cpu()
            self._compare(scores[clear] if again or not self._compared else scores[:0])
            self._see(scores[~clear])
            return scores[: len(veils)]

        return replace(veil, values=values)

    def _field(self, field: Field) -> Field:
        def asked(points: Tensor) -> tuple[Tensor, Tensor]:
            values, gradients = field.value_and_grad(points)
            return finite(values, len(points), "score"), finite_gradients(gradients)

        near = 4 * torch.finfo(field.point.dtype).eps * float(field.point.abs().amax()) if field.point.numel() else 0.0

        def value_and_grad(points: Tensor) -> tuple[Tensor, Tensor]:
            again = self._ask_again(len(points))
            rows = torch.cat([points, field.point[None]]) if again else points
            values, gradients = self._asked(lambda: asked(rows))
            if again or self._calls <= _EARLY:
                here = ((rows - field.point).abs().flatten(1) <= near).all(1).cpu()
                self._compare(values[here])
                self._see(values[~here])
            else:
                self._see(values)
            return values[: len(points)], gradients[: len(points)]

        return replace(field, value_and_grad=value_and_grad)

    def _asked(self, ask: Callable[[], tuple[Tensor, ...]]) -> tuple[Tensor, ...]:
        """What the model answers, or the mean of its answers where several are wanted."""
        self._calls += 1
        before = _random_state() if self._calls <= _EARLY else None
        answer = ask()
        for more in range(2, self._pace.each + 1):
            another = ask()
            self._differ(float((another[0] - answer[0]).abs().amax()) if more == 2 and len(another[0]) else 0.0)
            answer = tuple(mean + (new - mean) / more for mean, new in zip(answer, another, strict=True))
        self._doubtful |= before is not None and before != _random_state()
        self._pace.kept = int(self._wanted_again)
        return answer

    @property
    def _wanted_again(self) -> bool:
        return self._doubtful and not self._compared and self._pace.each == 1

    def _ask_again(self, rows: int) -> bool:
        """Whether the input itself goes along with this call. The first call is for the first estimate alone."""
        again = self._wanted_again and self._calls > 0 and rows + 1 <= self._pace.room
        self._pace.evaluations += again
        return again

    def _compare(self, scores: Tensor) -> None:
        if len(scores):
            self._compared, self._pace.kept = True, 0
            self._differ(float((scores - self._problem.output).abs().amax()))

    def _differ(self, by: float) -> None:
        if by > self._allowed:
            self._noise = max(self._noise, by)

    def _see(self, scores: Tensor) -> None:
        self._tried += len(scores)
        if len(scores):
            self._low, self._high = min(self._low, float(scores.min())), max(self._high, float(scores.max()))


_EARLY = 8
"""Calls in which every point is compared with the input: a path comes to its end early."""


def finite_gradients(gradients: Tensor) -> Tensor:
    """The gradients, refused where they are not finite.

    Raises:
        ModelError: one is NaN or infinite.
    """
    if not bool(torch.isfinite(gradients).all()):
        msg = "The model's gradient is NaN or infinite at this input; check its weights and precision."
        raise ModelError(msg)
    return gradients


def finite(values: Tensor, rows: int, what: str) -> Tensor:
    """The scores as float64 [rows] on the CPU.

    Raises:
        ModelError: they have another shape, or one of them is NaN or infinite.
    """
    if values.shape != (rows,):
        msg = f"The model returned {what}s of shape {tuple(values.shape)} for {rows} inputs; it must return one each."
        raise ModelError(msg)
    values = values.detach().cpu().double()
    if not bool(torch.isfinite(values).all()):
        msg = f"The model returned a {what} that is NaN or infinite; check its weights, precision and this input."
        raise ModelError(msg)
    return values


def _half(problem: Problem) -> bool:
    """Whether the model computes in half precision."""
    field, inside = problem.field, problem.inside
    tensors = ([field.point] if field else []) + (list(inside.module.parameters())[:1] if inside else [])
    return any(tensor.dtype in {torch.float16, torch.bfloat16} for tensor in tensors)


def _random_state() -> tuple[Any, ...]:
    """The state of every generator of random numbers that a model is likely to draw from."""
    states = [torch.get_rng_state()]
    if torch.accelerator.is_available():
        states.append(torch.get_device_module().get_rng_state())
    _, key, *rest = np.random.get_state()  # noqa: NPY002 - the one that a model draws from without a word
    return *(state.numpy().tobytes() for state in states), np.asarray(key).tobytes(), rest, random.getstate()
