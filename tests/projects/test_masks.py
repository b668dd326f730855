"""Masks as text: what binds how, what comes back from its own text, what is refused and where."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keyframes import ScheduleError
from projects.masks import Mask, parse_mask

NAMES = ("sky", "sea", "hand")


def leaves() -> st.SearchStrategy[Mask]:
    numbers = st.integers(0, 200).map(float)
    ranges = st.tuples(numbers, st.integers(201, 255).map(float))
    return st.one_of(
        st.sampled_from(NAMES).map(lambda name: Mask(kind="picture", name=name)),
        st.just(Mask(kind="everywhere")),
        ranges.map(lambda pair: Mask(kind="depth", numbers=pair)),
        ranges.map(lambda pair: Mask(kind="light", numbers=pair)),
        numbers.map(lambda radius: Mask(kind="color", name="#00ff7f", numbers=(radius,))),
    )


def joined(parts: st.SearchStrategy[Mask]) -> st.SearchStrategy[Mask]:
    two = st.tuples(st.sampled_from("&|^\\"), parts, parts)
    return st.one_of(
        parts.map(lambda part: Mask(kind="!", parts=(part,))),
        two.map(lambda three: Mask(kind=three[0], parts=three[1:])),
    )


@settings(deadline=None)
@given(st.recursive(leaves(), joined, max_leaves=8))
def test_its_own_text_is_the_same_mask(mask: Mask) -> None:
    assert parse_mask(str(mask), NAMES) == mask


@settings(deadline=None)
@given(st.text(alphabet="sky&|^!()\\,# 0f", max_size=30))
def test_any_text_is_a_mask_or_a_mistake_with_a_place(text: str) -> None:
    columns = [1]
    try:
        parse_mask(text, NAMES)
    except ScheduleError as error:
        columns = [problem.column or 0 for problem in error.problems]
    assert all(1 <= column <= len(text) + 1 for column in columns)


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("!sky & sea", "(!sky & sea)"),
        ("sky | sea & hand", "(sky | (sea & hand))"),
        ("sky ^ sea | hand", "((sky ^ sea) | hand)"),
        ("sky & sea ^ hand", "((sky & sea) ^ hand)"),
        ("sky \\ sea \\ hand", "((sky \\ sea) \\ hand)"),
        ("!(sky|sea)", "!(sky | sea)"),
        ("!!sky", "!!sky"),
        ("!sky & (depth(0, 500) | color(#FF0000, 40))", "(!sky & (depth(0, 500) | color(#ff0000, 40)))"),
    ],
)
def test_what_binds_first(text: str, means: str) -> None:
    assert str(parse_mask(text, NAMES)) == means


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("", 1, "ends too early"),
        ("sky &", 6, "ends too early"),
        ("skye", 1, "Did you mean"),
        ("sky sea", 5, "a sign is missing"),
        ("(sky | sea", 1, "not closed"),
        ("sky @ sea", 5, "no meaning"),
        ("color(#ff00, 3)", 7, "#ff0000"),
        ("color(3)", 7, "takes a color"),
        ("depth(5)", 1, "takes 2 values"),
        ("depth(500, 5)", 1, "lower number"),
        ("light(0, 300)", 10, "Allowed: 0 to 255"),
        ("depth", 1, "needs its numbers"),
        ("(" * 60 + "sky" + ")" * 60, 51, "nested too deeply"),
    ],
)
def test_mistakes_have_a_place(text: str, column: int, message: str) -> None:
    with pytest.raises(ScheduleError, match=message) as caught:
        parse_mask(text, NAMES)
    assert caught.value.problems[0].column == column
