"""The slow twin of the warp: float64, written for reading. And pictures to warp."""

import numpy as np
import torch
from numpy.typing import NDArray

from motion.borders import Border

Picture = NDArray[np.float64]


def index(at: NDArray[np.int64], length: int, border: Border) -> NDArray[np.int64]:
    """The pixel a border shows at `at`, by definition."""
    if border == "replicate" or length == 1:
        return np.clip(at, 0, length - 1)
    if border == "wrap":
        return at % length
    at = at % (2 * length - 2)
    return np.minimum(at, 2 * length - 2 - at)


def kernel(distance: Picture, sampling: str) -> Picture:
    d = np.abs(distance)
    if sampling == "bilinear":
        return (1 - d).clip(0)
    a = -0.75
    near, far = (a + 2) * d**3 - (a + 3) * d**2 + 1, a * (d**3 - 5 * d**2 + 8 * d - 4)
    cubic: Picture = np.where(d <= 1, near, np.where(d < 2, far, 0))
    return cubic


def warp(picture: Picture, matrix: Picture, border: Border, sampling: str = "bilinear") -> Picture:
    """`picture` (C, H, W) moved by `matrix`, source to destination."""
    height, width = picture.shape[1:]
    v, u = np.mgrid[:height, :width]
    x, y, w = np.tensordot(np.linalg.inv(matrix), np.stack((u, v, np.ones_like(u))), 1)
    x, y = x / w, y / w
    left, top = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    out = np.zeros_like(picture)
    for i in range(-1, 3):
        for j in range(-1, 3):
            weight = kernel(y - top - i, sampling) * kernel(x - left - j, sampling)
            out += weight * picture[:, index(top + i, height, border), index(left + j, width, border)]
    return out if sampling == "bilinear" else out.clip(0, 1)


def noise_picture(height: int, width: int, batch: int = 1, seed: int = 0) -> torch.Tensor:
    """The hardest picture to interpolate: every pixel is independent."""
    return torch.rand(batch, 3, height, width, generator=torch.Generator().manual_seed(seed))


def smooth_picture(height: int, width: int) -> torch.Tensor:
    """A few slow waves, so that what interpolation loses is small: (1, 3, H, W)."""
    y = torch.linspace(0, 6.0, height).view(1, -1, 1)
    x = torch.linspace(0, 6.0, width).view(1, 1, -1)
    phase = torch.tensor([0.0, 1.0, 2.0]).view(3, 1, 1)
    return (0.5 + 0.25 * torch.sin(x + phase) + 0.25 * torch.cos(y - phase)).unsqueeze(0)
