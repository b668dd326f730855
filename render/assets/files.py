"""Files of weights and configs: their headers, what is missing of them, and a cheap fingerprint.

Importable without torch. Only safetensors is opened here; a pickle can run code when it is opened.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from math import prod
from pathlib import Path
from typing import Any

from keyframes.errors import EnvironmentFault, quoted

PICKLES = (".ckpt", ".pt", ".pth", ".bin", ".pkl", ".pickle")
WEIGHTS = ".safetensors"
CONFIGS = (".json", ".txt", ".model")
CONFIG, INDEX = "config.json", "model_index.json"
HALF = "fp16"
WHOLE = 32 * 2**20
BLOCK, BLOCKS = 2**16, 64
MAX_HEADER = 100 * 2**20
_SHARD = re.compile(rf"(.+)-(\d{{5}})-of-(\d{{5}}){re.escape(WEIGHTS)}")


@dataclass(frozen=True)
class Stored:
    """A tensor in a file: its shape, and its type as safetensors names it (F32, BF16, F8_E4M3)."""

    shape: tuple[int, ...]
    dtype: str

    @property
    def bytes(self) -> int:
        """The bytes that it takes in the file."""
        digits = re.search(r"\d+", self.dtype)
        return prod(self.shape) * int(digits[0] if digits else 8) // 8


def read_json(path: Path) -> dict[str, Any]:
    """Return a config file's object, {} where there is none. Raises EnvironmentFault for a damaged one."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise EnvironmentFault(f"{path}: not readable as JSON: {error}.") from error
    if not isinstance(found, dict):
        raise EnvironmentFault(f"{path}: expected a JSON object.")
    return found


def read_header(path: Path) -> Mapping[str, Stored]:
    """Return the tensors of a safetensors file by name; their numbers are not read.

    Raises EnvironmentFault for a file that is damaged or of another kind.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            names: list[str] = file.keys()
            slices = ((name, file.get_slice(name)) for name in names)
            return {name: Stored(tuple(s.get_shape()), s.get_dtype()) for name, s in slices}
    except (SafetensorError, OSError) as error:
        raise EnvironmentFault(
            f"{path}: damaged, or not a readable safetensors file: {first_line(error)} Fetch it again."
        ) from error


def weights_in(folder: Path, what: str) -> list[Path]:
    """Return a folder's files of weights, their headers checked.

    what: what they are of, for the message. Raises EnvironmentFault where there are none, or one is damaged.
    """
    files = sorted(folder.glob(f"*{WEIGHTS}"))
    if not files:
        if folder.is_dir() and any(file.suffix in PICKLES for file in folder.iterdir()):
            raise EnvironmentFault(
                f"{what}: {folder} has only pickles, which can run code when they are opened. Use one with {WEIGHTS} "
                "weights."
            )
        raise EnvironmentFault(f"{what}: {folder} has no {WEIGHTS} weights. Fetch it again.")
    if gone := missing_shards(folder):
        raise EnvironmentFault(f"{what} is half downloaded: {folder / gone[0]} is missing. Fetch it again.")
    for file in files:
        read_header(file)
    return files


def missing_shards(folder: Path) -> list[str]:
    """Return the files that a folder's weights lack: shards named by an index, or by the names of other shards.

    Nothing is missing if one whole set of weights is there; a folder may also hold some in half precision.
    """
    here = {file.name for file in folder.glob(f"*{WEIGHTS}")}
    sets: dict[str, set[str]] = {}
    for index in sorted(folder.glob(f"*{WEIGHTS}.index.json")):
        named = read_json(index).get("weight_map")
        sets[index.name] = {str(name) for name in named.values()} if isinstance(named, dict) else set()
    for name in here:
        if match := _SHARD.fullmatch(name):
            stem, _, count = match.groups()
            every = {f"{stem}-{number:05d}-of-{count}{WEIGHTS}" for number in range(1, int(count) + 1)}
            sets.setdefault(f"{stem} {count}", every)
    whole = any(not _SHARD.fullmatch(name) for name in here) or any(names <= here for names in sets.values())
    return [] if whole else sorted({name for names in sets.values() for name in names} - here)


def weights_variant(folder: Path, *, half: bool) -> str | None:
    """Choose between a folder's full and half precision files: "fp16", or None for the full ones.

    half: whether half precision is wanted; a folder that has nothing else gives it in any case.
    """
    names = [file.name for file in folder.glob(f"*{WEIGHTS}")]
    halves = [name for name in names if f".{HALF}." in name]
    return HALF if halves and (half or len(halves) == len(names)) else None


def fingerprint(files: Iterable[tuple[str, Path]]) -> str:
    """Return the SHA-256, in hex, of an asset's files, each given with the name it has within the asset.

    Where the files lie, and when they were written, does not matter. Files of up to 32 MiB are read whole; of bigger
    ones, the size, the header and 64 blocks of 64 KiB, evenly spread and including the last bytes: about 4 MiB for
    each file of a 10 GB model. Training moves every tensor, so any other model differs somewhere in those; a file
    edited by hand in one small place may not.
    """
    digest = sha256()
    for name, path in sorted(files):
        size = path.stat().st_size
        digest.update(f"{name}\0{size}\0".encode())
        with path.open("rb") as file:
            if size <= WHOLE:
                digest.update(file.read())
                continue
            length = int.from_bytes(file.read(8), "little")
            digest.update(file.read(min(length, MAX_HEADER)))
            for index in range(BLOCKS):
                file.seek((size - BLOCK) * index // (BLOCKS - 1))
                digest.update(file.read(BLOCK))
    return digest.hexdigest()


def first_line(error: BaseException | None) -> str:
    """Return the first line of an error's message, with the next if it ends in a colon, as a quoted sentence.

    An error without a message is named by its class.
    """
    lines = str(error).strip().splitlines() if error else []
    text = " ".join(line.strip() for line in lines[: 2 if lines and lines[0].endswith(":") else 1])
    return f"{quoted(text or type(error).__name__, 160)}."
