"""What the moves uncovered: where the frame is painted with `reveal_strength` in place of `strength`."""

from __future__ import annotations

from dataclasses import dataclass, replace

from projects.schema import Motion

from .camera import Camera
from .clip_motion import ClipMotion
from .hole_estimate import Values, deepest_hole, reach, uncovers
from .stage import Canvas, Frame


@dataclass(frozen=True, eq=False)
class HoleEstimate:
    """What the moves to a frame uncover. size: (width, height) of the film."""

    camera: Camera
    clip: ClipMotion
    settings: Motion
    size: tuple[int, int]

    def any(self, frame: Frame) -> bool:
        """Whether the moves may uncover anything that is to be revealed."""
        moves = self._known(frame)
        return moves is None or (moves != () and uncovers(moves, self.size))

    def deepest(self, frame: Frame) -> float:
        """The deepest share of the hole, 0 to 1: exact for the 2D camera; for others, which need the picture's depth
        to know, for a perspective flip and for a clip's motion, the most that it can be."""
        moves = self._known(frame)
        if moves is None:
            return 1.0
        return deepest_hole(moves, self.size, reach(self.size)) if moves else 0.0

    def _known(self, frame: Frame) -> tuple[Values, ...] | None:
        """The 2D moves to a frame, none where nothing can be uncovered; None where only pixels can tell."""
        if frame.first or self.settings.border != "reveal":
            return ()
        if self.clip.moves(frame):
            return None
        if self.settings.mode == "3d":
            return () if self.camera.inputs(frame) is None else None
        moves = tuple(self.camera.values(row) for row in frame.path)
        if any(name.startswith("perspective") for move in moves for name, _ in move):
            return None
        return moves


@dataclass(frozen=True, eq=False)
class Moved:
    """The end of the moves: keeps the moved picture for the stages that look back at it, and measures the hole.

    The input is the reach of the hole's edge, 0 where there is no hole that is revealed.
    """

    hole: HoleEstimate
    name = "moved"

    def inputs(self, frame: Frame) -> int | None:
        if not frame.pictured:
            return None
        return reach(self.hole.size) if self.hole.any(frame) else 0

    @staticmethod
    def apply(canvas: Canvas, inputs: int) -> Canvas:
        from motion import hole_depth

        hole, coverage, share = None, canvas.coverage, canvas.clip_share
        if inputs and coverage is not None and bool((coverage < 1).any()):
            hole = hole_depth(coverage, reach=inputs, feather=inputs)
            hole = hole if share is None else hole * (1 - share)
        moved = canvas.given if coverage is None else canvas.given.clamp(0.0, 1.0)  # bicubic overshoots
        return replace(canvas, picture=moved, moved=moved, hole=hole)
