"""3D as Deforum and Disco Diffusion move it, for films that depend on it.

This is a flow, not a camera: the picture's axes from -1 to 1 are used as positions in the world, whatever its aspect,
and each destination pixel is moved by the source's depth at that same pixel. So rolling depends on depth, wide pictures
shear, and nothing hides anything. Their loss of half a grey level at each warp is a bug and is not kept.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from motion.camera import Move, turn
from motion.pose import UNITS

_NEAREST = 1e-3
_BINS = 1024


def flow(move: Move, depth: Tensor) -> Tensor:
    """How far the content moves at each destination pixel, (1, 2, H, W), in pixels, x right and y down.

    P' = P R + T with R = Rx Ry Rz and T = (-x, y, -z) / 200 on row vectors P = (u, v, z), u and v from -1 to 1 over
    width and height; moved by cot(fov / 2) (P'xy / P'z - Pxy / z). `depth` (1, 1, H, W) is z.
    """
    height, width = depth.shape[-2:]
    u = torch.linspace(-1, 1, width, device=depth.device)[None, :]
    v = torch.linspace(-1, 1, height, device=depth.device)[:, None]
    z = depth[0, 0]
    r = turn(move.rotation_3d_x, move.rotation_3d_y, move.rotation_3d_z).tolist()
    t = (-move.translation_x / UNITS, move.translation_y / UNITS, -move.translation_z / UNITS)
    x, y, far = ((u * r[0][i] + t[i] + v * r[1][i]).add_(z, alpha=r[2][i]) for i in range(3))
    safe, s = far.clamp_(min=_NEAREST), 1 / math.tan(math.radians(move.fov) / 2)
    across = x.div_(safe).sub_(u / z).mul_(s / move.aspect * width / 2)
    down = y.div_(safe).sub_(v / z).mul_(s * height / 2)
    return torch.stack((across, down))[None]


def equalised(raw: Tensor) -> Tensor:
    """Deforum's z from a relative inverse depth (B, 1, H, W): 2 minus its histogram-equalised [0, 1], 1024 bins.

    A map without any depth is z = 1 everywhere, as there.
    """
    out = []
    for one in raw.float():
        low, high = one.min(), one.max()
        if not bool(torch.isfinite(one).all()) or float(high - low) <= 1e-6 * float(high.abs()):
            out.append(torch.ones_like(one))
            continue
        share = (one - low) / (high - low)
        counts = torch.histc(share, _BINS, 0, 1).cumsum(0)
        rank = (counts / counts[-1])[(share * (_BINS - 1)).round().long()]
        out.append(2 - rank)
    return torch.stack(out)


def disco_z(raw: Tensor) -> Tensor:
    """Disco Diffusion's z from MiDaS's output (B, 1, H, W): (50 - MiDaS) / 19, kept before the camera."""
    return ((50 - raw.float()) / 19).clamp(min=_NEAREST)
