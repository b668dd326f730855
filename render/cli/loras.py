"""convert-lora: a LoRA file with the names that another program knows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from .options import force_option

if TYPE_CHECKING:
    from render.diffusion.loras.convert import Target


@click.command("convert-lora")
@click.argument("source", type=click.Path(path_type=Path, dir_okay=False), metavar="IN")
@click.argument("out", type=click.Path(path_type=Path, dir_okay=False), metavar="OUT.safetensors")
@click.option(
    "--to",
    type=click.Choice(["diffusers", "kohya"]),
    default="diffusers",
    show_default=True,
    help="Names to write: diffusers' and peft's, or kohya's (ComfyUI, A1111, Forge).",
)
@click.option(
    "--alpha",
    type=click.FloatRange(min=0, min_open=True),
    metavar="A",
    help="Alpha of a file that does not say it, as DiffSynth's; its scale is alpha / rank.  [default: the rank]",
)
@force_option
def convert_lora(source: Path, out: Path, to: str, alpha: float | None, force: bool) -> None:
    """Convert a LoRA for SD, SDXL or Kolors: from DiffSynth-Studio's .ckpt, kohya's or diffusers' names.

    Says what is in it: naming, modules, rank and effective scale.
    """
    if out.suffix != ".safetensors":
        raise click.UsageError(f"{out} must end in .safetensors, the one format that is safe to open.")
    if not source.is_file():
        raise click.UsageError(f"there is no file {source}.")
    if out.exists() and not force:
        raise click.UsageError(f"{out} is there already. Choose another name, or overwrite it with --force.")
    from render.diffusion.loras.convert import convert_lora as convert

    made = convert(source, out, to=cast("Target", to), alpha=alpha)
    click.echo(f"wrote {out}: {made.told()}")
