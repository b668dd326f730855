"""One piece of work in bands of rows, done by as many threads as torch has."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from itertools import count
from typing import TypeVar

import torch

from motion.kernels.compiled import compiled

Part = TypeVar("Part")

_LEAST = 2**15  # pixels that are worth a thread
_TURNS = 4  # bands for each thread: one whose processor is busy leaves more of them to the others
_AWAKE, _PAUSE = 40, 60_000  # pauses of about 10 microseconds before a thread that waits may fall asleep


def over_rows(
    work: Callable[[int, int], Part], height: int, width: int, *, turns: int = _TURNS
) -> list[Part]:
    """What `work(begin, end)` returns for bands of rows that together are all `height`, from the first band on.

    The work lets go of Python's lock, and does not call this function.
    """
    threads = max(1, min(torch.get_num_threads(), height * width // _LEAST, height))
    if threads == 1:
        return [work(0, height)]
    bands = min(threads * turns, height)
    edges = [height * band // bands for band in range(bands + 1)]
    done: dict[int, Part] = {}
    turn = count()

    def some() -> None:
        while (band := next(turn)) < bands:
            done[band] = work(edges[band], edges[band + 1])

    others = [_pool(threads, os.getpid()).submit(some) for _ in range(threads - 1)]
    some()
    for other in others:
        _finish(other)
    return [done[band] for band in range(bands)]


def _finish(other: Future[None]) -> None:
    """Wait for a helper, unless it did not begin: then all is done. To wake up costs as much as part of a band."""
    if other.cancel():
        return
    for _ in range(_AWAKE):
        if other.done():
            break
        _pause(_PAUSE)
    other.result()


@compiled
def _pause(turns: int) -> int:
    """Let time go by without Python's lock, which the helper needs to say that it is done."""
    value = 1
    for turn in range(turns):
        value = value * 69069 + turn
    return value


@lru_cache(maxsize=4)
def _pool(threads: int, process: int) -> ThreadPoolExecutor:
    """The helpers of a process: one that was forked off has none of its parent's."""
    return ThreadPoolExecutor(threads - 1, thread_name_prefix="kernel")
