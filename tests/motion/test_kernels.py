"""The compiled loops against torch's way, which a gradient asks for; and what must not change a bit."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
import torch

from motion import BORDERS, Border, Move, Sampling, Warped, matrix2d, pose, quick, warp_depth, warp_matrix
from motion.kernels import bands, compiled, flat, reading, space
from motion.warp3d import carry_depth, warp_by_torch
from tests.motion import twin

SIZES = [(64, 64), (129, 257), (512, 512)]  # (height, width)
PERSPECTIVE = torch.tensor([[1.02, 0.1, -9.0], [-0.07, 0.95, 6.0], [4e-4, -3e-4, 1.0]], dtype=torch.float64)
SAMPLINGS: tuple[Sampling, ...] = ("bilinear", "bicubic")


def moves(size: tuple[int, int]) -> list[torch.Tensor]:
    height, width = size
    away = Move(zoom=0.6, angle=20, translation_x=30)
    return [*matrix2d([Move(angle=3, zoom=1.1), away], (width, height)), PERSPECTIVE]


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
    for matrix in moves(size):
        for border in BORDERS if size[0] < 500 else ("replicate",):
            got = warp_matrix(picture, matrix, border=border, sampling=sampling)
            agree(got, by_torch(picture, matrix, border, sampling), 3e-4)


@pytest.mark.parametrize("sampling", SAMPLINGS)
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_any_channels_any_memory(channels: int, sampling: Sampling) -> None:
    """As a batch, with channels last, and cut out of something larger: the same bits."""
    source = torch.Generator().manual_seed(1)
    whole = torch.rand(2, channels, 47, 61, generator=source)
    matrix = moves((47, 61))[0]
    got = warp_matrix(whole, matrix, sampling=sampling)
    agree(got, by_torch(whole, matrix, "replicate", sampling), 3e-5)
    framed = torch.zeros(2, channels, 50, 70)
    framed[..., 2:49, 3:64] = whole
    for same in (whole.contiguous(memory_format=torch.channels_last), framed[..., 2:49, 3:64]):
        assert torch.equal(warp_matrix(same, matrix, sampling=sampling).picture, got.picture)
    for index in range(channels):
        alone = warp_matrix(whole[:, index : index + 1], matrix, sampling=sampling).picture
        torch.testing.assert_close(alone, got.picture[:, index : index + 1], rtol=0, atol=0)


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
    """What lands within a rounding of where it is decided who is hit may fall either way: a pixel in ten thousand."""
    picture, depth = stage(*size)
    camera = pose(move, size[::-1])
    for sampling, soft in product(SAMPLINGS, (False, True)):
        got = warp_depth(picture, [camera], depth, sampling=sampling, soft_edges=soft)
        wanted = warp_by_torch(picture, camera, depth, "replicate", sampling, soft)
        apart = (got.picture - wanted.picture).abs().amax(1, keepdim=True)
        apart = torch.maximum(apart, (got.coverage - wanted.coverage).abs())
        assert float((apart > 3e-4).float().mean()) < 1e-4
    assert 0 < float((got.coverage == 0).float().mean()) < 0.6


@pytest.mark.parametrize("near", [20, 300])
def test_the_nearest_wins_as_in_torch(monkeypatch: pytest.MonkeyPatch, near: float) -> None:
    """Every distance that is thrown, and every crack."""
    _, depth = stage(45, 77)
    camera = pose(Move(translation_z=near, translation_x=20), (77, 45))
    got = carry_depth(depth, camera)
    monkeypatch.setattr(quick, "serves", lambda picture: False)
    assert float((got == carry_depth(depth, camera)).float().mean()) > 0.999


@pytest.mark.parametrize("threads", [2, 3, 7])
def test_threads_change_no_bit(monkeypatch: pytest.MonkeyPatch, threads: int) -> None:
    picture, depth = stage(200, 190)
    camera = pose(Move(translation_z=20, rotation_3d_y=2), (190, 200))

    def all_of_it() -> list[torch.Tensor]:
        there = warp_depth(picture, [camera], depth, sampling="bicubic")
        flatly = warp_matrix(picture, PERSPECTIVE)
        return [there.picture, there.coverage, flatly.picture, flatly.coverage]

    monkeypatch.setattr(bands, "_LEAST", 1)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    alone = all_of_it()
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    for one, other in zip(alone, all_of_it(), strict=True):
        assert torch.equal(one, other)


def test_bands_are_all_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: 4)
    large, small = (bands.over_rows(lambda *edges: edges, height, 1024, turns=1) for height in (1030, 8))
    assert large == [(0, 257), (257, 515), (515, 772), (772, 1030)]
    assert small == [(0, 8)]
    many = bands.over_rows(lambda *edges: edges, 999, 999)
    assert [end for _, end in many[:-1]] == [begin for begin, _ in many[1:]]
    assert (many[0][0], many[-1][1], len(many)) == (0, 999, 16)


def test_a_band_that_fails_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: 3)

    def fails(begin: int, end: int) -> None:
        if end == 999:
            raise ValueError("the last")

    with pytest.raises(ValueError, match="the last"):
        bands.over_rows(fails, 999, 999)


def test_a_change_in_any_kernel_compiles_all_anew() -> None:
    """Numba by itself looks at one file; kernels in several call each other."""
    every: list[Any] = [flat.warp_rows, flat.read_rows, reading.read_row, space.look, space.splat]
    assert {kernel._cache._cache_file._source_stamp for kernel in every} == {compiled._stamp()}


def test_without_a_place_to_keep_them_they_are_compiled_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    real = compiled.njit

    def no_place(**how: Any) -> Any:
        if how.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return real(**how)

    monkeypatch.setattr(compiled, "njit", no_place)
    assert compiled.compiled(lambda x: x + 1)(2) == 3
