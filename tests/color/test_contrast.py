"""Contrast and sharpness against formulas and OpenCV."""

import math
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from render.color import adjust_contrast, unsharp
from tests.color.pictures import flat, painted


@pytest.mark.parametrize("amount", [0.0, 0.7, 1.3])
def test_contrast_turns_about_middle_grey(device: torch.device, amount: float) -> None:
    picture = painted().to(device)
    expected = (0.5 + (picture - 0.5) * amount).clamp(0, 1)
    torch.testing.assert_close(adjust_contrast(picture, amount), expected)
    grey = flat(0.5, 0.5, 0.5)
    assert torch.equal(adjust_contrast(grey, amount), grey)


def test_contrast_about_black_is_deforums_and_is_cut_not_wrapped() -> None:
    picture = painted()
    torch.testing.assert_close(adjust_contrast(picture, 1.5, pivot=0), (picture * 1.5).clamp(max=1))


def test_neutral_values_are_no_work() -> None:
    picture = painted()
    assert adjust_contrast(picture, 1) is picture
    assert unsharp(picture, amount=0) is picture


@pytest.mark.parametrize(("kernel", "sigma"), [(3, 0.8), (5, 1.0), (9, 2.5)])
def test_unsharp_equals_opencv(device: torch.device, kernel: int, sigma: float) -> None:
    picture = painted(45, 67)
    got = unsharp(picture.to(device), amount=0.6, kernel=kernel, sigma=sigma)[0].permute(1, 2, 0)
    image = picture[0].permute(1, 2, 0).numpy()
    blur = cv2.GaussianBlur(image, (kernel, kernel), sigma, borderType=cv2.BORDER_REPLICATE)
    expected = cv2.addWeighted(image, 1.6, blur, -0.6, 0).clip(0, 1)
    np.testing.assert_allclose(got.cpu().numpy(), expected, rtol=0, atol=2e-6)


def test_an_even_kernel_becomes_the_next_odd_one() -> None:
    """A schedule from 3 to 5 passes 4."""
    picture = painted(seed=1)
    assert torch.equal(unsharp(picture, amount=0.6, kernel=4), unsharp(picture, amount=0.6, kernel=5))


def test_threshold_keeps_what_is_almost_smooth() -> None:
    picture = painted(seed=1)
    all_of_it = unsharp(picture, amount=1.0)
    some = unsharp(picture, amount=1.0, threshold=0.03)
    changed = (all_of_it - picture).abs() >= 0.03
    clipped = (all_of_it == 0) | (all_of_it == 1)
    assert 0.05 < float(changed.float().mean()) < 0.95
    assert torch.equal(some[~clipped & changed], all_of_it[~clipped & changed])
    assert torch.equal(some[~clipped & ~changed], picture[~clipped & ~changed])


def test_flat_and_tiny_pictures() -> None:
    for picture in (flat(0.2, 0.5, 0.9, side=1), flat(0.2, 0.5, 0.9, side=6)):
        torch.testing.assert_close(unsharp(picture, amount=2.0, kernel=9, sigma=3.0), picture)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"amount": -0.1}, "0 or more"),
        ({"kernel": 0}, "1 pixel or more, e.g. 5; got 0"),
        ({"sigma": 0.0}, "above 0"),
        ({"sigma": math.nan}, "above 0"),
    ],
)
def test_unsharp_refuses(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        unsharp(painted(), **{"amount": 0.5, **given})


@pytest.mark.parametrize("amount", [-1, math.nan])
def test_contrast_refuses(amount: float) -> None:
    with pytest.raises(ValueError, match="0 or more"):
        adjust_contrast(painted(), amount)
