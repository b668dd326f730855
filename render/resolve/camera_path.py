"""Absolute camera paths: where the camera stands and looks at every frame, as the moves from frame to frame.

A path is written in the lanes `camera_x` ... `look_at_z`, `camera_roll`. The moves that come of it take the place of
the lanes `translation_*` and `rotation_3d_*`, so that everything after this knows nothing of paths. NumPy only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from keyframes import Timeline
from projects import Project
from projects.lanes import LOOK_AT, PATH, STEPS

from .checks import wrong

Numbers = NDArray[np.float64]
_LEAST = 1e-6  # units/200: nearer than this to what it looks at, a camera has no direction


@dataclass(frozen=True, kw_only=True)
class Poses:
    """The camera at every frame. place (n, 3): in 1/200 units; axes (n, 3, 3): its right, down and forward as rows.

    Convention: the world is x right, y down, z into the picture as the camera sees it that looks along the path's z
    axis; the lanes' y is up and comes in negated. A point X (column) of the world is at `axes @ (X - place)`.
    """

    place: Numbers
    axes: Numbers


def along_path(project: Project, timeline: Timeline) -> Timeline:
    """The timeline with the camera's moves worked out from its path; the same timeline for a project without one.

    Raises ProjectError for a path in a film that is not 3D, one beside moves from frame to frame, and one that leaves
    open where the camera looks.
    """
    used = [lane for lane in PATH if lane in project.given_lanes]
    if not used:
        return timeline
    _check(project, used)
    looks = any(lane in used for lane in LOOK_AT)
    try:
        moves = increments(poses(timeline.numbers, looks=looks))
    except ValueError as error:
        frame, what = error.args
        hint = "Move look_at or the camera a little."
        raise wrong(project, what, used[-1], hint=hint, frame=frame) from None
    reasons = {**timeline.reasons, **dict.fromkeys(STEPS, _from_path)}
    return replace(timeline, numbers={**timeline.numbers, **moves}, reasons=reasons)


def poses(lanes: Mapping[str, Numbers], *, looks: bool) -> Poses:
    """The camera of each frame from the path's lanes, each (n,). looks: at the point `look_at`; if not, straight on.

    Raises ValueError(frame, what) where the camera stands at the point it looks at, or looks straight up or down.
    """
    place = np.stack([lanes["camera_x"], -lanes["camera_y"], lanes["camera_z"]], axis=1)
    forward = np.tile((0.0, 0.0, 1.0), (len(place), 1))
    if looks:
        goal = np.stack([lanes["look_at_x"], -lanes["look_at_y"], lanes["look_at_z"]], axis=1)
        forward = goal - place
    length = np.linalg.norm(forward, axis=1)
    _refuse(length < _LEAST, "the camera stands at the point that it looks at.")
    forward = forward / length[:, None].clip(_LEAST)
    right = np.cross((0.0, 1.0, 0.0), forward)
    width = np.linalg.norm(right, axis=1)
    _refuse(width < _LEAST, "the camera looks straight up or down, so that its own up is open.")
    right = right / width[:, None].clip(_LEAST)
    axes = np.stack([right, np.cross(forward, right), forward], axis=1)
    roll = np.radians(lanes["camera_roll"])
    c, s, zero, one = np.cos(roll), np.sin(roll), np.zeros_like(roll), np.ones_like(roll)
    turned = np.stack([c, s, zero, -s, c, zero, zero, zero, one], axis=1).reshape(-1, 3, 3)
    return Poses(place=place, axes=turned @ axes)


def increments(path: Poses) -> dict[str, Numbers]:
    """The lanes (n,) that move the camera from each pose to the next; frame 0 does not move.

    What takes camera n - 1 to camera n is turn = A(n) A(n-1)', shift = A(n) (place(n-1) - place(n)), and the
    transposed turn is Rx Ry Rz of the lanes' angles, as in `motion.pose`.
    """
    turn = path.axes[1:] @ path.axes[:-1].transpose(0, 2, 1)
    shift = np.einsum("nij,nj->ni", path.axes[1:], path.place[:-1] - path.place[1:])
    x, y, z = _angles(turn.transpose(0, 2, 1))
    steps = {
        "translation_x": -shift[:, 0],
        "translation_y": shift[:, 1],
        "translation_z": -shift[:, 2],
        "rotation_3d_x": x,
        "rotation_3d_y": y,
        "rotation_3d_z": z,
    }
    return {lane: np.concatenate([[0.0], values + 0.0]) for lane, values in steps.items()}


def _angles(turn: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Degrees about x, y and z of Rx Ry Rz (n, 3, 3); where y is a right angle, x does all of the rest."""
    flat = np.hypot(turn[:, 0, 0], turn[:, 0, 1])
    free = flat > 1e-9
    y = np.arctan2(turn[:, 0, 2], flat)
    x = np.where(free, np.arctan2(-turn[:, 1, 2], turn[:, 2, 2]), np.arctan2(turn[:, 2, 1], turn[:, 1, 1]))
    z = np.where(free, np.arctan2(-turn[:, 0, 1], turn[:, 0, 0]), 0.0)
    return np.degrees(x), np.degrees(y), np.degrees(z)


def _from_path(frame: int) -> str:
    """Where a lane's value comes from, for `reverie plan --frames`."""
    return "the camera's path"


def _check(project: Project, used: list[str]) -> None:
    motion = project.file.motion
    if motion.mode != "3d":
        what, hint = "a camera path runs through space.", 'Write mode = "3d" in [motion].'
        raise wrong(project, what, used[0], hint=hint)
    if motion.compat != "none":
        what = f'a camera path needs a true camera; compat = "{motion.compat}" moves as that program does.'
        raise wrong(project, what, used[0], hint="Take compat out.")
    mixed = [lane for lane in STEPS if lane in project.given_lanes]
    if mixed:
        what = f"a path says where the camera is, and {', '.join(mixed)} how it moves from one frame to the next."
        raise wrong(project, what, mixed[0], hint=f"Keep either {', '.join(used)} or these.")


def _refuse(bad: NDArray[np.bool_], what: str) -> None:
    if bad.any():
        raise ValueError(int(np.argmax(bad)), what)
