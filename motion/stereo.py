"""What two eyes see: pairs of pictures from one picture and its depth, flat or as half a sphere."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from motion.holes import fill
from motion.pose import Pose, lens
from motion.resample import Sampling, covered, resample
from motion.warp3d import warp_depth

_FAR_OUT = 4.0  # widths beyond which a place is outside whatever it is
_LARGEST = 4096


def eye(
    picture: Tensor,
    depth: Tensor,
    *,
    offset: float,
    fov: float,
    aspect: float = 1.0,
    screen: float = math.inf,
    sampling: Sampling = "bicubic",
    soft_edges: bool = False,
) -> Tensor:
    """`picture` (1, C, H, W) as an eye sees it that stands `offset` units right of the camera: (1, C, H, W).

    depth: (1, 1, H, W) in units. fov, aspect: of the camera, as in `Move`. What the eye sees behind the edges of near
    things is filled smoothly from round it. soft_edges: see `warp_depth`.

    Convention: both eyes look the same way (no toe-in, which would bend the picture); the lens is shifted sideways so
    that what is `screen` units away stands at the same place for both. A point at depth z is seen
    `-f * offset * (1/z - 1/screen)` pixels from where the camera sees it, with f = H / 2 / tan(fov / 2) / aspect.
    """
    before = lens(fov, aspect, (picture.shape[-1], picture.shape[-2]))
    after = before.copy()
    after[0, 2] += before[0, 0] * offset / screen
    stand = Pose(turn=np.eye(3), shift=np.array([-offset, 0.0, 0.0]), lens=before, lens_after=after)
    seen = warp_depth(picture, stand, depth, sampling=sampling, soft_edges=soft_edges)
    return fill(seen.picture, seen.coverage)


def half_sphere(picture: Tensor, *, fov: float, aspect: float = 1.0) -> Tensor:
    """`picture` (B, C, H, W) on the half sphere before the eye, (B, C, S, S): equirectangular, black around it.

    Convention: column i looks ((i + 1/2) / S - 1/2) * 180 degrees to the right, row j as many up from the middle to the
    top. S is even and such that a pixel in the middle keeps its size, 4096 at most.
    """
    height, width = picture.shape[-2:]
    camera = lens(fov, aspect, (width, height))
    side = min(_LARGEST, 2 * round(math.pi * camera[1, 1] / 2))
    angle = (torch.arange(side, dtype=torch.float64) + 0.5) / side * math.pi - math.pi / 2
    down, right = torch.meshgrid(angle, angle, indexing="ij")
    ahead = (down.cos() * right.cos()).clamp(min=1e-9)
    x = camera[0, 0] * down.cos() * right.sin() / ahead + camera[0, 2]
    y = camera[1, 1] * down.sin() / ahead + camera[1, 2]
    x, y = (p.clamp(-_FAR_OUT * n, (_FAR_OUT + 1) * n) for p, n in ((x, width), (y, height)))
    points = torch.stack([x, y])[None].float().to(picture.device).repeat(len(picture), 1, 1, 1)
    shown = resample(picture, points, border="replicate", sampling="bicubic")
    return shown * covered(points, height, width).to(shown.dtype)
