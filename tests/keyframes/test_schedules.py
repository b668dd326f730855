"""Schedules of numbers: the classic vectors, a slow twin of Deforum's walk, shapes, dialects, round trips."""

import random
import re
from collections.abc import Mapping, Sequence

import numexpr  # type: ignore[import-untyped]
import numpy as np
import pandas as pd  # type: ignore[import-untyped]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keyframes import Clock, Dialect, LaneValue, ScheduleError, format_schedule, parse_schedule
from tests.pace import within

CLOCK = Clock(frames=12, fps=4, seed=42)
DIALECTS: tuple[Dialect, ...] = ("reverie", "deforum", "disco")


def values(text: LaneValue, dialect: Dialect = "reverie", clock: Clock = CLOCK) -> list[float]:
    schedule = parse_schedule(text, lane="zoom", clock=clock, dialect=dialect)
    assert parse_schedule(format_schedule(schedule), lane="zoom", clock=clock) == schedule
    found: list[float] = schedule.values().tolist()
    return found


def refused(text: LaneValue, dialect: Dialect = "reverie", clock: Clock = CLOCK) -> ScheduleError:
    with pytest.raises(ScheduleError) as caught:
        values(text, dialect, clock)
    assert caught.value.problem.where == "zoom"
    return caught.value


DEFAULT_ZOOM = "0:(1.0025+0.002*sin(1.25*3.14*t/30))"
VECTORS: list[tuple[str, Sequence[float], str]] = [  # text, values, the dialects that give them
    ("0:(0), 5:(t*2), 8:(1), 11:(4)", [0, 2, 4, 6, 8, 10, 12, 14, 1, 2, 3, 4], "all"),
    (
        "0:(10), 3:(sin(t)), 6:(20), 9:(t)",
        [10, 6.7137, 3.4274, 0.1411, -0.7568, -0.9589, 20, 16.3333, 12.6667, 9, 10, 11],
        "all",
    ),
    ("0:(0), 10:(10)", [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10], "all"),
    ("0:(t), 6:(0)", [0, 1, 2, 3, 4, 5, 0, 0, 0, 0, 0, 0], "all"),
    ("0:(1),20:(5)", [1] * 12, "deforum"),
    ("0:(1),20:(5)", [1 + 0.2 * i for i in range(12)], "reverie"),
    ("0:(1),20:(5)", [1 + 4 / 11 * i for i in range(12)], "disco"),
    ("0:(1),0:(2)", [2] * 12, "deforum disco"),
    ("-1:(3), 0:(1)", [1] * 12, "deforum"),
    ("-1:(3), 0:(1)", [1 + 2 / 11 * i for i in range(12)], "reverie"),
    ('0:(s), 1:(-1), "max_f-2":(-1), "max_f-1":(s)', [42, *[-1] * 9, 42, 42], "reverie deforum"),
    ("0:(max_f/2)", [5.5] * 12, "all"),
    ("0: 5, 11: 6", [5 + i / 11 for i in range(12)], "all"),
    ("0:(sin(t)>0)", [0, 1, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0], "all"),
    (
        DEFAULT_ZOOM,
        [1.0025, 1.0028, 1.0030, 1.0033, 1.0035, 1.0037, 1.0039, 1.0041, 1.0042, 1.0043, 1.0044, 1.0045],
        "all",
    ),
    ("0:(pi)", [np.pi] * 12, "all"),
    ("0:(min(3,4))", [3] * 12, "all"),
    ("0:(where(t>5,1,0))", [0] * 6 + [1] * 6, "all"),
    ("5:(3)", [3] * 12, "all"),
    ("5:(t)", [5] * 5 + [5, 6, 7, 8, 9, 10, 11], "all"),
    ("0: (1) 5: (2)", [1, 1.2, 1.4, 1.6, 1.8, *[2] * 7], "all"),
    ("0:\n( 2 )", [2] * 12, "all"),
    ("0 : (1)", [1] * 12, "all"),
    ("1.05", [1.05] * 12, "all"),
    ("0:1", [1] * 12, "all"),
    ("0:(1e-3), 11:(0)", [1e-3] * 11 + [0], "deforum"),
    ("0:(1e-3), 11:(0)", [1e-3 * (1 - i / 11) for i in range(12)], "reverie disco"),
    ("0:(5.), 11:(0)", [5] * 11 + [0], "deforum"),
    ('0:(1), "max_f/2":(2)', [1, 1.2, 1.4, 1.6, 1.8, *[2] * 7], "deforum"),
    ('0:(1), "max_f/2":(2)', [1 + min(i / 5.5, 1) for i in range(12)], "reverie"),
]


@pytest.mark.parametrize(("text", "expected", "dialects"), VECTORS)
def test_vector(text: str, expected: Sequence[float], dialects: str) -> None:
    for dialect in DIALECTS:
        if dialects == "all" or dialect in dialects:
            np.testing.assert_allclose(values(text, dialect), expected, atol=5e-5)


@pytest.mark.parametrize("text", ["0:(t^2)", "0:(t*T)", "0:(random())", "", "0: (sin(t)", "0: [1]"])
def test_what_is_an_error_in_every_dialect(text: str) -> None:
    for dialect in DIALECTS:
        refused(text, dialect)


def test_disco_pins_a_key_past_the_end_to_the_last_frame() -> None:
    np.testing.assert_allclose(values("0:(0),20:(20)", "disco", Clock(frames=10))[9], 20)
    np.testing.assert_allclose(values("0:(0),20:(20)", "reverie", Clock(frames=10))[9], 9)
    assert values("0:(0), 11:(5), 30:(8)", "disco")[-1] == 8


@pytest.mark.parametrize("text", ["-5: (2)", "1.5: (2)", "max_f: (1)", "2s: (1)"])
def test_disco_takes_whole_frames_only(text: str) -> None:
    assert "whole frame" in str(refused(text, "disco"))


def test_deforum_with_every_key_outside_the_film() -> None:
    assert "inside the film" in str(refused("200:(2)", "deforum"))
    assert values("200:(2)") == [2.0] * 12


def deforum_walk(text: str, frames: int, seed: int) -> list[float]:
    """Deforum's walk in slow motion: one frame at a time, numexpr for values, pandas for the gaps."""
    keys = {}
    for piece in text.split(","):
        key, value = (part.strip() for part in piece.split(":")[:2])
        keys[int(key)] = value
    series: list[float] = [np.nan] * frames
    current, is_number = "", False
    for frame in range(frames):
        if frame in keys:
            current = keys[frame]
            is_number = re.fullmatch(r"[+-]?\d*\.?\d+", current.strip("'\"()")) is not None
            if is_number:
                series[frame] = float(current.strip("'\"()"))
        if current and not is_number:
            names = {"t": np.float64(frame), "max_f": np.float64(frames - 1), "s": np.float64(seed)}
            series[frame] = float(numexpr.evaluate(current, local_dict=names, global_dict={}))
    filled = pd.Series(series)
    filled[0] = filled[filled.first_valid_index()]
    filled[frames - 1] = filled[filled.last_valid_index()]
    found: list[float] = filled.interpolate(method="linear", limit_direction="both").tolist()
    return found


def test_random_schedules_equal_deforums_walk() -> None:
    dice = random.Random(7)
    bodies = ["t*2", "sin(t)", "(t>3)*4", "t%5", "max_f-t", "s/7", "where", "-t**2", "1.5+0.25*cos(t/3)"]
    for _ in range(200):
        frames = dice.randint(2, 40)
        positions = dice.sample(range(frames), dice.randint(1, min(6, frames)))
        entries = []
        for position in positions:
            body = dice.choice(bodies)
            number = f"{dice.uniform(-5, 5):.3f}"
            entries.append(f"{position}: ({number if body == 'where' or dice.random() < 0.6 else body})")
        text = ", ".join(entries)
        expected = deforum_walk(text, frames, 42)
        for dialect in DIALECTS[:2]:
            found = values(text, dialect, Clock(frames=frames, seed=42))
            np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9, err_msg=text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("11.5: 0, 0: 23", [23 - 2 * i for i in range(12)]),  # a key between frames, and keys in any order
        ("0: 0, 1s: 4", [min(i, 4) for i in range(12)]),
        ("0: 0, 100%: 11", list(range(12))),
        ("0: 0, -1: 11", list(range(12))),
        ("-12: 0, -1: 11", list(range(12))),
        ("0: 0, -1s: 8", [min(i, 8) for i in range(12)]),
        ("0: 0, max_f/2: 5.5", [min(i, 5.5) for i in range(12)]),
        ("0: 0, floor(max_f/2): 5", [min(i, 5) for i in range(12)]),
        ('0: 0, "min(8, 20)": 8', [min(i, 8) for i in range(12)]),
        ("0: 0, fps*2: 8", [min(i, 8) for i in range(12)]),
        ("0: (1),", [1] * 12),
        ("0: (1),  ", [1] * 12),
        ("0: (0.5*2),  ", [1] * 12),
        ("(0): '1'", [1] * 12),
        ('"0": "t"', list(range(12))),
        ("t", list(range(12))),
        ("  t  ", list(range(12))),
        ("(t)", list(range(12))),
        ("max(t, 5)", [max(t, 5) for t in range(12)]),
        ("0: max(t, 5), 6: (min(t, 7))", [*[5] * 6, 6, *[7] * 5]),
        ("0: (1)*2, 5: (3)+(4)", [*[2] * 5, *[7] * 7]),
        ("0:(1)5:(2)", [1, 1.2, 1.4, 1.6, 1.8, *[2] * 7]),
        ("0: 1 5: 2", [1, 1.2, 1.4, 1.6, 1.8, *[2] * 7]),
        ("0: (t) max_f-1: (2)", [*range(10), 2, 2]),
        ("0: 1 if t < 3 else 2", [1, 1, 1, *[2] * 9]),
        (3, [3] * 12),
        (-0.5, [-0.5] * 12),
        ({"0": 0, "100%": 11}, list(range(12))),
        ({"0": "t", "6": "0", "max_f": 1.5}, [*range(6), 0, 0.3, 0.6, 0.9, 1.2, 1.5]),
        ({"0": "(0) hold", "6": 3}, [*[0] * 6, *[3] * 6]),
    ],
)
def test_grammar(text: LaneValue, expected: list[float]) -> None:
    np.testing.assert_allclose(values(text), expected, atol=1e-12)


def test_beats() -> None:
    clock = Clock(frames=12, fps=4, bpm=120)  # two frames to the beat
    np.testing.assert_allclose(values("0: 0, 4b: 8", clock=clock), [min(i, 8) for i in range(12)])
    np.testing.assert_allclose(values("beat", clock=clock), np.arange(12) / 2)
    assert "tempo" in str(refused("0: 0, 4b: 8"))


@pytest.mark.parametrize(
    ("text", "column", "says"),
    [
        ("", 1, "empty"),
        ("   ", 1, "empty"),
        (",", 1, "key is missing"),
        ("0: 1,, 5: 2", 6, "key is missing"),
        ("0: (1", 4, "never closed"),
        ("0: 1)", 5, "closes nothing"),
        ('0: "1', 4, "never closed"),
        ("0: (1], 5: 2", 6, "closes nothing"),
        ("0: (1), 10: (2), junk", 18, "junk"),
        ("junk", 1, "not a variable"),
        ("1, 2", 1, "no key"),
        (": (1)", 1, "key is missing"),
        ("0: , 5: 2", 2, "no value"),
        ("0:", 2, "no value"),
        ("0: 1: 2", 5, 'second ":"'),
        ("0 (1)", 3, "is not allowed here"),
        ("0: (1), 5: (sinn(t))", 13, 'Did you mean "sin"?'),
        ("0: 1, maxf: 2", 7, 'Did you mean "max_f"?'),
        ("0: 1, t: 2", 7, "changes with the frame"),
        ("0: 1, rand(): 2", 7, "cannot be random"),
        ("0: 1, max_f-99: 2", 7, "before frame 0"),
        ("0: 1, -13: 2", 7, "before frame 0"),
        ("0: 1, -10%: 2", 7, "90%"),
        ("0: 1, 1e12: 2", 7, "too far"),
        ("0: (1) smoth, 5: 2", 8, 'Did you mean "smooth"?'),
        ("smoth; 0: 1", 1, 'Did you mean "smooth"?'),
        ("0: (1) bezier(2,0,0,1), 5: 2", 8, "backwards"),
        ("0: (1) bezier(1,0), 5: 2", 8, "not a curve"),
        ("0: (t) smooth, 5: 2", 13, "takes no curve"),
        ("0: 1e999", 4, "too large"),
        ("0: (1e16)", 5, "too large"),
        ("0: (nan)", 5, "not a variable"),
        ("0: (inf)", 5, "not a variable"),
        ("0: 1, 5: (1/0)", 11, "infinite"),
        ("0: (" + "1+" * 1500 + "1)", 5, "characters"),
        ("0: " + "1+" * 3000 + "1", 4, "characters"),
        ("0: x" + " y" * 5000 + ": 2", 10005, 'second ":"'),
    ],
)
def test_a_mistake_is_told_with_its_column(text: str, column: int, says: str) -> None:
    error = refused(text)
    assert says in str(error)
    assert error.problem.column in (
        column,
        column + 2000,
    )  # an overlong expression points at where it is too long


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (True, "not a number"),
        (float("nan"), "not finite"),
        (float("inf"), "not finite"),
        (10**400, "too large"),
        (None, "not a number"),
        ([1, 2], "not a number"),
        ({}, "no keys"),
        ({"curve": "smooth"}, "no keys"),
        ({"0": True}, "not a number"),
        ({"0": ""}, "no value"),
        ({"0": float("inf")}, "not finite"),
        ({"2": {"5s": 1}}, "quotes"),
        ({"0": 1, "x": 2}, "not a variable"),
        ({"0": 1, "curve": "smoth"}, "smooth"),
        ({"0": 1, "0.0": 2}, "are both at frame 0"),
        ({"0": "1 +"}, "too early"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(value: LaneValue, says: str) -> None:
    assert says in str(refused(value))


def test_two_keys_at_one_frame_are_named() -> None:
    error = refused("0: 1, 4: 2, 1s: 3")
    assert "key 4 (2.0) and key 1s (3.0) are both at frame 4" in str(error)


def test_a_pole_is_refused_with_its_frame() -> None:
    assert refused("0: 1, 3: (1/(t-5))").problem.frame == 5
    assert refused("0: 1, 5: (1/(t-5))").problem.frame == 5
    assert values("0: (1/(t-5)), 5: 2")[5:] == [2.0] * 7  # the pole is never reached


def test_100k_keys_parse_in_a_second() -> None:
    clock = Clock(frames=100_000)
    text = "".join(f"{frame}: ({frame / 7:.4f}), " for frame in range(100_000))
    with within(1):
        schedule = parse_schedule(text, lane="zoom", clock=clock)
    np.testing.assert_allclose(schedule.values(), np.arange(100_000) / 7, atol=1e-4)


@pytest.mark.parametrize(
    "text",
    [
        "0: " + "(" * 1_000_000,
        "0:" * 500_000,
        "0: (" * 300_000,
        "0: 1 " * 20_000 + "x",
        '"' * 999_999,
        "," * 1_000_000,
        ":" * 1_000_000,
        "x" * 5_000_000,
        " " * 1_000_000,
        "0: ((" + "(" * 1900 + "1" + ")" * 1900,
        "0: 1 5" * 100_000,
        "smooth" * 100_000,
        "-" * 100_000 + ": 1",
        "0: 1" + " " * 1_000_000 + "x",
    ],
)
def test_a_monstrous_text_is_refused_quickly(text: str) -> None:
    with within(2):
        assert len(str(refused(text))) < 1000


def test_explain() -> None:
    schedule = parse_schedule(
        "2: (1.0), 6: (1.03), 7: (0.5+0.1*sin(t)), 9: 4 hold, 10: 5", lane="zoom", clock=CLOCK
    )
    assert [schedule.explain(frame) for frame in (0, 2, 4, 6, 8, 9, 11)] == [
        "held before the first key, key 2 (1.0)",
        "key 2 (1.0)",
        "linear between key 2 (1.0) and key 6 (1.03)",
        "key 6 (1.03)",
        'expression "0.5+0.1*sin(t)" of key 7',
        "key 9 (4.0)",
        "held from key 10 (5.0)",
    ]
    assert (
        parse_schedule("0: 1 hold, 4: 2", lane="zoom", clock=CLOCK).explain(2)
        == "held from key 0 (1.0) until key 4"
    )
    assert parse_schedule(1, lane="zoom", clock=CLOCK).explain(7) == "constant"


def test_values_between_frames() -> None:
    schedule = parse_schedule("0: 0, 10: 10", lane="zoom", clock=CLOCK)
    np.testing.assert_allclose(schedule.at(np.array([0.5, 9.25, 2.0])), [0.5, 9.25, 2.0])


def test_an_unknown_dialect_is_a_programming_error() -> None:
    with pytest.raises(ValueError, match="dialect"):
        parse_schedule("1", lane="zoom", clock=CLOCK, dialect="parseq")  # type: ignore[arg-type]


LABELS = st.sampled_from(
    ["0", "3", "7", "11", "5.5", "1s", "30%", "-1", "max_f/3", "floor(max_f*0.7)", "max(1, 2)"]
)
BODIES = st.floats(-1e6, 1e6).map(repr) | st.sampled_from(
    ["t", "sin(t)*2", "where(t > 3, 1, 2)", "rand()", "1 + 2"]
)
CURVES = st.sampled_from(["", " smooth", " hold", " ease-in-out", " cubic", " bezier(0.4, 0, 0.2, 1.5)"])


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(LABELS, BODIES, CURVES), min_size=1, max_size=6, unique_by=lambda key: key[0]),
    st.sampled_from(DIALECTS),
)
def test_format_then_parse_is_the_same_schedule(keys: list[tuple[str, str, str]], dialect: Dialect) -> None:
    text = ", ".join(
        f'"{label}": ({body})' + ("" if re.search("[a-z+ ]", body.replace("e", "")) else curve)
        for label, body, curve in keys
    )
    try:
        schedule = parse_schedule(text, lane="zoom", clock=CLOCK, dialect=dialect)
    except ScheduleError as error:
        assert re.search("are both at|whole frame|takes no curve|inside", str(error)), text  # noqa: PT017
        return
    again = parse_schedule(format_schedule(schedule), lane="zoom", clock=CLOCK)
    assert again == schedule
    np.testing.assert_array_equal(again.values(), schedule.values())


CLASSIC = st.text("0123456789:(),. t*+-\"'smoothbezrx%;[]{}\n", max_size=80)


@settings(max_examples=600, deadline=1000)
@given(
    st.text(max_size=80) | CLASSIC | st.binary(max_size=80).map(lambda raw: raw.decode("latin-1")),
    st.sampled_from(DIALECTS),
)
def test_any_text_is_a_schedule_or_our_error(text: str, dialect: Dialect) -> None:
    try:
        schedule = parse_schedule(text, lane="zoom", clock=CLOCK, dialect=dialect)
        found = schedule.values()
    except ScheduleError:
        return
    assert np.isfinite(found).all()
    assert parse_schedule(format_schedule(schedule), lane="zoom", clock=CLOCK) == schedule


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(
        st.text(max_size=8) | st.sampled_from(["0", "1s", "curve", " 5 ", "(6)", "max(7, 1)", "'8'"]),
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats()
        | st.text(max_size=12)
        | st.lists(st.integers()),
        max_size=4,
    )
)
def test_any_table_is_a_schedule_or_our_error(table: Mapping[str, object]) -> None:
    try:
        schedule = parse_schedule(table, lane="zoom", clock=CLOCK)
        assert np.isfinite(schedule.values()).all()
    except ScheduleError:
        return
    assert parse_schedule(format_schedule(schedule), lane="zoom", clock=CLOCK) == schedule
