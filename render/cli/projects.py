"""new, check, schema, import, move, convert-lora: project files and what goes into them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

import click

from . import arguments as shared

if TYPE_CHECKING:
    from .. import RenderOptions

_CARRIERS = (".png", ".mp4", ".mov", ".webm")


def _refuse_to_overwrite(path: Path, force: bool) -> None:
    if path.exists() and not force:
        raise click.UsageError(f"{path} is there already. Choose another name, or overwrite it with --force.")


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "-o", "--out", type=click.Path(path_type=Path, dir_okay=False), help="Where to write, for a frame."
)
@click.option("--title", help="Title of the film.  [default: from the file name]")
@shared.force_option
def new(path: Path, out: Path | None, title: str | None, force: bool) -> None:
    """Write a small commented project that renders as it is.

    PATH may also be a rendered frame (.png) or film (.mp4): then write the project that it carries.
    """
    from projects import starter
    from projects.files import write_atomic

    from .. import api

    if path.suffix.lower() in _CARRIERS:
        name, text = api.carried_project(path)
        target = out or Path(name)
    else:
        target = out or (path if path.suffix else path.with_suffix(".toml"))
        text = starter(target.name, title or target.stem.replace("_", " ").replace("-", " ").title())
    _refuse_to_overwrite(target, force)
    write_atomic(target, text.encode())
    click.echo(f"wrote {target}; render it with: reverie render {target}")


@click.command()
@shared.projects_argument
@shared.outside_option
def check(projects: tuple[Path, ...], allow_outside: bool) -> None:
    """Find every mistake in projects at once. Exit code 2 if there is one."""
    from keyframes import ReverieError
    from keyframes.errors import printable

    from .. import api
    from .app import echo_error

    worst = 0
    for path in projects:
        try:
            report = api.check(api.load_project(path, allow_outside=allow_outside))
        except ReverieError as error:
            echo_error(error)
            worst = max(worst, error.exit_code)
            continue
        width, height = report.size
        film = f"{report.length} frames {width}x{height} with {printable(report.model_names)}"
        click.echo(f"{path}: fine; {film}")
    raise click.exceptions.Exit(worst)


@click.command()
@click.option("-o", "--out", type=click.Path(path_type=Path, dir_okay=False), help="Write to a file.")
def schema(out: Path | None) -> None:
    """Print the JSON Schema of the project file, for editors."""
    from projects import json_schema
    from projects.files import write_atomic

    text = json.dumps(json_schema(), indent=2)
    if out is None:
        click.echo(text)
    else:
        write_atomic(out, f"{text}\n".encode())
        click.echo(f"wrote {out}")


@click.command("import")
@click.argument("settings", type=click.Path(path_type=Path), metavar="SETTINGS")
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="PROJECT.toml",
    help="The project to write.  [default: the same name with .toml]",
)
@click.option("--model", default="sketch", metavar="NAME", help="The model that the project names.")
@click.option("--render", is_flag=True, help="Render the project too, as reverie render does.")
@shared.render_options(shared.frames_option, shared.device_option)
@shared.force_option
@click.pass_context
def import_(
    context: click.Context,
    settings: Path,
    out: Path | None,
    model: str,
    render: bool,
    options: RenderOptions,
    force: bool,
) -> None:
    """Convert another program's settings file to a project.

    Reads files of Deforum, Disco Diffusion, Parseq, ComfyUI with FizzNodes, and AnimateDiff. What was carried over, and
    what was not and why, is printed on stderr and written at the end of the project. --frames and --device are for
    --render.
    """
    from projects.files import write_atomic
    from projects.importers import import_settings

    target = out or settings.with_suffix(".toml")
    _refuse_to_overwrite(target, force)
    imported = import_settings(settings, folder=target.parent, model=model)
    write_atomic(target, imported.text.encode())
    for line in imported.report.lines():
        click.echo(line, err=True)
    if not render:
        click.echo(f"wrote {target}; look at it with: reverie plan {target}")
        return
    from .rendering import render as render_command

    click.echo(f"wrote {target}", err=True)
    context.invoke(render_command, projects=(target,), frames=options.frames, device=options.device)


@click.command()
@click.argument("name", required=False)
@click.option("--frames", type=click.IntRange(min=2), default=120, help="Length of the move.")
@click.option("--amount", type=float, default=1.0, help="Scale the move; -1 reverses it.")
@click.option("--distance", type=float, default=2.0, help="Units to what is looked at (near is 1).")
def move(name: str | None, frames: int, amount: float, distance: float) -> None:
    """Print the schedules of a camera move.

    Paste them into a project. Without NAME, list the moves: push-in, orbit, dolly-zoom ...
    """
    from projects.starter import MOVES, motion_table

    moves = {known.name: known for known in MOVES}
    if name is None:
        width = max(map(len, moves))
        for known in MOVES:
            click.echo(f"{known.name:<{width}}  {known.mode}  {known.help}")
        return
    if name not in moves:
        message = f"there is no move {name!r}; there are {', '.join(moves)}."
        raise click.BadParameter(message, param_hint="'[NAME]'")
    try:
        click.echo(motion_table(moves[name], frames, amount=amount, distance=distance))
    except ValueError as error:
        raise click.UsageError(str(error)) from error


@click.command("convert-lora")
@click.argument("source", type=click.Path(path_type=Path, dir_okay=False), metavar="IN")
@click.argument("out", type=click.Path(path_type=Path, dir_okay=False), metavar="OUT.safetensors")
@click.option(
    "--to",
    type=click.Choice(["diffusers", "kohya"]),
    default="diffusers",
    help="Names to write: diffusers' and peft's, or kohya's (ComfyUI, A1111, Forge).",
)
@click.option(
    "--alpha",
    type=click.FloatRange(min=0, min_open=True),
    metavar="A",
    help="Alpha of a file that has none, such as DiffSynth's; its scale is alpha / rank.  [default: the rank]",
)
@shared.force_option
def convert_lora(source: Path, out: Path, to: str, alpha: float | None, force: bool) -> None:
    """Convert a LoRA to the names of another program.

    Reads LoRAs for SD, SDXL and Kolors: DiffSynth-Studio's .ckpt, kohya's and diffusers'. Prints what is in it: naming,
    modules, rank and effective scale.
    """
    if out.suffix != ".safetensors":
        raise click.UsageError(f"{out} must end in .safetensors, the one format that is safe to open.")
    if not source.is_file():
        raise click.UsageError(f"there is no file {source}.")
    _refuse_to_overwrite(out, force)
    from .. import api

    names = cast("Literal['diffusers', 'kohya']", to)
    click.echo(f"wrote {out}: {api.convert_lora(source, out, to=names, alpha=alpha)}")
