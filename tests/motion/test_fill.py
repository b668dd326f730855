"""Filling holes: against a slow twin, and what must hold for any hole."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from motion import UNCOVERED, Move, fill, warp
from motion.holes import _TRUST
from tests.motion import twin

Array = twin.Picture


def coarser(color: Array, weight: Array) -> tuple[Array, Array]:
    """One level up, cell by cell: color (C, H, W) times weight (H, W)."""
    height, width = -(-weight.shape[0] // 2), -(-weight.shape[1] // 2)
    colors, weights = np.zeros((len(color), height, width)), np.zeros((height, width))
    for y in range(height):
        for x in range(width):
            cell = (slice(2 * y, 2 * y + 2), slice(2 * x, 2 * x + 2))
            mean = weight[cell].mean()
            weights[y, x] = min(1.0, _TRUST * mean)
            if mean > 0:
                colors[:, y, x] = color[:, *cell].mean((1, 2)) * weights[y, x] / mean
    return colors, weights


def larger(plane: Array, size: tuple[int, int]) -> Array:
    """(C, h, w) enlarged by straight lines between the pixels' centres."""
    for axis, length in ((1, size[0]), (2, size[1])):
        known = plane.shape[axis]
        at = ((np.arange(length) + 0.5) * known / length - 0.5).clip(0, known - 1)
        below = np.floor(at).astype(int)
        above, share = np.minimum(below + 1, known - 1), at - below
        share = share[:, None] if axis == 1 else share[None, :]
        plane = plane.take(below, axis) * (1 - share) + plane.take(above, axis) * share
    return plane


def filled_twin(color: Array, weight: Array, mean: Array) -> Array:
    """`color` (C, H, W), already times `weight` (H, W), filled: by itself, one level down."""
    if max(weight.shape) == 1:
        return color / weight if weight[0, 0] > 0 else mean[:, None, None]
    inner = filled_twin(*coarser(color, weight), mean)
    return color + (1 - weight) * larger(inner, weight.shape)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [(32, 32), (33, 47), (5, 1), (1, 1), (64, 20)])
def test_equals_the_twin(device: torch.device, size: tuple[int, int]) -> None:
    picture = twin.noise_picture(*size, batch=2)
    generator = torch.Generator().manual_seed(1)
    coverage = (torch.rand(2, 1, *size, generator=generator) * 3 - 1).clamp(0, 1)
    coverage[1, :, : size[0] // 2] = 0
    got = fill(picture.to(device), coverage.to(device)).cpu().numpy()
    for one, weight, result in zip(picture.double().numpy(), coverage.double().numpy(), got, strict=True):
        expected = filled_twin(one * weight, weight[0], one.mean((1, 2)))
        np.testing.assert_allclose(result, expected, rtol=0, atol=1e-5)


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 1000), height=st.integers(1, 40), width=st.integers(1, 40), share=st.floats(0, 1))
def test_any_hole(seed: int, height: int, width: int, share: float) -> None:
    picture = twin.noise_picture(height, width, seed=seed) * 0.6 + 0.2
    generator = torch.Generator().manual_seed(seed)
    coverage = (torch.rand(1, 1, height, width, generator=generator) < share).float()
    result = fill(picture, coverage)
    kept = coverage.expand_as(picture) == 1
    assert torch.equal(result[kept], picture[kept]), "exact where covered"
    for channel in range(3):
        known = picture[0, channel][coverage[0, 0] == 1] if kept.any() else picture[0, channel]
        assert known.min() - 1e-5 <= result[0, channel].min()
        assert result[0, channel].max() <= known.max() + 1e-5
    torch.testing.assert_close(fill(result, torch.ones_like(coverage)), result, rtol=0, atol=0)


def test_what_was_in_the_hole_does_not_matter() -> None:
    picture = twin.noise_picture(40, 40)
    coverage = torch.ones(1, 1, 40, 40)
    coverage[..., :13] = 0
    other = torch.where(coverage > 0, picture, torch.zeros(()))
    assert torch.equal(fill(picture, coverage), fill(other, coverage))


def test_chains_do_not_mix() -> None:
    picture, coverage = twin.noise_picture(24, 24, batch=2), torch.ones(2, 1, 24, 24)
    coverage[0, ..., :7], coverage[1, ..., 20:, :] = 0, 0
    alone = torch.cat([fill(picture[i : i + 1], coverage[i : i + 1]) for i in range(2)])
    torch.testing.assert_close(fill(picture, coverage), alone, rtol=0, atol=1e-6)


def test_a_smooth_picture_goes_on_without_a_seam() -> None:
    """At the edge of the hole the step is no larger than a few pixels' slope of the picture."""
    picture = twin.smooth_picture(128, 128)
    coverage = torch.ones(1, 1, 128, 128)
    coverage[..., :12] = 0
    result = fill(picture, coverage)
    slope = (picture[..., 1:] - picture[..., :-1]).abs().max()
    assert (result[..., 12] - result[..., 11]).abs().max() < 8 * slope


def test_nothing_known_is_the_mean() -> None:
    picture = twin.noise_picture(9, 14)
    result = fill(picture, torch.zeros(1, 1, 9, 14))
    torch.testing.assert_close(result, picture.mean((2, 3), keepdim=True).expand_as(picture))


@pytest.mark.parametrize("shape", [(1, 3, 8, 8), (2, 1, 8, 8), (1, 1, 8, 9), (8, 8)])
def test_shapes_that_do_not_fit(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"coverage \(B, 1, H, W\)"):
        fill(torch.zeros(1, 3, 8, 8), torch.ones(shape))


def test_reveal_fills_what_is_uncovered_and_nothing_else(device: torch.device) -> None:
    picture = twin.noise_picture(48, 64).to(device)
    move = [Move(translation_x=9, zoom=0.9)]
    revealed, replicated = warp(picture, move, border="reveal"), warp(picture, move, border="replicate")
    assert torch.equal(revealed.coverage, replicated.coverage)
    kept = (revealed.coverage == 1).expand_as(picture)
    assert torch.equal(revealed.picture[kept], replicated.picture[kept])
    assert (revealed.picture - replicated.picture)[~kept].abs().mean() > 0.05
    assert torch.equal(revealed.picture, fill(replicated.picture, replicated.coverage))


@pytest.mark.parametrize("sampling", ["bilinear", "bicubic"])
def test_reveal_without_a_hole_is_replicate(sampling: str) -> None:
    picture = twin.noise_picture(48, 64)
    for move in (Move(), Move(zoom=1.05), Move(zoom=1.3, angle=5, translation_x=2)):
        one, two = (
            warp(picture, [move], border=border, sampling=sampling)  # type: ignore[arg-type]
            for border in ("reveal", "replicate")
        )
        assert torch.equal(one.picture, two.picture)


def test_all_borders_can_be_named() -> None:
    assert set(UNCOVERED) == {"reveal", "replicate", "wrap", "reflect"}
