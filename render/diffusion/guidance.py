"""Which rows the denoiser is asked about at each step, and how its answers become one prediction per chain.

All chains and all parts of their prompts go through the denoiser in one call of N rows:
the unconditional row of each chain first (if guidance is on), then each chain's parts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from keyframes.errors import RenderError
from keyframes.prompts import FramePrompt, PromptPart
from render.diffusion.embeddings import Embedding, stack
from render.diffusion.parts import Model
from render.diffusion.steps import Sampling


@dataclass(frozen=True, kw_only=True)
class Rank:
    """The k-th parts of those chains that have so many: no chain twice, so that adding them up has one order.

    `rows`: where they stand among the N rows; `chains` (n,) whose they are; `weights` (n, 1, 1, 1) what each
    part's guidance is multiplied by; `shares` (n, 1, 1, 1) the parts' weights made to sum to 1 in each chain.
    """

    rows: slice
    chains: Tensor
    weights: Tensor
    shares: Tensor


@dataclass(frozen=True, kw_only=True)
class Guidance:
    """The rows of one painting: `texts` (N), `owners` (N,) the chain of each row, the unconditional rows'
    number `negatives` (B, or 0 when guidance is off), the parts by rank, and what the family makes of a guided
    prediction and the unguided one (`settle`). `told`: the scale that a denoiser hears that is told one, and
    `told_off` what it hears where guidance is off."""

    texts: Embedding
    owners: Tensor
    negatives: int
    ranks: tuple[Rank, ...]
    rescale: float
    told: float
    told_off: float
    settle: Callable[[Tensor, Tensor], Tensor] | None = None

    def unguided(self) -> Guidance:
        """Return the same without guidance: the unconditional rows are not asked, the parts of positive weight are
        averaged.
        """
        if not self.negatives:
            return replace(self, told=self.told_off)
        skipped = self.negatives
        totals = torch.zeros(skipped, 1, 1, 1, device=self.owners.device)
        for rank in self.ranks:
            totals = totals.index_add(0, rank.chains, rank.weights.clamp(min=0))
        ranks = tuple(
            replace(
                rank,
                rows=slice(rank.rows.start - skipped, rank.rows.stop - skipped),
                shares=torch.where(
                    totals[rank.chains] > 0, rank.weights.clamp(min=0) / totals[rank.chains], rank.shares
                ),
            )
            for rank in self.ranks
        )
        return Guidance(
            texts=self.texts.without(skipped),
            owners=self.owners[skipped:],
            negatives=0,
            ranks=ranks,
            rescale=0.0,
            told=self.told_off,
            told_off=self.told_off,
        )

    def spread(self, latents: Tensor) -> Tensor:
        """Return each row's latents (N, C, h, w) from the chains' (B, C, h, w)."""
        return latents[self.owners]

    def combine(self, answers: Tensor) -> Tensor:
        """Return one prediction for each chain (B, C, h, w) from the rows' answers (N, C, h, w).

        u + sum over parts of weight * cfg_scale * (c - u), as in A1111's AND (Liu et al. 2022,
        arXiv:2206.01714); without guidance, the parts' average by their shares.
        """
        if not self.negatives:
            return self._average(answers)
        unguided = answers[: self.negatives]
        guided = unguided
        for rank in self.ranks:
            pull = rank.weights * (answers[rank.rows] - unguided[rank.chains])
            guided = guided.index_add(0, rank.chains, pull)
        if self.settle is not None:
            guided = self.settle(guided, self._average(answers))
        return self._rescaled(guided, self._average(answers)) if self.rescale > 0 else guided

    def _average(self, answers: Tensor) -> Tensor:
        """Return each chain's average of its parts."""
        first, *others = self.ranks
        if not others:
            return answers[first.rows]
        total = answers[first.rows] * first.shares
        for rank in others:
            total = total.index_add(0, rank.chains, answers[rank.rows] * rank.shares)
        return total

    def _rescaled(self, guided: Tensor, average: Tensor) -> Tensor:
        """Give the guided prediction some of the unguided one's contrast: arXiv:2305.08891, section 3.4."""
        dims = list(range(1, guided.ndim))
        level = guided * (average.std(dim=dims, keepdim=True) / guided.std(dim=dims, keepdim=True))
        return self.rescale * level + (1 - self.rescale) * guided


def make_guidance(
    model: Model, prompts: Sequence[FramePrompt], settings: Sampling, *, frame: int
) -> Guidance:
    """Encode the chains' prompts and lay out the rows.

    Guidance is on for a cfg_scale above 1, unless the denoiser is told the scale (LCM, Flux.1 dev). One that answers
    as if unguided when it is told 1 (`told_up_to`) is asked twice where that says more: for negative prompts, for parts
    whose weights do not sum to 1, and for scales beyond those it knows.
    Off, there is one evaluation per part, no negative prompt, and parts of zero or negative weight are left
    out, as there is nothing to push away from. Raises RenderError if that leaves a chain without any part.
    """
    encoder, cfg_scale = model.encoder, settings.cfg_scale
    encoder.clipskip = settings.clipskip
    limit = model.source.defaults.told_up_to
    told = model.family.told_scale(model) and not (limit and (cfg_scale > limit or _says_more(prompts)))
    guided = cfg_scale > 1 and not told
    if told:
        _tell_of_negatives(model, prompts)
    kept = [[part for part in prompt.parts if guided or part.weight > 0] for prompt in prompts]
    if not all(kept):
        raise RenderError(
            f"frame {frame}: without guidance (cfg_scale {cfg_scale:g}) a prompt needs a part of positive "
            "weight. Raise cfg_scale above 1, or give one part a positive weight."
        )
    texts = [encoder.negative(prompt.negative) for prompt in prompts] if guided else []
    owners = list(range(len(texts)))
    negatives, ranks = len(texts), []
    for index in range(max(map(len, kept))):
        chains = [chain for chain, parts in enumerate(kept) if len(parts) > index]
        texts += [encoder.mix(kept[chain][index].mix) for chain in chains]
        ranks.append(_rank(kept, chains, index, start=len(owners), cfg_scale=cfg_scale, device=model.device))
        owners += chains
    return Guidance(
        texts=stack(texts),
        owners=torch.tensor(owners, device=model.device),
        negatives=negatives,
        ranks=tuple(ranks),
        rescale=settings.guidance_rescale if guided else 0.0,
        told=(max(cfg_scale, 1.0) if told else 1.0) if limit else cfg_scale,
        told_off=1.0 if limit else cfg_scale,
        settle=model.family.settle,
    )


def _says_more(prompts: Sequence[FramePrompt]) -> bool:
    """Whether some prompt asks for what one answer to its words cannot give."""
    return any(
        any(share.text.strip() for share in prompt.negative)
        or any(part.weight < 0 for part in prompt.parts)
        or abs(sum(part.weight for part in prompt.parts) - 1) > 1e-6
        for prompt in prompts
    )


def _tell_of_negatives(model: Model, prompts: Sequence[FramePrompt]) -> None:
    """Say that a model which is told its guidance scale reads no negative prompt."""
    texts = [share.text for prompt in prompts for share in prompt.negative if share.text.strip()]
    if texts:
        model.encoder.tell(
            f'{model.source.name} has its guidance built in and reads no negative prompt: "{texts[0]}" '
            "changes nothing."
        )


def _rank(
    kept: Sequence[Sequence[PromptPart]],
    chains: Sequence[int],
    index: int,
    *,
    start: int,
    cfg_scale: float,
    device: torch.device,
) -> Rank:
    """Lay out the `index`-th part of each of the chains, in the rows from `start` on."""
    weights = [kept[chain][index].weight * cfg_scale for chain in chains]
    shares = [_share(kept[chain], index) for chain in chains]
    return Rank(
        rows=slice(start, start + len(chains)),
        chains=torch.tensor(chains, device=device),
        weights=torch.tensor(weights, device=device).view(-1, 1, 1, 1),
        shares=torch.tensor(shares, device=device).view(-1, 1, 1, 1),
    )


def _share(parts: Sequence[PromptPart], index: int) -> float:
    """Return a part's share among the parts of its chain; equal ones where the weights sum to nothing."""
    total = sum(part.weight for part in parts)
    return parts[index].weight / total if abs(total) > 1e-6 else 1 / len(parts)


def guidance_embedding(scales: Sequence[float], width: int) -> Tensor:
    """Return the embedding (N, width) of guidance scales, for models which are told the scale instead of
    being guided.

    Sines and cosines of 1000 (scale - 1): Luo et al. 2023, arXiv:2310.04378, in the form of Kingma et al.'s
    VDM.
    """
    half = width // 2
    frequencies = torch.exp(
        torch.arange(half, dtype=torch.float32) * -(torch.log(torch.tensor(10000.0)) / (half - 1))
    )
    angles = (torch.tensor([scale - 1 for scale in scales]) * 1000.0)[:, None] * frequencies[None, :]
    return torch.nn.functional.pad(torch.cat([angles.sin(), angles.cos()], dim=1), (0, width % 2))
