"""Noise in a picture: numbers drawn from a table under a field, measured as they are made, and added."""

from __future__ import annotations

from typing import Any

import numpy as np

from motion.kernels.compiled import compiled

BLOCK = 16  # rows that are summed together: always the same, so that sums do not depend on threads
_ZERO, _ONE = np.float32(0), np.float32(1)


@compiled
def draw(bits: Any, table: Any, field: Any, out: Any, sums: Any, begin: int, end: int) -> None:
    """Blocks `begin` to `end` of `out` (H, W * C): what `table` says of `bits`, uint16, times 1 + `field` (H, W).

    field: (0, 0) if there is none. sums: (blocks, C, 2), of the numbers and of their squares, to be filled.
    """
    height, columns = out.shape
    channels = sums.shape[1]
    total, squares = np.empty(columns, np.float64), np.empty(columns, np.float64)
    for block in range(begin, end):
        total[:], squares[:] = 0, 0
        for row in range(block * BLOCK, min((block + 1) * BLOCK, height)):
            line, drawn = out[row], bits[row]
            for i in range(columns):
                line[i] = table[drawn[i]]
            if len(field):
                for i in range(columns // 3):
                    strength = field[row, i] + _ONE
                    line[3 * i] *= strength
                    line[3 * i + 1] *= strength
                    line[3 * i + 2] *= strength
            for i in range(columns):
                total[i] += line[i]
                squares[i] += np.float64(line[i]) * np.float64(line[i])
        sums[block] = 0
        for i in range(columns):
            sums[block, i % channels, 0] += total[i]
            sums[block, i % channels, 1] += squares[i]


@compiled
def scale(noise: Any, gain: Any, shift: Any, begin: int, end: int) -> None:
    """Rows of `noise` (H, N) times `gain` plus `shift`, a number each for every one of N; in place."""
    for row in range(begin, end):
        line = noise[row]
        for i in range(len(line)):
            line[i] = line[i] * gain[i] + shift[i]


@compiled
def add(image: Any, noise: Any, gain: Any, shift: Any, begin: int, end: int) -> None:
    """`scale`, and rows of `image` (H, N) added, cut to [0, 1]; in the place of the noise."""
    for row in range(begin, end):
        given, line = image[row], noise[row]
        for i in range(len(line)):
            value = given[i] + (line[i] * gain[i] + shift[i])
            value = _ZERO if value < _ZERO else value
            line[i] = _ONE if value > _ONE else value
