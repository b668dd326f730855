"""preview, render, still, export, sheet: what makes pictures and films."""

from __future__ import annotations

import time
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import arguments as shared

if TYPE_CHECKING:
    from .. import Rendered, RenderOptions


@click.command()
@shared.project_argument
@click.option("-o", "--out", type=click.Path(path_type=Path), help="The film.  [default: TAKE/preview.mp4]")
@shared.outside_option
def preview(project: Path, out: Path | None, allow_outside: bool) -> None:
    """Make a film of the motion alone, with no model."""
    from .. import api

    started = time.monotonic()
    film = api.preview(api.load_project(project, allow_outside=allow_outside), out)
    spent = time.monotonic() - started
    click.echo(f"{film.path}: {film.frames} frames, {film.seconds:.1f} s of film in {spent:.1f} s")


@click.command()
@shared.projects_argument
@shared.render_options(
    shared.take_option,
    shared.frames_option,
    shared.no_film_option,
    shared.no_metadata_option,
    shared.timeout_option,
    shared.verify_option,
    shared.device_option,
)
@click.option("--draft", is_flag=True, help="Render half the size and steps, into takes/NAME-draft.")
@shared.json_option
@shared.outside_option
def render(
    projects: tuple[Path, ...], options: RenderOptions, draft: bool, as_json: bool, allow_outside: bool
) -> None:
    """Render projects to films. Run it again to continue, or to paint only what has changed.

    Several projects share one loaded model. If one fails, the others are still rendered; the exit code is that of the
    first failure.
    """
    from keyframes import ReverieError, Stopped

    from .. import api
    from .app import echo_error
    from .progress import reporter

    if options.take is not None and len(projects) > 1:
        raise click.UsageError("--take names one folder; with several projects each has its own.")
    studio = api.Studio(device=options.device, notice=partial(click.echo, err=True))
    failed = 0
    for path in projects:
        try:
            with closing(reporter(as_json)) as report:
                loaded = api.load_project(path, allow_outside=allow_outside)
                loaded = api.as_draft(loaded) if draft else loaded
                done = api.render(loaded, options, studio=studio, report=report)
        except Stopped as error:
            take = options.take or loaded.take_folder
            how = "Painted frames are kept; run the same command again to continue."
            raise Stopped(f"{path}: {error}. {how} ({take})", error.exit_code) from None
        except ReverieError as error:
            echo_error(error)
            failed = failed or error.exit_code
            continue
        _echo_result(path, done, as_json)
    raise click.exceptions.Exit(failed)


def _echo_result(path: Path, done: Rendered, as_json: bool) -> None:
    from .progress import echo_event

    if as_json:
        film = str(done.film) if done.film else None
        echo_event("end", project=str(path), take=str(done.take), film=film, up_to_date=done.up_to_date)
        return
    where = done.film or done.take
    if done.up_to_date:
        click.echo(f"{where}: up to date ({len(done.kept)} frames)")
    else:
        padded = "; padded to even sides" if done.padded else ""
        click.echo(f"{where}: {len(done.painted)} frames painted, {len(done.kept)} kept{padded}")


@click.command()
@shared.project_argument
@click.option("-f", "--frame", required=True, metavar="N", help="The frame; negatives count from the end.")
@click.option("-o", "--out", type=click.Path(path_type=Path, dir_okay=False), help="Copy the PNG there.")
@shared.render_options(
    click.option(
        "-t", "--take", type=click.Path(path_type=Path, file_okay=False), help="Folder of the take."
    ),
    shared.device_option,
)
@click.option("--dry-run", is_flag=True, help="Only say how much must be painted first.")
@shared.outside_option
def still(
    project: Path, frame: str, out: Path | None, options: RenderOptions, dry_run: bool, allow_outside: bool
) -> None:
    """Make one frame; paint the frames that it needs first."""
    from .. import api
    from .progress import duration, reporter

    loaded = api.load_project(project, allow_outside=allow_outside)
    options = options.changed(frames=frame, film=False)
    wanted = options.chosen(loaded.clock.frames) or ()
    if len(wanted) != 1:
        raise click.UsageError("still makes one frame; use: reverie render -f RANGES --no-film")
    plan = api.plan(loaded, options)
    about = "" if plan.seconds is None else f", about {duration(plan.seconds)}"
    click.echo(f"frame {wanted[0]}: {len(plan.paint)} frames to paint{about}", err=True)
    if dry_run:
        return
    with closing(reporter(as_json=False)) as report:
        path = api.still(loaded, wanted[0], options, out=out, report=report)
    click.echo(str(path))


@click.command()
@shared.take_argument
@click.option(
    "-o", "--out", required=True, metavar="OUT", help="film.mp4, .webm, .mov, .gif, .webp, or a folder/"
)
@shared.frames_option
@click.option(
    "--fps",
    type=click.FloatRange(min=0, min_open=True, max=240),
    help="Frames per second of the stored frames.  [default: the project's]",
)
@shared.device_option
@shared.outside_option
def export(
    take: Path, out: str, frames: str | None, fps: float | None, device: str, allow_outside: bool
) -> None:
    """Make a film, GIF or folder of PNGs from a take's frames."""
    from .. import api

    film = api.export(
        take,
        out,
        frames=frames,
        fps=fps,
        device=device,
        allow_outside=allow_outside,
        notice=partial(click.echo, err=True),
    )
    padded = ", padded to even sides" if film.padded else ""
    click.echo(f"{film.path}: {film.frames} frames, {film.width}x{film.height}{padded}, {film.seconds:.1f} s")


@click.command()
@shared.take_argument
@click.option(
    "-o", "--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help=".png, .webp, .jpg"
)
@click.option("-n", "--count", default=24, type=click.IntRange(1, 500), help="Number of frames.")
@click.option("--columns", default=6, type=click.IntRange(1, 50), help="Frames in a row.")
def sheet(take: Path, out: Path, count: int, columns: int) -> None:
    """Make a contact sheet of a take.

    It shows frames at even steps, with their numbers.
    """
    from .. import api

    shown, stored = api.sheet(take, out, count=count, columns=columns)
    click.echo(f"{out}: {shown} of {stored} frames")
