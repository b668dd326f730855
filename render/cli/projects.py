"""new, check, schema: project files."""

from __future__ import annotations

import json
from pathlib import Path

import click

from .messages import tell
from .options import force_option, outside_option, projects_argument

_CARRIERS = (".png", ".mp4", ".mov", ".webm")


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "-o", "--out", type=click.Path(path_type=Path, dir_okay=False), help="Where to write, for a frame."
)
@click.option("--title", default="", help="Title of the film.  [default: from the file name]")
@force_option
def new(path: Path, out: Path | None, title: str, force: bool) -> None:
    """Write a small commented project that renders as it is.

    PATH may also be a rendered frame (.png) or film (.mp4): the project that it carries is written out again.
    """
    from projects import starter
    from projects.files import write_atomic

    if path.suffix.lower() in _CARRIERS:
        name, text = _carried(path)
        target = out or Path(name)
    else:
        target = out or (path if path.suffix else path.with_suffix(".toml"))
        text = starter(target.name, title or target.stem.replace("_", " ").replace("-", " ").title())
    if target.exists() and not force:
        raise click.UsageError(
            f"{target} is there already. Choose another name, or overwrite it with --force."
        )
    write_atomic(target, text.encode())
    click.echo(f"wrote {target}; render it with: reverie render {target}")


def _carried(path: Path) -> tuple[str, str]:
    """(file name, text) of the project in a frame or film."""
    from keyframes import Problem, ProjectError
    from projects import read_text
    from render.video.probe import read_metadata

    if not path.is_file():
        raise ProjectError(Problem(what="there is no such file.", file=str(path)))
    if path.suffix.lower() == ".png":
        texts = read_text(path)
        name, text = texts.get("reverie name", ""), texts.get("reverie project", "")
    else:
        name, text = f"{path.stem}.toml", read_metadata(path).get("comment", "")
    if not text:
        hint = (
            "Frames and films of a render with --no-metadata, or saved again by another program, have none."
        )
        raise ProjectError(Problem(what="carries no project.", file=str(path), hint=hint))
    name = Path(name).name
    # the name comes from whoever made the file: it may not be that of another kind of file, nor a hidden one
    return name if name.endswith(".toml") and not name.startswith(".") else "project.toml", text


@click.command()
@projects_argument
@outside_option
def check(projects: tuple[Path, ...], allow_outside: bool) -> None:
    """Find every mistake in projects at once; exit code 2 if there is any."""
    from keyframes import ReverieError
    from keyframes.errors import printable
    from projects import load_project
    from render.setup import prepare

    worst = 0
    for path in projects:
        try:
            setup = prepare(load_project(path, allow_outside=allow_outside))
        except ReverieError as error:
            tell(error)
            worst = max(worst, error.exit_code)
            continue
        width, height = setup.size
        click.echo(f"{path}: fine; {setup.frames} frames {width}x{height} with {printable(setup.models)}")
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
