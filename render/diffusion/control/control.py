"""The ControlNets of one painting: at each step they add to what the denoiser computes.

The residuals of several are summed. When each acts, and how its residuals are weighted, is as in the diffusers
pipelines.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import torch
from torch import Tensor

from render.assets.files import weights_variant
from render.assets.find import Asset
from render.assets.loading import loading
from render.diffusion.canvas import Control
from render.diffusion.control.residuals import NETWORKS, ControlInput, Residuals
from render.diffusion.guidance import Guidance
from render.diffusion.model import Model


class ActiveControls:
    """The controls of one painting that have a weight, step by step."""

    def __init__(self, model: Model, controls: Sequence[Control], *, cfg_scale: float) -> None:
        self._model, self._cfg_scale = model, cfg_scale
        self._controls = [control for control in controls if control.weight != 0]
        if self._controls:
            self._network = NETWORKS[model.family.row.control]
        self._hints = [
            self._network.hint(model, model.controls[control.number], control.picture)
            for control in self._controls
        ]

    def at(
        self,
        index: int,
        count: int,
        *,
        latents: Tensor,
        timestep: Tensor,
        conditions: Mapping[str, Any],
        guidance: Guidance,
    ) -> Mapping[str, Any]:
        """Return the denoiser's arguments in step `index` of `count`, none where no ControlNet acts.

        `latents` (N, C, h, w) and `conditions` are the denoiser's input; `guidance` describes the rows.
        """
        total: Residuals | None = None
        for control, hint in zip(self._controls, self._hints, strict=True):
            if not control.acts(index, count):
                continue
            net = self._model.controls[control.number]
            skipped = 0
            if control.mode == "control" or net.config.get("global_pool_conditions"):
                skipped = guidance.negatives
            question = ControlInput(
                model=self._model,
                latents=latents[skipped:].to(net.dtype),
                timestep=timestep,
                conditions=conditions,
                rows=slice(skipped, None),
                hint=guidance.rows(hint, skipped=skipped),
                weight=control.weight,
                soft=control.mode != "balanced",
                cfg_scale=self._cfg_scale,
            )
            residuals = [
                [_zeros_before(one, skipped) for one in group] for group in self._network.run(net, question)
            ]
            total = residuals if total is None else _added(total, residuals)
        if total is None:
            return {}
        dtype = self._model.dtype
        return self._network.arguments([[one.to(dtype) for one in group] for group in total])


def _zeros_before(residual: Tensor, rows: int) -> Tensor:
    """Return residuals of all rows: zeros for the first ones, which the ControlNet did not see."""
    if rows == 0:
        return residual
    return torch.cat([torch.zeros_like(residual[:1]).expand(rows, *residual.shape[1:]), residual])


def _added(before: Residuals, more: Residuals) -> Residuals:
    return [
        [one + other for one, other in zip(group, others, strict=True)]
        for group, others in zip(before, more, strict=True)
    ]


def load_controls(
    files: Sequence[Asset], *, denoiser: Any, device: torch.device, dtype: torch.dtype
) -> tuple[Any, ...]:
    """Load ControlNets on a device, one for each file; the same file twice is loaded once.

    Raises EnvironmentFault where the files cannot be read.
    """
    loaded: dict[str, Any] = {}
    for file in files:
        if file.digest not in loaded:
            net = _read(file, dtype)
            if net.config.get("use_pos_embed") is False:  # Stable Diffusion 3.5's own read the model's places
                net.pos_embed = net._get_pos_embed_from_transformer(denoiser).to(dtype)
            loaded[file.digest] = net.to(device).eval().requires_grad_(False)
    return tuple(loaded[file.digest] for file in files)


def _read(file: Asset, dtype: torch.dtype) -> Any:
    with loading(str(file)), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the age of config files, which nobody here can change
        return getattr(import_module("diffusers"), file.class_name).from_pretrained(
            str(file.path),
            dtype=dtype,
            variant=weights_variant(file.path, half=dtype == torch.float16),
            use_safetensors=True,
            local_files_only=True,
        )
