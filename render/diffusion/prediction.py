"""The clean picture that a denoiser's answer predicts at one step, for any sampler and any kind of prediction.

Latents at a step are signal * picture + noise * normal noise. The denoiser answers with the noise (eps), with a mix
(v = signal * noise - noise * picture for signal^2 + noise^2 = 1: Salimans & Ho 2022, arXiv:2202.00512), with the
picture itself, or, in flow matching, with noise - picture. In all of them the predicted picture is

    picture = keep * latents + take * answer

so moving the picture by d means moving the answer for the sampler by d / take.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from keyframes.errors import RenderError

# latents that are not scaled down as noise is added: signal stays 1
_GROWING = ("Euler", "Heun", "KDPM2", "LMS", "EDM")


@dataclass(frozen=True, kw_only=True)
class StepPrediction:
    """What latents at one step are made of, and how to read an answer.

    `level` is 1 for noise alone and 0 for no noise, by the model's own time.
    """

    signal: float
    noise: float
    keep: float
    take: float
    level: float

    @property
    def share(self) -> float:
        """Share of noise, 0 to 1, in latents brought to deviation 1."""
        return self.noise / math.hypot(self.signal, self.noise)

    def clean(self, latents: Tensor, answer: Tensor) -> Tensor:
        """Return the latents of the clean picture that an answer predicts."""
        return self.keep * latents + self.take * answer

    def moved(self, answer: Tensor, by: Tensor) -> Tensor:
        """Return the answer that predicts the same picture moved by `by`."""
        return answer if self.take == 0 else answer + by / self.take


def prediction_at(scheduler: Any, timestep: Tensor) -> StepPrediction:
    """Return what a diffusers scheduler's latents are at the timestep of its next step.

    Raises RenderError for a scheduler that does not say how much noise there is.
    """
    name, config = type(scheduler).__name__, scheduler.config
    level = min(max((float(timestep) + 1) / float(config.get("num_train_timesteps", 1000)), 0.0), 1.0)
    if name == "SCMScheduler":
        return angle_prediction(float(timestep))
    if hasattr(scheduler, "sigmas") and not name.startswith(("LCM", "TCD", "DDIM", "DDPM", "PNDM")):
        sigma = _sigma(scheduler, timestep)
        if name.startswith("FlowMatch") or config.get("use_flow_sigmas"):
            return StepPrediction(signal=1 - sigma, noise=sigma, keep=1.0, take=-sigma, level=level)
        if name.startswith("EDM"):
            return _preconditioned(sigma, float(config.sigma_data), config.prediction_type)
        scale = 1.0 if name.startswith(_GROWING) else 1 / math.hypot(1.0, sigma)
        return _diffusion(scale, sigma * scale, config.prediction_type, level)
    if hasattr(scheduler, "alphas_cumprod"):
        kept = float(scheduler.alphas_cumprod[round(float(timestep))])
        return _diffusion(math.sqrt(kept), math.sqrt(1 - kept), config.prediction_type, level)
    raise RenderError(f"{name} does not say how much noise there is. clip_guidance needs another sampler.")


def angle_prediction(angle: float) -> StepPrediction:
    """Return the prediction of TrigFlow (Lu & Song 2024, arXiv:2410.11081): latents are cos * picture + sin * noise."""
    signal, noise = math.cos(angle), math.sin(angle)
    return StepPrediction(
        signal=signal, noise=noise, keep=signal, take=-noise, level=min(angle / (math.pi / 2), 1.0)
    )


def _diffusion(signal: float, noise: float, kind: str, level: float) -> StepPrediction:
    if kind == "sample":
        keep, take = 0.0, 1.0
    elif kind == "v_prediction":
        length = math.hypot(signal, noise)
        keep, take = signal / length**2, -noise / length
    else:
        keep, take = 1 / signal, -noise / signal
    return StepPrediction(signal=signal, noise=noise, keep=keep, take=take, level=level)


def _preconditioned(sigma: float, data: float, kind: str) -> StepPrediction:
    """Karras et al. 2022, arXiv:2206.00364, table 1: c_skip and c_out. Its time is a logarithm: level is an angle."""
    length = math.hypot(sigma, data)
    keep, take = (data / length) ** 2, sigma * data / length
    return StepPrediction(
        signal=1.0,
        noise=sigma,
        keep=keep,
        take=-take if kind == "v_prediction" else take,
        level=math.atan(sigma) / (math.pi / 2),
    )


def _sigma(scheduler: Any, timestep: Tensor) -> float:
    """Return the noise of the latents at the scheduler's next step; solvers of two calls a step have one in between."""
    index = scheduler.step_index
    if index is None:
        index = scheduler.begin_index
    if index is None:
        index = scheduler.index_for_timestep(timestep)
    between = getattr(scheduler, "sigmas_interpol", None)
    if between is None or scheduler.state_in_first_order:
        return float(scheduler.sigmas[index])
    return float(between[index - 1 if "Ancestral" in type(scheduler).__name__ else index])
