"""Parseq's manifests as projects: the values that Parseq has, at every frame."""

from __future__ import annotations

import copy
import json
import tomllib
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import CubicSpline

from keyframes import Clock, ProjectError, Timeline, compile_timeline, parse_schedule
from projects import Rows, lane_specs, read_project
from projects.importers import Imported, convert, import_settings
from projects.importers.parseq_frames import frames_of
from projects.importers.rewrite import schedule_of
from render.diffusion import SAMPLER_NAMES

FILES = Path(__file__).parent / "settings"
RENDERED: dict[str, Any] = json.loads((FILES / "parseq_0.1.112.json").read_text(encoding="utf-8"))
COLUMNS = {
    name: np.array([row[name] for row in RENDERED["rendered_frames"]])
    for name in RENDERED["rendered_frames"][0]
    if name != "deforum_prompt"
}


def imported(values: object) -> Imported:
    return convert(json.dumps(values).encode(), name="manifest.json", folder=FILES)


def timeline(found: Imported) -> Timeline:
    project = read_project(found.text, name="a.toml", folder=FILES, need_files=False)
    specs = lane_specs(SAMPLER_NAMES, {})
    return compile_timeline(project.clock, specs, project.given_lanes, project.prompts)


def keyed(keyframes: list[dict[str, object]], fields: list[str], **more: object) -> Imported:
    """The import of a manifest that was saved without rendered frames."""
    prompts = {"positive": "a cat", "negative": "a dog"}
    manifest = {
        "options": {"output_fps": 10, "bpm": 60},
        "prompts": prompts,
        "managedFields": fields,
        "keyframes": keyframes,
    }
    return imported({**manifest, **more})


# --- rendered frames


def test_every_part_of_a_manifest_is_accounted_for() -> None:
    found = import_settings(FILES / "parseq_0.1.112.json")
    names = {part for part in RENDERED if part not in ("meta", "options")} | (set(COLUMNS) - {"frame"})
    names |= {f"options.{name}" for name in RENDERED["options"]} | {
        f"meta.{name}" for name in RENDERED["meta"]
    }
    assert found.report.accounted == names
    assert not [note for note in found.report.notes if note.kind == "unknown"]


@pytest.mark.parametrize(
    ("lane", "column", "times", "plus"),
    [
        *((name, f"{name}_delta", 1, 0) for name in ("translation_x", "translation_y", "translation_z")),
        *((f"rotation_3d_{axis}", f"rotation_3d_{axis}_delta", 1, 0) for axis in "xyz"),
        ("fov", "fov", 1, 0),
        ("strength", "strength", -1, 1),
        ("cfg_scale", "scale", 1, 0),
        ("noise", "noise", 0.24, 0),
        ("contrast", "contrast", 1, 0),
        ("antiblur_amount", "antiblur_amount", 1, 0),
        ("antiblur_sigma", "antiblur_sigma", 1, 0),
    ],
)
def test_lanes_have_the_rendered_values(lane: str, column: str, times: float, plus: float) -> None:
    values = timeline(imported(RENDERED)).numbers[lane]
    np.testing.assert_allclose(values, plus + times * COLUMNS[column], rtol=0, atol=1e-12)


def test_seeds_prompts_and_the_frame() -> None:
    found = imported(RENDERED)
    project = tomllib.loads(found.text)
    assert (project["title"], project["fps"], project["frames"], project["bpm"]) == ("Harbour", 20, 24, 120)
    assert project["diffusion"]["seed_behavior"] == "schedule"
    rows = list(Rows(timeline(found)))
    assert [row.lanes["seed"] for row in rows] == [float(int(seed)) for seed in COLUMNS["seed"]]
    mixed = rows[10].prompt
    assert [(part.mix[0].text, part.weight) for part in mixed.parts] == [
        ("a lighthouse", 0.56522),
        ("a calm sea", 0.43478),
    ]
    assert mixed.negative[0].text == "people"
    assert rows[23].prompt.parts[0].mix[0].text == "a calm sea"


def test_a_manifest_without_deltas_gets_them_from_its_positions() -> None:
    bare = copy.deepcopy(RENDERED)
    for row in bare["rendered_frames"]:
        for name in [name for name in row if name.endswith("_delta")]:
            del row[name]
    for lane in ("translation_x", "translation_z", "rotation_3d_y"):
        np.testing.assert_allclose(
            timeline(imported(bare)).numbers[lane], timeline(imported(RENDERED)).numbers[lane], atol=1e-12
        )


def test_a_camera_that_stays_in_the_plane_is_2d() -> None:
    flat = copy.deepcopy(RENDERED)
    for frame, row in enumerate(flat["rendered_frames"]):
        for name in ("translation_z", "rotation_3d_y"):
            row[name] = row[f"{name}_delta"] = 0
        row["zoom_delta"] = 1 + frame / 100
    found = imported(flat)
    assert tomllib.loads(found.text)["motion"]["mode"] == "2d"
    np.testing.assert_allclose(timeline(found).numbers["zoom"], 1 + np.arange(24) / 100, atol=1e-12)


def test_a_hole_in_the_frames_is_noted() -> None:
    broken = copy.deepcopy(RENDERED)
    broken["rendered_frames"][7]["fov"] = None
    found = imported(broken)
    assert [note.why for note in found.report.notes if note.name == "fov"] == ["not a number at frame 7."]
    assert "fov" not in tomllib.loads(found.text)["motion"]


# --- key frames


def test_lines_steps_and_splines_are_worked_out() -> None:
    keys: list[dict[str, object]] = [
        {"frame": 0, "translation_x": 0, "fov": 40, "contrast": 1, "contrast_i": "S"},
        {"frame": 4, "translation_x": 8, "fov": 70, "fov_i": "C"},
        {"frame": 10, "translation_x": 5, "translation_x_i": "S", "fov": 50, "contrast": 1.5},
        {"frame": 15, "translation_x": 1, "fov": 60},
    ]
    found = keyed(keys, ["translation_x", "fov", "contrast"])
    lanes = timeline(found).numbers
    frames = np.arange(16)
    steps = np.where(frames < 10, np.interp(frames, [0, 4, 10], [0, 8, 5]), np.where(frames < 15, 5, 1))
    np.testing.assert_allclose(np.cumsum(lanes["translation_x"]), steps, atol=1e-9)
    natural = CubicSpline([0, 4, 10, 15], [40, 70, 50, 60], bc_type="natural")(frames)
    fov = np.where(frames < 4, np.interp(frames, [0, 4], [40, 70]), natural)
    np.testing.assert_allclose(lanes["fov"], fov, atol=1e-9)
    np.testing.assert_allclose(lanes["contrast"], np.where(frames < 10, 1, 1.5), atol=1e-12)
    assert tomllib.loads(found.text)["prompts"]["0"] == "a cat --neg a dog"


def worked_out(
    formula: str, keys: dict[int, float] | None = None, fps: float = 30, bpm: float = 140
) -> list[float]:
    """A formula over the key frames 0, 5, 10 with the values 5, 0, 10: the manifest that Parseq's own tests use."""
    rows: list[dict[str, Any]] = [{"frame": at, "fov": v} for at, v in (keys or {0: 5, 5: 0, 10: 10}).items()]
    rows[0]["fov_i"] = formula
    manifest = {"options": {"output_fps": fps, "bpm": bpm}, "managedFields": ["fov"], "keyframes": rows}
    found = frames_of(manifest)
    if found.lost:
        raise ValueError(found.lost["fov"])
    return [float(value) for value in found.columns["fov"].round(6)]


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        # what Parseq 0.1.112 gives, from its own tests
        ("round(tri(p=5, ps=1, a=2, c=10, li=0.5),2)", [11.6, 10.8, 9.2, 0, 0, 11.6, 10.8, 9.2, 0, 0, 11.6]),
        ("round(saw(p=10, ps=1, a=2),2)", [0.2, 0.4, 0.6, 0.8, 1, 1.2, 1.4, 1.6, 1.8, 0, 0.2]),
        ("pulse(p=10, ps=1, a=2, c=10)", [12, 12, 12, 12, 10, 10, 10, 10, 10, 12, 12]),
        ("pulse(p=5, ps=0, a=2, c=10, li=0.5, pw=1)", [12, 10, 10, 0, 0, 12, 10, 10, 0, 0, 12]),
        ("round(bez(), 2)", [5, 4.68, 3.46, 1.54, 0.32, 0, 0.64, 3.09, 6.91, 9.36, 10]),
        ("round(bez(0.1,0.9,0.9,-0.5), 2)", [5, 3.36, 3.5, 3.7, 3.39, 0, 3.28, 3, 2.6, 3.23, 10]),
        ("round(bez(to=-10), 2)", [5, 4.03, 0.37, -5.37, -9.03, 0, -0.64, -3.09, -6.91, -9.36, 10]),
        ("round(bez(span=3), 2)", [5, 3.98, 1.02, 0, 0, 0, 2.04, 7.96, 10, 10, 10]),
        ("slide(to=-10, span=2)", [5, -2.5, -10, -10, -10, 0, -5, -10, -10, -10, 10]),
        ("round(1.555,2) + ceil(1.444,2) + floor(1.555,2)", [1.56 + 1.45 + 1.55] * 11),
        ("if (0) 2 else if (1) 3 else 4", [3] * 11),
        ("if (0 ) 2", [0] * 11),
        ("5^4 + 5%2", [626] * 11),
        ("true or true and false", [1] * 11),
        ("false and true or true", [0] * 11),  # from the right
        # worked out by hand
        ("S + k", [5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 10]),
        ("10 - 3 - f", [7 + f for f in range(11)]),
        ("(next_keyframe - active_keyframe) * 1 # five", [5] * 10 + [0]),
        ("if (f < 5) -1 else final_frame", [-1] * 5 + [10] * 6),
        ("prev_computed_value + 2", [2 * f for f in range(1, 12)]),
        ("sin(p=4f, a=3, c=L)", [5, 4 + 3, 3, 2 - 3, 1, 0 + 3, 2, 4 - 3, 6, 8 + 3, 10]),
        ("sq(4, 0.5) * abs(-_sqrt(4))", [2, 2, -2, -2] * 2 + [2, 2, -2]),
        ("1s + 1b", [30 + 30 * 60 / 140] * 11),
        ("round(f2b(f) - b, 6) + s2f(s)", list(range(11))),
    ],
)
def test_formulas_have_parseqs_values(formula: str, expected: list[float]) -> None:
    assert worked_out(formula) == pytest.approx(expected, abs=1e-6)


def test_the_polynomial_goes_through_the_keys() -> None:
    values = worked_out("P")
    fitted = np.polyval(np.polyfit([0, 5, 10], [5, 0, 10], 2), np.arange(11))
    assert values == pytest.approx(list(fitted), abs=1e-6)


def test_a_formula_alone_moves_a_camera_from_rest() -> None:
    rows: list[dict[str, Any]] = [{"frame": 0, "translation_z_i": "sin(p=2b, a=10)"}, {"frame": 20}]
    found = keyed(rows, ["translation_z"])
    expected = 10 * np.sin(np.arange(21) * 2 * np.pi / 20)
    np.testing.assert_allclose(
        timeline(found).numbers["translation_z"], np.diff(expected, prepend=0), atol=1e-9
    )


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        ("S + rand(s=1)", r"rand\(\) is not supported"),
        ('info_match_last("snare")', r"info_match_last\(\) is not supported"),
        ("drums", "drums is not supported"),
        ("sin(a=3)", r"sin\(\) needs period"),
        ("sin(p=3, q=1)", r"sin\(\) does not take q"),
        ("1 +", 'unexpected "the end"'),
        ("(1", r'expected "\)"'),
        ("1 / (f - 3)", "no number at frame 3"),
        ('bez(curve="easeInBack")', "these curves: ease"),
        ("bez(x1=f)", "control points that do not change"),
        ("(" * 60 + "1" + ")" * 60, "nested deeper"),
        ("if " * 60 + "1", "nested deeper|too complex"),
        ("abs(" * 40 + "1" + ")" * 40, "nested deeper"),
        ("1" + "+1" * 300, "longer than 500"),
        ("1 ? 2", 'unknown text "[?] 2"'),
    ],
)
def test_formulas_that_are_refused_and_not_guessed(formula: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        worked_out(formula)
    found = keyed([{"frame": 0, "fov": 40, "fov_i": formula}, {"frame": 9, "fov": 50}], ["fov"])
    notes = [note for note in found.report.notes if note.name == "fov"]
    assert notes[0].kind == "missing"


@settings(max_examples=60, deadline=None)
@given(st.text('1f+-*/%^()<>=&|,. bezsink"if#', max_size=60))
def test_any_formula_is_computed_or_refused(formula: str) -> None:
    with suppress(ValueError):  # nothing else is raised
        assert len(worked_out(formula)) == 11


def test_prompts_of_the_editor_stand_at_their_frames() -> None:
    prompts = {
        "format": "v2",
        "commonPrompt": {"positive": "oil painting", "negative": "text"},
        "promptList": [
            {"positive": "a cat", "negative": "", "from": 0, "to": 4},
            {"positive": "a ${x}", "negative": "fog", "from": 7, "to": 9},
        ],
    }
    found = keyed([{"frame": 0, "fov": 40}, {"frame": 9, "fov": 40}], ["fov"], prompts=prompts)
    written = tomllib.loads(found.text)["prompts"]
    assert written == {
        "0": "a cat oil painting --neg text",
        "5": "",
        "7": "a ${x} oil painting --neg fog text",
    }
    assert any(note.kind == "changed" for note in found.report.notes if note.name == "prompts")


def test_a_manifest_in_a_deforum_file_sets_its_lanes() -> None:
    values = json.loads((FILES / "deforum_2024_3d.txt").read_text(encoding="utf-8"))
    values["parseq_manifest"] = json.dumps(RENDERED)
    found = imported(values)
    lanes = timeline(found).numbers
    np.testing.assert_allclose(lanes["rotation_3d_y"], COLUMNS["rotation_3d_y_delta"], atol=1e-12)
    np.testing.assert_allclose(lanes["strength"], 1 - COLUMNS["strength"], atol=1e-12)
    np.testing.assert_allclose(lanes["fov"], 40)
    assert tomllib.loads(found.text)["frames"] == 24
    assert found.report.accounted == set(values)


def test_an_address_of_a_manifest_is_not_visited() -> None:
    values = json.loads((FILES / "deforum_2024_3d.txt").read_text(encoding="utf-8"))
    found = imported({**values, "parseq_manifest": "https://example.org/manifest"})
    assert tomllib.loads(found.text)["frames"] == 120
    assert any(note.name == "parseq_manifest" and note.kind == "missing" for note in found.report.notes)


def test_no_frames_is_an_error() -> None:
    with pytest.raises(ProjectError, match="neither rendered_frames nor keyframes"):
        imported({"options": {"output_fps": 20}, "keyframes": []})


# --- one value per frame as a schedule


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.one_of(st.floats(-1e6, 1e6), st.integers(-5, 5).map(float), st.floats(-1e-9, 1e-9)),
        min_size=1,
        max_size=40,
    )
)
def test_a_schedule_made_of_values_has_these_values(values: list[float]) -> None:
    given_values = np.array(values)
    clock = Clock(frames=len(values), fps=10, seed=0)
    for dialect in ("reverie", "deforum"):
        made = schedule_of(given_values)
        text = made if isinstance(made, str) else f"0: ({np.format_float_positional(made)})"
        back = parse_schedule(text, lane="x", clock=clock, dialect=dialect).values()  # type: ignore[arg-type]
        np.testing.assert_allclose(back, given_values, rtol=1e-12, atol=1e-21)


def test_straight_stretches_are_two_keys() -> None:
    values = np.concatenate([np.linspace(0, 9, 10), np.full(20, 9.0), np.linspace(9, 4, 11)[1:]])
    assert schedule_of(values) == "0: (0), 9: (9), 29: (9), 39: (4)"
    assert schedule_of(np.full(5, 2.5)) == 2.5
