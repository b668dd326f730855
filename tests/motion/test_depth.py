"""Depth maps on one scale."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from motion import ground, to_units

RAW = torch.rand(2, 1, 40, 50, generator=torch.Generator().manual_seed(0))


@given(st.floats(0.01, 100), st.floats(-50, 50))
def test_scale_and_offset_of_inverse_depth_mean_nothing(scale: float, offset: float) -> None:
    told = to_units(RAW, "inverse", near=1, far=50)
    torch.testing.assert_close(
        to_units(RAW * scale + offset, "inverse", near=1, far=50), told, rtol=2e-2, atol=0
    )


def test_inverse_depth_fills_the_planes() -> None:
    z = to_units(RAW, "inverse", near=0.5, far=20)
    assert float(z.min()) == pytest.approx(0.5)
    assert float(z.max()) == pytest.approx(20)
    order = RAW[0].flatten().argsort(descending=True)
    assert bool((z[0].flatten()[order].diff() >= 0).all())  # larger is nearer
    half = to_units(torch.tensor([0.0, 0.5, 1.0]).repeat(1, 1, 40, 10), "inverse", near=1, far=3)
    assert float(half[0, 0, 0, 1]) == pytest.approx(1.5)  # 1/z = 1/3 + (1 - 1/3) / 2


def test_metres_keep_their_proportions() -> None:
    metres = torch.tensor([2.0, 4.0, 6.0, 500.0]).repeat(1, 1, 10, 10)
    z = to_units(metres, "metric", near=1, far=50)[0, 0, 0, :4]
    torch.testing.assert_close(z, torch.tensor([1.0, 2.0, 3.0, 50.0]))


@pytest.mark.parametrize("measure", ["inverse", "metric"])
def test_a_flat_map_is_a_wall_at_near(measure: str) -> None:
    z = to_units(torch.full((1, 1, 9, 9), 3.3), measure, near=2, far=9)  # type: ignore[arg-type]
    torch.testing.assert_close(z, torch.full((1, 1, 9, 9), 2.0))


def test_open_country() -> None:
    z = ground((6, 100), near=1, far=50)[0, 0]
    assert z.shape == (100, 6)
    assert bool((z[:50] == 50).all())
    inverse = 1 / z[51:, 0]
    torch.testing.assert_close(inverse.diff(), torch.full((48,), 0.02), rtol=1e-3, atol=0)  # a slanted plane
    assert float(z[-1, 0]) == pytest.approx(1, rel=0.011)


@pytest.mark.parametrize(("near", "far"), [(0, 5), (5, 5), (7, 5), (-1, 5)])
def test_impossible_planes_are_refused(near: float, far: float) -> None:
    with pytest.raises(ValueError, match="near plane"):
        to_units(RAW, "inverse", near=near, far=far)
    with pytest.raises(ValueError, match="near plane"):
        ground((4, 4), near=near, far=far)


def test_unknown_measures_are_refused() -> None:
    with pytest.raises(ValueError, match="inverse or metric"):
        to_units(RAW, "feet", near=1, far=2)  # type: ignore[arg-type]
