"""Camera moves by name: each writes ordinary schedules, to paste into a project and change there.

The formulas are those of the camera in space (docs/motion.md): a point X before a frame is at R X + t after it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

UNITS = 200  # translations count in 1/200 of a unit
DISTANCE = 2.0  # units to the subject of an orbit or a dolly zoom
_FOV = 70.0

Lanes = dict[str, str]


@dataclass(frozen=True, kw_only=True)
class CameraMove:
    """A named move. mode: the camera it is for; write: (frames, amount, distance) -> lanes of [motion]."""

    name: str
    mode: str
    help: str
    write: Callable[[int, float, float], Lanes]


def motion_table(move: CameraMove, frames: int, *, amount: float = 1.0, distance: float = DISTANCE) -> str:
    """The `[motion]` table of a move over `frames` frames, as TOML. amount: 1 is the usual size, -1 the other way.

    Raises ValueError for fewer than 2 frames, or a distance of 0 or less.
    """
    if frames < 2:
        raise ValueError(f"a camera move takes at least 2 frames, got {frames}")
    if distance <= 0:
        raise ValueError(f"the distance is in units, above 0; got {distance:g}")
    lanes = move.write(frames, amount, distance)
    return "\n".join(
        ["[motion]", f'mode = "{move.mode}"', *(f'{lane} = "{text}"' for lane, text in lanes.items())]
    )


def _eased(speed: float) -> str:
    """A speed that rises during the first fifth of the film and falls during the last."""
    return f"0: (0) smooth, 20%: ({_short(speed)}), 80%: ({_short(speed)}) smooth, 100%: (0)"


def _push(frames: int, amount: float, distance: float) -> Lanes:
    return {"translation_z": _eased(amount * 0.5 * distance * UNITS / (0.8 * frames))}


def _truck(frames: int, amount: float, distance: float) -> Lanes:
    return {"translation_x": _eased(amount * 0.5 * distance * UNITS / (0.8 * frames))}


def _orbit(frames: int, amount: float, distance: float) -> Lanes:
    """Turn, and shift so that (0, 0, d) stays where it is."""
    turn = math.radians(amount * 40 / (frames - 1))
    return {
        "rotation_3d_y": f"0: ({_short(math.degrees(turn))})",
        "translation_x": f"0: ({_short(-UNITS * distance * math.sin(turn))})",
        "translation_z": f"0: ({_short(-UNITS * distance * (1 - math.cos(turn)))})",
    }


def _circle(frames: int, amount: float, distance: float) -> Lanes:
    """A closed camera path: the frame after the last would equal the first."""
    far, turn = _short(distance * UNITS), f"{_short(amount)}*2*pi*t/{frames}"
    return {
        "camera_x": f"0: ({far}*sin({turn}))",
        "camera_z": f"0: ({far} - {far}*cos({turn}))",
        "look_at_z": far,
    }


def _dolly_zoom(frames: int, amount: float, distance: float) -> Lanes:
    """Back off to 1 + amount times the distance; tan(fov / 2) shrinks as the distance grows."""
    if amount <= -1:
        raise ValueError(f"a dolly zoom of {amount:g} would pass through its subject; use more than -1")
    speed = -amount * distance * UNITS / (frames - 1)
    growth, start = _short(amount / (frames - 1)), _short(math.tan(math.radians(_FOV) / 2))
    return {
        "translation_z": f"0: ({_short(speed)})",
        "fov": f"0: (360/pi*arctan({start}/(1 + {growth}*t)))",
    }


def _crane(frames: int, amount: float, distance: float) -> Lanes:
    """Rise, and look down at what was ahead."""
    turn = amount * 25 / (frames - 1)
    rise = UNITS * distance * math.sin(math.radians(turn))
    return {
        "translation_y": f"0: ({_short(rise)})",
        "rotation_3d_x": f"0: ({_short(-turn)})",
    }


def _spiral(frames: int, amount: float, distance: float) -> Lanes:
    return {
        "translation_z": f"0: ({_short(0.5 * distance * UNITS / frames)})",
        "rotation_3d_z": f"0: ({_short(amount * 180 / frames)})",
    }


def _handheld(frames: int, amount: float, distance: float) -> Lanes:
    """Differences of smooth noise: the camera sways about its place and never drifts away."""

    def sway(size: float, frames_each: int, channel: int) -> str:
        noise = f"(noise(t/{frames_each}, {channel}) - noise((t-1)/{frames_each}, {channel}))"
        return f"0: ({_short(amount * size)}*{noise})"

    return {
        "rotation_3d_x": sway(1.2, 9, 1),
        "rotation_3d_y": sway(1.5, 11, 2),
        "rotation_3d_z": sway(0.8, 13, 3),
        "translation_x": sway(6.0, 12, 4),
        "translation_y": sway(4.0, 10, 5),
    }


def _zoom(frames: int, amount: float, distance: float) -> Lanes:
    return {"zoom": f"0: (1) smooth, 20%: ({_short(2 ** (amount / frames))})"}


def _roll(frames: int, amount: float, distance: float) -> Lanes:
    return {"angle": f"0: ({_short(amount * 360 / frames)})"}


def _pan(frames: int, amount: float, distance: float) -> Lanes:
    return {"rotation_3d_y": _eased(amount * 60 / (0.8 * frames))}


def _short(value: float) -> str:
    return f"{value:.6g}"


MOVES: tuple[CameraMove, ...] = (
    CameraMove(
        name="push-in", mode="3d", help="Move forward by half the distance; -1 pulls out.", write=_push
    ),
    CameraMove(
        name="parallax-pan", mode="3d", help="Move sideways to the right by half the distance.", write=_truck
    ),
    CameraMove(name="pan", mode="3d", help="Turn 60 degrees to the right on the spot.", write=_pan),
    CameraMove(
        name="orbit", mode="3d", help="Orbit by 40 degrees round what is at the distance.", write=_orbit
    ),
    CameraMove(
        name="circle",
        mode="3d",
        help="Go once round what is at the distance, on a closed path.",
        write=_circle,
    ),
    CameraMove(
        name="dolly-zoom",
        mode="3d",
        help="Back off to twice the distance; what is at the distance keeps its size.",
        write=_dolly_zoom,
    ),
    CameraMove(name="crane", mode="3d", help="Rise, and look 25 degrees down.", write=_crane),
    CameraMove(
        name="spiral", mode="3d", help="Move forward by half the distance with half a turn.", write=_spiral
    ),
    CameraMove(
        name="handheld",
        mode="3d",
        help="Sway like a hand-held camera; the seed decides how.",
        write=_handheld,
    ),
    CameraMove(name="zoom", mode="2d", help="Zoom in to twice the size by the end.", write=_zoom),
    CameraMove(name="roll", mode="2d", help="Make one full turn counter-clockwise.", write=_roll),
)
