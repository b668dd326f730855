"""The painting: what the model is asked to do at a frame."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple

from keyframes import FramePrompt
from projects import Row
from projects.schema import ClipGuidance as ClipSettings
from projects.schema import Diffusion

from ..diffusion import ClipGuidance, ImagePrompt, PaintJob, Sampling, Travel, model_inputs
from .model_use import AdapterUse, ModelUse
from .stage import Canvas, Frame

PULLS = ("clip_guidance_scale", "tv_scale", "range_scale", "sat_scale", "init_scale")
_sampling = lru_cache(maxsize=64)(Sampling)  # most frames of a film have the same
_WITH_ETA = ("default", "ddim", "tcd")  # the samplers that read eta; a model's own may be one


class PaintInputs(NamedTuple):
    """What one painting depends on, apart from the canvas. job: at strength 1; `stages.mask.Strength`
    sets how strongly a frame is painted. model: the part that depends on the model, pairs of a name and a value."""

    job: PaintJob
    model: tuple[tuple[str, Hashable], ...]

    def in_key(self) -> tuple[Any, ...]:
        """See `projects.canonical`. What has no weight, and the numbers of LoRAs and adapters, changes nothing."""
        job = self.job
        weights = tuple(weight for weight in job.lora_weights if weight)
        prompts = [(prompt.weight, prompt.pictures) for prompt in job.image_prompts]
        given = (job.frame, job.seed, job.travel, job.size, job.prompt, job.sampling)
        return (*given, weights, (), job.clip_guidance, self.model, *prompts)


@dataclass(eq=False, kw_only=True)
class Painting:
    """Says what painting a row of one film depends on; what stays the same from row to row is one object.

    seed: the film's. models: by frame. pulled: whether CLIP guidance pulls at any frame.
    """

    size: tuple[int, int]
    seed: int
    diffusion: Diffusion
    clip_guidance: ClipSettings
    models: tuple[ModelUse, ...]
    pulled: bool
    _model: tuple[tuple[object, ...], tuple[tuple[str, Hashable], ...]] | None = field(
        default=None, init=False
    )

    def model(self, frame: int) -> ModelUse:
        """The model that paints a frame."""
        return next(model for model in self.models if frame in model.frames)

    def seed_of(self, row: Row) -> int:
        """The seed of a row, as `seed_behavior` says."""
        return frame_seed(row, self.seed, self.diffusion)

    def inputs(self, row: Row, prompt: FramePrompt | None = None, *, pictured: bool = False) -> PaintInputs:
        """What painting a row depends on. prompt: instead of its own. pictured: whether over a picture."""
        use, given, lanes = self.model(row.frame), self.diffusion, row.diffusion
        guided = lanes.cfg_scale > 1
        job = PaintJob(
            frame=row.frame,
            seed=self.seed_of(row),
            travel=_travel(row),
            size=self.size,
            prompt=row.prompt if prompt is None else prompt,
            sampling=_sampling(  # what does nothing stands as by default
                steps=lanes.steps,
                strength=1.0,
                cfg_scale=lanes.cfg_scale if guided else 1.0,
                cfg_start=lanes.cfg_start if guided else 0.0,
                cfg_end=lanes.cfg_end if guided else 1.0,
                clipskip=lanes.clipskip,
                sampler=lanes.sampler,
                eta=lanes.eta if lanes.sampler in _WITH_ETA else 0.0,
                guidance_rescale=given.guidance_rescale if guided else 0.0,
                steps_mode=given.steps_mode if pictured else "scaled",
            ),
            reveal_strength=1.0,
            lora_weights=tuple(row.lora[name] for name in use.loras) if use.loras else (),
            image_prompts=tuple(_image_prompts(use.adapters, row)) if use.adapters else (),
            clip_guidance=clip_guidance(self.clip_guidance, row, pictured) if self.pulled else None,
        )
        return PaintInputs(job, self._of_model(use, job))

    def _of_model(self, use: ModelUse, job: PaintJob) -> tuple[tuple[str, Hashable], ...]:
        depends = (id(use), job.prompt, job.lora_weights, job.image_prompts, job.clip_guidance)
        known = self._model  # read once: threads may share a film
        if known is None or known[0] != depends:
            known = self._model = (depends, tuple(model_inputs(use.spec, job).items()))
        return known[1]


@dataclass(frozen=True, eq=False)
class Paint:
    """Paints the picture again, or from nothing."""

    painting: Painting
    name = "paint"

    def inputs(self, frame: Frame) -> PaintInputs:
        return self.painting.inputs(frame.row, pictured=frame.pictured)

    @staticmethod
    def apply(canvas: Canvas, inputs: PaintInputs) -> Canvas:
        from ..diffusion import Canvas as PaintCanvas

        # OpenCV leaves channels last in memory; networks round differently then
        picture = None if canvas.picture is None else canvas.picture.contiguous()
        given = PaintCanvas(picture=picture, hole=canvas.hole, controls=canvas.controls)
        sampling = replace(inputs.job.sampling, strength=canvas.strength)
        job = replace(inputs.job, sampling=sampling, reveal_strength=canvas.reveal_strength)
        return canvas.showing(canvas.tools.paint(given, job))


def frame_seed(row: Row, start: int, given: Diffusion) -> int:
    """The seed of a frame, as Deforum's seed_behavior: a function of the frame, so that none before it is needed.

    iter: one more every `seed_iter_n` frames; the first seed lasts one frame. fixed: `start`. random: drawn from start
    and frame. ladder: two up, one down. alternate: one up, one down. schedule: the lane `seed`.
    """
    frame, every = row.frame, given.seed_iter_n
    match given.seed_behavior:
        case "schedule":
            return row.diffusion.seed
        case "fixed":
            return start
        case "random":
            drawn = blake2b(f"{start}/{frame}/seed".encode(), digest_size=4).digest()
            return int.from_bytes(drawn, "little")
        case "ladder":
            return start + frame // 2 + 2 * (frame % 2)
        case "alternate":
            return start + frame % 2
    return start + (frame + every - 1) // every


def _travel(row: Row) -> Travel | None:
    share = row.diffusion.subseed_strength
    return Travel(seed=row.diffusion.subseed, share=share) if share > 0 else None


def _image_prompts(adapters: Sequence[AdapterUse], row: Row) -> list[ImagePrompt]:
    return [
        ImagePrompt(adapter=number, weight=row.ip_adapter[use.name], pictures=use.mix(row.frame))
        for number, use in enumerate(adapters)
        if row.ip_adapter[use.name] != 0
    ]


def clip_guidance(settings: ClipSettings, row: Row, pictured: bool) -> ClipGuidance | None:
    """How a row is guided; None where nothing pulls. pictured: whether there is a picture to be pulled to."""
    lanes = row.clip_guidance
    pulls = ClipGuidance(
        scale=lanes.clip_guidance_scale,
        tv=lanes.tv_scale,
        range=lanes.range_scale,
        saturation=lanes.sat_scale,
        init=lanes.init_scale if pictured else 0.0,
        clamp=lanes.clamp_max,
        start=lanes.clip_guidance_start,
        end=lanes.clip_guidance_end,
    )
    if not pulls.on or not pulls.scale:  # cut-outs are for the picture-text models alone
        return pulls if pulls.on else None
    overview, inner = settings.counts
    power, gray = settings.sizes
    return replace(
        pulls,
        batches=lanes.cutn_batches,
        overview=overview,
        inner=inner,
        power=power,
        gray=gray,
        augmented=not settings.skip_augs,
    )
