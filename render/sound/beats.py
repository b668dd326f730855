"""Tempo and beats, found in the novelty curve.

The method is D. Ellis, "Beat tracking by dynamic programming" (J. New Music Research 36, 2007): the tempo is the
strongest period of the novelty, weighted by how common tempos are; the beats are the path through it that meets many
onsets at nearly even steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft
from scipy.ndimage import gaussian_filter1d

from .spectrum import HOPS, find_onsets

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

SLOWEST, FASTEST = 40.0, 240.0  # beats a minute
_COMMON, _SPREAD = 120.0, 0.9  # the likeliest tempo, and the spread about it in octaves
_TIGHTNESS = 100.0
_FEWEST = 3  # beats with a sound on them
_PHASES = 200  # of a beat, tried for a given tempo


@dataclass(frozen=True, kw_only=True)
class Beats:
    """bpm: the tempo, 0 if there is none. times: of the beats, seconds, rising."""

    bpm: float
    times: Numbers


def find_beats(novelty: Numbers, bpm: float | None = None) -> Beats:
    """The beats in a novelty curve (hops,).

    bpm: the tempo if it is known: then the beats are even and only their phase is found. Without it, a sound without a
    rhythm has no beats.
    """
    if bpm is not None:
        return Beats(bpm=bpm, times=_even(novelty, bpm))
    period = _period(novelty) if len(find_onsets(novelty).times) > 1 else 0.0
    if period == 0.0:
        return Beats(bpm=0.0, times=np.zeros(0))
    hops = _path(novelty, period)
    times = _sharpened(novelty, hops) / HOPS
    if len(times) < 2:
        return Beats(bpm=0.0, times=np.zeros(0))
    step = float(np.polyfit(np.arange(len(times)), times, 1)[0])  # the slope of the line through them
    return Beats(bpm=60.0 / step, times=times)


def _period(novelty: Numbers) -> float:
    """Hops from beat to beat: the peak of the autocorrelation under a log-normal window; 0 if there is none."""
    centred = novelty - novelty.mean()
    size = next_fast_len(2 * len(novelty), real=True)
    same = irfft(np.abs(rfft(centred, size)) ** 2, size)[: len(novelty)]
    lags = np.arange(max(int(HOPS * 60 / FASTEST), 2), min(int(HOPS * 60 / SLOWEST) + 1, len(novelty) - 1))
    if not len(lags):
        return 0.0
    weight = np.exp(-0.5 * (np.log2(HOPS * 60.0 / lags / _COMMON) / _SPREAD) ** 2)
    score = same[lags] * weight
    best = int(np.argmax(score))
    if score[best] <= 0:
        return 0.0
    lag = int(lags[best])
    return lag + _vertex(same[lag - 1], same[lag], same[lag + 1])


def _path(novelty: Numbers, period: float) -> NDArray[np.intp]:
    """The hops of the beats: the best path, by the novelty at its beats and how even its steps are."""
    local = gaussian_filter1d(novelty / novelty.std(), period / 32.0)
    near, far = max(round(period / 2), 1), max(round(period * 2), 2)
    steps = np.arange(near, far + 1)
    cost = -_TIGHTNESS * np.log(steps / period) ** 2
    total, back = local.copy(), np.full(len(local), -1, dtype=np.intp)
    for at in range(near, len(local)):
        reach = steps[: max(at - near + 1, 0)]  # those that do not lead before the start
        before = total[at - reach] + cost[: len(reach)]
        best = int(np.argmax(before))
        if before[best] > 0:
            total[at], back[at] = local[at] + before[best], at - reach[best]
    at = len(local) - 1 - int(np.argmax(total[::-1]))
    path = [at]
    while back[path[-1]] >= 0:
        path.append(int(back[path[-1]]))
    return _trimmed(np.array(path[::-1], dtype=np.intp), local)


def _trimmed(path: NDArray[np.intp], local: Numbers) -> NDArray[np.intp]:
    """Without the silent beats at the beginning and the end."""
    strengths = local[path]
    loud = np.flatnonzero(strengths > 0.5 * np.sqrt(np.mean(strengths**2)))
    if len(loud) < max(_FEWEST, len(path) / 4):
        return path[:0]  # a tone that begins and ends is no rhythm
    return path[loud[0] : loud[-1] + 1]


def _sharpened(novelty: Numbers, hops: NDArray[np.intp]) -> Numbers:
    """Beats in fractions of a hop: the vertex of the novelty's peak within 20 ms, if there is one."""
    places = []
    for hop in hops.tolist():
        low, high = max(hop - 2, 1), min(hop + 3, len(novelty) - 1)
        peak = low + int(np.argmax(novelty[low:high])) if high > low else hop
        inside = 0 < peak < len(novelty) - 1
        if inside and novelty[peak] >= max(novelty[peak - 1], novelty[peak + 1]) and novelty[peak] > 0:
            places.append(peak + _vertex(novelty[peak - 1], novelty[peak], novelty[peak + 1]))
        else:
            places.append(float(hop))
    return np.array(places)


def _even(novelty: Numbers, bpm: float) -> Numbers:
    """Beats at even steps over the whole sound, at the phase with the most novelty on the beats."""
    period, length = 60.0 / bpm, max(len(novelty) - 1, 0) / HOPS
    if period > length or not novelty.any():
        return np.arange(0.0, length + 1e-9, period)
    at = np.arange(len(novelty)) / HOPS
    phases = np.arange(_PHASES) / _PHASES * period
    beats = np.arange(0.0, length, period)
    met = [float(np.interp(beats + phase, at, novelty, right=0.0).sum()) for phase in phases]
    best = phases[int(np.argmax(met))]
    return np.arange(best, length + 1e-9, period)


def _vertex(left: float, middle: float, right: float) -> float:
    """The top of the parabola through three neighbours, -0.5 to 0.5 from the middle one."""
    bend = left - 2.0 * middle + right
    return 0.0 if bend >= 0 else float(np.clip(0.5 * (left - right) / bend, -0.5, 0.5))
