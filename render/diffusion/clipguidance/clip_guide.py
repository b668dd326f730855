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
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from keyframes.errors import RenderError
from render.diffusion.clipguidance.objective import FrameObjective
from render.diffusion.latents import in_float32
from render.diffusion.model import Model
from render.diffusion.prediction import StepPrediction

Decoder = Callable[[Tensor], Tensor]


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
    with ExitStack() as stack:
        stack.enter_context(torch.inference_mode(False))
        stack.enter_context(torch.enable_grad())
        stack.enter_context(sdpa_kernel(SDPBackend.MATH))  # other kernels sum gradients in any order
        cudnn = torch.backends.cudnn
        stack.enter_context(
            cudnn.flags(
                enabled=cudnn.enabled, benchmark=False, deterministic=True, allow_tf32=cudnn.allow_tf32
            )
        )
        yield
