"""What is in a LoRA file, from its header alone: tensor names, shapes, alphas, metadata. No tensor is loaded.

Importable without torch. Of torch's own format (a pickle in a zip) only the list of tensors is read, by a reader
that knows nothing but tensors: whatever else the pickle asks for is refused, not run.
"""

from __future__ import annotations

import io
import json
import math
import pickle
import struct
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from keyframes.errors import EnvironmentFault
from render.assets.loading import loading
from render.diffusion.weights import MAX_HEADER, PICKLES, WEIGHTS, read_header

_SCALARS = {
    "F64": "<d",
    "F32": "<f",
    "F16": "<e",
    "I64": "<q",
    "I32": "<i",
    "I16": "<h",
    "I8": "<b",
    "U8": "<B",
}


@dataclass(frozen=True, kw_only=True)
class Header:
    """Tensor name -> shape; `scalars` are the values of tensors of one number; `metadata` what the file says of
    itself.
    """

    shapes: Mapping[str, tuple[int, ...]]
    scalars: Mapping[str, float] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)


def read_lora_header(path: Path) -> Header:
    """Read a LoRA file's header. Raises EnvironmentFault for a file that is damaged, of no known kind, or a
    pickle that holds more than tensors.
    """
    suffix = path.suffix.lower()
    if suffix == WEIGHTS:
        return _safetensors(path)
    if suffix in PICKLES:
        return Header(shapes=_tensors_of_pickle(path))
    raise EnvironmentFault(
        f"{path.name} is no LoRA file. Allowed are .safetensors, and the .ckpt of DiffSynth-Studio."
    )


def _safetensors(path: Path) -> Header:
    entries = read_header(path)
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        told = json.loads(file.read(length)).get("__metadata__") or {}
        scalars = {}
        for name, entry in entries.items():
            if math.prod(entry["shape"]) == 1 and name.endswith("alpha"):
                file.seek(8 + length + int(entry["data_offsets"][0]))
                scalars[name] = _scalar(file.read(8), str(entry["dtype"]), path)
    shapes = {name: tuple(int(side) for side in entry["shape"]) for name, entry in entries.items()}
    return Header(
        shapes=shapes, scalars=scalars, metadata={str(key): str(value) for key, value in told.items()}
    )


def _scalar(data: bytes, dtype: str, path: Path) -> float:
    if dtype == "BF16":
        return float(struct.unpack("<f", b"\0\0" + data[:2])[0])
    if dtype not in _SCALARS:
        raise EnvironmentFault(
            f"{path}: an alpha is of type {dtype}. Allowed are {', '.join(_SCALARS)}, BF16."
        )
    form = _SCALARS[dtype]
    return float(struct.unpack(form, data[: struct.calcsize(form)])[0])


def _tensors_of_pickle(path: Path) -> dict[str, tuple[int, ...]]:
    """Return the names and shapes of a dict of tensors that torch saved."""
    what = f"{path}: not a file of tensors in torch's format: it"
    with loading(what, "Save it as .safetensors, or fetch it again."), zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.rpartition("/")[2] == "data.pkl"]
        if len(names) != 1 or archive.getinfo(names[0]).file_size > MAX_HEADER:
            raise ValueError("it holds no list of tensors")
        found = _TensorsOnly(io.BytesIO(archive.read(names[0])), path).load()
    if not isinstance(found, dict):
        raise EnvironmentFault(f"{path}: holds a {type(found).__name__}, not tensors by name.")
    return {str(name): value.shape for name, value in found.items() if isinstance(value, _Shape)}


@dataclass(frozen=True)
class _Shape:
    """What stands for a tensor."""

    shape: tuple[int, ...]


class _TensorsOnly(pickle.Unpickler):
    """Reads what torch.save writes for tensors, and refuses all other names before anything is called."""

    def __init__(self, stream: IO[bytes], path: Path) -> None:
        super().__init__(stream)
        self._path = path

    def find_class(self, module: str, name: str) -> Callable[..., Any]:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) in (("torch._utils", "_rebuild_tensor_v2"), ("torch._utils", "_rebuild_tensor")):
            return _tensor
        if (module, name) == ("torch._utils", "_rebuild_parameter"):
            return _parameter
        if module in ("torch", "torch.storage") and name.endswith("Storage"):
            return _storage
        raise EnvironmentFault(
            f"{self._path} asks to run {module}.{name} when it is opened. A file of weights needs no such thing, so it "
            "is not opened. "
            "Use a .safetensors file."
        )

    def persistent_load(self, pid: Any) -> None:
        return None


def _tensor(storage: None, offset: int, size: tuple[int, ...], *rest: object) -> _Shape:
    return _Shape(tuple(int(side) for side in size))


def _parameter(tensor: _Shape, *rest: object) -> _Shape:
    return tensor


def _storage(*rest: object) -> None:
    return None
