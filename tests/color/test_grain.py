"""Noise: its mean, its strength, where it comes from; Perlin's field against a slow twin."""

import math

import cv2
import numpy as np
import pytest
import torch
from scipy.stats import kstest

from render.color import NOISES, Noise, add_noise, make_noise
from render.color.grain import perlin_field, white
from render.randomness import bit_source, generator
from tests.color.pictures import flat, painted
from tests.pace import within

SIZES = [(128, 96), (77, 45), (33, 130)]


@pytest.mark.parametrize("kind", NOISES)
@pytest.mark.parametrize("size", SIZES)
def test_mean_zero_spread_one(kind: Noise, size: tuple[int, int]) -> None:
    noise = make_noise(kind, seed=1, frame=3, size=size)
    assert noise.shape == (1, 3, size[1], size[0])
    assert float(noise.mean((2, 3)).abs().max()) < 1e-6
    torch.testing.assert_close(noise.std((2, 3), correction=0), torch.ones(1, 3))


@pytest.mark.parametrize("kind", NOISES)
def test_amount_is_the_standard_deviation(device: torch.device, kind: Noise) -> None:
    grey = flat(0.5, 0.5, 0.5, side=101).to(device)
    noisy = add_noise(grey, kind=kind, amount=0.02, seed=9, frame=0)
    assert noisy.device == grey.device
    assert abs(float(noisy.std(correction=0)) - 0.02) < 1e-5
    assert abs(float(noisy.mean()) - 0.5) < 1e-6


def test_a_thousand_frames_do_not_drift() -> None:
    grey = flat(0.5, 0.5, 0.5, side=9)
    total = sum(add_noise(grey, kind="perlin", amount=0.05, seed=4, frame=i) - grey for i in range(1000))
    assert float(torch.as_tensor(total).mean().abs()) < 1e-3


@pytest.mark.parametrize("kind", NOISES)
def test_depends_on_seed_frame_and_kind_only(kind: Noise) -> None:
    picture = painted()
    noisy = add_noise(picture, kind=kind, amount=0.1, seed=6, frame=2)
    assert torch.equal(noisy, add_noise(picture, kind=kind, amount=0.1, seed=6, frame=2))
    for seed, frame in ((5, 2), (6, 3)):
        other = add_noise(picture, kind=kind, amount=0.1, seed=seed, frame=frame)
        assert not torch.allclose(noisy, other, atol=0.05)


def test_perlin_grain_is_patchy_and_normal_is_not() -> None:
    spreads = {}
    for kind in NOISES:
        noise = make_noise(kind, seed=1, frame=0, size=(256, 256))
        patches = noise.unfold(2, 16, 16).unfold(3, 16, 16).std((1, 4, 5))
        spreads[kind] = float(patches.max() / patches.min())
    assert spreads["normal"] < 1.3
    assert spreads["perlin"] > 3


def test_stays_a_picture() -> None:
    noisy = add_noise(flat(0, 1, 0.5), kind="normal", amount=0.5, seed=1, frame=0)
    assert float(noisy.min()) == 0
    assert float(noisy.max()) == 1


@pytest.mark.parametrize("kind", NOISES)
@pytest.mark.parametrize("size", [(1, 1), (1, 7), (3, 2)])
def test_tiny_pictures(kind: Noise, size: tuple[int, int]) -> None:
    assert bool(make_noise(kind, seed=1, frame=0, size=size).isfinite().all())


def test_nothing_to_add_is_no_work() -> None:
    picture = painted()
    assert add_noise(picture, kind="normal", amount=0, seed=1, frame=0) is picture


def test_white_noise_is_normal_and_independent() -> None:
    numbers = white(bit_source(1, 2, "test"), (300, 501))
    assert kstest(numbers.ravel(), "norm").pvalue > 0.01
    assert abs(np.corrcoef(numbers[:, :-1].ravel(), numbers[:, 1:].ravel())[0, 1]) < 0.01
    assert abs(np.corrcoef(numbers[:-1].ravel(), numbers[1:].ravel())[0, 1]) < 0.01
    squares = numbers.astype(np.float64) ** 2
    assert abs(squares.mean() - 1) < 0.01
    assert abs((squares**2).mean() - 3) < 0.1


def test_white_noise_is_the_same_everywhere() -> None:
    """Takes begun elsewhere or earlier can be resumed only while these stand."""
    numbers = white(bit_source(42, 7, "noise/normal"), (5,))
    known = [1.1236674, -0.4339539, -1.6629186, -1.7088505, 0.3411151]
    np.testing.assert_allclose(numbers, known, rtol=1e-6)


def slow_perlin(source: torch.Generator, size: tuple[int, int], octaves: int, cells: int) -> torch.Tensor:
    """Pixel by pixel, as the paper tells it."""
    width, height = size
    field = torch.zeros(height, width, dtype=torch.float64)
    for octave in range(octaves):
        cell = min(size) / (cells * 2**octave)
        shape = (int(height / cell) + 2, int(width / cell) + 2)
        angle = (torch.rand(shape, generator=source) * (2 * math.pi)).tolist()
        for j in range(height):
            for i in range(width):
                x, y = (i + 0.5) / cell, (j + 0.5) / cell
                left, top = math.floor(x), math.floor(y)
                u, v = x - left, y - top
                corner = [
                    [
                        math.cos(angle[top + b][left + a]) * (u - a)
                        + math.sin(angle[top + b][left + a]) * (v - b)
                        for a in (0, 1)
                    ]
                    for b in (0, 1)
                ]
                fu, fv = (6 * t**5 - 15 * t**4 + 10 * t**3 for t in (u, v))
                upper = corner[0][0] + fu * (corner[0][1] - corner[0][0])
                lower = corner[1][0] + fu * (corner[1][1] - corner[1][0])
                field[j, i] += math.sqrt(2) * 0.5**octave * (upper + fv * (lower - upper))
    return field


@pytest.mark.parametrize(("size", "cells"), [((24, 24), 8), ((37, 22), 5), ((9, 31), 2)])
def test_perlin_equals_its_slow_twin(size: tuple[int, int], cells: int) -> None:
    fast = perlin_field(generator(3, 0, "test"), size, 3, 0.5, cells)
    slow = slow_perlin(generator(3, 0, "test"), size, 3, cells)
    torch.testing.assert_close(fast.double(), slow, rtol=0, atol=3e-6)


def test_one_octave_stays_in_range_and_is_zero_on_the_lattice() -> None:
    field = perlin_field(generator(1, 0, "test"), (45, 45), 1, 0.5, 2)  # a lattice point each 22.5 px
    assert 0.3 < float(field.abs().max()) <= 1
    assert abs(float(field[22, 22])) < 1e-6


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"kind": "uniform"}, "one of normal, perlin"),
        ({"amount": -0.1}, "0 or more"),
        ({"amount": math.nan}, "0 or more"),
    ],
)
def test_refuses(given: dict[str, object], message: str) -> None:
    usual = {"kind": "perlin", "amount": 0.1, "seed": 1, "frame": 0}
    with pytest.raises(ValueError, match=message):
        add_noise(painted(), **{**usual, **given})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("octaves", "persistence", "cells", "message"),
    [(0, 0.5, 8, "octaves >= 1"), (4, 0.5, 0, "cells >= 1"), (4, 0.0, 8, "persistence > 0")],
)
def test_perlin_refuses(octaves: int, persistence: float, cells: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        perlin_field(generator(1, 0, "test"), (8, 8), octaves, persistence, cells)


@pytest.mark.parametrize("size", [(8192, 16), (16, 8192)])
def test_perlin_on_a_ribbon_is_quick_and_small(size: tuple[int, int]) -> None:
    """The lattice is as fine as its shorter side asks for: 16 pixels are 64 cells, and the longer side 32,768."""
    with within(1), torch.profiler.profile(profile_memory=True) as watched:
        field = perlin_field(generator(1, 0, "test"), size, 4, 0.5, 8)
    largest = max(event.self_cpu_memory_usage for event in watched.events())
    assert largest < 100 * field.nbytes
    assert field.shape == size[::-1]


@pytest.mark.parametrize("kind", NOISES)
def test_added_is_made_and_added(kind: Noise) -> None:
    """From planes, from channels last and from a cut-out, and in float64."""
    picture = painted(77, 45)
    noise = make_noise(kind, seed=3, frame=5, size=(45, 77))
    got = add_noise(picture, kind=kind, amount=0.2, seed=3, frame=5)
    torch.testing.assert_close(got, (picture + 0.2 * noise).clamp(0, 1), rtol=0, atol=1e-6)
    in_double = add_noise(picture.double(), kind=kind, amount=0.2, seed=3, frame=5)
    torch.testing.assert_close(got.double(), in_double, rtol=0, atol=1e-6)
    larger = torch.nn.functional.pad(picture, (2, 3, 1, 4))[..., 1:-4, 2:-3]
    for same in (picture.contiguous(memory_format=torch.channels_last), larger):
        assert torch.equal(add_noise(same, kind=kind, amount=0.2, seed=3, frame=5), got)


def test_noise_does_not_depend_on_threads() -> None:
    before = torch.get_num_threads(), cv2.getNumThreads()
    made = []
    try:
        for threads in (1, 3):
            torch.set_num_threads(threads)
            cv2.setNumThreads(threads)
            made.append(make_noise("perlin", seed=1, frame=2, size=(230, 201)))
    finally:
        torch.set_num_threads(before[0])
        cv2.setNumThreads(before[1])
    assert torch.equal(*made)
