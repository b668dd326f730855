"""3D and the perspective flip as Deforum and Disco Diffusion do them, against numbers from the originals."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from motion import COMPATS, Move, disco_z, equalised, flip_matrix, flow, warp
from tests.motion import twin

# (move, where on 512 x 512, axis, pixels at z = 1, 1.5 and 2), fov 70
RIGHT, MIDDLE, BOTTOM = (256, 511), (256, 256), (511, 256)
DISPLACEMENTS = [
    (Move(translation_x=1), MIDDLE, 0, (-1.828, -1.219, -0.914)),
    (Move(translation_x=1), RIGHT, 0, (-1.828, -1.219, -0.914)),
    (Move(translation_y=1), MIDDLE, 1, (1.828, 1.219, 0.914)),
    (Move(translation_z=1), RIGHT, 0, (1.837, 0.815, 0.458)),
    (Move(translation_z=1.75), RIGHT, 0, (3.227, 1.430, 0.803)),
    (Move(translation_z=10), BOTTOM, 1, (19.242, 8.405, 4.687)),
    (Move(rotation_3d_y=1), MIDDLE, 0, (-6.382, -6.382, -6.382)),
    (Move(rotation_3d_y=1), RIGHT, 0, (-12.544, -9.112, -7.908)),
    (Move(rotation_3d_x=1), MIDDLE, 1, (6.382, 6.382, 6.382)),
    (Move(rotation_3d_x=1), BOTTOM, 1, (12.990, 9.327, 8.047)),
    (Move(rotation_3d_z=1), RIGHT, 1, (-6.381, -4.254, -3.190)),
]


@pytest.mark.parametrize(("move", "at", "axis", "pixels"), DISPLACEMENTS)
def test_displacements(move: Move, at: tuple[int, int], axis: int, pixels: tuple[float, ...]) -> None:
    for z, expected in zip((1.0, 1.5, 2.0), pixels, strict=True):
        moved = flow(move, torch.full((1, 1, 512, 512), z))[0, axis]
        assert float(moved[at]) == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize(("z", "zoom"), [(1.0, 1.169), (2.0, 1.037), (3.0, 1.016), (5.0, 1.006)])
def test_discos_zoom_by_depth(z: float, zoom: float) -> None:
    """Disco's default fov of 40 and translation_z of 10, as a zoom per frame."""
    edge = float(flow(Move(translation_z=10, fov=40), torch.full((1, 1, 512, 512), z))[0, 0, 256, 511])
    assert 1 / (1 - edge / 256) == pytest.approx(zoom, abs=1.5e-3)


@pytest.mark.parametrize(("fov", "scale"), [(40, 2.7475), (60, 1.7321), (90, 1.0), (120, 0.5774)])
def test_the_lens(fov: float, scale: float) -> None:
    moved = flow(Move(translation_x=1, fov=fov), torch.ones(1, 1, 512, 512))[0, 0, 0, 0]
    assert float(moved) == pytest.approx(-scale / 200 * 256, abs=1e-3)


def test_the_picture_goes_where_the_flow_says() -> None:
    picture = twin.smooth_picture(64, 64)
    moved = warp(picture, [Move(translation_x=35, fov=90)], mode="3d", compat="deforum")  # -5.6 px
    shifted = warp(picture, [Move(translation_x=-5.6)])
    torch.testing.assert_close(moved.picture, shifted.picture, rtol=0, atol=2e-5)
    torch.testing.assert_close(moved.coverage, shifted.coverage, rtol=0, atol=2e-5)


def test_fifty_warps_do_not_darken() -> None:
    """The originals lose 25 of 137 grey levels here (Deforum's tz of 1.75, 50 times, 8 bit)."""
    picture = torch.full((1, 3, 64, 64), 137 / 255)
    for _ in range(50):
        moved = warp(picture, [Move(translation_z=1.75)], mode="3d", compat="deforum", sampling="bicubic")
        picture = (moved.picture * 255).round() / 255
    assert torch.equal((picture * 255).round(), torch.full_like(picture, 137))


FLIPS = {
    "phi": ((46.627, 58.823), (262.887, 267.713), (515.672, 511.886)),
    "gamma": ((-43.477, -59.281), (254.119, 248.813), (504.779, 508.315)),
    "theta": ((118.840, -90.309), (299.636, 222.840), (480.433, 535.989)),
}


@pytest.mark.parametrize("name", FLIPS)
def test_deforums_flip(name: str) -> None:
    matrix = flip_matrix(Move(**{f"perspective_flip_{name}": 15.0}), (512, 512), deforum=True)
    for point, expected in zip((0, 256, 512), FLIPS[name], strict=True):
        x, y, w = matrix @ (point, point, 1)
        assert (x / w, y / w) == pytest.approx(expected, abs=1e-3)


def test_our_flip_turns_about_the_middle_and_is_nothing_at_zero() -> None:
    assert np.array_equal(flip_matrix(Move(), (512, 300)), np.eye(3))
    for name in FLIPS:
        matrix = flip_matrix(Move(**{f"perspective_flip_{name}": 20.0}), (512, 300))
        x, y, w = matrix @ (255.5, 149.5, 1)
        assert (x / w, y / w) == pytest.approx((255.5, 149.5))
    nearly = flip_matrix(Move(perspective_flip_phi=1e-6), (512, 300))
    np.testing.assert_allclose(
        nearly / nearly[2, 2], np.eye(3), atol=1e-4
    )  # no jump where the angle passes 0


def test_the_flip_keeps_the_shift() -> None:
    """Deforum drops translation_x and _y in 2D while the flip is on: a slip of three matrices in a call for two."""
    picture = twin.smooth_picture(64, 64)
    flipped = warp(picture, [Move(perspective_flip_phi=10)]).picture
    shifted = warp(picture, [Move(perspective_flip_phi=10, translation_x=8)]).picture
    assert not torch.allclose(flipped, shifted, atol=0.05)


def test_the_flip_uncovers_in_3d_too() -> None:
    picture, depth = twin.smooth_picture(64, 64), 1 + twin.smooth_picture(64, 64)[:, :1]
    for compat in COMPATS:
        flat = warp(picture, [Move(perspective_flip_phi=25)], compat=compat).coverage
        still = warp(picture, [Move(perspective_flip_phi=25)], mode="3d", depth=depth, compat=compat).coverage
        torch.testing.assert_close(still, flat, rtol=0, atol=1e-3)
        move = Move(perspective_flip_phi=25, translation_z=2)
        moved = warp(picture, [move], mode="3d", depth=depth, compat=compat).coverage
        assert 0 < float((flat - moved).abs().mean()) < 0.03  # the hole moves with the picture


def test_deforums_depth() -> None:
    """Equalised: the ranks of a ramp are the ramp; near (large inverse depth) is 1, far is 2; flat is 1."""
    ramp = torch.linspace(3, 9, 4096).view(1, 1, 64, 64)
    z = equalised(ramp)
    torch.testing.assert_close(z.flatten(), torch.linspace(2, 1, 4096), rtol=0, atol=2e-3)
    torch.testing.assert_close(equalised(ramp**3), z, rtol=0, atol=0.02)  # ranks do not care
    assert torch.equal(equalised(torch.full((1, 1, 4, 4), 7.0)), torch.ones(1, 1, 4, 4))
    assert torch.equal(equalised(torch.full((1, 1, 4, 4), torch.nan)), torch.ones(1, 1, 4, 4))


def test_discos_depth() -> None:
    z = disco_z(torch.tensor([12.0, 31.0, 60.0]).view(1, 1, 1, 3))
    torch.testing.assert_close(z.flatten(), torch.tensor([2.0, 1.0, 1e-3]))
