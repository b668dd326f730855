"""What the flow matching families share: when to paint what, and latents packed into tokens.

Flow matching (Lipman et al. 2023, arXiv:2210.02747; Liu et al. 2023, arXiv:2209.03003) paints along straight
lines: at time s a picture is (1 - s) x picture + s x noise, and the denoiser answers with noise - picture.
Big pictures need more of their time where the noise is strong; the shift by size is that of Esser et al. 2024,
arXiv:2403.03206, section 5.3.2, as diffusers has it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from render.diffusion.model import Family, LatentShape, Model

TIME = 1000  # schedulers count to it, transformers from 0 to 1
_SHIFT: Mapping[str, float] = {
    "base_image_seq_len": 256,
    "max_image_seq_len": 4096,
    "base_shift": 0.5,
    "max_shift": 1.15,
}


class FlowFamily(Family):
    """A transformer that was trained by flow matching, on latents packed into tokens."""

    def embeds_scale(self, model: Model) -> bool:
        """Models that were distilled for it have an input for the scale."""
        return bool(model.denoiser.config.get("guidance_embeds"))

    def embedded_scale(self, model: Model, rows: int, cfg_scale: float) -> Tensor | None:
        """Return the input for the scale (N,), None for a model without it."""
        return torch.full([rows], cfg_scale, device=model.device) if self.embeds_scale(model) else None

    def answer(
        self, model: Model, latents: Tensor, timestep: Tensor, conditions: Mapping[str, Any]
    ) -> Tensor:
        times = timestep.expand(len(latents)).to(latents.dtype) / TIME
        found = model.denoiser(pack(latents), timestep=times, **conditions, return_dict=False)[0]
        return unpack(found, latents)

    def timing(self, model: Model, steps: int, shape: LatentShape) -> dict[str, Any]:
        """Return even times from 1 to 1 / steps, and the shift for the picture's size."""
        return {"sigmas": np.linspace(1.0, 1 / steps, steps), "mu": self.shift(model, shape)}

    def shift(self, model: Model, shape: LatentShape) -> float:
        """Return mu: linear in the picture's tokens between the model's two known sizes."""
        known = {name: float(model.scheduler_config.get(name, usual)) for name, usual in _SHIFT.items()}
        few, many = known["base_image_seq_len"], known["max_image_seq_len"]
        slope = (known["max_shift"] - known["base_shift"]) / (many - few)
        tokens = (shape[1] // self.row.patch) * (shape[2] // self.row.patch)
        return tokens * slope + (known["base_shift"] - slope * few)


def pack(latents: Tensor) -> Tensor:
    """Return (N, C, h, w) as tokens (N, h/2 x w/2, 4 C): each 2x2 latents become one token."""
    n, c, h, w = latents.shape
    tokens = latents.view(n, c, h // 2, 2, w // 2, 2).permute(0, 2, 4, 1, 3, 5)
    return tokens.reshape(n, (h // 2) * (w // 2), c * 4)


def unpack(tokens: Tensor, like: Tensor) -> Tensor:
    """Undo pack, to the shape of `like`."""
    n, c, h, w = like.shape
    latents = tokens.view(n, h // 2, w // 2, c, 2, 2).permute(0, 3, 1, 4, 2, 5)
    return latents.reshape(n, c, h, w)


def places(latents: Tensor, dtype: torch.dtype) -> Tensor:
    """Return the tokens' places (h/2 x w/2, 3): 0, row, column."""
    rows, columns = (side // 2 for side in latents.shape[-2:])
    grid = torch.zeros(rows, columns, 3)
    grid[..., 1] += torch.arange(rows)[:, None]
    grid[..., 2] += torch.arange(columns)[None, :]
    return grid.reshape(-1, 3).to(device=latents.device, dtype=dtype)
