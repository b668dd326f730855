"""The values of a Parseq manifest at every frame: as Parseq rendered them, or worked out from its key frames.

The columns of `rendered_frames` are taken as they are. A manifest that was saved without them has key frames with an
interpolation each: lines, steps and splines are worked out here; Parseq's own language is not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .runs import Numbers
from .settings import as_number

MAX_FRAMES = 100_000
DERIVED = ("_delta", "_pc", "_i")
NO_FIELDS = ("frame", "deforum_prompt", "info", "rowid")
_KNOWN = ("L", "S", "C")
_UNRENDERED = 'render the manifest in Parseq and save it with its "rendered_frames".'


@dataclass(kw_only=True)
class Frames:
    """columns: name -> (frames,). prompts: one per frame, or none. lost: name -> why it has no values."""

    count: int
    columns: dict[str, Numbers] = field(default_factory=dict)
    prompts: list[str] = field(default_factory=list)
    lost: dict[str, str] = field(default_factory=dict)


def frames_of(manifest: Mapping[str, Any]) -> Frames:
    """The manifest's values. Raises ValueError for one without frames, or with too many."""
    rendered = _rows(manifest.get("rendered_frames"))
    return _rendered(rendered) if rendered else _worked_out(manifest, _rows(manifest.get("keyframes")))


def delta(name: str, values: Numbers) -> Numbers:
    """Parseq's `_delta` column: what is added from frame to frame (for a zoom, to 1); frame 0 keeps its value."""
    out = np.diff(values, prepend=0.0)
    if name == "zoom":
        out[1:] += 1.0
    return out


def _rows(value: object) -> list[Mapping[str, Any]]:
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


def _rendered(rows: Sequence[Mapping[str, Any]]) -> Frames:
    _check_count(len(rows))
    found = Frames(count=len(rows))
    for name in dict.fromkeys(name for row in rows for name in row):
        if name in NO_FIELDS:
            continue
        values = [as_number(row.get(name)) for row in rows]
        if any(value is None for value in values):
            at = next(i for i, value in enumerate(values) if value is None)
            found.lost[name] = f"is no number at frame {at}."
        else:
            found.columns[name] = np.array(values, dtype=np.float64)
    texts = [row.get("deforum_prompt") for row in rows]
    if all(isinstance(text, str) for text in texts):
        found.prompts = [str(text) for text in texts]
    elif any(text is not None for text in texts):
        found.lost["deforum_prompt"] = "is no text at some frames."
    return found


def _worked_out(manifest: Mapping[str, Any], keyframes: Sequence[Mapping[str, Any]]) -> Frames:
    numbered = [(as_number(row.get("frame")), row) for row in keyframes]
    placed = {int(at): row for at, row in numbered if at is not None and 0 <= at < MAX_FRAMES}
    if not placed:
        raise ValueError("it has neither rendered_frames nor keyframes")
    keys = sorted(placed.items())
    first, last = keys[0][0], keys[-1][0]
    _check_count(last - first + 1)
    found = Frames(count=last - first + 1)
    names = [name for _, row in keys for name in row if name not in NO_FIELDS and not name.endswith(DERIVED)]
    managed = manifest.get("managedFields")
    wanted = [str(name) for name in managed] if isinstance(managed, list) else names
    for name in dict.fromkeys(wanted):
        try:
            found.columns[name] = _field(name, [(at - first, row) for at, row in keys], found.count)
        except ValueError as error:
            found.lost[name] = str(error)
    return found


def _field(name: str, keys: Sequence[tuple[int, Mapping[str, Any]]], count: int) -> Numbers:
    """One field over the film: each interpolation holds until the next one that is named."""
    given = [(frame, as_number(row.get(name))) for frame, row in keys]
    points = [(float(frame), number) for frame, number in given if number is not None]
    if not points:
        raise ValueError("has no value at any key frame.")
    at = np.array([frame for frame, _ in points])
    value = np.array([number for _, number in points])
    frames = np.arange(count, dtype=np.float64)
    out: Numbers = np.interp(frames, at, value)
    how = "L"
    stretches = [(frame, str(row.get(f"{name}_i") or "").strip()) for frame, row in keys]
    for index, (frame, named) in enumerate(stretches):
        how = named or how
        if how not in _KNOWN:
            raise ValueError(f'"{how[:60]}" is written in Parseq\'s own language: {_UNRENDERED}')
        stop = stretches[index + 1][0] if index + 1 < len(stretches) else count
        part = frames[frame:stop]
        if how == "S":
            out[frame:stop] = value[np.maximum(np.searchsorted(at, part, side="right") - 1, 0)]
        elif how == "C":
            out[frame:stop] = _spline(at, value, part)
    return out


def _spline(at: Numbers, value: Numbers, frames: Numbers) -> Numbers:
    """The natural cubic spline through the points: its second derivative is 0 at both ends."""
    if len(at) < 3:
        return np.interp(frames, at, value)
    width, rise = np.diff(at), np.diff(value) / np.diff(at)
    matrix = np.eye(len(at))
    inner = np.arange(1, len(at) - 1)
    matrix[inner, inner - 1], matrix[inner, inner + 1] = width[:-1], width[1:]
    matrix[inner, inner] = 2 * (width[:-1] + width[1:])
    bend = np.linalg.solve(matrix, np.concatenate([[0.0], 6 * np.diff(rise), [0.0]]))
    i = np.clip(np.searchsorted(at, frames, side="right") - 1, 0, len(width) - 1)
    x = np.clip(frames, at[0], at[-1]) - at[i]
    slope = rise[i] - width[i] * (2 * bend[i] + bend[i + 1]) / 6
    return np.asarray(
        value[i] + x * (slope + x * (bend[i] / 2 + x * (bend[i + 1] - bend[i]) / (6 * width[i])))
    )


def _check_count(count: int) -> None:
    if count > MAX_FRAMES:
        raise ValueError(f"it has {count} frames; allowed: {MAX_FRAMES}")
