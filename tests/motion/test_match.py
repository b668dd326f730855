"""The motion between two pictures, found again from the pictures alone."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from motion import Fit, match_motion, warp_matrix

from ..clips import panned

SIDE = 160


def scene() -> torch.Tensor:
    picture = panned(1, side=SIDE, seed=2)[0]
    return torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 255


def about_the_middle(zoom: float, degrees: float, x: float, y: float) -> np.ndarray:
    turn = complex(zoom * math.cos(math.radians(degrees)), zoom * math.sin(math.radians(degrees)))
    middle = complex(SIDE / 2, SIDE / 2)
    shift = middle - turn * middle + complex(x, y)
    return np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag], [0, 0, 1]])


@pytest.mark.parametrize("fit", ["affine", "perspective"])
@pytest.mark.parametrize("move", [(1.0, 0.0, 5.0, -3.0), (1.05, 4.0, 0.0, 0.0), (0.93, -6.0, 2.0, 4.0)])
def test_a_move_is_found_again(fit: Fit, move: tuple[float, float, float, float]) -> None:
    matrix = about_the_middle(*move)
    before = scene()
    after = warp_matrix(before, torch.from_numpy(matrix), sampling="bicubic").picture
    found = match_motion(before, after, fit=fit)
    corners = np.array([[0, SIDE, 0, SIDE], [0, 0, SIDE, SIDE], [1, 1, 1, 1]])
    there, meant = found @ corners, matrix @ corners
    assert np.abs(there[:2] / there[2] - meant[:2]).max() < 1.0
    assert np.array_equal(found, match_motion(before, after, fit=fit)), "the same every time"


def test_perspective_is_found_and_affine_has_none() -> None:
    matrix = np.array([[1.0, 0.02, 1.0], [0.0, 1.03, 0.0], [2e-4, 0.0, 1.0]])
    before = scene()
    after = warp_matrix(before, torch.from_numpy(matrix), sampling="bicubic").picture
    found = match_motion(before, after, fit="perspective")
    assert found / found[2, 2] == pytest.approx(matrix, abs=0.3)
    assert (found / found[2, 2])[2, 0] == pytest.approx(2e-4, abs=5e-5)
    assert match_motion(before, after, fit="affine")[2].tolist() == [0, 0, 1]


@pytest.mark.parametrize("fit", ["affine", "perspective"])
def test_where_there_is_nothing_to_hold_on_to_nothing_moves(fit: Fit) -> None:
    flat, noise = (
        torch.full((1, 3, 64, 64), 0.5),
        torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(1)),
    )
    for before, after in ((flat, flat), (flat, noise), (noise, flat)):
        assert np.array_equal(match_motion(before, after, fit=fit), np.eye(3))


def test_mistakes_are_told() -> None:
    with pytest.raises(ValueError, match="fit 'euclid' is not known"):
        match_motion(scene(), scene(), fit="euclid")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="of one shape"):
        match_motion(scene(), scene()[..., :-1], fit="affine")
