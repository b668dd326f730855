"""OpenCV's way on a CPU against torch's way, which a gradient asks for; and what must not change a bit."""

from __future__ import annotations

from itertools import product

import cv2
import pytest
import torch

from motion import BORDERS, Border, Move, Sampling, Warped, cpu, matrix2d, pose, warp_depth, warp_matrix
from motion.warp3d import carry_depth
from tests.motion import twin

SIZES = [(64, 64), (129, 257), (512, 512)]  # (height, width)
PERSPECTIVE = torch.tensor([[1.02, 0.1, -9.0], [-0.07, 0.95, 6.0], [4e-4, -3e-4, 1.0]], dtype=torch.float64)
SAMPLINGS: tuple[Sampling, ...] = ("bilinear", "bicubic")


def matrices(size: tuple[int, int]) -> list[torch.Tensor]:
    height, width = size
    moves = Move(angle=3, zoom=1.1), Move(zoom=0.6, angle=20, translation_x=30)
    return [*(matrix2d(move, (width, height)) for move in moves), PERSPECTIVE]


def by_torch(picture: torch.Tensor, matrix: torch.Tensor, border: Border, sampling: Sampling) -> Warped:
    return warp_matrix(picture.clone().requires_grad_(), matrix, border=border, sampling=sampling)


def agree(got: Warped, wanted: Warped, tolerance: float) -> None:
    torch.testing.assert_close(got.picture, wanted.picture.detach(), rtol=0, atol=tolerance)
    torch.testing.assert_close(got.coverage.contiguous(), wanted.coverage.detach(), rtol=0, atol=tolerance)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_flat_equals_torch(size: tuple[int, int], sampling: Sampling) -> None:
    """Positions in float32 are some 1e-5 px apart at 512; a picture of noise has slopes of 1."""
    picture = twin.noise_picture(*size, batch=2)
    for matrix in matrices(size):
        for border in BORDERS if size[0] < 500 else ("replicate",):
            got = warp_matrix(picture, matrix, border=border, sampling=sampling)
            agree(got, by_torch(picture, matrix, border, sampling), 3e-4)


@pytest.mark.parametrize("sampling", SAMPLINGS)
@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5])
def test_any_channels_any_memory(channels: int, sampling: Sampling) -> None:
    """As a batch, with channels last, and cut out of something larger: the same bits."""
    source = torch.Generator().manual_seed(1)
    whole = torch.rand(2, channels, 47, 61, generator=source)
    matrix = matrices((47, 61))[0]
    got = warp_matrix(whole, matrix, sampling=sampling)
    agree(got, by_torch(whole, matrix, "replicate", sampling), 3e-5)
    framed = torch.zeros(2, channels, 50, 70)
    framed[..., 2:49, 3:64] = whole
    for same in (whole.contiguous(memory_format=torch.channels_last), framed[..., 2:49, 3:64]):
        assert torch.equal(warp_matrix(same, matrix, sampling=sampling).picture, got.picture)
    for index in range(channels):
        alone = warp_matrix(whole[:, index : index + 1], matrix, sampling=sampling).picture
        torch.testing.assert_close(alone, got.picture[:, index : index + 1], rtol=0, atol=1e-6)


def stage(height: int, width: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Noise on rough ground with a wall in it."""
    source = torch.Generator().manual_seed(2)
    depth = 2 + 3 * torch.rand(1, 1, height, width, generator=source)
    depth[..., height // 4 : height // 2, width // 3 : width // 2] = 1
    return twin.noise_picture(height, width), depth


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    "move",
    [
        Move(translation_z=20, rotation_3d_y=2, rotation_3d_z=3),
        Move(translation_x=40, translation_z=-30, magnify=1.2),
        Move(translation_z=160),  # three to a pixel each way, and some of it behind the camera
    ],
)
def test_space_equals_torch(size: tuple[int, int], move: Move) -> None:
    picture, depth = stage(*size)
    camera = pose(move, size[::-1])
    for sampling, soft in product(SAMPLINGS, (False, True)):
        got = warp_depth(picture, camera, depth, sampling=sampling, soft_edges=soft)
        wanted = warp_depth(
            picture.clone().requires_grad_(), camera, depth, sampling=sampling, soft_edges=soft
        )
        agree(got, wanted, 3e-4)
    assert 0 < float((got.coverage == 0).float().mean()) < 0.6


def test_medians_are_those_of_torch() -> None:
    """Also at the edges, which continue, and where nothing is."""
    plane = torch.rand(1, 1, 31, 44, generator=torch.Generator().manual_seed(1))
    plane[plane > 0.7] = torch.inf
    around = torch.nn.functional.pad(plane, (2, 2, 2, 2), mode="replicate").unfold(2, 5, 1).unfold(3, 5, 1)
    assert torch.equal(cpu.median(plane), around.flatten(-2).median(-1).values)


@pytest.mark.parametrize("near", [20, 300])
def test_the_nearest_wins(near: float) -> None:
    """Each pixel thrown by itself, in plain Python, at most half a pixel's footprint away from where it lands."""
    _, depth = stage(23, 31)
    camera = pose(Move(translation_z=near, translation_x=20), (31, 23))
    got = carry_depth(depth, camera)[0, 0]
    lens, after = torch.from_numpy(camera.lens), torch.from_numpy(camera.lens_after)
    landed = torch.full((23, 31), torch.inf)
    for y, x in product(range(23), range(31)):
        ray = torch.linalg.solve(lens, torch.tensor((x, y, 1.0), dtype=torch.float64))
        there = after @ (
            torch.from_numpy(camera.turn) @ (ray * depth[0, 0, y, x]) + torch.from_numpy(camera.shift)
        )
        if there[2] > 1e-3:
            u, v = int((there[0] / there[2]).round()), int((there[1] / there[2]).round())
            if 0 <= v < 23 and 0 <= u < 31:
                landed[v, u] = min(float(landed[v, u]), float(there[2]))
    hit = landed.isfinite()
    assert bool((got[hit] <= landed[hit] + 1e-5).all()), (
        "what lands on a pixel, or something nearer, is there"
    )
    assert bool((got.isfinite() | ~hit).all())


@pytest.mark.parametrize("threads", [2, 3, 7])
def test_threads_change_no_bit(threads: int) -> None:
    picture, depth = stage(200, 190)
    camera = pose(Move(translation_z=20, rotation_3d_y=2), (190, 200))

    def all_of_it() -> list[torch.Tensor]:
        there = warp_depth(picture, camera, depth, sampling="bicubic")
        flatly = warp_matrix(picture, PERSPECTIVE)
        return [there.picture, there.coverage, flatly.picture, flatly.coverage]

    before = torch.get_num_threads(), cv2.getNumThreads()
    made = []
    try:
        for number in (1, threads):
            torch.set_num_threads(number)
            cv2.setNumThreads(number)
            made.append(all_of_it())
    finally:
        torch.set_num_threads(before[0])
        cv2.setNumThreads(before[1])
    for one, other in zip(*made, strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("border", BORDERS)
def test_no_position_is_too_far(border: Border) -> None:
    """Positions a million pixels away take no longer than others, and a matrix may lead there."""
    picture = twin.noise_picture(16, 16)
    away = torch.tensor([[1.0, 0, 3e7], [0, 1, -2e9], [0, 0, 1]], dtype=torch.float64)
    horizon = torch.tensor([[1.0, 0, 0], [0, 1, 0], [0, 0.0666666, 1]], dtype=torch.float64)
    for matrix in (away, horizon):
        for sampling in SAMPLINGS:
            moved = warp_matrix(picture, matrix, border=border, sampling=sampling)
            assert bool(((moved.picture >= 0) & (moved.picture <= 1)).all())
            agree(
                Warped(picture=picture, coverage=moved.coverage),
                Warped(picture=picture, coverage=by_torch(picture, matrix, border, sampling).coverage),
                3e-4,
            )


def test_pictures_that_opencv_does_not_take_are_read_by_torch() -> None:
    """Sides of more than 32,766 pixels, half precision."""
    strip = torch.rand(1, 1, 2, 40_000)
    assert torch.equal(warp_matrix(strip, torch.eye(3), sampling="bicubic").picture, strip)
    small = twin.noise_picture(20, 20).half()
    assert warp_matrix(small, matrices((20, 20))[0]).picture.dtype == torch.float16
