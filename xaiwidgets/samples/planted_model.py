"""The module of the planted pictures' sample."""

from __future__ import annotations

from torch import nn


class PlantedCNN(nn.Sequential):
    """Four convolutions that each see a few pixels around a place, the mean over all places and a linear layer.

    Pictures, float [B, 3, H, W], to logits, float [B, classes]; the last maps are a quarter as wide and high.
    """

    def __init__(self, classes: int) -> None:
        super().__init__(
            *_convolution(3, 16, stride=2),
            *_convolution(16, 32, stride=2),
            *_convolution(32, 32),
            *_convolution(32, 32),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(32, classes),
        )


def _convolution(channels: int, maps: int, *, stride: int = 1) -> tuple[nn.Module, ...]:
    return nn.Conv2d(channels, maps, 3, stride, padding=1, bias=False), nn.BatchNorm2d(maps), nn.ReLU()
