"""doctor: what this machine has, in a form to paste into a report."""

from __future__ import annotations

from pathlib import Path

import click

from .arguments import device_option, outside_option


@click.command()
@click.argument("project", required=False, type=click.Path(path_type=Path), metavar="[PROJECT.toml]")
@click.option("-m", "--model", metavar="NAME", help="Describe what would be loaded for this name, and why.")
@device_option
@outside_option
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
