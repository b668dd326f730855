"""LoRA files with random weights, for any model, and the merge by hand that they are checked against."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

ATTENTION = ("to_q", "to_k", "to_v", "to_out.0")
ENCODER = ("q_proj", "k_proj", "v_proj", "out_proj")


def pairs_for(
    part: nn.Module, ends: tuple[str, ...], *, rank: int = 4, seed: int = 0
) -> dict[str, tuple[Tensor, Tensor]]:
    """Random (A, B) for the modules of a part whose names end so, strong enough to be seen."""
    generator = torch.Generator().manual_seed(seed)
    found = {}
    for name, module in part.named_modules():
        if isinstance(module, nn.Linear) and name.endswith(tuple(f".{end}" for end in ends)):
            down = torch.randn(rank, module.in_features, generator=generator) * 0.2
            up = torch.randn(module.out_features, rank, generator=generator) * 0.2
            found[name] = (down, up)
    assert found, f"no module ends with {ends}"
    return found


def peft_state(prefix: str, pairs: Mapping[str, tuple[Tensor, Tensor]]) -> dict[str, Tensor]:
    """Tensors with diffusers' names."""
    named = {}
    for name, (down, up) in pairs.items():
        named[f"{prefix}.{name}.lora_A.weight"], named[f"{prefix}.{name}.lora_B.weight"] = down, up
    return named


def kohya_state(prefix: str, pairs: Mapping[str, tuple[Tensor, Tensor]], alpha: float) -> dict[str, Tensor]:
    """Tensors with kohya's names."""
    named = {}
    for name, (down, up) in pairs.items():
        stem = f"{prefix}_{name.removeprefix('text_model.').replace('.', '_')}"
        named[f"{stem}.lora_down.weight"], named[f"{stem}.lora_up.weight"] = down, up
        named[f"{stem}.alpha"] = torch.tensor(alpha)
    return named


def merged(part: nn.Module, pairs: Mapping[str, tuple[Tensor, Tensor]], scale: float) -> None:
    """W + scale * B @ A, in the weights themselves: the oracle."""
    with torch.no_grad():
        for name, (down, up) in pairs.items():
            part.get_submodule(name).weight += scale * (up @ down)  # type: ignore[operator]


def sdxl_unet(**extra: Any) -> Any:
    """A narrow UNet with SDXL's blocks: 70 transformer layers, 560 attention projections."""
    from tests.tiny import _diffusers

    return _diffusers().UNet2DConditionModel(
        sample_size=8,
        layers_per_block=2,
        block_out_channels=(8, 8, 16),
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        transformer_layers_per_block=(1, 2, 10),
        attention_head_dim=8,
        norm_num_groups=8,
        use_linear_projection=True,
        **extra,
    )


def diffsynth_blocks() -> Iterator[tuple[int, str]]:
    """(number in DiffSynth's list, diffusers' name) of SDXL's attention blocks.

    The list holds, in the order of work, resnets, attentions and samplers, a push after each of those on the way
    down and a pop before each resnet on the way up.
    """
    number = 0
    for block, attends, sampled in ((0, False, True), (1, True, True), (2, True, False)):
        for layer in range(2):
            number += 1  # resnet
            if attends:
                yield number, f"down_blocks.{block}.attentions.{layer}"
                number += 1
            number += 1  # push
        number += 2 * sampled  # sampler, push
    yield number + 1, "mid_block.attentions.0"
    number += 3
    for block, attends in ((0, True), (1, True), (2, False)):
        for layer in range(3):
            number += 2  # pop, resnet
            if attends:
                yield number, f"up_blocks.{block}.attentions.{layer}"
                number += 1
        number += 1  # sampler


def diffsynth_state(pairs: Mapping[str, tuple[Tensor, Tensor]]) -> dict[str, Tensor]:
    """Tensors with DiffSynth's names."""
    numbers = {name: number for number, name in diffsynth_blocks()}
    named = {}
    for name, (down, up) in pairs.items():
        home = next(home for home in numbers if name.startswith(f"{home}."))
        inner = name.removeprefix(f"{home}.").replace("to_out.0", "to_out")
        stem = f"blocks.{numbers[home]}.{inner}"
        named[f"{stem}.lora_A.default.weight"], named[f"{stem}.lora_B.default.weight"] = down, up
    return named
