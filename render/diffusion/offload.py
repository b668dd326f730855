"""What the memory levels do: a model's parts move between the CPU and the device, the VAE works in tiles, the denoiser
row by row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from render.diffusion.memory import ENCODERS_OFF, STREAM, TILES, TURNS, tile_side

TEXT_ENCODERS, DENOISER, VAE = "text encoders", "denoiser", "vae"
_STREAMED = "_streamed_by_reverie"


def bring(modules: Mapping[str, Sequence[Any]], part: str, level: int, device: torch.device) -> None:
    """Move a part (TEXT_ENCODERS, DENOISER or VAE) to the device, and off it those that take turns with it there.

    `modules` are those of all parts, `level` is the memory level.
    """
    if level < ENCODERS_OFF or device.type == "cpu":
        return
    present = {part} if level >= TURNS else {part, VAE} if part == TEXT_ENCODERS else {DENOISER, VAE}
    for name in sorted(modules, key=lambda name: name in present):  # what goes, goes first
        where = device if name in present else torch.device("cpu")
        for module in modules[name]:
            if stays(module):
                continue
            if level >= STREAM and name in (TEXT_ENCODERS, DENOISER) and name in present:
                stream(module, where)
            elif module.device.type != where.type:
                _move(module, where)


def stays(module: nn.Module) -> bool:
    """Tell whether a module must stay on the device that it was loaded on: LLM.int8() of bitsandbytes."""
    return bool(getattr(module, "is_loaded_in_8bit", False))


def _move(module: nn.Module, device: torch.device) -> None:
    """Move a module; moved in inference mode, it could not have gradients any more."""
    with torch.inference_mode(False):
        module.to(device)


def stream(module: Any, device: torch.device) -> None:
    """Run a module on a device with its blocks on the CPU: each block moves there when it is called, and back.

    What is in no block (embeddings, the first and the last layers) is moved for good. The results are the same.
    """
    blocks = list(blocks_of(module))
    inner = {id(part) for block in blocks for part in block.modules()}
    with torch.inference_mode(False):
        for part in module.modules():
            if id(part) not in inner:  # its own weights are moved; quantised ones as `to` does
                part._apply(lambda tensor: tensor.to(device), recurse=False)
    if _STREAMED in module.__dict__:
        return

    def come(block: nn.Module, *_: object) -> None:
        _move(block, device)

    def go(block: nn.Module, *_: object) -> None:
        _move(block, torch.device("cpu"))

    for block in blocks:
        go(block)
        block.register_forward_pre_hook(come)
        block.register_forward_hook(go)
    module.__dict__[_STREAMED] = True


def blocks_of(module: nn.Module) -> Iterator[nn.Module]:
    """Yield the blocks of a network: the members of its outermost lists of modules, and what lies between those."""
    for name, child in module.named_children():
        if isinstance(child, nn.ModuleList):
            yield from child
        elif name == "mid_block":
            yield child
        else:
            yield from blocks_of(child)


def set_tiles(vae: Any, size: tuple[int, int], *, factor: int, level: int) -> None:
    """Switch the VAE's tiling on or off, as the memory level says, for pictures of `size` (width, height).

    `factor` is the VAE's number of pixels per latent along a side.
    """
    tiny = type(vae).__name__ == "AutoencoderTiny"  # it needs next to nothing
    if level < TILES or tiny:
        vae.use_tiling = False
        return
    side = tile_side(size, factor)
    vae.use_tiling = True
    if hasattr(vae, "tile_sample_min_size"):
        vae.tile_sample_min_size, vae.tile_latent_min_size = side, side // factor
        return
    step = max(side * 3 // 4 // factor, 1) * factor
    vae.enable_tiling(
        tile_sample_min_height=side,
        tile_sample_min_width=side,
        tile_sample_stride_height=step,
        tile_sample_stride_width=step,
    )


def row_of(value: Any, row: int, rows: int) -> Any:
    """Return what is of one row in the denoiser's arguments.

    Tensors have their rows first, or are of all of them (places of tokens, of which there are more than rows ever are);
    lists are of such tensors, or have an entry for each row.
    """
    if isinstance(value, Mapping):
        return {name: row_of(part, row, rows) for name, part in value.items()}
    if isinstance(value, Tensor):
        return value[row : row + 1] if _has_rows(value, rows) else value
    if isinstance(value, list | tuple):
        if value and all(_has_rows(part, rows) for part in value):
            return type(value)(part[row : row + 1] for part in value)
        return value[row : row + 1] if len(value) == rows else value
    return value


def _has_rows(value: Any, rows: int) -> bool:
    return isinstance(value, Tensor) and value.ndim > 0 and len(value) == rows
