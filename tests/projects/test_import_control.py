"""Deforum's ControlNets: carried over if their models lie next to the project, else noted."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from projects import read_project
from projects.importers import Imported, import_settings

UNIT: dict[str, Any] = {
    "enabled": True,
    "model": "control_v11p_sd15_canny [d14c016b]",
    "module": "canny",
    "weight": "0: (0.2), 30: (1.2)",
    "guidance_start": "0:(0.0)",
    "guidance_end": "0:(0.8)",
    "threshold_a": 200,
    "threshold_b": 90,
    "control_mode": "ControlNet is more important",
    "loopback_mode": True,
    "vid_path": "",
    "processor_res": 512,
    "resize_mode": "Inner Fit (Scale to Fit)",
    "low_vram": False,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder in which a ControlNet lies."""
    (tmp_path / "control_v11p_sd15_canny").mkdir()
    (tmp_path / "control_v11p_sd15_canny" / "config.json").write_text("{}")
    return tmp_path


def found(folder: Path, **unit: object) -> Imported:
    import json

    values = {"max_frames": 60, "prompts": {"0": "a cat"}, "animation_mode": "2D"}
    values |= {f"cn_2_{name}": value for name, value in {**UNIT, **unit}.items()}
    (folder / "old.txt").write_text(json.dumps(values), encoding="utf-8")
    return import_settings(folder / "old.txt", folder=folder)


def control(imported: Imported) -> dict[str, Any] | None:
    tables: dict[str, Any] = tomllib.loads(imported.text).get("control", {})
    assert set(tables) <= {"cn_2"}
    return tables.get("cn_2")


def test_all_of_it_is_carried(folder: Path) -> None:
    got = found(folder)
    assert control(got) == {
        "model": "control_v11p_sd15_canny",
        "source": "frame",
        "detect": "canny",
        "low": 90,
        "high": 200,
        "mode": "control",
        "weight": "0: (0.2), 30: (1.2)",
        "start": 0,
        "end": 0.8,
    }
    project = read_project(got.text, name="new.toml", folder=folder)
    assert project.file.control["cn_2"].detect == "canny"
    assert not [note for note in got.report.notes if note.name.startswith("cn_") and note.kind == "missing"]


@pytest.mark.parametrize(
    ("module", "detect", "changed"),
    [
        ("none", "none", False),
        ("tile_resample", "none", False),
        ("depth_midas", "depth", True),
        ("softedge_pidinet", "soft", True),
        ("hed", "soft", True),
        ("openpose_full", None, False),
    ],
)
def test_what_is_detected(folder: Path, module: str, detect: str | None, changed: bool) -> None:
    got = found(folder, module=module)
    assert (control(got) or {}).get("detect") == detect
    kinds = [note.kind for note in got.report.notes if note.name == "cn_2_module"]
    assert kinds == (["missing"] if detect is None else ["changed"] if changed else [])


def test_what_it_sees(folder: Path) -> None:
    (folder / "dance.mp4").write_bytes(b"")
    shown = {"loopback_mode": False, "vid_path": "c:/clips/dance.mp4"}
    assert (control(found(folder, **shown)) or {})["source"] == "dance.mp4"
    gone = found(folder, loopback_mode=False, vid_path="gone.mp4")
    assert control(gone) is None
    assert "no such file next to" in "".join(map(str, gone.report.notes))
    assert (control(found(folder, loopback_mode=False)) or {})["source"] == "frame"


def test_without_its_model_it_is_noted(tmp_path: Path) -> None:
    got = found(tmp_path)
    assert control(got) is None
    (note,) = [note for note in got.report.notes if note.name == "cn_2_model"]
    assert note.kind == "missing"
    assert "hf download lllyasviel/control_v11p_sd15_canny" in note.why
    off = found(tmp_path, enabled=False)
    assert {note.kind for note in off.report.notes if note.name.startswith("cn_2")} == {"off"}


def test_an_invalid_schedule_is_noted(folder: Path) -> None:
    got = found(folder, weight="0: (sin(")
    assert "weight" not in (control(got) or {})
    assert [note.kind for note in got.report.notes if note.name == "cn_2_weight"] == ["missing"]
    assert (control(found(folder, weight="0: (20)")) or {})["weight"] == "0: (clamp((20.0), 0, 10))"
