"""preview, render, still, export, sheet: what makes pictures and films."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .messages import tell
from .options import (
    device_option,
    frames_option,
    json_option,
    outside_option,
    project_argument,
    projects_argument,
    take_option,
)

if TYPE_CHECKING:
    from render.api import Studio
    from render.film import Rendered
    from render.progress import Reporter


@click.command()
@project_argument
@click.option("-o", "--out", type=click.Path(path_type=Path), help="The film.  [default: TAKE/preview.mp4]")
@outside_option
def preview(project: Path, out: Path | None, allow_outside: bool) -> None:
    """Make a film of the motion alone: the same warp code, no model, in no time."""
    import time

    from projects import load_project
    from render.previews import preview_project
    from render.stop import stoppable

    started = time.monotonic()
    with stoppable():
        film = preview_project(load_project(project, allow_outside=allow_outside), out)
    spent = time.monotonic() - started
    click.echo(f"{film.path}: {film.frames} frames, {film.seconds:.1f} s of film in {spent:.1f} s")


@click.command()
@projects_argument
@take_option
@frames_option
@click.option("--no-film", is_flag=True, help="Paint the frames only.")
@click.option("--no-metadata", is_flag=True, help="Leave the project and its values out of frames and film.")
@click.option(
    "--frame-timeout",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="Stop, with exit code 1, if painting one frame takes longer.",
)
@click.option("--draft", is_flag=True, help="A quick look: half the size and steps, in takes/NAME-draft.")
@device_option
@json_option
@outside_option
def render(
    projects: tuple[Path, ...],
    take: Path | None,
    frames: str | None,
    no_film: bool,
    no_metadata: bool,
    frame_timeout: float | None,
    draft: bool,
    device: str,
    as_json: bool,
    allow_outside: bool,
) -> None:
    """Render projects to films; run it again and it goes on, or says that all is up to date.

    Only what is missing or changed is painted. Several projects share one loaded model; one that fails does not stop
    the others, and the exit code is that of the first failure.
    """
    from keyframes import ReverieError, Stopped
    from projects import load_project
    from render.api import Studio
    from render.api import render as render_one
    from render.draft import as_draft
    from render.stop import stoppable

    if take is not None and len(projects) > 1:
        raise click.UsageError("--take names one folder; with several projects each has its own.")
    studio, failed = Studio(device=device, notice=lambda text: click.echo(text, err=True)), 0
    for path in projects:
        reporter = _reporter(as_json)
        try:
            loaded = load_project(path, allow_outside=allow_outside)
            loaded = as_draft(loaded) if draft else loaded
            with stoppable():
                done = render_one(
                    loaded,
                    take=take,
                    frames=frames,
                    film=not no_film,
                    metadata=not no_metadata,
                    studio=studio,
                    report=reporter,
                    frame_timeout=frame_timeout,
                )
        except Stopped as error:
            kept = take or loaded.take_folder
            how = "What is painted is kept; the same command goes on from there."
            raise Stopped(f"{path}: {error}. {how} ({kept})", error.exit_code) from None
        except ReverieError as error:
            tell(error)
            failed = failed or error.exit_code
            continue
        finally:
            getattr(reporter, "close", lambda: None)()
        _tell(path, done, as_json)
    raise click.exceptions.Exit(failed)


def _reporter(as_json: bool) -> Reporter:
    from rich.console import Console

    from render.progress import Bar, Json, Lines

    if as_json:
        return Json()
    console = Console(stderr=True)
    return Bar(console) if console.is_terminal else Lines()


def _tell(path: Path, done: Rendered, as_json: bool) -> None:
    from render.progress import Json

    if as_json:
        film = str(done.film) if done.film else None
        Json().tell("end", project=str(path), take=str(done.take), film=film, up_to_date=done.up_to_date)
        return
    where = done.film or done.take
    if done.up_to_date:
        click.echo(f"{where}: up to date ({len(done.kept)} frames)")
    else:
        padded = "; padded to even sides" if done.padded else ""
        click.echo(f"{where}: {len(done.painted)} frames painted, {len(done.kept)} kept{padded}")


@click.command()
@project_argument
@click.option("-f", "--frame", required=True, metavar="N", help="The frame; negatives count from the end.")
@click.option("-o", "--out", type=click.Path(path_type=Path, dir_okay=False), help="Copy the PNG there.")
@click.option("-t", "--take", type=click.Path(path_type=Path, file_okay=False), help="Folder of the take.")
@click.option("--dry-run", is_flag=True, help="Only say how much must be painted first.")
@device_option
@outside_option
def still(
    project: Path,
    frame: str,
    out: Path | None,
    take: Path | None,
    dry_run: bool,
    device: str,
    allow_outside: bool,
) -> None:
    """Make one frame; the frames that it needs are painted first."""
    from keyframes import parse_frames
    from projects import Take, load_project
    from projects.files import write_atomic
    from render.api import Studio
    from render.api import plan as plan_of
    from render.api import render as render_one
    from render.progress import duration
    from render.stop import stoppable

    loaded = load_project(project, allow_outside=allow_outside)
    wanted = parse_frames(frame, loaded.clock.frames)
    if len(wanted) != 1:
        raise click.UsageError("still makes one frame; use: reverie render -f RANGES --no-film")
    planned = plan_of(loaded, take=take, frames=wanted)
    about = "" if planned.seconds is None else f", about {duration(planned.seconds)}"
    click.echo(f"frame {wanted[0]}: {len(planned.paint)} frames to paint{about}", err=True)
    if dry_run:
        return
    with stoppable():
        studio: Studio = Studio(device=device)
        done = render_one(
            loaded, take=take, frames=wanted, film=False, studio=studio, report=_reporter(False)
        )
    path = Take(done.take).path(wanted[0])
    if out is not None:
        write_atomic(out, path.read_bytes())
    click.echo(str(out or path))


@click.command()
@click.argument("take", type=click.Path(path_type=Path, file_okay=False))
@click.option("-o", "--out", required=True, metavar="OUT", help="film.mp4, .gif, .webm, .mov, or a folder/")
@frames_option
@click.option("--fps", type=click.FloatRange(min=0, min_open=True, max=240), help="Frames per second.")
@device_option
def export(take: Path, out: str, frames: str | None, fps: float | None, device: str) -> None:
    """Make a film, a GIF or a folder of PNGs from a take's stored frames."""
    from render.api import export as export_take
    from render.stop import stoppable

    with stoppable():
        film = export_take(take, out, frames=frames, fps=fps, device=device)
    padded = ", padded to even sides" if film.padded else ""
    click.echo(f"{film.path}: {film.frames} frames, {film.width}x{film.height}{padded}, {film.seconds:.1f} s")


@click.command()
@click.argument("take", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "-o", "--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help=".png, .webp, .jpg"
)
@click.option("-n", "--count", default=24, show_default=True, type=click.IntRange(1, 500), help="Pictures.")
@click.option(
    "--columns", default=6, show_default=True, type=click.IntRange(1, 50), help="Pictures in a row."
)
def sheet(take: Path, out: Path, count: int, columns: int) -> None:
    """Make a contact sheet of a take: frames at even steps with their numbers."""
    from keyframes import Problem, ProjectError
    from projects import Take
    from render.video.contact_sheet import contact_sheet

    found = Take(take)
    stored = found.stored()
    if not stored:
        raise ProjectError(Problem(what="has no frames yet.", file=str(take)))
    chosen = sorted({stored[round(i * (len(stored) - 1) / max(count - 1, 1))] for i in range(count)})
    made = contact_sheet([found.read(f) for f in chosen], columns, out, labels=[str(f) for f in chosen])
    click.echo(f"{made}: {len(chosen)} of {len(stored)} frames")
