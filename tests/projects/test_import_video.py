"""Video input and hybrid video of Deforum's and Disco Diffusion's files become a [video] table."""

from __future__ import annotations

import json
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from projects.importers import Imported, convert

from .test_import_deforum import MODERN, imported, notes_on, table, timeline
from .test_import_disco import FILES as DISCO_FILES


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "clip.mp4").write_bytes(b"")
    return tmp_path


def deforum(folder: Path, **changes: object) -> Imported:
    return imported({**MODERN, "video_init_path": "/videos/clip.mp4", **changes}, folder)


def disco(folder: Path, **changes: object) -> Imported:
    values = json.loads((DISCO_FILES / "disco_5_3d.txt").read_text(encoding="utf-8"))
    given = {**values, "animation_mode": "Video Input", "video_init_path": "clip.mp4", **changes}
    return convert(json.dumps(given).encode(), name="x_settings.txt", folder=folder)


def left_out(found: Imported) -> set[str]:
    return {note.name for note in found.report.notes if note.kind in ("missing", "unknown")}


def test_video_input(folder: Path) -> None:
    found = deforum(folder, animation_mode="Video Input", extract_nth_frame=3, extract_from_frame=10)
    video = table(found)["video"]
    assert video == {"input": "clip.mp4", "end": "hold", "every": 3, "from": 10, "composite": "init"}
    assert not notes_on(found, "animation_mode")
    assert timeline(found, folder).numbers["video_alpha"].tolist()[:3] == [1, 1, 1]


def test_hybrid_video(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torchvision", None)
    found = deforum(
        folder,
        hybrid_composite="Before Motion",
        hybrid_comp_alpha_schedule="0: (0.25), 10: (0.75)",
        hybrid_comp_mask_type="Blend",
        hybrid_comp_mask_inverse=True,
        hybrid_comp_mask_auto_contrast=True,
        hybrid_comp_mask_equalize="Both",
        hybrid_motion="Optical Flow",
        hybrid_flow_method="RAFT",
        hybrid_flow_consistency=True,
        hybrid_consistency_blur=5,
        hybrid_motion_use_prev_img=True,
        extract_to_frame=99,
    )
    video = table(found)["video"]
    expected: dict[str, Any] = {
        "input": "clip.mp4",
        "to": 99,
        "composite": "before",
        "first_frame": True,
        "mask": "blend",
        "mask_invert": True,
        "mask_equalize": "both",
        "mask_auto_contrast": True,
        "motion": "flow",
        "motion_from": "render",
        "flow": "dis",
        "consistency": "still",
        "consistency_blur": 5,
    }
    assert {name: video[name] for name in expected} == expected
    numbers = timeline(found, folder).numbers
    assert numbers["video_alpha"][[0, 5, 10]].tolist() == pytest.approx([0.25, 0.5, 0.75])
    assert numbers["video_mask_high"][0] == 100
    assert "DIS" in notes_on(found, "hybrid_flow_method")
    assert not {name for name in left_out(found) if "hybrid" in name or "video_init" in name}


def test_raft_is_taken_where_it_can_be_used(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = ModuleType("torchvision")
    installed.__spec__ = ModuleSpec("torchvision", None)
    monkeypatch.setitem(sys.modules, "torchvision", installed)
    found = deforum(folder, hybrid_motion="Optical Flow", hybrid_flow_method="RAFT")
    assert table(found)["video"]["flow"] == "raft"
    assert not notes_on(found, "hybrid_flow_method")


@pytest.mark.parametrize("path", ["https://example.org/v.mp4", "gone.mp4", "a_settings.txt", None, 7])
def test_a_video_that_is_not_there(folder: Path, path: object) -> None:
    found = deforum(folder, hybrid_composite="Normal", video_init_path=path)
    assert "video" not in table(found)
    assert notes_on(found, "video_init_path")
    assert notes_on(deforum(folder, animation_mode="Video Input", video_init_path=path), "animation_mode")


def test_without_hybrid_nothing_of_it_is_written(folder: Path) -> None:
    found = deforum(folder)
    assert "video" not in table(found)
    assert not {name for name in left_out(found) if "hybrid" in name or "extract" in name}


def test_discos_video_warp(folder: Path) -> None:
    found = disco(folder, video_init_check_consistency=True, steps=250)
    document = table(found)
    assert document["video"] == {
        "input": "clip.mp4",
        "end": "hold",
        "every": 2,
        "motion": "flow",
        "video_alpha": 0.001,
        "consistency": "clip",
    }
    numbers = timeline(found, folder).numbers
    assert numbers["steps"][0] == 100
    assert numbers["strength"][:3].tolist() == pytest.approx([0.5, 0.4, 0.4])
    assert not {name for name in left_out(found) if "flow" in name or "path" in name}
    raw = disco(folder, video_init_flow_warp=False, video_init_seed_continuity=True)
    assert table(raw)["video"] == {"input": "clip.mp4", "end": "hold", "every": 2}
    assert table(raw)["diffusion"]["seed_behavior"] == "fixed"
    assert timeline(raw, folder).numbers["strength"][0] == pytest.approx(0.4)
