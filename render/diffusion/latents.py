"""Latents: from pictures and back with the VAE, their sizes and precision, and the noise that they start from.

Noise is a function of a frame's seed, drawn on the CPU, so that all devices get the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import pad

from render.diffusion.job import Travel
from render.diffusion.model import LatentShape, Model
from render.diffusion.offload import VAE, set_tiles
from render.randomness import generator

_START, _STEPS = "diffusion start", "diffusion steps"


def encode(model: Model, pictures: Tensor) -> Tensor:
    """Encode pictures (B, 3, H, W) in [0, 1] to latents (B, C, h, w), float32, as the denoiser takes them.

    They are the mode of the posterior, not a sample: in a film each frame starts from the last one, and a sample would
    add its own noise at every frame. The caller of `decode` crops off again what `padded` added.
    """
    _ready(model, *pictures.shape[-2:])
    given = pictures.to(device=model.device, dtype=model.vae.dtype) * 2 - 1
    # the CPU's convolutions are a third faster on this order of memory
    given = given.contiguous(memory_format=torch.channels_last)
    return model.family.encode(model, padded(model, given))


def padded(model: Model, pictures: Tensor) -> Tensor:
    """Return pictures (B, 3, H, W) of sides that the model takes: the right and the bottom edge are repeated."""
    below, right = (-side % model.multiple for side in pictures.shape[-2:])
    return pad(pictures, (0, right, 0, below), mode="replicate") if below or right else pictures


def decode(model: Model, latents: Tensor) -> Tensor:
    """Decode latents (B, C, h, w) to pictures (B, 3, H, W), float32, not yet limited to [0, 1]."""
    _ready(model, *(side * model.factor for side in latents.shape[-2:]))
    return model.family.decode(model, latents).float() * 0.5 + 0.5


def _ready(model: Model, height: int, width: int) -> None:
    """Move the VAE to the device, and set its tiling as the memory level says."""
    model.bring(VAE)
    set_tiles(model.vae, (width, height), factor=model.factor, level=model.memory.level)


def latent_shape(model: Model, width: int, height: int) -> LatentShape:
    """Return (C, h, w) of the latents for a picture size in pixels, rounded up to whole tokens."""
    patch = model.family.row.patch
    return model.channels, -(-height // model.multiple) * patch, -(-width // model.multiple) * patch


@contextmanager
def in_float32(*modules: Any) -> Iterator[None]:
    """Keep modules in float32 within this. Going from half precision to float32 and back loses nothing."""
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


def start_noise(seed: int, shape: Sequence[int]) -> Tensor:
    """Return normal noise (1, *shape), float32, on the CPU."""
    return torch.randn(tuple(shape), generator=generator(seed, 0, _START))[None]


def travelled_noise(seed: int, travel: Travel, shape: Sequence[int]) -> Tensor:
    """Return noise (1, *shape) between the seed's noise and that of `travel`.

    The path is the great circle through both (slerp: Shoemake, "Animating rotation with quaternion curves",
    SIGGRAPH 1985), so that the noise between them is as strong as they are. On a straight line it would be 0.7 times
    as strong half way, and paint mud.
    """
    a, b, share = start_noise(seed, shape).double(), start_noise(travel.seed, shape).double(), travel.share
    between = (a.flatten() @ b.flatten()) / (a.norm() * b.norm())
    angle = torch.arccos(between.clamp(-1.0, 1.0))
    if angle < 1e-4:  # the same noise
        return (a + (b - a) * share).float()
    mixed = torch.sin((1.0 - share) * angle) * a + torch.sin(share * angle) * b
    return (mixed / torch.sin(angle)).float()


def step_generator(seed: int) -> torch.Generator:
    """Return the generator for samplers that add noise at each step."""
    return generator(seed, 0, _STEPS)
