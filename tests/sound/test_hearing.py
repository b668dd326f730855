"""What is heard in sounds whose answer is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from keyframes import ProjectError
from projects.schema import Sound
from render.resolve.media import curves_of
from render.sound.beats import find_beats
from render.sound.spectrum import HOPS, RATE, WINDOW, listen
from tests.sound.signals import clicks, converted, sine, write_wav

EDGES = (20.0, 250.0, 4000.0, 16_000.0)


def errors(found: np.ndarray, true: np.ndarray) -> np.ndarray:
    """How far each found beat is from the nearest true one, seconds."""
    return np.abs(found[:, None] - true[None, :]).min(axis=1)


@pytest.mark.parametrize(("bpm", "rate", "channels"), [(120, 44_100, 1), (120, 48_000, 2), (97.3, 44_100, 2)])
def test_a_click_track(tmp_path: Path, bpm: float, rate: int, channels: int) -> None:
    sound, times = clicks(bpm, rate=rate)
    path = write_wav(tmp_path / "song.wav", np.tile(sound, (channels, 1)), rate)
    _, beats, _ = curves_of(path, fps=15)
    assert beats.bpm == pytest.approx(bpm, rel=0.01)
    assert len(beats.times) == len(times)
    assert errors(beats.times, times).max() < 0.03


@pytest.mark.parametrize("suffix", [".mp3", ".ogg", ".flac", ".m4a"])
def test_what_ffmpeg_can_decode(tmp_path: Path, suffix: str) -> None:
    sound, times = clicks(120, seconds=6)
    path = converted(write_wav(tmp_path / "song.wav", sound), suffix)
    _, beats, _ = curves_of(path, fps=15)
    assert beats.bpm == pytest.approx(120, rel=0.01)
    assert errors(beats.times, times).max() < 0.03


def test_a_tempo_that_is_given_finds_its_phase() -> None:
    sound, times = clicks(90, first=0.41, rate=RATE)
    heard = listen([sound.astype(np.float32)], EDGES)
    beats = find_beats(heard.novelty, 90)
    assert beats.bpm == 90
    assert np.diff(beats.times) == pytest.approx(60 / 90)
    assert errors(times, beats.times).max() < 0.03


@pytest.mark.parametrize(("hertz", "band"), [(60, "bass"), (1000, "mid"), (5000, "high")])
def test_a_tone_is_in_one_band(tmp_path: Path, hertz: float, band: str) -> None:
    _, beats, curves = curves_of(write_wav(tmp_path / "tone.wav", sine(hertz)), fps=15)
    steady = slice(10, 28)  # its beginning is a click, which has all pitches
    for name in ("bass", "mid", "high"):
        values = curves[name][steady]
        assert (values > 0.95).all() if name == band else (values < 0.05).all(), name
    assert (curves["amp"][steady] > 0.95).all()
    assert len(beats.times) == 0, "a tone has no beat"


@pytest.mark.parametrize("level", [0.0, 2e-5])
def test_silence_is_0(tmp_path: Path, level: float) -> None:
    noise = level * np.random.default_rng(0).standard_normal(44_100)
    _, beats, curves = curves_of(write_wav(tmp_path / "silence.wav", noise), fps=15)
    assert len(beats.times) == 0
    for name, values in curves.items():
        assert not values.any(), name


def test_an_empty_file_is_silence(tmp_path: Path) -> None:
    heard, _, curves = curves_of(write_wav(tmp_path / "empty.wav", np.zeros(0)), fps=15)
    assert heard.seconds == 0
    assert all(not values.any() for values in curves.values())


def test_blocks_do_not_show() -> None:
    """Any cutting of the sound into blocks gives the same, and the levels are those of a plain transform."""
    sound = (np.random.default_rng(1).standard_normal(RATE) * 0.2).astype(np.float32)
    whole = listen([sound], EDGES)
    pieces = listen(np.split(sound, [7, 600, 601, 20_000, 20_300]), EDGES)
    assert np.allclose(pieces.levels, whole.levels, rtol=1e-5)
    assert np.allclose(pieces.novelty, whole.novelty, atol=1e-6)
    hop = 40
    centre = hop * RATE // HOPS
    window = np.sin(np.pi * np.arange(WINDOW) / WINDOW) ** 2
    part = sound[centre - WINDOW // 2 : centre + WINDOW // 2] * window
    power = np.abs(np.fft.fft(part)) ** 2 / (WINDOW * np.sum(window**2))
    pitch = np.abs(np.fft.fftfreq(WINDOW, 1 / RATE))
    bass = np.sqrt(power[(pitch >= 20) & (pitch < 250)].sum())
    assert whole.levels[hop, 1] == pytest.approx(bass, rel=1e-3)


def test_the_level_of_a_sine_is_its_root_mean_square() -> None:
    heard = listen([sine(1000, rate=RATE, level=1.0).astype(np.float32)], EDGES)
    assert heard.levels[50:150, 0] == pytest.approx(np.sqrt(0.5), rel=1e-3)


def test_all_channels_are_heard(tmp_path: Path) -> None:
    """Two tones, one on each side, are both there."""
    path = write_wav(tmp_path / "stereo.wav", np.stack([sine(60), sine(5000)]))
    _, _, curves = curves_of(path, fps=15)
    assert (curves["bass"][10:28] > 0.95).all()
    assert (curves["high"][10:28] > 0.95).all()
    assert (curves["mid"][10:28] < 0.05).all()


def test_attack_and_release(tmp_path: Path) -> None:
    sound = np.concatenate([np.zeros(44_100), sine(440, 1.0), np.zeros(44_100)])
    path = write_wav(tmp_path / "burst.wav", sound)
    _, _, fast = curves_of(path, fps=20, settings=Sound(attack=0, release=0, gain=0.5))
    full = fast["amp"][30]
    assert fast["amp"][22] == pytest.approx(full, rel=0.02)
    assert fast["amp"][42] == 0
    _, _, slow = curves_of(path, fps=20, settings=Sound(attack=0.2, release=0.5, gain=0.5))
    assert slow["amp"][24] == pytest.approx(full * (1 - np.exp(-1)), rel=0.05), "0.2 s after the tone began"
    assert slow["amp"][50] == pytest.approx(slow["amp"][40] * np.exp(-1), rel=0.08), "0.5 s after it ended"


def test_gain_clamp_and_offset(tmp_path: Path) -> None:
    sound, _ = clicks(120, seconds=6, first=0.5)
    path = write_wav(tmp_path / "song.wav", sound)
    _, _, plain = curves_of(path, fps=20)
    _, _, limited = curves_of(path, fps=20, settings=Sound(gain=4, clamp=(0.1, 0.6)))
    for name in ("amp", "mid", "onset"):
        assert limited[name] == pytest.approx(np.clip(4 * plain[name], 0.1, 0.6), abs=4e-4)
    _, _, later = curves_of(path, fps=20, settings=Sound(offset=1.5))
    for name in ("amp", "onset", "beat_pulse", "beat"):
        assert later[name] == pytest.approx(plain[name][30:], abs=2e-4), name


def test_pulses_stand_on_the_beat(tmp_path: Path) -> None:
    sound, times = clicks(120, seconds=6, first=0.5)
    _, _, curves = curves_of(write_wav(tmp_path / "song.wav", sound), fps=20)
    frames = np.rint(times * 20).astype(int)
    for name in ("beat_pulse", "onset"):
        assert (curves[name][frames] > 0.99).all()
        assert (curves[name][frames - 1] < 0.3).all()
        assert not curves[name][:10].any()
    assert curves["beat"][frames] == pytest.approx(np.arange(len(times)), abs=0.06)
    assert curves["beat_phase"][frames + 5] == pytest.approx(0.5, abs=0.06)


def test_what_is_no_sound_is_told(tmp_path: Path) -> None:
    path = tmp_path / "song.wav"
    path.write_text("no sound")
    with pytest.raises(ProjectError, match="not a sound that can be read"):
        curves_of(path, fps=15)
    with pytest.raises(ProjectError, match="no such sound file"):
        curves_of(tmp_path / "gone.wav", fps=15)
