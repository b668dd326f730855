"""What paints: one method, so that the frame loop does not know whether a diffusion model or a test is behind it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from keyframes import Row

from .diffusion.control.steering import Control
from .diffusion.latents import latent_shape
from .diffusion.noise import travelled_noise
from .diffusion.parts import Model
from .diffusion.sampling import paint
from .diffusion.steps import Sampling
from .seeds import frame_travel, version_seed
from .setup import Setup
from .steering.clipguidance import ClipGuides
from .steering.looks import Looks

OnStep = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class Canvas:
    """What a frame is painted on. picture: (1, 3, H, W) RGB in [0, 1], None for a frame from noise alone.

    hole: (1, 1, H, W) in [0, 1], how much of `reveal_strength` each pixel gets in place of `strength`. controls: what
    ControlNets are shown. version: which of several pictures of one frame it is: each has noise of its own, 0 the
    frame's.
    """

    picture: Tensor | None = None
    hole: Tensor | None = None
    controls: Sequence[Control] = ()
    version: int = 0


class Painter(Protocol):
    """Paints one frame."""

    device: torch.device

    def paint(self, canvas: Canvas, row: Row, on_step: OnStep) -> Tensor:
        """The painted frame (1, 3, H, W); `on_step(done, count)` after every step, what it raises ends the painting."""
        ...


class DiffusionPainter:
    """A loaded diffusion model, painting the frames of one project."""

    def __init__(self, setup: Setup, model: Model) -> None:
        self.setup, self.model, self.device = setup, model, model.device
        self._looks = Looks(setup, model)
        self._guides = ClipGuides(setup, model)

    def ready(self, row: Row, notes: Sequence[str]) -> None:
        """See render.notes.Noted."""
        self.model.economy.begin(notes)

    @property
    def notes(self) -> tuple[str, ...]:
        """See render.notes.Noted."""
        return self.model.economy.notes

    def paint(self, canvas: Canvas, row: Row, on_step: OnStep) -> Tensor:
        """See Painter. Raises RenderError where the model gives nothing finite."""
        given = self.setup.project.file.diffusion
        settings = Sampling(
            steps=int(row.numbers["steps"]),
            strength=row.numbers["strength"],
            cfg_scale=row.numbers["cfg_scale"],
            cfg_start=row.numbers["cfg_start"],
            cfg_end=row.numbers["cfg_end"],
            clipskip=int(row.numbers["clipskip"]),
            sampler=row.words["sampler"],
            eta=row.numbers["eta"],
            guidance_rescale=given.guidance_rescale,
            steps_mode=given.steps_mode,
        )
        self.model.use_loras([lora.weight(row) for lora in self.setup.loras])
        noise, seed = None, version_seed(self.setup.seed(row), canvas.version)
        if travel := frame_travel(row):
            shape = latent_shape(self.model, *self.setup.size)
            noise = travelled_noise([seed], [travel.seed], [travel.share], shape)
        hole, more = canvas.hole, row.numbers["reveal_strength"] - settings.strength
        return paint(
            self.model,
            pictures=canvas.picture,
            size=self.setup.size,
            prompts=[row.prompt],
            settings=settings,
            seeds=[seed],
            frame=row.frame,
            strengths=settings.strength + more * hole if hole is not None and more > 0 else None,
            noise=noise,
            controls=canvas.controls,
            looks=self._looks.of(row),
            steer=self._guides.guide(row, canvas.picture),
            on_step=on_step,
        )
