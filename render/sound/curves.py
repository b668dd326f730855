"""From a hundred measurements a second to the curves that expressions use: one value per film frame.

Every curve but `bpm` and `beat` lies in 0 to 1. Values are rounded to 1/10,000: a frame is repainted if one of its
numbers changes, and the last bit of another machine must not change it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..ffmpeg import stamp_of
from .beats import Beats, find_beats
from .spectrum import HOPS, Heard, find_onsets, listen, loud, samples

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

LEVELS = ("amp", "bass", "mid", "high")
_DIGITS = 4
_QUIET_BAND = 0.05  # of the whole: a band is scaled by at least this, so that a nearly empty one stays low
_SILENCE = 1e-4  # -80 dB: what is softer is 0
_REMEMBERED = 4  # sound files


@dataclass(frozen=True, kw_only=True)
class Response:
    """How the curves follow the sound.

    attack, release: seconds in which a value comes within 1/e of a louder or a softer sound. gain: factor on levels
    and onsets. low, high: the limits of all values.
    """

    attack: float = 0.02
    release: float = 0.25
    gain: float = 1.0
    low: float = 0.0
    high: float = 1.0


def film_curves(
    heard: Heard, beats: Beats, response: Response, *, frames: int, fps: float, offset: float = 0.0
) -> dict[str, Numbers]:
    """Every curve at every film frame, float64 (frames,).

    offset: the second of the sound at which the film begins. Frame n has the sound about n / fps seconds after it; an
    onset or a beat belongs to the nearest frame. After the end of the sound, levels and pulses are 0.
    """
    at = np.arange(frames) / fps + offset
    levels = _followed(_measured(heard.levels), response) * response.gain
    curves = {name: _sampled(levels[:, i], at, fps) for i, name in enumerate(LEVELS)}
    onsets = find_onsets(heard.novelty)
    curves["onset"] = _pulses(onsets.times, onsets.strengths * response.gain, at, fps, response.release)
    curves["beat_pulse"] = _pulses(beats.times, np.ones(len(beats.times)), at, fps, response.release)
    curves = {name: np.clip(values, response.low, response.high) for name, values in curves.items()}
    curves["beat"] = _count(beats, at)
    curves["beat_phase"] = curves["beat"] - np.floor(curves["beat"])
    curves["bpm"] = np.full(frames, beats.bpm)
    return {name: np.round(values, _DIGITS) + 0.0 for name, values in curves.items()}


def _measured(levels: Numbers) -> Numbers:
    """Levels (hops, 4) relative to the song's own loudness, about 0 to 1: a softly mastered song moves as much."""
    whole, *bands = (loud(levels[:, i]) for i in range(levels.shape[1]))
    if whole < _SILENCE:
        return np.zeros_like(levels)
    by = np.array([whole, *(max(band, _QUIET_BAND * whole) for band in bands)])
    return np.where(levels < _SILENCE, 0.0, levels / by)


def _followed(levels: Numbers, response: Response) -> Numbers:
    """Levels that rise with the attack and fall with the release: an envelope follower of one pole each way."""
    up, down = _share(response.attack), _share(response.release)
    value, followed = np.zeros(levels.shape[1]), np.empty_like(levels)
    for hop, level in enumerate(levels):
        value = value + (level - value) * np.where(level > value, up, down)
        followed[hop] = value
    return followed


def _share(seconds: float) -> float:
    return 1.0 if seconds <= 0 else float(-np.expm1(-1.0 / (HOPS * seconds)))


def _sampled(level: Numbers, at: Numbers, fps: float) -> Numbers:
    """The mean of a level (hops,) over the time of each frame, half a frame before to half a frame after."""
    if len(level) == 0:
        return np.zeros(len(at))
    total = np.concatenate([[0.0], np.cumsum(level)])
    ends = np.arange(len(total)) - 0.5  # hop i lasts from i - 0.5 to i + 0.5
    low, high = (np.clip((at + side / fps) * HOPS, ends[0], ends[-1]) for side in (-0.5, 0.5))
    summed = np.interp(high, ends, total) - np.interp(low, ends, total)
    mean: Numbers = summed / np.maximum(high - low, 1e-9)  # at the sound's edge: over what there is of it
    return mean


def _pulses(times: Numbers, heights: Numbers, at: Numbers, fps: float, release: float) -> Numbers:
    """Each height at the frame nearest to its time, then falling to 1/e in `release` seconds."""
    values = np.zeros(len(at))
    keep = np.exp(-1.0 / (fps * release)) if release > 0 else 0.0
    nearest = np.floor((times - at[0]) * fps + 0.5).astype(np.int64)
    before = nearest < 0  # pulses before the film still fade in it
    carried = (heights[before] * keep ** (-nearest[before])).max(initial=0.0)
    inside = ~before & (nearest < len(at))
    np.maximum.at(values, nearest[inside], heights[inside])
    value = float(carried)
    for frame in range(len(values)):
        value = max(values[frame], value)
        values[frame] = value
        value *= keep
    return values


def _count(beats: Beats, at: Numbers) -> Numbers:
    """Beats so far, 0 at the first: whole on each beat, continued evenly before the first and after the last."""
    if len(beats.times) == 0 or beats.bpm <= 0:
        return np.zeros(len(at))
    step, last = 60.0 / beats.bpm, len(beats.times) - 1
    inside = np.interp(at, beats.times, np.arange(last + 1.0))
    early, late = np.minimum(at - beats.times[0], 0.0), np.maximum(at - beats.times[-1], 0.0)
    count: Numbers = inside + (early + late) / step
    return count


def hear(path: Path, edges: tuple[float, ...], bpm: float | None) -> tuple[Heard, Beats]:
    """Levels, novelty and beats of a sound file; an unchanged file is decoded once.

    edges: as in `listen`. bpm: the tempo if it is known. Raises ProjectError for a file that holds no sound.
    """
    return _hear(path, stamp_of(path), edges, bpm)


@lru_cache(maxsize=_REMEMBERED)
def _hear(
    path: Path, _stamp: tuple[int, int], edges: tuple[float, ...], bpm: float | None
) -> tuple[Heard, Beats]:
    heard = listen(samples(path), edges)
    return heard, find_beats(heard.novelty, bpm)
