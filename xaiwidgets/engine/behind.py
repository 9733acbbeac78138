"""What a model says of a picture, a part of which is hidden."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from xaiwidgets.engine.problem import Problem
from xaiwidgets.errors import MethodError
from xaiwidgets.explanation import Outputs


@dataclass(frozen=True, kw_only=True)
class Hidden:
    """A model's answer behind a cover.

    Attributes:
        outputs: all its scores.
        output: the explained score.
        picture: what it saw, uint8 [H, W, 3].
    """

    outputs: Outputs
    output: float
    picture: npt.NDArray[np.uint8]


def behind(problem: Problem, cover: npt.NDArray[np.bool_]) -> Hidden:
    """One forward pass on the picture with the covered part as the problem's baseline has it.

    Args:
        problem: of a picture.
        cover: bool [h, w], true where it is hidden; any size, laid over what the model sees.

    Raises:
        MethodError: it is no picture's.
    """
    if problem.veil is None:
        raise MethodError("Parts can be hidden from a model that looks at pictures; this one does not.")
    outputs, output, picture = problem.veil.behind(1 - torch.from_numpy(cover).float())
    return Hidden(outputs=outputs, output=output, picture=picture.cpu().numpy())
