"""Prompts: texts, weights, negatives, expressions, blending, classic formats."""

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keyframes import Blend, Clock, FramePrompt, ProjectError, PromptSource
from keyframes.prompt_timeline import KeyedPrompts, compile_prompts
from tests.pace import within

CLOCK = Clock(frames=101, fps=10, seed=42)


def track(prompts: Any, **around: Any) -> KeyedPrompts:
    return compile_prompts(PromptSource(prompts=prompts, **around), clock=CLOCK)


def spoken(prompt: FramePrompt) -> list[tuple[float, str]]:
    """(weight, text) of each part of a prompt that blends nothing."""
    for part in prompt.parts:
        assert [share.share for share in part.mix] == [1.0]
    return [(part.weight, part.mix[0].text) for part in prompt.parts]


def text_at(prompts: object, frame: int, **around: str) -> str:
    return spoken(track(prompts, **around).at(frame))[0][1]


def refused(prompts: object, **around: str) -> ProjectError:
    with pytest.raises(ProjectError) as caught:
        track(prompts, **around)
    return caught.value


def test_a_prompt_holds_until_the_next_key() -> None:
    prompts = {"60": "b", "0": "a", "100": "c"}
    assert [text_at(prompts, frame) for frame in (0, 59, 60, 99, 100)] == ["a", "a", "b", "b", "c"]


def test_before_the_first_key_its_prompt_shows() -> None:
    assert text_at({"50": "a"}, 0) == "a"
    assert track({"50": "a"}, blend="linear").at(20) == track({"50": "a"}).at(60)


def test_keys_stand_where_lanes_keys_stand() -> None:
    for key in ("50", "5s", "50%", "max_f/2", "-51", "49.5"):
        assert [text_at({"0": "a", key: "b"}, frame) for frame in (49, 50)] == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "positive", "negative"),
    [
        ("a cat", [(1, "a cat")], ""),
        ("a cat --neg blurry", [(1, "a cat")], "blurry"),
        ("a cat --neg blurry --neg dull", [(1, "a cat")], "blurry dull"),
        ("--neg blurry", [(1, "")], "blurry"),
        ("a --negative b", [(1, "a --negative b")], ""),
        ("a cat :0.7 AND a dog :0.3", [(0.7, "a cat"), (0.3, "a dog")], ""),
        ("a cat:2 AND a dog:-1 --neg c:3", [(2, "a cat"), (-1, "a dog")], "c:3"),
        ("a AND b AND c:.5", [(1, "a"), (1, "b"), (0.5, "c")], ""),
        ("a AND ", [(1, "a")], ""),
        ("SAND AND sea", [(1, "SAND"), (1, "sea")], ""),
        ("a 16:9 picture", [(1, "a 16:9 picture")], ""),
        ("ratio 16:9", [(1, "ratio 16:9")], ""),
        ("(red:1.3) cat", [(1, "(red:1.3) cat")], ""),
        ("", [(1, "")], ""),
        (["a cat:5", "a dog:-1"], [(1.25, "a cat"), (-0.25, "a dog")], ""),
        (["a", "b"], [(0.5, "a"), (0.5, "b")], ""),
        (["a:-3", "b:1"], [(-1.5, "a"), (0.5, "b")], ""),
        (["http://x.org/a: 2", "a: b"], [(2 / 3, "http://x.org/a"), (1 / 3, "a: b")], ""),
        (["ratio 16:9"], [(1, "ratio 16")], ""),
        (["a --neg dull", "b:1"], [(0.5, "a"), (0.5, "b")], "dull"),
    ],
)
def test_texts_weights_and_negatives(text: object, positive: list[tuple[float, str]], negative: str) -> None:
    prompt = track({"0": text}).at(0)
    assert [part[1] for part in spoken(prompt)] == [part[1] for part in positive]
    assert [part[0] for part in spoken(prompt)] == pytest.approx([part[0] for part in positive])
    assert [(share.text, share.share) for share in prompt.negative] == [(negative, 1.0)]


def test_prefix_suffix_and_negative_go_round_every_prompt() -> None:
    around = {"prefix": "oil painting of", "suffix": ", 4k", "negative": "ugly"}
    prompt = track({"0": "a cat:2 AND a dog --neg blurry", "50": ["sea:2", "boats:-1"]}, **around).at(0)
    assert spoken(prompt) == [(2, "oil painting of a cat , 4k"), (1, "oil painting of a dog , 4k")]
    assert prompt.negative[0].text == "blurry ugly"
    later = track({"0": "x", "50": ["sea:2", "boats:-1"]}, **around).at(50)
    assert spoken(later) == [(2, "oil painting of sea , 4k"), (-1, "boats")]  # a pushed-away text stays alone
    assert later.negative[0].text == "ugly"


def test_expressions_are_evaluated_each_frame() -> None:
    prompts = {"0": "a (red:`1+t/max_f`) cat `sqrt(t)` `s`"}
    assert text_at(prompts, 0) == "a (red:1) cat 0 42"
    assert text_at(prompts, 25) == "a (red:1.25) cat 5 42"
    assert text_at(prompts, 33) == "a (red:1.33) cat 5.744563 42"
    assert text_at({"0": "`-0.0000001`"}, 0) == "0"


def test_expressions_in_weights_prefix_and_negative() -> None:
    prompt = track({"0": "a :`t/10` AND b --neg c `t`"}, prefix="p`t`", negative="n`t*2`").at(5)
    assert spoken(prompt) == [(0.5, "p5 a"), (1, "p5 b")]
    assert prompt.negative[0].text == "c 5 n10"
    assert [weight for weight, _ in spoken(track({"0": ["a:`1+t`", "b:1"]}).at(2))] == [0.75, 0.25]


def test_linear_blend() -> None:
    prompts = track({"0": "a --neg x", "40": "b --neg y", "80": "c --neg y"}, blend="linear")
    assert spoken(prompts.at(0)) == [(1, "a")]
    assert [(share.text, share.share) for share in prompts.at(10).parts[0].mix] == [("a", 0.75), ("b", 0.25)]
    assert [(share.text, share.share) for share in prompts.at(10).negative] == [("x", 0.75), ("y", 0.25)]
    assert spoken(prompts.at(40)) == [(1, "b")]
    assert [(share.text, share.share) for share in prompts.at(60).negative] == [("y", 1.0)]
    assert spoken(prompts.at(100)) == [(1, "c")]


def test_smooth_blend() -> None:
    prompts = track({"0": "a", "40": "b"}, blend="smooth")
    assert [share.share for share in prompts.at(10).parts[0].mix] == [1 - 0.15625, 0.15625]


def test_parts_are_paired_and_lone_ones_fade() -> None:
    prompts = track({"0": "a:1 AND b:0.5", "40": "c:3 AND"}, blend="linear")
    first, second = prompts.at(10).parts
    assert first.weight == 1.5
    assert [(share.text, share.share) for share in first.mix] == [("a", 0.75), ("c", 0.25)]
    assert (second.weight, second.mix[0].text) == (0.375, "b")


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(
        st.integers(0, 100).map(str), st.sampled_from(["a", "b AND c:2", "d --neg e", "f `t`"]), min_size=1
    ),
    st.sampled_from(["hold", "linear", "smooth"]),
    st.integers(0, 100),
)
def test_shares_sum_to_one_and_are_positive(prompts: dict[str, str], blend: Blend, frame: int) -> None:
    prompt = compile_prompts(PromptSource(prompts=prompts, blend=blend), clock=CLOCK).at(frame)
    for mix in [*(part.mix for part in prompt.parts), prompt.negative]:
        assert math.isclose(sum(share.share for share in mix), 1.0)
        assert all(share.share > 0 for share in mix)
        assert len({share.text for share in mix}) == len(mix)


def test_explain() -> None:
    prompts = track({"0": "a", "50%": "b"}, blend="linear")
    assert [prompts.explain(frame) for frame in (0, 10, 50, 99)] == [
        "key 0",
        "linear blend: 80% of key 0, 20% of key 50%",
        "key 50%",
        "key 50%",
    ]


@pytest.mark.parametrize(
    "text",
    [
        '{"0": "a --neg n", "max_f/2": "b"}',
        "  {\n'0': 'a --neg n', 'max_f/2': 'b',\n}",
        json.dumps({"max_f/2": "b", "0": "a --neg n"}),
    ],
)
def test_deforums_object_of_keys(text: str) -> None:
    assert [text_at(text, frame) for frame in (0, 49, 50)] == ["a", "a", "b"]
    assert track(text).at(0).negative[0].text == "n"


def test_discos_dict_of_lists() -> None:
    prompts = track("{0: ['a:5', 'b:-1'], 50: ['c \\\\d']}")
    assert spoken(prompts.at(0)) == [(1.25, "a"), (-0.25, "b")]
    assert spoken(prompts.at(50)) == [(1, "c \\d")]


@pytest.mark.parametrize("text", ["a cat", "{a|b} cat", "a: b, c", "[a:b:0.5]", "0", ""])
def test_plain_text_is_the_prompt_of_key_0(text: str) -> None:
    assert text_at(text, 70) == text


@pytest.mark.parametrize(
    ("prompts", "where", "says"),
    [
        ({}, "prompts", "no prompt"),
        ("{}", "prompts", "no prompt"),
        ({"x": "a"}, "prompts.x", "not a variable"),
        ({"8b": "a"}, "prompts.8b", "tempo"),
        ({"-500": "a"}, "prompts.-500", "before frame 0"),
        ({"0": "a", "0.0": "b"}, "prompts", "are both at frame 0"),
        ('{"0": "a", "0": "b"}', "prompts", "are both at frame 0"),
        ({"0": 5}, "prompts.0", "not a prompt"),
        ({"2": {"5s": "a"}}, "prompts.2", "needs quotes"),
        ({"0": []}, "prompts.0", "not a prompt"),
        ({"0": ["a", 5]}, "prompts.0", "not a prompt"),
        ({"0": "a `b"}, "prompts.0", "never closed"),
        ({"0": "a `sinn(t)`"}, "prompts.0", 'Did you mean "sin"?'),
        ({"0": "a ``"}, "prompts.0", "missing"),
        ({"0": "a", "50": "`1/(t-60)`"}, "prompts.50", "infinite"),
        ({"0": "a\x00"}, "prompts.0", "NUL"),
        ({"0": ["a:1", "b:-1"]}, "prompts.0", "add up to nothing"),
        ({"0": ["a:`t-30`", "b:0"]}, "prompts.0", "add up to nothing"),
        ({"0": "a:1e9 AND b"}, "prompts.0", "too large"),
        ({"0": "(" * 100 + "a"}, "prompts.0", "nested"),
        ('{"0": "a" "5": "b"}', "prompts", "not JSON"),
        ('{"0": ' + "[" * 100_000, "prompts", "nested"),
        ("{0: " + "(" * 100_000, "prompts", "not JSON"),
        ('{"0", "5"}', "prompts", "not JSON"),
        ({"0": "`1`" * 1001}, "prompts.0", "too many"),
        ("{0: __import__('os').getpid()}", "prompts", "not JSON"),
    ],
)
def test_a_mistake_is_told_with_its_key(prompts: object, where: str, says: str) -> None:
    error = refused(prompts)
    assert says in str(error)
    assert error.problems[0].where == where


def test_a_pole_is_told_with_its_frame() -> None:
    assert refused({"0": "a", "50": "`1/(t-60)`"}).problems[0].frame == 60
    assert refused({"0": ["a:`t-30`", "b:0"]}).problems[0].frame == 30
    assert text_at({"0": "a", "50": "`1/(t-40)`"}, 60) == "0.05"  # not shown at 40
    refused({"0": "a", "50": "`1/(t-40)`"}, blend="linear")  # shown at 40, blending in
    assert text_at({"0": "a", "500": "`1/(t-40)`"}, 60) == "a"  # never shown


def test_all_problems_are_told_at_once() -> None:
    error = refused({"0": "a `b", "x": "c", "5": ["a:1", "b:-1"], "9": 3})
    assert [problem.where for problem in error.problems] == [
        "prompts.0",
        "prompts.x",
        "prompts.9",
        "prompts.5",
    ]


def test_what_goes_round_is_checked() -> None:
    assert refused("a", blend="smoth").problems[0].hint == 'Did you mean "smooth"?'
    assert refused("a", prefix="x --neg y").problems[0].where == "prompts.prefix"
    assert refused("a", negative="x `y").problems[0].where == "prompts.negative"


def test_a_hundred_thousand_frames_are_cheap() -> None:
    clock = Clock(frames=100_000)
    prompts = {str(10_000 * key): f"prompt {key}" for key in range(10)}
    with within(0.5):
        held = compile_prompts(PromptSource(prompts=prompts), clock=clock)
    with within(3):
        rows = [held.at(frame) for frame in range(100_000)]
    assert len({id(row) for row in rows}) == 10


def test_strange_texts_come_through_untouched() -> None:
    for text in (
        "\u200f\u0628",
        "\x1b[31m",
        "%s {} {0} \\n",
        "😀" * 1000,
        "a" * 1_000_000,
        "<lora:x:1> BREAK [a|b]",
    ):
        assert text_at({"0": text}, 3) == text


@settings(max_examples=300, deadline=1000)
@given(
    st.text(max_size=60) | st.text("ab:`t1+.- AND()[]{}\"',--neg0", max_size=60),
    st.sampled_from(["text", "value", "list", "key", "prefix"]),
)
def test_any_text_is_a_prompt_or_our_error(text: str, place: str) -> None:
    source = {
        "text": PromptSource(prompts=text),
        "value": PromptSource(prompts={"0": text, "50": "b"}, blend="linear"),
        "list": PromptSource(prompts={"0": [text, "x:2"]}),
        "key": PromptSource(prompts={text: "a"}),
        "prefix": PromptSource(prompts="a", prefix=text),
    }[place]
    try:
        prompts = compile_prompts(source, clock=CLOCK)
    except ProjectError:
        return
    assert prompts.at(25).parts
