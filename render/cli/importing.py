"""import: the settings files of other programs."""

from __future__ import annotations

from pathlib import Path

import click

from .options import force_option


@click.command("import")
@click.argument("settings", type=click.Path(path_type=Path), metavar="SETTINGS.txt")
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="PROJECT.toml",
    help="The project to write.  [default: SETTINGS.toml beside the file]",
)
@click.option(
    "--model", default="sketch", show_default=True, metavar="NAME", help="The model that the project names."
)
@force_option
def import_(settings: Path, out: Path | None, model: str, force: bool) -> None:
    """Make a project of a settings file of Deforum or Disco Diffusion.

    What was carried over, and what was not and why, is told on stderr and at the end of the project.
    """
    from projects.files import write_atomic
    from projects.importers import import_settings

    target = out or settings.with_suffix(".toml")
    if target.exists() and not force:
        raise click.UsageError(
            f"{target} is there already. Choose another name, or overwrite it with --force."
        )
    imported = import_settings(settings, folder=target.parent, model=model)
    write_atomic(target, imported.text.encode())
    for line in imported.report.lines():
        click.echo(line, err=True)
    click.echo(f"wrote {target}; look at it with: reverie plan {target}")
