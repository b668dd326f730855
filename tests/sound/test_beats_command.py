"""reverie beats."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from keyframes import Clock, parse_schedule
from render.cli.app import cli
from tests.sound.signals import clicks, write_wav


@pytest.fixture(name="song", scope="module")
def _song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_wav(tmp_path_factory.mktemp("song") / "song.wav", clicks(120, seconds=6)[0])


def told(*arguments: object) -> str:
    done = CliRunner().invoke(cli, ["beats", *map(str, arguments)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_words(song: Path) -> None:
    text = told(song)
    assert "song.wav: 6.0 s, 120.0 bpm, 12 beats" in text
    assert len(text.splitlines()) == 1 + 2 + 1 + 90


def test_json(song: Path) -> None:
    found = json.loads(told(song, "--json", "--fps", 24))
    assert found["bpm"] == pytest.approx(120, rel=0.01)
    assert {len(curve) for curve in found["curves"].values()} == {144}


def test_csv(song: Path) -> None:
    head, *rows = told(song, "--csv", "--fps", 10).splitlines()
    assert head == "frame,amp,bass,mid,high,onset,beat_pulse,beat_phase"
    assert len(rows) == 60
    assert np.array([[float(cell) for cell in row.split(",")] for row in rows]).shape == (60, 8)


def test_a_schedule_to_paste(song: Path) -> None:
    curve = np.array(json.loads(told(song, "--json"))["curves"]["amp"])
    text = told(song, "--write-schedule", "amp", "--range", 1.0, 1.1, "--tolerance", 0.03)
    values = parse_schedule(text, lane="zoom", clock=Clock(frames=90, fps=15)).values()
    assert np.abs(values - (1 + 0.1 * curve)).max() <= 0.003 + 1e-6
    assert text.count(":") < 60, "with few keys"


def test_one_form_at_a_time(song: Path) -> None:
    assert CliRunner().invoke(cli, ["beats", str(song), "--json", "--csv"]).exit_code == 2
