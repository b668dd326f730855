"""Arguments and options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import wraps
from pathlib import Path
from typing import Any

import click

Command = Callable[..., Any]
Decorator = Callable[[Command], Command]

project_argument = click.argument("project", type=click.Path(path_type=Path), metavar="PROJECT.toml")
projects_argument = click.argument(
    "projects", type=click.Path(path_type=Path), nargs=-1, required=True, metavar="PROJECT.toml..."
)
take_argument = click.argument("take", type=click.Path(path_type=Path, file_okay=False))
take_option = click.option(
    "-o",
    "--take",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="TAKE",
    help="Folder of the take.  [default: takes/NAME beside the project]",
)
frames_option = click.option(
    "-f", "--frames", metavar="RANGES", help="Frames such as 3,5-10,47-60; negatives count from the end."
)
no_film_option = click.option("--no-film", is_flag=True, help="Paint the frames only.")
no_metadata_option = click.option(
    "--no-metadata", is_flag=True, help="Leave the project and its values out of frames and film."
)
timeout_option = click.option(
    "--frame-timeout",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="Stop, with exit code 1, if painting one frame takes longer.",
)
verify_option = click.option(
    "--verify", is_flag=True, help="Hash every stored frame, even if its size and time are unchanged."
)
outside_option = click.option(
    "--allow-outside", is_flag=True, help="Let paths in the project leave its folder."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
device_option = click.option(
    "--device", default="auto", metavar="NAME", help="auto, cpu, cuda, cuda:1 or mps."
)
force_option = click.option("--force", is_flag=True, help="Overwrite the file if it is there.")


def render_options(*options: Decorator) -> Decorator:
    """Give a command these options, and their values as one RenderOptions, `options`."""

    def decorate(command: Command) -> Command:
        @wraps(command)
        def with_options(**values: Any) -> Any:
            from .. import RenderOptions

            for name in ("film", "metadata"):
                if f"no_{name}" in values:
                    values[name] = not values.pop(f"no_{name}")
            names = {field.name for field in fields(RenderOptions)} & values.keys()
            changes = {name: values.pop(name) for name in names}
            return command(options=RenderOptions(**changes), **values)

        decorated: Command = with_options
        for option in reversed(options):
            decorated = option(decorated)
        return decorated

    return decorate
