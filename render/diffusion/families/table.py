"""The model families that can paint. A new family is one file beside this one and one row here.

Importable without torch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

# pixels per latent along a side, and channels, where a VAE's config does not say
FACTOR, LATENT_CHANNELS = 8, 4
DIFFUSION, FLOW, CONSISTENCY = "diffusion", "flow", "consistency"
FIRST_TENSOR = "model.diffusion_model.input_blocks.0.0.weight"  # of every single file with a UNet in it


@dataclass(frozen=True, kw_only=True)
class Variant:
    """Other defaults for models whose config says `key` = `value` in `part` ("transformer", "scheduler")."""

    part: str
    key: str
    value: object
    steps: int
    cfg_scale: float


@dataclass(frozen=True, kw_only=True)
class FamilyRow:
    """A family of models which share their parts and their way of conditioning.

    `code` names the family's class (a model.Family) in render.diffusion.families. `pipelines` are the classes that a
    model_index.json names; the first one loads single files. `size` is what a model of unknown size was trained for. A
    single file belongs to the first family of the table one of whose `marks` starts one of its tensors' names; a family
    without marks has no single files. `omitted` are parts that are never loaded. `upcasts_vae`: its VAE overflows in
    float16. `reference` is a hub model whose configs fit a single file.

    `denoiser` is the name of the part that denoises. It takes latents in tokens of `patch` x `patch`; with `packing`
    above 1 the packing is not its own business, and its in_channels are that many squared times the VAE's. `samplers`
    is the kind of samplers that work (render.diffusion.samplers). `steps` and `cfg_scale` are what its models are
    published with, `variants` those of some of them, and `few_steps` those of models which were distilled to a few
    steps without guidance ("turbo", "lightning" in their name). `half` is the precision that they are published in.
    `control` is the class of its ControlNets in diffusers, "" for none. `libraries` name the classes of its parts;
    `needs` are packages that they need.
    """

    name: str
    code: str
    pipelines: tuple[str, ...]
    size: int = 1024
    marks: tuple[str, ...] = ()
    reference: str = ""
    upcasts_vae: bool = False
    denoiser: str = "unet"
    patch: int = 1
    packing: int = 1
    control: str = ""
    samplers: str = DIFFUSION
    steps: int = 20
    cfg_scale: float = 7.0
    variants: tuple[Variant, ...] = ()
    few_steps: int = 4
    half: str = "float16"
    libraries: tuple[str, ...] = ("diffusers", "transformers")
    needs: tuple[str, ...] = ()
    omitted: tuple[str, ...] = ("safety_checker", "feature_extractor", "image_encoder")


def _pipelines(*names: str) -> tuple[str, ...]:
    return tuple(f"{name}{form}Pipeline" for name in names for form in ("", "Img2Img"))


_flow_family = partial(FamilyRow, denoiser="transformer", patch=2, samplers=FLOW, half="bfloat16")
FAMILIES: tuple[FamilyRow, ...] = (
    FamilyRow(
        name="sdxl",
        code="stable_diffusion.StableDiffusionXL",
        control="ControlNetModel",
        pipelines=_pipelines("StableDiffusionXL"),
        marks=("conditioner.embedders.",),
        reference="stabilityai/stable-diffusion-xl-base-1.0",
        upcasts_vae=True,
    ),
    FamilyRow(
        name="sd",
        code="stable_diffusion.StableDiffusion",
        control="ControlNetModel",
        pipelines=_pipelines("StableDiffusion", "LatentConsistencyModel"),
        size=512,
        marks=("cond_stage_model.",),
        reference="stable-diffusion-v1-5/stable-diffusion-v1-5",
    ),
    FamilyRow(
        name="kolors",
        code="kolors.Kolors",
        control="ControlNetModel",
        pipelines=_pipelines("Kolors"),
        upcasts_vae=True,
        steps=25,
        cfg_scale=5.0,
        libraries=("diffusers", "transformers", "kolors"),
        needs=("sentencepiece",),
    ),
    _flow_family(
        name="sd3",
        code="sd3.StableDiffusion3",
        control="SD3ControlNetModel",
        pipelines=_pipelines("StableDiffusion3"),
        steps=28,
        half="float16",
        variants=(Variant(part="transformer", key="qk_norm", value="rms_norm", steps=28, cfg_scale=4.5),),
    ),
    _flow_family(
        name="flux",
        code="flux.Flux",
        control="FluxControlNetModel",
        pipelines=_pipelines("Flux"),
        packing=2,
        steps=4,
        cfg_scale=1.0,
        variants=(Variant(part="transformer", key="guidance_embeds", value=True, steps=28, cfg_scale=3.5),),
    ),
    _flow_family(
        name="chroma",
        code="flux.Chroma",
        pipelines=_pipelines("Chroma"),
        packing=2,
        steps=40,
        cfg_scale=3.0,
    ),
    _flow_family(
        name="qwen-image",
        code="qwen.QwenImage",
        pipelines=_pipelines("QwenImage"),
        packing=2,
        steps=50,
        cfg_scale=4.0,
    ),
    _flow_family(
        name="z-image",
        code="zimage.ZImage",
        pipelines=_pipelines("ZImage"),
        steps=50,
        cfg_scale=5.0,
        variants=(Variant(part="scheduler", key="shift", value=3.0, steps=9, cfg_scale=1.0),),
        few_steps=9,
    ),
    FamilyRow(
        name="sana-sprint",
        code="sana.SanaSprint",
        pipelines=_pipelines("SanaSprint"),
        denoiser="transformer",
        samplers=CONSISTENCY,
        steps=2,
        cfg_scale=4.5,
        half="bfloat16",
    ),
)


def family_named(name: str) -> FamilyRow:
    """Return the row of a family; KeyError for an unknown one."""
    return {row.name: row for row in FAMILIES}[name]


def family_of_pipeline(pipeline: str) -> FamilyRow | None:
    """Return the family that a model_index.json's class belongs to, or None."""
    return next((row for row in FAMILIES if pipeline in row.pipelines), None)


def family_of_tensors(names: Iterable[str]) -> FamilyRow | None:
    """Return the family of a single file with these tensor names, or None for a file that is not a whole model."""
    found = tuple(names)
    if FIRST_TENSOR not in found:
        return None
    return next((row for row in FAMILIES if any(name.startswith(row.marks) for name in found)), None)


def vae_channels(config: Mapping[str, Any]) -> int:
    """Return the channels of a VAE's latents, from its config."""
    return int(config.get("latent_channels") or config.get("z_dim") or LATENT_CHANNELS)


def vae_factor(config: Mapping[str, Any]) -> int:
    """Return a VAE's pixels per latent along a side, from its config: each level but the last halves the picture.

    AutoencoderKL and AutoencoderDC name their levels by channels; Qwen-Image's VAE, made for video, lists for each
    halving whether time is halved too.
    """
    for name, more in (
        ("block_out_channels", -1),
        ("encoder_block_out_channels", -1),
        ("temperal_downsample", 0),
    ):
        levels = config.get(name)
        if isinstance(levels, list | tuple) and levels:
            return int(2 ** (len(levels) + more))
    return FACTOR
