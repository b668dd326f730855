"""Several moves one after another, read once: as if they were made one by one."""

import numpy as np
import torch

from motion import Move, pose, warp, warp_matrix
from motion.camera import matrix_of
from motion.pose import pose_of
from tests.motion import twin

SIZE = (56, 40)
TURNS = [
    Move(angle=7, zoom=1.05, translation_x=2.5),
    Move(angle=-3, zoom=0.97, translation_y=-1.5, transform_center_x=0.2),
    Move(zoom=1.1, perspective_flip_phi=6, perspective_flip_gamma=-4),
]
FLIGHT = [
    Move(translation_z=20, rotation_3d_y=4, fov=70, magnify=1.1),
    Move(
        translation_x=-15,
        rotation_3d_x=-3,
        rotation_3d_z=5,
        fov=float(np.degrees(2 * np.arctan(np.tan(np.radians(35)) / 1.1))),
    ),
]


def test_the_matrix_is_that_of_one_move_after_another() -> None:
    points = np.array([(3.0, 4.0, 1.0), (50.0, 30.0, 1.0), (20.0, 11.0, 1.0)]).T
    at = points
    for move in TURNS:
        at = matrix_of([move], SIZE).numpy() @ at
        at = at / at[2]
    whole = matrix_of(TURNS, SIZE).numpy() @ points
    np.testing.assert_allclose(whole / whole[2], at, atol=1e-9)


def test_flat_pictures_are_read_once() -> None:
    picture = twin.noise_picture(SIZE[1], SIZE[0])
    got = warp(picture, TURNS, border="wrap")
    once = warp_matrix(picture, matrix_of(TURNS, SIZE), border="wrap")
    assert torch.equal(got.picture, once.picture)
    assert torch.equal(got.coverage, once.coverage)


def test_what_comes_back_was_never_lost() -> None:
    """Out by 9 pixels and back: one reading keeps all of it, and uncovers nothing."""
    picture = twin.noise_picture(SIZE[1], SIZE[0])
    got = warp(picture, [Move(translation_x=9), Move(translation_x=-9)], border="reveal")
    assert torch.equal(got.picture, picture)
    assert float(got.coverage.min()) == 1


def test_the_pose_is_that_of_one_move_after_another() -> None:
    whole = pose_of(FLIGHT, SIZE)
    assert whole is not None
    point = np.array((0.3, -0.2, 2.5))
    at = point
    for move in FLIGHT:
        one = pose(move, SIZE)
        at = one.turn @ at + one.shift
    np.testing.assert_allclose(whole.turn @ point + whole.shift, at, atol=1e-12)
    np.testing.assert_allclose(whole.lens, pose(FLIGHT[0], SIZE).lens)
    np.testing.assert_allclose(whole.lens_after, pose(FLIGHT[1], SIZE).lens_after)


def test_what_is_no_single_pose() -> None:
    assert pose_of([FLIGHT[0], Move(fov=30)], SIZE) is None, "the lens jumps between"
    assert pose_of([Move(), Move(perspective_flip_phi=3)], SIZE) is None


def test_a_wall_comes_nearer_as_far_as_it_should() -> None:
    """Twice 1/8 of the distance nearer: 8/6 as large, in one reading and step by step (compat, and after a flip)."""
    picture = twin.noise_picture(SIZE[1], SIZE[0])
    depth = torch.full((1, 1, SIZE[1], SIZE[0]), 8.0)
    steps = [Move(translation_z=200.0)] * 2
    got = warp(picture, steps, mode="3d", depth=depth)
    large = Move(zoom=8 / 6, transform_center_x=55 / 112, transform_center_y=39 / 80)
    np.testing.assert_allclose(got.picture, warp(picture, [large]).picture, atol=1e-4)


def test_step_by_step_depth_and_coverage_go_along() -> None:
    picture = twin.noise_picture(SIZE[1], SIZE[0])
    depth = 1 + twin.noise_picture(SIZE[1], SIZE[0])[:, :1]
    steps = [Move(translation_x=10), Move(translation_x=6, perspective_flip_gamma=2)]
    for compat in ("none", "deforum"):
        one = warp(picture, steps[:1], mode="3d", depth=depth, compat=compat)
        kept = warp(
            torch.cat((depth, one.coverage), 1), steps[:1], mode="3d", depth=depth, compat=compat
        ).picture
        two = warp(one.picture, steps[1:], mode="3d", depth=kept[:, :1], compat=compat)
        got = warp(picture, steps, mode="3d", depth=depth, compat=compat)
        np.testing.assert_allclose(got.picture, two.picture, atol=1e-6)
        assert bool((got.coverage <= two.coverage + 1e-6).all())
        assert float(got.coverage.min()) < 0.5, (
            "what the first step uncovered is not known again after the second"
        )
