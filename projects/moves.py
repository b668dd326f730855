"""Camera moves by name: each writes ordinary schedules, to be pasted into a project and changed there.

The formulas are those of the camera in space (docs/motion.md): a point X before a frame is at R X + t after it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

UNITS = 200  # translations count in 1/200 of a unit
DISTANCE = 2.0  # units to what an orbit and a dolly zoom hold still
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

    Raises ValueError for fewer than 2 frames, and for a distance of 0 or less.
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
    """A speed that comes and goes: a fifth of the film each."""
    return f"0: (0) smooth, 20%: ({_short(speed)}), 80%: ({_short(speed)}) smooth, 100%: (0)"


def _push(frames: int, amount: float, distance: float) -> Lanes:
    return {"translation_z": _eased(amount * 0.5 * distance * UNITS / (0.8 * frames))}


def _truck(frames: int, amount: float, distance: float) -> Lanes:
    return {"translation_x": _eased(amount * 0.5 * distance * UNITS / (0.8 * frames))}


def _orbit(frames: int, amount: float, distance: float) -> Lanes:
    """Turning by w and shifting by what brings (0, 0, d) back to itself."""
    turn = math.radians(amount * 40 / (frames - 1))
    return {
        "rotation_3d_y": f"0: ({_short(math.degrees(turn))})",
        "translation_x": f"0: ({_short(-UNITS * distance * math.sin(turn))})",
        "translation_z": f"0: ({_short(-UNITS * distance * (1 - math.cos(turn)))})",
    }


def _circle(frames: int, amount: float, distance: float) -> Lanes:
    """A camera path, not steps: once round, so that the frame after the last would be the first one again."""
    far, turn = _short(distance * UNITS), f"{_short(amount)}*2*pi*t/{frames}"
    return {
        "camera_x": f"0: ({far}*sin({turn}))",
        "camera_z": f"0: ({far} - {far}*cos({turn}))",
        "look_at_z": far,
    }


def _dolly_zoom(frames: int, amount: float, distance: float) -> Lanes:
    """Backing off to 1 + amount times the distance; tan(fov / 2) shrinks as the distance grows."""
    if amount <= -1:
        raise ValueError(f"a dolly zoom of {amount:g} runs through what it holds; use more than -1")
    speed = -amount * distance * UNITS / (frames - 1)
    growth, start = _short(amount / (frames - 1)), _short(math.tan(math.radians(_FOV) / 2))
    return {
        "translation_z": f"0: ({_short(speed)})",
        "fov": f"0: (360/pi*arctan({start}/(1 + {growth}*t)))",
    }


def _crane(frames: int, amount: float, distance: float) -> Lanes:
    """Rising, and looking down at what was ahead."""
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
    """Differences of smooth noise: the camera sways about its place and never wanders off."""

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
    CameraMove(name="push-in", mode="3d", help="forward, half the distance; -1 pulls out", write=_push),
    CameraMove(name="parallax-pan", mode="3d", help="sideways to the right, half the distance", write=_truck),
    CameraMove(name="pan", mode="3d", help="looks 60 degrees to the right from where it stands", write=_pan),
    CameraMove(name="orbit", mode="3d", help="40 degrees round what stands at the distance", write=_orbit),
    CameraMove(
        name="circle",
        mode="3d",
        help="once round what stands at the distance, as a path that closes",
        write=_circle,
    ),
    CameraMove(
        name="dolly-zoom",
        mode="3d",
        help="backs off to twice the distance; what stands there keeps its size",
        write=_dolly_zoom,
    ),
    CameraMove(name="crane", mode="3d", help="rises, and looks 25 degrees down", write=_crane),
    CameraMove(name="spiral", mode="3d", help="forward, half the distance, and half a turn", write=_spiral),
    CameraMove(
        name="handheld", mode="3d", help="sways as a hand does, by the project's seed", write=_handheld
    ),
    CameraMove(name="zoom", mode="2d", help="twice as large by the end", write=_zoom),
    CameraMove(name="roll", mode="2d", help="one full turn counter-clockwise", write=_roll),
)
