"""How much memory a model needs to paint a picture of some size, and what is done where a card has less.

A rough rule, from the headers of the weights files and the configs; nothing is loaded:

    weights   parameters times bytes: 2 in half precision, 4 in float32; quantised ones as they are stored, and those
              that are quantised when they are loaded by what their method takes for the linear layers
    painting  rows x positions x width x 24 numbers. rows: 2 with guidance, else 1; positions: latents of the picture,
              or tokens of it and its text; width: of the denoiser's first level. Attention needs no square of them.
    decoding  3 pictures of the VAE's second-widest level, at full size
    own       0.6 GiB: what the driver and the libraries take

Importable without torch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from render.assets.files import INDEX, WEIGHTS, read_header, read_json
from render.diffusion.catalogue import ModelSource
from render.diffusion.denoisers.denoiser_file import DenoiserFile
from render.diffusion.families.table import FamilyRow, family_named, vae_factor
from render.diffusion.memory_levels import ENCODERS_OFF, LEVELS, NONE, ROWS, STREAM, TILES, TURNS, tile_side
from render.diffusion.quantise import METHODS
from render.diffusion.weight_options import quantised_parts, stored_parts

GIB = 2**30
CARDS = (8, 12, 16, 24)
OWN = 0.6 * GIB
BLOCK, UNET_BLOCK = 0.2, 0.5  # of the weights: the biggest block and what is in none
LIVE, PICTURES, TEXT_TOKENS = 24, 3, 512
USUAL_WIDTH, USUAL_CHANNELS = 320, 256  # of sd and sdxl, whose single files have no configs
VAE = "vae"
_WORDS = ("shared.weight", "embed_tokens.weight", "embedding.weight", "word_embeddings.weight")
_SINGLE_FILE: Mapping[str, str] = {
    "model.diffusion_model.": "unet",
    "first_stage_model.": VAE,
    "cond_stage_model.": "text_encoder",
    "conditioner.": "text_encoder",
}


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of a model: its weights' number of parameters, how many of them are linear layers', its files, and their
    size on disk in bytes. `quantised`: it stays as it is stored.
    """

    name: str
    parameters: int
    files: int
    size: int
    linear: int = 0
    quantised: bool = False


@dataclass(frozen=True, kw_only=True)
class Needs:
    """Bytes that a model takes on its device: `weights` by part, and the work of painting and decoding; `tiled` is
    decoding in tiles. `denoiser` names the part that paints."""

    weights: Mapping[str, int]
    denoiser: str
    painting: int
    decoding: int
    tiled: int

    @property
    def readers(self) -> int:
        """Bytes of the text encoders."""
        return sum(size for part, size in self.weights.items() if part not in (self.denoiser, VAE))

    def peak(self, level: int = NONE) -> int:
        """Return the most bytes that are taken at once at a memory level."""
        denoiser, vae, readers = self.weights.get(self.denoiser, 0), self.weights.get(VAE, 0), self.readers
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


def parts_of(source: ModelSource) -> list[Part]:
    """Return the parts of a model that have weights; [] for one that is not here."""
    if source.path is None:
        return []
    if source.kind == "single-file":
        return _parts_of_file(source.path)
    row, index = family_named(source.family), read_json(source.path / INDEX)
    stored, denoiser = dict(stored_parts(source)), source.weights.denoiser
    found = []
    for name, entry in index.items():
        if name in row.omitted or not isinstance(entry, list) or None in entry:
            continue
        if name == row.denoiser and denoiser is not None:
            found.append(_apart(name, denoiser))
            continue
        files = chosen_files(source.path / name)
        if files:
            shapes = [(name, t.shape) for file in files for name, t in read_header(file).items()]
            found.append(
                Part(
                    name=name,
                    parameters=sum(prod(shape) for _, shape in shapes),
                    files=len(files),
                    size=sum(file.stat().st_size for file in files),
                    linear=_linear(shapes),
                    quantised=name in stored,
                )
            )
    return found


def _apart(name: str, denoiser: DenoiserFile) -> Part:
    """A denoiser in a file of its own."""
    return Part(
        name=name,
        parameters=sum(prod(shape) for shape in denoiser.shapes.values()),
        files=1,
        size=denoiser.size,
        linear=_linear(denoiser.shapes.items()),
        quantised=denoiser.is_gguf,
    )


def _linear(shapes: Iterable[tuple[str, Sequence[int]]]) -> int:
    """Return how many numbers are linear layers' weights: matrices, but for tables of words."""
    return sum(
        prod(shape)
        for name, shape in shapes
        if len(shape) == 2 and name.endswith(".weight") and not name.endswith(_WORDS)
    )


def _held(part: Part, bytes_each: int, method: str) -> int:
    """Return the bytes that a part's weights take; `method` quantises it when it is loaded, "" for none."""
    if part.quantised:
        return part.size
    return int(
        part.parameters * bytes_each
        + part.linear * ((METHODS[method].bytes_each - bytes_each) if method else 0)
    )


def chosen_files(folder: Path) -> list[Path]:
    """Return a part's weights files; of a folder with full and half precision, those of one."""
    files = sorted(folder.glob(f"*{WEIGHTS}"))
    full = [file for file in files if ".fp16." not in file.name]
    return full or files


def needs_of(source: ModelSource, size: tuple[int, int], *, bytes_each: int, guided: bool) -> Needs:
    """Return what a model that is here needs for pictures of `size` (width, height), `bytes_each` number."""
    row = family_named(source.family)
    vae = _config(source, VAE)
    wide = 4 if row.upcasts_vae and vae.get("force_upcast", True) else bytes_each
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
        denoiser=row.denoiser,
        painting=(2 if guided else 1) * LIVE * bytes_each * _positions(source, row, size, factor),
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


def _positions(source: ModelSource, row: FamilyRow, size: tuple[int, int], factor: int) -> int:
    """Return positions times width of the denoiser's first level."""
    config = _config(source, row.denoiser)
    side = factor * (row.patch if row.denoiser != "unet" else 1)
    positions = (-(-size[0] // side)) * (-(-size[1] // side))
    if row.denoiser == "unet":
        levels = config.get("block_out_channels") or [USUAL_WIDTH]
        return positions * int(levels[0])
    width = config.get("dim") or int(config.get("num_attention_heads") or 24) * int(
        config.get("attention_head_dim") or 128
    )
    return (positions + TEXT_TOKENS) * int(width)


def _second_level(vae: Mapping[str, Any]) -> int:
    """Return the channels of what enters the decoder's last level."""
    for name in ("decoder_block_out_channels", "block_out_channels"):
        levels = vae.get(name)
        if isinstance(levels, list | tuple) and levels:
            return int(levels[min(1, len(levels) - 1)])
    if vae.get("base_dim"):
        return int(vae["base_dim"]) * int((vae.get("dim_mult") or [1, 2])[1])
    return USUAL_CHANNELS


def _config(source: ModelSource, part: str) -> dict[str, Any]:
    if source.path is None or source.kind == "single-file":
        return {}
    return read_json(source.path / part / "config.json")


def _parts_of_file(path: Path) -> list[Part]:
    counts: dict[str, int] = {}
    for name, count in _tensors(path):
        part = next((part for mark, part in _SINGLE_FILE.items() if name.startswith(mark)), None)
        if part is not None:
            counts[part] = counts.get(part, 0) + count
    size = path.stat().st_size
    return [Part(name=part, parameters=count, files=1, size=size) for part, count in counts.items()]


def _tensors(path: Path) -> Iterator[tuple[str, int]]:
    for name, entry in read_header(path).items():
        yield name, prod(entry.shape)
