"""How ControlNets are run, by their class: their input, and where their residuals are added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import torch
from torch import Tensor

from render.diffusion.control.fit import FLUX, SD3, UNET
from render.diffusion.families.flow import TIME, pack
from render.diffusion.latents import padded
from render.diffusion.model import Model

Residuals = Sequence[Sequence[Tensor]]


@dataclass(frozen=True, kw_only=True)
class ControlInput:
    """The input of a ControlNet in one step.

    `rows` are the denoiser's rows that it adds to; `latents` (n, C, h, w) and `hint` (n, ...) are of these rows,
    `conditions` are the denoiser's, of all rows. `soft` weakens the outer layers.
    """

    model: Model
    latents: Tensor
    timestep: Tensor
    conditions: Mapping[str, Any]
    rows: slice
    hint: Tensor
    weight: float
    soft: bool
    cfg_scale: float


class UNetControl:
    """Pictures as pixels; one residual for each layer of the UNet's down blocks, and one for its middle.

    Kolors' ControlNet projects ChatGLM's states itself, as its UNet does.
    """

    def hint(self, model: Model, net: Any, picture: Tensor) -> Tensor:
        """Return a picture (1, 3, H, W) in [0, 1] as the ControlNet takes it."""
        return padded(model, picture.to(device=model.device, dtype=net.dtype))

    def run(self, net: Any, question: ControlInput) -> Residuals:
        """Return the residuals for the denoiser's layers, in groups.

        If soft, the layers' weights rise evenly, in decibels, from 0.1 to 1.
        """
        conditions, rows = question.conditions, question.rows
        texts = conditions["encoder_hidden_states"][rows].to(net.dtype)
        if net.config.encoder_hid_dim_type == "text_proj":
            texts = net.encoder_hid_proj(texts)
        more = conditions.get("added_cond_kwargs", {})
        added = {name: more[name][rows] for name in ("text_embeds", "time_ids") if name in more}
        down, middle = net(
            question.latents,
            question.timestep,
            encoder_hidden_states=texts,
            controlnet_cond=question.hint,
            conditioning_scale=question.weight,
            added_cond_kwargs=added,
            guess_mode=question.soft,
            return_dict=False,
        )
        return [list(down), [middle]]

    def arguments(self, residuals: Residuals) -> Mapping[str, Any]:
        """Return the denoiser's arguments for what `run` returned."""
        down, (middle,) = residuals
        return {"down_block_additional_residuals": tuple(down), "mid_block_additional_residual": middle}


class SD3Control:
    """Pictures as latents; residuals for the transformer's blocks, fewer than it has, each for several of them."""

    def hint(self, model: Model, net: Any, picture: Tensor) -> Tensor:
        """See UNetControl. Those without pooled text (InstantX's) take latents without the VAE's shift."""
        config = model.vae.config
        shift = 0.0 if _unpooled(net) else float(config.shift_factor)
        return ((_encoded(model, picture) - shift) * float(config.scaling_factor)).to(net.dtype)

    def run(self, net: Any, question: ControlInput) -> Residuals:
        """See UNetControl."""
        conditions, rows = question.conditions, question.rows
        pooled = conditions["pooled_projections"][rows].to(net.dtype)
        texts = conditions["encoder_hidden_states"][rows].to(net.dtype)
        found = net(
            hidden_states=question.latents,
            timestep=question.timestep.expand(len(question.latents)),
            encoder_hidden_states=None if net.config.joint_attention_dim is None else texts,
            pooled_projections=torch.zeros_like(pooled) if _unpooled(net) else pooled,
            controlnet_cond=question.hint,
            conditioning_scale=question.weight,
            return_dict=False,
        )[0]
        blocks = len(question.model.denoiser.transformer_blocks)
        return [[found[int(block / (blocks / len(found)))] for block in range(blocks)]]

    def arguments(self, residuals: Residuals) -> Mapping[str, Any]:
        """See UNetControl."""
        return {"block_controlnet_hidden_states": list(residuals[0])}


class FluxControl:
    """Pictures as latents in tokens, or (XLabs) as pixels; residuals for both kinds of the transformer's blocks."""

    def hint(self, model: Model, net: Any, picture: Tensor) -> Tensor:
        """See UNetControl."""
        if net.input_hint_block is not None:
            return padded(model, picture.to(device=model.device, dtype=net.dtype)) * 2 - 1
        config = model.vae.config
        latents = (_encoded(model, picture) - float(config.shift_factor)) * float(config.scaling_factor)
        return pack(latents).to(net.dtype)

    def run(self, net: Any, question: ControlInput) -> Residuals:
        """See UNetControl."""
        conditions, rows, count = question.conditions, question.rows, len(question.latents)
        scale = torch.full([count], question.cfg_scale, device=question.latents.device)
        double, single = net(
            hidden_states=pack(question.latents),
            controlnet_cond=question.hint,
            conditioning_scale=question.weight,
            timestep=question.timestep.expand(count).to(question.latents.dtype) / TIME,
            guidance=scale if net.config.guidance_embeds else None,
            pooled_projections=conditions["pooled_projections"][rows].to(net.dtype),
            encoder_hidden_states=conditions["encoder_hidden_states"][rows].to(net.dtype),
            txt_ids=conditions["txt_ids"],
            img_ids=conditions["img_ids"],
            return_dict=False,
        )
        around = net.input_hint_block is not None
        blocks, singles = (len(part) for part in _blocks(question.model))
        return [
            _stretched(double or (), blocks, around=around),
            _stretched(single or (), singles, around=False),
        ]

    def arguments(self, residuals: Residuals) -> Mapping[str, Any]:
        """See UNetControl."""
        double, single = (list(group) or None for group in residuals)
        return {"controlnet_block_samples": double, "controlnet_single_block_samples": single}


def _stretched(found: Sequence[Tensor], blocks: int, *, around: bool) -> list[Tensor]:
    """Return one residual for each block: each for the same number of neighbours, or, with `around`, in turn."""
    if not found:
        return []
    each = ceil(blocks / len(found))
    return [found[block % len(found) if around else block // each] for block in range(blocks)]


def _blocks(model: Model) -> tuple[Any, Any]:
    return model.denoiser.transformer_blocks, model.denoiser.single_transformer_blocks


def _unpooled(net: Any) -> bool:
    return bool(net.config.get("force_zeros_for_pooled_projection", True))


def _encoded(model: Model, picture: Tensor) -> Tensor:
    """Return the mode of the VAE's posterior, float32, as it is: neither shifted nor scaled."""
    pixels = padded(model, picture.to(device=model.device, dtype=model.vae.dtype) * 2 - 1)
    mode: Tensor = model.vae.encode(pixels).latent_dist.mode()
    return mode.float()


NETWORKS: Mapping[str, UNetControl | SD3Control | FluxControl] = {
    UNET: UNetControl(),
    SD3: SD3Control(),
    FLUX: FluxControl(),
}
