"""What paints: one method, so that the frame loop does not know whether a diffusion model or a test is behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

from keyframes import Row

from .diffusion.devices import find_device
from .diffusion.job import ImagePrompt, ModelSpec, PaintJob
from .diffusion.painter import Canvas, DiffusionPainter
from .diffusion.parts import Model
from .diffusion.sampling import OnStep
from .diffusion.steps import Sampling
from .seeds import frame_travel
from .setup import Setup
from .steering.clipguidance import clip_guidance

__all__ = ["Canvas", "OnStep", "Painter", "ProjectPainter", "model_spec", "paint_job"]


class Painter(Protocol):
    """Paints one frame."""

    device: torch.device

    def paint(self, canvas: Canvas, row: Row, on_step: OnStep) -> Tensor:
        """The painted frame (1, 3, H, W); `on_step(done, count)` after every step, what it raises ends the painting."""
        ...


def model_spec(setup: Setup, *, device: str = "auto", dtype: str = "auto") -> ModelSpec:
    """The model of a project, with all that is attached to it. The pictures' size matters on a GPU alone."""
    clip = setup.clip
    return ModelSpec(
        source=setup.source,
        loras=tuple(lora.file for lora in setup.loras),
        controls=tuple(control.file for control in setup.controls),
        adapters=tuple(adapter.file for adapter in setup.adapters),
        embeddings=tuple((known.word, known.file) for known in setup.inversions),
        vae=setup.vae,
        clip_models=clip.readers if clip else (),
        clip_decoder=clip.decoder if clip else None,
        size=setup.size if find_device(device).type == "cuda" else None,
        device=device,
        dtype=dtype,
    )


def paint_job(setup: Setup, row: Row) -> PaintJob:
    """All that a frame's painting depends on besides the model and the canvas."""
    given, numbers = setup.project.file.diffusion, row.numbers
    guidance = clip_guidance(setup, row)
    return PaintJob(
        frame=row.frame,
        size=setup.size,
        seed=setup.seed(row),
        prompt=row.prompt,
        sampling=Sampling(
            steps=int(numbers["steps"]),
            strength=numbers["strength"],
            cfg_scale=numbers["cfg_scale"],
            cfg_start=numbers["cfg_start"],
            cfg_end=numbers["cfg_end"],
            clipskip=int(numbers["clipskip"]),
            sampler=row.words["sampler"],
            eta=numbers["eta"],
            guidance_rescale=given.guidance_rescale,
            steps_mode=given.steps_mode,
        ),
        reveal_strength=numbers["reveal_strength"],
        travel=frame_travel(row),
        lora_weights=tuple(lora.weight(row) for lora in setup.loras),
        image_prompts=tuple(
            ImagePrompt(
                adapter=adapter.number,
                weight=adapter.weight(row),
                pictures=tuple((digest, share) for _, digest, share in adapter.mix(row.frame)),
            )
            for adapter in setup.adapters
            if adapter.weight(row) != 0
        ),
        clip_guidance=guidance if setup.clip is not None and guidance.on else None,
    )


class ProjectPainter:
    """A loaded model, painting the frames of one project."""

    def __init__(self, setup: Setup, model: Model) -> None:
        self.setup, self.device = setup, model.device
        pictures = {digest: path for adapter in setup.adapters for _, path, digest in adapter.keys}
        self._painter = DiffusionPainter(model, pictures)

    def ready(self, row: Row, notes: Sequence[str]) -> None:
        """See render.notes.Noted."""
        self._painter.resume(notes)

    @property
    def notes(self) -> tuple[str, ...]:
        """See render.notes.Noted."""
        return self._painter.notes

    def paint(self, canvas: Canvas, row: Row, on_step: OnStep) -> Tensor:
        """See Painter. Raises RenderError where the model gives nothing finite."""
        return self._painter.paint(canvas, paint_job(self.setup, row), on_step)
