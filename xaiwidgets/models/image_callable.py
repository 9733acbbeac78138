"""The adapter of a black box: any function from pictures to scores. It has the game and the veil alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from xaiwidgets.engine.problem import Problem
from xaiwidgets.errors import InputError
from xaiwidgets.explanation import Outputs
from xaiwidgets.models.classes import choose_score
from xaiwidgets.models.function_scores import function_scores
from xaiwidgets.models.partial_picture import PartialPicture, alike
from xaiwidgets.models.picture import check_longest, picture_and_notes, read_baseline, shrunk
from xaiwidgets.models.regions import check_grid, read_regions
from xaiwidgets.models.targets import pick

if TYPE_CHECKING:
    from PIL.Image import Image


class CallableImage:
    """Pictures in, scores out; made by `ImageClassifier.from_callable`. Its features are regions.

    Attributes:
        model: the function.
        preprocess: as given.
        labels: the names of the outputs, or None.
        grid: regions along each side.
        longest: the most pixels along a picture's longer side, or None.
    """

    faces = frozenset({"game", "positions", "veil"})

    def __init__(
        self,
        fn: Callable[[npt.NDArray[np.uint8]], Any],
        *,
        preprocess: Callable[[Image], Any] | None,
        labels: Sequence[str] | None,
        grid: int,
        longest: int | None,
    ) -> None:
        if not callable(fn) or isinstance(fn, type):
            what = f"class {fn.__name__}" if isinstance(fn, type) else type(fn).__name__
            msg = f"A {what} was given where a function from pictures [B, H, W, 3] to scores [B, C] is expected."
            raise InputError(msg)
        if preprocess is not None and not callable(preprocess):
            msg = f"preprocess is a {type(preprocess).__name__}; give a function from an image to one of another size."
            raise InputError(msg)
        self.model = fn
        self.preprocess = preprocess
        self.labels = None if labels is None else tuple(str(label) for label in labels)
        self.grid = check_grid(grid)
        self.longest = check_longest(longest)

    def sees(self, x: Any) -> npt.NDArray[np.uint8]:
        """What the function gets of a picture, uint8 [H, W, 3].

        Args:
            x: see `ImageClassifier.problem`.
        """
        image, _ = picture_and_notes(x)
        return _levels(self._prepared(image, "the picture"))

    def problem(
        self, x: Any, target: Any = None, *, baseline: Any = None, background: Any = None, regions: Any = None
    ) -> Problem:
        """Why the score of `target` (None: the highest) is what it is for the picture `x`.

        Args:
            x: see `ImageClassifier.problem`.
            target: a label, its number, or a pair of them.
            baseline: what an absent region shows, see `ImageClassifier.problem`; None: black.
            background: refused, as a black box has no gradients to average.
            regions: what the features are, see `ImageClassifier.problem`; None: the adapter's grid.

        Raises:
            InputError: a picture cannot be read or prepared, or does not fit. TargetError: no such output. ModelError:
                the function returned something else than [B, C] finite numbers.
        """
        if background is not None:
            raise InputError("A function of pictures has no background; give one picture or colour with baseline=.")
        image, read = picture_and_notes(x)
        image, shrinking = shrunk(image, self.longest)
        point = self._prepared(image, "the picture")
        size = (point.shape[1], point.shape[2])
        other, told = read_baseline("black" if baseline is None else baseline, image, size)
        absent = alike(self._prepared(other, "the baseline"), point, "the baseline")
        picture = _levels(point)
        found = read_regions(self.grid if regions is None else regions, picture)
        partial = PartialPicture(point=point, absent=absent, regions=found)
        start = time.perf_counter()
        scores = self._scores(point[None])[0]
        seconds = time.perf_counter() - start
        chosen, outputs = choose_score(scores, self.labels or (), target)
        whole = float(pick(scores[None], chosen)[0])

        def scored(pixels: Tensor) -> Tensor:
            return pick(self._scores(pixels, outputs=len(scores)), chosen)

        def said(pixels: Tensor) -> tuple[Outputs, float, Tensor]:
            answer = self._scores(pixels, outputs=len(scores))
            _, behind = choose_score(answer[0], self.labels or (), target)
            return behind, float(pick(answer, chosen)[0]), torch.from_numpy(_levels(pixels[0]))

        return Problem(
            features=found.names,
            input=partial.layout(picture),
            target=chosen,
            outputs=outputs,
            output=whole,
            game=partial.game(scored, whole),
            veil=partial.veil(scored, whole, said, _levels(absent)),
            opaque=True,
            seconds=seconds,
            notes=(*read, *shrinking, *told),
            provenance=lambda: {"model": getattr(self.model, "__qualname__", type(self.model).__name__)},
        )

    def _prepared(self, image: Image, name: str) -> Tensor:
        """The picture that the function gets, levels as float32 [3, H, W]."""
        made: Any = shrunk(image, self.longest)[0].convert("RGB")
        made = np.asarray(made if self.preprocess is None else self.preprocess(made))
        if made.dtype != np.uint8 or made.ndim != 3 or made.shape[2] != 3 or made.size == 0:
            msg = (
                f"The preprocessing made {made.dtype} of shape {made.shape} of {name}; it must return a Pillow image "
                "in mode 'RGB' or an array uint8 [H, W, 3]."
            )
            raise InputError(msg)
        return torch.tensor(made).permute(2, 0, 1).float()

    def _scores(self, pixels: Tensor, *, outputs: int | None = None) -> Tensor:
        """The function's scores of levels, float [B, 3, H, W]: float64 [B, C]."""
        pictures = np.stack([_levels(one) for one in pixels])
        return function_scores(self.model(pictures), len(pictures), "picture", outputs=outputs)


def _levels(pixels: Tensor) -> npt.NDArray[np.uint8]:
    """Levels, float [3, H, W], as a picture: uint8 [H, W, 3]."""
    levels = pixels.round().clamp(0, 255).permute(1, 2, 0).cpu().numpy().astype(np.uint8)
    return np.ascontiguousarray(levels)
