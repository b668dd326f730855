"""The values of a Parseq manifest at every frame.

They are the columns of `rendered_frames`. A manifest that was saved without them has key frames with formulas, which
are evaluated here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .parseq_formulas import Formula
from .parseq_functions import Field, Stretch
from .parseq_table import MOVING
from .rewrite import Numbers
from .rules import as_number

MAX_FRAMES = 100_000
DERIVED = ("_delta", "_pc", "_i")
NO_FIELDS = ("frame", "deforum_prompt", "info", "rowid")
_PREVIOUS = "prev_computed_value"
_RATES = {"output_fps": 20.0, "bpm": 140.0}
_UNRENDERED = 'render the manifest in Parseq and save it with "rendered_frames".'


@dataclass(kw_only=True)
class Frames:
    """columns: name -> (frames,). prompts: one per frame, or empty. lost: name -> why it has no values."""

    count: int
    columns: dict[str, Numbers] = field(default_factory=dict)
    prompts: list[str] = field(default_factory=list)
    lost: dict[str, str] = field(default_factory=dict)

    def step(self, name: str) -> Numbers | None:
        """Change of a field from frame to frame, and its value at frame 0: the `_delta` column, or differences."""
        written, values = self.columns.get(f"{name}_delta"), self.columns.get(name)
        if written is not None or values is None:
            return written
        out = np.diff(values, prepend=0.0)
        if name == "zoom":
            out[1:] += 1.0
        return out


def frames_of(manifest: Mapping[str, Any]) -> Frames:
    """The manifest's values. Raises ValueError for a manifest without frames or with too many."""
    rendered = _rows(manifest.get("rendered_frames"))
    return _rendered(rendered) if rendered else _worked_out(manifest, _rows(manifest.get("keyframes")))


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
            found.lost[name] = f"not a number at frame {at}."
        else:
            found.columns[name] = np.array(values, dtype=np.float64)
    texts = [row.get("deforum_prompt") for row in rows]
    if all(isinstance(text, str) for text in texts):
        found.prompts = [str(text) for text in texts]
    elif any(text is not None for text in texts):
        found.lost["deforum_prompt"] = "not a text at some frames."
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
    options = manifest.get("options")
    rates: Mapping[str, Any] = options if isinstance(options, Mapping) else {}
    fps, bpm = (max(as_number(rates.get(name)) or default, 1e-3) for name, default in _RATES.items())
    rows = [(at - first, row) for at, row in keys]
    for name in dict.fromkeys(wanted):
        try:
            found.columns[name] = _field(name, rows, _keyed(name, rows, found.count, fps, bpm))
        except ValueError as error:
            found.lost[name] = str(error)
    return found


def _field(name: str, keys: Sequence[tuple[int, Mapping[str, Any]]], field: Field) -> Numbers:
    """One field over the film; each formula holds until the next key frame that has one."""
    how, stretches = "L", [(frame, str(row.get(f"{name}_i") or "").strip()) for frame, row in keys]
    for index, (start, named) in enumerate(stretches):
        how = named or how
        stop = stretches[index + 1][0] if index + 1 < len(stretches) else field.count
        try:
            formula = Formula(how)
            step = 1 if _PREVIOUS in how else max(stop - start, 1)
            for frame in range(start, stop, step):
                part = Stretch(field, frame, frame + step)
                field.made[frame : frame + step] = formula.values(part)
        except ValueError as error:
            raise ValueError(f'"{how[:60]}": {error}; {_UNRENDERED}') from error
        if not np.isfinite(field.made[start:stop]).all():
            at = start + int(np.flatnonzero(~np.isfinite(field.made[start:stop]))[0])
            raise ValueError(f'"{how[:60]}" gives no number at frame {at}.')
    return field.made


def _keyed(
    name: str, keys: Sequence[tuple[int, Mapping[str, Any]]], count: int, fps: float, bpm: float
) -> Field:
    """The field's key frames. The first and last key frame take the nearest value; a camera field without any
    value stands still, as in Parseq.
    """
    given = [(frame, as_number(row.get(name))) for frame, row in keys]
    points = [(float(frame), number) for frame, number in given if number is not None]
    if not points:
        if name not in MOVING:
            raise ValueError("has no value at any key frame.")
        points = [(0.0, 1.0 if name == "zoom" else 0.0)]
    if points[0][0] > 0:
        points.insert(0, (0.0, points[0][1]))
    if points[-1][0] < count - 1:
        points.append((count - 1.0, points[-1][1]))
    at, value = (np.array(column, dtype=np.float64) for column in zip(*points, strict=True))
    return Field(at, value, count, fps, bpm)


def _check_count(count: int) -> None:
    if count > MAX_FRAMES:
        raise ValueError(f"it has {count} frames; allowed: {MAX_FRAMES}")
