"""A LoRA file described (its naming, modules, rank and scale) and checked against a model, by the headers of both.

Importable without torch. W becomes W + weight * scale * up @ down; scale is alpha / rank (Hu et al. 2021,
arXiv:2106.09685, section 4.1).
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path

from keyframes.errors import EnvironmentFault
from render.assets.files import PICKLES, WEIGHTS, read_header
from render.assets.find import check_ending
from render.assets.kinds import LORA
from render.diffusion.catalogue import ModelSource
from render.diffusion.families.table import DIFFUSION, FamilyRow, family_named
from render.diffusion.loras.names import DENOISER, DIFFSYNTH, ENCODERS, Spot, flat, read_name, tidy
from render.diffusion.loras.reading import Header, Key, read_lora_header
from render.diffusion.weight_options import stored_parts

METADATA = "lora_adapter_metadata"
_FOREIGN = {
    r"\.lokr_|\.hada_|\.oft_|\.lora_mid\.": "LyCORIS modules (LoHa, LoKr, OFT or a LoCon with a middle)",
    r"\.dora_scale|lora_magnitude_vector": "DoRA scales",
    r"^model\.diffusion_model\.|^first_stage_model\.|^cond_stage_model\.": "a whole model",
    r"^controlnet_|^control_model\.|^lora_controlnet": "a ControlNet",
}
Shape = tuple[int, ...]
Modules = Mapping[str, Mapping[str, Shape]]
_UNET = ("down_blocks.", "mid_block.", "up_blocks.")
_WIDTHS = {768: "sd (1.x)", 1024: "sd (2.x)", 1280: "sdxl's refiner", 2048: "sdxl or kolors"}
_SIGNS = (
    (("double_blocks", "double.blocks", "single_transformer_blocks", "single.blocks"), "flux or chroma"),
    (("img_mlp", "txt_mlp", "img_mod", "img.mlp", "txt.mlp"), "qwen-image"),
    (("noise_refiner", "context_refiner", "noise.refiner", "context.refiner"), "z-image"),
    (("joint_blocks", "add_q_proj", "ff_context"), "sd3"),
    (("conv_inverted", "conv_depth"), "sana-sprint"),
)


@dataclass(frozen=True, kw_only=True)
class LoraLayer:
    """One changed module: shapes of `down` (rank, in, ...) and `up` (out, rank, ...), and its scale."""

    down: Shape
    up: Shape
    scale: float

    @property
    def rank(self) -> int:
        """Rows of `down`."""
        return self.down[0]


@dataclass(frozen=True, kw_only=True)
class LoraFile:
    """A LoRA file. `layers` are by part and module; `form` is its naming; `digest`: the SHA-256 of its bytes and of
    the alpha that the project gives; `alpha_known`: whether the file or the project says an alpha.
    """

    path: Path
    form: str
    layers: Mapping[Key, LoraLayer]
    alpha: float | None
    alpha_known: bool
    digest: str

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts of the model that it changes."""
        return tuple(sorted({part for part, _ in self.layers}))

    @property
    def scales(self) -> Mapping[Key, float]:
        """The scale of each module's change."""
        return {key: layer.scale for key, layer in self.layers.items()}

    def describe(self) -> str:
        """Describe it in a few words: naming, modules, rank and effective scale."""
        ranks = _span({layer.rank for layer in self.layers.values()})
        scales = _span({round(layer.scale, 6) for layer in self.layers.values()})
        counts = Counter(part for part, _ in self.layers)
        places = " and ".join(
            f"{count} modules of the {part.replace('_', ' ')}" for part, count in counts.items()
        )
        source = "alpha / rank" if self.alpha_known else "no alpha in the file; taken as the rank"
        return f"{self.form}, {places}, rank {ranks}, scale {scales} ({source})"


def describe_lora(
    path: Path, *, alpha: float | None = None, layers: int = 2, any_pickle: bool = False
) -> LoraFile:
    """Describe a LoRA file from its header. `alpha` is for files without one; `layers`: see read_name.

    any_pickle: whether pickles of others than DiffSynth-Studio are read as well, to be converted. Raises
    EnvironmentFault for a file that is damaged, not safe to open, or not a LoRA that can be read here.
    """
    check_ending(LORA, path.name)
    header = read_lora_header(path)
    spots = {name: read_name(name, layers=layers) for name in header.shapes}
    _check_kind(path, spots, any_pickle=any_pickle)
    alphas = _alphas(path, header, spots)
    if alphas and alpha is not None:
        raise EnvironmentFault(
            f"{path.name} says its own alpha ({_span(set(alphas.values()))}); leave `alpha` out, and use `weight`."
        )
    shapes = _pairs(path, header, spots)
    found = {
        key: LoraLayer(down=down, up=up, scale=_scale(alphas.get(key, alpha), down[0]))
        for key, (down, up) in shapes.items()
    }
    forms = Counter(spot.form for spot in spots.values() if spot.role in ("down", "up"))
    with path.open("rb") as stream:
        digest = file_digest(stream, "sha256")
    digest.update(f"alpha {alpha}".encode() if alpha is not None else b"")
    return LoraFile(
        path=path,
        form=forms.most_common(1)[0][0],
        layers=found,
        alpha=alpha,
        alpha_known=alpha is not None or bool(alphas),
        digest=digest.hexdigest(),
    )


def _check_kind(path: Path, spots: Mapping[str, Spot], *, any_pickle: bool) -> None:
    """Refuse a file that is not a LoRA, and say what it is instead."""
    for pattern, what in _FOREIGN.items():
        example = next((name for name in spots if re.search(pattern, name)), None)
        if example is not None:
            raise EnvironmentFault(f'{path.name} holds {what} ("{example}"), which cannot be used here.')
    read = [spot for spot in spots.values() if spot.role in ("down", "up")]
    if not read:
        example = next(iter(spots), "no tensor at all")
        raise EnvironmentFault(
            f'{path.name} is not a LoRA: its {len(spots)} tensors are named like "{example}". A LoRA has pairs such as '
            '"unet...to_q.lora_A.weight" and "...lora_B.weight", or "lora_unet_...lora_down.weight".'
        )
    pickled = path.suffix.lower() in PICKLES and not any_pickle
    if pickled and any(spot.form != DIFFSYNTH for spot in read):
        raise EnvironmentFault(
            f"{path.name} is a pickle, and not one of DiffSynth-Studio's. Use a .safetensors file, or convert it with: "
            f"reverie convert-lora {path.name} {path.stem}.safetensors"
        )


def _pairs(path: Path, header: Header, spots: Mapping[str, Spot]) -> dict[Key, tuple[Shape, Shape]]:
    """Return the shapes of down and up by part and module."""
    halves: dict[Key, dict[str, Shape]] = {}
    for name, spot in spots.items():
        if spot.role in ("down", "up"):
            halves.setdefault((spot.part, spot.module), {})[spot.role] = header.shapes[name]
    for (part, module), half in halves.items():
        if len(half) < 2:
            raise EnvironmentFault(
                f"{path.name}: {part} {module} has only one half of its pair. Fetch the file again."
            )
        if len(half["down"]) < 2 or len(half["up"]) < 2 or half["up"][1] != half["down"][0]:
            raise EnvironmentFault(
                f"{path.name}: {part} {module} has halves of different rank: {half['down']} and {half['up']}."
            )
    return {key: (half["down"], half["up"]) for key, half in halves.items()}


def _alphas(path: Path, header: Header, spots: Mapping[str, Spot]) -> dict[Key, float]:
    """Return the file's alphas by part and module, from its tensors (kohya) or its metadata (diffusers)."""
    found = {
        (spots[name].part, spots[name].module): value
        for name, value in header.scalars.items()
        if spots[name].role == "alpha"
    }
    try:
        said = json.loads(header.metadata.get(METADATA, "{}"))
        for spot in spots.values():
            prefix = next((known for known in _prefixes(spot.part) if f"{known}.lora_alpha" in said), None)
            if spot.role == "down" and prefix is not None:
                patterns = said.get(f"{prefix}.alpha_pattern") or {}
                usual = said[f"{prefix}.lora_alpha"]
                found[spot.part, spot.module] = float(_matching(patterns, spot.module, usual))
    except (ValueError, TypeError, AttributeError) as error:
        raise EnvironmentFault(f"{path}: its metadata ({METADATA}) cannot be read: {error}.") from error
    return found


def _prefixes(part: str) -> tuple[str, ...]:
    return ("unet", "transformer") if part == DENOISER else (part,)


def _matching(patterns: Mapping[str, float], module: str, usual: float) -> float:
    """Return the value of the pattern that names a module (peft: a whole name or its end), or the usual one."""
    for pattern, value in patterns.items():
        plain = pattern.removeprefix("^").removesuffix("$").replace("\\.", ".")
        if module == plain or (not pattern.startswith("^") and module.endswith(f".{plain}")):
            return value
    return usual


def _scale(alpha: float | None, rank: int) -> float:
    return 1.0 if alpha is None else alpha / rank


def _span(values: set[int] | set[float]) -> str:
    low, high = min(values), max(values)
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def layers_per_block(source: ModelSource) -> int:
    """Return what Stability's names count in a model's UNet: 2 where it is not known yet."""
    given = source.config("unet").get("layers_per_block", 2)
    return given if isinstance(given, int) else 2


def modules_of(source: ModelSource) -> Modules | None:
    """Return the shapes of a model's weights by part and flat module name; None where its files do not say: it has not
    been fetched, is a single file with other names, or has other weights than those of its folder.
    """
    if source.path is None or source.path.is_file():
        return None
    if source.weights.denoiser is not None or any(stored_parts(source)):
        return None
    row = family_named(source.family)
    found: dict[str, dict[str, Shape]] = {}
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
        f'{file.path.name} does not fit "{source.name}" (family {row.name}): it seems {guess}.{detail} '
        "Use a LoRA that was trained on this family."
    )
