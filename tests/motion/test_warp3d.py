"""The 3D warp against planes in closed form, a stage of two walls cast by rays, and what must hold for any warp."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from motion import BORDERS, Border, Move, Sampling, Warped, pose, warp, warp_depth, warp_matrix
from tests.motion import twin

SIZES = [(64, 64), (129, 257)]  # (height, width); 512 x 512 in test_full_size
MOVES = {
    "push": Move(translation_z=20),
    "pull": Move(translation_z=-30),
    "truck": Move(translation_x=14, translation_y=-6),
    "look": Move(rotation_3d_x=2, rotation_3d_y=-3, rotation_3d_z=8, translation_z=10, fov=50),
    "zoom lens": Move(translation_z=-25, magnify=1.2, aspect=1.1),
}


def walls(
    height: int, width: int, near: float = 1.0, far: float = 4.0
) -> tuple[torch.Tensor, tuple[float, ...]]:
    """The depth of a wall with a smaller one before it, and the edges of that in pixels: left, right, top, bottom."""
    depth = torch.full((1, 1, height, width), far)
    left, right, top, bottom = width // 3, width // 2, height // 4, 3 * height // 4
    depth[..., top:bottom, left:right] = near
    return depth, (left - 0.5, right - 0.5, top - 0.5, bottom - 0.5)


def cast(
    picture: NDArray[np.float64], move: Move, edges: tuple[float, ...], near: float, far: float
) -> Warped:
    """The same stage by rays, in float64: each destination pixel looks for the near wall, then for the far one."""
    height, width = picture.shape[1:]
    camera = pose(move, (width, height))
    v, u = np.mgrid[:height, :width].astype(np.float64)
    left, right, top, bottom = edges

    def on_wall(distance: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        back = np.linalg.inv(camera.of_plane(distance))
        x, y, w = np.tensordot(back, np.stack((u, v, np.ones_like(u))), 1)
        return x / w, y / w

    (xn, yn), (xf, yf) = on_wall(near), on_wall(far)
    front = (left < xn) & (xn < right) & (top < yn) & (yn < bottom)
    behind = (left < xf) & (xf < right) & (top < yf) & (yf < bottom) & ~front
    x, y = np.where(front, xn, xf), np.where(front, yn, yf)
    inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    i, j = np.clip(np.floor(y).astype(int), 0, height - 2), np.clip(np.floor(x).astype(int), 0, width - 2)
    a, b = (y - i).clip(0, 1), (x - j).clip(0, 1)
    out = (1 - a) * (1 - b) * picture[:, i, j] + (1 - a) * b * picture[:, i, j + 1]
    out += a * (1 - b) * picture[:, i + 1, j] + a * b * picture[:, i + 1, j + 1]
    covered = inside & ~behind
    return Warped(picture=torch.from_numpy(out), coverage=torch.from_numpy(covered))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", MOVES)
def test_two_walls_by_rays(device: torch.device, size: tuple[int, int], name: str) -> None:
    """Away from the edges of the walls, whose pixels are half one wall and half the other, colour and coverage are
    those of the rays; and no more than a rim of one pixel differs at all.
    """
    picture = twin.smooth_picture(*size)
    depth, edges = walls(*size)
    got = warp_depth(picture.to(device), pose(MOVES[name], size[::-1]), depth.to(device))
    wanted = cast(picture[0].double().numpy(), MOVES[name], edges, 1.0, 4.0)
    covered = got.coverage[0, 0].cpu() > 0.999
    agree = covered == wanted.coverage
    assert agree.float().mean() > 1 - 4.0 * sum(size) / (size[0] * size[1])
    both = covered & wanted.coverage
    error = (got.picture[0].cpu() - wanted.picture).abs().amax(0)[both]
    assert error.median() < 2e-4
    assert (error > 0.01).float().mean() < 1.5 / min(size)


def test_full_size() -> None:
    picture = twin.smooth_picture(512, 512)
    depth, edges = walls(512, 512)
    got = warp_depth(picture, pose(MOVES["look"], (512, 512)), depth)
    wanted = cast(picture[0].double().numpy(), MOVES["look"], edges, 1.0, 4.0)
    covered = got.coverage[0, 0] > 0.999
    assert (covered == wanted.coverage).float().mean() > 0.985
    error = (got.picture[0] - wanted.picture).abs().amax(0)[covered & wanted.coverage]
    assert error.median() < 5e-5
    assert (error > 0.01).float().mean() < 0.002


@pytest.mark.parametrize("move", MOVES.values(), ids=list(MOVES))
@pytest.mark.parametrize("slant", [(0.0, 0.35), (0.3, -0.2)])
def test_a_slanted_plane_is_its_homography(
    device: torch.device, move: Move, slant: tuple[float, float]
) -> None:
    """Depth from n X = c for n = (a, b, 1): the warp is K'(R + t n'/c) inv(K), Hartley and Zisserman eq. 13.2."""
    height, width, c = 96, 128, 2.0
    camera = pose(move, (width, height))
    normal = np.array([*slant, 1.0])
    v, u = np.mgrid[:height, :width]
    rays = np.tensordot(np.linalg.inv(camera.lens), np.stack((u, v, np.ones_like(u))), 1)
    depth = torch.from_numpy(c / np.tensordot(normal, rays, 1))[None, None].float()
    matrix = (
        camera.lens_after @ (camera.turn + np.outer(camera.shift, normal / c)) @ np.linalg.inv(camera.lens)
    )
    picture = twin.smooth_picture(height, width).to(device)
    got = warp_depth(picture, camera, depth.to(device))
    wanted = warp_matrix(picture, torch.from_numpy(matrix))
    both = (got.coverage[:, 0] > 0.999) & (wanted.coverage[:, 0] > 0.999)
    assert both.float().mean() > 0.97 * (wanted.coverage > 0.999).float().mean()
    assert (got.picture - wanted.picture).abs().amax(1)[both].max() < 3e-3  # about 0.05 px of this picture
    assert (got.coverage - wanted.coverage).abs().gt(0.5).float().mean() < 0.02


@pytest.mark.parametrize("sampling", ["bilinear", "bicubic"])
@pytest.mark.parametrize("border", BORDERS)
def test_standing_still_changes_no_bit(device: torch.device, border: Border, sampling: Sampling) -> None:
    picture = twin.noise_picture(45, 77).to(device)
    depth = 0.5 + 3 * torch.rand(1, 1, 45, 77, device=device)
    moved = picture
    for _ in range(100):
        warped = warp(moved, [Move()], mode="3d", depth=depth, border=border, sampling=sampling)
        moved = warped.picture
    assert torch.equal(moved, picture)
    assert bool((warped.coverage == 1).all())


def test_nearly_still_neither_darkens_nor_drifts(device: torch.device) -> None:
    """A hundred moves of a thousandth of a pixel on broken ground: not one grey level is lost."""
    picture = torch.full((1, 3, 64, 80), 137 / 255, device=device)
    depth = 1 + torch.rand(1, 1, 64, 80, generator=torch.Generator().manual_seed(3)).to(device)
    for _ in range(100):
        picture = warp(picture, [Move(translation_z=1e-3)], mode="3d", depth=depth).picture
    assert torch.equal((picture * 255).round(), torch.full_like(picture, 137))


def dots(picture: torch.Tensor) -> int:
    """How many pixels of a grey picture (1, 1, H, W) stand out from the middle one of the nine around them."""
    nine = torch.nn.functional.unfold(picture, 3).median(1).values
    return int(((picture[..., 1:-1, 1:-1].flatten() - nine[0]).abs() > 0.5).sum())


@pytest.mark.parametrize("move", [Move(translation_z=80), Move(translation_x=40), Move(translation_y=-40)])
def test_a_ramp_of_depth_tears_without_dots(device: torch.device, move: Move) -> None:
    """A disc before the sky, with edges as soft as a network's: carried far, it is one disc, and the rest is sky."""
    size = 128
    v, u = torch.meshgrid(torch.arange(size) - 50.3, torch.arange(size) - 52.7, indexing="ij")
    beyond = (u**2 + v**2).sqrt() - 20
    picture = (beyond < 0).float()[None, None].to(device)
    depth = torch.exp((beyond / 8 + 0.5).clamp(0, 1) * np.log(50.0))[None, None].to(device)
    torn = warp(picture, [move], mode="3d", depth=depth, border="reveal", sampling="bilinear")
    whole = warp(picture, [move], mode="3d", depth=depth, border="reveal", soft_edges=True)
    assert dots(torn.picture) > 5
    assert dots(whole.picture) == 0
    assert float(whole.picture.mean()) == pytest.approx(float(torn.picture.mean()), rel=0.03)


def test_soft_edges_leave_hard_ones_alone(device: torch.device) -> None:
    """But for the corners of things and the steps of slanting edges."""
    depth, _ = walls(129, 257)
    picture = twin.smooth_picture(129, 257).to(device)
    for move in MOVES.values():
        plain, soft = (
            warp(picture, [move], mode="3d", depth=depth.to(device), soft_edges=on) for on in (False, True)
        )
        other = (plain.picture != soft.picture).any(1) | (plain.coverage != soft.coverage)[:, 0]
        assert float(other.float().mean()) < 0.005


def test_there_and_back(device: torch.device) -> None:
    """A move and its inverse, with the depth moved along, give the picture back within what resampling loses."""
    height, width = 96, 128
    picture = twin.smooth_picture(height, width).to(device)
    depth = (2 + 0.4 * twin.smooth_picture(height, width)[:, :1]).to(device)
    move = Move(translation_z=16, translation_x=8)
    camera = pose(move, (width, height))
    there = warp_depth(picture, camera, depth, sampling="bicubic")
    moved_depth = warp_depth(depth, camera, depth).picture + camera.shift[2]
    back = replace(camera, turn=camera.turn.T, shift=-camera.turn.T @ camera.shift)
    again = warp_depth(there.picture, back, moved_depth, sampling="bicubic").picture
    assert float((again - picture)[..., 24:-24, 24:-24].abs().max()) < 5e-3


@pytest.mark.parametrize(
    ("move", "x", "y"),
    [
        (Move(translation_x=20), -1, 0),
        (Move(translation_y=20), 0, 1),
        (Move(rotation_3d_x=5), 0, 1),
        (Move(rotation_3d_y=5), -1, 0),
    ],
)
def test_signs(move: Move, x: int, y: int) -> None:
    picture = torch.zeros(1, 3, 64, 64)
    picture[:, :, 31:33, 31:33] = 1
    moved = warp(picture, [move], mode="3d").picture[0, 0]
    row, column = divmod(int(moved.argmax()), 64)
    assert (np.sign(round((column - 31.5) / 3)), np.sign(round((row - 31.5) / 3))) == (x, y)


def test_a_push_magnifies_and_a_roll_turns_counter_clockwise() -> None:
    picture = torch.zeros(1, 3, 65, 65)
    picture[:, :, 32, 48] = 1  # 16 right of the middle
    pushed = warp(picture, [Move(translation_z=100)], mode="3d").picture[0, 0]  # a wall at 1 seen from 0.5
    assert divmod(int(pushed.argmax()), 65) == (32, 64)
    rolled = warp(picture, [Move(rotation_3d_z=90)], mode="3d").picture[0, 0]
    assert divmod(int(rolled.argmax()), 65) == (16, 32)


def test_rolling_does_not_depend_on_depth() -> None:
    picture = twin.smooth_picture(48, 80)
    depth = 1 + 5 * torch.rand(1, 1, 48, 80)
    rolled = warp(picture, [Move(rotation_3d_z=9, rotation_3d_y=4)], mode="3d", depth=depth)
    flat = warp(picture, [Move(rotation_3d_z=9, rotation_3d_y=4)], mode="3d")
    assert torch.equal(rolled.picture, flat.picture)


def test_a_dolly_zoom_holds_what_stands_at_its_distance() -> None:
    """Back off by 1 unit from a wall at 2 and make the lens 3/2 as long: that wall keeps its size, another does not."""
    picture, depth = twin.smooth_picture(64, 64), torch.full((1, 1, 64, 64), 2.0)
    move = Move(translation_z=-200, magnify=1.5)
    held = warp(picture, [move], mode="3d", depth=depth)
    torch.testing.assert_close(held.picture, picture, rtol=0, atol=1e-5)
    depth[..., :10] = 8.0
    assert not torch.allclose(warp(picture, [move], mode="3d", depth=depth).picture, picture, atol=0.02)


def test_what_passes_the_camera_is_gone() -> None:
    """A wall at 0.4 units and a step of half a unit: it is behind the camera, and what it hid is uncovered."""
    picture = twin.smooth_picture(64, 64)
    depth, _ = walls(64, 64, near=0.4)
    moved = warp(picture, [Move(translation_z=100)], mode="3d", depth=depth)
    assert bool(moved.picture.isfinite().all())
    assert 0.05 < float((moved.coverage == 0).float().mean()) < 0.4


def test_large_steps_leave_no_gaps(device: torch.device) -> None:
    """Three times as large in one step: every pixel of the wall is there."""
    picture = twin.smooth_picture(64, 64).to(device)
    depth = (3 + 0.01 * torch.rand(1, 1, 64, 64)).to(device)
    assert bool((warp(picture, [Move(translation_z=400)], mode="3d", depth=depth).coverage == 1).all())


@pytest.mark.parametrize(
    ("depth", "said"),
    [
        (torch.ones(1, 1, 8, 9), "the depth of this picture is"),
        (torch.zeros(1, 1, 8, 8), "above 0"),
        (torch.full((1, 1, 8, 8), torch.nan), "finite"),
    ],
)
def test_wrong_depth_is_refused(depth: torch.Tensor, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        warp(torch.rand(1, 3, 8, 8), [Move(translation_z=1)], mode="3d", depth=depth)


@pytest.mark.parametrize(
    "move", [Move(fov=0), Move(fov=180), Move(aspect=0), Move(magnify=-1), Move(translation_z=float("nan"))]
)
def test_impossible_cameras_are_refused(move: Move) -> None:
    with pytest.raises(ValueError, match=r"fov|factors above 0|finite"):
        warp(torch.rand(1, 3, 8, 8), [move], mode="3d")
