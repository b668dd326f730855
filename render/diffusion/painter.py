"""What paints: a loaded model, given a canvas and a job. Importable without torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import add
from pathlib import Path
from typing import TYPE_CHECKING

from render.diffusion.job import Canvas, ImagePrompt, ModelSpec, OnStep, PaintJob, version_seed
from render.diffusion.model_source import ModelSource

if TYPE_CHECKING:
    from torch import Tensor

    from render.diffusion.clipguidance.clip_guide import ClipGuide
    from render.diffusion.embeddings import Notice
    from render.diffusion.ip_adapters import AdapterInput
    from render.diffusion.model import Model


def load(spec: ModelSpec, notice: Notice | None = None) -> DiffusionPainter:
    """Load a model and return its painter; see `pipeline.load_model`."""
    from render.diffusion.pipeline import load_model

    return DiffusionPainter(load_model(spec, notice))


def fetch(source: ModelSource, *, device: str = "auto", dtype: str = "auto") -> ModelSource:
    """Fetch a hub model that is not in the local cache, and return its full description; see `pipeline.fetch_model`."""
    from render.diffusion.pipeline import fetch_model

    return fetch_model(source, device=device, dtype=dtype)


class DiffusionPainter:
    """Paints with one model. `pictures`: the files of image prompts' pictures, by digest."""

    def __init__(self, model: Model, pictures: Mapping[str, Path] | None = None) -> None:
        self.model, self.device = model, model.device
        self._pictures = pictures or {}
        self._embeddings: dict[tuple[int, str], Tensor] = {}

    def with_pictures(self, pictures: Mapping[str, Path]) -> DiffusionPainter:
        """Return a painter with the same model and other pictures."""
        return DiffusionPainter(self.model, pictures)

    def resume(self, notes: Sequence[str]) -> None:
        """Get ready for a frame whose predecessor was painted with these notes."""
        self.model.memory.begin(notes)

    @property
    def notes(self) -> tuple[str, ...]:
        """What changed the pixels of the picture just painted besides its job: ways of saving memory."""
        return self.model.memory.notes

    def paint(self, canvas: Canvas, job: PaintJob, on_step: OnStep | None = None) -> Tensor:
        """Return the painted picture, (1, 3, H, W) in [0, 1].

        `on_step(done, count)` is called after each step; what it raises stops the painting. Raises RenderError where
        the model gives nothing finite or memory runs out, and what `sampling.paint` raises for impossible settings.
        """
        from render.diffusion.latents import latent_shape, travelled_noise
        from render.diffusion.sampling import Painting, paint

        model, strength = self.model, job.sampling.strength
        model.loras.use(job.lora_weights)
        seed = version_seed(job.seed, canvas.version)
        noise = None
        if job.travel is not None:
            noise = travelled_noise(seed, job.travel, latent_shape(model, *job.size))
        more = job.reveal_strength - strength
        work = Painting(
            prompt=job.prompt,
            size=job.size,
            settings=job.sampling,
            seed=seed,
            frame=job.frame,
            picture=canvas.picture,
            strengths=strength + more * canvas.hole if canvas.hole is not None and more > 0 else None,
            noise=noise,
            controls=canvas.controls,
            shown=[self._shown(prompt) for prompt in job.image_prompts],
            step_hook=self._guide(job, canvas.picture),
        )
        return paint(model, work, on_step)

    def _shown(self, prompt: ImagePrompt) -> AdapterInput:
        from render.diffusion.ip_adapters import AdapterInput

        parts = [share * self._embedding(prompt.adapter, digest) for digest, share in prompt.pictures]
        return AdapterInput(number=prompt.adapter, embedding=reduce(add, parts), weight=prompt.weight)

    def _embedding(self, adapter: int, digest: str) -> Tensor:
        """Return a picture's embedding, float32. It is scaled to cover the encoder's square, and cropped about its
        middle."""
        from render.pictures import read_picture
        from render.tensors import to_tensor

        if (adapter, digest) not in self._embeddings:
            encoder = self.model.adapters.encoders[adapter]
            picture = read_picture(self._pictures[digest], (encoder.side, encoder.side), where="ip_adapter")
            self._embeddings[adapter, digest] = encoder.embed(to_tensor(picture, self.device)).float()
        return self._embeddings[adapter, digest]

    def _guide(self, job: PaintJob, picture: Tensor | None) -> ClipGuide | None:
        settings = job.clip_guidance
        if settings is None or not settings.on:
            return None
        from render.diffusion.clipguidance.clip_guide import ClipGuide, FrameObjective

        objective = FrameObjective(
            settings=settings,
            models=self.model.clip.models if settings.scale else (),
            prompt=job.prompt,
            seed=job.seed,
            frame=job.frame,
            picture=picture,
        )
        return ClipGuide(self.model, objective, job.size, tiny=self.model.clip.decoder)
