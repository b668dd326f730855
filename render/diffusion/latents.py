"""Between pictures and latents: the VAE's scale, sizes that it cannot take, and precision."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import pad

from render.diffusion.model import LatentShape, Model
from render.diffusion.offload import VAE, set_tiles


def encode(model: Model, pictures: Tensor) -> Tensor:
    """Encode pictures (B, 3, H, W) in [0, 1] to latents (B, C, h, w), float32, as the denoiser knows them.

    The mode of the posterior is taken, not a sample: in a film each frame starts from the last one, and a
    sample would add noise of its own at every frame. decode's caller crops off again what `padded` added.
    """
    height, width = pictures.shape[-2:]
    _ready(model, (width, height))
    given = pictures.to(device=model.device, dtype=model.vae.dtype) * 2 - 1
    # the CPU's convolutions are a third faster on this order of memory
    given = given.contiguous(memory_format=torch.channels_last)
    return model.family.encode(model, padded(model, given))


def padded(model: Model, pictures: Tensor) -> Tensor:
    """Return pictures (B, 3, H, W) with sides that the model takes: padded at the right and the bottom by repeating
    the edge.
    """
    height, width = pictures.shape[-2:]
    extra = (-width % model.multiple, -height % model.multiple)
    return pad(pictures, (0, extra[0], 0, extra[1]), mode="replicate") if any(extra) else pictures


def decode(model: Model, latents: Tensor) -> Tensor:
    """Decode latents (B, C, h, w) to pictures (B, 3, H, W), float32, not yet limited to [0, 1]."""
    height, width = (side * model.factor for side in latents.shape[-2:])
    _ready(model, (width, height))
    return model.family.decode(model, latents).float() * 0.5 + 0.5


def _ready(model: Model, size: tuple[int, int]) -> None:
    """Have the VAE on the device, working as the memory says."""
    model.bring(VAE)
    set_tiles(model.vae, size, factor=model.factor, level=model.memory.level)


def latent_shape(model: Model, width: int, height: int) -> LatentShape:
    """Return (C, h, w) of the latents for a picture size in pixels, rounded up to whole tokens."""
    patch = model.family.row.patch
    return model.channels, -(-height // model.multiple) * patch, -(-width // model.multiple) * patch


@contextmanager
def in_float32(*modules: Any) -> Iterator[None]:
    """Hold modules in float32 for a while. Half precision goes to float32 and back without loss."""
    before = [module.dtype for module in modules]
    try:
        with torch.inference_mode(False):  # weights made within it could never be part of a gradient
            for module in modules:
                module.to(dtype=torch.float32)
        yield
    finally:
        with torch.inference_mode(False):
            for module, dtype in zip(modules, before, strict=True):
                module.to(dtype=dtype)
