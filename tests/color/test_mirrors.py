"""Symmetry and saturation."""

import pytest
import torch

from render.color import saturate, symmetric
from tests.color.pictures import flat, painted


@pytest.mark.parametrize("width", [6, 7])
def test_mirrors_the_left_half(width: int) -> None:
    picture = torch.rand(1, 3, 5, width)
    made = symmetric(picture, "horizontal")
    assert torch.equal(made, made.flip(3))
    half = (width + 1) // 2
    assert torch.equal(made[..., :half], picture[..., :half])


@pytest.mark.parametrize("folds", [2, 3, 4, 6])
def test_a_kaleidoscope_repeats_itself(folds: int) -> None:
    """Turned by one sector it is the same picture, as far as resampling goes."""
    y, x = torch.meshgrid(torch.linspace(-1, 1, 101), torch.linspace(-1, 1, 101), indexing="ij")
    picture = torch.stack((0.5 + 0.4 * x, 0.5 + 0.4 * y, 0.5 + 0.4 * x * y))[None]
    made = symmetric(picture, "kaleidoscope", folds=folds, angle=10)[0, 0]
    for radius in (0.3, 0.8):
        angles = torch.arange(0, 360, 5.0) + 2
        values = []
        for turn in (0.0, 360 / folds):
            at = torch.deg2rad(angles + turn)
            grid = torch.stack((radius * at.cos(), -radius * at.sin()), 1).view(1, 1, -1, 2)
            values.append(torch.nn.functional.grid_sample(made[None, None], grid, align_corners=True))
        torch.testing.assert_close(values[0], values[1], rtol=0, atol=0.01)


def test_amounts_mix() -> None:
    picture = painted()
    whole = symmetric(picture, "both")
    torch.testing.assert_close(symmetric(picture, "both", amount=0.25), 0.75 * picture + 0.25 * whole)
    assert symmetric(picture, "both", amount=0) is picture
    assert symmetric(picture, "none") is picture


def test_saturation() -> None:
    picture = painted()
    assert saturate(picture, 1) is picture
    grey = saturate(picture, 0)
    torch.testing.assert_close(grey[:, 0], grey[:, 2], rtol=0, atol=1e-6)
    torch.testing.assert_close(saturate(flat(0.4, 0.4, 0.4), 3), flat(0.4, 0.4, 0.4))
    with pytest.raises(ValueError, match="factor of 0 or more"):
        saturate(picture, -1)
    with pytest.raises(ValueError, match="one of none, horizontal"):
        symmetric(picture, "diagonal")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="2 folds"):
        symmetric(picture, "kaleidoscope", folds=1)
