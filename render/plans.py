"""The plan: what a render will do, known before any model is loaded.

timeline -> a key for every frame (what it is made from) -> compared with the take -> kept or painted
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from keyframes import Row
from projects import Take, frame_key
from projects.lanes import FLIP, IN_2D, IN_3D

from .diffusion import reveal_plan, step_plan
from .setup import Setup
from .speed import known_seconds
from .touches import matches_color, touch_inputs, without_touches
from .uncovered import deepest_hole

ENGINE = 2  # counts changes of the code that change pixels; a new number paints every frame anew
_PNG_SHARE = 0.55  # of the raw bytes, measured on painted frames


def frame_inputs(setup: Setup, row: Row) -> dict[str, object]:
    """All that one frame is made from, but for the frame before it: what its key is the hash of.

    What cannot change the frame is left out, so that editing it keeps the frame: the camera and the coherence of a
    frame that has no picture before it, the colour settings where nothing is matched, the strength of holes where
    there is none.
    """
    file, numbers = setup.project.file, without_touches(row.numbers)
    numbers.pop("seed", None)
    inputs: dict[str, object] = {
        "engine": ENGINE,
        "size": setup.size,
        "model": setup.source.fingerprint or setup.source.name,
        "seed": setup.seed(row),
        "words": row.words,
        "prompt": row.prompt,
        "steps_mode": file.diffusion.steps_mode,
        "guidance_rescale": file.diffusion.guidance_rescale,
        **touch_inputs(setup, row),
    }
    painting = ("strength", "steps", "cfg_scale", "eta")
    if row.frame == 0:
        inputs["init_image"] = setup.init_digest
        kept = painting if setup.project.init_image else painting[1:]
        return {**inputs, "numbers": {lane: numbers[lane] for lane in kept}}
    if matches_color(setup, row):
        inputs["color"] = (
            file.coherence.color_match,
            file.coherence.color_method,
            file.coherence.color_frame,
        )
    else:
        numbers.pop("color_amount")
    if numbers["noise"] > 0:
        inputs["noise_type"], inputs["noise_seed"] = file.coherence.noise_type, file.seed
    if deepest_hole(setup, row) == 0:
        numbers.pop("reveal_strength")
    inputs["motion"] = (file.motion.mode, file.motion.border, file.motion.sampling)
    if file.motion.mode == "3d":
        inputs["space"] = _space(setup, row)
    inputs["numbers"] = {lane: value for lane, value in numbers.items() if lane not in _idle(setup, row)}
    return {**inputs, "frame": row.frame if numbers["noise"] > 0 else None}


def _space(setup: Setup, row: Row) -> tuple[object, ...]:
    """What a frame in space is made from, besides its lanes."""
    motion = setup.project.file.motion
    depth = (setup.depth.kind, setup.depth.digest or setup.depth.name)
    return (*depth, motion.translation_scale, motion.compat, setup.fov_before(row))


def _idle(setup: Setup, row: Row) -> set[str]:
    """The motion lanes that do nothing at a frame."""
    idle = set(IN_3D if setup.project.file.motion.mode == "2d" else IN_2D)
    if not any(row.numbers[lane] for lane in FLIP[:3]):
        idle.update(FLIP)
    if setup.depth.kind == "flat":
        idle.update(("near", "far"))
    return idle


def frame_keys(setup: Setup, last: int | None = None) -> list[str]:
    """The key of every frame from 0 to `last` (the film's last by default); each holds its predecessor's."""
    keys: list[str] = []
    for row in setup.timeline.rows(range(setup.frames if last is None else last + 1)):
        keys.append(frame_key(frame_inputs(setup, row), keys[-1] if keys else None))
    return keys


def evaluations(setup: Setup, row: Row) -> int:
    """How often the denoiser runs for a frame; guidance counts once, it shares the call.

    What the camera uncovers is counted: exactly for the 2D camera, at the most it can be for others.
    """
    plain, strength = _kept_evaluations(setup, row), row.numbers["strength"]
    more = row.numbers["reveal_strength"] - strength
    if row.frame == 0 or more <= 0:
        return plain
    most, mode = strength + more * deepest_hole(setup, row), setup.project.file.diffusion.steps_mode
    return max(plain, reveal_plan(int(row.numbers["steps"]), strength, most, mode).count)


def _kept_evaluations(setup: Setup, row: Row) -> int:
    """The same if the camera uncovered nothing."""
    steps = int(row.numbers["steps"])
    if row.frame == 0 and setup.project.init_image is None:
        return steps
    return step_plan(steps, row.numbers["strength"], setup.project.file.diffusion.steps_mode).count


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a render will do.

    frames: those asked for. keys: of every frame up to the last one asked for. kept: stored and still true. paint:
    to be painted, in order. calls: denoiser evaluations for them. reveal_calls: how many of these are for what the
    camera uncovers; exact for the 2D camera, at the most it can be for others. seconds: estimated, None when this
    machine never painted with the model. bytes: disk that the new frames will take.
    """

    frames: tuple[int, ...]
    keys: Sequence[str]
    kept: tuple[int, ...]
    paint: tuple[int, ...]
    calls: int
    seconds: float | None
    bytes: int
    reveal_calls: int = 0


def make_plan(setup: Setup, take: Take | None, frames: Sequence[int] | None = None) -> Plan:
    """Compare the keys of the frames with the take (None: there is none yet).

    A frame needs the one before it, so painting frame 40 means having frames 0 to 39; a stored frame that is still
    true serves as it is, whatever became of those before it.
    """
    wanted = tuple(range(setup.frames)) if frames is None else tuple(frames)
    last = max(wanted)
    keys = frame_keys(setup, last)
    true = {f for f in range(last + 1) if take is not None and take.kept(f, keys[f])}
    missing = _missing(wanted, true)
    anchor = setup.project.file.coherence.color_frame
    if missing and anchor < max(missing):
        missing |= _missing((anchor,), true)  # its colours are looked at by those after it
    paint = tuple(sorted(missing))
    rows = [setup.timeline.row(frame) for frame in paint]
    calls = sum(evaluations(setup, row) for row in rows)
    width, height = setup.size
    return Plan(
        frames=wanted,
        keys=keys,
        kept=tuple(sorted(true)),
        paint=paint,
        calls=calls,
        seconds=_estimate(setup, take, paint, calls),
        bytes=round(len(paint) * width * height * 3 * _PNG_SHARE),
        reveal_calls=calls - sum(_kept_evaluations(setup, row) for row in rows),
    )


def _missing(wanted: Sequence[int], true: set[int]) -> set[int]:
    """The frames to paint: those wanted that are not there, and back from each to the nearest that is."""
    missing: set[int] = set()
    for frame in wanted:
        at = frame
        while at >= 0 and at not in true and at not in missing:
            missing.add(at)
            at -= 1
    return missing


def _estimate(setup: Setup, take: Take | None, paint: Sequence[int], calls: int) -> float | None:
    if not paint:
        return 0.0
    if take is not None and len(take.entries) >= 3:
        return len(paint) * median(entry.seconds for entry in take.entries.values())
    return known_seconds(setup.source.fingerprint, setup.size, calls)
