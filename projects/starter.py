"""Text to begin with: the project that `reverie new` writes, and camera moves by name.

Each move writes ordinary schedules, to paste into a project and change there. The formulas are those of the camera in
space (docs/motion.md): a point X before a frame is at R X + t after it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from keyframes.errors import printable

from .schema import SCHEMA_FILE

UNITS = 200  # translations count in 1/200 of a unit
DISTANCE = 2.0  # units to the subject of an orbit or a dolly zoom
_FOV = 70.0

Lanes = dict[str, str]
Write = Callable[[int, float, float], Lanes]


@dataclass(frozen=True, kw_only=True)
class CameraMove:
    """A named move. mode: the camera it is for; write: (frames, amount, distance) -> lanes of [motion]."""

    name: str
    mode: str
    help: str
    write: Write


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


MOVES: list[CameraMove] = []


def _move(name: str, mode: str, help: str) -> Callable[[Write], Write]:
    def add(write: Write) -> Write:
        MOVES.append(CameraMove(name=name, mode=mode, help=help, write=write))
        return write

    return add


def _short(value: float) -> str:
    return f"{value:.6g}"


def _eased(speed: float) -> str:
    """A speed that rises during the first fifth of the film and falls during the last."""
    return f"0: (0) smooth, 20%: ({_short(speed)}), 80%: ({_short(speed)}) smooth, 100%: (0)"


@_move("push-in", "3d", "Move forward by half the distance; -1 pulls out.")
def _push(frames: int, amount: float, distance: float) -> Lanes:
    return {"translation_z": _eased(amount * 0.5 * distance * UNITS / (0.8 * frames))}


@_move("parallax-pan", "3d", "Move sideways to the right by half the distance.")
def _truck(frames: int, amount: float, distance: float) -> Lanes:
    return {"translation_x": _eased(amount * 0.5 * distance * UNITS / (0.8 * frames))}


@_move("pan", "3d", "Turn 60 degrees to the right on the spot.")
def _pan(frames: int, amount: float, distance: float) -> Lanes:
    return {"rotation_3d_y": _eased(amount * 60 / (0.8 * frames))}


@_move("orbit", "3d", "Orbit by 40 degrees round what is at the distance.")
def _orbit(frames: int, amount: float, distance: float) -> Lanes:
    """Turn, and shift so that (0, 0, d) stays where it is."""
    turn = math.radians(amount * 40 / (frames - 1))
    return {
        "rotation_3d_y": f"0: ({_short(math.degrees(turn))})",
        "translation_x": f"0: ({_short(-UNITS * distance * math.sin(turn))})",
        "translation_z": f"0: ({_short(-UNITS * distance * (1 - math.cos(turn)))})",
    }


@_move("circle", "3d", "Go once round what is at the distance, on a closed path.")
def _circle(frames: int, amount: float, distance: float) -> Lanes:
    """A closed camera path: the frame after the last would equal the first."""
    far, turn = _short(distance * UNITS), f"{_short(amount)}*2*pi*t/{frames}"
    return {
        "camera_x": f"0: ({far}*sin({turn}))",
        "camera_z": f"0: ({far} - {far}*cos({turn}))",
        "look_at_z": far,
    }


@_move("dolly-zoom", "3d", "Back off to twice the distance; what is at the distance keeps its size.")
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


@_move("crane", "3d", "Rise, and look 25 degrees down.")
def _crane(frames: int, amount: float, distance: float) -> Lanes:
    """Rise, and look down at what was ahead."""
    turn = amount * 25 / (frames - 1)
    rise = UNITS * distance * math.sin(math.radians(turn))
    return {
        "translation_y": f"0: ({_short(rise)})",
        "rotation_3d_x": f"0: ({_short(-turn)})",
    }


@_move("spiral", "3d", "Move forward by half the distance with half a turn.")
def _spiral(frames: int, amount: float, distance: float) -> Lanes:
    return {
        "translation_z": f"0: ({_short(0.5 * distance * UNITS / frames)})",
        "rotation_3d_z": f"0: ({_short(amount * 180 / frames)})",
    }


@_move("handheld", "3d", "Sway like a hand-held camera; the seed decides how.")
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


@_move("zoom", "2d", "Zoom in to twice the size by the end.")
def _zoom(frames: int, amount: float, distance: float) -> Lanes:
    return {"zoom": f"0: (1) smooth, 20%: ({_short(2 ** (amount / frames))})"}


@_move("roll", "2d", "Make one full turn counter-clockwise.")
def _roll(frames: int, amount: float, distance: float) -> Lanes:
    return {"angle": f"0: ({_short(amount * 360 / frames)})"}


STARTER = """#:schema {schema}
# A film. Render it with: reverie render {name}

title = "{title}"
frames = 60                     # or duration = "4s"
fps = 15
seed = 7
model = "sketch"                # built in; or a diffusers folder, a .safetensors file, or a hub name
# size = [256, 256]             # width, height; the model's own size when left out
# init_image = "start.png"      # paint the first frame over this picture
# audio = "song.mp3"            # becomes the film's sound track
# bpm = 120                     # lets keys be on beats: "8b"

[prompts]                       # position = prompt; positions: frames, "2.5s", "50%", "-1", "max_f/2"
0 = "a lighthouse by the sea at sunset, oil painting"
30 = "a lighthouse by the sea at night under the stars, oil painting"
blend = "linear"                # how one prompt turns into the next: hold, linear, smooth
# negative = "birds"

[motion]                        # per frame: a number, or a schedule of keys
zoom = "0: (1.0), 20: (1.015)"
angle = "0: (0.6*sin(2*pi*t/60))"
translation_x = 0

# [diffusion]
# strength = 0.6                # 0 keeps the moved picture, 1 paints a new picture
# steps = 10
# cfg_scale = 3.0

# [coherence]
# color_from = "frame"          # whose colours are kept: "prompt" (as sketch does), "frame", "previous", a picture
# noise = 0.02
"""


def starter(name: str, title: str) -> str:
    """A small commented project named `name` that renders as it is, whatever letters name and title have."""
    title = printable(title).replace("\\", "\\\\").replace('"', '\\"')
    return STARTER.format(schema=SCHEMA_FILE, name=printable(name), title=title)
