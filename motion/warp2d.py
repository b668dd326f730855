"""Moving a flat picture by a 3 x 3 matrix."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from motion import quick
from motion.borders import BORDERS, Border
from motion.resample import SAMPLINGS, Sampling, Warped, covered, resample

Matrices = NDArray[np.float64]

# Where the camera's plane is nearer than this the picture is stretched a million times: nothing to see.
_NEAREST = 1e-6
# Beyond this, coordinates would no longer fit float32: the matrix is as good as singular.
_LARGEST = 1e12


def warp_matrix(
    picture: Tensor, matrix: Tensor, *, border: Border = "replicate", sampling: Sampling = "bilinear"
) -> Warped:
    """Move `picture` (B, C, H, W) by `matrix`, (3, 3) or (B, 3, 3), shears and perspective included.

    Size, device and dtype stay the picture's; on a CPU the result may lie in memory with channels last.
    Matrices belong on the CPU: one on the device is fetched, which waits for it.

    Convention: `matrix` maps source to destination in OpenCV pixel coordinates (x right, y down, first
    pixel's centre (0, 0)), as cv2.warpPerspective takes it. A point whose third coordinate comes out at or
    below 0 is behind the camera; the destination it would have landed on is uncovered.

    Raises ValueError for wrong shapes, a matrix without inverse, an unknown border or sampling.
    """
    _check(picture, matrix)
    height, width = picture.shape[-2:]
    inverse = _inverse(matrix)
    if sampling in SAMPLINGS and border in BORDERS and quick.serves(picture):
        moved, coverage = quick.warp_flat(picture, inverse, border=border, sampling=sampling)
        return Warped(picture=moved, coverage=coverage)
    points, front = _sources(inverse, height, width, picture)
    coverage = covered(points, height, width)
    if front is not None:
        coverage *= front
    moved = resample(picture, points, border=border, sampling=sampling)
    return Warped(picture=moved, coverage=coverage.to(picture.dtype))


def _sources(inverse: Matrices, height: int, width: int, like: Tensor) -> tuple[Tensor, Tensor | None]:
    """Where each destination pixel comes from, (B, 2, H, W), and which lie before the camera (None: all).

    Each of the three coordinates is a term per column plus a term per row. The terms are short, so they
    are made in float64 on the CPU and sent in one piece; only the sums fill a picture.
    """
    columns = inverse[:, :, :1] * np.arange(width) + inverse[:, :, 2:]
    rows = inverse[:, :, 1:2] * np.arange(height)
    dtype = torch.float64 if like.dtype == torch.float64 else torch.float32
    terms = torch.from_numpy(np.concatenate((columns, rows), 2)).to(dtype)
    terms = terms.to(like.device, non_blocking=True).expand(len(like), -1, -1)
    column, row = terms[:, :, None, :width], terms[:, :, width:, None]
    if (inverse[:, 2] == (0, 0, 1)).all():
        return column[:, :2] + row[:, :2], None
    depth = column[:, 2:] + row[:, 2:]
    return (column[:, :2] + row[:, :2]).div_(depth.clamp(min=_NEAREST)), depth > _NEAREST


def _inverse(matrix: Tensor) -> Matrices:
    """(3, 3) or (B, 3, 3) to the inverse, (1, 3, 3) or (B, 3, 3). In NumPy: quicker with small things."""
    given = matrix.detach().to("cpu", torch.float64).reshape(-1, 3, 3).numpy()
    try:
        inverse = np.linalg.inv(given)
    except np.linalg.LinAlgError:
        inverse = np.full_like(given, np.nan)
    if not (np.abs(inverse) < _LARGEST).all():
        raise ValueError(f"a camera matrix needs an inverse, this one has none: {given.tolist()}")
    return inverse


def _check(picture: Tensor, matrix: Tensor) -> None:
    if picture.dim() != 4 or not picture.is_floating_point():
        given = f"{picture.dtype} {tuple(picture.shape)}"
        raise ValueError(f"a picture is a float tensor (B, C, H, W), got {given}")
    batch = len(picture)
    if tuple(matrix.shape) not in ((3, 3), (1, 3, 3), (batch, 3, 3)):
        given = str(tuple(matrix.shape))
        raise ValueError(f"{batch} pictures are moved by a matrix (3, 3) or ({batch}, 3, 3), got {given}")
