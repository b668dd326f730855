"""Prompt schedules of FizzNodes and AnimateDiff as projects: the same prompts, in the same shares, at every frame."""

from __future__ import annotations

import copy
import json
import re
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keyframes import Clock, FramePrompt, ProjectError, Timeline, compile_timeline
from projects import lane_specs, read_project
from projects.importers import Imported, convert, import_settings
from projects.importers.fizz import keyed_text, placed
from render.diffusion import SAMPLER_NAMES

FILES = Path(__file__).parent / "settings"
API: dict[str, Any] = json.loads((FILES / "comfy_api.json").read_text(encoding="utf-8"))
WORKFLOW: dict[str, Any] = json.loads((FILES / "comfy_workflow.json").read_text(encoding="utf-8"))
TRAVEL: dict[str, Any] = json.loads((FILES / "animatediff_travel.json").read_text(encoding="utf-8"))


def imported(values: object) -> Imported:
    data = values if isinstance(values, str) else json.dumps(values)
    return convert(data.encode(), name="graph.json", folder=FILES)


def timeline(found: Imported) -> Timeline:
    project = read_project(found.text, name="a.toml", folder=FILES, need_files=False)
    specs = lane_specs(SAMPLER_NAMES, {})
    return compile_timeline(project.clock, specs, project.given_lanes, project.prompts)


def shares(prompt: FramePrompt) -> dict[str, float]:
    return {share.text: share.share for share in prompt.parts[0].mix}


def fizz(keyed: dict[int, str], count: int) -> list[dict[str, float]]:
    """FizzNodes' rule: from each key's prompt to the next one's in equal steps, the last one held to the end."""
    at = sorted(keyed)
    keys = [*([] if at[0] == 0 else [(0, keyed[at[0]])]), *((k, keyed[k]) for k in at)]
    if at[-1] < count:
        keys.append((count, keyed[at[-1]]))
    found = []
    for frame in range(count):
        start, text = [key for key in keys if key[0] <= frame][-1]
        stop, following = next(key for key in keys if key[0] > frame)
        share: dict[str, float] = {text: 1 - (frame - start) / (stop - start)}
        share[following] = share.get(following, 0.0) + (frame - start) / (stop - start)
        found.append({text: part for text, part in share.items() if part > 1e-12})
    return found


# --- the text


KEYED = st.dictionaries(
    st.integers(0, 150),
    st.text("abc ,:{}()'\"\\\n-`é0", min_size=1, max_size=12).filter(lambda t: "`" not in t),
    min_size=1,
)


@settings(max_examples=200, deadline=None)
@given(KEYED, st.sampled_from([", ", ",\n", " "]), st.booleans(), st.booleans())
def test_a_text_of_keys_reads_back(keyed: dict[int, str], between: str, braces: bool, last: bool) -> None:
    text = between.join(f"{json.dumps(str(key))} :{json.dumps(words)}" for key, words in keyed.items())
    text += "," if last else ""
    pairs = keyed_text(f"{{{text}}}" if braces else text)
    assert pairs == [(str(key), words) for key, words in keyed.items()]
    assert placed(pairs, Clock(frames=120, fps=10, seed=0)) == dict(sorted(keyed.items()))


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(
        st.integers(0, 150), st.sampled_from(["a cat", "a dog", "the sea"]), min_size=1, max_size=6
    )
)
def test_prompts_have_fizznodes_shares_at_every_frame(keyed: dict[int, str]) -> None:
    found = imported(", ".join(f'"{key}": "{words}"' for key, words in keyed.items()))
    lanes = timeline(found)
    for frame, wanted in enumerate(fizz(keyed, len(lanes))):
        assert shares(lanes.prompts.at(frame)) == pytest.approx(wanted)


def test_a_text_that_a_person_wrote() -> None:
    found = import_settings(FILES / "fizz_schedule.text")
    lanes = timeline(found)
    assert len(lanes) == 120
    assert shares(lanes.prompts.at(42)) == pytest.approx(
        {f"a harbour, (fog:{np.sin(4.2):.6f})".rstrip("0"): 0.5, "a calm sea": 0.5}, abs=1e-12
    )
    assert [share.text for share in lanes.prompts.at(0).negative] == ["people"]
    assert found.report.accounted == {"text"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('"0": "a cat", "12" "a dog"', "not a key with a prompt"),
        ('"0": "a cat", "foo(": "a dog"', "foo"),
        ('"0": "a \\q cat"', "invalid escape"),
        ('"-3": "a cat"', "before frame 0"),
    ],
)
def test_an_invalid_text_is_refused(text: str, why: str) -> None:
    with pytest.raises(ProjectError, match=re.escape(why)):
        imported(text)


# --- graphs


@pytest.mark.parametrize("name", ["comfy_api.json", "comfy_workflow.json"])
def test_every_node_of_a_graph_is_accounted_for(name: str) -> None:
    values = json.loads((FILES / name).read_text(encoding="utf-8"))
    found = import_settings(FILES / name)
    accounted = "\n".join(found.report.accounted)
    nodes = values.get("nodes", list(values.values()))
    for node in nodes:
        kind = node.get("type", node.get("class_type"))
        assert kind in accounted or kind in ("Note", "Reroute"), kind
    assert not [note for note in found.report.notes if note.kind == "unknown"]


def test_a_graph_for_the_api() -> None:
    found = imported(API)
    project, lanes = tomllib.loads(found.text), timeline(found)
    assert (project["size"], project["fps"], project["frames"], project["seed"]) == ([512, 768], 12, 96, 42)
    assert project["diffusion"]["sampler"] == "dpm++ 2m karras"
    frames = np.arange(96)
    cfg = np.where(frames < 48, 7 + (5 + np.sin(4.8) - 7) * frames / 48, 5 + np.sin(frames / 10))
    np.testing.assert_allclose(lanes.numbers["cfg_scale"], np.where(frames < 72, cfg, 9), atol=1e-9)
    np.testing.assert_allclose(
        lanes.numbers["strength"], np.where(frames < 1, 1, 0.5 + 0.2 * (frames - 1) / 94)
    )
    prompt = lanes.prompts.at(36)  # half way from the key 24 to max_f/2, which is 96/2 there
    texts = ["best quality a harbour, (red:0.75) oil painting", "best quality a calm sea oil painting"]
    assert shares(prompt) == pytest.approx(dict.fromkeys(texts, 0.5))
    assert [share.text for share in lanes.prompts.at(0).negative] == ["blurry fog text"]


def test_a_workflow_as_comfyui_saves_it() -> None:
    found = imported(WORKFLOW)
    project, lanes = tomllib.loads(found.text), timeline(found)
    assert (project["size"], project["frames"], project["seed"]) == ([640, 384], 90, 42)
    assert (project["diffusion"]["strength"], project["diffusion"]["sampler"]) == (0.6, "euler a")
    assert [share.text for share in lanes.prompts.at(30).negative] == ["people, text"]
    assert shares(lanes.prompts.at(30)) == pytest.approx({"a lighthouse": 0.5, "a calm sea": 0.5})
    assert any(note.name.startswith("LoraLoader") and "muted" in note.why for note in found.report.notes)


def test_older_fizznodes_list_their_widgets_in_another_order() -> None:
    old = copy.deepcopy(WORKFLOW)
    node = next(node for node in old["nodes"] if node["type"] == "PromptSchedule")
    node["widgets_values"] = ['"0": "a cat (red:`pw_b`)"', 50, 0, "before", "after", 0, 1.5, 0, 0]
    lanes = timeline(imported(old))
    assert shares(lanes.prompts.at(3)) == {"before a cat (red:1.5) after": 1.0}
    assert len(lanes) == 50


def test_a_value_schedule_that_feeds_no_lane_is_noted() -> None:
    graph = copy.deepcopy(API)
    graph["50"] = {"class_type": "ControlNetApply", "inputs": {"strength": ["20", 0]}}
    found = imported(graph)
    note = next(note for note in found.report.notes if note.name == "ValueSchedule[20].text")
    assert "ControlNetApply.strength" in note.why


@pytest.mark.parametrize("link", [{}, [], {"id": 1}, "9", 1e300])
def test_a_workflow_with_a_wrong_link_is_imported_without_it(link: object) -> None:
    broken = copy.deepcopy(WORKFLOW)
    node = next(node for node in broken["nodes"] if node["type"] == "KSampler")
    wired = next(item for item in node["inputs"] if item["name"] == "negative")
    wired["link"] = link
    broken["links"].append([link, 1, 0, 2, 0, "X"])
    found = tomllib.loads(imported(broken).text)
    assert found["frames"] == 90
    assert "people" not in found["prompts"].get("negative", "")


def test_a_graph_without_prompts_is_an_error() -> None:
    with pytest.raises(ProjectError, match="without a prompt schedule"):
        imported({"3": {"class_type": "KSampler", "inputs": {}}})


# --- AnimateDiff prompt travel


def test_every_setting_of_a_travel_is_accounted_for() -> None:
    found = imported(TRAVEL)
    names = (set(TRAVEL) - {"output"}) | {f"output.{name}" for name in TRAVEL["output"]}
    assert found.report.accounted == names
    assert not [note for note in found.report.notes if note.kind == "unknown"]


def test_a_travel_holds_each_prompt_and_goes_round() -> None:
    lanes = timeline(imported({**TRAVEL, "prompt_fixed_ratio": 0.5}))
    first, second, last = (f"masterpiece, a girl, {text} clothed" for text in TRAVEL["prompt_map"].values())
    assert shares(lanes.prompts.at(16)) == {first: 1.0}
    assert shares(lanes.prompts.at(24)) == pytest.approx({first: 0.5, second: 0.5})
    assert shares(lanes.prompts.at(64)) == {last: 1.0}
    round_again = timeline(imported({**TRAVEL, "prompt_map": {"0": "a", "12": "b"}, "prompt_fixed_ratio": 0}))
    assert len(round_again) == 16
    assert sorted(shares(round_again.prompts.at(14)).values()) == pytest.approx([0.5, 0.5])


@pytest.mark.parametrize(("given", "expected"), [(0, 1), (1, 1), (2, 2)])
def test_layers_of_the_text_encoder_are_carried_over(given: int, expected: int) -> None:
    found = imported({**TRAVEL, "clip_skip": given})
    assert set(timeline(found).numbers["clipskip"]) == {expected}
