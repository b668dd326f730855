"""beats: the tempo, beats and curves of a sound file, and schedules made from them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .arguments import json_option

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_CURVES = ("amp", "bass", "mid", "high", "onset", "beat_pulse", "beat_phase")


@click.command()
@click.argument("sound", type=click.Path(path_type=Path, dir_okay=False), metavar="SONG.wav")
@click.option(
    "--fps",
    type=click.FloatRange(0, 240, min_open=True),
    default=15.0,
    show_default=True,
    help="Frames per second of the curves.",
)
@click.option("--bpm", type=click.FloatRange(0, 10_000, min_open=True), help="The tempo, if you know it.")
@click.option("--csv", "as_csv", is_flag=True, help="Print the curves as comma-separated values.")
@json_option
@click.option(
    "--write-schedule",
    "curve",
    type=click.Choice(_CURVES),
    help="Print this curve as a schedule with few keys.",
)
@click.option(
    "--range",
    "span",
    type=float,
    nargs=2,
    default=(0.0, 1.0),
    show_default=True,
    metavar="LOW HIGH",
    help="Map 0 and 1 to these values in the schedule.",
)
@click.option(
    "--tolerance",
    type=click.FloatRange(0, 1),
    default=0.02,
    show_default=True,
    help="How far the schedule may be from the curve, as a share of the range.",
)
def beats(
    sound: Path,
    fps: float,
    bpm: float | None,
    as_csv: bool,
    as_json: bool,
    curve: str | None,
    span: tuple[float, float],
    tolerance: float,
) -> None:
    """Print the tempo, beats and curves of a sound file.

    The curves have one value per frame; expressions use them as amp, bass, beat ... With --write-schedule, print one
    curve as a schedule with few keys, to paste into a project and edit.
    """
    from keyframes.simplify import keys_text

    from .. import api

    if sum((as_csv, as_json, curve is not None)) > 1:
        raise click.UsageError("give one of --csv, --json and --write-schedule.")
    heard, found, curves = api.hear(sound, fps=fps, bpm=bpm)
    if curve is not None:
        low, high = span
        click.echo(keys_text(low + (high - low) * curves[curve], tolerance * abs(high - low), digits=6))
    elif as_csv:
        click.echo(_table(curves))
    elif as_json:
        told = {"bpm": found.bpm, "seconds": heard.seconds, "fps": fps, "beats": found.times.tolist()}
        click.echo(json.dumps({**told, "curves": {name: curves[name].tolist() for name in _CURVES}}))
    else:
        tempo = f"{found.bpm:.1f} bpm" if found.bpm else "no tempo"
        click.echo(f"{sound.name}: {heard.seconds:.1f} s, {tempo}, {len(found.times)} beats")
        for start in range(0, len(found.times), 10):
            click.echo("  " + " ".join(f"{time:8.3f}" for time in found.times[start : start + 10]))
        click.echo(_columns(curves))


def _table(curves: dict[str, NDArray[np.float64]]) -> str:
    lines = [",".join([str(frame), *(f"{value:g}" for value in row)]) for frame, row in _rows(curves)]
    return "\n".join([",".join(["frame", *_CURVES]), *lines])


def _columns(curves: dict[str, NDArray[np.float64]]) -> str:
    widths = [max(len(name) + 1, 5) for name in _CURVES]
    lines = [["  frame", *(f"{name:>{width}}" for name, width in zip(_CURVES, widths, strict=True))]]
    for frame, row in _rows(curves):
        cells = [f"{value:>{width}.2f}" for value, width in zip(row, widths, strict=True)]
        lines.append([f"{frame:>7}", *cells])
    return "\n".join(" ".join(line) for line in lines)


def _rows(curves: dict[str, NDArray[np.float64]]) -> Iterator[tuple[int, tuple[float, ...]]]:
    return enumerate(zip(*(curves[name].tolist() for name in _CURVES), strict=True))
