"""Ranges of frames."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyframes import ScheduleError, parse_frames


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3", [3]),
        ("-1", [99]),
        ("3,5-7,9..11,-1", [3, 5, 6, 7, 9, 10, 11, 99]),
        ("7, 3, 3-4", [3, 4, 7]),
        ("-3--1", [97, 98, 99]),
        ("98..-1", [98, 99]),
        (" 1 - 2 ", [1, 2]),
        ("0-99", list(range(100))),
        ("5-5", [5]),
    ],
)
def test_ranges(text: str, expected: list[int]) -> None:
    assert parse_frames(text, 100) == tuple(expected)


@pytest.mark.parametrize(
    ("text", "column", "says"),
    [
        ("", 1, "not a frame"),
        ("3,", 3, "not a frame"),
        ("3,x", 3, '"x"'),
        ("3,100", 3, "0 to 99"),
        ("-101", 1, "-100"),
        ("1,7-3", 3, "backwards"),
        ("1-2-3", 1, "not a frame"),
        ("1.5", 1, "not a frame"),
        ("9" * 5000, 1, "not a frame"),
        ("1-999999999", 3, "no frame"),
        ("\N{ARABIC-INDIC DIGIT ONE}", 1, "not a frame"),
    ],
)
def test_mistakes(text: str, column: int, says: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        parse_frames(text, 100)
    assert says in str(caught.value)
    assert caught.value.problem.column == column


@given(st.text("0123456789-., ", max_size=20) | st.text(max_size=10))
def test_any_text_is_frames_or_our_error(text: str) -> None:
    try:
        found = parse_frames(text, 50)
    except ScheduleError:
        return
    assert list(found) == sorted(set(found))
    assert 0 <= found[0] <= found[-1] < 50
