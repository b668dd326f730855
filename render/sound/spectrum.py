"""A sound file decoded, whatever ffmpeg can decode, and measured a hundred times a second: its loudness, also in bands,
and its onsets, where something begins.

Convention: hop i is the sound about the time i / HOPS seconds, in a Hann window of WINDOW samples centred there.
Levels are root mean squares: a sine of full scale has 0.707.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy.fft import rfft, rfftfreq
from scipy.signal import find_peaks, get_window

from keyframes.errors import RenderError, printable

from ..ffmpeg import Ffmpeg, no_sound, sound_input, unreadable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

RATE = 32_000  # samples a second
HOPS = 100  # a second
WINDOW = 1024  # 32 ms: short enough to tell when, long enough to tell bass from middle
_HOP = RATE // HOPS
_BLOCK = 1 << 18  # bytes: two seconds
_LOWEST = 20.0  # Hz: below is inaudible
_PITCHES, _PITCH_LOW, _PITCH_HIGH = 40, 40.0, 15_000.0
_COMPRESSION = 1000.0  # a sound 60 dB below full scale counts about as much as its amplitude
_GAP = 5  # hops between two onsets
_SHARE = 0.15  # of a loud onset: softer rises do not count
_SOFTEST = 0.02  # novelty below this is the hiss of silence
_LAG = 2  # hops: more than half a window, so that a click rises at its own place


@dataclass(frozen=True, kw_only=True)
class Heard:
    """levels: (hops, 4), of the whole sound and its three bands. novelty: (hops,), how much begins there."""

    levels: Numbers
    novelty: Numbers

    @property
    def seconds(self) -> float:
        """How long the sound is, to a hop."""
        return max(len(self.levels) - 1, 0) / HOPS


def samples(path: Path) -> Iterator[NDArray[np.float32]]:
    """The sound in blocks (n,), never all of it in memory: mono (its channels mixed), RATE samples a second, about -1
    to 1.

    Raises ProjectError, at `audio`, if the file is not there or holds no sound in a plain container, and
    EnvironmentFault without ffmpeg.
    """
    if not path.is_file():
        raise no_sound(path, "there is no such sound file.")
    mono = ["-map", "0:a:0", "-vn", "-ac", "1", "-ar", str(RATE), "-c:a", "pcm_f32le", "-f", "f32le", "-"]
    doing = f"hearing {printable(str(path))}"
    try:
        with Ffmpeg([*sound_input(path), *mono], doing=doing) as process:
            heard = b""
            while chunk := process.read(_BLOCK):
                heard += chunk
                whole = len(heard) // 4 * 4
                yield np.nan_to_num(np.frombuffer(heard[:whole], "<f4"), posinf=1.0, neginf=-1.0)
                heard = heard[whole:]
            process.finish()
    except RenderError as error:
        raise no_sound(path, unreadable(error)) from error


def listen(blocks: Iterable[NDArray[np.float32]], edges: Sequence[float]) -> Heard:
    """Measure a sound in one pass, with one block in memory.

    blocks: samples (n,) of any lengths. edges: four frequencies in Hz, rising: bass lies between the first
    two, the middle and the treble after it.
    """
    ear = _Ear(edges)
    waiting = np.zeros(WINDOW // 2, dtype=np.float32)
    found = []
    for block in blocks:
        waiting = np.concatenate([waiting, block])
        count = (len(waiting) - WINDOW) // _HOP + 1
        if count > 0:
            found.append(ear.hear(waiting, count))
            waiting = waiting[count * _HOP :]
    waiting = np.concatenate([waiting, np.zeros(WINDOW // 2, dtype=np.float32)])
    count = max((len(waiting) - WINDOW) // _HOP + 1, 0)
    found.append(ear.hear(waiting, count))
    levels = np.concatenate([levels for levels, _ in found])
    return Heard(levels=levels, novelty=np.concatenate([novelty for _, novelty in found]))


class _Ear:
    """Turns windows into levels and novelty; remembers the pitches of the last hops."""

    def __init__(self, edges: Sequence[float]) -> None:
        self.window = np.asarray(get_window("hann", WINDOW), dtype=np.float32)
        # twice: of the spectrum only the positive half is there
        self.scale = 2.0 / (WINDOW * float(np.sum(self.window.astype(np.float64) ** 2)))
        pitches = np.geomspace(_PITCH_LOW, _PITCH_HIGH, _PITCHES + 1)
        self.spans = [_bins(_LOWEST, RATE / 2), *(_bins(*pair) for pair in pairwise(edges))]
        self.pitches = np.unique([_bins(float(pitch), RATE)[0] for pitch in pitches])
        self.before = np.zeros((_LAG, len(self.pitches) - 1))

    def hear(self, sound: NDArray[np.float32], count: int) -> tuple[Numbers, Numbers]:
        """Levels (count, 4) and novelty (count,) of the first `count` windows of `sound`."""
        if count == 0:
            return np.zeros((0, len(self.spans))), np.zeros(0)
        windows = np.lib.stride_tricks.sliding_window_view(sound, WINDOW)[::_HOP][:count]
        power = np.abs(rfft(windows * self.window, axis=1).astype(np.complex128)) ** 2 * self.scale
        levels = np.sqrt(np.stack([power[:, low:high].sum(axis=1) for low, high in self.spans], axis=1))
        tones = np.add.reduceat(power[:, : self.pitches[-1]], self.pitches[:-1], axis=1)
        tones = np.log10(1.0 + _COMPRESSION * np.sqrt(tones))
        # Spectral flux over logarithmic bands: Böck, Krebs and Schedl, "Evaluating the online capabilities of
        # onset detection methods" (ISMIR 2012); flux itself: Dixon, "Onset detection revisited" (DAFx 2006).
        row = np.concatenate([self.before, tones])
        self.before = row[-_LAG:]
        novelty = np.maximum(row[_LAG:] - row[:-_LAG], 0.0).mean(axis=1)
        return levels, novelty


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


def _bins(low: float, high: float) -> tuple[int, int]:
    """The first and the end of the bins whose frequency f is low <= f < high; at least one."""
    frequencies = rfftfreq(WINDOW, 1.0 / RATE)
    first, end = (int(np.searchsorted(frequencies, edge)) for edge in (low, high))
    first = min(first, len(frequencies) - 1)
    return first, max(end, first + 1)
