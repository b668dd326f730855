"""Onsets: the moments at which something begins, picked from the novelty curve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.signal import find_peaks

from .spectrum import HOPS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

_GAP = 5  # hops between two onsets
_SHARE = 0.15  # of a loud onset: softer rises do not count
_SOFTEST = 0.02  # novelty below this is the hiss of silence


@dataclass(frozen=True, kw_only=True)
class Onsets:
    """times: seconds, rising. strengths: as many, above 0 to 1."""

    times: Numbers
    strengths: Numbers


def find_onsets(novelty: Numbers) -> Onsets:
    """The peaks of a novelty curve (hops,) that stand out: at least 15 % of a loud one, 50 ms apart."""
    # zeros at both ends: what begins with the sound has its peak too
    around = np.concatenate([[0.0], novelty, [0.0]])
    least = max(_SOFTEST, _SHARE * loud(novelty))
    peaks, _ = find_peaks(around, height=least, prominence=least, distance=_GAP)
    if not len(peaks):
        return Onsets(times=np.zeros(0), strengths=np.zeros(0))
    heights = around[peaks]
    return Onsets(times=(peaks - 1) / HOPS, strengths=np.minimum(heights / loud(heights), 1.0))


def loud(values: Numbers) -> float:
    """What counts as loud in a curve: the 95th percentile of all values above a tenth of its peak.

    It is rounded down to a step of 1.5 dB, so that an edit somewhere in a song does not change its numbers everywhere.
    """
    most = float(values.max(initial=0.0))
    if most <= 0:
        return 0.0
    return float(2.0 ** (np.floor(4.0 * np.log2(np.percentile(values[values >= 0.1 * most], 95.0))) / 4.0))
