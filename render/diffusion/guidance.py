"""Which rows the denoiser is asked about at each step, and how its answers become one prediction.

All rows go through the denoiser in one call: the unconditional one first (if guidance is on), then one for each part of
the prompt.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from keyframes.errors import RenderError
from keyframes.prompts import FramePrompt, PromptPart
from render.diffusion.embeddings import Embedding, stack, weighted_sum
from render.diffusion.model import Model
from render.diffusion.steps import Sampling


@dataclass(frozen=True, kw_only=True)
class Guidance:
    """The rows of one painting, and how their answers are combined.

    `texts` (N) are the rows' embeddings; the first `negatives` of them (1, or 0 without guidance) are unconditional,
    the other P are the prompt's parts. `weights` (P,) multiply each part's guidance; `shares` (P,) are the parts'
    weights made to sum to 1. `embedded_scale` is the guidance scale for denoisers that take one as input,
    `unguided_scale` its value where guidance is off. `rescale_guided` is the family's correction
    (Family.rescale_guided).
    """

    texts: Embedding
    negatives: int
    weights: Tensor
    shares: Tensor
    rescale: float
    embedded_scale: float
    unguided_scale: float
    rescale_guided: Callable[[Tensor, Tensor], Tensor]

    def unguided(self) -> Guidance:
        """Return the same without guidance: no unconditional row, and the parts of positive weight averaged."""
        if not self.negatives:
            return replace(self, embedded_scale=self.unguided_scale)
        positive = self.weights.clamp(min=0)
        total = sum(positive, positive.new_zeros(()))
        return replace(
            self,
            texts=self.texts.without(self.negatives),
            negatives=0,
            shares=positive / total if float(total) > 0 else self.shares,
            rescale=0.0,
            embedded_scale=self.unguided_scale,
        )

    def rows(self, tensor: Tensor) -> Tensor:
        """Return a tensor (1, ...) for each row: (N, ...)."""
        return torch.cat([tensor] * (self.negatives + len(self.weights)))

    def combine(self, answers: Tensor) -> Tensor:
        """Return one prediction (1, C, h, w) from the rows' answers (N, C, h, w).

        u + sum over parts of weight * cfg_scale * (c - u), as in A1111's AND (Liu et al. 2022,
        arXiv:2206.01714); without guidance, the parts' average by their shares.
        """
        parts = answers[self.negatives :, None].unbind()
        average = parts[0] if len(parts) == 1 else weighted_sum(parts, self.shares)
        if not self.negatives:
            return average
        unguided = answers[:1]
        guided = unguided
        for weight, part in zip(self.weights, parts, strict=True):
            guided = guided + weight * (part - unguided)
        guided = self.rescale_guided(guided, average)
        return self._rescaled(guided, average) if self.rescale > 0 else guided

    def _rescaled(self, guided: Tensor, average: Tensor) -> Tensor:
        """Give the guided prediction some of the unguided one's contrast: arXiv:2305.08891, section 3.4."""
        dims = list(range(1, guided.ndim))
        level = guided * (average.std(dim=dims, keepdim=True) / guided.std(dim=dims, keepdim=True))
        return self.rescale * level + (1 - self.rescale) * guided


def make_guidance(model: Model, prompt: FramePrompt, settings: Sampling, *, frame: int) -> Guidance:
    """Encode a prompt and lay out its rows.

    Guidance is on for a cfg_scale above 1, unless the denoiser takes the scale as input (LCM, Flux.1 dev). One that
    answers as if unguided for an embedded scale of 1 (`max_embedded_scale`) is guided as well where an embedded scale
    is not enough: for negative prompts, for parts whose weights do not sum to 1, and for scales beyond those it knows.
    Without guidance there is one row for each part, no negative prompt, and parts of zero or negative weight are left
    out.

    Raises RenderError if that leaves no part.
    """
    cfg_scale, clipskip = settings.cfg_scale, settings.clipskip
    limit = model.source.defaults.max_embedded_scale
    embeds = model.family.embeds_scale(model) and not (
        limit and (cfg_scale > limit or _needs_guidance(prompt))
    )
    guided = cfg_scale > 1 and not embeds
    if embeds:
        _note_negatives(model, prompt)
    parts = [part for part in prompt.parts if guided or part.weight > 0]
    if not parts:
        raise RenderError(
            f"frame {frame}: without guidance (cfg_scale {cfg_scale:g}) a prompt needs a part of positive "
            "weight. Raise cfg_scale above 1, or give one part a positive weight."
        )
    texts = [model.encoder.negative(prompt.negative, clipskip)] if guided else []
    texts += [model.encoder.mix(part.mix, clipskip) for part in parts]
    return Guidance(
        texts=stack(texts),
        negatives=int(guided),
        weights=torch.tensor([part.weight * cfg_scale for part in parts], device=model.device),
        shares=torch.tensor(_shares(parts), device=model.device),
        rescale=settings.guidance_rescale if guided else 0.0,
        embedded_scale=(max(cfg_scale, 1.0) if embeds else 1.0) if limit else cfg_scale,
        unguided_scale=1.0 if limit else cfg_scale,
        rescale_guided=model.family.rescale_guided,
    )


def _needs_guidance(prompt: FramePrompt) -> bool:
    """Tell whether a prompt asks for more than one answer to its words can give."""
    return (
        any(share.text.strip() for share in prompt.negative)
        or any(part.weight < 0 for part in prompt.parts)
        or abs(sum(part.weight for part in prompt.parts) - 1) > 1e-6
    )


def _note_negatives(model: Model, prompt: FramePrompt) -> None:
    """Notice that a model with an embedded guidance scale ignores a negative prompt."""
    texts = [share.text for share in prompt.negative if share.text.strip()]
    if texts:
        model.encoder.notice_once(
            f'{model.source.name} has its guidance built in and reads no negative prompt: "{texts[0]}" '
            "changes nothing."
        )


def _shares(parts: Sequence[PromptPart]) -> list[float]:
    """Return each part's share of the sum of weights; equal ones where the weights sum to nothing."""
    total = sum(part.weight for part in parts)
    return [part.weight / total if abs(total) > 1e-6 else 1 / len(parts) for part in parts]


def guidance_embedding(scales: Sequence[float], width: int) -> Tensor:
    """Return the embedding (N, width) of guidance scales, for models that take the scale as input.

    Sines and cosines of 1000 (scale - 1): Luo et al. 2023, arXiv:2310.04378, in the form of Kingma et al.'s VDM.
    """
    half = width // 2
    frequencies = torch.exp(
        torch.arange(half, dtype=torch.float32) * -(torch.log(torch.tensor(10000.0)) / (half - 1))
    )
    angles = (torch.tensor([scale - 1 for scale in scales]) * 1000.0)[:, None] * frequencies[None, :]
    return torch.nn.functional.pad(torch.cat([angles.sin(), angles.cos()], dim=1), (0, width % 2))
