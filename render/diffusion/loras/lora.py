"""A LoRA file described from its header: its naming, modules, rank and scale.

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
from math import prod
from pathlib import Path
from pickle import UnpicklingError
from typing import TYPE_CHECKING, NamedTuple
from zipfile import is_zipfile

from keyframes.errors import EnvironmentFault
from render.assets.files import PICKLES, WEIGHTS, read_header
from render.assets.find import check_ending
from render.assets.kinds import LORA
from render.assets.loading import loading
from render.diffusion.loras.names import DENOISER, DIFFSYNTH, Key, Spot, halves, read_name

if TYPE_CHECKING:
    from torch import Tensor

METADATA = "lora_adapter_metadata"
_FOREIGN = {
    r"\.lokr_|\.hada_|\.oft_|\.lora_mid\.": "LyCORIS modules (LoHa, LoKr, OFT or a LoCon with a middle)",
    r"\.dora_scale|lora_magnitude_vector": "DoRA scales",
    r"^model\.diffusion_model\.|^first_stage_model\.|^cond_stage_model\.": "a whole model",
    r"^controlnet_|^control_model\.|^lora_controlnet": "a ControlNet",
}
_NUMPY = ("F64", "F32", "F16", "I64", "I32", "I16", "I8", "U8")  # types that need no torch
_HINT = "Save it as .safetensors, or fetch it again."
Shape = tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class LoraLayer:
    """One changed module: shapes of `down` (rank, in, ...) and `up` (out, rank, ...), and its scale."""

    down: Shape
    up: Shape
    scale: float


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
    def scales(self) -> Mapping[Key, float]:
        """The scale of each module's change."""
        return {key: layer.scale for key, layer in self.layers.items()}

    def describe(self) -> str:
        """Describe it in a few words: naming, modules, rank and effective scale."""
        ranks = _span({layer.down[0] for layer in self.layers.values()})
        scales = _span({round(layer.scale, 6) for layer in self.layers.values()})
        counts = Counter(part for part, _ in self.layers)
        places = " and ".join(
            f"{count} modules of the {part.replace('_', ' ')}" for part, count in counts.items()
        )
        source = "alpha / rank" if self.alpha_known else "no alpha in the file; taken as the rank"
        return f"{self.form}, {places}, rank {ranks}, scale {scales} ({source})"


class Header(NamedTuple):
    """Tensor name -> shape; `scalars` are the values of the alphas; `metadata` what the file says of itself."""

    shapes: Mapping[str, Shape]
    scalars: Mapping[str, float]
    metadata: Mapping[str, str]


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
    pairs = halves(header.shapes, spots)
    _check_pairs(path, pairs)
    found = {
        key: LoraLayer(
            down=pair["down"], up=pair["up"], scale=scale_of(alphas.get(key, alpha), pair["down"][0])
        )
        for key, pair in pairs.items()
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


def read_lora_header(path: Path) -> Header:
    """Read a LoRA file's header. Raises EnvironmentFault for a file that is damaged, or a pickle that holds more than
    tensors.
    """
    if path.suffix.lower() != WEIGHTS:
        tensors = read_pickle(path, "meta")
        return Header({name: tuple(value.shape) for name, value in tensors.items()}, {}, {})
    from safetensors import safe_open

    stored = read_header(path)
    alphas = [name for name, entry in stored.items() if name.endswith("alpha") and prod(entry.shape) == 1]
    plain = all(stored[name].dtype in _NUMPY for name in alphas)
    with safe_open(path, framework="numpy" if plain else "pt") as file:
        return Header(
            shapes={name: entry.shape for name, entry in stored.items()},
            scalars={name: float(file.get_tensor(name).item()) for name in alphas},
            metadata=file.metadata() or {},
        )


def read_pickle(path: Path, device: str) -> dict[str, Tensor]:
    """Read a dict of tensors that torch saved, by torch's reader of tensors, which runs nothing; on the device "meta"
    their numbers are not read. Raises EnvironmentFault for a file that is damaged or holds more than tensors.
    """
    import torch

    with loading(f"LoRA {path}", _HINT):
        if not is_zipfile(path):
            raise ValueError("not a file of tensors in torch's format")
        try:
            found = torch.load(path, map_location=device, weights_only=True)
        except UnpicklingError as error:
            asked = re.search(r"GLOBAL (\S+)", str(error))
            if asked is None:
                raise
            raise EnvironmentFault(
                f"{path} asks to run {asked[1]} when it is opened. A file of weights needs no such thing, so it is not "
                "opened. Use a .safetensors file."
            ) from error
    if not isinstance(found, dict):
        raise EnvironmentFault(f"{path}: holds a {type(found).__name__}, not tensors by name. {_HINT}")
    return {str(name): value for name, value in found.items() if isinstance(value, torch.Tensor)}


def scale_of(alpha: float | None, rank: int) -> float:
    """Return the scale of a module's change; an alpha that nobody says is the rank."""
    return 1.0 if alpha is None else alpha / rank


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


def _check_pairs(path: Path, pairs: Mapping[Key, Mapping[str, Shape]]) -> None:
    for (part, module), pair in pairs.items():
        if len(pair) < 2:
            raise EnvironmentFault(
                f"{path.name}: {part} {module} has only one half of its pair. Fetch the file again."
            )
        down, up = pair["down"], pair["up"]
        if len(down) < 2 or len(up) < 2 or up[1] != down[0]:
            raise EnvironmentFault(
                f"{path.name}: {part} {module} has halves of different rank: {down} and {up}."
            )


def _alphas(path: Path, header: Header, spots: Mapping[str, Spot]) -> dict[Key, float]:
    """Return the file's alphas by part and module, from its tensors (kohya) or its metadata (diffusers)."""
    found = {spots[name].key: value for name, value in header.scalars.items() if spots[name].role == "alpha"}
    try:
        said = json.loads(header.metadata.get(METADATA, "{}"))
        for spot in spots.values():
            prefixes = ("unet", "transformer") if spot.part == DENOISER else (spot.part,)
            prefix = next((known for known in prefixes if f"{known}.lora_alpha" in said), None)
            if spot.role == "down" and prefix is not None:
                patterns = said.get(f"{prefix}.alpha_pattern") or {}
                found[spot.key] = float(_matching(patterns, spot.module, said[f"{prefix}.lora_alpha"]))
    except (ValueError, TypeError, AttributeError) as error:
        raise EnvironmentFault(f"{path}: its metadata ({METADATA}) cannot be read: {error}.") from error
    return found


def _matching(patterns: Mapping[str, float], module: str, usual: float) -> float:
    """Return the value of the pattern that names a module (peft: a whole name or its end), or the usual one."""
    for pattern, value in patterns.items():
        plain = pattern.removeprefix("^").removesuffix("$").replace("\\.", ".")
        if module == plain or (not pattern.startswith("^") and module.endswith(f".{plain}")):
            return value
    return usual


def _span(values: set[int] | set[float]) -> str:
    low, high = min(values), max(values)
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"
