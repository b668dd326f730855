"""A film that goes round: its end dissolves into its beginning, so that the last frame leads to the first one.

    stored   0 1 2 | 3 4 5 6 | 7 8 9      loop = 3
    film             3 4 5 6   7 8 9      7, 8, 9 dissolve into 0, 1, 2, and 2 is followed by 3

The first frames are held back until the end, so those alone are in memory.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice

import numpy as np

from projects import Picture


def looped(stored: Iterable[Picture], loop: int) -> Iterator[Picture]:
    """The pictures without the first `loop`, whose last `loop` dissolve into those: as many less as `loop`.

    With 0, all as they are. There are to be twice as many at least; with fewer, none is left out.
    """
    pictures = iter(stored)
    opening = list(islice(pictures, loop))
    waiting: deque[Picture] = deque()
    for picture in pictures:
        waiting.append(picture)
        if len(waiting) > loop:
            yield waiting.popleft()
    if len(waiting) < loop:
        yield from (*opening, *waiting)
        return
    for index, (end, start) in enumerate(zip(waiting, opening, strict=True)):
        yield dissolved(end, start, (index + 1) / (loop + 1))


def dissolved(first: Picture, second: Picture, share: float) -> Picture:
    """A mix of two pictures, uint8 (H, W, 3): (1 - share) * first + share * second, rounded."""
    mixed = first + share * (second.astype(np.float32) - first)
    return np.rint(mixed).astype(np.uint8)
