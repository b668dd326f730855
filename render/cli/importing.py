"""import: the settings files of other programs."""

from __future__ import annotations

from pathlib import Path

import click

from .options import device_option, force_option, frames_option


@click.command("import")
@click.argument("settings", type=click.Path(path_type=Path), metavar="SETTINGS")
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="PROJECT.toml",
    help="The project to write.  [default: the same name with .toml]",
)
@click.option(
    "--model", default="sketch", show_default=True, metavar="NAME", help="The model that the project names."
)
@click.option("--render", is_flag=True, help="Render the project too, as reverie render does.")
@frames_option
@device_option
@force_option
@click.pass_context
def import_(
    context: click.Context,
    settings: Path,
    out: Path | None,
    model: str,
    render: bool,
    frames: str | None,
    device: str,
    force: bool,
) -> None:
    """Make a project of a settings file of Deforum, Disco Diffusion, Parseq, ComfyUI with FizzNodes, or AnimateDiff.

    What was carried over, and what was not and why, is told on stderr and at the end of the project.
    --frames and --device are for --render.
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
    if not render:
        click.echo(f"wrote {target}; look at it with: reverie plan {target}")
        return
    from .rendering import render as render_command

    click.echo(f"wrote {target}", err=True)
    context.invoke(render_command, projects=(target,), frames=frames, device=device)
