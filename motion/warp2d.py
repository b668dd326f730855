"""Moving a flat picture by a 3 x 3 matrix."""

from __future__ import annotations

import torch
from torch import Tensor

from motion.borders import Border
from motion.resample import Sampling, Warped, covered, resample

# Where the camera's plane is nearer than this the picture is stretched a million times: nothing to see.
_NEAREST = 1e-6
# Beyond this, coordinates would no longer fit float32: the matrix is as good as singular.
_LARGEST = 1e12


def warp_matrix(
    picture: Tensor, matrix: Tensor, *, border: Border = "replicate", sampling: Sampling = "bilinear"
) -> Warped:
    """Move `picture` (B, C, H, W) by `matrix`, (3, 3) or (B, 3, 3): any homography, shears and perspective
    included.

    Same size, device and dtype as the picture. Matrices belong on the CPU: one on the device is fetched,
    which waits for it.

    Convention: `matrix` maps source to destination in OpenCV pixel coordinates (x right, y down, first
    pixel's centre (0, 0)), as cv2.warpPerspective takes it. A point whose third coordinate comes out at or
    below 0 is behind the camera; the destination it would have landed on is uncovered.

    Raises ValueError for wrong shapes, a matrix without inverse, an unknown border or sampling.
    """
    _check(picture, matrix)
    height, width = picture.shape[-2:]
    inverse = _inverse(matrix).expand(picture.shape[0], 3, 3)
    points, front = _sources(inverse, height, width, picture)
    coverage = covered(points, height, width)
    if front is not None:
        coverage *= front
    moved = resample(picture, points, border=border, sampling=sampling)
    return Warped(picture=moved, coverage=coverage.to(picture.dtype))


def _sources(inverse: Tensor, height: int, width: int, like: Tensor) -> tuple[Tensor, Tensor | None]:
    """Where each destination pixel comes from, (B, 2, H, W), and which come from before the camera (None:
    all of them).

    Each of the three coordinates is a term per column plus a term per row. The terms are short, so they are
    made in float64 on the CPU and sent in one piece; only the sums fill a picture.
    """
    dtype = torch.float64 if like.dtype == torch.float64 else torch.float32
    columns = inverse[:, :, :1] * torch.arange(width) + inverse[:, :, 2:]
    rows = inverse[:, :, 1:2] * torch.arange(height)
    terms = torch.cat((columns, rows), 2).to(dtype).to(like.device, non_blocking=True)
    column, row = terms[:, :, None, :width], terms[:, :, width:, None]
    if bool((inverse[:, 2] == torch.tensor((0.0, 0.0, 1.0), dtype=torch.float64)).all()):
        return column[:, :2] + row[:, :2], None
    sums = column + row
    depth = sums[:, 2:]
    return sums[:, :2] / depth.clamp(min=_NEAREST), depth > _NEAREST


def _inverse(matrix: Tensor) -> Tensor:
    inverse: Tensor
    inverse, failed = torch.linalg.inv_ex(matrix.detach().to("cpu", torch.float64))
    if bool(failed.any()) or not bool((inverse.abs() < _LARGEST).all()):
        raise ValueError(f"a camera matrix needs an inverse, this one has none: {matrix.tolist()}")
    return inverse


def _check(picture: Tensor, matrix: Tensor) -> None:
    if picture.dim() != 4 or not picture.is_floating_point():
        given = f"{picture.dtype} {tuple(picture.shape)}"
        raise ValueError(f"a picture is a float tensor (B, C, H, W), got {given}")
    batch = len(picture)
    if tuple(matrix.shape) not in ((3, 3), (1, 3, 3), (batch, 3, 3)):
        given = str(tuple(matrix.shape))
        raise ValueError(f"{batch} pictures are moved by a matrix (3, 3) or ({batch}, 3, 3), got {given}")
