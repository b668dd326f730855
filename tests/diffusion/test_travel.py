"""Noise on the way between two seeds."""

from __future__ import annotations

import pytest
import torch

from render.diffusion import Travel
from render.diffusion.latents import start_noise, travelled_noise

SHAPE = (4, 32, 32)


def test_the_ends_are_the_seeds_own() -> None:
    first, second = start_noise(3, SHAPE), start_noise(8, SHAPE)
    assert torch.allclose(travelled_noise(3, Travel(seed=8, share=0.0), SHAPE), first, atol=1e-6)
    assert torch.allclose(travelled_noise(3, Travel(seed=8, share=1.0), SHAPE), second, atol=1e-6)
    assert torch.allclose(travelled_noise(3, Travel(seed=3, share=0.4), SHAPE), first, atol=1e-6)


@pytest.mark.parametrize("share", [0.25, 0.5, 0.8])
def test_the_way_is_the_great_circle(share: float) -> None:
    """In the plane of both noises the angle grows evenly, and the length goes from one's to the other's."""
    first, second = (start_noise(seed, SHAPE).flatten().double() for seed in (3, 8))
    found = travelled_noise(3, Travel(seed=8, share=share), SHAPE).flatten().double()

    def angle(a: torch.Tensor, b: torch.Tensor) -> float:
        return float(torch.arccos(a @ b / (a.norm() * b.norm())))

    whole = angle(first, second)
    assert angle(first, found) == pytest.approx(share * whole, abs=0.01)
    assert angle(found, second) == pytest.approx((1 - share) * whole, abs=0.01)
    assert float(found.std()) == pytest.approx(1.0, abs=0.03), "as strong as noise is"
