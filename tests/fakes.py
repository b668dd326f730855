"""A painter that needs no model, for tests of what is round it: quick, deterministic, fed by the frame before.

What it paints is a function of the moved picture, its hole, the frame's seed, its prompt, strengths and steps: a frame
that is made from anything else than it should be comes out different.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from typing import TypeVar, Unpack

import numpy as np
import torch
from torch import Tensor

from projects import Picture, Project, Take, canonical, read_project
from render.diffusion import Canvas, OnStep, PaintJob
from render.film import MakePainter, Rendered, render_project
from render.frame import FrameMaker, painted_frame, stages_of
from render.plans import film_keys
from render.reports import OptionChanges, RenderOptions, Reporter
from render.resolve import ResolvedProject
from render.stages.stage import Painter
from render.tensors import to_picture

SIDE = 64
S = TypeVar("S")


def fake_model(folder: Path, **defaults: float | str) -> Path:
    """A folder that passes for a model as long as nobody loads it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model_index.json").write_text(json.dumps({"_class_name": "StableDiffusionPipeline"}))
    (folder / "reverie.json").write_text(json.dumps({"size": SIDE, "steps": 4, **defaults}))
    return folder


def project_text(frames: int = 60, *, top: str = "", **tables: str) -> str:
    """A project for the fake model; `tables` are the lines of [motion], [prompts] and so on.

    Colours are matched unless the lines of [coherence] say otherwise: more can go wrong then.
    """
    given = {
        "prompts": '0 = "a lighthouse by the sea"',
        "motion": 'zoom = "0: (1.0), 30: (1.03)"\nangle = 1\ntranslation_x = "0: (2*sin(t/5))"',
        "coherence": "noise = 0.02",
        **tables,
    }
    if "color_match" not in given["coherence"]:
        given["coherence"] += '\ncolor_match = "lab"'
    lines = "\n".join(f"\n[{name}]\n{text}" for name, text in given.items())
    return f'model = "fake"\nframes = {frames}\nseed = 3\n{top}\n{lines}\n'


def write_project(folder: Path, text: str | None = None, name: str = "dream.toml") -> Path:
    """A project file with its fake model beside it."""
    fake_model(folder / "fake")
    path = folder / name
    path.write_text(project_text() if text is None else text, encoding="utf-8")
    return path


def load(folder: Path, text: str | None = None, name: str = "dream.toml") -> Project:
    """The same, read."""
    path = write_project(folder, text, name)
    return read_project(path.read_text(encoding="utf-8"), name=name, folder=folder)


class FakePainter:
    """Mixes the moved picture with noise of the frame's own. `seconds` a frame; `fails_at` raises there."""

    device = torch.device("cpu")

    def __init__(
        self, film: ResolvedProject, *, seconds: float = 0.0, fails: Mapping[int, Exception] | None = None
    ) -> None:
        self.film, self.seconds, self.fails = film, seconds, dict(fails or {})
        self.seen: list[tuple[int, Tensor | None]] = []

    def paint(self, canvas: Canvas, job: PaintJob, on_step: OnStep | None = None) -> Tensor:
        """See render.stages.stage.Painter."""
        picture, hole = canvas.picture, canvas.hole
        self.seen.append((job.frame, None if picture is None else picture.clone()))
        if job.frame in self.fails:
            raise self.fails[job.frame]
        time.sleep(self.seconds)
        if on_step is not None:
            on_step(1, 1)
        own = self._own(job)
        strength: float | Tensor = job.sampling.strength
        if hole is not None:
            strength = strength + (job.reveal_strength - strength) * hole
        return own if picture is None else (1 - strength) * picture + strength * own

    def _own(self, job: PaintJob) -> Tensor:
        sampling = job.sampling
        said = canonical([job.seed, job.travel, job.prompt, float(sampling.steps), sampling.sampler])
        rng = np.random.default_rng(int.from_bytes(blake2b(said.encode(), digest_size=8).digest(), "little"))
        width, height = job.size
        coarse = torch.from_numpy(rng.random((1, 3, 4, 4), dtype=np.float32))
        return torch.nn.functional.interpolate(coarse, (height, width), mode="bilinear", align_corners=True)


class Studio:
    """Makes fake painters and counts them; give `studio.painter` as `make_painter`."""

    def __init__(self, *, seconds: float = 0.0, fails: Mapping[int, Exception] | None = None) -> None:
        self.seconds, self.fails = seconds, fails
        self.painters: list[FakePainter] = []

    def painter(self, film: ResolvedProject) -> FakePainter:
        """A painter for the project."""
        self.painters.append(FakePainter(film, seconds=self.seconds, fails=self.fails))
        return self.painters[-1]

    @property
    def painted(self) -> list[int]:
        """The frames painted, in order, by all painters."""
        return [frame for painter in self.painters for frame, _ in painter.seen]


def render(
    project: Project,
    *,
    make_painter: MakePainter | None = None,
    report: Reporter | None = None,
    **changes: Unpack[OptionChanges],
) -> Rendered:
    """Render with the fake painter."""
    options, make = RenderOptions(**changes), make_painter or Studio().painter
    return render_project(project, options, make_painter=make, report=report)


def files(take: Path) -> dict[str, bytes]:
    """The bytes of every frame's file in a take."""
    return {path.name: path.read_bytes() for path in sorted((take / "frames").iterdir())}


def pictures(take: Path) -> list[Picture]:
    """The pictures of a take, checked against its journal."""
    found = Take(take)
    return [found.read(frame) for frame in found.stored()]


def keys_of(film: ResolvedProject) -> list[str]:
    """The keys of all frames."""
    return film_keys(film)[0]


def frame_after(
    film: ResolvedProject,
    painter: Painter,
    number: int,
    before: Picture,
    on_step: OnStep = lambda done, count: None,
) -> Picture:
    """Frame `number` of a film, painted over a picture that takes the place of the frame before it."""
    maker = FrameMaker(film, painter, lambda _: before, lambda _: before)
    try:
        return maker.make(painted_frame(film, number), on_step)
    finally:
        maker.close()


class Recorder:
    """Paints a given picture, or what it is given, and keeps what it was given."""

    device = torch.device("cpu")

    def __init__(self, result: Tensor | None = None) -> None:
        self.given: list[Tensor | None] = []
        self.holes: list[Tensor | None] = []
        self.jobs: list[PaintJob] = []
        self.result = result

    def paint(self, canvas: Canvas, job: PaintJob, on_step: OnStep | None = None) -> Tensor:
        """See render.stages.stage.Painter."""
        self.given.append(canvas.picture)
        self.holes.append(canvas.hole)
        self.jobs.append(job)
        if self.result is not None:
            return self.result
        assert canvas.picture is not None
        return canvas.picture


def scene(seed: int) -> Picture:
    """A smooth picture with colours of its own, 64x64."""
    rng = np.random.default_rng(seed)
    coarse = torch.from_numpy(rng.random((1, 3, 5, 5), dtype=np.float32))
    fine = torch.nn.functional.interpolate(coarse, (64, 64), mode="bicubic").clamp(0, 1)
    return to_picture(fine * 0.5 + 0.1 * seed)


def stage_of(film: ResolvedProject, kind: type[S]) -> S:
    """A film's stage of a kind."""
    return next(stage for stage in stages_of(film) if isinstance(stage, kind))
