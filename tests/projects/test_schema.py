"""The project file's shape, its JSON Schema, and the table of lanes behind both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from keyframes import compile_timeline
from projects import TABLES, ProjectFile, json_schema, lane_specs, read_project
from projects.lanes import table_of
from projects.schema import ControlNet, IpAdapter, Lora, Output, Sound
from projects.schema.reference import reference

SMALL: dict[str, Any] = {"frames": 20, "prompts": {"0": "dawn"}}


def file(**given: object) -> ProjectFile:
    return ProjectFile.model_validate({**SMALL, **given})


def test_every_setting_has_a_default() -> None:
    given = file()
    assert (given.fps, given.seed, given.model, given.size) == (15.0, 0, "sketch", None)
    assert given.length == 20
    assert given.motion.mode == "2d"
    assert (given.coherence.color_match, given.coherence.color_from) == ("auto", "auto")
    assert given.output.crf == 17
    for table, specs in TABLES.items():
        assert all(getattr(getattr(given, table), spec.name) is None for spec in specs)


@pytest.mark.parametrize(
    ("duration", "frames"),
    [("10s", 150), (" 1.5 min ", 1350), ("2m", 1800), ("0.1s", 2), ("6666s", 99990)],
)
def test_durations(duration: str, frames: int) -> None:
    assert ProjectFile.model_validate({"duration": duration, "prompts": "dawn"}).length == frames


@pytest.mark.parametrize(
    "duration", ["", "10", "s", "-1s", "1e3s", "10 frames", "1h", "0s", "0.01s", "1000000s"]
)
def test_durations_that_are_none(duration: str) -> None:
    with pytest.raises(ValidationError):
        ProjectFile.model_validate({"duration": duration, "prompts": "dawn"})


@pytest.mark.parametrize("given", [{"size": [16, 8192]}, {"fps": 240}, {"frames": 100_000}, {"seed": 2**53}])
def test_limits_themselves_are_allowed(given: dict[str, object]) -> None:
    file(**given)


@pytest.mark.parametrize(
    "given", [{"size": [15, 64]}, {"fps": 240.1}, {"frames": 100_001}, {"seed": 2**53 + 1}]
)
def test_beyond_the_limits_is_not(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        file(**given)


def test_a_file_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        file().fps = 3  # type: ignore[misc]


def test_the_json_schema_has_every_setting() -> None:
    schema = json_schema()
    assert schema["$schema"].endswith("2020-12/schema")
    assert set(schema["properties"]) == set(ProjectFile.model_fields)
    assert "prompts" in schema["required"]
    for table, specs in TABLES.items():
        shape = schema["$defs"]["".join(word.capitalize() for word in table.split("_"))]
        assert {spec.name for spec in specs} <= set(shape["properties"])
        assert shape["additionalProperties"] is (table == "guide")  # whose other keys are positions
        assert shape["description"]
        for name, setting in shape["properties"].items():
            assert setting.get("description") or name == "guidance_rescale", f"{table}.{name}"
    assert schema["$defs"]["Prompts"]["additionalProperties"] is True
    for name, setting in schema["properties"].items():
        assert setting.get("description") or "$ref" in setting or name == "size", name


def test_every_lane_has_help_and_a_default_within_its_range() -> None:
    clock = read_project("frames = 50\nprompts = 'x'\n", name="x.toml", folder=Path()).clock
    specs = lane_specs(("euler",), {})
    prompts = read_project("frames = 50\nprompts = 'x'\n", name="x.toml", folder=Path()).prompts
    timeline = compile_timeline(clock, specs, {}, prompts)  # would refuse a default that is out of range
    assert set(timeline.numbers) | set(timeline.words) == {spec.name for spec in specs}
    assert all(spec.help for spec in specs)
    assert len({spec.name for spec in specs}) == len(specs)


def test_the_page_of_settings_is_fresh() -> None:
    page = Path(__file__).parents[2] / "docs" / "settings.md"
    stale = "docs/settings.md is stale. Run: python -m projects.schema.reference > docs/settings.md"
    assert page.read_text(encoding="utf-8") == reference(), stale


def test_the_page_of_settings_names_every_setting_and_lane() -> None:
    page = reference()
    for table in (ProjectFile, Output, Sound, Lora, ControlNet, IpAdapter):
        for name, field in table.model_fields.items():
            assert f"`{field.alias or name}`" in page or f"## `[{name}" in page, name
    assert all(f"| `{spec.name}` |" in page for specs in TABLES.values() for spec in specs)


def test_a_models_own_defaults() -> None:
    specs = {
        spec.name: spec for spec in lane_specs(("euler", "ddim"), {"steps": 4, "cfg_scale": 1.0, "other": 3})
    }
    assert (specs["steps"].default, specs["cfg_scale"].default) == (4, 1.0)
    assert specs["strength"].default == 0.5
    assert specs["sampler"].choices == ("euler", "ddim")


def test_the_table_of_a_lane() -> None:
    assert {lane: table_of(lane) for lane in ("zoom", "strength", "noise", "sampler", "seed")} == {
        "zoom": "motion",
        "strength": "diffusion",
        "noise": "coherence",
        "sampler": "diffusion",
        "seed": "diffusion",
    }
