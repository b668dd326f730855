"""Where keys stand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyframes import Clock, ScheduleError, parse_position

CLOCK = Clock(frames=101, fps=25, bpm=100, seed=7)


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ("0", 0),
        ("40", 40),
        ("040", 40),
        ("40f", 40),
        ("11.5", 11.5),
        ("2.5s", 62.5),
        ("2.5 s", 62.5),
        (" 40 ", 40),
        ("50%", 50),
        ("8b", 120),
        ("-1", 100),
        ("-101", 0),
        ("-0", 0),
        ("-2s", 51),
        ("-1b", 86),
        ("max_f", 100),
        ("max_f/2", 50),
        ("max_f-10", 90),
        ("fps*2", 50),
        ("s", 7),
        ("frames", 101),
        ("1e2", 100),
        ("2000", 2000),
        ("round(pi*10)", 31),
    ],
)
def test_position(text: str, frame: float) -> None:
    assert parse_position(text, clock=CLOCK) == pytest.approx(frame)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "t",
        "sec",
        "beat",
        "rand()",
        "-102",
        "-5%",
        "1e10",
        "max_f-200",
        "1/0",
        "1m",
        "ten",
        "5 5",
        "1s2",
    ],
)
def test_what_is_no_position(text: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        parse_position(text, clock=CLOCK)
    assert caught.value.problem.hint


def test_deforum_cuts_expressions_and_leaves_negatives() -> None:
    clock = Clock(frames=12)
    assert parse_position("max_f/2", clock=clock, dialect="deforum") == 5
    assert parse_position("max_f/2", clock=clock) == 5.5
    assert parse_position("-1", clock=clock, dialect="deforum") == -1


@given(st.text(max_size=20) | st.text("0123456789sb%.-+ef maxt()/*", max_size=20))
def test_any_text_is_a_position_or_our_error(text: str) -> None:
    try:
        found = parse_position(text, clock=CLOCK)
    except ScheduleError:
        return
    assert 0 <= found <= 1e9
