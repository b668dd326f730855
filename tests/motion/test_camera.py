"""The 2D matrix: Deforum's and Disco's own numbers, OpenCV as the oracle, and the signs."""

import dataclasses
import math

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from motion import Move, matrix2d


def deforum_vector(move: Move, size: tuple[int, int], rows: list[list[float]]) -> None:
    expected = torch.tensor([*rows, [0.0, 0.0, 1.0]], dtype=torch.float64)
    torch.testing.assert_close(matrix2d(move, size), expected, rtol=0, atol=1e-5)


def test_deforum_turn_zoom_and_shift() -> None:
    move = Move(angle=10, zoom=1.1, translation_x=5, translation_y=-3)
    deforum_vector(move, (512, 512), [[1.083289, 0.191013, -65.377786], [-0.191013, 1.083289, 23.372533]])


def test_deforum_default_zoom_wide() -> None:
    deforum_vector(Move(zoom=1.0025), (768, 512), [[1.0025, 0, -0.96], [0, 1.0025, -0.64]])


def test_disco_shift_is_zoomed_and_turned() -> None:
    centre = torch.tensor([256.0, 256.0, 1.0], dtype=torch.float64)
    zoomed = matrix2d(Move(zoom=1.05, translation_x=10), (512, 512))
    turned = matrix2d(Move(angle=90, translation_x=10), (512, 512))
    torch.testing.assert_close((zoomed @ centre)[:2], torch.tensor([266.5, 256.0], dtype=torch.float64))
    torch.testing.assert_close((turned @ centre)[:2], torch.tensor([256.0, 246.0], dtype=torch.float64))


def test_disco_centre_differs_only_for_odd_sizes() -> None:
    odd = matrix2d(Move(zoom=2), (5, 4))
    assert odd[0, 2] == -2.5  # Disco's 5 // 2 gives -2
    assert odd[1, 2] == -2.0


@given(
    angle=st.floats(-720, 720),
    zoom=st.floats(0.1, 4),
    tx=st.floats(-300, 300),
    ty=st.floats(-300, 300),
    cx=st.floats(-1, 2),
    cy=st.floats(-1, 2),
)
def test_equals_opencv(angle: float, zoom: float, tx: float, ty: float, cx: float, cy: float) -> None:
    width, height = 640, 360
    turn = np.vstack((cv2.getRotationMatrix2D((width * cx, height * cy), angle, zoom), [0, 0, 1]))
    expected = turn @ np.array([[1, 0, tx], [0, 1, ty], [0, 0, 1]])
    move = Move(
        angle=angle,
        zoom=zoom,
        translation_x=tx,
        translation_y=ty,
        transform_center_x=cx,
        transform_center_y=cy,
    )
    # OpenCV rounds the centre to float32: 1e-4 of a pixel at these sizes and zooms.
    np.testing.assert_allclose(matrix2d(move, (width, height)).numpy(), expected, rtol=0, atol=2e-3)


def test_standing_still_is_exactly_the_identity() -> None:
    assert torch.equal(matrix2d(Move(), (511, 333)), torch.eye(3, dtype=torch.float64))


def test_3d_lanes_do_not_move_a_flat_picture() -> None:
    move = Move(translation_z=10, rotation_3d_x=3, rotation_3d_y=4, rotation_3d_z=5, fov=40)
    assert torch.equal(matrix2d(move, (64, 64)), torch.eye(3, dtype=torch.float64))


@pytest.mark.parametrize("name", ["angle", "zoom", "translation_x", "transform_center_y"])
@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_refuses_what_is_not_finite(name: str, value: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        matrix2d(dataclasses.replace(Move(), **{name: value}), (64, 64))


def test_refuses_zoom_zero() -> None:
    with pytest.raises(ValueError, match="zoom 0"):
        matrix2d(Move(zoom=0), (64, 64))
