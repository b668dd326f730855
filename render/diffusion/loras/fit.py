"""Whether a LoRA fits a model, from the headers of both. Importable without torch; nothing is loaded."""

from __future__ import annotations

from collections.abc import Mapping

from keyframes.errors import EnvironmentFault
from render.assets.files import WEIGHTS, read_header, read_json
from render.diffusion.catalogue import ModelSource
from render.diffusion.families.table import DIFFUSION, FamilyRow, family_named
from render.diffusion.holding import stored_parts
from render.diffusion.loras.lora import LoraFile
from render.diffusion.loras.names import DENOISER, ENCODERS, tidy
from render.diffusion.loras.underscores import flat

Modules = Mapping[str, Mapping[str, tuple[int, ...]]]
_UNET = ("down_blocks.", "mid_block.", "up_blocks.")
_WIDTHS = {768: "sd (1.x)", 1024: "sd (2.x)", 1280: "sdxl's refiner", 2048: "sdxl or kolors"}
_SIGNS = (
    (("double_blocks", "double.blocks", "single_transformer_blocks", "single.blocks"), "flux or chroma"),
    (("img_mlp", "txt_mlp", "img_mod", "img.mlp", "txt.mlp"), "qwen-image"),
    (("noise_refiner", "context_refiner", "noise.refiner", "context.refiner"), "z-image"),
    (("joint_blocks", "add_q_proj", "ff_context"), "sd3"),
    (("conv_inverted", "conv_depth"), "sana-sprint"),
)


def layers_per_block(source: ModelSource) -> int:
    """Return what Stability's names count in a model's UNet: 2 where it is not known yet."""
    if source.path is None or source.kind == "single-file":
        return 2
    given = read_json(source.path / "unet" / "config.json").get("layers_per_block", 2)
    return given if isinstance(given, int) else 2


def modules_of(source: ModelSource) -> Modules | None:
    """Return the weights' shapes of a model by part and flat module name; None where its files do not tell: it is
    not fetched yet, a single file with names of its own, or held in other ways than its folder has it.
    """
    if source.path is None or source.kind == "single-file":
        return None
    if source.holding.denoiser is not None or any(stored_parts(source)):
        return None
    row = family_named(source.family)
    found: dict[str, dict[str, tuple[int, ...]]] = {}
    for part, folder in ((DENOISER, row.denoiser), *zip(ENCODERS, ENCODERS, strict=True)):
        for file in sorted((source.path / folder).glob(f"*{WEIGHTS}")):
            for name, entry in read_header(file).items():
                if name.endswith(".weight"):
                    module = flat(tidy(name.removesuffix(".weight")))
                    found.setdefault(part, {})[module] = entry.shape
    return found


def check_fit(file: LoraFile, source: ModelSource) -> int:
    """Check a LoRA against a model, and return how many of its modules the model does not have.

    Raises EnvironmentFault for one that was made for other models: none of its modules is there, or one has
    another shape. What cannot be known before the model is loaded is checked then.
    """
    if not source.family:
        return 0
    row, made_for = family_named(source.family), family_of(file)
    if row.samplers != DIFFUSION:
        if _is_unets(file):
            raise EnvironmentFault(_misfit(file, source, row, made_for, ""))
        return 0
    modules = modules_of(source)
    if modules is None:
        if not _is_unets(file):
            raise EnvironmentFault(_misfit(file, source, row, made_for, ""))
        return 0
    missing = []
    for (part, module), layer in file.layers.items():
        shape = modules.get(part, {}).get(flat(module))
        if shape is None:
            missing.append((part, module))
        elif (layer.up[0], layer.down[1]) != shape[:2]:
            detail = f" {module} is {shape[0]} x {shape[1]} there and {layer.up[0]} x {layer.down[1]} here."
            raise EnvironmentFault(_misfit(file, source, row, made_for, detail))
    if len(missing) == len(file.layers):
        detail = f" None of its {len(missing)} modules is in the model, for example {' '.join(missing[0])}."
        raise EnvironmentFault(_misfit(file, source, row, made_for, detail))
    return len(missing)


def family_of(file: LoraFile) -> str:
    """Return the names of the families whose models a LoRA seems made for, "" where nothing tells."""
    if _is_unets(file):
        widths = (
            layer.down[1]
            for (part, module), layer in file.layers.items()
            if part == DENOISER and module.endswith(("attn2.to_k", "attn2.to_v"))
        )
        return _WIDTHS.get(next(widths, 0), "sd, sdxl or kolors")
    modules = [module for part, module in file.layers if part == DENOISER]
    for signs, family in _SIGNS:
        if any(sign in module for module in modules for sign in signs):
            return family
    return ""


def _is_unets(file: LoraFile) -> bool:
    """Tell whether a LoRA is for a UNet, or for text encoders alone."""
    modules = [module for part, module in file.layers if part == DENOISER]
    return not modules or any(module.startswith(_UNET) for module in modules)


def _misfit(file: LoraFile, source: ModelSource, row: FamilyRow, made_for: str, detail: str) -> str:
    guess = f"made for {made_for} models" if made_for else "not made for such models"
    return (
        f'{file.path.name} does not fit "{source.name}", a {row.name} model: it seems {guess}.{detail} '
        "Use a LoRA that was trained on this family."
    )
