"""What a formula of Parseq sees: the frames of a stretch, and the key frames of its field."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from .runs_to_keys import Numbers

NAMES = (
    *("L", "S", "C", "P", "f", "s", "b", "k", "final_frame", "prev_computed_value"),
    *("active_keyframe", "next_keyframe", "active_keyframe_value", "next_keyframe_value"),
    *("prev_keyframe", "prev_keyframe_value"),
)
_MOST_POINTS = 24  # of a polynomial: with more it swings wildly


class Field:
    """One field over the film. at, value: its key frames, rising, with the first and last frame among them.

    made: the values computed so far.
    """

    def __init__(self, at: Numbers, value: Numbers, count: int, fps: float, bpm: float) -> None:
        self.at, self.value, self.count, self.fps = at, value, count, fps
        self.frames_per_beat = fps * 60 / bpm
        self.frames = np.arange(count, dtype=np.float64)
        self.made: Numbers = np.zeros(count)

    @cached_property
    def variables(self) -> dict[str, Numbers]:
        """The variables that are quick to compute, at every frame."""
        before = np.maximum(np.searchsorted(self.at, self.frames, side="right") - 1, 0)
        after = np.minimum(before + 1, len(self.at) - 1)
        return {
            "f": self.frames,
            "s": self.frames / self.fps,
            "b": self.frames / self.frames_per_beat,
            "k": self.frames - self.at[before],
            "L": np.interp(self.frames, self.at, self.value),
            "S": self.value[before],
            "final_frame": np.full(self.count, self.count - 1.0),
            **dict.fromkeys(("active_keyframe", "prev_keyframe"), self.at[before]),
            **dict.fromkeys(("active_keyframe_value", "prev_keyframe_value"), self.value[before]),
            "next_keyframe": self.at[after],
            "next_keyframe_value": self.value[after],
        }

    @cached_property
    def spline(self) -> Numbers:
        """The natural cubic spline through the points: its second derivative is 0 at both ends."""
        at, value = self.at, self.value
        if len(at) < 3:
            return self.variables["L"]
        width, rise = np.diff(at), np.diff(value) / np.diff(at)
        matrix = np.eye(len(at))
        inner = np.arange(1, len(at) - 1)
        matrix[inner, inner - 1], matrix[inner, inner + 1] = width[:-1], width[1:]
        matrix[inner, inner] = 2 * (width[:-1] + width[1:])
        bend = np.linalg.solve(matrix, np.concatenate([[0.0], 6 * np.diff(rise), [0.0]]))
        i = np.clip(np.searchsorted(at, self.frames, side="right") - 1, 0, len(width) - 1)
        x = self.frames - at[i]
        slope = rise[i] - width[i] * (2 * bend[i] + bend[i + 1]) / 6
        cubic = bend[i] / 2 + x * (bend[i + 1] - bend[i]) / (6 * width[i])
        return np.asarray(value[i] + x * (slope + x * cubic))

    @cached_property
    def polynomial(self) -> Numbers:
        """The polynomial through all points, by Neville's scheme. Raises ValueError for more than 24 points."""
        if len(self.at) > _MOST_POINTS:
            raise ValueError(f"P supports at most {_MOST_POINTS} key frames, not {len(self.at)}")
        rows = [np.full(self.count, value) for value in self.value]
        for step in range(1, len(rows)):
            rows = [
                ((self.frames - self.at[i + step]) * rows[i] + (self.at[i] - self.frames) * rows[i + 1])
                / (self.at[i] - self.at[i + step])
                for i in range(len(rows) - 1)
            ]
        return rows[0]


class Scope:
    """The frames `start` to before `stop` of a field."""

    def __init__(self, field: Field, start: int, stop: int) -> None:
        self.field, self.part, self.count = field, slice(start, stop), stop - start

    def variable(self, name: str) -> Numbers:
        """One of NAMES at each of the frames."""
        if name == "prev_computed_value":  # its formula is computed one frame at a time
            start = self.part.start
            return self.field.made[start - 1 : start] if start else np.zeros(1)
        if name == "C":
            return self.field.spline[self.part]
        return (self.field.polynomial if name == "P" else self.field.variables[name])[self.part]
