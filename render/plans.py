"""The plan: what a render will do, known before any model is loaded.

timeline -> a key for every frame (what it is made from) -> compared with the take -> kept or painted
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from keyframes import Row
from projects import Take, frame_key
from projects.lanes import CADENCE, FLIP, IN_2D, IN_3D, MOTION, PATH, VIDEO

from .clips import DEPTH
from .diffusion import reveal_plan, step_plan
from .footage.keys import clip_move, idle_video_lanes, video_inputs
from .retouch.freshness import fresh_rows
from .retouch.keys import has_reference, retouch_inputs, without_retouching
from .seeds import SUBSEED_LANES, frame_travel
from .setup import Setup
from .space.uncovered import deepest_hole
from .speed import known_seconds
from .steering.adapters import adapter_inputs
from .steering.clipguidance import CLIP_LANES, clip_inputs
from .steering.controlkeys import control_inputs
from .steering.inversions import inversion_inputs
from .steering.loras import lora_inputs

ENGINE = 6  # counts changes of the code that change pixels; a new number paints every frame anew
_PAINTING = ("strength", "steps", "cfg_scale", "eta")  # lanes of every painting
# lanes that are told apart from the others
_TOLD = ("seed", *SUBSEED_LANES, "cfg_start", "cfg_end", "clipskip")
ORIGINALS = "originals"  # folder of a take: what was painted and is only seen mixed and moved
_PNG_SHARE = 0.55  # of the raw bytes, measured on painted frames


def frame_inputs(setup: Setup, row: Row) -> dict[str, object]:
    """All that one frame is made from, but for the frame before it: what its key is the hash of.

    What cannot change the frame is left out, so that editing it keeps the frame: the camera and the coherence of a
    frame that has no picture before it, the colour settings where nothing is matched, the strength of holes where
    there is none.
    """
    film, setup = setup, setup.at(row.frame)
    file, numbers = setup.project.file, without_retouching(row.numbers)
    for lane in (*_TOLD, *CLIP_LANES, *(spec.name for spec in setup.project.own_lanes)):
        numbers.pop(lane, None)
    inputs = {**_painting_inputs(setup, row), **retouch_inputs(setup, row)}
    if file.video.input:
        inputs["video"] = video_inputs(setup, row)
    if controls := control_inputs(setup, row):
        inputs["controls"] = controls
    if row.frame == 0:
        inputs["init_image"] = setup.init_digest
        idle = idle_video_lanes(setup, row)
        kept = [lane for lane in _PAINTING if lane != "strength" or setup.starts_with_picture]
        kept += [lane.name for lane in VIDEO if lane.name not in idle]
        return {**inputs, "numbers": {lane: numbers[lane] for lane in kept}}
    if has_reference(setup, row):
        if setup.colors.source == "prompt":
            inputs["color_fresh"] = [
                (_fresh_inputs(film.at(one.row.frame), one.row), one.share, one.pictures)
                for one in fresh_rows(film, row)
            ]
        inputs["color"] = (setup.colors.space, setup.colors.method, setup.colors.frame)
    else:
        numbers.pop("color_amount")
        numbers.pop("detail_amount")
    if numbers["noise"] > 0:
        inputs["noise_type"], inputs["noise_seed"] = file.coherence.noise_type, file.seed
    if deepest_hole(setup, row) == 0:
        numbers.pop("reveal_strength")
    inputs.update(motion_inputs(setup, row))
    inputs["numbers"] = {lane: value for lane, value in numbers.items() if lane not in _idle(setup, row)}
    return {**inputs, "frame": row.frame if numbers["noise"] > 0 else None}


def _painting_inputs(setup: Setup, row: Row) -> dict[str, object]:
    """What a model paints a row from, but for numbers and pictures."""
    given, numbers = setup.project.file.diffusion, row.numbers
    inputs: dict[str, object] = {
        "engine": ENGINE,
        "size": setup.size,
        "model": setup.source.fingerprint or setup.source.name,
        "seed": setup.seed(row),
        "words": row.words,
        "prompt": row.prompt,
        "steps_mode": given.steps_mode,
        "guidance_rescale": given.guidance_rescale,
        **clip_inputs(setup, row),
    }
    if travel := frame_travel(row):
        inputs["subseed"] = travel
    if loras := lora_inputs(setup.loras, row):
        inputs["loras"] = loras
    if adapters := adapter_inputs(setup.adapters, row):
        inputs["adapters"] = adapters
    if words := inversion_inputs(setup.inversions, row):
        inputs["embeddings"] = words
    if setup.vae is not None:
        inputs["vae"] = setup.vae.digest
    if limit := setup.source.defaults.told_up_to:
        inputs["told_up_to"] = limit
    guided = (numbers["cfg_start"], numbers["cfg_end"])
    if guided != (0.0, 1.0):
        inputs["guided"] = guided
    if (clipskip := numbers["clipskip"]) != 1:
        inputs["clipskip"] = clipskip
    return inputs


def _fresh_inputs(setup: Setup, row: Row) -> tuple[object, ...]:
    """What a picture is made from that shows a prompt's colours."""
    numbers = {lane: row.numbers[lane] for lane in _PAINTING if lane != "strength"}
    return (_painting_inputs(setup, row), row.frame, numbers)


def motion_inputs(setup: Setup, row: Row) -> dict[str, object]:
    """What the camera's move to a frame is made from."""
    motion, idle = setup.project.file.motion, _idle(setup, row)
    inputs: dict[str, object] = {
        "motion": (motion.mode, motion.border, motion.sampling),
        "numbers": {spec.name: row.numbers[spec.name] for spec in MOTION if spec.name not in idle},
    }
    if motion.mode == "3d":
        inputs["space"] = _space(setup, row)
    return inputs


def _space(setup: Setup, row: Row) -> tuple[object, ...]:
    """What a frame in space is made from, besides its lanes."""
    motion = setup.project.file.motion
    digest = setup.depth.digest or setup.depth.name
    if setup.depth.kind == "clip":
        digest = setup.reels[DEPTH].digest(row.frame - 1)
    depth: tuple[object, ...] = (setup.depth.kind, digest)
    if setup.steady:
        depth = (*depth, setup.steady)
    return (*depth, motion.translation_scale, motion.compat, setup.fov_before(row))


def _idle(setup: Setup, row: Row) -> set[str]:
    """The lanes that are no part of a frame's own numbers: those of the motion that do nothing, and the cadence."""
    idle = {*CADENCE, *PATH, *(IN_3D if setup.project.file.motion.mode == "2d" else IN_2D)}
    if not any(row.numbers[lane] for lane in FLIP[:3]):
        idle.update(FLIP)
    if setup.depth.kind == "flat":
        idle.update(("near", "far"))
    return idle | idle_video_lanes(setup, row)


def frame_keys(setup: Setup, last: int | None = None) -> list[str]:
    """The key of every frame from 0 to `last` (the film's last by default); each holds its predecessor's."""
    return all_keys(setup, last)[0]


def all_keys(setup: Setup, last: int | None = None) -> tuple[list[str], dict[int, str]]:
    """The keys of the frames from 0 to `last`, and of the originals among them (render.cadence).

    An original's predecessor is the original before it, a frame's the original of its segment.
    """
    keys: list[str] = []
    originals: dict[int, str] = {}
    for row in setup.timeline.rows(range(setup.frames if last is None else last + 1)):
        segment = setup.cadence.of(row.frame)
        if row.frame == segment.start:
            inputs = frame_inputs(setup, row)
            way = _moves(setup, segment.way[:-1])
            anchor = setup.colors.frame
            if "color" in inputs and anchor < row.frame and not setup.cadence.of(anchor).shows(anchor):
                inputs["color_key"] = keys[anchor]
            before = None if segment.before is None else originals[segment.before]
            originals[row.frame] = frame_key({**inputs, "way": way} if way else inputs, before)
        if segment.shows(row.frame):
            keys.append(originals[row.frame])
        else:
            keys.append(frame_key(_between_inputs(setup, row), originals[segment.start]))
    return keys, originals


def _moves(setup: Setup, frames: Iterable[int]) -> list[dict[str, object]]:
    """What the moves to some frames are made from, one after another; frame 0 has none."""
    told = []
    for row in (setup.timeline.row(frame) for frame in frames if frame > 0):
        clip = clip_move(setup, row)
        told.append({**motion_inputs(setup, row), **({"clip": clip} if clip else {})})
    return told


def _between_inputs(setup: Setup, row: Row) -> dict[str, object]:
    """What a frame that is not painted is made from, besides the original of its segment."""
    segment, flow = setup.cadence.of(row.frame), setup.project.file.diffusion.cadence_flow
    mixed = segment.share(row.frame) < 1
    return {
        "engine": ENGINE,
        "share": segment.share(row.frame),
        "flow": (flow, row.numbers["cadence_flow_factor"]) if mixed and flow != "none" else None,
        "detail": row.numbers["detail_amount"] if mixed else None,
        "moves": _moves(setup, range(segment.start + 1, row.frame + 1)),
    }


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
    if row.frame == 0 and not setup.starts_with_picture:
        return steps
    return step_plan(steps, row.numbers["strength"], setup.project.file.diffusion.steps_mode).count


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a render will do.

    frames: those asked for. keys: of every frame up to the last one asked for. kept: stored and still true. paint:
    to be made, in order. originals: to be painted by the model, in order (with cadence 1 the same), and their keys.
    calls: denoiser evaluations for them. reveal_calls: how many of these are for what the
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
    originals: Mapping[int, str] = field(default_factory=dict)
    reveal_calls: int = 0


def make_plan(setup: Setup, take: Take | None, frames: Sequence[int] | None = None) -> Plan:
    """Compare the keys of the frames with the take (None: there is none yet).

    A frame needs the one before it, so painting frame 40 means having frames 0 to 39; a stored frame that is still
    true serves as it is, whatever became of those before it.
    """
    wanted = tuple(range(setup.frames)) if frames is None else tuple(frames)
    last = max(wanted)
    keys, original_keys = all_keys(setup, last)
    true = {f for f in range(last + 1) if take is not None and take.kept(f, keys[f])}
    hidden = hidden_originals(setup, take)
    stored = {f for f, key in original_keys.items() if hidden is not None and hidden.kept(f, key)}
    missing, painted = setup.cadence.missing(wanted, true, stored, back=setup.steady)
    anchor = setup.colors.frame
    if painted and anchor < max(painted):  # its colours are looked at by those after it
        missing, painted = setup.cadence.missing((*wanted, anchor), true, stored, back=setup.steady)
    paint, originals = tuple(sorted(missing)), tuple(sorted(painted))
    rows = [setup.timeline.row(frame) for frame in originals]
    fresh = _fresh_calls(setup, rows)
    calls = {row.frame: evaluations(setup, row) + fresh.get(row.frame, 0) for row in rows}
    width, height = setup.size
    return Plan(
        frames=wanted,
        keys=keys,
        kept=tuple(sorted(true)),
        paint=paint,
        calls=sum(calls.values()),
        seconds=_estimate(setup, take, paint, calls)
        if setup.cadence.plain
        else _estimate_between(setup, take, hidden, calls, len(missing - painted)),
        bytes=round(len(missing | painted) * width * height * 3 * _PNG_SHARE),
        originals={frame: original_keys[frame] for frame in originals},
        reveal_calls=sum(calls.values())
        - sum(fresh.values())
        - sum(_kept_evaluations(setup, row) for row in rows),
    )


def _fresh_calls(setup: Setup, rows: Sequence[Row]) -> dict[int, int]:
    """How often the denoiser runs for pictures that show prompts' colours, at the first of `rows` that needs each."""
    if setup.colors.source != "prompt":
        return {}
    seen, calls = set(), {}
    for row in rows:
        needed = fresh_rows(setup, row) if has_reference(setup, row) else ()
        new = [one for one in needed if (one.row.frame, one.row.prompt) not in seen]
        seen |= {(one.row.frame, one.row.prompt) for one in new}
        calls[row.frame] = sum(int(one.row.numbers["steps"]) * one.pictures for one in new)
    return calls


def hidden_originals(setup: Setup, take: Take | None) -> Take | None:
    """Where a take keeps the originals that no frame shows; None if there is no take, or with cadence 1."""
    if take is None or setup.cadence.plain:
        return None
    return Take(take.folder / ORIGINALS, project=take.project)


def _estimate(
    setup: Setup, take: Take | None, paint: Sequence[int], calls: Mapping[int, int]
) -> float | None:
    if not paint:
        return 0.0
    if take is not None and len(take.entries) >= 3:
        return len(paint) * median(entry.seconds for entry in take.entries.values())
    return _known(setup, calls)


def _known(setup: Setup, calls: Mapping[int, int]) -> float | None:
    """What the calls of some frames take on this machine, each of its model; None if one never painted here."""
    by_model: dict[str, int] = {}
    for frame, count in calls.items():
        model = setup.at(frame).pace
        by_model[model] = by_model.get(model, 0) + count
    seconds = 0.0
    for model, count in by_model.items():
        known = known_seconds(model, setup.size, count)
        if known is None:
            return None
        seconds += known
    return seconds


def _estimate_between(
    setup: Setup, take: Take | None, hidden: Take | None, calls: Mapping[int, int], others: int
) -> float | None:
    """The same with frames between: `others` of those are to be made besides the originals."""
    shown = [] if take is None else [e for f, e in take.entries.items() if setup.cadence.of(f).shows(f)]
    painted = [entry.seconds for entry in (*shown, *(hidden.entries.values() if hidden else ()))]
    between = [] if take is None else [e.seconds for e in take.entries.values() if e not in shown]
    moving = others * median(between) if between else 0.0
    if not calls:
        return moving
    known = _known(setup, calls)
    painting = len(calls) * median(painted) if len(painted) >= 3 else known
    return None if painting is None else painting + moving
