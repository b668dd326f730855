"""The parts of a loaded model, and what a family does with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch import Tensor

from render.diffusion.catalogue import ModelSource

if TYPE_CHECKING:
    from render.diffusion.conditioning import Encoder

Notice = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class TextEncoder:
    """A tokenizer and the transformer that reads its tokens."""

    tokenizer: Any
    encoder: Any


@dataclass(frozen=True, kw_only=True)
class Embedding:
    """What texts tell a denoiser: `tokens` (N, L, D) and, in families which have it, `pooled` (N, P)."""

    tokens: Tensor
    pooled: Tensor | None = None

    def to(self, dtype: torch.dtype) -> Embedding:
        """Return the same in another precision."""
        pooled = None if self.pooled is None else self.pooled.to(dtype)
        return Embedding(tokens=self.tokens.to(dtype), pooled=pooled)


class Family(Protocol):
    """What differs between model families."""

    def embed(self, encoders: Sequence[TextEncoder], text: str, notice: Notice) -> Embedding:
        """Encode one text, with its emphasis, to an Embedding of N = 1."""
        ...

    def conditions(
        self, model: Model, texts: Embedding, *, negatives: int, latents: Tensor
    ) -> dict[str, Any]:
        """Return the denoiser's arguments that stay the same for all steps.

        The first `negatives` of the N texts are the unconditional ones. `latents` (B, C, h, w) tell the size.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Model:
    """A loaded model: the parts that painting needs, on one device.

    `scheduler` and `scheduler_config` are the model's own, unchanged. `flags` are the pipeline's own settings
    (force_zeros_for_empty_prompt ...). `vae` may be in float32 while the rest is in half precision.
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

    @cached_property
    def encoder(self) -> Encoder:
        """The encoder of prompts, with its memory of texts already encoded."""
        from render.diffusion.conditioning import Encoder

        return Encoder(self)

    @cached_property
    def schedulers(self) -> dict[str, Any]:
        """Samplers' schedulers as they were made, to be copied and never stepped: making one takes up to 0.3
        s.
        """
        return {}

    @cached_property
    def factor(self) -> int:
        """Pixels per latent along a side."""
        return int(2 ** (len(self.vae.config.block_out_channels) - 1))

    @cached_property
    def channels(self) -> int:
        """Channels of the latents."""
        return int(self.denoiser.config.in_channels)

    @cached_property
    def guidance_width(self) -> int | None:
        """Width of the guidance embedding of models distilled for it (LCM), else None."""
        width = self.denoiser.config.get("time_cond_proj_dim")
        return None if width is None else int(width)
