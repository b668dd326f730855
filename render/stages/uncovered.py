"""What the moves uncovered: where the frame is painted with `reveal_strength` in place of `strength`."""

from __future__ import annotations

from dataclasses import replace

from projects.schema import Motion

from .camera import Camera
from .clip_motion import ClipMotion
from .hole_estimate import Values, deepest_hole, reach, uncovers
from .stage import Canvas, Frame


class HoleEstimate:
    """What the moves to a frame uncover. size: (width, height) of the film."""

    def __init__(self, camera: Camera, clip: ClipMotion, settings: Motion, size: tuple[int, int]) -> None:
        self._camera, self._clip, self._settings, self._size = camera, clip, settings, size

    def any(self, frame: Frame) -> bool:
        """Whether the moves may uncover anything that is to be revealed."""
        moves = self._known(frame)
        return moves is None or (moves != () and uncovers(moves, self._size))

    def deepest(self, frame: Frame) -> float:
        """The deepest share of the hole, 0 to 1: exact for the 2D camera; for others, which need the picture's depth
        to know, for a perspective flip and for a clip's motion, the most that it can be."""
        moves = self._known(frame)
        if moves is None:
            return 1.0
        return deepest_hole(moves, self._size, reach(self._size)) if moves else 0.0

    def _known(self, frame: Frame) -> tuple[Values, ...] | None:
        """The 2D moves to a frame, none where nothing can be uncovered; None where only pixels can tell."""
        if frame.first or self._settings.border != "reveal":
            return ()
        moves = tuple(self._camera.values(row) for row in frame.path)
        if self._clip.moves(frame) or (
            self._settings.mode == "3d" and self._camera.inputs(frame) is not None
        ):
            return None
        if any(name.startswith("perspective") for move in moves for name, _ in move):
            return None
        return moves if self._settings.mode == "2d" else ()


class Moved:
    """The end of the moves: keeps the moved picture for the stages that look back at it, and measures the hole.

    The input is the reach of the hole's edge, 0 where there is no hole that is revealed.
    """

    name = "moved"

    def __init__(self, hole: HoleEstimate, size: tuple[int, int]) -> None:
        self._hole, self._reach = hole, reach(size)

    def inputs(self, frame: Frame) -> int | None:
        if not frame.pictured:
            return None
        return self._reach if self._hole.any(frame) else 0

    @staticmethod
    def apply(canvas: Canvas, inputs: int) -> Canvas:
        from motion import hole_depth

        hole, coverage, share = None, canvas.coverage, canvas.clip_share
        if inputs and coverage is not None and bool((coverage < 1).any()):
            hole = hole_depth(coverage, reach=inputs, feather=inputs)
            hole = hole if share is None else hole * (1 - share)
        moved = canvas.given if coverage is None else canvas.given.clamp(0.0, 1.0)  # bicubic overshoots
        return replace(canvas, picture=moved, moved=moved, hole=hole)
