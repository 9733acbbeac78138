"""The adapter of an image classifier: any torch vision module and the function that prepares its input."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from xaiwidgets.engine.attention_weights import attention_of
from xaiwidgets.engine.layer_features import laid_over
from xaiwidgets.engine.memory import out_of_memory
from xaiwidgets.engine.problem import Field, Inside, Pictured, Problem
from xaiwidgets.errors import InputError, ModelError
from xaiwidgets.explanation import Outputs
from xaiwidgets.models.classes import choose_class
from xaiwidgets.models.evaluation import device_of, evaluating, provenance, score_and_grad
from xaiwidgets.models.image_callable import CallableImage
from xaiwidgets.models.large_picture import Room
from xaiwidgets.models.partial_picture import PartialPicture, alike
from xaiwidgets.models.picture import (
    check_longest,
    picture_and_notes,
    read_background,
    read_baseline,
    read_picture,
    shrunk,
)
from xaiwidgets.models.plain_module import scores_of
from xaiwidgets.models.regions import check_grid, read_regions
from xaiwidgets.models.seen import seen
from xaiwidgets.models.targets import pick
from xaiwidgets.models.transformer import attends, elementwise, patches_of

if TYPE_CHECKING:
    from PIL.Image import Image


class ImageClassifier:
    """A vision module and its preprocessing, ready to be explained.

    The features are the regions of a regular grid over what the model sees, or superpixels, or your own. An absent
    region shows the baseline, a black picture unless another one is asked for, that went through the same
    preprocessing. Gradients are taken at the pixels and summed within each region, so every method speaks about the
    same regions; `details["map"]` of an explanation is the same as finely as the method knows it. The explained score
    is the target's logit, or for a contrast the difference of two.

    Attributes:
        module: as given.
        preprocess: as given.
        labels: the names of the C outputs, or none.
        grid: regions along each side.
        longest: the most pixels along a picture's longer side, or None.
    """

    def __init__(
        self,
        module: nn.Module,
        preprocess: Callable[[Image], Tensor],
        labels: Sequence[str] | None = None,
        *,
        grid: int = 7,
        longest: int | None = None,
    ) -> None:
        """Wrap a module.

        Args:
            module: maps pictures, float [B, C, H, W], to scores, float [B, K], alone, as `.logits`, in a tuple or dict.
            preprocess: maps a Pillow image (mode "RGB", or "L" for a grey one) to float [C, H, W] or [1, C, H, W].
            labels: K names; None: "0", "1", …
            grid: regions along each side.
            longest: larger pictures are shrunk to so many pixels along their longer side before the preprocessing, and
                the explanation's notes say so: for a preprocessing that keeps the size, where memory is short.

        Raises:
            InputError: when one of them is of another kind.
        """
        if not isinstance(module, nn.Module):
            msg = f"A {type(module).__name__} was given where a torch module is expected; give the vision model itself."
            raise InputError(msg)
        if not callable(preprocess):
            msg = f"preprocess is a {type(preprocess).__name__}; give a function from an image to a tensor [C, H, W]."
            raise InputError(msg)
        self.module = module
        self.preprocess = preprocess
        self.labels = () if labels is None else tuple(str(label) for label in labels)
        self.grid = check_grid(grid)
        self.longest = check_longest(longest)
        self._known_extremes: tuple[Any, tuple[Tensor, Tensor]] | None = None

    @cached_property
    def faces(self) -> frozenset[str]:
        """The faces of its problems; attention where the module has parts that are called so."""
        attending = {"attention"} if attends(self.module) else set()
        spatial = {"maps"} if attending or self._convolves else set()
        return frozenset({"game", "positions", "field", "inside", "veil"} | spatial | attending)

    @cached_property
    def default_method(self) -> str:
        """What shows most after one pass forward and back, where the model has the parts for it."""
        if attends(self.module):
            return "attention_relevance"
        return "grad_cam" if self._convolves else "kernel_shap"

    @property
    def _convolves(self) -> bool:
        return any(isinstance(part, nn.Conv2d) for part in self.module.modules())

    @staticmethod
    def from_callable(
        fn: Callable[[npt.NDArray[np.uint8]], Any],
        preprocess: Callable[[Image], Any] | None = None,
        labels: Sequence[str] | None = None,
        *,
        grid: int = 7,
        longest: int | None = None,
    ) -> CallableImage:
        """Wrap any function from pictures to scores: an endpoint, a pipeline, another framework's model.

        Args:
            fn: maps B pictures, uint8 [B, H, W, 3], to scores [B, C]: an array, a tensor or lists.
            preprocess: maps a Pillow image in mode "RGB" to the picture that the function gets, such as a smaller one:
                a Pillow image or uint8 [H, W, 3]. None: it gets the picture as it is.
            labels: C names; None: "0", "1", …
            grid: regions along each side.
            longest: as of `ImageClassifier`.

        Raises:
            InputError: when one of them is of another kind.
        """
        return CallableImage(fn, preprocess=preprocess, labels=labels, grid=grid, longest=longest)

    def sees(self, x: Any) -> npt.NDArray[np.uint8]:
        """What the module sees of a picture, as a picture again: uint8 [H, W, 3].

        Args:
            x: see `problem`.
        """
        image = read_picture(x)
        return seen(self._prepared(image, "the picture"), *self._extremes(image))

    def problem(
        self, x: Any, target: Any = None, *, baseline: Any = None, background: Any = None, regions: Any = None
    ) -> Problem:
        """Why the score of `target` (None: the highest) is what it is for the picture `x`.

        Args:
            x: a numpy array [H, W], [H, W, 3] or [H, W, 4] or a tensor [C, H, W], uint8 or float from 0 to 1; a Pillow
                image; or a path. With the channels on the other side, floats up to 255 or 16 bits it is read too, and
                `notes` say what was assumed.
            target: a label, its number, or a pair of them.
            baseline: what an absent region shows: a picture like `x`; a colour such as "white", a grey from 0 to 1, or
                red, green and blue from 0 to 1; "mean", the picture's mean colour; "blur", the picture blurred; or
                "noise". None: black.
            background: pictures like `x` to average over, where a method does.
            regions: what the features are: the number of squares along each side; "superpixels"; or whole numbers [H,
                W] of the picture as the model sees it. None: the adapter's grid.

        Raises:
            InputError: a picture cannot be read or prepared, or does not fit. TargetError: no such output. ModelError:
                bad scores.
        """
        image, read = picture_and_notes(x)
        image, shrinking = shrunk(image, self.longest)
        notes = (*read, *shrinking)
        # As the module's own device and dtype, so that a half-precision model on a GPU is explained where it is.
        point = self._prepared(image, "the picture")
        black, white = self._extremes(image)
        absent, others = black, None
        if baseline is not None:
            other, told = read_baseline(baseline, image, (point.shape[1], point.shape[2]))
            absent, notes = alike(self._prepared(other, "the baseline"), point, "the baseline"), (*notes, *told)
        if background is not None:
            pictures, told = read_background(background)
            named = ((one, f"background[{i}]") for i, one in enumerate(pictures))
            others = torch.stack([alike(self._prepared(one, name), point, name) for one, name in named])
            notes = (*notes, *told)
        picture = seen(point, black, white)
        regions = read_regions(self.grid if regions is None else regions, picture)
        partial = PartialPicture(point=point, absent=absent, regions=regions)
        room, start = Room(point), time.perf_counter()
        try:
            room.ask(self._scores, "a pass forward")
            scores = self._scores(point[None])
        except Exception as problem:
            if not out_of_memory(problem):
                raise
            raise room.ran_out(problem) from problem
        seconds = time.perf_counter() - start
        chosen, outputs = choose_class(scores[0], self.labels, target)
        whole = float(pick(scores, chosen)[0])

        def scored(pixels: Tensor) -> Tensor:
            return pick(self._scores(pixels), chosen)

        def score(pixels: Tensor) -> Tensor:
            return pick(self._logits(pixels), chosen)

        def there_and_back(points: Tensor) -> tuple[Tensor, Tensor]:
            with evaluating(self.module):
                return score_and_grad(points, score)

        def value_and_grad(points: Tensor) -> tuple[Tensor, Tensor]:
            room.ask(there_and_back, "a pass forward and back")
            return there_and_back(points)

        def said(pixels: Tensor) -> tuple[Outputs, float, Tensor]:
            answer = self._scores(pixels)
            _, behind = choose_class(answer[0], self.labels, target)
            return behind, float(pick(answer, chosen)[0]), torch.from_numpy(seen(pixels[0], black, white))

        field = Field(
            point=point,
            baseline=absent,
            value_and_grad=value_and_grad,
            by_feature=lambda contributions: partial.sums(contributions.sum(-3)),
            drawn=lambda contributions: contributions.sum(-3),
            background=others,
            picture=Pictured(pixels=torch.from_numpy(picture), black=black, white=white),
        )
        inside = Inside(
            module=self.module,
            score=score,
            evaluating=lambda: evaluating(self.module),
            field=field,
            elementwise=elementwise(self.module),
        )
        patches = patches_of(field)
        return Problem(
            features=regions.names,
            input=partial.layout(picture),
            target=chosen,
            outputs=outputs,
            output=whole,
            game=partial.game(scored, whole),
            veil=partial.veil(scored, whole, said, seen(absent, black, white)),
            field=field,
            inside=inside,
            attention=attention_of(inside, lambda tokens: laid_over(field, patches(tokens)), patches)
            if "attention" in self.faces
            else None,
            seconds=seconds,
            notes=notes,
            provenance=provenance(self.module),
        )

    def _extremes(self, image: Image) -> tuple[Tensor, Tensor]:
        """A black and a white picture of the same size, prepared; kept, for those of a photograph take their time."""
        size = (image.size, image.mode)
        if self._known_extremes is None or self._known_extremes[0] != size:
            black, white = (
                self._prepared(image.point(lambda _, level=level: level), name) for level, name in _EXTREMES
            )
            self._known_extremes = (size, (black, white))
        weights = next(self.module.parameters(), None)
        black, white = self._known_extremes[1]
        return (black, white) if weights is None else (black.to(weights), white.to(weights))

    def _prepared(self, image: Image, name: str) -> Tensor:
        made: Any = self.preprocess(shrunk(image, self.longest)[0])
        if not isinstance(made, Tensor) or not made.is_floating_point():
            what = f"{made.dtype} tensor" if isinstance(made, Tensor) else type(made).__name__
            msg = f"The preprocessing returned a {what}; it must return a float tensor of shape [C, H, W]."
            raise InputError(msg)
        point = made[0] if made.dim() == 4 and len(made) == 1 else made
        if point.dim() != 3 or 0 in point.shape:
            msg = f"The preprocessing returned shape {tuple(made.shape)}; it must be [C, H, W] or [1, C, H, W]."
            raise InputError(msg)
        if not bool(torch.isfinite(point).all()):
            msg = f"The preprocessing made NaN or infinite values of {name}; every pixel needs a finite value."
            raise InputError(msg)
        weights = next(self.module.parameters(), point)
        return point.detach().to(device_of(self.module), weights.dtype)

    def _scores(self, pixels: Tensor) -> Tensor:
        with torch.no_grad(), evaluating(self.module):
            return self._logits(pixels)

    def _logits(self, pixels: Tensor) -> Tensor:
        """The module's scores, float32 [B, K]."""
        # Convolutions on a CPU take a fifth less time with channels last, from a batch of four on. Always a copy, for a
        # module may work in place.
        kind = torch.channels_last if pixels.device.type == "cpu" else torch.preserve_format
        scores: Any = scores_of(self.module(pixels.clone(memory_format=kind)))
        if not isinstance(scores, Tensor) or scores.dim() != 2 or len(scores) != len(pixels):
            what = f"shape {tuple(scores.shape)}" if isinstance(scores, Tensor) else f"a {type(scores).__name__}"
            msg = f"The module returned {what} for {len(pixels)} pictures; it must return a row of scores for each."
            raise ModelError(msg)
        return scores.float()


_EXTREMES = ((0, "a black picture"), (255, "a white picture"))
