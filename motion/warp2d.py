"""Moving a flat picture by a 3 x 3 matrix."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from motion import cpu
from motion.borders import Border
from motion.cpu import NEAREST
from motion.resample import Sampling, Warped, check_reading, covered, resample

Matrix = NDArray[np.float64]

# Beyond this, coordinates would no longer fit float32: the matrix is as good as singular.
_LARGEST = 1e12


def warp_matrix(
    picture: Tensor, matrix: Tensor, *, border: Border = "replicate", sampling: Sampling = "bilinear"
) -> Warped:
    """Move `picture` (B, C, H, W) by `matrix` (3, 3), shears and perspective included.

    Size, device and dtype stay the picture's; on a CPU the result may lie in memory with channels last.
    The matrix belongs on the CPU: one on the device is fetched, which waits for it.

    Convention: `matrix` maps source to destination in OpenCV pixel coordinates (x right, y down, first
    pixel's centre (0, 0)), as cv2.warpPerspective takes it. A point whose third coordinate comes out at or
    below 0 is behind the camera; the destination it would have landed on is uncovered.

    Raises ValueError for wrong shapes, a matrix without inverse, an unknown border or sampling.
    """
    _check(picture, matrix)
    check_reading(border, sampling)
    height, width = picture.shape[-2:]
    inverse = _inverse(matrix)
    if cpu.serves(picture):
        found = cpu.warp(picture, inverse, border=border, sampling=sampling)
        if found is not None:
            return Warped(picture=found[0], coverage=found[1])
    points, front = _sources(inverse, height, width, picture)
    coverage = covered(points, height, width)
    if front is not None:
        coverage *= front
    moved = resample(picture, points, border=border, sampling=sampling)
    return Warped(picture=moved, coverage=coverage.to(picture.dtype).expand(len(picture), -1, -1, -1))


def _sources(inverse: Matrix, height: int, width: int, like: Tensor) -> tuple[Tensor, Tensor | None]:
    """Where each destination pixel comes from, (1, 2, H, W), and which lie before the camera (None: all).

    Each of the three coordinates is a term per column plus a term per row. The terms are short, so they
    are made in float64 on the CPU and sent in one piece; only the sums fill a picture.
    """
    columns = inverse[:, :1] * np.arange(width) + inverse[:, 2:]
    rows = inverse[:, 1:2] * np.arange(height)
    dtype = torch.float64 if like.dtype == torch.float64 else torch.float32
    terms = torch.from_numpy(np.concatenate((columns, rows), 1)).to(dtype)
    terms = terms.to(like.device, non_blocking=True)[None]
    column, row = terms[:, :, None, :width], terms[:, :, width:, None]
    if (inverse[2] == (0, 0, 1)).all():
        return column[:, :2] + row[:, :2], None
    depth = column[:, 2:] + row[:, 2:]
    return (column[:, :2] + row[:, :2]).div_(depth.clamp(min=NEAREST)), depth > NEAREST


def _inverse(matrix: Tensor) -> Matrix:
    """By cofactors, in plain numbers: what LAPACK takes to begin is a tenth of a small picture's warp."""
    (a, b, c), (d, e, f), (g, h, k) = rows = matrix.detach().to("cpu", torch.float64).tolist()
    first = e * k - f * h, f * g - d * k, d * h - e * g
    whole = a * first[0] + b * first[1] + c * first[2]
    cofactors = (
        (first[0], c * h - b * k, b * f - c * e),
        (first[1], a * k - c * g, c * d - a * f),
        (first[2], b * g - a * h, a * e - b * d),
    )
    inverse = [[value / whole if whole else math.nan for value in row] for row in cofactors]
    if not all(abs(value) < _LARGEST for row in inverse for value in row):
        raise ValueError(f"a camera matrix needs an inverse, this one has none: {rows}")
    return np.array(inverse)


def _check(picture: Tensor, matrix: Tensor) -> None:
    if picture.dim() != 4 or not picture.is_floating_point():
        given = f"{picture.dtype} {tuple(picture.shape)}"
        raise ValueError(f"a picture is a float tensor (B, C, H, W), got {given}")
    if tuple(matrix.shape) != (3, 3):
        raise ValueError(f"a picture is moved by a matrix (3, 3), got {tuple(matrix.shape)}")
