"""How deep a pixel lies in a hole."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from motion import Move, hole_depth, warp
from tests.motion import twin


def depth_twin(coverage: twin.Picture, reach: int, feather: int) -> twin.Picture:
    """`coverage` (H, W): for each pixel and each distance, the best known pixel within it."""
    height, width = coverage.shape
    share = np.zeros_like(coverage)
    for y in range(height):
        for x in range(width):
            for far in range(reach):
                near = coverage[max(0, y - far) : y + far + 1, max(0, x - far) : x + far + 1]
                share[y, x] += (1 - near.max()) / reach
    out = share.copy()
    for y in range(height):
        for x in range(width):
            for v in range(height):
                for u in range(width):
                    fall = max(abs(y - v), abs(x - u))
                    if fall <= feather:
                        out[y, x] = max(out[y, x], share[v, u] - fall / (feather + 1))
    return out


@settings(deadline=None, max_examples=25)
@given(
    seed=st.integers(0, 1000),
    size=st.tuples(st.integers(1, 12), st.integers(1, 12)),
    reach=st.integers(1, 5),
    feather=st.integers(0, 4),
)
def test_equals_the_twin(seed: int, size: tuple[int, int], reach: int, feather: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    coverage = (torch.rand(1, 1, *size, generator=generator) * 3 - 2).clamp(0, 1)
    got = hole_depth(coverage, reach=reach, feather=feather)
    expected = depth_twin(coverage[0, 0].double().numpy(), reach, feather)
    np.testing.assert_allclose(got[0, 0].numpy(), expected, rtol=0, atol=1e-6)
    assert got.min() >= 0
    assert got.max() <= 1


@pytest.mark.parametrize(
    ("shift", "deepest"), [(0.25, 1 / 16), (1.0, 0.25), (2.5, 0.625), (4.0, 1), (12.0, 1)]
)
def test_a_strip_counts_as_wide_as_it_is(device: torch.device, shift: float, deepest: float) -> None:
    picture = twin.noise_picture(32, 32).to(device)
    coverage = warp(picture, [Move(translation_x=shift)]).coverage
    share = hole_depth(coverage, reach=4, feather=0)
    assert share.max().item() == pytest.approx(deepest, abs=1e-5)
    assert share[..., round(shift + 0.5) :].max() == 0


def test_no_hole_is_no_depth() -> None:
    assert hole_depth(torch.ones(2, 1, 9, 9), reach=3, feather=2).abs().max() == 0


def test_a_strip_between_known_sides_is_half_as_deep() -> None:
    coverage = torch.ones(1, 1, 16, 32)
    coverage[..., 10:16] = 0
    row = hole_depth(coverage, reach=8, feather=0)[0, 0, 8] * 8
    assert row[9:17].tolist() == [0, 1, 2, 3, 3, 2, 1, 0]


def test_outside_it_falls_off() -> None:
    coverage = torch.ones(1, 1, 16, 32)
    coverage[..., :8] = 0
    row = hole_depth(coverage, reach=1, feather=3)[0, 0, 8]
    torch.testing.assert_close(row[7:13], torch.tensor([1, 0.75, 0.5, 0.25, 0, 0]))


@pytest.mark.parametrize(("reach", "feather"), [(0, 0), (1, -1)])
def test_out_of_range(reach: int, feather: int) -> None:
    with pytest.raises(ValueError, match="allowed are 1 or more"):
        hole_depth(torch.ones(1, 1, 4, 4), reach=reach, feather=feather)
