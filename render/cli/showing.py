"""plan, beats, doctor: what is printed and changes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import arguments as shared

if TYPE_CHECKING:
    from .. import PlanReport, RenderOptions

_CURVES = ("amp", "bass", "mid", "high", "onset", "beat_pulse", "beat_phase")


@click.command()
@shared.project_argument
@shared.render_options(shared.take_option, shared.frames_option, shared.verify_option)
@shared.json_option
@shared.outside_option
def plan(project: Path, options: RenderOptions, as_json: bool, allow_outside: bool) -> None:
    """Show what a render will do; load no model.

    Shows frames to paint and to keep, model calls, time and disk. With --frames, also show every lane's value at up to
    5 frames and where it comes from. With --json, print the lanes and prompts of every frame asked for.
    """
    from keyframes.errors import printable

    from .. import api

    report = api.describe_plan(api.load_project(project, allow_outside=allow_outside), options)
    if as_json:
        click.echo(json.dumps(report.as_json()))
        return
    for line in (*_lines(report), *_values(report)):
        click.echo(printable(line))


def _lines(plan: PlanReport) -> Iterator[str]:
    from .progress import duration, ranges

    width, height = plan.size
    seconds = plan.length / plan.fps
    yield f"{plan.project}: {plan.length} frames, {width}x{height}, {seconds:.1f} s of film"
    for model in plan.models:
        span = f", frames {model.frames.start}-{model.frames.stop - 1}" if len(plan.models) > 1 else ""
        yield f"  model     {model.name} ({model.kind}){span}"
    for what, description in plan.attached:
        yield f"  {what:<9} {description}"
    most = "" if plan.reveal_exact else "at most "
    reveal = f", {most}{plan.reveal_calls} of them for what the camera uncovers" if plan.reveal_calls else ""
    yield f"  to paint  {ranges(plan.paint)}: {len(plan.paint)} frames, {plan.model_calls} model calls{reveal}"
    if not plan.every:
        yield f"  painted   {ranges(plan.originals)}: the others are warped and blended"
    yield f"  kept      {ranges(plan.kept)}: {len(plan.kept)} frames"
    if plan.outdated:
        yield f"  repaint   {plan.outdated} stored frames are of an earlier version of Reverie"
    unknown = "not known before the first frames are painted"
    yield f"  time      {unknown if plan.seconds is None else duration(plan.seconds)}"
    yield f"  disk      {plan.bytes / 1e6:.1f} MB"


def _values(plan: PlanReport) -> Iterator[str]:
    for row in plan.rows:
        if row.reasons:
            yield f"frame {row.frame}: seed {row.seed}"
        for lane, value, reason in row.reasons:
            shown = f"{value:.6g}" if isinstance(value, float) else str(value)
            yield f"  {lane:<20} {shown:<12} {reason}"


@click.command()
@click.argument("sound", type=click.Path(path_type=Path, dir_okay=False), metavar="SONG.wav")
@click.option(
    "--fps",
    type=click.FloatRange(0, 240, min_open=True),
    default=15.0,
    help="Frames per second of the curves.",
)
@click.option("--bpm", type=click.FloatRange(0, 10_000, min_open=True), help="The tempo, if you know it.")
@click.option("--csv", "as_csv", is_flag=True, help="Print the curves as comma-separated values.")
@shared.json_option
@click.option(
    "--write-schedule",
    "curve",
    type=click.Choice(_CURVES),
    help="Print this curve as a schedule with few keys.",
)
@click.option(
    "--range",
    "span",
    type=float,
    nargs=2,
    default=(0.0, 1.0),
    metavar="LOW HIGH",
    help="Map 0 and 1 to these values in the schedule.",
)
@click.option(
    "--tolerance",
    type=click.FloatRange(0, 1),
    default=0.02,
    help="How far the schedule may be from the curve, as a share of the range.",
)
def beats(
    sound: Path,
    fps: float,
    bpm: float | None,
    as_csv: bool,
    as_json: bool,
    curve: str | None,
    span: tuple[float, float],
    tolerance: float,
) -> None:
    """Print the tempo, beats and curves of a sound file.

    The curves have one value per frame; expressions use them as amp, bass, beat ... With --write-schedule, print one
    curve as a schedule with few keys, to paste into a project and edit.
    """
    from keyframes.simplify import keys_text

    from .. import api

    if sum((as_csv, as_json, curve is not None)) > 1:
        raise click.UsageError("give one of --csv, --json and --write-schedule.")
    heard, found, curves = api.hear(sound, fps=fps, bpm=bpm)
    if curve is not None:
        low, high = span
        click.echo(keys_text(low + (high - low) * curves[curve], tolerance * abs(high - low), digits=6))
        return
    series = {name: curves[name].tolist() for name in _CURVES}
    frames = enumerate(zip(*series.values(), strict=True))
    if as_csv:
        click.echo(",".join(["frame", *_CURVES]))
        for frame, values in frames:
            click.echo(",".join([str(frame), *(f"{value:g}" for value in values)]))
    elif as_json:
        song = {"bpm": found.bpm, "seconds": heard.seconds, "fps": fps, "beats": found.times.tolist()}
        click.echo(json.dumps({**song, "curves": series}))
    else:
        tempo = f"{found.bpm:.1f} bpm" if found.bpm else "no tempo"
        click.echo(f"{sound.name}: {heard.seconds:.1f} s, {tempo}, {len(found.times)} beats")
        for start in range(0, len(found.times), 10):
            click.echo("  " + " ".join(f"{time:8.3f}" for time in found.times[start : start + 10]))
        widths = [max(len(name) + 1, 5) for name in _CURVES]
        click.echo(" ".join(["  frame", *map(str.rjust, _CURVES, widths)]))
        for frame, values in frames:
            cells = (f"{value:>{width}.2f}" for value, width in zip(values, widths, strict=True))
            click.echo(" ".join([f"{frame:>7}", *cells]))


@click.command()
@click.argument("project", required=False, type=click.Path(path_type=Path), metavar="[PROJECT.toml]")
@click.option("-m", "--model", metavar="NAME", help="Describe what would be loaded for this name, and why.")
@shared.device_option
@shared.outside_option
def doctor(project: Path | None, model: str | None, device: str, allow_outside: bool) -> int:
    """Show what this machine has and what is missing.

    Looks at packages, device, memory, disk, ffmpeg and built-in models; exit code 3 if something is missing.

    With --model or a project, describe each model: what would be loaded and why, its defaults and where they come
    from, the memory that it needs, and what happens on a card of 8, 12, 16 or 24 GB. No weights are read.
    """
    from keyframes.errors import printable

    from .. import api

    if project is None and model is None:
        fine = True
        for name, text, found in api.examine():
            click.echo(f"{name:<10} {text if found else f'MISSING: {text}'}")
            fine = fine and found
        return 0 if fine else 3
    loaded = None if project is None else api.load_project(project, allow_outside=allow_outside)
    for number, lines in enumerate(api.describe_models(loaded, name=model, device=device)):
        if number:
            click.echo()
        for title, text in lines:
            click.echo(printable(f"{title:<10} {text}"))
    return 0
