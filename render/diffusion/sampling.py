"""The denoising loop: a picture and a prompt in, the painted picture out.

The loop is ours, over the parts of a diffusers model; given the same noise it equals the diffusers pipelines
of its families bit for bit (float32 on the CPU). Latents stay in float32 through all steps, whatever the
model's precision.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from keyframes.errors import RenderError
from keyframes.prompts import FramePrompt
from render.devices import release
from render.diffusion.control import ActiveControls
from render.diffusion.guidance import Guidance, make_guidance
from render.diffusion.ip_adapters import AdapterInput
from render.diffusion.job import Control, OnStep
from render.diffusion.latents import decode, encode, in_float32, latent_shape, start_noise
from render.diffusion.memory import CACHE, STREAM
from render.diffusion.model import Model
from render.diffusion.offload import DENOISER
from render.diffusion.prediction import StepPrediction
from render.diffusion.reveal import RevealSchedule, blended, plan_reveal
from render.diffusion.schedule import Schedule, make_schedule, plan_steps
from render.diffusion.steps import Sampling

# returns the answer for the sampler from (the model's answer, latents, prediction, step, number of steps); tensors are
# (1, C, h, w)
StepHook = Callable[[Tensor, Tensor, StepPrediction, int, int], Tensor]


@dataclass(frozen=True, kw_only=True)
class Painting:
    """What one picture is painted from.

    `size` is (width, height) in pixels, of any value: what the VAE cannot take is padded by repeating the edge, and
    cropped off again. `picture` (1, 3, H, W) in [0, 1] is painted over with the settings' strength; None paints from
    noise alone. `strengths` (1, 1, H, W) in [0, 1] are for pixels that need more than the settings' strength (see
    `reveal`). The noise is a function of the seed, unless `noise` (1, C, h, w), normal, is given. `controls` are the
    ControlNets that act, `shown` what IP-Adapters are shown. `frame` is for messages.
    """

    prompt: FramePrompt
    size: tuple[int, int]
    settings: Sampling
    seed: int
    frame: int = 0
    picture: Tensor | None = None
    strengths: Tensor | None = None
    noise: Tensor | None = None
    controls: Sequence[Control] = ()
    shown: Sequence[AdapterInput] = ()
    step_hook: StepHook | None = None


def paint(model: Model, work: Painting, on_step: OnStep | None = None) -> Tensor:
    """Paint one picture: (1, 3, H, W) RGB in [0, 1], float32, on the model's device.

    `on_step(done, count)` is called after each step; what it raises stops the painting. Where the strength
    means no step at all, the picture is returned as it is.

    Raises ProjectError for an unknown sampler, ScheduleError for impossible emphasis, ValueError for shapes
    and settings out of range, and RenderError, naming the frame, where memory runs out or the model gives
    no finite picture even in float32.
    """
    _check(model, work)
    picture, settings = work.picture, work.settings
    plan = plan_steps(model, settings, pictured=picture is not None)
    reveal = None
    if picture is not None and work.strengths is not None:
        reveal = plan_reveal(model, settings, work.strengths)
    if picture is not None and reveal is None and plan.count == 0:
        return picture.to(device=model.device, dtype=torch.float32)
    width, height = work.size
    shape = latent_shape(model, width, height)
    noise = start_noise(work.seed, shape) if work.noise is None else work.noise
    noise = noise.to(device=model.device, dtype=torch.float32)

    def painted() -> tuple[Tensor, Tensor]:
        latents = None if picture is None else encode(model, picture)
        schedule: Schedule | RevealSchedule
        if reveal is None:
            schedule = make_schedule(model, settings, plan, seed=work.seed, shape=shape)
        else:
            schedule = RevealSchedule(model, settings, reveal, seed=work.seed, shape=shape)
        clean = _Loop(model, work, schedule).run(schedule.noised(latents, noise), on_step)
        return clean, decode(model, clean)

    with torch.inference_mode():
        found = _within_memory(model, work, painted)
    found = found[..., :height, :width].clamp(0, 1)
    if picture is None or reveal is None:
        return found
    return blended(picture.to(found), found, reveal, model.factor)


class _Loop:
    """The steps of one painting: one denoiser call each, for all rows of its guidance."""

    def __init__(self, model: Model, work: Painting, schedule: Schedule | RevealSchedule) -> None:
        self._model, self._work, self._schedule = model, work, schedule
        self._guidance = make_guidance(model, work.prompt, work.settings, frame=work.frame)
        self._controls = ActiveControls(model, work.controls, cfg_scale=work.settings.cfg_scale)

    def run(self, latents: Tensor, on_step: OnStep | None) -> Tensor:
        """Return the clean latents (1, C, h, w) from the noised ones."""
        model, work, schedule = self._model, self._work, self._schedule
        model.bring(DENOISER)
        count = len(schedule.timesteps)
        guided = [work.settings.guides(index, count) for index in range(count)]
        asked = {on: self._asked(latents, guided=on) for on in set(guided)}
        on_device = schedule.timesteps.to(model.device)
        for index, (timestep, time) in enumerate(zip(schedule.timesteps, on_device, strict=True)):
            guidance, conditions = asked[guided[index]]
            rows = schedule.scaled(guidance.rows(latents), timestep).to(model.denoiser.dtype)
            added = self._controls.at(
                index, count, latents=rows, timestep=time, conditions=conditions, negatives=guidance.negatives
            )
            answer = guidance.combine(model.answers(rows, time, {**conditions, **added}).float())
            if work.step_hook is not None:
                answer = work.step_hook(answer, latents, schedule.prediction(timestep), index, count)
            latents = schedule.step(answer, timestep, latents)
            if on_step is not None:
                on_step(index + 1, count)
        return latents

    def _asked(self, latents: Tensor, *, guided: bool) -> tuple[Guidance, Mapping[str, Any]]:
        """Return the rows with guidance or without, and the denoiser's arguments for them."""
        model = self._model
        guidance = self._guidance if guided else self._guidance.unguided()
        conditions = model.family.conditions(
            model,
            guidance.texts.to(model.denoiser.dtype),
            negatives=guidance.negatives,
            latents=latents,
            cfg_scale=guidance.embedded_scale,
        )
        return guidance, model.adapters.conditions(self._work.shown, conditions, negatives=guidance.negatives)


def _within_memory(model: Model, work: Painting, painted: Callable[[], tuple[Tensor, Tensor]]) -> Tensor:
    """Return the painted picture, at the first level from the model's present one where memory suffices.

    Raises RenderError where the last level does not help.
    """
    began, (width, height) = model.memory.level, work.size
    while True:
        try:
            return _finite(model, painted, work.frame)
        except torch.OutOfMemoryError as error:
            failed = error.with_traceback(None)  # it would keep the tensors of the attempt
        level = model.memory.next_level()
        if level is None:
            model.memory.level = max(began, min(model.memory.level, STREAM))  # its parts are where they are
            raise RenderError(
                f"frame {work.frame}: {model.device} ran out of memory painting {width}x{height}, even with all parts "
                "moved off it. Use a smaller size or model, or end other programs that use the device."
            ) from failed
        release(model.device, cycles=model.memory.level == CACHE)
        model.notice(
            f"Frame {work.frame}: {model.device} ran out of memory; from here on {level.description}."
        )


def _finite(model: Model, painted: Callable[[], tuple[Tensor, Tensor]], frame: int) -> Tensor:
    """Return the painted picture, made again in float32 where half precision overflowed: the VAE first, then all.

    The model is as it was afterwards, so that a frame does not depend on what happened to those before it.
    """
    latents, picture = painted()
    if _is_finite(picture):
        return picture
    if _is_finite(latents) and model.vae.dtype != torch.float32:
        with in_float32(model.vae):
            picture = decode(model, latents)
    if not _is_finite(picture) and model.denoiser.dtype != torch.float32:
        with in_float32(model.denoiser, model.vae, *model.controls):
            latents, picture = painted()
    if _is_finite(picture):
        return picture
    culprit = "decoder" if _is_finite(latents) else "denoiser"
    raise RenderError(
        f"frame {frame}: the {culprit} of {model.source.name} gave numbers that are not finite, in float32 "
        "as well. Its weights may be damaged, or cfg_scale is far too high."
    )


def _is_finite(tensor: Tensor) -> bool:
    return bool(torch.isfinite(tensor).all())


def _check(model: Model, work: Painting) -> None:
    width, height = work.size
    if width < 1 or height < 1:
        raise ValueError(f"size is {work.size}; allowed is (width, height) of at least one pixel")
    expected = (1, 3, height, width)
    _check_shape("picture", work.picture, expected)
    _check_shape("strengths", work.strengths, (1, 1, height, width))
    for control in work.controls:
        if not 0 <= control.number < len(model.controls):
            raise ValueError(f"control {control.number}; the model has {len(model.controls)} ControlNets")
        _check_shape("control picture", control.picture, expected)


def _check_shape(name: str, tensor: Tensor | None, expected: tuple[int, ...]) -> None:
    if tensor is not None and tuple(tensor.shape) != expected:
        raise ValueError(f"{name} has the shape {tuple(tensor.shape)}; expected is {expected}")
