"""Limits in seconds that hold on shared machines: a limit grows as the machine slows."""

import gc
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

# Seconds of `_work` on the machine that the limits were set on (2 shared cores of a server CPU), while it was quiet.
_QUIET = 0.020
_PIECE = re.compile(r"(\d+): \(([\d.]+)\)")


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Check that the body takes less than `seconds` of processor time on the quiet machine.

    Objects of other tests are frozen meanwhile: the garbage collector walks over them more often, the longer the
    tests have run, and would add a second of its own.
    """
    gc.freeze()
    began = time.process_time()
    try:
        yield
        spent = time.process_time() - began
    finally:
        gc.unfreeze()
    assert spent < allowed(seconds)


def allowed(seconds: float) -> float:
    """`seconds` on the quiet machine, as seconds here and now; never less than `seconds`."""
    return seconds * max(1.0, 1.5 * min(_work() for _ in range(3)) / _QUIET)


def _work() -> float:
    began = time.perf_counter()
    text = ", ".join(f"{number}: ({number / 7:.4f})" for number in range(20_000))
    found = {int(match[1]): float(match[2]) for match in _PIECE.finditer(text)}
    assert len(found) == 20_000
    return time.perf_counter() - began
