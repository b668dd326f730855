"""How a loop is compiled: once, then read from disk by every process."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

from numba import njit

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def compiled(function: Kernel) -> Kernel:
    """`function` as machine code, made at its first call and kept in __pycache__, or in the user's cache folder.

    It runs without Python's lock. Arithmetic is kept as written, so that every processor gives the same bits.
    """
    return _compiled(function, fastmath=False)


def compiled_fused(function: Kernel) -> Kernel:
    """As `compiled`, but a * b + c may be one operation, rounded once, where the processor has it: a tenth faster."""
    return _compiled(function, fastmath={"contract"})


def _compiled(function: Kernel, **how: Any) -> Kernel:
    try:
        made: Any = njit(nogil=True, cache=True, **how)(function)
    except RuntimeError:  # there is nowhere to write: compiled anew by each process
        bare: Kernel = njit(nogil=True, **how)(function)
        return bare
    # Numba looks whether the function's own file has changed. Kernels call each other, so all files count.
    made._cache._cache_file._source_stamp = _stamp()
    kept: Kernel = made
    return kept


@cache
def _stamp() -> str:
    """What all kernels are written as."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
