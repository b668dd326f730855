"""From stored frames to a film file: what a project's [output] says, done the same way by `render` and `export`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from keyframes import FramePrompt, Row
from keyframes.errors import printable
from projects import Project
from projects.schema import Output

from .output.upscaler import Upscaler
from .setup import Setup
from .video.containers import exact_rate
from .video.postprocess import Postprocess, Upscale
from .video.subtitles import subrip


def film_metadata(project: Project) -> dict[str, str]:
    """The texts that a film carries: its title and the project's text."""
    return {"title": project.file.title or project.name, "comment": project.text}


def postprocess_of(output: Output, fps: float, *, whole: bool = True) -> Postprocess:
    """What a project's [output] says of the film, at `fps` stored frames per second.

    whole: whether the film has all of the project's frames; a part of a film does not loop.
    """
    rate = exact_rate(fps)
    wanted = exact_rate(output.fps_out) if output.fps_out is not None else rate * output.interpolate
    return Postprocess(fps_in=rate, fps_out=wanted, upscale=output.upscale, loop=output.loop if whole else 0)


def find_upscale(upscaler: Upscaler | None, upscale: int, device: str) -> Upscale | None:
    """What enlarges pictures by a network on a device, "auto" or its name; None without a network."""
    if upscaler is None:
        return None
    from .diffusion.devices import find_device
    from .video.upscale import NetworkUpscaler

    return NetworkUpscaler(upscaler, upscale, find_device(device))


def subtitles(setup: Setup, frames: Sequence[int]) -> str | None:
    """The subtitles of a film of these frames, None without `[output] subtitles`: prompts, or values too.

    Raises ProjectError as `postprocess_of`.
    """
    file = setup.project.file
    if file.output.subtitles == "none":
        return None
    postprocess = postprocess_of(file.output, file.fps, whole=len(frames) == file.length)
    rows = setup.timeline.rows(frames[postprocess.loop :])  # a loop leaves the first frames out
    if file.output.subtitles == "prompts":
        return subrip(map(_prompts, rows), postprocess.fps_in)
    return subrip((_values(setup, row) for row in rows), postprocess.fps_in)


def _prompts(row: Row) -> str:
    return " AND ".join(_texts(row.prompt))


def _values(setup: Setup, row: Row) -> str:
    """Frame and seed, the lanes that the project writes, and the prompt: a line each."""
    written = [name for name in setup.project.given_lanes if name in row.numbers or name in row.words]
    lanes = [f"{name} {_value(row, name)}" for name in written]
    lines = [f"frame {row.frame}  seed {setup.seed(row)}", "  ".join(lanes), _prompts(row)]
    return "\n".join(line for line in lines if line)


def _value(row: Row, name: str) -> str:
    return f"{row.numbers[name]:.6g}" if name in row.numbers else printable(row.words[name])


def _texts(prompt: FramePrompt) -> Iterator[str]:
    """What counts most in each part of the prompt, in one line."""
    for part in prompt.parts:
        text = max(part.mix, key=lambda mixed: mixed.share).text
        line = " ".join(printable(" ".join(text.split())).split())
        if line and part.weight > 0:
            yield line
