"""How far the picture of one frame is from what it should be like, as a number with a gradient."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from keyframes.prompts import FramePrompt
from render.coherence.randomness import generator
from render.diffusion.clipguidance.cutouts import Cuts, cut_out, draw_windows
from render.diffusion.clipguidance.losses import (
    out_of_range,
    saturation,
    spherical,
    total_variation,
    unlike,
)
from render.diffusion.clipguidance.reader import PictureText
from render.diffusion.clipguidance.settings import ClipGuidance

_NONE = 1e-3  # weights that cancel out to less than this are compared with their own size instead


@dataclass(frozen=True, kw_only=True)
class FrameObjective:
    """The losses of one frame: its `prompt`, as each of the CLIP `models` reads it, and the `picture` (1, 3, H, W) in
    [0, 1] that it is painted over, if any. Cut-outs are a function of seed, frame and step."""

    settings: ClipGuidance
    models: Sequence[PictureText]
    prompt: FramePrompt
    seed: int
    frame: int
    picture: Tensor | None = None
    _targets: dict[int, tuple[Tensor, Tensor]] = field(default_factory=dict)

    def loss(self, picture: Tensor, *, level: float, step: int) -> Tensor:
        """Return the sum of all losses, (1,), of a picture (1, 3, H, W), RGB in [-1, 1]."""
        return sum(self._losses(picture, level, step), picture.new_zeros(1))

    def gradient(self, picture: Tensor, *, level: float, step: int) -> Tensor:
        """Return the loss's gradient in the picture, (1, 3, H, W): loss by loss, so that memory holds one at a time."""
        leaf = picture.detach().requires_grad_()
        total = torch.zeros_like(leaf)
        for loss in self._losses(leaf, level, step):
            total = total + torch.autograd.grad(loss.sum(), leaf)[0]
        return total

    def _losses(self, picture: Tensor, level: float, step: int) -> Iterator[Tensor]:
        """Yield the losses (1,) that have a weight, weighted."""
        settings = self.settings
        if settings.scale:
            for batch in range(settings.batches):
                for index in range(len(self.models)):
                    far = self._distance(picture, level, step, batch, index)
                    if far is not None:
                        yield far * (settings.scale / settings.batches)
        if settings.tv:
            yield total_variation(picture) * settings.tv
        if settings.range:
            yield out_of_range(picture) * settings.range
        if settings.saturation:
            yield saturation(picture) * settings.saturation
        if settings.init and self.picture is not None:
            yield unlike(picture, self.picture.to(picture) * 2 - 1) * settings.init

    def _distance(self, picture: Tensor, level: float, step: int, batch: int, index: int) -> Tensor | None:
        """Return how far cut-outs are from the prompt, as a CLIP model sees it, (1,); None if there are none."""
        model, size = self.models[index], (picture.shape[-1], picture.shape[-2])
        cuts = self._cuts(level)
        if cuts.overview + cuts.inner == 0:
            return None
        source = generator(self.seed, self.frame, f"cuts/{step}/{batch}/{index}")
        windows = draw_windows(source, size, model.side, cuts)
        seen = model.look(cut_out(picture[0], windows, model.side))
        texts, weights = self._target(index)
        each = spherical(seen[:, None], texts[None].to(seen)) @ weights.to(seen)
        return each.mean()[None].to(picture.dtype)

    def _cuts(self, level: float) -> Cuts:
        settings = self.settings
        return Cuts(
            overview=int(settings.overview.at(level)),
            inner=int(settings.inner.at(level)),
            power=settings.power.at(level),
            gray=settings.gray.at(level),
            augmented=settings.augmented,
        )

    def _target(self, index: int) -> tuple[Tensor, Tensor]:
        """Return the unit vectors (P, D) of the prompt's parts, and their weights (P,), which sum to 1 or -1 (as in
        Disco Diffusion)."""
        if index not in self._targets:
            parts = self.prompt.parts
            weights = torch.tensor([part.weight for part in parts])
            total = float(weights.sum().abs())
            weights = weights / (total if total >= _NONE else float(weights.abs().sum()) or 1.0)
            texts = torch.stack([self.models[index].read(part.mix) for part in parts])
            self._targets[index] = texts, weights
        return self._targets[index]
