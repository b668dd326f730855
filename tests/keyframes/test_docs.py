"""docs/schedules.md says what is: its examples run, its tables are complete and true."""

import re
import tomllib
from pathlib import Path

import numpy as np
import pytest

from keyframes import (
    Clock,
    Dialect,
    LaneSpec,
    PromptSource,
    ScheduleError,
    compile_timeline,
    parse_curve,
    parse_position,
    parse_schedule,
)
from keyframes.curves import NAMES
from keyframes.functions import FUNCTIONS, OPERATORS, VARIABLES

PAGE = (Path(__file__).parents[2] / "docs" / "schedules.md").read_text(encoding="utf-8")
CLOCK = Clock(frames=121, fps=24, bpm=120, seed=1)


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def rows(header: str) -> list[list[str]]:
    """The cells of the table that begins with `header`, without its head."""
    table = PAGE[PAGE.index(f"| {header} |") :].split("\n\n")[0]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in table.splitlines()[2:]]


def code(cells: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cells)


@pytest.mark.parametrize("line", [line for block in blocks("schedule") for line in block.splitlines()])
def test_example_schedules(line: str) -> None:
    assert np.isfinite(parse_schedule(line, lane="zoom", clock=CLOCK).values()).all()


def test_example_projects() -> None:
    project: dict[str, dict[str, object]] = {}
    for block in blocks("toml"):
        project |= tomllib.loads(block)
    specs = [LaneSpec(name=lane, default=0.0) for lane in project["motion"]]
    prompts = PromptSource(prompts=project["prompts"], blend="smooth")  # type: ignore[arg-type]
    timeline = compile_timeline(CLOCK, specs, project["motion"], prompts)  # type: ignore[arg-type]
    assert timeline.prompts.at(60).parts[1].mix[0].text == "a (storm:1.5)"
    assert timeline.numbers["angle"][60] == 10


def test_keys() -> None:
    for key, _ in rows("key"):
        assert all(0 <= parse_position(text, clock=CLOCK) <= 120 for text in code(key))


def test_curves() -> None:
    names = [name for curve, _ in rows("curve") for name in code(curve)]
    assert [name.split("(")[0] for name in names] == list(NAMES)
    for name in names[:-1]:
        parse_curve(name)


def test_every_variable_function_and_operator_is_told() -> None:
    assert {name for variable, _ in rows("variable") for name in code(variable)} == set(VARIABLES)
    told = {name for functions, _ in rows("functions") for name in code(functions)}
    assert told == {function.usage for function in FUNCTIONS.values()}
    operators = " ".join(code(PAGE[PAGE.index("Operators, from") :].split("\n\n")[0])).split()
    assert set(OPERATORS) - {"negative"} <= set(operators)


@pytest.mark.parametrize(("schedule", "reverie", "deforum", "disco", "_"), rows("schedule"))
def test_dialects(schedule: str, reverie: str, deforum: str, disco: str, _: str) -> None:
    expectations: list[tuple[Dialect, str]] = [("reverie", reverie), ("deforum", deforum), ("disco", disco)]
    for dialect, expected in expectations:
        try:
            found = parse_schedule(
                schedule.strip("`"), lane="zoom", clock=Clock(frames=12), dialect=dialect
            ).values()[6]
        except ScheduleError:
            assert expected == "error"
        else:
            assert found == pytest.approx(float(expected))


def test_inline_schedules_of_words_parse() -> None:
    spec = LaneSpec(name="sampler", default="euler", choices=("euler", "DPM++ 2M"))
    (text,) = re.findall(r"`(0: \(euler\).*?)`", PAGE)
    timeline = compile_timeline(CLOCK, [spec], {"sampler": text}, PromptSource(prompts="a"))
    assert timeline.words["sampler"][60] == "DPM++ 2M"
