"""CLIP guidance in the denoising loop: at each step the predicted picture moves down the gradient of the objective.

Classifier guidance (Dhariwal & Nichol 2021, arXiv:2105.05233, section 4) adds the gradient of a classifier's log
likelihood to the score. The classifier here is a picture-text model, which has never seen noise; so it is shown the
clean picture that the denoiser's answer means, as in Universal Guidance (Bansal et al. 2023, arXiv:2302.07121, section
3.2) and in Disco Diffusion. The gradient goes through the decoder and stops at the predicted latents: the denoiser is
not differentiated (Disco uses a small second network instead). This costs a decoding and its backward pass for
each step, fits every model, and needs no more memory than the decoder does.

The predicted latents x0 move by -share * g, with g the gradient, limited to a root mean square of `clamp`, and share
the noise's share in the latents, 0 to 1. For eps that is eps + signal * g, where the paper has noise * g: the same
where both are equal, and bounded where there is noise alone. As it is a term of the score, more steps do not pull more.

A loss takes pictures (B, 3, H, W), RGB in [-1, 1], and returns (B,). All but `unlike` are those of Disco Diffusion 5.7
(and of Crowson's notebooks before it), so that its scales mean the same here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.functional import avg_pool2d, pad

from keyframes.errors import RenderError
from keyframes.prompts import FramePrompt
from render.diffusion.clipguidance.clip_model import ClipModel
from render.diffusion.clipguidance.cutouts import Cuts, cut_out, draw_windows
from render.diffusion.job import ClipGuidance
from render.diffusion.latents import in_float32
from render.diffusion.model import Model
from render.diffusion.prediction import StepPrediction
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

    def gradient(self, picture: Tensor, *, level: float, step: int) -> Tensor:
        """Return the loss's gradient in the picture, (1, 3, H, W): loss by loss, so that memory holds one at a time."""
        leaf = picture.detach().requires_grad_()
        total = torch.zeros_like(leaf)
        for loss in self.losses(leaf, level=level, step=step):
            total = total + torch.autograd.grad(loss.sum(), leaf)[0]
        return total

    def losses(self, picture: Tensor, *, level: float, step: int) -> Iterator[Tensor]:
        """Yield the losses (1,) that have a weight, weighted, of a picture (1, 3, H, W), RGB in [-1, 1]."""
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
        model, size, settings = self.models[index], (picture.shape[-1], picture.shape[-2]), self.settings
        cuts = Cuts(
            overview=int(settings.overview.at(level)),
            inner=int(settings.inner.at(level)),
            power=settings.power.at(level),
            gray=settings.gray.at(level),
            augmented=settings.augmented,
        )
        if cuts.overview + cuts.inner == 0:
            return None
        source = generator(self.seed, self.frame, f"cuts/{step}/{batch}/{index}")
        windows = draw_windows(source, size, model.side, cuts)
        seen = model.look(cut_out(picture[0], windows, model.side))
        texts, weights = self._target(index)
        each = spherical(seen[:, None], texts[None].to(seen)) @ weights.to(seen)
        return each.mean()[None].to(picture.dtype)

    def _target(self, index: int) -> tuple[Tensor, Tensor]:
        """Return the unit vectors (P, D) of the prompt's parts, and their weights (P,), which sum to 1 or -1 (as in
        Disco Diffusion)."""
        parts = self.prompt.parts
        weights = torch.tensor([part.weight for part in parts])
        total = float(weights.sum().abs())
        weights = weights / (total if total >= _NONE else float(weights.abs().sum()) or 1.0)
        return torch.stack([self.models[index].read(part.mix) for part in parts]), weights


class ClipGuide:
    """A StepHook (render.diffusion.sampling) that guides the painting of one frame of `size` (width, height)."""

    def __init__(
        self, model: Model, objective: FrameObjective, size: tuple[int, int], *, tiny: Any = None
    ) -> None:
        """tiny: an AutoencoderTiny that decodes in place of the model's VAE."""
        self._model, self._objective, self._size, self._tiny = model, objective, size, tiny

    def __call__(
        self, answer: Tensor, latents: Tensor, prediction: StepPrediction, index: int, count: int
    ) -> Tensor:
        """The answer that means the pulled picture. Raises RenderError, naming the frame, for a gradient that is not
        finite."""
        if not self._objective.settings.works(index, count):
            return answer
        with _with_gradients():
            clean = prediction.clean(latents, answer).clone()
            pull = self._gradient(clean, prediction.level, index)
            return prediction.moved(answer, clamped(pull, self._objective.settings.clamp) * -prediction.share)

    def _gradient(self, clean: Tensor, level: float, step: int) -> Tensor:
        """Return the objective's gradient in the clean latents (1, C, h, w), float32."""
        found = self._pulled(clean, level, step)
        shown = self._model.vae if self._tiny is None else self._tiny
        if not bool(torch.isfinite(found).all()) and shown.dtype != torch.float32:
            with in_float32(shown):
                found = self._pulled(clean, level, step)
        if not bool(torch.isfinite(found).all()):
            raise RenderError(
                f"frame {self._objective.frame}: the gradient of clip_guidance is not finite. "
                "Lower its scales, or leave it out."
            )
        return found

    def _pulled(self, clean: Tensor, level: float, step: int) -> Tensor:
        width, height = self._size
        given = clean.requires_grad_()
        # the CPU's convolutions, there and back, are a fifth faster on this order of memory
        shown = self._decoded(given.contiguous(memory_format=torch.channels_last))
        pull = self._objective.gradient(shown[..., :height, :width].to(clean.dtype), level=level, step=step)
        strength = pull.square().mean().sqrt()
        if not bool(strength > 0):  # nothing pulls, or not a number
            return torch.zeros_like(clean) if bool(strength == 0) else torch.full_like(clean, torch.nan)
        # at deviation 1 it does not vanish in half precision when it goes back through the decoder
        back = torch.zeros_like(shown)
        back[..., :height, :width] = (pull / strength).to(shown.dtype)
        return torch.autograd.grad(shown, given, back)[0].to(clean.dtype) * strength

    def _decoded(self, latents: Tensor) -> Tensor:
        """Pictures (1, 3, H, W), RGB about in [-1, 1], with what is cropped off later."""
        if self._tiny is None:
            return self._model.family.decode(self._model, latents)
        picture: Tensor = self._tiny.decode(latents.to(self._tiny.dtype), return_dict=False)[0]
        return picture


def clamped(gradient: Tensor, most: float) -> Tensor:
    """Return gradients (1, ...), each shortened to a root mean square of at most `most`."""
    dims = tuple(range(1, gradient.ndim))
    size = gradient.square().mean(dims, keepdim=True).sqrt()
    return gradient * (most / size.clamp(min=most))


@contextmanager
def _with_gradients() -> Iterator[None]:
    """Allow gradients within the loop's inference mode, and the same ones on every run on a GPU too."""
    cudnn = torch.backends.cudnn
    flags = cudnn.flags(
        enabled=cudnn.enabled, benchmark=False, deterministic=True, allow_tf32=cudnn.allow_tf32
    )
    # other kernels of attention sum gradients in any order
    with torch.inference_mode(False), torch.enable_grad(), sdpa_kernel(SDPBackend.MATH), flags:
        yield


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
