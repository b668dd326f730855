"""The model families that can paint. A new family is one file beside this one and one row here.

Importable without torch.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

DIFFUSION = "diffusion"
FIRST_TENSOR = "model.diffusion_model.input_blocks.0.0.weight"  # of every single file with a UNet in it


@dataclass(frozen=True, kw_only=True)
class FamilyRow:
    """A family of models which share their parts and their way of conditioning.

    `module` (in render.diffusion.families) holds FAMILY, which has the methods of parts.Family. `pipelines`
    are the classes that a model_index.json names; the first one loads single files. `size` is what a model of
    unknown size was trained for. A single file belongs to the first family of the table one of whose `marks`
    starts one of its tensors' names; a family without marks has no single files. `omitted` are parts that are
    never loaded. `upcasts_vae`: its VAE overflows in float16. `reference` is a hub model whose configs fit a
    single file.

    `denoiser` is the name of the part that denoises. It takes latents in tokens of `patch` x `patch`; with
    `packing` above 1 the packing is not its own business, and its in_channels are that many squared times the
    VAE's. `samplers` is the kind of samplers that work (render.diffusion.samplers).
    """

    name: str
    module: str
    pipelines: tuple[str, ...]
    size: int
    marks: tuple[str, ...]
    reference: str
    upcasts_vae: bool = False
    denoiser: str = "unet"
    patch: int = 1
    packing: int = 1
    samplers: str = DIFFUSION
    omitted: tuple[str, ...] = ("safety_checker", "feature_extractor", "image_encoder")


FAMILIES: tuple[FamilyRow, ...] = (
    FamilyRow(
        name="sdxl",
        module="sdxl",
        pipelines=("StableDiffusionXLPipeline", "StableDiffusionXLImg2ImgPipeline"),
        size=1024,
        marks=("conditioner.embedders.",),
        reference="stabilityai/stable-diffusion-xl-base-1.0",
        upcasts_vae=True,
    ),
    FamilyRow(
        name="sd",
        module="sd",
        pipelines=(
            "StableDiffusionPipeline",
            "StableDiffusionImg2ImgPipeline",
            "LatentConsistencyModelPipeline",
            "LatentConsistencyModelImg2ImgPipeline",
        ),
        size=512,
        marks=("cond_stage_model.",),
        reference="stable-diffusion-v1-5/stable-diffusion-v1-5",
    ),
)


def family_named(name: str) -> FamilyRow:
    """Return the row of a family; KeyError for an unknown one."""
    return {row.name: row for row in FAMILIES}[name]


def family_of_pipeline(pipeline: str) -> FamilyRow | None:
    """Return the family that a model_index.json's class belongs to, or None."""
    return next((row for row in FAMILIES if pipeline in row.pipelines), None)


def family_of_tensors(names: Iterable[str]) -> FamilyRow | None:
    """Return the family of a single file with these tensor names, or None for a file that is not a whole
    model.
    """
    found = tuple(names)
    if FIRST_TENSOR not in found:
        return None
    return next((row for row in FAMILIES if any(name.startswith(row.marks) for name in found)), None)
