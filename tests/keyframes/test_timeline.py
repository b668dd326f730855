"""The timeline: lanes compiled together, rows, explanations, all mistakes at once, speed."""

import numpy as np
import pytest

from keyframes import (
    Clock,
    LaneSpec,
    LaneValue,
    ProjectError,
    PromptSource,
    Timeline,
    compile_timeline,
)
from tests.pace import within

CLOCK = Clock(frames=121, fps=24, seed=42)
PROMPTS = PromptSource(prompts={"0": "a lighthouse", "100": "a calm sea"}, blend="linear")
SPECS = (
    LaneSpec(name="zoom", default=1.0, minimum=0.5, maximum=2.0),
    LaneSpec(name="angle", default=0.0, unit="degrees"),
    LaneSpec(name="strength", default=0.5, minimum=0, maximum=1),
    LaneSpec(name="noise", default="0: (0.1), 120: (0.2)", minimum=0),
    LaneSpec(name="steps", default=20, minimum=1, maximum=150, integer=True, unit="steps"),
    LaneSpec(name="sampler", default="euler", choices=("euler", "heun", "DPM++ 2M", "a, b")),
)


def compiled(given: dict[str, LaneValue], clock: Clock = CLOCK) -> Timeline:
    return compile_timeline(clock, SPECS, given, PROMPTS)


def refused(given: dict[str, LaneValue], prompts: PromptSource = PROMPTS) -> ProjectError:
    with pytest.raises(ProjectError) as caught:
        compile_timeline(CLOCK, SPECS, given, prompts)
    return caught.value


def test_values_of_a_frame() -> None:
    timeline = compiled({"zoom": "0: (1.0), 60: (1.03)", "sampler": '0: "Heun", 60: (dpm++ 2m)'})
    assert len(timeline) == 121
    assert {lane: series[60] for lane, series in timeline.numbers.items()} == pytest.approx(
        {"zoom": 1.03, "angle": 0, "strength": 0.5, "noise": 0.15, "steps": 20}
    )
    assert {lane: len(series) for lane, series in timeline.words.items()} == {"sampler": 121}
    assert timeline.words["sampler"][59:61] == ("heun", "DPM++ 2M")
    assert [share.share for share in timeline.prompts.at(60).parts[0].mix] == pytest.approx([0.4, 0.6])
    assert timeline.numbers["zoom"].dtype == np.float64


def test_explain() -> None:
    timeline = compiled(
        {
            "zoom": "0: (1.0), 60: (1.03)",
            "strength": "10: (0.5+0.1*sin(t))",
            "steps": "0: 10, 120: 20",
            "sampler": "0: euler, 60: heun",
        }
    )
    told = {lane: (value, why) for lane, value, why in timeline.explain(24)}
    assert list(told) == ["zoom", "angle", "strength", "noise", "steps", "sampler", "prompts"]
    assert told["zoom"][0] == pytest.approx(1.012)
    assert told["zoom"][1] == "linear between key 0 (1.0) and key 60 (1.03)"
    assert told["angle"] == (0.0, "default")
    assert told["strength"][1] == 'expression "0.5+0.1*sin(t)" of key 10'
    assert told["noise"][1] == "default: linear between key 0 (0.1) and key 120 (0.2)"
    assert told["steps"] == (12.0, "linear between key 0 (10.0) and key 120 (20.0), cut to a whole number")
    assert told["sampler"] == ("euler", "held from key 0")
    assert told["prompts"] == (
        "a lighthouse AND a calm sea",
        "linear blend: 76% of key 0, 24% of key 100",
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [("0: 1, 10: 11", 5), ("7.9", 7), ("0: 9.999", 9), ("0: 2 hold, 6: 3", 2), (12, 12)],
)
def test_integer_lanes_are_cut_as_by_int(value: LaneValue, expected: int) -> None:
    assert compiled({"steps": value}).numbers["steps"][4] == expected


def test_integers_below_zero_are_cut_towards_zero() -> None:
    spec = LaneSpec(name="seed", default=0, integer=True)
    timeline = compile_timeline(CLOCK, [spec], {"seed": "0-t/2"}, PROMPTS)
    assert timeline.numbers["seed"][:6].tolist() == [0, 0, -1, -1, -2, -2]
    assert not np.signbit(timeline.numbers["seed"][1])


@pytest.mark.parametrize(
    ("lane", "value", "frame", "says"),
    [
        ("zoom", "0: 1, 60: 9", 8, "Allowed: 0.5 to 2."),
        ("zoom", 3, 0, "3 is out of range (constant)"),
        ("noise", "0: (1) hold, 10: (t-20)", 10, "Allowed: 0 or more."),
        ("steps", "0: 1, 10: 0", 1, "0 steps is out of range"),
        ("steps", 0.5, 0, "Allowed: 1 to 150 steps."),
        ("strength", "0: (1/(t-7))", 7, "infinite"),
    ],
)
def test_a_value_out_of_range_is_told_with_its_first_frame(
    lane: str, value: LaneValue, frame: int, says: str
) -> None:
    (problem,) = refused({lane: value}).problems
    assert (problem.where, problem.frame) == (lane, frame)
    assert says in str(problem)


def test_bounds_are_allowed() -> None:
    assert compiled({"zoom": "0: 0.5, 120: 2", "strength": "0: 0, 120: 1"}).numbers["zoom"][-1] == 2.0


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("heun", ["heun"] * 4),
        (" 'HEUN' ", ["heun"] * 4),
        ('0: ("euler"), 2: ("DPM++ 2M")', ["euler", "euler", "DPM++ 2M", "DPM++ 2M"]),
        ({"0": "euler", "3": "heun"}, ["euler", "euler", "euler", "heun"]),
        ('2: "a, b"', ["a, b"] * 4),
        ('0: heun, max_f-118: ("a, b"), 3: euler', ["heun", "heun", "a, b", "euler"]),
    ],
)
def test_word_lanes_hold(value: LaneValue, expected: list[str]) -> None:
    assert list(compiled({"sampler": value}).words["sampler"][:4]) == expected


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("heum", 'Did you mean "heun"?'),
        ("0: euler, 5: zzz", "Allowed: euler, heun, DPM++ 2M, a, b."),
        ("", "not one of the choices"),
        (5, "not a word"),
        ({"0": 5}, "must hold words"),
        ({}, "must hold words"),
        ("0: euler, 0: heun", "are both at frame 0"),
        ("0: euler, x: heun", "not a variable"),
        ("0: 'euler", "never closed"),
    ],
)
def test_a_wrong_word_is_refused(value: LaneValue, says: str) -> None:
    assert says in str(refused({"sampler": value}))


def test_every_problem_of_every_lane_is_told_at_once() -> None:
    error = refused(
        {"zom": 1, "zoom": "0: 1, 60: 9", "angle": "sinn(t)", "steps": "0: (1/0)", "sampler": "heum"},
        PromptSource(prompts={"0": "a `b", "40": "fine", "x": "c"}),
    )
    assert [problem.where for problem in error.problems] == [
        "zom",
        "zoom",
        "angle",
        "steps",
        "sampler",
        "prompts.0",
        "prompts.x",
    ]
    assert 'zom: "zom" is not a lane. Did you mean "zoom"?' in str(error)
    assert error.exit_code == 2


def test_a_film_of_one_frame() -> None:
    timeline = compiled({"zoom": "0: 1, 60: 1.5"}, Clock(frames=1))
    assert timeline.numbers["zoom"].tolist() == [1.0]


def test_a_hundred_thousand_frames_of_thirty_lanes_in_two_seconds() -> None:
    clock = Clock(frames=100_000, bpm=120)
    value = (
        "0: (1+0.5*sin(2*pi*t/30)+noise(t/20)), 30000: (1) smooth, 50000: (3), "
        "60000: (cos(t)*where(t>70000,tri(beat),rand())), 90000: (0) bezier(.4,0,.2,1), 99999: (1)"
    )
    specs = [LaneSpec(name=f"lane_{number}", default=0.0) for number in range(30)]
    prompts = PromptSource(prompts={str(10_000 * key): f"prompt {key}" for key in range(10)}, blend="smooth")
    with within(2):
        timeline = compile_timeline(clock, specs, {spec.name: value for spec in specs}, prompts)
    assert timeline.numbers["lane_29"].shape == (100_000,)
