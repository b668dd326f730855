"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path

import click

project_argument = click.argument("project", type=click.Path(path_type=Path), metavar="PROJECT.toml")
projects_argument = click.argument(
    "projects", type=click.Path(path_type=Path), nargs=-1, required=True, metavar="PROJECT.toml..."
)
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
outside_option = click.option(
    "--allow-outside", is_flag=True, help="Let paths in the project leave its folder."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
device_option = click.option(
    "--device", default="auto", show_default=True, metavar="NAME", help="auto, cpu, cuda, cuda:1 or mps."
)
force_option = click.option("--force", is_flag=True, help="Overwrite the file if it is there.")
