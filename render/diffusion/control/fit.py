"""The classes of ControlNets, and whether one fits a model, from the configs of both.

Importable without torch; nothing is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keyframes.errors import EnvironmentFault
from render.assets.files import read_header
from render.assets.find import Asset
from render.diffusion.catalogue import ModelSource
from render.diffusion.families.table import FAMILIES, family_named

UNET, SD3, FLUX = "ControlNetModel", "SD3ControlNetModel", "FluxControlNetModel"
# What must be the same in both configs; those of _ALONE also where one of them does not say it.
_TRANSFORMERS = (
    *("in_channels", "attention_head_dim", "num_attention_heads"),
    *("joint_attention_dim", "pooled_projection_dim"),
)
_SAME: Mapping[str, tuple[str, ...]] = {
    UNET: ("in_channels", "cross_attention_dim", "block_out_channels", "layers_per_block"),
    SD3: _TRANSFORMERS,
    FLUX: _TRANSFORMERS,
}
_ALONE: Mapping[str, tuple[str, ...]] = {
    UNET: ("encoder_hid_dim", "addition_embed_type", "projection_class_embeddings_input_dim")
}
_UNKNOWN: Mapping[str, Mapping[str, str]] = {  # what a config must not ask for
    SD3: {"extra_conditioning_channels": "is for inpainting and needs a mask"},
    FLUX: {"num_mode": "is a union of several and needs a mode"},
    UNET: {"class_embed_type": "needs a class label"},
}


def check_control(file: Asset, source: ModelSource) -> None:
    """Check a ControlNet against a model. A hub model that is not here yet is checked once it is fetched.

    Raises EnvironmentFault for a family that has none here, and for one that was made for other models.
    """
    if not source.family:
        return
    row = family_named(source.family)
    if not row.control:
        steered = ", ".join(known.name for known in FAMILIES if known.control)
        raise EnvironmentFault(
            f'ControlNet "{file.name}": ControlNet is for {steered} models here, and "{source.name}" is of the '
            f"family {row.name}."
        )
    if file.class_name != row.control:
        raise EnvironmentFault(
            _misfit(file, source, f"is made for {file.kind.classes[file.class_name]} models")
        )
    for key, why in _UNKNOWN[file.class_name].items():
        if file.config.get(key):
            raise EnvironmentFault(f'ControlNet "{file.name}" {why} ({key}). It cannot be used here.')
    known = _config_of(source)
    for key in _SAME[file.class_name]:
        ours, theirs = known.get(key), file.config.get(key)
        if ours is not None and theirs is not None and ours != theirs:
            raise EnvironmentFault(_misfit(file, source, _difference(key, ours, theirs)))
    for key in _ALONE.get(file.class_name, ()) if len(known) > 1 else ():
        if known.get(key) != file.config.get(key):
            raise EnvironmentFault(
                _misfit(file, source, _difference(key, known.get(key), file.config.get(key)))
            )


def _config_of(source: ModelSource) -> Mapping[str, Any]:
    """Return the config of a model's denoiser; of a single file only the width of its prompt embeddings is known."""
    assert source.path is not None
    if source.path.is_dir():
        return source.config(family_named(source.family).denoiser)
    shapes = (
        entry.shape for name, entry in read_header(source.path).items() if name.endswith("attn2.to_k.weight")
    )
    return {"cross_attention_dim": next(shapes, (None, None))[1]}


def _difference(key: str, ours: object, theirs: object) -> str:
    return f"has {key} {theirs}, and the model {ours}"


def _misfit(file: Asset, source: ModelSource, why: str) -> str:
    return (
        f'ControlNet "{file.name}" does not fit "{source.name}" (family {source.family}): it {why}. '
        "Use a ControlNet that was trained on this family."
    )
