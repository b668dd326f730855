"""`python -m benchmarks`: every figure in docs/benchmarks.md, measured in one run."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import click
import torch

from keyframes import EnvironmentFault, ReverieError
from render.devices import find_device

from . import models, sd15
from .film import FilmSettings, Style
from .loops import compare_loops
from .machine import Probe, describe
from .overhead import measure_overhead
from .stages import stages_report, timeline_report

_BREAKDOWNS: Mapping[Style, str] = {
    "usual": "as a new project has it",
    "full": "with noise, contrast and anti-blur too",
}
_STAGE_SIZES, _QUICK_SIZES = (512, 1024), (256,)


@click.command()
@click.option("--model", default="sketch", show_default=True, help="As in a project: a name or a folder.")
@click.option(
    "--real", type=click.Choice(["sd15"]), help="A real architecture with random weights; GPU only."
)
@click.option(
    "--size", type=click.IntRange(min=16), help="Side of the pictures in pixels [default: the model's]"
)
@click.option(
    "--pairs", type=click.IntRange(min=1), help="How often each way is timed [default: 5, quick: 2]"
)
@click.option("--frames", type=click.IntRange(min=3), help="Of each film [default: 8, quick: 4]")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1 or mps.")
@click.option("--quick", is_flag=True, help="Less of everything, below a minute with a small model.")
def main(
    model: str,
    real: str | None,
    size: int | None,
    pairs: int | None,
    frames: int | None,
    device: str,
    quick: bool,
) -> None:
    """Measure the render loop against a naive one, what a frame's time goes into, and single stages."""
    pairs, frames = pairs or (2 if quick else 5), frames or (4 if quick else 8)
    try:
        candidate = _candidate(model, real, device)
        settings = FilmSettings.of(candidate.name, candidate.defaults, size=size, frames=frames)
        for paragraph in _run(candidate, settings, pairs=pairs, quick=quick):
            click.echo(f"{paragraph}\n")
    except ReverieError as error:
        click.echo(str(error), err=True)
        raise SystemExit(error.exit_code) from error


def _candidate(model: str, real: str | None, device: str) -> models.Candidate:
    if real is None:
        return models.load(model, device)
    if find_device(device).type == "cpu":
        raise EnvironmentFault(
            f"--real {real} takes minutes per frame on a CPU and is for GPUs. Without one: --model sketch."
        )
    return sd15.build(device)


def _run(candidate: models.Candidate, settings: FilmSettings, *, pairs: int, quick: bool) -> Iterator[str]:
    where, probe = candidate.model.device, Probe()
    yield f"Machine: {describe(where)}"
    yield f"Model: {Path(settings.model).name}, {candidate.model.dtype} on {where}".replace("torch.", "")
    with tempfile.TemporaryDirectory(prefix="reverie-bench-") as place:
        folder = Path(place)
        loops = compare_loops(candidate, settings, folder, pairs=pairs, probe=probe)
        yield f"## The loop\n\n{loops.report()}"
        longer = replace(settings, frames=settings.frames + 2)
        for style, title in _BREAKDOWNS.items():
            overhead = measure_overhead(candidate, longer, folder / style, style=style)
            yield f"## A frame's time, {title}\n\n{overhead.report()}"
        yield f"## Stages\n\n{timeline_report(10_000 if quick else 100_000, 30)}"
        for side in _QUICK_SIZES if quick else _STAGE_SIZES:
            probe.look()
            yield stages_report((side, side), where, pairs=3 if quick else 15, folder=folder)
    probe.look()
    yield f"Steadiness: {probe.report()}"


if __name__ == "__main__":
    torch.set_grad_enabled(False)
    main()
