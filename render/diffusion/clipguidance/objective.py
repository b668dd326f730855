"""How far the picture of one frame is from what it should be like, as a number with a gradient.

A loss takes pictures (B, 3, H, W), RGB in [-1, 1], and returns (B,). All but `unlike` are those of Disco Diffusion 5.7
(and of Crowson's notebooks before it), so that its scales mean the same here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, pad

from keyframes.prompts import FramePrompt
from render.diffusion.clipguidance.clip_model import ClipModel
from render.diffusion.clipguidance.cutouts import Cuts, cut_out, draw_windows
from render.diffusion.job import ClipGuidance
from render.randomness import generator

_FINEST, _COARSEST = 1, 16  # sides in pixels of what the pyramid compares
_FARTHEST = 1 - 1e-6  # opposite directions have no gradient
_NONE = 1e-3  # weights that cancel out to less than this are compared with their own size instead


@dataclass(frozen=True, kw_only=True)
class FrameObjective:
    """The losses of one frame: its `prompt`, as each of the CLIP `models` reads it, and the `picture` (1, 3, H, W) in
    [0, 1] that it is painted over, if any. Cut-outs are a function of seed, frame and step."""

    settings: ClipGuidance
    models: Sequence[ClipModel]
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


def spherical(pictures: Tensor, texts: Tensor) -> Tensor:
    """Half the squared angle between unit vectors (..., D): 0 for the same, pi^2 / 2 for opposite ones.

    2 asin(|u - v| / 2)^2, as the chord between them is 2 sin(angle / 2).
    """
    half = (pictures - texts).norm(dim=-1) / 2
    return 2 * torch.asin(half.clamp(max=_FARTHEST)).square()


def total_variation(pictures: Tensor) -> Tensor:
    """Mean squared difference of neighbours, across and down (the L2 form, as in Mahendran & Vedaldi 2015,
    arXiv:1412.0035)."""
    wider = pad(pictures, (0, 1, 0, 1), mode="replicate")
    across = wider[..., :-1, 1:] - wider[..., :-1, :-1]
    down = wider[..., 1:, :-1] - wider[..., :-1, :-1]
    return (across.square() + down.square()).mean((1, 2, 3))


def out_of_range(pictures: Tensor) -> Tensor:
    """Mean square of what is beyond [-1, 1]."""
    return (pictures - pictures.clamp(-1, 1)).square().mean((1, 2, 3))


def saturation(pictures: Tensor) -> Tensor:
    """Mean of what is beyond [-1, 1]."""
    return (pictures - pictures.clamp(-1, 1)).abs().mean((1, 2, 3))


def unlike(pictures: Tensor, others: Tensor) -> Tensor:
    """Mean squared difference, as means of squares of 1, 2, 4, 8 and 16 pixels, averaged: coarse differences count
    at each size, fine ones once. It stands where Disco Diffusion has LPIPS, a network of its own.
    """
    difference, side = pictures - others, _FINEST
    sizes = []
    while side <= min(_COARSEST, *pictures.shape[-2:]):
        sizes.append(avg_pool2d(difference, side).square().mean((1, 2, 3)))
        side *= 2
    return torch.stack(sizes).mean(0)
