"""Pairs of pictures: disparities are those of the closed form, and half spheres are where angles say."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from motion.pose import lens
from motion.stereo import eye, half_sphere

W, H, FOV = 128, 96, 60.0
FOCAL = H / 2 / math.tan(math.radians(FOV) / 2)


def blob(x: float, y: float = H / 2) -> Tensor:
    """A bright spot on black whose centre is at (x, y)."""
    rows, columns = torch.meshgrid(torch.arange(H), torch.arange(W), indexing="ij")
    return torch.exp(-((columns - x) ** 2 + (rows - y) ** 2) / 18.0)[None, None].repeat(1, 3, 1, 1)


def centre(picture: Tensor) -> tuple[float, float]:
    """The centre of brightness."""
    grey = picture[0].mean(0).double()
    rows, columns = torch.meshgrid(torch.arange(grey.shape[0]), torch.arange(grey.shape[1]), indexing="ij")
    return float((grey * columns).sum() / grey.sum()), float((grey * rows).sum() / grey.sum())


@pytest.mark.parametrize("distance", [0.8, 1.5, 4.0])
@pytest.mark.parametrize("screen", [math.inf, 1.5])
@pytest.mark.parametrize("aspect", [1.0, 1.25])
def test_a_wall_is_shifted_by_the_closed_form(distance: float, screen: float, aspect: float) -> None:
    depth, between = torch.full((1, 1, H, W), distance), 0.06
    left, right = (
        centre(eye(blob(60.0), depth, offset=o, fov=FOV, aspect=aspect, screen=screen, sampling="bilinear"))
        for o in (-between / 2, between / 2)
    )
    wanted = FOCAL / aspect * between * (1 / distance - 1 / screen)
    assert left[0] - right[0] == pytest.approx(wanted, abs=0.01)
    assert left[1] == pytest.approx(right[1], abs=1e-3)
    if distance == screen:
        assert left[0] == pytest.approx(60.0, abs=0.01)


def test_near_things_are_shifted_more_and_nothing_is_left_black() -> None:
    depth = torch.full((1, 1, H, W), 5.0)
    depth[..., 30:60, 40:80] = 1.0
    given = torch.full((1, 3, H, W), 0.3)
    given[..., 30:60, 40:80] = 0.9
    seen = eye(given, depth, offset=0.1, fov=FOV)
    assert float(seen.min()) > 0.25
    bright = torch.nonzero(seen[0, 0, 45] > 0.6)[:, 0]
    assert float(bright.float().mean()) == pytest.approx(59.5 - FOCAL * 0.1, abs=1.0)


def test_half_spheres_show_directions_where_their_angles_say() -> None:
    size = (W, H)
    camera = lens(FOV, 1.0, size)
    direction = np.array([0.2, -0.15, 1.0])  # right, and up
    x, y, _ = camera @ (direction / direction[2])
    seen = half_sphere(blob(float(x), float(y)), fov=FOV)
    side = seen.shape[-1]
    assert seen.shape == (1, 3, side, side)
    assert side == 2 * round(math.pi * FOCAL / 2)
    right = math.degrees(math.atan2(direction[0], direction[2]))
    up = math.degrees(math.atan2(-direction[1], math.hypot(direction[0], direction[2])))
    column, row = centre(seen)
    assert ((column + 0.5) / side - 0.5) * 180 == pytest.approx(right, abs=0.3)
    assert (0.5 - (row + 0.5) / side) * 180 == pytest.approx(up, abs=0.3)
    white = half_sphere(torch.ones(1, 3, H, W), fov=FOV)
    assert float(white[0, 0, side // 2, side // 2]) == pytest.approx(1.0, abs=1e-5)
    assert float(white[0, 0, 0].max()) == 0.0
    high = float((white[0, 0, :, side // 2] > 0.5).float().mean()) * 180
    assert high == pytest.approx(FOV, abs=1.5)
