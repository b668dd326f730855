"""Weights files: their headers, and a cheap fingerprint of a model's files.

Importable without torch. Only safetensors is ever opened; a pickle can run code when it is opened.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from keyframes.errors import EnvironmentFault

PICKLES = (".ckpt", ".pt", ".pth", ".bin", ".pkl", ".pickle")
WEIGHTS = ".safetensors"
CONFIGS = (".json", ".txt", ".model")
WHOLE = 32 * 2**20
BLOCK, BLOCKS = 2**16, 64
MAX_HEADER = 100 * 2**20


def weights_in(folder: Path, told: str) -> list[Path]:
    """Return a part's weights files, their headers read.

    told: what they are, for the message. Raises EnvironmentFault where there are none, or one is damaged.
    """
    files = sorted(folder.glob(f"*{WEIGHTS}"))
    if not files:
        pickled = any(file.suffix in PICKLES for file in folder.iterdir())
        why = "only pickles, which can run code when they are opened" if pickled else f"no {WEIGHTS} weights"
        raise EnvironmentFault(f"{told}: {folder} has {why}.")
    for file in files:
        read_header(file)
    return files


def read_header(path: Path) -> Mapping[str, Any]:
    """Return a safetensors header: tensor name -> dtype, shape and data_offsets.

    Raises EnvironmentFault for a file that is damaged: no such header, or not as long as its header says.
    """
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if not 2 <= length <= MAX_HEADER:
                raise ValueError("it does not start as one")
            header = json.loads(file.read(length))
            tensors = {name: entry for name, entry in header.items() if name != "__metadata__"}
            end = 8 + length + max((int(entry["data_offsets"][1]) for entry in tensors.values()), default=0)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise EnvironmentFault(
            f"{path}: not a readable safetensors file: {error}. Fetch it again."
        ) from error
    size = path.stat().st_size
    if size != end:
        raise EnvironmentFault(f"{path}: damaged: {size} bytes long instead of {end}. Fetch it again.")
    return tensors


def fingerprint(files: Iterable[tuple[str, Path]]) -> str:
    """Return the sha256, in hex, of a model's files, each given with the name it has within the model.

    Where the files lie, and when they were written, does not matter. Config files and weights of up to 32 MiB
    are read whole; of bigger ones, the size, the header and 64 blocks of 64 KiB, evenly spread and including
    the last bytes: about 4 MiB for each file of a 10 GB model. Training moves every tensor, so any other
    model differs somewhere in those; a file edited by hand in one small place may not.
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
