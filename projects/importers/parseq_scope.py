"""What a formula of Parseq sees: the frames of a stretch, and the key frames of its field."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import ClassVar

import numpy as np

from .runs_to_keys import Numbers

_MOST_POINTS = 24  # of a polynomial: more of them swing wildly, there as here


class Field:
    """One field over the film. at, value: its key frames, rising; those at both ends are among them."""

    def __init__(self, at: Numbers, value: Numbers, count: int, fps: float, bpm: float) -> None:
        self.at, self.given, self.count, self.fps, self.bpm = at, value, count, fps, bpm
        self.frames = np.arange(count, dtype=np.float64)
        self.made: Numbers = np.zeros(count)

    @cached_property
    def named(self) -> dict[str, Numbers]:
        """The variables that are quickly worked out, at every frame."""
        before = np.maximum(np.searchsorted(self.at, self.frames, side="right") - 1, 0)
        after = np.minimum(before + 1, len(self.at) - 1)
        return {
            "f": self.frames,
            "s": self.frames / self.fps,
            "b": self.frames / (self.fps * 60 / self.bpm),
            "k": self.frames - self.at[before],
            "active_keyframe": self.at[before],
            "next_keyframe": self.at[after],
            "active_keyframe_value": self.given[before],
            "next_keyframe_value": self.given[after],
            "final_frame": np.full(self.count, self.count - 1.0),
            "L": np.interp(self.frames, self.at, self.given),
        }

    @cached_property
    def spline(self) -> Numbers:
        """The natural cubic spline through the points: its second derivative is 0 at both ends."""
        at, value = self.at, self.given
        if len(at) < 3:
            return self.named["L"]
        width, rise = np.diff(at), np.diff(value) / np.diff(at)
        matrix = np.eye(len(at))
        inner = np.arange(1, len(at) - 1)
        matrix[inner, inner - 1], matrix[inner, inner + 1] = width[:-1], width[1:]
        matrix[inner, inner] = 2 * (width[:-1] + width[1:])
        bend = np.linalg.solve(matrix, np.concatenate([[0.0], 6 * np.diff(rise), [0.0]]))
        i = np.clip(np.searchsorted(at, self.frames, side="right") - 1, 0, len(width) - 1)
        x = self.frames - at[i]
        slope = rise[i] - width[i] * (2 * bend[i] + bend[i + 1]) / 6
        return np.asarray(
            value[i] + x * (slope + x * (bend[i] / 2 + x * (bend[i + 1] - bend[i]) / (6 * width[i])))
        )

    @cached_property
    def polynomial(self) -> Numbers:
        """The one polynomial through all points, by Neville's scheme. Raises ValueError for very many."""
        if len(self.at) > _MOST_POINTS:
            raise ValueError(
                f"P through {len(self.at)} key frames is not carried over; at most {_MOST_POINTS}"
            )
        rows = [np.full(self.count, value) for value in self.given]
        for step in range(1, len(rows)):
            rows = [
                ((self.frames - self.at[i + step]) * rows[i] + (self.at[i] - self.frames) * rows[i + 1])
                / (self.at[i] - self.at[i + step])
                for i in range(len(rows) - 1)
            ]
        return rows[0]


class Scope:
    """The frames `start` to before `stop` of a field."""

    NAMES = (
        *("L", "S", "C", "P", "f", "s", "b", "k", "final_frame", "prev_computed_value"),
        *("active_keyframe", "next_keyframe", "active_keyframe_value", "next_keyframe_value"),
        *("prev_keyframe", "prev_keyframe_value"),
    )
    _SAME: ClassVar[Mapping[str, str]] = {
        "S": "active_keyframe_value",
        "prev_keyframe": "active_keyframe",
        "prev_keyframe_value": "active_keyframe_value",
    }

    def __init__(self, field: Field, start: int, stop: int) -> None:
        self._field, self._start, self._stop = field, start, stop
        self.count, self.fps = stop - start, field.fps
        self.frames_per_beat = field.fps * 60 / field.bpm

    def value(self, name: str) -> Numbers:
        """A variable at each of the frames."""
        field, part = self._field, slice(self._start, self._stop)
        if name == "prev_computed_value":  # asked for one frame at a time
            return np.array(
                [field.made[frame - 1] if frame else 0.0 for frame in range(self._start, self._stop)]
            )
        if name == "C":
            return field.spline[part]
        if name == "P":
            return field.polynomial[part]
        return field.named[self._SAME.get(name, name)][part]
