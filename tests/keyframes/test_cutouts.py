"""Values by noise, as Disco Diffusion writes them: Python's own lists are the oracle."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyframes import ProjectError, Timeline, compile_timeline
from keyframes.cutouts import parse_cutouts
from projects import Project, lane_specs, read_project

TEXTS = ("[12]*400+[4]*600", "[1, 2,3]*2 + [7]", "[0.5]", " [1]*1000 ", "[4]*0+[2]*3", "3", "[-0]")


@pytest.mark.parametrize("text", TEXTS)
def test_it_is_what_python_makes_of_it(text: str) -> None:
    made = eval(text)  # our own texts, above
    values = made if isinstance(made, list) else [made]
    read = parse_cutouts(text, low=0, high=100, whole=False)
    count = len(values)
    levels = [(count - index - 0.5) / count for index in range(count)]
    assert [read.at(level) for level in levels] == values
    assert (read.at(1.0), read.at(0.0), max(value for value, _ in read.runs)) == (
        values[0],
        values[-1],
        max(values),
    )


def test_the_place_is_that_of_disco() -> None:
    """Entry 1000 - (t + 1) of a thousand at timestep t."""
    read = parse_cutouts("+".join(f"[{index}]" for index in range(1000)), low=0, high=1000, whole=True)
    for t in (0, 1, 333, 500, 666, 998, 999):
        assert read.at((t + 1) / 1000) == 1000 - (t + 1)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("[12]*400+[4]*600+", "cannot be read"),
        ("[12]*400-[4]", "cannot be read"),
        ("[x]", "cannot be read"),
        ("__import__('os')", "cannot be read"),
        ("[65]*10", "65 is not allowed: whole numbers 0 to 64"),
        ("[1.5]", "1.5 is not allowed"),
        ("[nan]", "not allowed"),
        ("[1]*0", "1 to 100000 noise levels"),
        ("[1]*999999", "at most 100000"),
        ("", "cannot be read"),
        (-1, "-1 is not allowed"),
    ],
)
def test_what_is_refused(given: float | str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        parse_cutouts(given, low=0, high=64, whole=True)


@given(st.text(alphabet="[]*+,. 0123456789e-xn", max_size=30))
def test_anything_is_read_or_refused(text: str) -> None:
    try:
        read = parse_cutouts(text, low=0, high=64, whole=True)
    except ValueError:
        return
    assert 0 <= read.at(0.5) <= 64


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("cut_overview = '[a]'", "clip_guidance.cut_overview"),
        ("cut_overview = true", "clip_guidance.cut_overview"),
        ("cut_icgray_p = 2", "0 to 1"),
        ("cut_ic_pow = 0", "0.01 to 100"),
        ("model = []", "clip_guidance"),
        ("model = 3", "clip_guidance.model"),
        ("cutn_batches = 0.5", "cutn_batches"),
        ("clamp_max = 0", "clamp_max"),
        ("clip_guidance_scal = 3", "clip_guidance_scale"),
    ],
)
def test_mistakes_in_the_table(line: str, said: str, tmp_path: Path) -> None:
    text = f"frames = 2\nprompts = 'a'\n[clip_guidance]\n{line}\n"
    with pytest.raises(ProjectError, match=re.escape(said)):
        compiled(read_project(text, name="a.toml", folder=tmp_path))


def compiled(project: Project) -> Timeline:
    return compile_timeline(project.clock, lane_specs(("ddim",), {}), project.given_lanes, project.prompts)
