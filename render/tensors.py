"""Pictures as they are stored, and as tensors on a device: between the two only rounding to the nearest level."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from projects import Picture


def to_tensor(picture: Picture, device: torch.device) -> Tensor:
    """A stored picture, uint8 (H, W, 3), as (1, 3, H, W) float32 in [0, 1] on the device."""
    return torch.from_numpy(picture).to(device).permute(2, 0, 1).unsqueeze(0).float() / 255.0


def to_picture(tensor: Tensor) -> Picture:
    """(1, 3, H, W) in [0, 1] as the picture to store, uint8 (H, W, 3), rounded to the nearest level."""
    return to_memory(levels_of(tensor))


def levels_of(tensor: Tensor) -> Tensor:
    """Values in [0, 1] as the 8-bit levels, 0.0 to 255.0, that are stored."""
    return (tensor.clamp(0.0, 1.0) * 255.0).round()


def to_memory(levels: Tensor) -> Picture:
    """Levels (1, 3, H, W) as the picture to store."""
    return np.ascontiguousarray(levels[0].to(torch.uint8).permute(1, 2, 0).cpu().numpy())
