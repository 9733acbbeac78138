"""What is special about transformers: modules that attend, and which features their tokens are."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn
from torch.nn import functional

from xaiwidgets.engine.patch_grid import laid_in_grid, patch_grid
from xaiwidgets.engine.problem import Field
from xaiwidgets.errors import MethodError

_ACTIVATIONS = "transformers.activations"
"""Where Hugging Face keeps its activations; some of them are written out step by step."""


def attends(module: nn.Module) -> bool:
    """Whether it has modules that are called attention."""
    return any("attention" in type(part).__name__.lower() for part in module.modules())


def elementwise(module: nn.Module) -> tuple[nn.Module, ...]:
    """The modules inside that apply one function to each element."""
    return tuple(part for part in module.modules() if type(part).__module__ == _ACTIVATIONS)


def by_word_piece(field: Field) -> Callable[[Tensor], Tensor]:
    """Sums what tokens were given, float [..., T], into the features of a text, whose tokens they are.

    Raises:
        MethodError: the model attends among more or fewer places than it reads tokens.
    """
    read, width = field.point.shape

    def pieces(tokens: Tensor) -> Tensor:
        if tokens.shape[-1] != read:
            msg = (
                f"The model attends among {tokens.shape[-1]} places and reads {read} tokens: what it attends to are "
                "not the tokens; choose a method that needs no attention weights."
            )
            raise MethodError(msg)
        return field.by_feature(functional.pad(tokens[..., None], (0, width - 1)))

    return pieces


def patches_of(field: Field) -> Callable[[Tensor], Tensor]:
    """Lays what tokens were given, float [..., T], out as the patches of a picture, float [..., h, w].

    The last h × w tokens are taken to be the patches, row by row, in a grid of the picture's own proportions.

    Raises:
        MethodError: no such grid leaves 0 to 16 tokens for special ones.
    """
    _, height, width = field.point.shape

    def patches(tokens: Tensor) -> Tensor:
        count = tokens.shape[-1]
        grid = patch_grid(count, height, width)
        if grid:
            return laid_in_grid(tokens, grid)
        msg = (
            f"The model attends to {count} tokens, which are no grid of patches of a picture of {height} × {width} "
            "pixels; choose a method that needs no attention weights."
        )
        raise MethodError(msg)

    return patches
