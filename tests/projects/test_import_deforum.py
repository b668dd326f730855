"""Deforum's settings as projects: the same values at every frame, and an account of every setting."""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keyframes import Clock, ProjectError, Timeline, compile_timeline, parse_schedule
from projects import Rows, lane_specs, read_project
from projects.importers import Imported, convert, import_settings
from projects.importers.common import BY_INDEX, SAMPLERS, our_sampler
from projects.importers.deforum_table import TABLE, defaults_of, version_of
from projects.importers.importing import MAX_BYTES
from projects.schema import Diffusion
from render.diffusion import SAMPLER_NAMES
from render.stages.paint import frame_seed

FILES = Path(__file__).parent / "settings"
MODERN = json.loads((FILES / "deforum_2024_3d.txt").read_text(encoding="utf-8"))


def imported(values: object, folder: Path = FILES, **options: Any) -> Imported:
    return convert(json.dumps(values).encode(), name="a_settings.txt", folder=folder, **options)


def modern(**changes: object) -> Imported:
    return imported({**MODERN, **changes})


def timeline(found: Imported, folder: Path = FILES) -> Timeline:
    project = read_project(found.text, name="a.toml", folder=folder, need_files=False)
    return compile_timeline(
        project.clock, lane_specs(SAMPLER_NAMES, {}), project.given_lanes, project.prompts
    )


def lane(found: Imported, name: str) -> list[float]:
    return [float(value) for value in timeline(found).numbers[name]]


def notes_on(found: Imported, name: str) -> str:
    return "\n".join(str(note) for note in found.report.notes if note.name == name)


def table(found: Imported) -> dict[str, Any]:
    return tomllib.loads(found.text)


# --- every setting is accounted for


@pytest.mark.parametrize("path", sorted(FILES.glob("deforum*.txt")), ids=lambda path: path.stem)
def test_every_setting_of_a_default_file_is_accounted_for(path: Path) -> None:
    values = json.loads(path.read_text(encoding="utf-8"))
    found = import_settings(path)
    assert found.report.accounted == set(values)
    assert [note.name for note in found.report.notes if note.kind == "unknown"] == []
    for name in values:
        assert name in found.text or name.startswith("cn_") or name in found.report.carried
    assert len(timeline(found)) == 120


def test_the_default_file() -> None:
    project = table(imported(MODERN))
    assert project["size"] == [512, 512]
    assert (project["frames"], project["fps"], project["model"]) == (120, 15, "sketch")
    assert project["title"] == "Deforum"
    assert project["motion"]["mode"] == "3d"
    assert project["motion"]["compat"] == "deforum"
    assert project["motion"]["translation_z"] == 1.75
    assert project["diffusion"]["strength"] == 0.35
    assert project["diffusion"]["sampler"] == "euler a"
    assert project["coherence"]["color_match"] == "lab"
    assert project["coherence"]["noise"] == pytest.approx(0.065 * 0.24)
    assert project["prompts"]["30"] == "a harbour at dusk --neg people"
    assert "revAnimated_v122.safetensors" in imported(MODERN).text


def test_a_model_can_be_named() -> None:
    assert table(imported(MODERN, model="models/dream"))["model"] == "models/dream"


def test_what_is_left_out_is_named_with_its_value_and_why() -> None:
    found = modern(use_looper=True, restore_faces=True, made_up=3, cn_2_enabled=True)
    assert "web address" in notes_on(found, "init_images")
    assert notes_on(found, "restore_faces").startswith("restore_faces = true: ")
    assert notes_on(found, "made_up") == "made_up = 3"
    kinds = {note.name: note.kind for note in found.report.notes}
    assert (kinds["cn_2_weight"], kinds["cn_1_weight"]) == ("missing", "off")
    assert kinds["diffusion_cadence"] == "changed"
    assert "# " + notes_on(found, "made_up") in found.text.replace("#   ", "# ")


def test_guides_and_masks_next_to_the_project_are_carried(tmp_path: Path) -> None:
    for name in ("a.png", "b.png", "mask.png"):
        (tmp_path / name).write_bytes(b"")
    looper = {
        "use_looper": True,
        "init_images": '{"0": "a.png", "max_f/2": "c:/pictures/b.png", "30": "https://example.org/c.png"}',
        "image_strength_schedule": "0:(0.75)",
        "tweening_frames_schedule": "0:(20), 60:(10)",
    }
    mask = {"use_mask": True, "mask_file": "mask.png", "invert_mask": True, "mask_overlay_blur": 4}
    colors = {"color_coherence": "Image", "color_coherence_image_path": "a.png"}
    found = imported({**MODERN, **looper, **mask, **colors}, tmp_path)
    project = table(found)
    assert project["guide"]["0"] == "a.png"
    assert project["guide"]["59"] == "b.png"
    assert lane(found, "strength")[0] == pytest.approx(0.25)
    assert lane(found, "guide_tween")[::30] == [20, 15, 10, 10]
    assert project["masks"] == {"painted": "mask.png"}
    assert project["coherence"]["mask"] == "!painted"
    assert project["coherence"]["color_from"] == "a.png"
    assert "web address" in notes_on(found, "init_images")


def test_no_setting_is_in_two_rows() -> None:
    names = [name for row in TABLE for name in row.names]
    assert sorted(names) == sorted(set(names))


# --- schedules

VECTORS = [  # run with the original: N = 12, seed 42
    ("0:(0), 5:(t*2), 8:(1), 11:(4)", [0, 2, 4, 6, 8, 10, 12, 14, 1, 2, 3, 4]),
    ("0:(0), 10:(10)", [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10]),
    ("0:(t), 6:(0)", [0, 1, 2, 3, 4, 5, 0, 0, 0, 0, 0, 0]),
    ("0:(1),20:(5)", [1] * 12),
    ("0:(1),0:(2)", [2] * 12),
    ("-1:(3), 0:(1)", [1] * 12),
    ('0:(s), 1:(-1), "max_f-2":(-1), "max_f-1":(s)', [42, *[-1] * 9, 42, 42]),
    ("0:(max_f/2)", [5.5] * 12),
    ("0: 5, 11: 6", list(np.linspace(5, 6, 12))),
    ("0:(sin(t)>0)", [0, 1, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0]),
    ("0: (0), max_f/2: (11)", [0, 2.2, 4.4, 6.6, 8.8, *[11] * 7]),
    ("0: (1e1), 11: (21)", [*[10] * 11, 21]),
]


@pytest.mark.parametrize(("text", "expected"), VECTORS)
def test_schedules_have_the_values_they_had(text: str, expected: list[float]) -> None:
    found = modern(max_frames=12, seed=42, translation_x=text)
    assert lane(found, "translation_x") == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(("text", "expected"), VECTORS)
def test_units_are_turned_at_every_frame(text: str, expected: list[float]) -> None:
    found = modern(max_frames=12, seed=42, strength_schedule=text, noise_type="uniform", noise_schedule=text)
    strength = [1 - min(max(value, 0), 1) for value in expected]
    assert lane(found, "strength") == pytest.approx(strength, abs=1e-9)
    assert lane(found, "noise") == pytest.approx([min(max(0.36 * v, 0), 1) for v in expected], abs=1e-9)


SIMPLE = st.sampled_from(
    ["0", "1", "0.25", ".5", "5.", "1e-2", "-2", "sin(t)", "t/7", "max_f-t", "where(t>5,1,0)"]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(-2, 30), SIMPLE), max_size=5), SIMPLE)
def test_round_trip_of_random_schedules(keys: list[tuple[int, str]], start: str) -> None:
    text = ", ".join(f"{at}:({value})" for at, value in [(0, start), *keys])
    clock = Clock(frames=20, fps=15, seed=3)
    original = parse_schedule(text, lane="translation_x", clock=clock, dialect="deforum").values()
    found = modern(max_frames=20, seed=3, translation_x=text, strength_schedule=text)
    assert lane(found, "translation_x") == pytest.approx(original.tolist(), abs=1e-9)
    assert lane(found, "strength") == pytest.approx((1 - original.clip(0, 1)).tolist(), abs=1e-9)


def test_text_that_means_the_same_is_kept() -> None:
    assert table(modern())["motion"]["zoom"] == MODERN["zoom"]


def test_an_invalid_schedule_is_noted_and_left_out() -> None:
    found = modern(zoom="0: (sin(t)", angle="0: (2)")
    assert "zoom" not in table(found)["motion"]
    assert "never closed" in notes_on(found, "zoom")
    assert table(found)["motion"]["angle"] == 2


def test_even_kernels_become_odd() -> None:
    assert set(lane(modern(kernel_schedule="0: (4), 60: (8)"), "antiblur_kernel")) == {5, 7, 9}
    assert table(modern(kernel_schedule="0: (7)"))["coherence"]["antiblur_kernel"] == 7


def test_thresholds_are_divided() -> None:
    assert lane(modern(threshold_schedule="0: (51)"), "antiblur_threshold")[0] == pytest.approx(0.2)


# --- seeds


def test_a_seed_left_to_chance_is_the_same_at_every_import() -> None:
    first, second = modern(), modern()
    assert table(first)["seed"] == table(second)["seed"] > 0
    assert str(table(first)["seed"]) in "\n".join(first.report.remarks)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"seed_behavior": "ladder"}, [9, 11, 10, 12, 11, 13]),
        ({"seed_behavior": "alternate"}, [9, 10, 9, 10, 9, 10]),
        ({"seed_behavior": "fixed"}, [9] * 6),
        ({"seed_behavior": "iter"}, [9, 10, 11, 12, 13, 14]),
        ({"seed_behavior": "iter", "seed_iter_N": 2}, [9, 10, 10, 11, 11, 12]),
        ({"seed_behavior": "iter", "seed_iter_N": 3}, [9, 10, 10, 10, 11, 11]),
        ({"seed_behavior": "schedule", "seed_schedule": "0: (5), 4: (t*2)"}, [5, 5, 6, 7, 8, 10]),
    ],
)
def test_seeds(changes: dict[str, object], expected: list[int]) -> None:
    found = modern(seed=9, max_frames=6, diffusion_cadence=1, **changes)
    given_here = table(found)["diffusion"]
    assert given_here["seed_behavior"] == changes["seed_behavior"]
    diffusion = read_project(found.text, name="a.toml", folder=FILES, need_files=False).file.diffusion
    assert [frame_seed(row, 9, diffusion) for row in Rows(timeline(found))] == expected


def deforums_seeds(behavior: str, every: int, frames: int, start: int = 9) -> list[int]:
    """Counted from frame to frame, as Deforum does it."""
    seeds, seed, counter = [], start, 0
    for frame in range(frames):
        seeds.append(seed)
        if behavior == "ladder":
            seed += 2 if frame % 2 == 0 else -1
        elif behavior == "alternate":
            seed += 1 if frame % 2 == 0 else -1
        elif behavior == "iter":
            seed += counter % every == 0
            counter += 1
    return seeds


@pytest.mark.parametrize("behavior", ["iter", "ladder", "alternate", "fixed"])
@pytest.mark.parametrize("every", [1, 2, 5])
def test_seeds_are_those_that_counting_gives(behavior: Any, every: int) -> None:
    diffusion = Diffusion(seed_behavior=behavior, seed_iter_n=every)
    found = [frame_seed(row, 9, diffusion) for row in Rows(timeline(modern(max_frames=40)))]
    assert found == deforums_seeds(behavior, every, 40)


def test_subseeds() -> None:
    on = {"enable_subseed_scheduling": True, "subseed_schedule": "0: (7), 6: (t*3)"}
    found = modern(max_frames=12, **on, subseed_strength_schedule="0: (0), 10: (0.5)")
    assert lane(found, "subseed") == [7, 8, 10, 12, 14, 16, 18, 21, 24, 27, 30, 33]
    assert lane(found, "subseed_strength") == pytest.approx([*(n * 0.05 for n in range(11)), 0.5])
    assert not notes_on(found, "subseed_schedule")
    off = modern(subseed_schedule="0: (7)", subseed_strength_schedule="0: (1)")
    assert set(lane(off, "subseed_strength")) == {0.0}


def test_a_scheduled_seed_below_0_is_drawn() -> None:
    seeds = lane(modern(seed=9, max_frames=12, seed_behavior="schedule"), "seed")
    assert [seeds[0], seeds[10], seeds[11]] == [9, 9, 9]
    assert len(set(seeds[1:10])) == 9
    assert all(0 <= seed < 2**32 for seed in seeds)


def test_random_seeds() -> None:
    assert table(modern(seed_behavior="random"))["diffusion"]["seed_behavior"] == "random"


# --- samplers


def test_our_names_of_samplers_exist() -> None:
    assert set(SAMPLERS.values()) <= set(SAMPLER_NAMES)


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("Euler a", "euler a"),
        ("euler_ancestral", "euler a"),
        ("dpmpp_2m", "dpm++ 2m"),
        ("DPM++ 2M Karras", "dpm++ 2m karras"),
        ("UniPC", "unipc"),
        (BY_INDEX.index("DDIM"), "ddim"),
        ("LMS", None),
        (99, None),
    ],
)
def test_samplers(name: object, ours: str | None) -> None:
    assert our_sampler(name) == ours


def test_scheduled_samplers() -> None:
    schedule = '0: ("Euler a"), 40: ("LMS"), 80: ("DDIM")'
    found = modern(enable_sampler_scheduling=True, sampler_schedule=schedule)
    words = timeline(found).words["sampler"]
    assert (words[39], words[40], words[80]) == ("euler a", "default", "ddim")
    assert "LMS" in notes_on(found, "sampler_schedule")


# --- prompts


def test_boxes_go_round_every_prompt() -> None:
    boxes = {"animation_prompts_positive": "masterpiece", "animation_prompts_negative": "--neg blurry"}
    prompt = timeline(modern(**boxes)).prompts.at(0)
    assert prompt.parts[0].mix[0].text == "masterpiece a lighthouse by the sea"
    assert prompt.negative[0].text == "people blurry"
    several = {**boxes, "prompts": {"0": "a :0.7 AND b :0.3"}}
    parts = timeline(modern(**several)).prompts.at(0).parts
    assert [part.mix[0].text for part in parts] == ["masterpiece a", "b"]


def test_boxes_that_a_run_has_merged_are_not_added_again() -> None:
    assert "lowres" not in timeline(modern()).prompts.at(0).negative[0].text


def test_keys_of_prompts() -> None:
    prompts = {"max_f/2": "b", "0": "a", "-3": "c", "sqrt(": "d"}
    found = modern(prompts=prompts, max_frames=12)
    assert table(found)["prompts"] == {"0": "a", "5": "b"}
    assert "before frame 0" in notes_on(found, "prompts.-3")
    assert "invalid key" in notes_on(found, "prompts.sqrt(")


def test_networks_in_prompts_are_noted() -> None:
    found = modern(prompts={"0": "a cat <lora:ink:0.7>"})
    assert table(found)["prompts"]["0"] == "a cat <lora:ink:0.7>"
    assert "lora:ink" in notes_on(found, "prompts")


def test_back_ticks() -> None:
    prompt = timeline(modern(prompts={"0": "(red:`1+t/max_f`)"}, max_frames=11)).prompts.at(5)
    assert prompt.parts[0].mix[0].text == "(red:1.5)"


# --- the camera


def test_the_flip_is_carried_only_while_it_is_on() -> None:
    theta = {"perspective_flip_theta": "0: (3)"}
    assert "perspective_flip_theta" not in table(modern(**theta))["motion"]
    on = modern(**theta, enable_perspective_flip=True, animation_mode="2D", translation_x="0: (5)")
    assert table(on)["motion"]["perspective_flip_theta"] == 3
    assert table(on)["motion"]["compat"] == "deforum"
    assert "translation_x" not in table(on)["motion"]
    assert "Deforum ignored it" in notes_on(on, "translation_x")


@pytest.mark.parametrize(
    ("name", "here"), [("border", "replicate"), ("reflection", "reflect"), ("zeros", "replicate")]
)
def test_borders(name: str, here: str) -> None:
    found = modern(padding_mode=name)
    assert table(found)["motion"]["border"] == here
    assert bool(notes_on(found, "padding_mode")) == (name == "zeros")


def test_a_flat_world() -> None:
    assert table(modern(use_depth_warping=False))["motion"]["depth"] == "flat"


def test_the_old_formula_of_the_aspect() -> None:
    found = modern(aspect_ratio_use_old_formula=True, W=768)
    assert table(found)["motion"]["aspect"] == 1.5


@pytest.mark.parametrize("mode", ["Video Input", "Interpolation", "None"])
def test_other_modes_are_noted(mode: str) -> None:
    found = modern(animation_mode=mode)
    assert "camera stands still" in notes_on(found, "animation_mode")
    assert table(found)["motion"] == {"mode": "2d"}


# --- init image


def test_an_init_image_next_to_the_project(tmp_path: Path) -> None:
    (tmp_path / "start.png").write_bytes(b"")
    for given_path in ("start.png", r"C:\pictures\start.png", "/home/somebody/start.png"):
        found = imported({**MODERN, "use_init": True, "init_image": given_path}, tmp_path)
        assert table(found)["init_image"] == "start.png"
        strength = timeline(found, tmp_path).numbers["strength"]
        assert strength[:3].tolist() == pytest.approx([0.2, 0.35, 0.35])


@pytest.mark.parametrize(
    "path", ["https://example.org/a.png", "../secret.png", "gone.png", "\0", "x" * 5000, None]
)
def test_other_init_images_are_noted(path: str | None, tmp_path: Path) -> None:
    (tmp_path.parent / "secret.png").write_bytes(b"")
    found = imported({**MODERN, "use_init": True, "init_image": path}, tmp_path)
    assert "init_image" not in table(found)
    assert notes_on(found, "init_image")


def test_the_first_frame_over_a_ramp(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"")
    changes = {"use_init": True, "init_image": "a.png", "strength_schedule": "0: (0), 10: (1)"}
    found = imported({**MODERN, **changes, "max_frames": 12}, tmp_path)
    expected = [0.2, *(1 - t / 10 for t in range(1, 11)), 0]
    assert timeline(found, tmp_path).numbers["strength"].tolist() == pytest.approx(expected, abs=1e-9)


# --- versions


@pytest.mark.parametrize(
    ("marks", "version"),
    [
        ((), "2022-11-15"),
        (("parseq_manifest",), "2022-12-15"),
        (("use_looper", "seed_iter_N"), "2023-01-31"),
        (("enable_perspective_flip",), "2023-02-15"),
        (("transform_center_x",), "2023-03-15"),
        (("use_zoe_depth",), "2023-04-15"),
        (("legacy_colormatch",), "2023-05-20"),
        (("parseq_non_schedule_overrides", "use_looper"), "2023-10-15"),
    ],
)
def test_versions(marks: tuple[str, ...], version: str) -> None:
    assert version_of(dict.fromkeys(marks, "")) == version


def test_defaults_are_those_of_the_version() -> None:
    old = imported({"prompts": {"0": "a cat"}, "animation_mode": "3D", "flip_2d_perspective": False})
    motion, diffusion = table(old)["motion"], table(old)["diffusion"]
    assert (motion["translation_z"], motion["fov"]) == (10, 40)
    assert (diffusion["strength"], diffusion["steps"]) == (0.4, 21)
    assert table(old)["fps"] == 12
    assert "antiblur_amount" not in table(old)["coherence"]
    assert table(old)["coherence"]["noise_type"] == "normal"
    assert table(old)["coherence"]["noise"] == pytest.approx(0.08 * 0.36)
    assert "translation_z" in {note.name for note in old.report.notes if note.kind == "assumed"}
    newer = imported({"prompts": {"0": "a cat"}, "animation_mode": "3D", "enable_perspective_flip": False})
    assert (table(newer)["motion"]["translation_z"], table(newer)["motion"]["fov"]) == (1.75, 70)


def test_defaults_are_settings_that_are_known() -> None:
    known = {name for row in TABLE for name in row.names}
    assert set(defaults_of("9999")) <= known
    assert defaults_of("2023-02-15")["amount_schedule"] == "0: (0.35)"


def test_a_file_of_the_first_version() -> None:
    project = table(import_settings(FILES / "deforum_2022_3d.txt"))
    assert (project["motion"]["fov"], project["diffusion"]["sampler"]) == (40, "euler a")
    assert lane(import_settings(FILES / "deforum_2022_3d.txt"), "seed") == list(range(120))
    assert "perspective_flip_phi" not in project["motion"]


def test_a_file_of_the_notebook() -> None:
    found = import_settings(FILES / "deforum_notebook.txt")
    project = table(found)
    assert "notebook" in found.report.written_by
    assert project["prompts"] == {
        "0": "a lighthouse by the sea --neg people",
        "20": "a harbour at dusk --neg people",
    }
    assert project["coherence"]["noise"] == pytest.approx(0.01)  # of -1 to 1, so half of it


def test_old_names() -> None:
    old = {
        "animation_prompts": {"0": "a cat"},
        "prompts": ["a still"],
        "neg_prompts": {"0": "dog", "5": "fish"},
    }
    found = imported({**old, "color_coherence": "Match Frame 0 HSV", "width": 500, "height": 300, "scale": 9})
    project = table(found)
    assert project["coherence"]["color_match"] == "hsv"
    assert project["size"] == [448, 256]  # the notebook's multiple of 64
    assert project["prompts"] == {"0": "a cat --neg dog", "5": "a cat --neg fish"}
    assert project["diffusion"]["cfg_scale"] == 9


# --- what is not a settings file


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "not JSON"),
        (b"[]", "not a JSON object"),
        (b"{}", "not a known settings file"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"prompts": ' + b"[" * 50 + b"]" * 50 + b"}", "nested too deeply"),
        (b'{"a": ' + b"9" * 10_000 + b"}", "too long"),
        (b'{"prompts": {"0": "a `"}}', "back-tick"),
    ],
)
def test_what_is_refused(data: bytes, says: str) -> None:
    with pytest.raises(ProjectError, match=says) as caught:
        convert(data, name="x.txt", folder=FILES)
    assert "x.txt" in str(caught.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "gone.txt"):
        with pytest.raises(ProjectError, match="cannot be read"):
            import_settings(path)
    (tmp_path / "big.txt").write_bytes(b" " * (MAX_BYTES + 1))
    with pytest.raises(ProjectError, match="more than"):
        import_settings(tmp_path / "big.txt")


NAMES_THERE = [name.replace("#", "1") for row in TABLE if row.here for name in row.names]
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["0: (1)", "0:(t)", "-1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(NAMES_THERE) | st.text(), ANYTHING, max_size=6))
def test_whatever_the_file_holds_it_is_a_project_or_a_project_error(values: dict[str, object]) -> None:
    try:
        found = imported({**MODERN, **values})
    except ProjectError:
        return
    assert found.report.accounted >= {*MODERN, *values} - {"prompts"}
    assert len(timeline(found)) >= 1


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_bytes_are_a_project_error(data: bytes) -> None:
    with pytest.raises(ProjectError):
        convert(data, name="x.txt", folder=FILES)


# --- cadence


def test_cadence_is_carried_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torchvision", None)
    found = modern(
        diffusion_cadence="3", optical_flow_cadence="RAFT", cadence_flow_factor_schedule="0: (0.8)"
    )
    given_table = table(found)["diffusion"]
    assert (given_table["cadence"], given_table["cadence_flow"]) == (3, "dis")
    assert lane(found, "cadence_flow_factor")[:2] == [0.4, 0.4]
    assert "using DIS" in notes_on(found, "optical_flow_cadence")
    fine = table(modern(diffusion_cadence="3", optical_flow_cadence="DIS Fine"))["diffusion"]
    assert fine["cadence_flow"] == "dis-fine"
    assert "cadence" not in table(modern(diffusion_cadence=1))["diffusion"]
    assert "cadence" not in table(modern(animation_mode="Video Input"))["diffusion"]
    assert "cadence_flow" not in table(modern(optical_flow_cadence="None"))["diffusion"]
    whole = table(modern(optical_flow_cadence="Farneback", cadence_flow_factor_schedule="0: (1)"))[
        "diffusion"
    ]
    assert (whole["cadence_flow"], whole["cadence_flow_factor"]) == ("farneback", 0.5)


def test_seeds_count_painted_frames() -> None:
    """With cadence k the seed of frame i is the first one plus i / k."""
    assert lane(modern(seed=7, diffusion_cadence=4), "seed")[:12:4] == [7, 8, 9]
    assert lane(modern(seed=7, diffusion_cadence=4, seed_iter_N=2), "seed")[:20:4] == [7, 8, 8, 9, 9]
    assert lane(modern(seed=7, diffusion_cadence=4, seed_behavior="alternate"), "seed")[:12:4] == [7, 8, 7]
