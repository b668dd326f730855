"""What the pictures of one frame should be like, as numbers with a gradient."""

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
class Aim:
    """What B chains aim at: their `prompts`, as each of `readers` reads them, and the `pictures` they are painted over,
    (B, 3, H, W) in [0, 1], if any. Cut-outs are a function of seed, frame and step."""

    settings: ClipGuidance
    readers: Sequence[PictureText]
    prompts: Sequence[FramePrompt]
    seeds: Sequence[int]
    frame: int
    pictures: Tensor | None = None
    _targets: dict[tuple[int, int], tuple[Tensor, Tensor]] = field(default_factory=dict)

    def loss(self, pictures: Tensor, *, level: float, step: int) -> Tensor:
        """How far pictures (B, 3, H, W), RGB in [-1, 1], are from what is aimed at: (B,), all pulls together."""
        return sum(self._pulls(pictures, level, step), pictures.new_zeros(len(pictures)))

    def gradient(self, pictures: Tensor, *, level: float, step: int) -> Tensor:
        """The gradient of the loss in the pictures, (B, 3, H, W): pull by pull, so that memory holds one at a time."""
        given = pictures.detach().requires_grad_()
        total = torch.zeros_like(given)
        for pull in self._pulls(given, level, step):
            total = total + torch.autograd.grad(pull.sum(), given)[0]
        return total

    def _pulls(self, pictures: Tensor, level: float, step: int) -> Iterator[Tensor]:
        """The losses (B,) of what is in use, weighted, one after the other."""
        given = self.settings
        if given.scale:
            for batch in range(given.batches):
                for index in range(len(self.readers)):
                    far = self._far(pictures, level, step, batch, index)
                    if far is not None:
                        yield far * (given.scale / given.batches)
        if given.tv:
            yield total_variation(pictures) * given.tv
        if given.range:
            yield out_of_range(pictures) * given.range
        if given.saturation:
            yield saturation(pictures) * given.saturation
        if given.init and self.pictures is not None:
            yield unlike(pictures, self.pictures.to(pictures) * 2 - 1) * given.init

    def _far(self, pictures: Tensor, level: float, step: int, batch: int, index: int) -> Tensor | None:
        """How far cut-outs of each picture are from its prompt, as a reader sees it, (B,); None if there are none."""
        reader, size = self.readers[index], (pictures.shape[-1], pictures.shape[-2])
        cuts = self._cuts(level)
        if cuts.overview + cuts.inner == 0:
            return None
        seen = []
        for chain, seed in enumerate(self.seeds):
            source = generator(seed, self.frame, f"cuts/{step}/{batch}/{index}")
            windows = draw_windows(source, size, reader.side, cuts)
            seen.append(cut_out(pictures[chain], windows, reader.side))
        looks = reader.look(torch.cat(seen)).view(len(pictures), cuts.overview + cuts.inner, -1)
        far = []
        for chain, look in enumerate(looks):
            texts, weights = self._target(chain, index)
            each = spherical(look[:, None], texts[None].to(look)) @ weights.to(look)
            far.append(each.mean())
        return torch.stack(far).to(pictures.dtype)

    def _cuts(self, level: float) -> Cuts:
        given = self.settings
        return Cuts(
            overview=int(given.overview.at(level)),
            inner=int(given.inner.at(level)),
            power=given.power.at(level),
            gray=given.gray.at(level),
            augmented=given.augmented,
        )

    def _target(self, chain: int, index: int) -> tuple[Tensor, Tensor]:
        """The unit vectors (P, D) of a chain's parts and their weights (P,), which sum to 1 or -1, as in Disco."""
        if (chain, index) not in self._targets:
            parts = self.prompts[chain].parts
            weights = torch.tensor([part.weight for part in parts])
            total = float(weights.sum().abs())
            weights = weights / (total if total >= _NONE else float(weights.abs().sum()) or 1.0)
            texts = torch.stack([self.readers[index].read(part.mix) for part in parts])
            self._targets[chain, index] = texts, weights
        return self._targets[chain, index]
