"""Absolute camera paths: the moves made of them lead back to the very poses, and mistakes are told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from keyframes import ProjectError
from motion import UNITS, Move, pose
from projects import read_project
from projects.lanes import STEPS
from render.resolve import ResolvedProject, resolve
from render.resolve.camera_path import Poses, increments, poses
from tests.fakes import keys_of

from ..fakes import fake_model

Numbers = NDArray[np.float64]
WILD = """
camera_x = "spline; 0: 0, 100: 300, 220: -150, 400: 80, 499: 0"
camera_y = "0: (40*sin(t/30))"
camera_z = "spline; 0: 0, 250: 900, 499: 200"
look_at_x = "spline; 0: 0, 300: 500, 499: -200"
look_at_y = "0: (90*cos(t/50))"
look_at_z = "spline; 0: 400, 250: 1500, 499: -600"
camera_roll = "0: (0), 499: (720)"
"""


def film_of(folder: Path, motion: str, frames: int = 500, mode: str = "3d") -> ResolvedProject:
    fake_model(folder / "fake")
    text = f'frames = {frames}\nmodel = "fake"\nprompts = "x"\n[motion]\nmode = "{mode}"\ndepth = "flat"\n{motion}'
    return resolve(read_project(text, name="a.toml", folder=folder))


def replayed(start: Poses, steps: dict[str, Numbers]) -> tuple[Numbers, Numbers]:
    """Where the camera is and looks after each move, as motion.pose makes them: the oracle."""
    places, axes = [start.place[0]], [start.axes[0]]
    for frame in range(1, len(start.place)):
        move = pose(Move(**{lane: float(values[frame]) for lane, values in steps.items()}), (64, 64))
        axes.append(move.turn @ axes[-1])
        places.append(places[-1] - axes[-1].T @ move.shift * UNITS)
    return np.array(places), np.array(axes)


def test_the_moves_lead_back_to_every_pose_of_500_frames(tmp_path: Path) -> None:
    numbers = film_of(tmp_path, WILD).timeline.numbers
    path = poses(numbers, looks=True)
    places, axes = replayed(path, {lane: numbers[lane] for lane in STEPS})
    np.testing.assert_allclose(places, path.place, atol=1e-6)
    np.testing.assert_allclose(axes, path.axes, atol=1e-6)


def test_poses_look_at_their_point_upright(tmp_path: Path) -> None:
    numbers = film_of(tmp_path, WILD.replace("0: (0), 499: (720)", "0")).timeline.numbers
    path = poses(numbers, looks=True)
    goal = np.stack([numbers["look_at_x"], -numbers["look_at_y"], numbers["look_at_z"]], axis=1)
    seen = np.einsum("nij,nj->ni", path.axes, goal - path.place)
    np.testing.assert_allclose(seen[:, :2], 0, atol=1e-9)
    assert (seen[:, 2] > 0).all()
    assert (path.axes[:, 1, 1] > 0).all()  # its down points down
    np.testing.assert_allclose(np.linalg.det(path.axes), 1, atol=1e-12)


def test_without_a_point_the_camera_looks_straight_on(tmp_path: Path) -> None:
    film = film_of(tmp_path, 'camera_x = "0: 0, 9: 90"\ncamera_z = "0: (t*t)"\ncamera_y = 7', 10)
    numbers = film.timeline.numbers
    np.testing.assert_allclose(numbers["translation_x"][1:], 10)
    np.testing.assert_allclose(numbers["translation_z"], [0, *np.diff(np.arange(10.0) ** 2)])
    for lane in ("translation_y", "rotation_3d_x", "rotation_3d_y", "rotation_3d_z"):
        np.testing.assert_allclose(numbers[lane], 0, atol=1e-12)
    assert (
        dict((lane, why) for lane, _, why in film.timeline.explain(3))["translation_x"] == "the camera's path"
    )


def test_a_roll_turns_the_content_as_the_lane_for_steps_does(tmp_path: Path) -> None:
    numbers = film_of(tmp_path, 'camera_roll = "0: (3*t)"', 5).timeline.numbers
    np.testing.assert_allclose(numbers["rotation_3d_z"], [0, 3, 3, 3, 3], atol=1e-9)


def test_a_sharp_turn_of_90_degrees_is_no_trap() -> None:
    half = np.sqrt(0.5)
    axes = np.array(
        [np.eye(3), [[0, 0, -1], [0, 1, 0], [1, 0, 0]], [[0, 0, -1], [half, half, 0], [half, -half, 0]]]
    )
    path = Poses(place=np.zeros((3, 3)), axes=axes)
    _, found = replayed(path, increments(path))
    np.testing.assert_allclose(found, axes, atol=1e-9)


@pytest.mark.parametrize(
    ("motion", "mode", "why"),
    [
        ("camera_x = 5\ntranslation_z = 2", "3d", "how it moves from one frame to the next"),
        ("camera_x = 5", "2d", "runs through space"),
        ('camera_x = 5\ncompat = "deforum"', "3d", "needs a true camera"),
        ('camera_z = "0: (t)"\nlook_at_z = 5', "3d", "stands at the point"),
        ("look_at_y = 5", "3d", "straight up or down"),
    ],
)
def test_mistakes_are_told_before_anything_is_painted(
    tmp_path: Path, motion: str, mode: str, why: str
) -> None:
    with pytest.raises(ProjectError, match=why) as caught:
        film_of(tmp_path, motion, 10, mode)
    assert caught.value.problems[0].line is not None


def test_a_changed_key_of_a_path_paints_what_comes_after_it(tmp_path: Path) -> None:
    one, other = (
        keys_of(film_of(tmp_path, f'camera_x = "0: 0, 10: 5, 19: {last}"', 20)) for last in ("9", "12")
    )
    assert one[:11] == other[:11]
    assert all(a != b for a, b in zip(one[11:], other[11:], strict=True))
