"""Other programs' names for the blocks of a UNet.

DiffSynth-Studio counts all blocks of SDXL's UNet (Kolors has the same) in one list; Stability's code, whose
names kohya's tools keep for SDXL, counts the blocks of each side with their samplers.
"""

from __future__ import annotations

import re

from render.diffusion.loras.underscores import dotted

_DIFFSYNTH = {
    7: "down_blocks.1.attentions.0",
    10: "down_blocks.1.attentions.1",
    15: "down_blocks.2.attentions.0",
    18: "down_blocks.2.attentions.1",
    21: "mid_block.attentions.0",
    25: "up_blocks.0.attentions.0",
    28: "up_blocks.0.attentions.1",
    31: "up_blocks.0.attentions.2",
    35: "up_blocks.1.attentions.0",
    38: "up_blocks.1.attentions.1",
    41: "up_blocks.1.attentions.2",
}
_BLOCK = re.compile(r"(input|middle|output)_blocks?_(\d+)_(?:(\d+)_)?(.+)")
_MIDDLE = ("resnets.0", "attentions.0", "resnets.1")
_RESNET = {
    "in_layers_0": "norm1",
    "in_layers_2": "conv1",
    "emb_layers_1": "time_emb_proj",
    "out_layers_0": "norm2",
    "out_layers_3": "conv2",
    "skip_connection": "conv_shortcut",
}
_ALONE = {
    "input_blocks_0_0": "conv_in",
    "time_embed_0": "time_embedding.linear_1",
    "time_embed_2": "time_embedding.linear_2",
    "label_emb_0_0": "add_embedding.linear_1",
    "label_emb_0_2": "add_embedding.linear_2",
    "out_0": "conv_norm_out",
    "out_2": "conv_out",
}


def diffsynth_module(block: int, inner: str) -> str | None:
    """Return diffusers' name of a module of DiffSynth's block; None for a block without attention."""
    home = _DIFFSYNTH.get(block)
    if home is None:
        return None
    return f"{home}.{re.sub(r'to_out$', 'to_out.0', inner)}"


def diffsynth_name(module: str) -> str | None:
    """Undo diffsynth_module: "blocks.7.transformer_blocks.0.attn1.to_q"; None for what it has no name for."""
    for block, home in _DIFFSYNTH.items():
        if module.startswith(f"{home}."):
            return f"blocks.{block}.{re.sub(r'to_out.0$', 'to_out', module.removeprefix(f'{home}.'))}"
    return None


def stability_module(module: str, layers: int) -> str | None:
    """Return diffusers' dotted name of a module that kohya's tools wrote with Stability's names, for a UNet of
    so many layers per block; None for a name that is not of that kind.
    """
    if module in _ALONE:
        return _ALONE[module]
    found = _BLOCK.fullmatch(module)
    if found is None:
        return None
    side, number, place = found[1], int(found[2]), int(found[3] or 0)
    if side == "middle":
        return f"mid_block.{_MIDDLE[min(number, 2)]}.{_inner(module.removeprefix(f'middle_block_{number}_'))}"
    block, layer = divmod(number - 1 if side == "input" else number, layers + 1)
    home = f"{'down' if side == 'input' else 'up'}_blocks.{block}"
    rest = found[4]
    if rest == "op":
        return f"{home}.downsamplers.0.conv"
    if rest == "conv":
        return f"{home}.upsamplers.0.conv"
    return f"{home}.{'resnets' if place == 0 else 'attentions'}.{layer}.{_inner(rest)}"


def _inner(rest: str) -> str:
    """Return the name within a block, dotted."""
    if rest in _RESNET:
        return _RESNET[rest]
    return dotted(rest)
