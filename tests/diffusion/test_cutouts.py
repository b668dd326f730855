"""Cut-outs and losses, against slow twins and closed forms."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn.functional import interpolate, pad

from render.diffusion.clipguidance.clip_guide import (
    clamped,
    out_of_range,
    saturation,
    spherical,
    total_variation,
    unlike,
)
from render.diffusion.clipguidance.cutouts import Cuts, Window, cut_out, draw_windows
from render.randomness import generator

PICTURE = torch.rand(3, 40, 56, generator=torch.Generator().manual_seed(0)) * 2 - 1


def windows(size: tuple[int, int] = (56, 40), side: int = 16, frame: int = 0, **cuts: float) -> list[Window]:
    given = {"overview": 4, "inner": 12, "power": 1.0, "gray": 0.25, "augmented": False, **cuts}
    return draw_windows(generator(1, frame, "cuts"), size, side, Cuts(**given))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("left", "top", "size"), [(0, 0, 40), (3, 5, 33), (40, 24, 16), (1, 2, 16), (9, 9, 7)]
)
def test_a_window_is_a_crop_resized_without_aliasing(left: int, top: int, size: int) -> None:
    crop = PICTURE[None, :, top : top + size, left : left + size]
    expected = interpolate(crop, (16, 16), mode="bilinear", antialias=True, align_corners=False)[0]
    plain, mirrored = cut_out(
        PICTURE, [Window(left=left, top=top, size=size, mirrored=flip) for flip in (False, True)], 16
    )
    torch.testing.assert_close(plain, expected, rtol=0, atol=2e-6)
    assert torch.equal(mirrored, plain.flip(-1))


def test_beyond_the_edge_is_mid_grey() -> None:
    wider = pad(PICTURE, (4, 4, 12, 12))[None]
    expected = interpolate(wider, (16, 16), mode="bilinear", antialias=True, align_corners=False)[0]
    found = cut_out(PICTURE, [Window(left=-4, top=-12, size=64)], 16)[0]
    torch.testing.assert_close(found, expected, rtol=0, atol=2e-6)


def test_grey_and_light() -> None:
    plain, gray, lit = cut_out(
        PICTURE,
        [
            Window(left=0, top=0, size=40),
            Window(left=0, top=0, size=40, gray=True),
            Window(left=0, top=0, size=40, light=0.5),
        ],
        16,
    )
    luma = (plain * torch.tensor([0.299, 0.587, 0.114])[:, None, None]).sum(0)
    torch.testing.assert_close(gray, luma.expand(3, -1, -1))
    torch.testing.assert_close(lit, plain / 2)


@pytest.mark.parametrize("size", [(56, 40), (40, 56), (64, 64), (12, 20)])
@pytest.mark.parametrize("power", [0.5, 1.0, 10.0])
def test_inner_ones_lie_within(size: tuple[int, int], power: float) -> None:
    drawn = windows(size, overview=0, inner=60, power=power, gray=0.2)
    assert len(drawn) == 60
    least = min(*size, 16)
    for window in drawn:
        assert 0 <= window.left <= window.left + window.size <= size[0]
        assert 0 <= window.top <= window.top + window.size <= size[1]
        assert least <= window.size <= min(size)
    assert [window.gray for window in drawn] == [True] * 12 + [False] * 48
    assert not any(window.mirrored for window in drawn)
    if power == 10.0 and min(size) > 16:
        assert sum(window.size < least + 4 for window in drawn) > 30, "a high power draws small ones"


def test_the_whole_picture() -> None:
    drawn = windows(overview=4, inner=0)
    assert {(window.left, window.top, window.size) for window in drawn} == {(0, -8, 56)}
    assert [(window.gray, window.mirrored) for window in drawn] == [
        (False, False),
        (True, False),
        (False, True),
        (True, True),
    ]


def test_by_lot_but_a_function_of_the_frame() -> None:
    first, again, other = (windows(augmented=True, frame=frame) for frame in (3, 3, 4))
    assert first == again != other
    assert {window.mirrored for window in first[4:]} == {False, True}
    assert all(0.9 <= window.light <= 1.1 for window in first)
    assert all(
        56 <= window.size <= 62 and abs(window.left + window.size / 2 - 28) <= 3.5 for window in first[:4]
    )


def test_the_gradient_of_a_cut() -> None:
    picture = PICTURE[:, :10, :12].double()
    given = [
        Window(left=-1, top=2, size=13, mirrored=True),
        Window(left=3, top=1, size=7, gray=True, light=1.1),
    ]
    assert torch.autograd.gradcheck(
        lambda shown: cut_out(shown, given, 5), picture.clone().requires_grad_(), fast_mode=True
    )


@pytest.mark.parametrize("angle", [0.0, 1e-3, 0.5, math.pi / 2, 3.0])
def test_spherical(angle: float) -> None:
    u = torch.tensor([1.0, 0.0], dtype=torch.float64)
    v = torch.tensor([math.cos(angle), math.sin(angle)], dtype=torch.float64, requires_grad=True)
    found = spherical(u, v)
    assert float(found.detach()) == pytest.approx(angle**2 / 2, rel=1e-6)
    found.backward()
    assert v.grad is not None
    assert bool(torch.isfinite(v.grad).all())


def test_losses_in_closed_form() -> None:
    ramp = torch.arange(8.0).expand(2, 3, 8, 8) * 0.5  # 0 to 3.5, to the right
    # 7 of 8 columns differ by 0.5 from their right neighbour, none from that below
    torch.testing.assert_close(total_variation(ramp), torch.full((2,), 0.25 * 7 / 8))
    beyond = torch.tensor([0.5, 1.0, 1.5, 2.0, 2.5])
    torch.testing.assert_close(out_of_range(ramp), torch.full((2,), float((beyond**2).sum() / 8)))
    torch.testing.assert_close(saturation(ramp), torch.full((2,), float(beyond.sum() / 8)))
    inside = ramp / 4
    assert float((out_of_range(inside) + saturation(inside)).sum()) == 0


def test_unlike_counts_coarse_differences_at_each_size() -> None:
    flat, checks = torch.zeros(1, 3, 16, 16), torch.zeros(1, 3, 16, 16)
    checks[..., ::2, ::2] = checks[..., 1::2, 1::2] = 1
    checks = checks * 2 - 1
    torch.testing.assert_close(unlike(flat + 1, flat), torch.ones(1))
    torch.testing.assert_close(unlike(checks, flat), torch.full((1,), 1 / 5))
    assert float(unlike(checks, checks)) == 0


def test_clamped() -> None:
    given = torch.stack([torch.full((4, 2, 2), 0.1), torch.full((4, 2, 2), 3.0), torch.zeros(4, 2, 2)])
    found = clamped(given, 0.2)
    assert torch.equal(found[0], given[0])
    torch.testing.assert_close(found[1], torch.full((4, 2, 2), 0.2))
    assert torch.equal(found[2], given[2])
