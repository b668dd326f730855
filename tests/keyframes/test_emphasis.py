"""Emphasis, as A1111 reads it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyframes import ScheduleError, parse_emphasis
from tests.pace import within


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [("", 1)]),
        ("normal text", [("normal text", 1)]),
        ("an (important) word", [("an ", 1), ("important", 1.1), (" word", 1)]),
        ("(unbalanced", [("unbalanced", 1.1)]),
        ("a) b", [("a) b", 1)]),
        (r"\(literal\]", [("(literal]", 1)]),
        (r"back\\slash \d", [(r"back\slash \d", 1)]),
        ("(unnecessary)(parens)", [("unnecessaryparens", 1.1)]),
        ("[weak] [[weaker]]", [("weak", 1 / 1.1), (" ", 1), ("weaker", 1 / 1.21)]),
        ("(red:1.3)", [("red", 1.3)]),
        ("(red: 1.3 )", [("red", 1.3)]),
        ("(red:-.5)", [("red", -0.5)]),
        ("(a:b)", [("a:b", 1.1)]),
        ("(16:9 picture:1.2)", [("16:9 picture", 1.2)]),
        ("a:1.3) b", [("a:1.3) b", 1)]),
        ("[red:1.3]", [("red:1.3", 1 / 1.1)]),
        ("((a) b:1.5)", [("a", 1.65), (" b", 1.5)]),
        ("(a [b] c:2)", [("a ", 2), ("b", 2 / 1.1), (" c", 2)]),
        (
            "a (((house:1.3)) [on] a (hill:0.5), sun, (((sky))).",
            [
                ("a ", 1),
                ("house", 1.573),
                (" ", 1.1),
                ("on", 1),
                (" a ", 1.1),
                ("hill", 0.55),
                (", sun, ", 1.1),
                ("sky", 1.4641),
                (".", 1.1),
            ],
        ),
    ],
)
def test_pieces(text: str, expected: list[tuple[str, float]]) -> None:
    found = parse_emphasis(text)
    assert [piece for piece, _ in found] == [piece for piece, _ in expected]
    assert [weight for _, weight in found] == pytest.approx([weight for _, weight in expected])


@pytest.mark.parametrize(
    "text", ["(" * 10_000, "(" * 65 + "a" + ")" * 65, "(a:1e3)(b:1000)", "((((a:10):10):10):10)"]
)
def test_what_no_model_can_follow_is_refused(text: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        parse_emphasis(text)
    assert caught.value.problem.column is not None


def test_a_megabyte_is_read_in_time() -> None:
    with within(3):
        assert len(parse_emphasis("a (b:1.2) [c] " * 70_000)) == 280_001


@given(st.text(max_size=60) | st.text("ab()[]\\:.19 ", max_size=60))
def test_any_text_is_pieces_or_our_error_and_no_text_is_lost(text: str) -> None:
    try:
        found = parse_emphasis(text)
    except ScheduleError:
        return
    kept = "".join(piece for piece, _ in found)
    assert [c for c in text if c not in "()[]\\:.0123456789+- \n\t" and not c.isspace()] == [
        c for c in kept if c not in "()[]\\:.0123456789+- \n\t" and not c.isspace()
    ]
