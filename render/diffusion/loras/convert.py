"""A LoRA file written with other names: from DiffSynth-Studio's, kohya's or diffusers' to one of the last two, for the
families with a UNet.

The numbers stay the same. The alpha goes where the target has a place for it: a tensor for each module (kohya) or
metadata (diffusers); DiffSynth's files have none. Importable without torch.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from keyframes.errors import EnvironmentFault
from render.diffusion.fit import family_of
from render.diffusion.loras.lora import METADATA, LoraFile, describe_lora
from render.diffusion.loras.names import DENOISER, ENCODERS, UNET_BLOCKS, diffusers_name, kohya_name

if TYPE_CHECKING:
    from torch import Tensor

    from render.diffusion.loras.attach import Pair, Pairs

LoraNaming = Literal["diffusers", "kohya"]
_UNETS = (*UNET_BLOCKS, "conv_in", "conv_out", "time_embedding.", "add_embedding.")


def converted_lora(source: Path, *, to: LoraNaming = "diffusers", alpha: float | None = None) -> bytes:
    """Return a LoRA file with other names, as the bytes of a .safetensors file.

    `alpha` is for files that do not say theirs (DiffSynth's): the scale is alpha / rank; by default 1.
    Raises EnvironmentFault for a file that cannot be read, and for LoRAs of families without a UNet, which are
    used as they are.
    """
    file = describe_lora(source, alpha=alpha, any_pickle=True)
    strange = [key for key in file.layers if key[0] == DENOISER and not key[1].startswith(_UNETS)]
    if strange or any(part not in (DENOISER, *ENCODERS[:2]) for part, _ in file.layers):
        kind = family_of(file) or "no family with a UNet"
        raise EnvironmentFault(
            f"{source.name} is for {kind}; only LoRAs for sd, sdxl and kolors are converted. Those of other families "
            "are used in a project as they are."
        )
    from safetensors.torch import save

    from render.diffusion.loras.attach import read_pairs

    pairs = read_pairs(file)
    tensors, metadata = _kohya(file, pairs) if to == "kohya" else _diffusers(pairs)
    return save(tensors, metadata={"format": "pt", **metadata})


def _diffusers(pairs: Pairs) -> tuple[dict[str, Tensor], dict[str, str]]:
    tensors: dict[str, Tensor] = {}
    settings: dict[str, Any] = {}
    for part in sorted({part for part, _ in pairs}):
        own = {diffusers_name(part, module): pair for (home, module), pair in pairs.items() if home == part}
        prefix = "unet" if part == DENOISER else part
        for name, pair in own.items():
            tensors[f"{prefix}.{name}.lora_A.weight"] = pair.down.contiguous()
            tensors[f"{prefix}.{name}.lora_B.weight"] = pair.up.contiguous()
        settings |= {f"{prefix}.{key}": value for key, value in _config(own).items()}
    return tensors, {METADATA: json.dumps(settings, indent=2, sort_keys=True)}


def _config(pairs: Mapping[str, Pair]) -> dict[str, Any]:
    """Return peft's settings of a part: the usual rank and alpha, and those of modules with others."""
    ranks = {name: pair.rank for name, pair in pairs.items()}
    alphas = {
        name: int(pair.alpha) if pair.alpha.is_integer() else pair.alpha for name, pair in pairs.items()
    }
    rank = Counter(ranks.values()).most_common(1)[0][0]
    alpha = Counter(alphas.values()).most_common(1)[0][0]
    return {
        "r": rank,
        "lora_alpha": alpha,
        "rank_pattern": {name: value for name, value in ranks.items() if value != rank},
        "alpha_pattern": {name: value for name, value in alphas.items() if value != alpha},
        "target_modules": list(pairs),
    }


def _kohya(file: LoraFile, pairs: Pairs) -> tuple[dict[str, Tensor], dict[str, str]]:
    import torch

    encoders = 2 if any(part == ENCODERS[1] for part, _ in pairs) or "sdxl" in family_of(file) else 1
    tensors: dict[str, Tensor] = {}
    for (part, module), pair in pairs.items():
        name = kohya_name(part, module, encoders=encoders)
        tensors[f"{name}.lora_down.weight"] = pair.down.contiguous()
        tensors[f"{name}.lora_up.weight"] = pair.up.contiguous()
        tensors[f"{name}.alpha"] = torch.tensor(pair.alpha)
    metadata = {"ss_network_module": "networks.lora"}
    ranks, alphas = {pair.rank for pair in pairs.values()}, {f"{pair.alpha:g}" for pair in pairs.values()}
    if len(ranks) == len(alphas) == 1:
        metadata |= {"ss_network_dim": str(ranks.pop()), "ss_network_alpha": alphas.pop()}
    return tensors, metadata
