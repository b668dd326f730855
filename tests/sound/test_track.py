"""A project's sound track: its numbers in expressions, in keys and in the film."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from keyframes import ProjectError
from projects import Project
from render.resolve import ResolvedProject, resolve
from tests.fakes import keys_of, load, project_text, render
from tests.films import probe
from tests.sound.signals import clicks, sine, write_wav

SONG = 'audio = "song.wav"'


def song(folder: Path, *, seconds: float = 2.0, bpm: float = 120.0) -> Path:
    return write_wav(folder / "song.wav", clicks(bpm, seconds, first=0.5)[0])


def project(folder: Path, zoom: str, *, top: str = SONG, **tables: str) -> Project:
    text = project_text(30, top=f"{top}\nfps = 15", motion=f'zoom = "{zoom}"', **tables)
    return load(folder, text)


def zoom_of(film: ResolvedProject) -> np.ndarray:
    return film.timeline.numbers["zoom"]


def test_the_bass_drives_the_zoom(tmp_path: Path) -> None:
    write_wav(tmp_path / "song.wav", np.concatenate([np.zeros(44_100), sine(60, 1.0)]))
    zoom = zoom_of(resolve(project(tmp_path, "0: (1.0 + 0.03*bass)")))
    assert zoom[:14] == pytest.approx(1.0)
    assert zoom[20:] == pytest.approx(1.03, abs=1e-3)


def test_prompts_hear_it_too(tmp_path: Path) -> None:
    song(tmp_path)
    made = project(tmp_path, "1", prompts='0 = "a sea, (storm:`1 + beat_pulse`)"')
    told = [row.prompt.parts[0].mix[0].text for row in resolve(made).rows]
    assert told[0] == "a sea, (storm:1)"
    assert told[15] == "a sea, (storm:2)"


@pytest.mark.parametrize("content", [b"no sound", b""])
def test_a_broken_sound_is_found_before_painting(tmp_path: Path, content: bytes) -> None:
    """Though no lane uses it: the film would."""
    (tmp_path / "song.wav").write_bytes(content)
    with pytest.raises(ProjectError, match=r"dream.toml:\d+ audio: song.wav: .*(no|not a) sound"):
        resolve(project(tmp_path, "1.01"))


def test_a_sound_without_a_sound_is_found_before_painting(tmp_path: Path) -> None:
    """A file that ffmpeg opens and in which nothing can be decoded."""
    write_wav(tmp_path / "song.wav", sine(440, 0.0))
    with pytest.raises(ProjectError, match=r"dream.toml:\d+ audio: song.wav: .*(no|not a) sound"):
        resolve(project(tmp_path, "1.01"))


def test_a_tempo_is_heard_where_none_is_given(tmp_path: Path) -> None:
    song(tmp_path, seconds=8)
    assert zoom_of(resolve(project(tmp_path, "bpm/100"))) == pytest.approx(1.2, rel=0.01)
    given = resolve(project(tmp_path, "1 + beat/100", top=f"{SONG}\nbpm = 60"))
    assert zoom_of(given)[15] == pytest.approx(1.01), "beats so far, from the tempo that is given"


def test_another_sound_paints_only_what_it_changes(tmp_path: Path) -> None:
    sound = sine(60, 2.0)
    sound[:20_000] += sine(5000, 2.0, level=0.2)[:20_000]
    write_wav(tmp_path / "song.wav", sound)
    first = keys_of(resolve(project(tmp_path, "0: (1 + 0.1*high)")))
    sound[60_000:] += sine(5000, 2.0, level=0.2)[60_000:]  # from 1.36 s on
    write_wav(tmp_path / "song.wav", sound)
    second = keys_of(resolve(project(tmp_path, "0: (1 + 0.1*high)")))
    same = [a == b for a, b in zip(first, second, strict=True)]
    assert all(same[:19])
    assert not any(same[22:])


def test_settings_of_the_sound(tmp_path: Path) -> None:
    song(tmp_path)
    plain = zoom_of(resolve(project(tmp_path, "1 + onset")))
    quiet = zoom_of(resolve(project(tmp_path, "1 + onset", sound="clamp = [0, 0.5]\nrelease = 0")))
    assert plain.max() == 2
    assert quiet.max() == 1.5
    assert (quiet > 1).sum() == 3, "three clicks, each for one frame"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("clamp = [0.5, 0.2]", "must rise from one number to the next"),
        ("bands = [20, 300, 200, 4000]", "must rise"),
        ("bands = [20, 300]", r"must be a list such as \[20, 250, 4000, 16000\]"),
        ("gain = 0", "greater than 0"),
        ("atack = 1", 'Did you mean "attack"'),
    ],
)
def test_mistakes_in_the_settings(tmp_path: Path, lines: str, expected: str) -> None:
    song(tmp_path)
    with pytest.raises(ProjectError, match=expected):
        project(tmp_path, "1", sound=lines)


def test_a_variable_without_a_sound_track_says_what_to_add(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r'dream.toml:\d+ motion.zoom.*"bass".*audio = "song.mp3"'):
        resolve(project(tmp_path, "1 + bass", top=""))


def test_a_sound_that_cannot_be_read_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "song.wav").write_bytes(b"no sound")
    made = load(
        tmp_path, project_text(30, top=SONG, motion='zoom = "1 + bass"\nangle = "amp"\ntranslation_x = "q"')
    )
    with pytest.raises(ProjectError) as caught:
        resolve(made)
    assert [problem.where for problem in caught.value.problems] == ["audio", "motion.translation_x"]
    assert caught.value.problems[0].line == 4


def test_other_mistakes_do_not_make_a_sound_variable_wrong(tmp_path: Path) -> None:
    song(tmp_path)
    with pytest.raises(ProjectError) as caught:
        project(tmp_path, "1/amp", top=f"{SONG}\nfsp = 3")
    assert [problem.where for problem in caught.value.problems] == ["fsp"]


def test_the_film_begins_where_its_sound_does(tmp_path: Path) -> None:
    """The offset moves the curves and the sound in the film alike."""
    song(tmp_path, seconds=4)
    made = project(tmp_path, "1 + 0.02*onset", sound="offset = 0.5")
    assert zoom_of(resolve(made))[0] == pytest.approx(1.02), "the first click is at 0.5 s"
    done = render(made)
    assert done.film is not None
    found = probe(done.film)
    assert found.frames == 30
    assert found.sound == pytest.approx(2.0, abs=0.05)
    from render.resolve.media import curves_of

    _, _, heard = curves_of(done.film, fps=15)
    assert heard["onset"][0] > 0.5, "and the film begins with it"
    assert heard["onset"][4] < heard["onset"][0]
