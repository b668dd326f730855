"""plan: what a render will do, and why every value is what it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .arguments import (
    frames_option,
    json_option,
    outside_option,
    project_argument,
    render_options,
    take_option,
    verify_option,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .. import PlanReport, RenderOptions


@click.command()
@project_argument
@render_options(take_option, frames_option, verify_option)
@json_option
@outside_option
def plan(project: Path, options: RenderOptions, as_json: bool, allow_outside: bool) -> None:
    """Show what a render will do; load no model.

    Shows frames to paint and to keep, model calls, time and disk. With --frames, also show every lane's value at up to
    5 frames and where it comes from. With --json, print the lanes and prompts of every frame asked for.
    """
    from .. import api

    loaded = api.load_project(project, allow_outside=allow_outside)
    report = api.describe_plan(loaded, options)
    if as_json:
        click.echo(json.dumps(report.as_json()))
        return
    from keyframes.errors import printable

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
