"""The warp in space as it is usually written, after Deforum's and Disco Diffusion's described behaviour.

Two cameras as 4 x 4 matrices over the list of all points, the grids rebuilt each time, the picture from 8 bits to
floats and back. It makes no coverage mask and hides nothing.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from motion import Move
from projects import Picture


def moved_in_space(picture: Picture, depth: Tensor, move: Move) -> Picture:
    """`picture` (H, W, 3) moved by the flow between two cameras; depth: (H, W) on the device to use."""
    height, width = depth.shape
    device = depth.device
    y, x = torch.meshgrid(
        torch.linspace(-1, 1, height, device=device),
        torch.linspace(-1, 1, width, device=device),
        indexing="ij",
    )
    points = torch.stack(
        (x.flatten(), y.flatten(), depth.flatten(), torch.ones(height * width, device=device)), 1
    )
    still, after = (_camera(m).to(device) for m in (Move(fov=move.fov), move))
    flow = _seen(points, after)[:, :2] - _seen(points, still)[:, :2]
    theta = torch.eye(2, 3, device=device)[None]
    grid = torch.nn.functional.affine_grid(theta, [1, 1, height, width], align_corners=False)
    tensor = torch.from_numpy(np.moveaxis(picture, 2, 0).astype(np.float32)).to(device)
    moved = torch.nn.functional.grid_sample(
        tensor[None],
        grid - flow.view(1, height, width, 2),
        mode="bicubic",
        padding_mode="border",
        align_corners=False,
    )
    return np.moveaxis(moved[0].clamp(0, 255).cpu().numpy(), 0, 2).astype(np.uint8)


def _camera(move: Move) -> Tensor:
    """World to screen, (4, 4), for row vectors."""
    turns = torch.eye(4)
    for axis, degrees in enumerate((move.rotation_3d_x, move.rotation_3d_y, move.rotation_3d_z)):
        c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        about = torch.eye(4)
        a, b = ((1, 2), (2, 0), (0, 1))[axis]
        about[a, a] = about[b, b] = c
        about[a, b], about[b, a] = -s, s
        turns = turns @ about
    turns[3, :3] = torch.tensor([-move.translation_x, move.translation_y, -move.translation_z]) / 200
    scale = 1 / math.tan(math.radians(move.fov) / 2)
    projection = torch.zeros(4, 4)
    projection[0, 0] = projection[1, 1] = scale
    projection[2, 2] = projection[2, 3] = projection[3, 2] = 1
    return turns @ projection


def _seen(points: Tensor, camera: Tensor) -> Tensor:
    seen = points @ camera
    return seen / seen[:, 3:]
