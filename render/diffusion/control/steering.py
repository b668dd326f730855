"""The ControlNets of one painting: at each step they add to what the denoiser computes.

Several add up. When each acts, and how its answers are weighted, is as in the diffusers pipelines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from render.diffusion.control.ways import WAYS, Question, Residuals
from render.diffusion.guidance import Guidance
from render.diffusion.parts import Model

Mode = Literal["balanced", "prompt", "control"]


@dataclass(frozen=True, kw_only=True)
class Control:
    """One ControlNet in one painting.

    `number` is its place among the model's. `picture` (1, 3, H, W) RGB in [0, 1] is its input. It acts with `weight` in
    those steps that lie between the shares `start` and `end` of all. `mode`: "prompt" lets its outer layers speak more
    softly, "control" does that too, and speaks to the prompts alone, not to the negative prompt, which guidance then
    makes stronger; both are for UNets.
    """

    number: int
    picture: Tensor
    weight: float = 1.0
    start: float = 0.0
    end: float = 1.0
    mode: Mode = "balanced"

    def acts(self, index: int, count: int) -> bool:
        """Tell whether it acts in step `index` of `count`."""
        outside = index / count < self.start or (index + 1) / count > self.end
        return self.weight != 0 and not outside


class Steering:
    """What the controls of one painting say, step by step."""

    def __init__(self, model: Model, controls: Sequence[Control], *, cfg_scale: float) -> None:
        self._model, self._cfg_scale = model, cfg_scale
        self._controls = [control for control in controls if control.weight != 0]
        if self._controls:
            self._way = WAYS[model.family.row.control]
        self._hints = [
            self._way.hint(model, model.controls[control.number], control.picture)
            for control in self._controls
        ]

    def at(
        self,
        index: int,
        count: int,
        *,
        latents: Tensor,
        moment: Tensor,
        conditions: Mapping[str, Any],
        guidance: Guidance,
    ) -> Mapping[str, Any]:
        """Return the denoiser's arguments in step `index` of `count`, none where no ControlNet acts.

        `latents` (N, C, h, w) and `conditions` are what the denoiser is asked; `guidance` says whose the rows are.
        """
        total: Residuals | None = None
        for control, hint in zip(self._controls, self._hints, strict=True):
            if not control.acts(index, count):
                continue
            net = self._model.controls[control.number]
            spared = 0
            if control.mode == "control" or net.config.get("global_pool_conditions"):
                spared = guidance.negatives
            question = Question(
                model=self._model,
                latents=latents[spared:].to(net.dtype),
                moment=moment,
                conditions=conditions,
                rows=slice(spared, None),
                hint=guidance.rows(hint, skipped=spared),
                weight=control.weight,
                soft=control.mode != "balanced",
                cfg_scale=self._cfg_scale,
            )
            found = [[_silent_before(one, spared) for one in group] for group in self._way.ask(net, question)]
            total = found if total is None else _added(total, found)
        if total is None:
            return {}
        dtype = self._model.dtype
        return self._way.told([[one.to(dtype) for one in group] for group in total])


def _silent_before(residual: Tensor, rows: int) -> Tensor:
    """Return residuals of all rows: zeros for the first ones, which were not asked."""
    if rows == 0:
        return residual
    return torch.cat([torch.zeros_like(residual[:1]).expand(rows, *residual.shape[1:]), residual])


def _added(before: Residuals, more: Residuals) -> Residuals:
    return [
        [one + other for one, other in zip(group, others, strict=True)]
        for group, others in zip(before, more, strict=True)
    ]
