"""What masks, guides, symmetry, echo and colour references put into a frame: for its key, without torch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from keyframes import Row
from projects.files import digest_of
from projects.lanes import GUIDE, RETOUCHING
from projects.masks import Mask
from projects.sequences import file_at

from ..clips import DEPTH
from ..setup import Setup

LANES = frozenset(spec.name for spec in (*RETOUCHING, *GUIDE))
# Deforum's: the interval after the last key, and the share when nothing tweens
_INTERVAL, _RESTING = 25, 0.07


@dataclass(frozen=True, kw_only=True)
class Guide:
    """A guide at one frame: the picture's file, the share of it that is mixed in, and its share of the colours."""

    path: Path
    share: float
    color: float


def guide_at(setup: Setup, row: Row) -> Guide | None:
    """The guide of a frame after the first; None without guides, or before the first one's key.

    Deforum's formula: i frames after its key, of an interval of n frames to the next key (25 after the last one), and
    with a tween of k frames, the share is `max - slope * cos(2 * i / k)` while i mod n <= k, and 0.07 after that.
    """
    keys = setup.project.guides
    past = [(frame, key) for frame, key in keys if frame <= row.frame]
    if row.frame == 0 or not past:
        return None
    start, key = past[-1]
    after = [frame for frame, _ in keys if frame > row.frame]
    interval = max(after[0] - start, 1) if after else _INTERVAL
    numbers, tween = row.numbers, int(row.numbers["guide_tween"])
    share = _RESTING
    if tween > 0 and row.frame % interval <= tween:
        swing = math.cos((row.frame % tween) / (tween / 2))
        share = min(max(numbers["guide_max"] - numbers["guide_slope"] * swing, 0.0), 1.0)
    path = setup.project.pictures[key][0]
    return Guide(path=path, share=share, color=numbers["guide_color"])


def mask_of(setup: Setup, name: str) -> Mask | None:
    """The mask that is given as `mask` or `noise_mask`."""
    return setup.project.masks.get(name)


def mask_path(setup: Setup, name: str, frame: int) -> Path:
    """The picture of a mask's name at a frame."""
    return file_at(setup.project.pictures[f"masks.{name}"], frame)


def mask_digest(setup: Setup, name: str, frame: int) -> str:
    """What the picture of a mask's name is at a frame, of a file or of a video."""
    reel = setup.reels.get(f"masks.{name}")
    return digest_of(mask_path(setup, name, frame)) if reel is None else reel.digest(frame)


def has_reference(setup: Setup, row: Row) -> bool:
    """Whether a frame's colours or detail are matched to a reference."""
    given, numbers = setup.colors, row.numbers
    first = given.frame if given.source == "frame" else 0
    wanted = numbers["color_amount"] > 0 or numbers["detail_amount"] > 0
    return given.space != "none" and row.frame > first and wanted


def retouch_inputs(setup: Setup, row: Row) -> dict[str, object]:
    """All of this that changes a frame, for its key: nothing where nothing of it is used."""
    given, numbers = setup.project.file.coherence, row.numbers
    inputs: dict[str, object] = {}
    if given.symmetry != "none" and numbers["symmetry_amount"] > 0:
        turns = (given.symmetry_folds, numbers["symmetry_angle"]) if given.symmetry == "kaleidoscope" else ()
        inputs["symmetry"] = (given.symmetry, *turns, numbers["symmetry_amount"])
    picture_before = row.frame > 0 or setup.starts_with_picture
    mask = mask_of(setup, "mask")
    if mask is not None and picture_before:
        inputs["mask"] = (*_mask_inputs(setup, row, mask), numbers["mask_strength"])
    if row.frame == 0:
        return inputs
    noise_mask = mask_of(setup, "noise_mask")
    if noise_mask is not None and numbers["noise"] > 0:
        inputs["noise_mask"] = _mask_inputs(setup, row, noise_mask)
    if numbers["saturation"] != 1:
        inputs["saturation"] = numbers["saturation"]
    if numbers["echo"] > 0:
        inputs["echo"] = numbers["echo"]
    if has_reference(setup, row) and setup.colors.source != "frame":
        known = setup.project.pictures.get("coherence.color_from")
        inputs["color_from"] = setup.colors.source if known is None else digest_of(known[0])
    guide = guide_at(setup, row)
    if guide is not None:
        inputs["guide"] = (digest_of(guide.path), guide.share, guide.color)
    return inputs


def _mask_inputs(setup: Setup, row: Row, mask: Mask) -> tuple[object, ...]:
    found: list[object] = [str(mask), setup.project.file.coherence.mask_feather]
    for step in mask.steps():
        if step.kind == "picture":
            found.append(mask_digest(setup, step.name, row.frame))
        if step.kind == "depth":
            depth = setup.depth
            found += [depth.kind, depth.digest or depth.name, row.numbers["near"], row.numbers["far"]]
            if depth.kind == "clip":
                found.append(setup.reels[DEPTH].digest(max(row.frame - 1, 0)))
    return tuple(found)


def without_retouching(numbers: Mapping[str, float]) -> dict[str, float]:
    """The lanes that are not told by `retouch_inputs`."""
    return {lane: value for lane, value in numbers.items() if lane not in LANES}
