"""The camera's move from the last painted frame to this one."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from projects import Row, Rows
from projects.schema import Motion

from ..depth import Distances
from .hole_estimate import Values, uncovers
from .picture_reader import DepthInputs
from .stage import Canvas, Frame, Tools

if TYPE_CHECKING:
    from torch import Tensor

    from motion import Compat, Mode, Move, Sampling, Uncovered

_PLANE = ("angle", "zoom", "translation_x", "translation_y")
_SPACE = ("rotation_3d_x", "rotation_3d_y", "rotation_3d_z")
_SHIFT = ("translation_x", "translation_y", "translation_z")
_FLIP = ("perspective_flip_theta", "perspective_flip_phi", "perspective_flip_gamma")
_STILL = {name: 0.0 for name in (*_PLANE, *_SPACE, *_SHIFT, *_FLIP)} | {"zoom": 1.0, "magnify": 1.0}


class EarlierDepth(NamedTuple):
    """A frame painted before, its depth, and the moves from it to the picture that is moved now."""

    frame: int
    distances: Distances
    moves: tuple[Values, ...]


class CameraInputs(NamedTuple):
    """moves: one after another. source: the frame that is moved, in 3D. earlier: frames whose depth counts too, the
    latest first."""

    mode: Mode
    moves: tuple[Values, ...]
    border: Uncovered
    sampling: Sampling
    compat: Compat
    source: int = 0
    depth: Distances | None = None
    earlier: tuple[EarlierDepth, ...] = ()


@dataclass(eq=False)
class Camera:
    """rows: of the film. size: (width, height). smooth: how many earlier painted frames
    are averaged into the depth. before: gives the painted frame before a painted frame; None for the first."""

    settings: Motion
    rows: Rows
    depth: DepthInputs
    size: tuple[int, int]
    smooth: int
    before: Callable[[int], int | None]
    name = "camera"

    def __post_init__(self) -> None:
        self._flips = any(any(self.rows.columns[lane]) for lane in _FLIP)
        self._last: tuple[int, Values] = (-1, ())

    def inputs(self, frame: Frame) -> CameraInputs | None:
        """See Stage. None where the camera stands still."""
        moves = tuple(self.values(row) for row in frame.path)
        settings = self.settings
        if not any(name in _STILL for values in moves for name, _ in values):
            return None  # a lens and a centre alone move nothing
        flipped = any(name in _FLIP for values in moves for name, _ in values)
        if settings.mode == "2d":
            own, border = flipped and settings.compat == "deforum", settings.border
            if border == "reveal" and not flipped and not uncovers(moves, self.size):
                border = "replicate"  # there is no hole to fill
            return CameraInputs("2d", moves, border, settings.sampling, "deforum" if own else "none")
        compat = settings.compat
        if compat != "none" and not flipped and self.depth.source.kind in ("flat", "ground"):
            compat = "deforum"  # the two differ in how they read depth, and in nothing else
        first = frame.path[0]
        source = first.frame - 1
        return CameraInputs(
            mode="3d",
            moves=moves,
            border=settings.border,
            sampling=settings.sampling,
            compat=compat,
            source=source,
            depth=self.depth.distances(first, source),
            earlier=self._seen_before(source),
        )

    def values(self, row: Row) -> Values:
        """The camera's move from the frame before `row` to it."""
        if self._last[0] != row.frame:
            values = self._flat(row) if self.settings.mode == "2d" else self._in_space(row)
            if self._flips:
                values |= _flip(row)
            moved = tuple((name, value) for name, value in values.items() if value != _STILL.get(name))
            self._last = (row.frame, moved)
        return self._last[1]

    def _flat(self, row: Row) -> dict[str, float]:
        lanes = row.motion
        plane = {name: getattr(lanes, name) for name in _PLANE}
        if plane["angle"] != 0 or plane["zoom"] != 1:
            plane["transform_center_x"] = lanes.transform_center_x
            plane["transform_center_y"] = lanes.transform_center_y
        return plane

    def _in_space(self, row: Row) -> dict[str, float]:
        """A `fov` that changes is a lens that changes between two frames: the one before was seen through its own."""
        lanes, settings = row.motion, self.settings
        values = {name: getattr(lanes, name) for name in _SPACE}
        values |= {name: getattr(lanes, name) * settings.translation_scale for name in _SHIFT}
        values |= {"fov": lanes.fov, "aspect": lanes.aspect}
        if settings.compat == "none":
            before = self.rows[max(row.frame - 1, 0)].motion.fov
            if before != lanes.fov:
                values["magnify"] = math.tan(math.radians(before) / 2) / math.tan(math.radians(lanes.fov) / 2)
            values["fov"] = before
        return values

    def _seen_before(self, painted: int) -> tuple[EarlierDepth, ...]:
        """The frames painted before one, the latest first."""
        found: list[EarlierDepth] = []
        moves: tuple[Values, ...] = ()
        for _ in range(self.smooth):
            before = self.before(painted)
            if before is None:
                break
            path = range(before + 1, painted + 1)
            moves, painted = (*(self.values(self.rows[at]) for at in path), *moves), before
            found.append(EarlierDepth(before, self.depth.distances(self.rows[before + 1], before), moves))
        return tuple(found)

    @staticmethod
    def apply(canvas: Canvas, inputs: CameraInputs) -> Canvas:
        from motion import warp

        picture = canvas.given
        depth = None if inputs.depth is None else _distances(canvas, inputs)
        moved = warp(
            picture,
            [move_of(values) for values in inputs.moves],
            border=inputs.border,
            sampling=inputs.sampling,
            mode=inputs.mode,
            depth=depth,
            soft_edges=inputs.depth is not None and canvas.tools.depth.soft_edges(inputs.depth.map),
            compat=inputs.compat,
        )
        return replace(canvas, picture=moved.picture, coverage=moved.coverage)


def move_of(values: Values) -> Move:
    """The move with these values."""
    from motion import Move

    return Move(**dict(values))


def _distances(canvas: Canvas, inputs: CameraInputs) -> Tensor | None:
    """How far the pixels of the picture that is moved are; with earlier frames' depth, where they agree."""
    from motion.pose import pose_of

    from ..depth import smoothed

    tools, wanted = canvas.tools, inputs.depth
    assert wanted is not None
    seen = canvas.given if canvas.seen is None else canvas.seen
    if not inputs.earlier and wanted.map.kind != "network":
        return tools.depth.distances(seen, wanted)
    now = tools.once((inputs.source, wanted), lambda: tools.depth.distances(seen, wanted))
    if now is None or not inputs.earlier:
        return now
    carried = []
    for earlier in inputs.earlier:
        pose = pose_of([move_of(values) for values in earlier.moves], (now.shape[-1], now.shape[-2]))
        if pose is None:  # a perspective flip on the way: what was seen before it cannot be carried along
            break
        depth = tools.once((earlier.frame, earlier.distances), partial(_looked_back, tools, earlier))
        assert depth is not None
        carried.append((depth, pose))
    return smoothed(now, carried)


def _looked_back(tools: Tools, earlier: EarlierDepth) -> Tensor | None:
    return tools.depth.distances(tools.painted(earlier.frame), earlier.distances)


def _flip(row: Row) -> dict[str, float]:
    """The perspective flip; nothing where there is none, whatever its field of view."""
    lanes = row.motion
    turns = {name: getattr(lanes, name) for name in _FLIP}
    return {**turns, "perspective_flip_fv": lanes.perspective_flip_fv} if any(turns.values()) else {}
