"""One piece of work in bands of rows, a band for each thread."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TypeVar

import torch

Part = TypeVar("Part")

_LEAST = 2**15  # pixels that are worth a thread


def over_rows(work: Callable[[int, int], Part], height: int, width: int) -> list[Part]:
    """What `work(begin, end)` returns for bands of rows that together are all `height`, the first band's first.

    As many bands as torch has threads. The work lets go of Python's lock, and does not call this function.
    """
    count = max(1, min(torch.get_num_threads(), height * width // _LEAST, height))
    edges = [height * band // count for band in range(count + 1)]
    others = [_pool(count, os.getpid()).submit(work, *edges[band : band + 2]) for band in range(1, count)]
    return [work(*edges[:2]), *(other.result() for other in others)]


@lru_cache(maxsize=4)
def _pool(count: int, process: int) -> ThreadPoolExecutor:
    """The threads of a process: one that was forked off has none of its parent's."""
    return ThreadPoolExecutor(count - 1, thread_name_prefix="kernel")
