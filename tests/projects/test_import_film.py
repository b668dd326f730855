"""What Deforum does to a finished film, as a project has it."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

from projects.importers import Imported, convert

MODERN = json.loads((Path(__file__).parent / "settings" / "deforum_2024_3d.txt").read_text(encoding="utf-8"))


def modern(folder: Path, **changes: object) -> tuple[dict[str, Any], Imported]:
    found = convert(json.dumps({**MODERN, **changes}).encode(), name="a_settings.txt", folder=folder)
    return tomllib.loads(found.text), found


def notes(found: Imported, name: str) -> list[str]:
    return [note.kind for note in found.report.notes if note.name == name]


def test_a_soundtrack_beside_the_project(tmp_path: Path) -> None:
    (tmp_path / "song.mp3").write_bytes(b"sound")
    given = {"add_soundtrack": "File", "soundtrack_path": "/home/me/music/song.mp3"}
    table, _ = modern(tmp_path, **given)
    assert table["audio"] == "song.mp3"
    (tmp_path / "song.mp3").unlink()
    table, found = modern(tmp_path, **given)
    assert "audio" not in table
    assert notes(found, "soundtrack_path") == ["missing"]


def test_no_soundtrack(tmp_path: Path) -> None:
    (tmp_path / "song.mp3").write_bytes(b"sound")
    table, _ = modern(tmp_path, add_soundtrack="None", soundtrack_path="song.mp3")
    assert "audio" not in table


def test_frames_between_and_larger_ones(tmp_path: Path) -> None:
    table, found = modern(
        tmp_path,
        frame_interpolation_engine="RIFE v4.6",
        frame_interpolation_x_amount=3,
        r_upscale_video=True,
        r_upscale_factor="x4",
    )
    assert table["output"] == {"interpolate": 3, "upscale": 4}
    assert notes(found, "frame_interpolation_engine") == ["changed"]
    assert notes(found, "r_upscale_model") == ["changed"]
    off, _ = modern(tmp_path, frame_interpolation_engine="None", r_upscale_video=False)
    assert "output" not in off
