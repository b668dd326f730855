"""A loaded model: its parts, and its family, which knows how to use them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

import torch
from torch import Tensor

from keyframes.prompts import TextShare
from render.diffusion.clipguidance.clip_model import ClipModels
from render.diffusion.embeddings import Embedding, Notice, TextEncoder, mix
from render.diffusion.families.table import FamilyRow, vae_factor
from render.diffusion.inversions import WordTokens, expanded
from render.diffusion.ip_adapters import Adapters
from render.diffusion.loras.attach import Loras
from render.diffusion.memory import ROWS, MemoryPolicy
from render.diffusion.model_source import ModelSource
from render.diffusion.offload import DENOISER, TEXT_ENCODERS, VAE, bring, row_of

LatentShape = tuple[int, int, int]
REMEMBERED = 128  # texts whose embeddings are kept


class Family(ABC):
    """What differs between model families; here is what most of them share: an AutoencoderKL, and classifier-free
    guidance as it comes.

    N rows are asked in one step: `negatives` unconditional ones (1 or 0) first, then the prompt's parts.
    """

    def __init__(self, row: FamilyRow) -> None:
        self.row = row

    @abstractmethod
    def embed(self, model: Model, text: str, *, clipskip: int, notice: Notice) -> Embedding:
        """Encode one text, with its emphasis, to an Embedding of N = 1. `clipskip`: the layer of CLIP, from the end."""

    @abstractmethod
    def conditions(
        self, model: Model, texts: Embedding, *, negatives: int, latents: Tensor, cfg_scale: float
    ) -> dict[str, Any]:
        """Return the denoiser's arguments that stay the same for all steps.

        The first `negatives` of the N texts are unconditional. `latents` (1, C, h, w) give the size.
        """

    def answer(
        self, model: Model, latents: Tensor, timestep: Tensor, conditions: Mapping[str, Any]
    ) -> Tensor:
        """Run the denoiser on latents (N, C, h, w) at a timestep (no dimensions): (N, C, h, w)."""
        times = timestep.expand(len(latents))
        answers: Tensor = model.denoiser(latents, timestep=times, **conditions, return_dict=False)[0]
        return answers

    def zero_empty(self, model: Model) -> bool:
        """Tell whether an empty negative prompt is the zero embedding; by default it is a text like any other."""
        return False

    def embeds_scale(self, model: Model) -> bool:
        """Tell whether the model was distilled to take the guidance scale as input, and needs no second answer."""
        return False

    def rescale_guided(self, guided: Tensor, plain: Tensor) -> Tensor:
        """Return the guided prediction (1, C, h, w) corrected; `plain` is the one without guidance."""
        return guided

    def timing(self, model: Model, steps: int, shape: LatentShape) -> dict[str, Any]:
        """Return the arguments of set_timesteps besides the number of steps, for latents of a shape (C, h, w)."""
        return {}

    def encode(self, model: Model, picture: Tensor) -> Tensor:
        """Encode a picture (1, 3, H, W) in [-1, 1], of whole latents, to latents (1, C, h, w), float32, as the denoiser
        takes them: (latents - mean) * scale / deviation of the posterior's mode; shift_factor is a mean.
        """
        encoded = model.vae.encode(picture)
        posterior = getattr(encoded, "latent_dist", None)
        latents: Tensor = encoded.latents if posterior is None else posterior.mode()
        mean, deviation = latent_statistics(model)
        return (latents.float() - mean) * float(model.vae.config.scaling_factor) / deviation

    def decode(self, model: Model, latents: Tensor) -> Tensor:
        """Decode latents (1, C, h, w) to a picture (1, 3, H, W) about in [-1, 1]."""
        mean, deviation = latent_statistics(model)
        given = latents * deviation / float(model.vae.config.scaling_factor) + mean
        picture: Tensor = model.vae.decode(given.to(model.vae.dtype), return_dict=False)[0]
        return picture


def latent_statistics(model: Model) -> tuple[Tensor | float, Tensor | float]:
    """Return the latents' mean and deviation per channel where the VAE states them, else its shift and 1."""
    config = model.vae.config
    mean, deviation = (config.get(name) for name in ("latents_mean", "latents_std"))
    if mean is None or deviation is None:
        return float(config.get("shift_factor") or 0.0), 1.0
    given = torch.tensor([mean, deviation], device=model.device)
    return given[0].view(1, -1, 1, 1), given[1].view(1, -1, 1, 1)


@dataclass(frozen=True, kw_only=True)
class Model:
    """A loaded model: the parts that painting needs, on one device.

    `scheduler` and `scheduler_config` are the model's own, unchanged. `flags` are the pipeline's own settings
    (force_zeros_for_empty_prompt ...). `vae` may be in float32 while the rest is in half precision. `controls`
    are its ControlNets, `adapters` its IP-Adapters, `clip` the CLIP models that may guide it.
    """

    source: ModelSource
    family: Family
    encoders: tuple[TextEncoder, ...]
    denoiser: Any
    vae: Any
    scheduler: str
    scheduler_config: Mapping[str, Any]
    flags: Mapping[str, Any]
    device: torch.device
    dtype: torch.dtype
    notice: Notice
    loras: Loras = field(default_factory=Loras)
    controls: tuple[Any, ...] = ()
    adapters: Adapters = field(default_factory=Adapters)
    inversions: WordTokens = field(default_factory=dict)
    clip: ClipModels = field(default_factory=ClipModels)
    memory: MemoryPolicy = field(default_factory=MemoryPolicy)

    def bring(self, part: str) -> None:
        """Move a part (TEXT_ENCODERS, DENOISER or VAE) to the device, if the memory level keeps it elsewhere."""
        readers = [encoder.encoder for encoder in self.encoders]
        modules = {TEXT_ENCODERS: readers, DENOISER: [self.denoiser], VAE: [self.vae]}
        bring(modules, part, self.memory.level, self.device)

    @cached_property
    def encoder(self) -> PromptEncoder:
        """The encoder of prompts, which remembers texts."""
        return PromptEncoder(self)

    @cached_property
    def schedulers(self) -> dict[str, Any]:
        """Samplers' schedulers as they were made, to be copied and never stepped: making one takes up to 0.3 s."""
        return {}

    @cached_property
    def factor(self) -> int:
        """Pixels per latent along a side."""
        return vae_factor(self.vae.config)

    @cached_property
    def multiple(self) -> int:
        """What the sides of a picture must be multiples of: pixels per token of the denoiser."""
        return self.factor * self.family.row.patch

    @cached_property
    def channels(self) -> int:
        """Channels of the latents."""
        return int(self.denoiser.config.in_channels) // self.family.row.packing**2

    def answers(self, latents: Tensor, timestep: Tensor, conditions: Mapping[str, Any]) -> Tensor:
        """Ask the denoiser about latents (N, C, h, w): all at once or, at the last memory level, one by one."""
        rows = len(latents)
        if self.memory.level < ROWS or rows == 1:
            return self.family.answer(self, latents, timestep, conditions)
        each = [
            self.family.answer(self, latents[row : row + 1], timestep, row_of(conditions, row, rows))
            for row in range(rows)
        ]
        return torch.cat(each)


class PromptEncoder:
    """Encodes texts for a model and remembers the last ones.

    An embedding depends on the text, on the layer of CLIP that is read (`clipskip`, from the end: 1 is the usual one),
    and on the LoRAs in the text encoders.
    """

    def __init__(self, model: Model, *, remembered: int = REMEMBERED) -> None:
        self._model = model
        self._embedding = lru_cache(remembered)(self._embed)
        self._noticed: set[str] = set()

    def text(self, text: str, clipskip: int = 1) -> Embedding:
        """Return the Embedding (N = 1) of one text. Raises ScheduleError for impossible emphasis."""
        return self._embedding(text, clipskip, self._model.loras.text_weights)

    def _embed(self, text: str, clipskip: int, lora_weights: tuple[float, ...]) -> Embedding:
        model = self._model
        model.bring(TEXT_ENCODERS)
        with torch.inference_mode():
            given = expanded(text, model.inversions)
            return model.family.embed(model, given, clipskip=clipskip, notice=self.notice_once)

    def mix(self, shares: Sequence[TextShare], clipskip: int = 1) -> Embedding:
        """Return the mix of texts by their shares (which sum to 1), tokens and pooled output linearly."""
        return mix([self.text(share.text, clipskip) for share in shares], [share.share for share in shares])

    def negative(self, shares: Sequence[TextShare], clipskip: int = 1) -> Embedding:
        """Return the mix of negative texts.

        The empty text is the zero embedding for models whose pipeline says so (SDXL: force_zeros_for_empty_prompt).
        """
        texts = shares or (TextShare(text=""),)
        zeroed = self._model.family.zero_empty(self._model)
        embeddings = []
        for share in texts:
            found = self.text(share.text, clipskip)
            embeddings.append(found.zeros() if zeroed and not share.text.strip() else found)
        return mix(embeddings, [share.share for share in texts])

    def notice_once(self, message: str) -> None:
        """Pass a notice on the first time: both of SDXL's tokenizers lose the same words, frame after frame."""
        if message not in self._noticed:
            self._noticed.add(message)
            self._model.notice(message)
