"""Detail: as much of it as another picture has, in every band, and nothing else."""

import pytest
import torch
from kornia.filters import gaussian_blur2d
from torch import Tensor

from render.color import detail_of, match_detail


def grainy(seed: int, spread: float = 0.08, side: int = 96) -> Tensor:
    """Mid-grey pictures with grain of two widths, far from black and white."""
    noise = torch.randn(2, 3, side, side, generator=torch.Generator().manual_seed(seed))
    wide = gaussian_blur2d(noise, (13, 13), (2.0, 2.0)) * 4
    return (0.5 + spread * (0.5 * noise + wide).clamp(-4, 4)).clamp(0, 1)


def test_a_picture_has_its_own_detail() -> None:
    picture = grainy(0)
    torch.testing.assert_close(match_detail(picture, detail_of(picture)), picture)


@pytest.mark.parametrize("spread", [0.05, 0.12])
def test_every_band_becomes_as_large_as_the_references(spread: float) -> None:
    """Bands overlap, so the widest ends up to a fifth off (27 to 70 percent before); the finest is exact."""
    picture, goal = grainy(1), detail_of(grainy(2, spread))
    before, after = (detail_of(one) / goal for one in (picture, match_detail(picture, goal)))
    assert (before - 1).abs().min() > 0.25
    assert (after - 1).abs().max() < 0.2
    assert (after[:, 0] - 1).abs().max() < 0.02


def test_the_amount_is_a_share_of_the_change() -> None:
    picture, goal = grainy(3), detail_of(grainy(4, 0.05))
    whole, half = match_detail(picture, goal), match_detail(picture, goal, amount=0.5)
    torch.testing.assert_close(half - picture, (whole - picture) / 2, atol=1e-6, rtol=0)
    assert match_detail(picture, goal, amount=0) is picture


def test_colors_and_large_areas_stay() -> None:
    picture = grainy(5)
    change = match_detail(picture, detail_of(grainy(6, 0.05))) - picture
    torch.testing.assert_close(change, change[:, :1].expand_as(change), atol=1e-6, rtol=0)
    assert change.mean().abs() < 1e-3


def test_each_picture_of_a_batch_by_itself() -> None:
    pictures, goal = grainy(7), detail_of(grainy(8, 0.05)[:1])
    alone = torch.cat([match_detail(picture[None], goal) for picture in pictures])
    torch.testing.assert_close(match_detail(pictures, goal), alone)


def test_a_plane_gets_no_grain_and_no_gain_is_more_than_double() -> None:
    goal = detail_of(grainy(9, 0.12))
    plane = torch.full((1, 3, 64, 64), 0.5)
    torch.testing.assert_close(match_detail(plane, goal[:1]), plane)
    faint = grainy(10, 0.01)
    assert (detail_of(match_detail(faint, goal)) / detail_of(faint)).max() < 2.1


def test_a_wrong_amount_is_refused() -> None:
    with pytest.raises(ValueError, match=r"share from 0 .* to 1 .*got 1\.5"):
        match_detail(grainy(0), detail_of(grainy(0)), amount=1.5)
