"""plan: what a render will do, and why every value is what it is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .options import frames_option, json_option, outside_option, project_argument, take_option

if TYPE_CHECKING:
    from keyframes import FramePrompt
    from render.plans import Plan
    from render.setup import Setup


@click.command()
@project_argument
@take_option
@frames_option
@json_option
@outside_option
def plan(project: Path, take: Path | None, frames: str | None, as_json: bool, allow_outside: bool) -> None:
    """Say what a render will do: frames, model calls, what is re-used, time and disk. Loads no model.

    With --frames of one frame, every lane's value at that frame and where it comes from; with --json the lanes and
    prompts of every frame asked for.
    """
    from keyframes import parse_frames
    from projects import load_project
    from render.api import existing_take
    from render.plans import make_plan
    from render.setup import prepare

    loaded = load_project(project, allow_outside=allow_outside)
    setup = prepare(loaded)
    wanted = None if frames is None else parse_frames(frames, setup.frames)
    made = make_plan(setup, existing_take(loaded, take), wanted)
    if as_json:
        told = {**_counts(setup, made), **({"frames": _rows(setup, wanted)} if wanted is not None else {})}
        click.echo(json.dumps(told))
        return
    _tell(setup, made)
    for frame in wanted or ():
        if len(wanted or ()) <= 5:
            _explain(setup, frame)


def _counts(setup: Setup, plan: Plan) -> dict[str, Any]:
    return {
        "project": setup.project.file_name,
        "model": setup.source.name,
        **({"models": [view.source.name for view, _ in models_of(setup)]} if setup.spans else {}),
        "size": list(setup.size),
        "fps": setup.project.file.fps,
        "length": setup.frames,
        "paint": list(plan.paint),
        "originals": list(plan.originals),
        "kept": list(plan.kept),
        "model_calls": plan.calls,
        "reveal_calls": plan.reveal_calls,
        "seconds": plan.seconds,
        "bytes": plan.bytes,
    }


def _rows(setup: Setup, frames: Sequence[int]) -> list[dict[str, Any]]:
    return [
        {
            "frame": row.frame,
            "seed": setup.seed(row),
            "lanes": {**row.numbers, **row.words},
            "prompts": prompts_of(row.prompt),
            "negative": [{"text": n.text, "weight": n.share} for n in row.prompt.negative if n.text],
        }
        for row in setup.timeline.rows(frames)
    ]


def prompts_of(prompt: FramePrompt) -> list[dict[str, Any]]:
    """The texts of a frame's prompt with what each counts: part weight times share in the blend."""
    return [{"text": s.text, "weight": p.weight * s.share} for p in prompt.parts for s in p.mix]


def _tell(setup: Setup, plan: Plan) -> None:
    from keyframes.errors import printable
    from render.diffusion.catalogue import state_on_hub
    from render.diffusion.holding import quantised_parts
    from render.progress import duration

    width, height = setup.size
    seconds = setup.frames / setup.project.file.fps
    click.echo(f"{setup.project.file_name}: {setup.frames} frames, {width}x{height}, {seconds:.1f} s of film")
    for view, frames in models_of(setup):
        known = view.source.family or state_on_hub(view.source.name)
        click.echo(f"  model     {printable(view.source.name)} ({known}){frames}")
    file = setup.project.file
    for lora in setup.loras:
        click.echo(f"  lora      {printable(lora.told())}")
    for control in setup.controls:
        click.echo(f"  control   {printable(control.told())}")
    for adapter in setup.adapters:
        click.echo(f"  picture   {printable(adapter.told())}")
    if setup.clip is not None:
        click.echo(f"  guided by {printable(setup.clip.told())}")
    for word in setup.inversions:
        click.echo(f"  word      {printable(word.told())}")
    if (denoiser := setup.source.holding.denoiser) is not None:
        click.echo(f"  denoiser  {printable(denoiser.told())}")
    if way := setup.source.holding.quantize:
        parts = ", ".join(quantised_parts(setup.source)) or "what is known when the model is here"
        click.echo(f"  quantized {way}: {parts}")
    if setup.vae is not None:
        click.echo(f"  vae       {printable(setup.vae.name)} ({setup.vae.kind})")
    if setup.upscaler is not None:
        click.echo(f"  larger    {printable(setup.upscaler.told(file.output.upscale))}")
    most = "" if file.motion.mode == "2d" and file.video.motion == "none" else "at most "
    revealed = (
        f", {most}{plan.reveal_calls} of them for what the camera uncovers" if plan.reveal_calls else ""
    )
    click.echo(
        f"  to paint  {ranges(plan.paint)}: {len(plan.paint)} frames, {plan.calls} model calls{revealed}"
    )
    if not setup.cadence.plain:
        click.echo(f"  painted   {ranges(tuple(plan.originals))}: the others are moved and mixed")
    click.echo(f"  kept      {ranges(plan.kept)}: {len(plan.kept)} frames")
    known = (
        "not known before the first frames are painted" if plan.seconds is None else duration(plan.seconds)
    )
    click.echo(f"  time      {known}")
    click.echo(f"  disk      {plan.bytes / 1e6:.1f} MB")


def models_of(setup: Setup) -> list[tuple[Setup, str]]:
    """The setup of each model, and which frames it paints where there are several."""
    if not setup.spans:
        return [(setup, "")]
    return [
        (setup.at(span.frames.start), f", frames {span.frames.start}-{span.frames.stop - 1}")
        for span in setup.spans
    ]


def _explain(setup: Setup, frame: int) -> None:
    from keyframes.errors import printable

    click.echo(f"frame {frame}: seed {setup.seed(setup.timeline.row(frame))}")
    for lane, value, why in setup.timeline.explain(frame):
        shown = f"{value:.6g}" if isinstance(value, float) else str(value)
        click.echo(printable(f"  {lane:<20} {shown:<12} {why}"))


def ranges(frames: Sequence[int]) -> str:
    """Frames as people write them: 0-39, 45, 50-59."""
    parts: list[str] = []
    start = previous = None
    for frame in [*frames, None]:
        if previous is not None and frame == previous + 1:
            previous = frame
            continue
        if start is not None:
            parts.append(str(start) if start == previous else f"{start}-{previous}")
        start = previous = frame
    return ", ".join(parts) or "none"
