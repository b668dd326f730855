"""Whether what is attached to a model fits it: LoRAs, ControlNets and IP-Adapters, by the headers and configs of both.

Importable without torch; nothing is loaded. Nothing is known of a hub model that is not here yet: it is checked once it
is fetched.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keyframes.errors import EnvironmentFault
from render.assets.files import WEIGHTS, read_header
from render.assets.find import Asset
from render.diffusion.adapter_file import AdapterFile
from render.diffusion.families.table import DIFFUSION, FAMILIES
from render.diffusion.loras.lora import LoraFile, Shape
from render.diffusion.loras.names import DENOISER, ENCODERS, UNET_BLOCKS, flat, tidy
from render.diffusion.model_source import ModelSource
from render.diffusion.weights import stored_parts

_WIDTHS = {768: "sd (1.x)", 1024: "sd (2.x)", 1280: "sdxl's refiner", 2048: "sdxl or kolors"}
_SIGNS = (
    (("double_blocks", "double.blocks", "single_transformer_blocks", "single.blocks"), "flux or chroma"),
    (("img_mlp", "txt_mlp", "img_mod", "img.mlp", "txt.mlp"), "qwen-image"),
    (("noise_refiner", "context_refiner", "noise.refiner", "context.refiner"), "z-image"),
    (("joint_blocks", "add_q_proj", "ff_context"), "sd3"),
    (("conv_inverted", "conv_depth"), "sana-sprint"),
)
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


def layers_per_block(source: ModelSource) -> int:
    """Return what Stability's names count in a model's UNet: 2 where it is not known yet."""
    given = source.config("unet").get("layers_per_block", 2)
    return given if isinstance(given, int) else 2


def check_fit(file: LoraFile, source: ModelSource) -> int:
    """Check a LoRA against a model, and return how many of its modules the model does not have.

    Raises EnvironmentFault for one that was made for other models: none of its modules is there, or one has
    another shape. What cannot be known before the model is loaded is checked then.
    """
    if not source.family:
        return 0
    has_unet = source.row.samplers == DIFFUSION
    modules = _modules_of(source) if has_unet else None
    if modules is None:
        if _is_unets(file) != has_unet:
            raise _misfit(file, source)
        return 0
    missing = []
    for (part, module), layer in file.layers.items():
        shape = modules.get(part, {}).get(flat(module))
        if shape is None:
            missing.append((part, module))
        elif (layer.up[0], layer.down[1]) != shape[:2]:
            detail = f" {module} is {shape[0]} x {shape[1]} there and {layer.up[0]} x {layer.down[1]} here."
            raise _misfit(file, source, detail)
    if len(missing) == len(file.layers):
        detail = f" None of its {len(missing)} modules is in the model, for example {' '.join(missing[0])}."
        raise _misfit(file, source, detail)
    return len(missing)


def family_of(file: LoraFile) -> str:
    """Return the names of the families whose models a LoRA seems made for, "" where nothing tells."""
    layers = {module: layer for (part, module), layer in file.layers.items() if part == DENOISER}
    if _is_unets(file):
        cross = (layer for module, layer in layers.items() if module.endswith(("attn2.to_k", "attn2.to_v")))
        return _WIDTHS.get(next((layer.down[1] for layer in cross), 0), "sd, sdxl or kolors")
    for signs, family in _SIGNS:
        if any(sign in module for module in layers for sign in signs):
            return family
    return ""


def check_control(file: Asset, source: ModelSource) -> None:
    """Check a ControlNet against a model.

    Raises EnvironmentFault for a family that has none here, and for one that was made for other models.
    """
    if not source.family:
        return
    kind, config, wanted = file.class_name, file.config, source.row.control
    if not wanted:
        steered = ", ".join(known.name for known in FAMILIES if known.control)
        raise EnvironmentFault(
            f'ControlNet "{file.name}": ControlNet is for {steered} models here, and "{source.name}" is of the '
            f"family {source.family}."
        )
    if kind != wanted:
        raise _misfit_control(file, source, f"is made for {file.kind.classes[kind]} models")
    for key, why in _UNKNOWN[kind].items():
        if config.get(key):
            raise EnvironmentFault(f'ControlNet "{file.name}" {why} ({key}). It cannot be used here.')
    known = _denoiser_config(source)
    said = [key for key in _SAME[kind] if known.get(key) is not None and config.get(key) is not None]
    differing = [key for key in said if known[key] != config[key]]
    if len(known) > 1:
        differing += [key for key in _ALONE.get(kind, ()) if known.get(key) != config.get(key)]
    if differing:
        key = differing[0]
        why = f"has {key} {config.get(key)}, and the model {known.get(key)}"
        raise _misfit_control(file, source, why)


def check_adapter(file: AdapterFile, source: ModelSource) -> None:
    """Check an IP-Adapter against a model. Raises EnvironmentFault for another family, or other widths."""
    if not source.family:
        return
    row = source.row
    if row.denoiser != "unet":
        allowed = ", ".join(known.name for known in FAMILIES if known.denoiser == "unet")
        raise EnvironmentFault(
            f'IP-Adapter "{file.name}": IP-Adapters are for {allowed} models here, and "{source.name}" is of the '
            f"family {row.name}."
        )
    width = source.config(row.denoiser).get("cross_attention_dim")
    if isinstance(width, int) and width != file.width:
        raise EnvironmentFault(
            f'IP-Adapter "{file.name}" does not fit "{source.name}" (family {row.name}): it stands beside texts of '
            f"width {file.width}, and the model's are {width} wide. Use one that was trained on this family."
        )


def _is_unets(file: LoraFile) -> bool:
    """Tell whether a LoRA is for a UNet, or for text encoders alone."""
    modules = [module for part, module in file.layers if part == DENOISER]
    return not modules or any(module.startswith(UNET_BLOCKS) for module in modules)


def _modules_of(source: ModelSource) -> Mapping[str, Mapping[str, Shape]] | None:
    """Return the shapes of a model's weights by part and flat module name; None where its files do not say: it has not
    been fetched, is a single file with other names, or has other weights than those of its folder.
    """
    if source.path is None or source.path.is_file():
        return None
    if source.weights.denoiser is not None or any(stored_parts(source)):
        return None
    folders = {DENOISER: source.row.denoiser, **{name: name for name in ENCODERS}}
    found: dict[str, dict[str, Shape]] = {}
    for part, folder in folders.items():
        for file in sorted((source.path / folder).glob(f"*{WEIGHTS}")):
            for name, entry in read_header(file).items():
                if name.endswith(".weight"):
                    module = flat(tidy(name.removesuffix(".weight")))
                    found.setdefault(part, {})[module] = entry.shape
    return found


def _misfit(file: LoraFile, source: ModelSource, detail: str = "") -> EnvironmentFault:
    made_for = family_of(file)
    guess = f"made for {made_for} models" if made_for else "not made for such models"
    return EnvironmentFault(
        f'{file.path.name} does not fit "{source.name}" (family {source.family}): it seems {guess}.{detail} '
        "Use a LoRA that was trained on this family."
    )


def _misfit_control(file: Asset, source: ModelSource, why: str) -> EnvironmentFault:
    return EnvironmentFault(
        f'ControlNet "{file.name}" does not fit "{source.name}" (family {source.family}): it {why}. '
        "Use a ControlNet that was trained on this family."
    )


def _denoiser_config(source: ModelSource) -> Mapping[str, Any]:
    """Return the config of a model's denoiser; of a single file only the width of its prompt embeddings is known."""
    assert source.path is not None
    if source.path.is_dir():
        return source.config(source.row.denoiser)
    shapes = (
        entry.shape for name, entry in read_header(source.path).items() if name.endswith("attn2.to_k.weight")
    )
    return {"cross_attention_dim": next(shapes, (None, None))[1]}
