"""Disco Diffusion's settings as projects: the same values at every frame, and an account of every setting."""

from __future__ import annotations

import json
import math
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keyframes import Clock, ProjectError, Timeline, compile_timeline, parse_schedule
from projects import lane_specs, read_project
from projects.importers import Imported, convert, import_settings
from projects.importers.disco_table import DEFAULTS, TABLE
from render.diffusion import SAMPLER_NAMES

FILES = Path(__file__).parent / "settings"
GIVEN = json.loads((FILES / "disco_5_3d.txt").read_text(encoding="utf-8"))


def disco(folder: Path = FILES, **changes: object) -> Imported:
    values = {**GIVEN, **changes}
    return convert(json.dumps(values).encode(), name="Dream(0)_settings.txt", folder=folder)


def timeline(found: Imported, folder: Path = FILES) -> Timeline:
    project = read_project(found.text, name="a.toml", folder=folder, need_files=False)
    return compile_timeline(
        project.clock, lane_specs(SAMPLER_NAMES, {}), project.given_lanes, project.prompts
    )


def notes_on(found: Imported, name: str) -> str:
    return "\n".join(str(note) for note in found.report.notes if note.name == name)


def table(found: Imported) -> dict[str, Any]:
    return tomllib.loads(found.text)


@pytest.mark.parametrize("mode", ["2d", "3d"])
def test_every_setting_of_a_default_file_is_accounted_for(mode: str) -> None:
    path = FILES / f"disco_5_{mode}.txt"
    found = import_settings(path)
    assert found.report.accounted == set(json.loads(path.read_text(encoding="utf-8")))
    assert [note.name for note in found.report.notes if note.kind == "unknown"] == []
    assert len(timeline(found)) == 120


def test_the_default_file() -> None:
    project = table(disco())
    assert project["size"] == [1280, 768]
    assert (project["frames"], project["fps"], project["seed"]) == (120, 12, 1234567)
    assert project["motion"]["compat"] == "disco"
    assert (project["motion"]["translation_z"], project["motion"]["fov"]) == (10, 40)
    assert project["diffusion"] == {"steps": 250, "sampler": "ddim", "eta": 0.8, "strength": 0.4}
    assert "512x512_diffusion_uncond_finetune_008100" in disco().text


def test_2d_wraps_and_is_bilinear() -> None:
    motion = table(disco(animation_mode="2D"))["motion"]
    assert (motion["mode"], motion["border"], motion["sampling"]) == ("2d", "wrap", "bilinear")


def test_prompts_are_weighted_lists() -> None:
    prompts = timeline(disco()).prompts
    assert [part.weight for part in prompts.at(0).parts] == [1.5, -0.5]
    assert prompts.at(99).parts[0].mix[0].text == "a lighthouse above a stormy sea, oil painting"
    assert prompts.at(100).parts[0].mix[0].text == "a calm sea at night"


def test_prompts_that_are_none() -> None:
    found = disco(text_prompts={"0": ["a"], "-1": ["b"], "5": 3})
    assert table(found)["prompts"] == {"0": ["a"]}
    assert "whole frame" in notes_on(found, "text_prompts.-1")
    assert "list of texts" in notes_on(found, "text_prompts.5")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0: (1), 10: (1.05)", [1 + min(t, 10) * 0.005 for t in range(12)]),
        ("0: (1), 22: (12)", [1 + t for t in range(12)]),  # a key past the end is moved to the last frame
        ("0: (1), 0: (2)", [2] * 12),
        ("0: (1) 5: (2)", [1 + min(t, 5) * 0.2 for t in range(12)]),
        ("5: (3)", [3] * 12),
        ("1.05", [1.05] * 12),
    ],
)
def test_schedules_have_the_values_they_had(text: str, expected: list[float]) -> None:
    found = timeline(disco(max_frames=12, translation_x=text))
    assert found.numbers["translation_x"].tolist() == pytest.approx(expected, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 30), st.floats(-50, 50)), min_size=1, max_size=5))
def test_round_trip_of_random_schedules(keys: list[tuple[int, float]]) -> None:
    text = ", ".join(f"{at}: ({value:.4f})" for at, value in keys)
    clock = Clock(frames=20, fps=12, seed=1)
    original = parse_schedule(text, lane="angle", clock=clock, dialect="disco").values()
    found = timeline(disco(max_frames=20, angle=text))
    assert found.numbers["angle"].tolist() == pytest.approx(original.tolist(), abs=1e-9)


def test_the_first_frame_over_an_init_image(tmp_path: Path) -> None:
    (tmp_path / "start.png").write_bytes(b"")
    found = disco(tmp_path, init_image="start.png", skip_steps=125)
    assert timeline(found, tmp_path).numbers["strength"][:3].tolist() == [0.5, 0.4, 0.4]
    assert "address" in notes_on(disco(init_image="https://example.org/a.png"), "init_image")


def test_what_has_no_place_is_noted() -> None:
    found = disco(turbo_mode=True, animation_mode="Video Input", what=1)
    for name in ("turbo_steps", "animation_mode", "sat_scale"):
        assert notes_on(found, name)
    kinds = {note.name: note.kind for note in found.report.notes}
    assert (kinds["turbo_mode"], kinds["sat_scale"], kinds["what"]) == ("off", "off", "unknown")


def test_guidance_by_clip() -> None:
    assert table(disco())["clip_guidance"] == {
        "clip_guidance_scale": 5000,
        "range_scale": 150,
        "init_scale": 1500,
        "clip_guidance_end": 1,
        "clamp_max": 0.05,
        "cutn_batches": 4,
        "cut_overview": "[12]*400+[4]*600",
        "cut_innercut": "[4]*400+[12]*600",
        "cut_ic_pow": "[1]*1000",
        "cut_icgray_p": "[0.2]*400+[0]*600",
    }
    changed = disco(
        clip_guidance_scale=0, clamp_grad=False, skip_augs=True, cut_overview=8, cut_ic_pow="[0]*1000"
    )
    found = table(changed)["clip_guidance"]
    assert "clip_guidance_scale" not in found
    assert (found["clamp_max"], found["skip_augs"], found["cut_overview"]) == (100, True, 8)
    assert "0 is not allowed: numbers 0.01 to 100" in notes_on(changed, "cut_ic_pow")
    assert changed.report.carried["clamp_grad"] == "clip_guidance.clamp_max"


def test_the_pull_to_the_init_image_and_to_the_moved_frame(tmp_path: Path) -> None:
    (tmp_path / "start.png").write_bytes(b"")
    lane = timeline(disco(tmp_path, init_image="start.png", init_scale=9), tmp_path).numbers["init_scale"]
    assert lane[:3].tolist() == [9, 1500, 1500]


def test_a_model_without_a_picture_text_model_is_not_guided(tmp_path: Path) -> None:
    def convert_for(model: str) -> Imported:
        return convert(json.dumps(GIVEN).encode(), name="a", folder=tmp_path, model=model)

    found = convert_for("stabilityai/sdxl-turbo")
    scales = {"clip_guidance_scale", "range_scale", "init_scale"}
    assert scales & set(table(found)["clip_guidance"]) == set()
    assert "no picture-text model of its own" in notes_on(found, "clip_guidance_scale")
    assert "no picture-text model of its own" in notes_on(found, "frames_scale")
    (tmp_path / "mine" / "picture_text").mkdir(parents=True)
    (tmp_path / "mine" / "picture_text" / "config.json").write_text("{}")
    assert scales <= set(table(convert_for("mine"))["clip_guidance"])


def test_symmetry() -> None:
    assert table(disco(use_vertical_symmetry=True))["coherence"]["symmetry"] == "vertical"
    both = disco(use_vertical_symmetry=True, use_horizontal_symmetry=True)
    assert table(both)["coherence"]["symmetry"] == "both"
    assert "symmetry" not in table(disco()).get("coherence", {})


def test_a_still_is_a_film_of_one_frame() -> None:
    assert table(disco(animation_mode="None"))["frames"] == 1


def test_seeds_left_to_chance() -> None:
    assert table(disco(seed="random_seed"))["seed"] == table(disco(seed="random_seed"))["seed"]


def test_no_setting_is_in_two_rows() -> None:
    names = [name for row in TABLE for name in row.names]
    assert sorted(names) == sorted(set(names))
    assert set(DEFAULTS) <= set(names)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["0: (1)", "60%"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
THERE = [name for row in TABLE if row.here for name in row.names]


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(THERE) | st.text(), ANYTHING, max_size=6))
def test_whatever_the_file_holds_it_is_a_project_or_a_project_error(values: dict[str, object]) -> None:
    try:
        found = disco(**{f"x{key}" if key == "folder" else key: value for key, value in values.items()})
    except ProjectError:
        return
    assert len(timeline(found)) >= 1


def test_two_eyes_become_pairs_in_the_film() -> None:
    values = json.loads((FILES / "disco_5_3d.txt").read_text(encoding="utf-8"))
    found = convert(
        json.dumps({**values, "vr_mode": True, "vr_eye_angle": 0.5, "vr_ipd": 5.0}).encode(),
        name="a",
        folder=FILES,
    )
    output = tomllib.loads(found.text)["output"]
    assert output["vr"] == "side-by-side"
    assert output["vr_eyes"] == pytest.approx(5.0, abs=1e-3)
    assert output["vr_screen"] == pytest.approx(2.5 / math.tan(math.radians(0.5)), rel=1e-3)
    assert found.report.carried["vr_mode"] == "output.vr"


@pytest.mark.parametrize(
    ("steps", "painted"),
    [(3, [*range(11), 12, 15, 18]), (5, [*range(11), 15]), (2, [*range(11), 12, 14, 16, 18])],
)
def test_turbo_is_a_cadence(steps: int, painted: list[int]) -> None:
    found = disco(turbo_mode=True, turbo_steps=str(steps), animation_mode="3D", max_frames=20)
    lane, at, frames = timeline(found).numbers["cadence"], 0, []
    while at < 20:
        frames.append(at)
        at += int(lane[at])
    assert frames == painted
    assert "turbo_mode" not in [note.name for note in found.report.notes if note.kind == "missing"]
