"""How much memory a model needs, and what is done, level by level, where its device has less.

Levels that leave the pixels as they are come first: in a film every picture is painted over the one before, so what
tiles do to a picture adds up. A level that changes pixels is part of what a frame was made from: the take's journal
notes it beside the frame, and the next frame starts at it, also after a stop.

What is needed is a rough rule, from the headers of the weights files and the configs; nothing is loaded:

    weights   parameters times bytes: 2 in half precision, 4 in float32; quantised ones as they are stored, and those
              that are quantised when they are loaded by what their method takes for the linear layers
    painting  rows x positions x width x 24 numbers. rows: 2 with guidance, else 1; positions: latents of the picture,
              or tokens of it and its text; width: of the denoiser's first level. Attention needs no square of them.
    decoding  3 pictures of the VAE's second-widest level, at full size
    own       0.6 GiB: what the driver and the libraries take

Importable without torch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from render.assets.files import HALF, WEIGHTS, read_header
from render.diffusion.families.table import vae_factor
from render.diffusion.model_source import ModelSource
from render.diffusion.weights import METHODS, quantised_parts, stored_parts

NONE, CACHE, ENCODERS_OFF, TURNS, STREAM, TILES, ROWS = range(7)
GIB = 2**30
CARDS = (8, 12, 16, 24)
OWN = 0.6 * GIB
BLOCK, UNET_BLOCK = 0.2, 0.5  # of the weights: the biggest block and what is in none
LIVE, PICTURES, TEXT_TOKENS = 24, 3, 512
USUAL_WIDTH, USUAL_CHANNELS = 320, 256  # of sd and sdxl, whose single files have no configs
VAE = "vae"
_NOTE = "memory: "
_WORDS = ("shared.weight", "embed_tokens.weight", "embedding.weight", "word_embeddings.weight")
_SINGLE_FILE: Mapping[str, str] = {
    "model.diffusion_model.": "unet",
    "first_stage_model.": VAE,
    "cond_stage_model.": "text_encoder",
    "conditioner.": "text_encoder",
}


@dataclass(frozen=True, kw_only=True)
class MemoryLevel:
    """One level: what it does, and whether that changes pixels."""

    name: str
    description: str
    changes: bool = False


LEVELS: tuple[MemoryLevel, ...] = (
    MemoryLevel(name="none", description="everything stays on the device"),
    MemoryLevel(name="cache", description="unused memory is given back"),
    MemoryLevel(name="encoders", description="text encoders come to the device only to read new texts"),
    MemoryLevel(name="turns", description="the denoiser and the VAE take turns on the device"),
    MemoryLevel(name="stream", description="weights come to the device block by block"),
    MemoryLevel(name="tiles", description="the VAE works in tiles", changes=True),
    MemoryLevel(name="rows", description="prompts are run one at a time", changes=True),
)


class MemoryPolicy:
    """The level that a model works at. `least`: the level that its device needs from the start."""

    def __init__(self, least: int = NONE) -> None:
        self.least = self.level = least

    def next_level(self) -> MemoryLevel | None:
        """Go up to the next level and return it; None at the last one."""
        if self.level + 1 >= len(LEVELS):
            return None
        self.level += 1
        return LEVELS[self.level]

    def begin(self, notes: Iterable[str]) -> None:
        """Prepare for a frame whose predecessor has these notes: go to its level, or stay at one that this device was
        found to need, as far as that changes no pixels.
        """
        noted = max((NONE, *(index for index, level in enumerate(LEVELS) if _NOTE + level.name in notes)))
        kept = min(self.level, STREAM) if self.level > CACHE else NONE
        self.level = max(self.least, noted, kept)

    @property
    def notes(self) -> tuple[str, ...]:
        """The levels in use that change pixels, for the journal."""
        return tuple(_NOTE + level.name for level in LEVELS[: self.level + 1] if level.changes)


def tile_side(size: tuple[int, int], multiple: int) -> int:
    """Return the side in pixels of the VAE's tiles for a picture (width, height): half the longer side, at most 512."""
    half = -(-max(size) // (2 * multiple)) * multiple
    return min(half, max(512 // multiple, 1) * multiple)


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of a model: its weights' number of parameters, how many of them are linear layers', its files, and their
    size on disk in bytes. `quantised`: it stays as it is stored.
    """

    name: str
    parameters: int
    linear: int
    files: int
    size: int
    quantised: bool = False


def parts_of(source: ModelSource) -> list[Part]:
    """Return the parts of a model that have weights; [] for one that is not here."""
    if source.path is None:
        return []
    if source.kind == "single-file":
        return _parts_of_file(source.path)
    stored, denoiser = stored_parts(source), source.weights.denoiser
    found = []
    for name in source.parts:
        if denoiser is not None and name == source.row.denoiser:
            found.append(_part(name, denoiser.shapes.items(), 1, denoiser.size, quantised=denoiser.is_gguf))
        elif files := _chosen_files(source.path / name):
            shapes = [(name, tensor.shape) for file in files for name, tensor in read_header(file).items()]
            size = sum(file.stat().st_size for file in files)
            found.append(_part(name, shapes, len(files), size, quantised=name in stored))
    return found


def _parts_of_file(path: Path) -> list[Part]:
    tensors: dict[str, list[tuple[str, Sequence[int]]]] = {}
    for name, tensor in read_header(path).items():
        part = next((part for mark, part in _SINGLE_FILE.items() if name.startswith(mark)), None)
        if part is not None:
            tensors.setdefault(part, []).append((name, tensor.shape))
    size = path.stat().st_size
    return [_part(part, shapes, 1, size) for part, shapes in tensors.items()]


def _part(
    name: str, shapes: Iterable[tuple[str, Sequence[int]]], files: int, size: int, *, quantised: bool = False
) -> Part:
    """Return a part by its tensors' names and shapes. Linear layers' weights are matrices, but for tables of words."""
    parameters = linear = 0
    for tensor, shape in shapes:
        parameters += prod(shape)
        if len(shape) == 2 and tensor.endswith(".weight") and not tensor.endswith(_WORDS):
            linear += prod(shape)
    return Part(name=name, parameters=parameters, linear=linear, files=files, size=size, quantised=quantised)


def _chosen_files(folder: Path) -> list[Path]:
    """Return a part's weights files; of a folder with full and half precision, those of one."""
    files = sorted(folder.glob(f"*{WEIGHTS}"))
    full = [file for file in files if f".{HALF}." not in file.name]
    return full or files


@dataclass(frozen=True, kw_only=True)
class Needs:
    """Bytes that a model takes on its device: `weights` by part, and the work of painting and decoding; `tiled` is
    decoding in tiles. `denoiser` names the part that paints."""

    weights: Mapping[str, int]
    denoiser: str
    painting: int
    decoding: int
    tiled: int

    def peak(self, level: int = NONE) -> int:
        """Return the most bytes that are taken at once at a memory level."""
        denoiser, vae = self.weights.get(self.denoiser, 0), self.weights.get(VAE, 0)
        readers = sum(size for part, size in self.weights.items() if part not in (self.denoiser, VAE))
        painting = self.painting // 2 if level >= ROWS else self.painting
        decoding = self.tiled if level >= TILES else self.decoding
        if level < ENCODERS_OFF:
            most = readers + denoiser + vae + max(painting, decoding)
        elif level < TURNS:
            most = max(readers + vae, denoiser + vae + max(painting, decoding))
        else:
            if level >= STREAM:
                share = UNET_BLOCK if self.denoiser == "unet" else BLOCK
                readers, denoiser = int(readers * BLOCK), int(denoiser * share)
            most = max(readers, denoiser + painting, vae + decoding)
        return int(most + OWN)


def needs_of(source: ModelSource, size: tuple[int, int], *, bytes_each: int, guided: bool) -> Needs:
    """Return what a model that is here needs for pictures of `size` (width, height), `bytes_each` number."""
    vae = source.config(VAE)
    wide = 4 if source.row.upcasts_vae and vae.get("force_upcast", True) else bytes_each
    made, method = quantised_parts(source), source.weights.quantize
    weights = {
        part.name: _held(part, wide if part.name == VAE else bytes_each, method if part.name in made else "")
        for part in parts_of(source)
    }
    factor = vae_factor(vae)
    area, side = size[0] * size[1], tile_side(size, factor)
    each = PICTURES * _second_level(vae) * wide
    return Needs(
        weights=weights,
        denoiser=source.row.denoiser,
        painting=(2 if guided else 1) * LIVE * bytes_each * _positions(source, size, factor),
        decoding=each * area,
        tiled=each * min(side * side, area),
    )


def fitting(needs: Needs, memory: float) -> int | None:
    """Return the first level at which a model fits in `memory` bytes; None if it fits at none."""
    return next((level for level in range(len(LEVELS)) if needs.peak(level) <= memory), None)


def least_level(needs: Needs, memory: float) -> int:
    """Return the level that a card of `memory` bytes starts at: the last one where even that may not do."""
    level = fitting(needs, usable(memory))
    return len(LEVELS) - 1 if level is None else level


def usable(memory: float) -> float:
    """Return the bytes of a card that a model may take: other programs, and this rule being rough, have the rest."""
    return 0.94 * memory


def _held(part: Part, bytes_each: int, method: str) -> int:
    """Return the bytes that a part's weights take; `method` quantises it when it is loaded, "" for none."""
    if part.quantised:
        return part.size
    less = METHODS[method].bytes_each - bytes_each if method else 0
    return int(part.parameters * bytes_each + part.linear * less)


def _positions(source: ModelSource, size: tuple[int, int], factor: int) -> int:
    """Return positions times width of the denoiser's first level."""
    row = source.row
    config = source.config(row.denoiser)
    side = factor * row.patch
    positions = (-(-size[0] // side)) * (-(-size[1] // side))
    if row.denoiser == "unet":
        levels = config.get("block_out_channels") or [USUAL_WIDTH]
        return positions * int(levels[0])
    heads, width = config.get("num_attention_heads") or 24, config.get("attention_head_dim") or 128
    return (positions + TEXT_TOKENS) * int(config.get("dim") or int(heads) * int(width))


def _second_level(vae: Mapping[str, Any]) -> int:
    """Return the channels of what enters the decoder's last level."""
    for name in ("decoder_block_out_channels", "block_out_channels"):
        levels = vae.get(name)
        if isinstance(levels, list | tuple) and levels:
            return int(levels[min(1, len(levels) - 1)])
    if vae.get("base_dim"):
        return int(vae["base_dim"]) * int((vae.get("dim_mult") or [1, 2])[1])
    return USUAL_CHANNELS
