"""Where a model's parts are while they are not at work, and the VAE's tiles: what the rungs of the economy do."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from render.diffusion.economy import READERS, STREAM, TILES, TURNS, tile_side

if TYPE_CHECKING:
    from render.diffusion.parts import Model

READER, DENOISER, VAE = "reader", "denoiser", "vae"
_STREAMED = "_streamed_by_reverie"


def release(device: torch.device, *, cycles: bool = True) -> None:
    """Give back what nobody uses any more; without `cycles`, what only things that know each other keep stays."""
    if cycles:
        gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
    if device.type == "mps":
        torch.mps.empty_cache()


def bring(model: Model, part: str) -> None:
    """Have a part (READER, DENOISER or VAE) on the device, and those off it that it takes turns with."""
    level = model.economy.level
    if level < READERS or model.device.type == "cpu":
        return
    present = {part} if level >= TURNS else {part, VAE} if part == READER else {DENOISER, VAE}
    modules = {
        READER: [encoder.encoder for encoder in model.encoders],
        DENOISER: [model.denoiser],
        VAE: [model.vae],
    }
    for name in sorted(modules, key=lambda name: name in present):  # what goes, goes first
        where = model.device if name in present else torch.device("cpu")
        for module in modules[name]:
            if stays(module):
                continue
            if level >= STREAM and name in (READER, DENOISER) and name in present:
                stream(module, where)
            elif module.device.type != where.type:
                _move(module, where)


def stays(module: nn.Module) -> bool:
    """Tell whether a module cannot be moved off the device that it was loaded on: LLM.int8() of bitsandbytes."""
    return bool(getattr(module, "is_loaded_in_8bit", False))


def _move(module: nn.Module, device: torch.device) -> None:
    """Move a module; what is moved in inference mode could not be asked for gradients any more."""
    with torch.inference_mode(False):
        module.to(device)


def _move_own(part: Any, device: torch.device) -> None:
    """Move the weights that are a module's own, not those of the modules in it; quantised ones as `to` does."""
    part._apply(lambda tensor: tensor.to(device), recurse=False)


def stream(module: nn.Module, device: torch.device) -> None:
    """Have a module work on a device with its blocks elsewhere: each comes when it is called, and goes again.

    What is in no block (embeddings, the first and the last layers) is moved there. Nothing is computed otherwise.
    """
    blocks = list(blocks_of(module))
    inner = {id(part) for block in blocks for part in block.modules()}
    with torch.inference_mode(False):
        for part in module.modules():
            if id(part) not in inner:
                _move_own(part, device)
    if _STREAMED in module.__dict__:
        return

    def come(block: nn.Module, _: object) -> None:
        _move(block, device)

    for block in blocks:
        _move(block, torch.device("cpu"))
        block.register_forward_pre_hook(come)
        block.register_forward_hook(_go)
    module.__dict__[_STREAMED] = True


def _go(block: nn.Module, _: object, __: object) -> None:
    _move(block, torch.device("cpu"))


def blocks_of(module: nn.Module) -> Iterator[nn.Module]:
    """Yield the blocks of a network: the members of its outermost lists of modules, and what lies between those."""
    for name, child in module.named_children():
        if isinstance(child, nn.ModuleList):
            yield from child
        elif name == "mid_block":
            yield child
        else:
            yield from blocks_of(child)


def set_tiles(model: Model, size: tuple[int, int]) -> None:
    """Have the VAE work in tiles, or not, as the economy says, for pictures of (width, height)."""
    vae = model.vae
    if (
        model.economy.level < TILES or type(vae).__name__ == "AutoencoderTiny"
    ):  # that one needs next to nothing
        vae.use_tiling = False
        return
    side = tile_side(size, model.factor)
    vae.use_tiling = True
    if hasattr(vae, "tile_sample_min_size"):
        vae.tile_sample_min_size, vae.tile_latent_min_size = side, side // model.factor
        return
    step = max(side * 3 // 4 // model.factor, 1) * model.factor
    vae.enable_tiling(
        tile_sample_min_height=side,
        tile_sample_min_width=side,
        tile_sample_stride_height=step,
        tile_sample_stride_width=step,
    )
