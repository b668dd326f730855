"""The ControlNets of one painting (Zhang, Rao and Agrawala 2023, arXiv:2302.05543): at each step they add to what the
denoiser computes.

The residuals of several are summed. When each acts, and how its residuals are weighted, is as in the diffusers
pipelines.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import pad

from render.assets.find import Asset
from render.assets.loading import load_part
from render.diffusion.families.flow import TIME, pack
from render.diffusion.fit import FLUX, SD3, UNET
from render.diffusion.job import Control
from render.diffusion.latents import padded
from render.diffusion.model import Model

Residuals = Mapping[str, Sequence[Tensor]]  # by the denoiser's argument that takes them
_MIDDLE = "mid_block_additional_residual"  # a UNet has one
_PER_ROW = ("encoder_hidden_states", "pooled_projections", "text_embeds", "time_ids")


class ActiveControls:
    """The controls of one painting that have a weight, step by step."""

    def __init__(self, model: Model, controls: Sequence[Control], *, cfg_scale: float) -> None:
        self._dtype = model.dtype
        self._controls = [
            NETWORKS[model.family.row.control](model, control, cfg_scale=cfg_scale)
            for control in controls
            if control.weight != 0
        ]

    def at(
        self,
        index: int,
        count: int,
        *,
        latents: Tensor,
        timestep: Tensor,
        conditions: Mapping[str, Any],
        negatives: int,
    ) -> Mapping[str, Any]:
        """Return the denoiser's arguments in step `index` of `count`, none where no ControlNet acts.

        `latents` (N, C, h, w) and `conditions` are the denoiser's input; the first `negatives` rows are unconditional.
        """
        found: list[Residuals] = [
            active.residuals(latents, timestep, conditions, negatives=negatives)
            for active in self._controls
            if active.control.acts(index, count)
        ]
        given: dict[str, Any] = {}
        for name in found[0] if found else ():
            groups = zip(*(residuals[name] for residuals in found), strict=True)
            given[name] = [sum(group[1:], group[0]).to(self._dtype) for group in groups] or None
        if _MIDDLE in given:
            (given[_MIDDLE],) = given[_MIDDLE]
        return given


class Network(ABC):
    """A ControlNet in one painting: its input, and where its residuals are added."""

    def __init__(self, model: Model, control: Control, *, cfg_scale: float) -> None:
        self.model, self.control, self.cfg_scale = model, control, cfg_scale
        self.net = model.controls[control.number]
        self._seen = self._hint(control.picture)

    def residuals(
        self, latents: Tensor, timestep: Tensor, conditions: Mapping[str, Any], *, negatives: int
    ) -> Residuals:
        """Return the residuals of all rows, zeros for the negative ones where the ControlNet leaves these alone."""
        alone = self.control.mode == "control" or self.net.config.get("global_pool_conditions")
        skipped = negatives if alone else 0
        rows = latents[skipped:].to(self.net.dtype)
        every = {**conditions, **conditions.get("added_cond_kwargs", {})}
        given = {name: value[skipped:] if name in _PER_ROW else value for name, value in every.items()}
        found = self._run(rows, timestep, torch.cat([self._seen] * len(rows)), given)
        return {
            name: [pad(one, [0, 0] * (one.ndim - 1) + [skipped, 0]) for one in group]
            for name, group in found.items()
        }

    def _latents(self, picture: Tensor, *, shift: float) -> Tensor:
        """Return the mode of the VAE's posterior, float32, shifted and scaled."""
        model = self.model
        pixels = padded(model, picture.to(device=model.device, dtype=model.vae.dtype) * 2 - 1)
        mode: Tensor = model.vae.encode(pixels).latent_dist.mode()
        return (mode.float() - shift) * float(model.vae.config.scaling_factor)

    @abstractmethod
    def _hint(self, picture: Tensor) -> Tensor:
        """Return a picture (1, 3, H, W) in [0, 1] as the ControlNet takes it."""

    @abstractmethod
    def _run(self, latents: Tensor, timestep: Tensor, hint: Tensor, given: Mapping[str, Any]) -> Residuals:
        """Return the residuals for the denoiser's layers. `latents` (n, C, h, w), `hint` (n, ...) and the denoiser's
        conditions, `given`, are of the same rows.
        """


class UNetControl(Network):
    """Pictures as pixels; one residual for each layer of the UNet's down blocks, and one for its middle.

    In other modes than "balanced" the layers' weights rise evenly, in decibels, from 0.1 to 1. Kolors' ControlNet
    projects ChatGLM's states itself, as its UNet does.
    """

    def _hint(self, picture: Tensor) -> Tensor:
        return padded(self.model, picture.to(device=self.model.device, dtype=self.net.dtype))

    def _run(self, latents: Tensor, timestep: Tensor, hint: Tensor, given: Mapping[str, Any]) -> Residuals:
        texts = given["encoder_hidden_states"].to(self.net.dtype)
        if self.net.config.encoder_hid_dim_type == "text_proj":
            texts = self.net.encoder_hid_proj(texts)
        down, middle = self.net(
            latents,
            timestep,
            encoder_hidden_states=texts,
            controlnet_cond=hint,
            conditioning_scale=self.control.weight,
            added_cond_kwargs={name: given[name] for name in ("text_embeds", "time_ids") if name in given},
            guess_mode=self.control.mode != "balanced",
            return_dict=False,
        )
        return {"down_block_additional_residuals": list(down), _MIDDLE: [middle]}


class SD3Control(Network):
    """Pictures as latents; residuals for the transformer's blocks, fewer than it has, each for several of them.

    InstantX's have no pooled text, and take latents without the VAE's shift.
    """

    @property
    def _unpooled(self) -> bool:
        return bool(self.net.config.get("force_zeros_for_pooled_projection", True))

    def _hint(self, picture: Tensor) -> Tensor:
        shift = 0.0 if self._unpooled else float(self.model.vae.config.shift_factor)
        return self._latents(picture, shift=shift).to(self.net.dtype)

    def _run(self, latents: Tensor, timestep: Tensor, hint: Tensor, given: Mapping[str, Any]) -> Residuals:
        pooled = given["pooled_projections"].to(self.net.dtype)
        texts = given["encoder_hidden_states"].to(self.net.dtype)
        found = self.net(
            hidden_states=latents,
            timestep=timestep.expand(len(latents)),
            encoder_hidden_states=None if self.net.config.joint_attention_dim is None else texts,
            pooled_projections=torch.zeros_like(pooled) if self._unpooled else pooled,
            controlnet_cond=hint,
            conditioning_scale=self.control.weight,
            return_dict=False,
        )[0]
        blocks = len(self.model.denoiser.transformer_blocks)
        each = blocks / len(found)
        return {"block_controlnet_hidden_states": [found[int(block / each)] for block in range(blocks)]}


class FluxControl(Network):
    """Pictures as latents in tokens, or (XLabs) as pixels; residuals for both kinds of the transformer's blocks."""

    def _hint(self, picture: Tensor) -> Tensor:
        if self.net.input_hint_block is not None:
            return padded(self.model, picture.to(device=self.model.device, dtype=self.net.dtype)) * 2 - 1
        latents = self._latents(picture, shift=float(self.model.vae.config.shift_factor))
        return pack(latents).to(self.net.dtype)

    def _run(self, latents: Tensor, timestep: Tensor, hint: Tensor, given: Mapping[str, Any]) -> Residuals:
        count, net, denoiser = len(latents), self.net, self.model.denoiser
        scale = torch.full([count], self.cfg_scale, device=latents.device)
        double, single = net(
            hidden_states=pack(latents),
            controlnet_cond=hint,
            conditioning_scale=self.control.weight,
            timestep=timestep.expand(count).to(latents.dtype) / TIME,
            guidance=scale if net.config.guidance_embeds else None,
            pooled_projections=given["pooled_projections"].to(net.dtype),
            encoder_hidden_states=given["encoder_hidden_states"].to(net.dtype),
            txt_ids=given["txt_ids"],
            img_ids=given["img_ids"],
            return_dict=False,
        )
        blocks, singles = len(denoiser.transformer_blocks), len(denoiser.single_transformer_blocks)
        around = net.input_hint_block is not None
        return {
            "controlnet_block_samples": _stretched(double or (), blocks, around=around),
            "controlnet_single_block_samples": _stretched(single or (), singles, around=False),
        }


NETWORKS: Mapping[str, type[Network]] = {UNET: UNetControl, SD3: SD3Control, FLUX: FluxControl}


def load_controls(
    files: Sequence[Asset], *, denoiser: Any, device: torch.device, dtype: torch.dtype
) -> tuple[Any, ...]:
    """Load ControlNets, one for each file; the same file twice is loaded once. Raises EnvironmentFault where one cannot
    be read.
    """
    loaded: dict[str, Any] = {}
    for file in files:
        if file.digest not in loaded:
            net = load_part(file, dtype, half=dtype == torch.float16)
            if net.config.get("use_pos_embed") is False:  # Stable Diffusion 3.5's own read the model's places
                net.pos_embed = net._get_pos_embed_from_transformer(denoiser).to(dtype)
            loaded[file.digest] = net.to(device).eval().requires_grad_(False)
    return tuple(loaded[file.digest] for file in files)


def _stretched(found: Sequence[Tensor], blocks: int, *, around: bool) -> list[Tensor]:
    """Return one residual for each block: each for the same number of neighbours, or, with `around`, in turn."""
    if not found:
        return []
    each = ceil(blocks / len(found))
    return [found[block % len(found) if around else block // each] for block in range(blocks)]
