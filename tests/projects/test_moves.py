"""Camera moves by name: their schedules parse, and the camera does what the name says."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from keyframes import Clock, PromptSource, compile_timeline
from motion import Move, pose
from projects import Rows, lane_specs
from projects.lanes import LOOK_AT, PATH
from projects.starter import MOVES, motion_table
from render.resolve.camera_path import increments, poses

FRAMES = 60
BY_NAME = {move.name: move for move in MOVES}


def rows(name: str, amount: float = 1.0, distance: float = 2.0) -> list[Move]:
    """The moves of frames 1 and on, the lens of the frame before in each, as a render makes them."""
    table = tomllib.loads(motion_table(BY_NAME[name], FRAMES, amount=amount, distance=distance))["motion"]
    mode = table.pop("mode")
    assert mode == BY_NAME[name].mode
    specs = lane_specs(("euler",), {})
    timeline = compile_timeline(Clock(frames=FRAMES, seed=1), specs, table, PromptSource(prompts={"0": "x"}))
    if any(lane in table for lane in PATH):
        path = poses(timeline.numbers, looks=any(lane in table for lane in LOOK_AT))
        timeline = replace(timeline, numbers={**timeline.numbers, **increments(path)})
    fields = [name for name in Move.__dataclass_fields__ if name != "magnify"]
    moves = []
    for before, row in pairwise(Rows(timeline)):
        old, new = np.tan(np.radians((before.lanes["fov"], row.lanes["fov"])) / 2)
        numbers = {field: row.lanes[field] for field in fields}
        moves.append(Move(**{**numbers, "fov": before.lanes["fov"]}, magnify=float(old / new)))
    return moves


def path(name: str, point: tuple[float, float, float], **options: float) -> NDArray[np.float64]:
    """Where a point of the world is seen from frame to frame: (frames, 3) in camera space."""
    places = [np.array(point)]
    for move in rows(name, **options):
        camera = pose(move, (256, 256))
        places.append(camera.turn @ places[-1] + camera.shift)
    return np.array(places)


@pytest.mark.parametrize("name", BY_NAME)
@pytest.mark.parametrize("amount", [1.0, -0.5])
def test_every_move_compiles_and_moves(name: str, amount: float) -> None:
    assert any(move != rows(name, amount)[0] or move != Move() for move in rows(name, amount))


def test_an_orbit_holds_its_middle_and_goes_round_by_40_degrees() -> None:
    held = path("orbit", (0, 0, 3.0), distance=3.0)
    np.testing.assert_allclose(held, np.tile((0, 0, 3.0), (FRAMES, 1)), atol=1e-4)
    beside = path("orbit", (1.0, 0, 3.0), distance=3.0)[-1] - (0, 0, 3.0)
    assert np.degrees(np.arctan2(beside[2], beside[0])) == pytest.approx(40, abs=0.01)


def test_a_dolly_zoom_holds_the_size_at_its_distance() -> None:
    point, seen = np.array((0.5, 0.0, 2.0, 1.0))[:3], []
    for move in rows("dolly-zoom", distance=2.0):
        camera = pose(move, (256, 256))
        point = camera.turn @ point + camera.shift
        at = camera.lens_after @ point
        seen.append(at[0] / at[2])
    np.testing.assert_allclose(seen, seen[0], atol=0.01)
    assert point[2] == pytest.approx(4.0, abs=1e-3)  # twice as far


def test_how_far_they_go() -> None:
    assert path("push-in", (0, 0, 5.0))[-1, 2] == pytest.approx(4.0, abs=0.05)
    assert path("push-in", (0, 0, 5.0), amount=-1.0)[-1, 2] == pytest.approx(6.0, abs=0.05)
    assert path("parallax-pan", (0, 0, 5.0))[-1, 0] == pytest.approx(-1.0, abs=0.05)
    assert path("crane", (0, 0, 2.0))[-1, 1] == pytest.approx(0, abs=0.2)  # it keeps looking there
    angle = np.degrees(np.arctan2(*path("pan", (0, 0, 1.0))[-1, [0, 2]]))
    assert angle == pytest.approx(-60, abs=2)
    assert np.prod([move.zoom for move in rows("zoom")]) == pytest.approx(2, rel=0.15)
    assert sum(move.angle for move in rows("roll")) == pytest.approx(360, rel=0.03)


def test_a_hand_sways_and_stays() -> None:
    places = path("handheld", (0, 0, 2.0))
    assert np.abs(places[:, :2]).max() < 0.3
    assert np.abs(np.diff(places[:, 0])).max() > 1e-3


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("orbit", {"frames": 1}, "at least 2 frames"),
        ("orbit", {"frames": 9, "distance": 0.0}, "above 0"),
        ("dolly-zoom", {"frames": 9, "amount": -1.0}, "would pass through"),
    ],
)
def test_refusals(name: str, options: dict[str, float], said: str) -> None:
    frames = int(options.pop("frames"))
    with pytest.raises(ValueError, match=said):
        motion_table(BY_NAME[name], frames, **options)


def test_a_circle_holds_its_middle_and_closes() -> None:
    np.testing.assert_allclose(
        path("circle", (0, 0, 3.0), distance=3.0), np.tile((0, 0, 3.0), (FRAMES, 1)), atol=1e-9
    )
    beside = path("circle", (1.0, 0.5, 3.0), distance=3.0) - (0, 0, 3.0)
    angles = np.unwrap(np.arctan2(beside[:, 2], beside[:, 0]))
    assert abs(angles[-1] - angles[0]) == pytest.approx(2 * np.pi * (FRAMES - 1) / FRAMES)
    np.testing.assert_allclose(np.diff(angles), (angles[-1] - angles[0]) / (FRAMES - 1), atol=1e-9)
