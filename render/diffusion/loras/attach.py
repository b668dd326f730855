"""LoRAs read and put into a loaded model: beside the weights, never in them, so that every frame has its own strength.

peft's layers do the work. With weight 0 a layer is switched off: what comes out is the model's own, bit for bit.
"""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from keyframes.errors import EnvironmentFault
from render.assets.files import WEIGHTS
from render.assets.loading import loading
from render.diffusion.families.table import DIFFUSION, FamilyRow
from render.diffusion.loras.lora import LoraFile, read_pickle, scale_of
from render.diffusion.loras.names import DENOISER, ENCODERS, Key, flat, halves, read_name, tidy


@dataclass(frozen=True, kw_only=True)
class Pair:
    """One module's change: up @ down * scale. `down` (rank, in, ...), `up` (out, rank, ...)."""

    down: Tensor
    up: Tensor
    scale: float

    @property
    def rank(self) -> int:
        """Rows of `down`."""
        return len(self.down)

    @property
    def alpha(self) -> float:
        """The alpha that says the scale."""
        return self.scale * self.rank

    def scaled_up(self) -> Tensor:
        """Return `up` with the scale in it, float32."""
        return self.up.float() * self.scale


Pairs = Mapping[Key, Pair]
Home = nn.Linear | nn.Conv2d


@dataclass(frozen=True, kw_only=True)
class Loras:
    """The LoRAs of a model. `layers` are all layers that any of them changes, with the numbers of those that do;
    `in_encoders` the numbers of those that change a text encoder.
    """

    layers: tuple[tuple[Any, tuple[int, ...]], ...] = ()
    count: int = 0
    in_encoders: tuple[int, ...] = ()
    _now: list[tuple[float, ...]] = field(default_factory=list)

    def use(self, weights: Sequence[float]) -> None:
        """Give each LoRA its weight. Nothing is loaded or copied; the same weights again cost nothing."""
        given = tuple(weights)
        if len(given) != self.count:
            raise ValueError(f"{len(given)} weights for {self.count} LoRAs")
        if self._now == [given]:
            return
        for layer, numbers in self.layers:
            active = [_adapter(number) for number in numbers if given[number] != 0]
            if bool(active) == layer.disable_adapters or (active and layer.active_adapters != active):
                layer.enable_adapters(bool(active))
                layer.set_adapter(active, inference_mode=True)
            for number in numbers:
                if given[number] != 0:
                    layer.set_scale(_adapter(number), given[number])
        self._now[:] = [given]

    @property
    def text_weights(self) -> tuple[float, ...]:
        """The weights in use that texts depend on."""
        return tuple(self._now[-1][number] for number in self.in_encoders)


def attach_loras(pipe: Any, row: FamilyRow, files: Sequence[LoraFile], dtype: torch.dtype) -> Loras:
    """Attach LoRAs to a pipeline's parts, all with weight 0; beside quantised weights they work in `dtype`.

    Raises EnvironmentFault for one that fits nowhere.
    """
    if not files:
        return Loras()
    parts = {DENOISER: getattr(pipe, row.denoiser)}
    parts |= {name: part for name in ENCODERS if (part := getattr(pipe, name, None)) is not None}
    modules = {name: _modules(part) for name, part in parts.items()}
    in_encoders = []
    for number, file in enumerate(files):
        by_part = _placed(_read(file, row, pipe), modules, file, row)
        for name, pairs in by_part.items():
            _inject(parts[name], pairs, number, dtype)
        if set(by_part) - {DENOISER}:
            in_encoders.append(number)
    layers = tuple(_layers(parts.values(), len(files)))
    attached = Loras(layers=layers, count=len(files), in_encoders=tuple(in_encoders))
    attached.use([0.0] * len(files))
    return attached


def read_pairs(file: LoraFile, *, layers: int = 2) -> Pairs:
    """Return a file's pairs, with the scales that its description says. `layers`: see read_name."""
    return _pairs(_tensors(file.path), file.scales, layers=layers)


def _read(file: LoraFile, row: FamilyRow, pipe: Any) -> Pairs:
    """Return a file's pairs with diffusers' names: the LoRAs of Flux, Qwen-Image and others have many namings, which
    diffusers knows. Where it leaves the scale to the caller, that is as the file's description says.
    """
    if row.samplers == DIFFUSION:
        return read_pairs(file, layers=int(pipe.unet.config.layers_per_block))
    given = _tensors(file.path)
    returned = getattr(import_module("diffusers"), row.pipelines[0]).lora_state_dict(dict(given))
    state: dict[str, Tensor] = returned[0] if isinstance(returned, tuple) else returned
    if state.keys() == given.keys():
        return _pairs(state, file.scales)
    return _pairs({name: value for name, value in state.items() if value.ndim > 1}, {}, alpha=file.alpha)


def _tensors(path: Path) -> dict[str, Tensor]:
    """Return a file's tensors by their names in it, on the CPU. Raises EnvironmentFault for one that cannot be read."""
    if path.suffix.lower() != WEIGHTS:
        return read_pickle(path, "cpu")
    from safetensors.torch import load_file

    with loading(f"LoRA {path}"):
        return load_file(path)


def _pairs(
    tensors: Mapping[str, Tensor], scales: Mapping[Key, float], *, layers: int = 2, alpha: float | None = None
) -> Pairs:
    """Return the whole pairs; those that are not in `scales` have the scale that `alpha` says."""
    spots = {name: read_name(name, layers=layers) for name in tensors}
    return {
        key: Pair(**pair, scale=scales.get(key, scale_of(alpha, len(pair["down"]))))
        for key, pair in halves(tensors, spots).items()
        if len(pair) == 2
    }


def _modules(part: nn.Module) -> dict[str, tuple[str, Home]]:
    """Return the modules that a LoRA can change, by flat name, with their own."""
    return {
        flat(tidy(name)): (name, module) for name, module in part.named_modules() if isinstance(module, Home)
    }


def _placed(
    pairs: Pairs, modules: Mapping[str, Mapping[str, tuple[str, Home]]], file: LoraFile, row: FamilyRow
) -> dict[str, dict[str, Pair]]:
    """Sort a LoRA's pairs by part, under the names that the modules have there."""
    found: dict[str, dict[str, Pair]] = {}
    for (part, module), pair in pairs.items():
        if flat(module) in modules.get(part, {}):
            name, home = modules[part][flat(module)]
            found.setdefault(part, {})[name] = _shaped(pair, home, file, name)
    if not found:
        example = next(iter(pairs), ("", "nothing that diffusers could read"))
        raise EnvironmentFault(
            f"{file.path.name} changes nothing in this {row.name} model: none of its {len(pairs)} modules is there, "
            f"for example {' '.join(example).strip()}. Use a LoRA that was trained on this family."
        )
    return found


def _shaped(pair: Pair, home: Home, file: LoraFile, name: str) -> Pair:
    """Give a pair the dimensions of the module's weight: a linear layer's may be written as a 1x1 convolution's."""
    down, up, shape = pair.down, pair.up, tuple(home.weight.shape)
    if isinstance(home, nn.Linear):  # quantised weights are stored in other shapes
        shape = (home.out_features, home.in_features)
    if (up.shape[0], down.shape[1]) != shape[:2]:
        raise EnvironmentFault(
            f"{file.path.name} does not fit: {name} is {shape} in the model, and {up.shape[0]} x "
            f"{down.shape[1]} in the file. Use a LoRA that was trained on this family."
        )
    if len(shape) == 2:
        down, up = down.flatten(1), up.flatten(1)
    if len(shape) == 4 and down.ndim == 2:
        down, up = down[:, :, None, None], up[:, :, None, None]
    return Pair(down=down, up=up, scale=pair.scale)


def _inject(part: nn.Module, pairs: Mapping[str, Pair], number: int, dtype: torch.dtype) -> None:
    """Put peft's layers round the modules, with the scale in `up` so that 1 is the LoRA's own strength."""
    from peft import LoraConfig, inject_adapter_in_model, set_peft_model_state_dict

    ranks = {name: pair.rank for name, pair in pairs.items()}
    usual = Counter(ranks.values()).most_common(1)[0][0]
    others = {f"^{re.escape(name)}$": rank for name, rank in ranks.items() if rank != usual}
    config = LoraConfig(
        r=usual,
        lora_alpha=usual,
        rank_pattern=others,
        alpha_pattern=dict(others),
        target_modules=list(pairs),
        init_lora_weights=False,
    )
    state = {}
    for name, pair in pairs.items():
        like = part.get_submodule(name)
        weight = getattr(like, "base_layer", like).weight
        assert isinstance(weight, Tensor)
        kind = weight.dtype if weight.is_floating_point() else dtype
        for half, tensor in (("A", pair.down), ("B", pair.scaled_up())):
            state[f"{name}.lora_{half}.weight"] = tensor.to(device=weight.device, dtype=kind)
    adapter = _adapter(number)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Already found a `peft_config`")  # several LoRAs are meant
        inject_adapter_in_model(config, part, adapter_name=adapter, state_dict=state, low_cpu_mem_usage=True)
    set_peft_model_state_dict(part, state, adapter_name=adapter, low_cpu_mem_usage=True)
    part.requires_grad_(False)


def _layers(parts: Iterable[nn.Module], count: int) -> Iterator[tuple[Any, tuple[int, ...]]]:
    from peft.tuners.lora import LoraLayer

    for part in parts:
        for module in part.modules():
            if isinstance(module, LoraLayer):
                yield module, tuple(number for number in range(count) if _adapter(number) in module.lora_A)


def _adapter(number: int) -> str:
    return f"lora_{number}"
