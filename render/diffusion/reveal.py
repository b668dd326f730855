"""Per-pixel strength: a part of a picture is painted with more strength than the rest.

Differential diffusion (Levin & Fried 2023, arXiv:2306.00950): the schedule begins where the highest strength
begins. Latents of lower strength are held: before every step they are set to the picture's latents, noised to that step
with the start noise, so that what is painted sees what it must fit to. When a latent's own strength is reached it is
released, and is painted from exactly the noised latents that it starts from in a frame without a hole.

Samplers that remember earlier steps (dpm++ 2m, unipc, plms ...) forget them at each release: their memory is of latents
that were replaced, and UniPC's corrector and the singlestep solver would even bring those back. So the kept part is
painted as without a hole, and the first step after a release is of first order, like the first step of every painting.
The maps made for holes release a few times.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn.functional import interpolate, max_pool2d, pad

from render.diffusion.latents import latent_shape
from render.diffusion.model import LatentShape, Model
from render.diffusion.prediction import StepPrediction
from render.diffusion.schedule import Schedule, make_schedule
from render.diffusion.steps import Sampling, StepPlan, reveal_plan, steps_of


@dataclass(frozen=True, kw_only=True)
class Reveal:
    """How long each latent is painted: it runs the last `counts` (1, 1, h, w) of `total` steps.

    `releases` are the different counts above 0, from the most to the fewest.
    """

    total: int
    counts: Tensor
    releases: tuple[int, ...]


def plan_reveal(model: Model, settings: Sampling, strengths: Tensor) -> Reveal | None:
    """Return the plan for per-pixel `strengths` (1, 1, H, W), or None where it would be that of the settings'
    own strength everywhere.

    A latent has the highest strength of its pixels, so each one that touches a hole is painted; none has less
    than the settings' strength. Latents beyond the picture, which whole tokens need, repeat its edge.
    """
    highest = max_pool2d(strengths.float(), model.factor, ceil_mode=True).clamp(settings.strength, 1)
    _, rows, columns = latent_shape(model, strengths.shape[-1], strengths.shape[-2])
    beyond = (0, columns - highest.shape[-1], 0, rows - highest.shape[-2])
    highest = pad(highest, beyond, mode="replicate").to("cpu", torch.float64)
    levels = int(model.scheduler_config.get("num_train_timesteps", 1000))
    plan = reveal_plan(
        settings.steps, settings.strength, float(highest.max()), settings.steps_mode, levels=levels
    )
    if plan.count <= steps_of(plan.total, settings.strength):
        return None
    counts = highest.mul(plan.total).add(1e-4).floor().long()
    releases = tuple(count for count in sorted(set(counts.flatten().tolist()), reverse=True) if count)
    return Reveal(total=plan.total, counts=counts.to(model.device), releases=releases)


def blended(before: Tensor, painted: Tensor, reveal: Reveal, factor: int) -> Tensor:
    """Return the painted picture (1, 3, H, W) with the one before where nothing was painted.

    The change from one to the other lies in the second latent beside what was painted: the decoder mixes a
    latent with its neighbours.
    """
    touched = (reveal.counts > 0).float()
    if bool(touched.all()):
        return painted
    wider = max_pool2d(touched, 3, stride=1, padding=1)
    share = interpolate(wider, scale_factor=factor, mode="bilinear", align_corners=False)
    height, width = before.shape[-2:]
    return torch.lerp(before, painted, share[..., :height, :width])


class RevealSchedule:
    """A schedule for the denoising loop that holds latents until they are released.

    It has one part for each release: a fresh scheduler that begins at that step.
    """

    def __init__(
        self, model: Model, settings: Sampling, reveal: Reveal, *, seed: int, shape: LatentShape
    ) -> None:
        # `scaled`: the plan alone cuts the schedule, also for LCM, which would else spread its steps
        plain = replace(settings, steps_mode="scaled")
        plans = [StepPlan(total=reveal.total, count=count) for count in reveal.releases]
        made = [make_schedule(model, plain, plan, seed=seed, shape=shape) for plan in plans]
        # one stream of fresh noise for all parts
        made = [replace(part, options=made[0].options) for part in made]
        self._evaluations: list[_Evaluation] = []
        for part, count, after in zip(made, reveal.releases, [*reveal.releases[1:], 0], strict=True):
            self._evaluations += _evaluations(part, count - after, reveal.counts <= after)
        self.timesteps = torch.stack([evaluation.timestep for evaluation in self._evaluations])
        self._at = 0
        self._given: tuple[Tensor, Tensor] | None = None

    def noised(self, latents: Tensor | None, noise: Tensor) -> Tensor:
        """Return the latents to start from: all of them noised to the first step.

        The pictures' latents (1, C, h, w) and the noise are kept, for those that are held.
        """
        if latents is None:
            raise ValueError("only pictures have pixels of different strength, and there is none")
        self._given = latents, noise
        return self._evaluations[0].part.noised(latents, noise)

    def scaled(self, latents: Tensor, timestep: Tensor) -> Tensor:
        """Return the latents as the denoiser takes them at this timestep."""
        return self._evaluations[self._at].part.scaled(latents, timestep)

    def prediction(self, timestep: Tensor) -> StepPrediction:
        """Return how to read latents and answers at the next step."""
        return self._evaluations[self._at].part.prediction(timestep)

    def step(self, prediction: Tensor, timestep: Tensor, latents: Tensor) -> Tensor:
        """Return the latents one step less noisy, those that are held at their place."""
        evaluation = self._evaluations[self._at]
        self._at += 1
        stepped = evaluation.part.step(prediction, timestep, latents)
        if not evaluation.whole or evaluation.held is None:
            return stepped
        return torch.where(evaluation.held, self._kept(), stepped)

    def _kept(self) -> Tensor:
        """Return the picture's latents, noised to where the step led; clean after the last one."""
        if self._given is None:
            raise RuntimeError("the first step was taken before the latents were noised")
        latents, noise = self._given
        if self._at == len(self._evaluations):
            return latents
        following = self._evaluations[self._at]
        return following.part.noised_to(following.timestep, latents, noise)


@dataclass(frozen=True, kw_only=True)
class _Evaluation:
    """One evaluation of the denoiser: by which `part`, and whether it completes a `whole` step, after which the
    latents `held` (1, 1, h, w) are set back; None for none.
    """

    timestep: Tensor
    part: Schedule
    whole: bool
    held: Tensor | None


def _evaluations(part: Schedule, steps: int, held: Tensor) -> list[_Evaluation]:
    """Return the evaluations of a part's first `steps` steps."""
    ends, some = _step_ends(part)[:steps], held if bool(held.any()) else None
    return [
        _Evaluation(timestep=part.timesteps[index], part=part, whole=index in ends, held=some)
        for index in range(ends[-1] + 1)
    ]


def _step_ends(part: Schedule) -> list[int]:
    """Return which evaluations complete a step: every one, or every second where a step takes two, or, for
    PLMS, all but its very first, which gets it going."""
    count = len(part.timesteps)
    if type(part.scheduler).__name__ == "PNDMScheduler":
        return list(range(1, count)) if count > 1 else [0]
    if part.scheduler.order == 2:
        return [*range(1, count - 1, 2), count - 1]
    return list(range(count))
