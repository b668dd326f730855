"""Where the goldens and the key fuzz touch the house: a text of a project goes in, pictures and keys come out.

Whoever rebuilds what renders changes this file, and nothing in `tests/goldens` and `tests/fuzz`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

import render as api
from projects import Picture, Project, Take, canonical, read_project
from render.diffusion import Canvas, OnStep, PaintJob
from render.film import render_project
from render.plans import film_keys
from render.reports import RenderOptions
from render.resolve import resolve

from .fakes import FakePainter

MODEL = "fake"  # the model of projects that the witness paints; `fakes.fake_model` makes its folder


@dataclass(frozen=True, kw_only=True)
class Shown:
    """The frames of a film from 0 on: their keys, and their pictures, uint8 (H, W, 3) RGB."""

    keys: tuple[str, ...]
    pictures: tuple[Picture, ...]


def lanes_at_start(text: str, folder: Path) -> Mapping[str, float]:
    """The value of every lane at frame 0. Raises ProjectError or EnvironmentFault where a plan would."""
    film = resolve(_project(text, folder, draft=False))
    film_keys(film)
    return {lane: float(series[0]) for lane, series in film.timeline.numbers.items()}


def shown(
    text: str,
    folder: Path,
    *,
    count: int,
    draft: bool = False,
    exported: bool = False,
    keen: bool = False,
    studio: api.Studio | None = None,
) -> Shown:
    """The first `count` frames, painted by a witness, or with `studio` by the project's own model.

    exported: the pictures are those of the finished film instead, as `export` writes them. keen: the witness looks at
    all that a model could look at, not only at what every model does.
    """
    project = _project(text, folder, draft)
    with a_take(folder if exported else None) as take:
        options = RenderOptions(take=take, frames=range(count), film=False, metadata=False)
        if studio is None:
            render_project(project, options, make_painter=KeenWitness if keen else Witness)
        else:
            api.render(project, options, studio=studio)
        found = Take(take)
        keys = tuple(found.entries[frame].key for frame in range(count))
        if exported:
            api.export(take, take.parent / "film")
            paths = sorted((take.parent / "film").iterdir())
            return Shown(keys=keys, pictures=tuple(np.asarray(Image.open(path)) for path in paths))
        return Shown(keys=keys, pictures=tuple(np.asarray(found.read(frame)) for frame in range(count)))


@contextmanager
def a_take(beside: Path | None) -> Iterator[Path]:
    """A folder for a take that is gone afterwards: of a project in the folder `beside`, or in memory where that is."""
    memory = Path("/dev/shm")
    place = beside or (memory if memory.is_dir() else None)
    with tempfile.TemporaryDirectory(dir=place) as folder:
        yield Path(folder) / "take"


def _project(text: str, folder: Path, draft: bool) -> Project:
    project = read_project(text, name="film.toml", folder=folder)
    return api.as_draft(project) if draft else project


class Witness(FakePainter):
    """A fake painter in whose pictures all that it is given can be seen: ControlNets' pictures and versions too."""

    def paint(self, canvas: Canvas, job: PaintJob, on_step: OnStep | None = None) -> Tensor:
        """See render.stages.stage.Painter."""
        self._version = canvas.version
        painted = super().paint(canvas, job, on_step)
        for control in canvas.controls:
            told = (control.number, control.start, control.end, control.mode)
            share = 0.05 * control.weight * (1 + _number(told) % 7 / 7)
            painted = painted + share * (control.picture - 0.5)
        return painted.clamp(0.0, 1.0)

    def _own(self, job: PaintJob) -> Tensor:
        coarse, (width, height) = super()._own(job), job.size
        told = (job.seed, job.frame, self._version, job.prompt, *self._more(job))
        fine = np.random.default_rng(_number(told)).random((1, 3, height, width), dtype=np.float32)
        return 0.75 * coarse + 0.25 * torch.from_numpy(fine)

    def _more(self, job: PaintJob) -> tuple[object, ...]:
        return ()


class KeenWitness(Witness):
    """A witness that looks at what only some models look at, too."""

    def _more(self, job: PaintJob) -> tuple[object, ...]:
        given = job.sampling
        guided = (given.guidance_rescale, given.cfg_scale, given.cfg_start, given.cfg_end)
        return (given.steps_mode, *guided, given.eta, float(given.clipskip))


def _number(told: object) -> int:
    return int.from_bytes(blake2b(canonical(told).encode(), digest_size=8).digest(), "little")
