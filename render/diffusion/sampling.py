"""The denoising loop: pictures and prompts in, painted pictures out. One call paints a frame of every chain.

The loop is ours, over the parts of a diffusers model; given the same noise it equals the diffusers pipelines
of its families bit for bit (float32 on the CPU). Latents stay in float32 through all steps, whatever the
model's precision.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from keyframes.errors import RenderError
from keyframes.prompts import FramePrompt
from render.diffusion.adapters.attach import Look
from render.diffusion.control.steering import Control, Steering
from render.diffusion.guidance import Guidance, make_guidance
from render.diffusion.ladder import answers_of, within_memory
from render.diffusion.latents import decode, encode, in_float32, latent_shape
from render.diffusion.moments import Moment
from render.diffusion.moving import DENOISER, bring
from render.diffusion.noise import start_noise
from render.diffusion.parts import Model
from render.diffusion.reveal import RevealSchedule, blended, plan_reveal
from render.diffusion.schedule import Schedule, make_schedule, plan_steps
from render.diffusion.steps import Sampling

OnStep = Callable[[int, int], None]


class Steer(Protocol):
    """What has a say at each step: it is asked with the model's answer about the latents, both (B, C, h, w), and gives
    the answer that the sampler is told."""

    def __call__(self, answer: Tensor, latents: Tensor, moment: Moment, index: int, count: int) -> Tensor:
        """The answer to use at step `index` of `count`."""
        ...


def paint(
    model: Model,
    *,
    pictures: Tensor | None,
    size: tuple[int, int],
    prompts: Sequence[FramePrompt],
    settings: Sampling,
    seeds: Sequence[int],
    frame: int,
    strengths: Tensor | None = None,
    noise: Tensor | None = None,
    controls: Sequence[Control] = (),
    looks: Sequence[Look] = (),
    steer: Steer | None = None,
    on_step: OnStep | None = None,
) -> Tensor:
    """Paint one frame of B chains: (B, 3, H, W) RGB in [0, 1], float32, on the model's device.

    `pictures` (B, 3, H, W) in [0, 1] are painted over with the settings' strength; None paints from noise
    alone. `size` is (width, height) in pixels, of any value: what the VAE cannot take is padded by repeating
    the edge, and cropped off again. `strengths` (B, 1, H, W) in [0, 1] are for those pixels of the pictures
    that need more than the settings' strength (see `reveal`). `prompts` and `seeds` have one entry for each
    chain. The noise is a function of the seed, unless `noise` (B, C, h, w), normal, is given. `controls` are the
    ControlNets that steer, each with its pictures (B, 3, H, W); `looks` what IP-Adapters are shown.
    `steer` changes what the model answers (see Steer).
    `on_step(done, count)` is called after each step; what it raises stops the painting. Where the strength
    means no step at all, the pictures are returned as they are.

    Raises ProjectError for an unknown sampler, ScheduleError for impossible emphasis, ValueError for shapes
    and settings out of range, and RenderError, naming the frame, where memory runs out or the model gives
    no finite picture even in float32.
    """
    _check_shapes(pictures, size, prompts, seeds, strengths)
    _check_controls(model, controls, (len(seeds), 3, size[1], size[0]))
    plan = plan_steps(model, settings, pictured=pictures is not None)
    reveal = None if pictures is None or strengths is None else plan_reveal(model, settings, strengths)
    if pictures is not None and reveal is None and plan.count == 0:
        return pictures.to(device=model.device, dtype=torch.float32)
    width, height = size
    shape = latent_shape(model, width, height)
    if noise is None:
        noise = start_noise(seeds, shape)
    start = noise.to(device=model.device, dtype=torch.float32)

    def painted() -> tuple[Tensor, Tensor]:
        latents = None if pictures is None else encode(model, pictures)
        schedule: Schedule | RevealSchedule
        if reveal is None:
            schedule = make_schedule(model, settings, plan, seeds=seeds, shape=shape)
        else:
            schedule = RevealSchedule(model, settings, reveal, seeds=seeds, shape=shape)
        guidance = make_guidance(model, prompts, settings, frame=frame)
        controlled = Steering(model, controls, cfg_scale=settings.cfg_scale)
        aids = _Aids(controlled=controlled, looks=looks, steer=steer)
        clean = _denoise(model, schedule, guidance, schedule.noised(latents, start), settings, aids, on_step)
        return clean, decode(model, clean)

    with torch.inference_mode():
        picture = within_memory(model, lambda: _finite(model, painted, frame), frame=frame, size=size)
    picture = picture[..., :height, :width].clamp(0, 1)
    if pictures is None or reveal is None:
        return picture
    return blended(pictures.to(picture), picture, reveal, model.factor)


@dataclass(frozen=True, kw_only=True)
class _Aids:
    """What speaks at each step beside the prompts: ControlNets, IP-Adapters, and what changes the answer."""

    controlled: Steering
    looks: Sequence[Look]
    steer: Steer | None


def _denoise(
    model: Model,
    schedule: Schedule | RevealSchedule,
    guidance: Guidance,
    latents: Tensor,
    settings: Sampling,
    aids: _Aids,
    on_step: OnStep | None,
) -> Tensor:
    """Run the schedule's steps: one denoiser call each, for all chains and all parts of their prompts."""
    bring(model, DENOISER)
    dtype = model.denoiser.dtype
    count = len(schedule.timesteps)
    guided = [settings.guides(index, count) for index in range(count)]
    ways = {on: guidance if on else guidance.unguided() for on in set(guided)}
    conditions = {}
    for on, way in ways.items():
        texts = way.texts.to(dtype)
        asked = model.family.conditions(
            model, texts, negatives=way.negatives, latents=latents, cfg_scale=way.told
        )
        conditions[on] = model.adapters.heard(aids.looks, asked, owners=way.owners, negatives=way.negatives)
    moments = schedule.timesteps.to(model.device)
    for index, (timestep, moment) in enumerate(zip(schedule.timesteps, moments, strict=True)):
        way = ways[guided[index]]
        given = schedule.scaled(way.spread(latents), timestep).to(dtype)
        asked = conditions[guided[index]]
        more = aids.controlled.at(index, count, latents=given, moment=moment, conditions=asked, guidance=way)
        answers = answers_of(model, given, moment, {**asked, **more})
        answer = way.combine(answers.float())
        if aids.steer is not None:
            answer = aids.steer(answer, latents, schedule.moment(timestep), index, count)
        latents = schedule.step(answer, timestep, latents)
        if on_step is not None:
            on_step(index + 1, count)
    return latents


def _finite(model: Model, painted: Callable[[], tuple[Tensor, Tensor]], frame: int) -> Tensor:
    """Return the painted pictures, made again in float32 where half precision overflowed: the VAE first, then
    all.

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


def _check_shapes(
    pictures: Tensor | None,
    size: tuple[int, int],
    prompts: Sequence[FramePrompt],
    seeds: Sequence[int],
    strengths: Tensor | None,
) -> None:
    width, height = size
    if width < 1 or height < 1:
        raise ValueError(f"size is {size}; allowed is (width, height) of at least one pixel")
    if not seeds or len(prompts) != len(seeds):
        raise ValueError(f"{len(prompts)} prompts and {len(seeds)} seeds; each chain has one of both")
    expected = (len(seeds), 3, height, width)
    if pictures is not None and tuple(pictures.shape) != expected:
        raise ValueError(f"pictures are {tuple(pictures.shape)}; expected is (B, 3, H, W) = {expected}")
    if strengths is not None and tuple(strengths.shape) != (len(seeds), 1, height, width):
        given = tuple(strengths.shape)
        raise ValueError(
            f"strengths are {given}; expected is (B, 1, H, W) = {(len(seeds), 1, height, width)}"
        )


def _check_controls(model: Model, controls: Sequence[Control], expected: tuple[int, ...]) -> None:
    for control in controls:
        if not 0 <= control.number < len(model.controls):
            raise ValueError(f"control {control.number}; the model has {len(model.controls)} ControlNets")
        if tuple(control.pictures.shape) != expected:
            given = tuple(control.pictures.shape)
            raise ValueError(f"control pictures are {given}; expected is (B, 3, H, W) = {expected}")
