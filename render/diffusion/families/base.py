"""What most families do alike: an AutoencoderKL, and classifier-free guidance as it comes."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from render.diffusion.families.table import FamilyRow
from render.diffusion.parts import LatentShape, Model


class BaseFamily:
    """The usual answers of a family; those that differ are in the family's own file."""

    row: FamilyRow

    def zero_empty(self, model: Model) -> bool:
        """The empty negative prompt is a text like any other."""
        return False

    def embeds_scale(self, model: Model) -> bool:
        """Guidance is classifier-free."""
        return False

    def rescale_guided(self, guided: Tensor, plain: Tensor) -> Tensor:
        """Take the guided prediction as it is."""
        return guided

    def timing(self, model: Model, steps: int, shape: LatentShape) -> dict[str, Any]:
        """Leave it to the scheduler."""
        return {}

    def encode(self, model: Model, pictures: Tensor) -> Tensor:
        """Return (latents - mean) * scale / deviation of the posterior's mode; shift_factor is a mean."""
        encoded = model.vae.encode(pictures)
        posterior = getattr(encoded, "latent_dist", None)
        latents: Tensor = encoded.latents if posterior is None else posterior.mode()
        mean, deviation = _statistics(model)
        return (latents.float() - mean) * float(model.vae.config.scaling_factor) / deviation

    def decode(self, model: Model, latents: Tensor) -> Tensor:
        """Undo encode's scale and decode."""
        mean, deviation = _statistics(model)
        given = latents * deviation / float(model.vae.config.scaling_factor) + mean
        picture: Tensor = model.vae.decode(given.to(model.vae.dtype), return_dict=False)[0]
        return picture


def _statistics(model: Model) -> tuple[Tensor | float, Tensor | float]:
    """Return the latents' mean and deviation per channel where the VAE states them (Playground 2.5), else its
    shift and 1.
    """
    config = model.vae.config
    mean, deviation = (config.get(name) for name in ("latents_mean", "latents_std"))
    if mean is None or deviation is None:
        return float(config.get("shift_factor") or 0.0), 1.0
    given = torch.tensor([mean, deviation], device=model.device)
    return given[0].view(1, -1, 1, 1), given[1].view(1, -1, 1, 1)
