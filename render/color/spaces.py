"""The colour spaces in which colours are matched, each as three channels in [0, 1]."""

from __future__ import annotations

import math
from typing import Literal, get_args

import torch
from kornia.color import hsv_to_rgb, lab_to_rgb, rgb_to_hsv, rgb_to_lab
from torch import Tensor

Space = Literal["lab", "rgb", "hsv"]
SPACES: tuple[Space, ...] = get_args(Space)


def to_channels(picture: Tensor, space: Space) -> Tensor:
    """RGB (B, 3, H, W) in [0, 1] to `space`, float32 (float64 if the picture is), every channel in [0, 1].

    Convention: lab is CIE L*a*b* (D65, sRGB decoded) as L / 100, (a + 128) / 255, (b + 128) / 255; hsv has
    its hue in turns, red at 0, and goes round: 1 is red again.

    Raises ValueError for a space it does not know.
    """
    if space not in SPACES:
        raise ValueError(f"colour space {space!r} is not known; it is one of {', '.join(SPACES)}")
    if picture.dtype != torch.float64:
        picture = picture.float()
    if space == "lab":
        return rgb_to_lab(picture).sub_(_lab_low(picture)).div_(_lab_range(picture))
    if space == "hsv":
        hue, saturation, value = rgb_to_hsv(picture).unbind(1)
        return torch.stack((hue / (2 * math.pi), saturation, value), 1)
    return picture


def from_channels(channels: Tensor, space: Space) -> Tensor:
    """The way back: RGB in [0, 1]; what the screen cannot show is cut."""
    if space == "lab":
        return lab_to_rgb(channels * _lab_range(channels) + _lab_low(channels), clip=True)
    channels = channels.clamp(0, 1)
    if space == "hsv":
        hue, saturation, value = channels.unbind(1)
        return hsv_to_rgb(torch.stack((hue * (2 * math.pi), saturation, value), 1)).clamp(0, 1)
    return channels


def _lab_low(like: Tensor) -> Tensor:
    return like.new_tensor((0.0, -128.0, -128.0)).view(3, 1, 1)


def _lab_range(like: Tensor) -> Tensor:
    return like.new_tensor((100.0, 255.0, 255.0)).view(3, 1, 1)
