"""What the moves uncovered: where the frame is painted with `reveal_strength` in place of `strength`."""

from __future__ import annotations

from dataclasses import replace

from .stage import Canvas, Frame

# A hole asks for its full strength this share of the picture's shorter side inside it: 8 px of 512.
_REACH = 1 / 64


def reach(size: tuple[int, int]) -> int:
    """How many pixels deep in a hole nothing of the picture is left to go on, for (width, height)."""
    return max(2, round(min(size) * _REACH))


class Moved:
    """The end of the moves: keeps the moved picture for the stages that look back at it, and measures the hole.

    The input is the reach of the hole's edge, 0 where holes are not revealed.
    """

    name = "moved"

    def __init__(self, border: str, size: tuple[int, int]) -> None:
        self._reach = reach(size) if border == "reveal" else 0

    def inputs(self, frame: Frame) -> int | None:
        if frame.first:
            return 0 if frame.pictured else None
        return self._reach

    @staticmethod
    def apply(canvas: Canvas, inputs: int) -> Canvas:
        from motion import hole_depth

        hole, coverage, share = None, canvas.coverage, canvas.clip_share
        if inputs and coverage is not None and bool((coverage < 1).any()):
            hole = hole_depth(coverage, reach=inputs, feather=inputs)
            hole = hole if share is None else hole * (1 - share)
        moved = canvas.given if coverage is None else canvas.given.clamp(0.0, 1.0)  # bicubic overshoots
        return replace(canvas, picture=moved, moved=moved, hole=hole)
