"""How many steps a strength means, and the settings of one painting.

Importable without torch.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, isfinite
from typing import Literal

StepsMode = Literal["scaled", "exact"]
NOISE_LEVELS = 1000
FINEST = 4


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How one frame is painted.

    `strength` is the share of the noise schedule run on the picture, 0 to 1, as in diffusers; without a picture it
    does nothing. A `cfg_scale` of 1 or less turns guidance off; it is also off outside the shares `cfg_start` to
    `cfg_end` of the steps that are run (Kynkaanniemi et al. 2024, arXiv:2404.07724, by noise level there). `clipskip`
    is the layer of CLIP that is read, counted from the end: 1 is the usual one. `eta` is DDIM's
    and TCD's share of fresh noise. `guidance_rescale` is phi of Lin et al. 2023 (arXiv:2305.08891), section 3.4.
    """

    steps: int = 20
    strength: float = 0.5
    cfg_scale: float = 7.0
    cfg_start: float = 0.0
    cfg_end: float = 1.0
    clipskip: int = 1
    sampler: str = "default"
    eta: float = 0.0
    guidance_rescale: float = 0.0
    steps_mode: StepsMode = "scaled"

    def guides(self, index: int, count: int) -> bool:
        """Tell whether the step `index` of `count` lies in the interval that is guided."""
        return self.cfg_start <= index / count < self.cfg_end or (self.cfg_start == 0 and self.cfg_end == 1)


@dataclass(frozen=True, kw_only=True)
class StepPlan:
    """A schedule of `total` steps. Only its last `count` steps are run."""

    total: int
    count: int

    @property
    def skipped(self) -> int:
        """Steps at the noisy end that are not run."""
        return self.total - self.count


def step_plan(
    steps: int, strength: float, mode: StepsMode = "scaled", *, levels: int = NOISE_LEVELS
) -> StepPlan:
    """Return which part of which schedule to run.

    `scaled` (diffusers, Deforum): the schedule has `steps` steps and the last floor(steps * strength) of them
    are run, computed so that 100 * 0.29 is 29 and not 28. `exact` (ComfyUI): `steps` steps are run, on the
    tail of a schedule of steps / strength. A model knows `levels` noise levels: a finer schedule than that
    does not exist, so strengths below steps / levels run fewer steps. A count of 0 means that the picture is
    returned as it is.

    Raises ValueError for steps outside 1 to `levels`, or a strength outside 0 to 1.
    """
    if not 1 <= steps <= levels:
        raise ValueError(f"steps is {steps}; allowed is 1 to {levels}, for example 20")
    if not (isfinite(strength) and 0 <= strength <= 1):
        raise ValueError(f"strength is {strength}; allowed is 0 to 1, for example 0.5")
    if mode == "scaled":
        return StepPlan(total=steps, count=_whole(steps * strength))
    if mode != "exact":
        raise ValueError(f'steps_mode is "{mode}"; allowed are "scaled" and "exact"')
    if _whole(levels * strength) < steps:
        return StepPlan(total=levels, count=_whole(levels * strength))
    return StepPlan(total=max(steps, floor(steps / strength + 1e-9)), count=steps)


def reveal_plan(
    steps: int, strength: float, most: float, mode: StepsMode = "scaled", *, levels: int = NOISE_LEVELS
) -> StepPlan:
    """Return the plan for pictures that are partly painted with `most`, a higher strength than the frame's `strength`.

    The schedule is the one that `strength` alone has, begun earlier. So a hole takes most / strength times as
    many steps. Two exceptions, which keep `exact` affordable: its schedule has at most FINEST * `steps` steps,
    and `steps` of them at strength 0.

    Raises ValueError as `step_plan`.
    """
    alone = step_plan(steps, strength, mode, levels=levels)
    if most <= strength:
        return alone
    total = min(alone.total, FINEST * steps) if strength > 0 else steps
    return StepPlan(total=total, count=steps_of(total, min(most, 1.0)))


def steps_of(total: int, strength: float) -> int:
    """Return how many of `total` steps a strength runs; float32's strengths are forgiven what they lost."""
    return floor(total * strength + 1e-4)


def _whole(product: float) -> int:
    """Round down, forgiving what floating point lost: 28.999999999999996 is 29."""
    return floor(product + 1e-6)
