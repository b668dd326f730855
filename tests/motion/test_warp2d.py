"""The warp against its slow twin, OpenCV, and what must hold for any warp."""

from typing import get_args

import cv2
import numpy as np
import pytest
import torch

from motion import BORDERS, Border, Move, Sampling, matrix2d, warp, warp_matrix
from motion.resample import resample, resample_by_torch
from tests.motion import twin

PERSPECTIVE = torch.tensor([[1.02, 0.1, -9.0], [-0.07, 0.95, 6.0], [4e-4, -3e-4, 1.0]], dtype=torch.float64)
MOVES = {
    "shift": Move(translation_x=7.3, translation_y=-4.6),
    "whole": Move(translation_x=5, translation_y=-3),
    "in": Move(zoom=1.37),
    "out": Move(zoom=0.31, angle=11),
    "turn": Move(angle=33.3, zoom=1.1, translation_x=5, transform_center_x=0.2),
    "far": Move(translation_x=3021.7, translation_y=-977.1),
}


def every_matrix(width: int, height: int) -> dict[str, torch.Tensor]:
    named = {name: matrix2d(move, (width, height)) for name, move in MOVES.items()}
    return {**named, "perspective": PERSPECTIVE}


@pytest.mark.parametrize("sampling", ["bilinear", "bicubic"])
@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("size", [(64, 96), (33, 47), (5, 1), (2, 3)])
def test_equals_the_twin(
    device: torch.device, size: tuple[int, int], border: Border, sampling: Sampling
) -> None:
    picture = twin.noise_picture(*size)
    for name, matrix in every_matrix(size[1], size[0]).items():
        got = warp_matrix(picture.to(device), matrix, border=border, sampling=sampling).picture[0]
        expected = twin.warp(picture[0].double().numpy(), matrix.numpy(), border, sampling)
        tolerance = 5e-4 if name == "far" else 3e-5  # at 3000 px float32 counts in steps of 1/4096 px
        np.testing.assert_allclose(got.cpu().numpy(), expected, rtol=0, atol=tolerance, err_msg=name)


@pytest.mark.parametrize("border", BORDERS)
def test_full_size_error(device: torch.device, border: Border) -> None:
    picture = twin.noise_picture(512, 512)
    for matrix in (matrix2d(Move(angle=10, zoom=1.1, translation_x=5), (512, 512)), PERSPECTIVE):
        got = warp_matrix(picture.to(device), matrix, border=border).picture[0].cpu().numpy()
        expected = twin.warp(picture[0].double().numpy(), matrix.numpy(), border)
        np.testing.assert_allclose(got, expected, rtol=0, atol=2e-4)  # positions are 1e-4 px apart


def test_float64_is_exact() -> None:
    picture = twin.noise_picture(40, 56).double()
    got = warp_matrix(picture, PERSPECTIVE, border="wrap").picture[0].numpy()
    expected = twin.warp(picture[0].numpy(), PERSPECTIVE.numpy(), "wrap")
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-11)


@pytest.mark.parametrize(
    ("border", "code"),
    [
        ("replicate", cv2.BORDER_REPLICATE),
        ("wrap", cv2.BORDER_WRAP),
        ("reflect", cv2.BORDER_REFLECT_101),
    ],
)
def test_close_to_opencv(border: Border, code: int) -> None:
    """OpenCV may round positions to 1/32 px: at most 1/64 px in each direction, times the picture's
    slope."""
    picture = twin.smooth_picture(128, 160)
    slope = 2 * 0.25 * 6 / 127 / 64
    image = picture[0].permute(1, 2, 0).numpy()
    for matrix in (matrix2d(MOVES["turn"], (160, 128)), PERSPECTIVE):
        got = warp_matrix(picture, matrix, border=border).picture[0].permute(1, 2, 0).numpy()
        expected = cv2.warpPerspective(image, matrix.numpy(), (160, 128), borderMode=code)
        seam = 1 / 64 if border == "wrap" else 0  # the seam is a step of up to 1
        assert np.abs(got - expected).max() < slope + seam + 1e-5


@pytest.mark.parametrize("sampling", ["bilinear", "bicubic"])
@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("size", [(64, 64), (45, 77), (1, 1), (720, 1)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_standing_still_changes_no_bit(
    device: torch.device, size: tuple[int, int], border: Border, sampling: Sampling, dtype: torch.dtype
) -> None:
    picture = twin.noise_picture(*size).to(device, dtype)
    moved = picture
    for _ in range(50 if size == (45, 77) else 2):
        for move in (Move(), Move(angle=360)):
            warped = warp(moved, [move], border=border, sampling=sampling)
            moved = warped.picture
    assert torch.equal(moved, picture)
    assert bool((warped.coverage == 1).all())


def test_whole_shifts_change_no_bit(device: torch.device) -> None:
    picture = twin.noise_picture(45, 77).to(device)
    there = warp(picture, [Move(translation_x=13, translation_y=-21)], border="wrap").picture
    assert torch.equal(there, torch.roll(picture, (-21, 13), (2, 3)))
    quarter = warp(
        picture[..., :45], [Move(angle=90, transform_center_x=22 / 45, transform_center_y=22 / 45)]
    )
    torch.testing.assert_close(quarter.picture, torch.rot90(picture[..., :45], 1, (2, 3)), rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("move", "x", "y"),
    [
        (Move(translation_x=10), 42, 32),
        (Move(translation_y=10), 32, 42),
        (Move(translation_x=10, zoom=1.5), 47, 32),
        (Move(translation_x=10, angle=90), 32, 22),  # counter-clockwise turns right into up
        (Move(translation_y=10, angle=90), 42, 32),
    ],
)
def test_signs(move: Move, x: int, y: int) -> None:
    picture = torch.zeros(1, 3, 64, 64)
    picture[:, :, 32, 32] = 1
    moved = warp(picture, [move]).picture[0, 0]
    assert divmod(int(moved.argmax()), 64) == (y, x)


@pytest.mark.parametrize("move", [Move(angle=7, zoom=1.1, translation_x=3.7), Move(angle=-20, zoom=0.9)])
def test_there_and_back(device: torch.device, move: Move) -> None:
    picture = twin.smooth_picture(96, 128).to(device)
    matrix = matrix2d(move, (128, 96))
    for sampling, loss in zip(get_args(Sampling), (2e-3, 1e-3), strict=True):
        there = warp_matrix(picture, matrix, sampling=sampling)
        back = warp_matrix(there.picture, torch.linalg.inv(matrix), sampling=sampling).picture
        assert float((back - picture)[..., 30:-30, 30:-30].abs().max()) < loss


def test_one_matrix_moves_all(device: torch.device) -> None:
    pictures = twin.noise_picture(24, 24, batch=2).to(device)
    moved = warp_matrix(pictures, PERSPECTIVE)
    for i in (0, 1):
        alone = warp_matrix(pictures[i : i + 1], PERSPECTIVE)
        assert torch.equal(moved.picture[i], alone.picture[0])
        assert torch.equal(moved.coverage[i], alone.coverage[0])


@pytest.mark.parametrize("name", [*MOVES, "perspective"])
def test_coverage_is_a_white_picture_on_black(device: torch.device, name: str) -> None:
    matrix = every_matrix(61, 47)[name]
    coverage = warp_matrix(torch.zeros(1, 3, 47, 61, device=device), matrix).coverage
    framed = np.zeros((3, 47 + 8, 61 + 8))
    framed[:, 4:-4, 4:-4] = 1
    shift = np.array([[1, 0, 4], [0, 1, 4], [0, 0, 1]])
    white = twin.warp(framed, shift @ matrix.numpy() @ np.linalg.inv(shift), "replicate")
    expected = white[:1, 4:-4, 4:-4]
    np.testing.assert_allclose(coverage[0].cpu().numpy(), expected, rtol=0, atol=5e-4)


def test_coverage_of_a_whole_shift() -> None:
    coverage = warp(torch.rand(1, 3, 10, 10), [Move(translation_x=3)], border="wrap").coverage[0, 0]
    assert bool((coverage[:, :3] == 0).all())
    assert bool((coverage[:, 3:] == 1).all())


def test_behind_the_camera_is_uncovered(device: torch.device) -> None:
    """A plane tilted until its horizon crosses the picture: above the horizon there is nothing."""
    picture = twin.noise_picture(64, 64).to(device)
    tilt = torch.tensor([[1.0, 0, 0], [0, 1, 0], [0, 0.05, 1]], dtype=torch.float64)
    below = warp_matrix(picture, tilt)  # y' = y / (1 + y / 20) stays under 20
    assert bool(below.picture.isfinite().all())
    assert bool((below.coverage[..., 21:, :] == 0).all())
    assert float(below.coverage[..., :14, :10].min()) == 1


def test_bicubic_stays_a_picture() -> None:
    picture = (twin.noise_picture(32, 32) > 0.5).float()
    moved = warp(picture, [Move(translation_x=0.5, angle=3)], sampling="bicubic").picture
    assert float(moved.min()) == 0
    assert float(moved.max()) == 1


def test_leaves_its_inputs_alone(device: torch.device) -> None:
    picture = twin.noise_picture(16, 16).to(device)
    matrix = PERSPECTIVE.clone()
    before = picture.clone()
    warp_matrix(picture, matrix, border="wrap", sampling="bicubic")
    assert torch.equal(picture, before)
    assert torch.equal(matrix, PERSPECTIVE)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_never_waits_for_the_device() -> None:
    picture = twin.noise_picture(64, 64).cuda()
    warp(picture, [Move(zoom=1.1)])
    torch.cuda.set_sync_debug_mode("error")
    try:
        for border in BORDERS:
            warp(picture, [Move(zoom=0.9, angle=3)], border=border)
    finally:
        torch.cuda.set_sync_debug_mode("default")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"border": "mirror"}, "one of replicate, wrap, reflect"),
        ({"sampling": "nearest"}, "one of bilinear, bicubic"),
        ({"mode": "4d"}, "one of 2d, 3d"),
        ({"compat": "pytti"}, "one of none, deforum, disco"),
        ({"depth": torch.ones(1, 1, 8, 8)}, "takes no depth"),
        ({"moves": []}, "one camera move or more, got none"),
        ({"picture": torch.ones(3, 8, 8)}, r"\(B, C, H, W\)"),
        ({"picture": torch.ones(1, 3, 8, 8, dtype=torch.uint8)}, "float tensor"),
    ],
)
def test_refuses(given: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        warp(**{"picture": torch.ones(1, 3, 8, 8), "moves": [Move()], **given})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "matrix", [torch.zeros(3, 3), torch.eye(3) * 1e-14, torch.eye(2), torch.ones(2, 3, 3)]
)
def test_refuses_matrices(matrix: torch.Tensor) -> None:
    with pytest.raises(ValueError, match=r"inverse|3, 3"):
        warp_matrix(torch.ones(1, 3, 8, 8), matrix)


@pytest.mark.parametrize("sampling", ["bilinear", "bicubic"])
@pytest.mark.parametrize("border", BORDERS)
def test_opencv_reads_as_torch_does(border: Border, sampling: Sampling) -> None:
    """The quick way on a CPU and the way on a GPU, at positions in the picture, about it and far away."""
    picture = twin.noise_picture(40, 56, batch=2)
    points = torch.rand(2, 2, 30, 20, generator=torch.Generator().manual_seed(1)) * 120 - 40
    points[0, :, 0, 0] = 3e6
    got = resample(picture, points, border=border, sampling=sampling)
    twins = resample_by_torch(picture, points, border=border, sampling=sampling)
    expected = twins.clamp(0, 1) if sampling == "bicubic" else twins
    torch.testing.assert_close(got, expected, rtol=0, atol=2e-5)
