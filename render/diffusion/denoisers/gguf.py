"""Headers of GGUF files: tensors in blocks of a few bits, as llama.cpp and ComfyUI-GGUF store them.

The package gguf reads them; it is not among Reverie's own (pip install "reverie[gguf]"). Importable without torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from struct import error as StructError

from keyframes.errors import EnvironmentFault

GGUF = ".gguf"
PACKAGE = "gguf"
READABLE = frozenset(  # what diffusers' own layers take apart
    {
        *("F32", "F16", "BF16", "Q8_0", "Q5_1", "Q5_0", "Q4_1", "Q4_0"),
        *("Q6_K", "Q5_K", "Q4_K", "Q3_K", "Q2_K", "IQ4_XS", "IQ4_NL"),
    }
)


@dataclass(frozen=True, kw_only=True)
class GgufTensor:
    """A tensor's shape as torch has it, the name of its type (Q4_K, F16 ...), and its bytes in the file."""

    shape: tuple[int, ...]
    kind: str
    size: int


def check_package(told: str) -> None:
    """Raise EnvironmentFault where the package that reads GGUF is not installed. told: what needs it."""
    if find_spec(PACKAGE) is None:
        raise EnvironmentFault(
            f'{told} is a GGUF file, which needs the package {PACKAGE}. Install it with: pip install "reverie[gguf]"'
        )


def read_gguf_header(path: Path) -> Mapping[str, GgufTensor]:
    """Return a GGUF file's tensors by name; nothing of them is read.

    Raises EnvironmentFault without the package, and for a file that is damaged or cut short.
    """
    check_package(path.name)
    try:
        tensors = import_module(PACKAGE).GGUFReader(str(path)).tensors
        return {
            tensor.name: GgufTensor(
                shape=tuple(int(side) for side in reversed(tensor.shape)),
                kind=tensor.tensor_type.name,
                size=int(tensor.n_bytes),
            )
            for tensor in tensors
        }
    except (ValueError, KeyError, IndexError, TypeError, OverflowError, UnicodeError, StructError) as error:
        why = str(error).strip().partition("\n")[0][:120]
        raise EnvironmentFault(f"{path}: not a readable GGUF file: {why}. Fetch it again.") from error
