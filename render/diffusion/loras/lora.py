"""A LoRA file described: its naming, what it changes, its rank and scale, and which models it fits.

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
from render.assets.files import PICKLES
from render.assets.find import check_ending
from render.assets.kinds import LORA
from render.diffusion.loras.headers import Header, read_lora_header
from render.diffusion.loras.names import DENOISER, DIFFSYNTH, Spot, read_name

METADATA = "lora_adapter_metadata"
_FOREIGN = {
    r"\.lokr_|\.hada_|\.oft_|\.lora_mid\.": "LyCORIS modules (LoHa, LoKr, OFT or a LoCon with a middle)",
    r"\.dora_scale|lora_magnitude_vector": "DoRA scales",
    r"^model\.diffusion_model\.|^first_stage_model\.|^cond_stage_model\.": "a whole model",
    r"^controlnet_|^control_model\.|^lora_controlnet": "a ControlNet",
}


@dataclass(frozen=True, kw_only=True)
class LoraLayer:
    """One changed module: shapes of `down` (rank, in, ...) and `up` (out, rank, ...), and its scale."""

    down: tuple[int, ...]
    up: tuple[int, ...]
    scale: float

    @property
    def rank(self) -> int:
        """Rows of `down`."""
        return self.down[0]


@dataclass(frozen=True, kw_only=True)
class LoraFile:
    """A LoRA file. `layers` are by part and module; `form` is its naming; `digest` the SHA-256 of its bytes and of
    the alpha it was given; `alpha_said`: whether the scale is known, from the file or from the project.
    """

    path: Path
    form: str
    layers: Mapping[tuple[str, str], LoraLayer]
    alpha: float | None
    alpha_said: bool
    digest: str

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts of the model that it changes."""
        return tuple(sorted({part for part, _ in self.layers}))

    def told(self) -> str:
        """Say in a few words what it is: naming, modules, rank and effective scale."""
        ranks = _span({layer.rank for layer in self.layers.values()})
        scales = _span({round(layer.scale, 6) for layer in self.layers.values()})
        counts = Counter(part for part, _ in self.layers)
        places = " and ".join(
            f"{count} modules of the {part.replace('_', ' ')}" for part, count in counts.items()
        )
        source = "alpha / rank" if self.alpha_said else "no alpha in the file; taken as the rank"
        return f"{self.form}, {places}, rank {ranks}, scale {scales} ({source})"


def describe(path: Path, *, alpha: float | None = None, layers: int = 2) -> LoraFile:
    """Describe a LoRA file from its header. `alpha` is for files that do not say theirs.

    Raises EnvironmentFault for a file that is damaged, not safe to open, or no LoRA that can be read here.
    """
    check_ending(LORA, path.name)
    header = read_lora_header(path)
    spots = {name: read_name(name, layers=layers) for name in header.shapes}
    _check_kind(path, spots)
    alphas = _alphas(header, spots)
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
        alpha_said=alpha is not None or bool(alphas),
        digest=digest.hexdigest(),
    )


def _check_kind(path: Path, spots: Mapping[str, Spot]) -> None:
    """Refuse what is no LoRA, saying what it is instead."""
    for pattern, what in _FOREIGN.items():
        example = next((name for name in spots if re.search(pattern, name)), None)
        if example is not None:
            raise EnvironmentFault(f'{path.name} holds {what} ("{example}"), which cannot be used here.')
    read = [spot for spot in spots.values() if spot.role in ("down", "up")]
    if not read:
        example = next(iter(spots), "no tensor at all")
        raise EnvironmentFault(
            f'{path.name} is no LoRA: its {len(spots)} tensors are named like "{example}". A LoRA has pairs such as '
            '"unet...to_q.lora_A.weight" and "...lora_B.weight", or "lora_unet_...lora_down.weight".'
        )
    if path.suffix.lower() in PICKLES and any(spot.form != DIFFSYNTH for spot in read):
        raise EnvironmentFault(
            f"{path.name} is a pickle, and not one of DiffSynth-Studio's. Use a .safetensors file, or convert it with: "
            f"reverie convert-lora {path.name} {path.stem}.safetensors"
        )


def _pairs(
    path: Path, header: Header, spots: Mapping[str, Spot]
) -> dict[tuple[str, str], tuple[tuple[int, ...], tuple[int, ...]]]:
    """Return the shapes of down and up by part and module."""
    halves: dict[tuple[str, str], dict[str, tuple[int, ...]]] = {}
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


def _alphas(header: Header, spots: Mapping[str, Spot]) -> dict[tuple[str, str], float]:
    """Return what the file says of alpha, by part and module: as tensors (kohya) or in its metadata (diffusers)."""
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
        raise EnvironmentFault(f"its metadata ({METADATA}) cannot be read: {error}.") from error
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
