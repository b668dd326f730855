"""A LoRA file written with other names: from DiffSynth-Studio's, kohya's or diffusers' to one of the last two, for the
families with a UNet.

The numbers stay the same. The alpha goes where the target has a place for it: a tensor for each module (kohya) or
metadata (diffusers); DiffSynth's files have none.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from keyframes.errors import EnvironmentFault
from render.diffusion.loras.lora import METADATA, LoraFile, describe_lora, family_of
from render.diffusion.loras.names import DENOISER, ENCODERS, kohya_name
from render.diffusion.loras.reading import Pair, read_pairs

Target = Literal["diffusers", "kohya"]
_UNETS = (
    "down_blocks.",
    "mid_block.",
    "up_blocks.",
    "conv_in",
    "conv_out",
    "time_embedding.",
    "add_embedding.",
)


def converted_lora(source: Path, *, to: Target = "diffusers", alpha: float | None = None) -> bytes:
    """Return a LoRA file with other names, as the bytes of a .safetensors file.

    `alpha` is for files that do not say theirs (DiffSynth's): the scale is alpha / rank; by default 1.
    Raises EnvironmentFault for a file that cannot be read, and for LoRAs of families without a UNet, which are
    used as they are.
    """
    file = describe_lora(source, alpha=alpha, any_pickle=True)
    strange = [key for key in file.layers if key[0] == DENOISER and not key[1].startswith(_UNETS)]
    if strange or any(part not in (DENOISER, *ENCODERS[:2]) for part in file.parts):
        kind = family_of(file) or "no family with a UNet"
        raise EnvironmentFault(
            f"{source.name} is for {kind}; only LoRAs for sd, sdxl and kolors are converted. Those of other families "
            "are used in a project as they are."
        )
    pairs = read_pairs(file.path, file.scales)
    tensors, metadata = _kohya(file, pairs) if to == "kohya" else _diffusers(pairs)
    from safetensors.torch import save

    return save(tensors, metadata={"format": "pt", **metadata})


def _diffusers(pairs: Mapping[tuple[str, str], Pair]) -> tuple[dict[str, Tensor], dict[str, str]]:
    tensors: dict[str, Tensor] = {}
    settings: dict[str, Any] = {}
    for part in sorted({part for part, _ in pairs}):
        own = {_full(part, module): pair for (home, module), pair in pairs.items() if home == part}
        prefix = "unet" if part == DENOISER else part
        for name, pair in own.items():
            tensors[f"{prefix}.{name}.lora_A.weight"] = pair.down.contiguous()
            tensors[f"{prefix}.{name}.lora_B.weight"] = pair.up.contiguous()
        settings |= {f"{prefix}.{key}": value for key, value in _config(own).items()}
    return tensors, {METADATA: json.dumps(settings, indent=2, sort_keys=True)}


def _full(part: str, module: str) -> str:
    """Return CLIP's module names as they have always been in LoRA files."""
    return module if part == DENOISER or module == "text_projection" else f"text_model.{module}"


def _config(pairs: Mapping[str, Pair]) -> dict[str, Any]:
    """Return peft's settings of a part: the usual rank and alpha, and those of modules with others."""
    ranks = {name: len(pair.down) for name, pair in pairs.items()}
    alphas = {name: _whole(pair.scale * len(pair.down)) for name, pair in pairs.items()}
    rank = Counter(ranks.values()).most_common(1)[0][0]
    alpha = Counter(alphas.values()).most_common(1)[0][0]
    return {
        "r": rank,
        "lora_alpha": alpha,
        "rank_pattern": {name: value for name, value in ranks.items() if value != rank},
        "alpha_pattern": {name: value for name, value in alphas.items() if value != alpha},
        "target_modules": list(pairs),
    }


def _whole(alpha: float) -> float:
    return int(alpha) if alpha == int(alpha) else alpha


def _kohya(file: LoraFile, pairs: Mapping[tuple[str, str], Pair]) -> tuple[dict[str, Tensor], dict[str, str]]:
    encoders = 2 if ENCODERS[1] in file.parts or "sdxl" in family_of(file) else 1
    tensors: dict[str, Tensor] = {}
    for (part, module), pair in pairs.items():
        name = kohya_name(part, module, encoders=encoders)
        tensors[f"{name}.lora_down.weight"] = pair.down.contiguous()
        tensors[f"{name}.lora_up.weight"] = pair.up.contiguous()
        tensors[f"{name}.alpha"] = torch.tensor(pair.scale * len(pair.down))
    ranks, alphas = ({f"{value:g}" for value in values} for values in _spans(pairs))
    metadata = {"ss_network_module": "networks.lora"}
    if len(ranks) == len(alphas) == 1:
        metadata |= {"ss_network_dim": ranks.pop(), "ss_network_alpha": alphas.pop()}
    return tensors, metadata


def _spans(pairs: Mapping[tuple[str, str], Pair]) -> tuple[list[float], list[float]]:
    ranks: list[float] = [len(pair.down) for pair in pairs.values()]
    return ranks, [pair.scale * len(pair.down) for pair in pairs.values()]
