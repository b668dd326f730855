"""Frame keys: equal inputs make equal keys on every machine, other inputs make other keys."""

from __future__ import annotations

import enum
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects.framekeys import canonical, frame_key, is_key

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)

KEY_IN_ANOTHER_PROCESS = """
from projects.framekeys import frame_key
print(frame_key({"z": 1.5, "a": {"prompt": "ça 🎈", "x": -0.0}, "set": sorted({"q", "w", "e"})}, None))
"""


@dataclass(frozen=True)
class Row:
    zoom: float
    sampler: str


class Blur(NamedTuple):
    width: int
    amount: float = 0.5


@dataclass(frozen=True)
class PictureFile:
    path: str
    digest: str

    def in_key(self) -> object:
        return self.digest


class Word(str, enum.Enum):  # noqa: UP042  # the kind whose str() is not its text
    LINEAR = "linear"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (0, "0"),
        (1.0, "1.0"),
        (-0.0, "0.0"),
        (0.1 + 0.2, "0.30000000000000004"),
        (1e300, "1e+300"),
        ("é🎈\n", '"\\u00e9\\ud83c\\udf88\\n"'),
        ((1, [2, 3]), "[1,[2,3]]"),
        ({"b": 1, "a": {}}, '{"a":{},"b":1}'),
        (Row(1.5, "euler"), '{"sampler":"euler","zoom":1.5}'),
        (Blur(3), '{"amount":0.5,"width":3}'),
        ([Blur(3)], '[{"amount":0.5,"width":3}]'),
        ({"guide": PictureFile("a.png", "60a3")}, '{"guide":"60a3"}'),
        (np.float64(0.5), "0.5"),
        (np.float32(0.1), "0.10000000149011612"),
        (np.int64(7), "7"),
        (np.bool_(True), "true"),
        (Word.LINEAR, '"linear"'),
    ],
)
def test_canonical_text(value: object, text: str) -> None:
    assert canonical(value) == text


@given(JSON_VALUES)
def test_canonical_is_json_of_the_same_value(value: object) -> None:
    assert json.loads(canonical(value)) == value


@given(st.dictionaries(st.text(), JSON_VALUES, min_size=2))
def test_order_of_a_mapping_does_not_matter(value: dict[str, object]) -> None:
    assert canonical(value) == canonical(dict(reversed(value.items())))


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf"), np.float32("nan")])
def test_non_finite_is_refused_with_its_place(bad: float) -> None:
    with pytest.raises(ValueError, match=r"value\.lanes\[1\]\.zoom"):
        canonical({"lanes": [0, {"zoom": bad}]})


@pytest.mark.parametrize("bad", [object(), {1: "a"}, b"bytes", {1, 2}, np.zeros(3), Row])
def test_what_has_no_canonical_form_is_refused(bad: object) -> None:
    with pytest.raises(TypeError, match=r"value\.x"):
        canonical({"x": bad})


def test_what_can_change_is_written_again() -> None:
    names = ["a"]
    value = Blur(3, names)  # type: ignore[arg-type]
    assert canonical(value) == '{"amount":["a"],"width":3}'
    names.append("b")
    assert canonical(value) == '{"amount":["a","b"],"width":3}'


def test_the_same_object_is_written_the_same_among_many_others() -> None:
    same = Blur(3)
    texts = {canonical([same, Blur(number)]) for number in range(3000)}
    assert len(texts) == 3000
    assert all(text.startswith('[{"amount":0.5,"width":3},') for text in texts)


def test_the_place_of_a_fault_in_a_field_is_named() -> None:
    with pytest.raises(ValueError, match=r"value\[1\]\.amount: inf"):
        canonical([1, Blur(3, float("inf"))])
    with pytest.raises(TypeError, match=r"value\.a: the keys of a mapping must be text, not 1"):
        canonical({"a": {1: 2}})


def test_key_changes_with_every_input() -> None:
    base = {"prompt": "a", "seed": 1, "zoom": 1.0}

    def key(more: dict[str, object], before: str | None = None) -> str:
        return frame_key([canonical({**base, **more})], before)

    first = key({})
    others = [
        key({"prompt": "b"}),
        key({"seed": 2}),
        key({"seed": 1.0}),
        key({"zoom": 1.0000000000000002}),
        key({"more": None}),
        key({}, first),
        frame_key([canonical(base), ""], None),
    ]
    assert is_key(first)
    assert len({first, *others}) == len(others) + 1
    assert key({}) == first


def test_key_stays_the_same_between_releases() -> None:
    """Change this only on purpose: it makes every take of every user be painted anew."""
    key = frame_key(["camera", canonical({"prompt": "a lighthouse", "zoom": 1.03})], None)
    assert key == "b1da60f5fe1d4b1045de12b0a689953d2e17e9b1ae9a1064522dcef694072721"


@pytest.mark.parametrize("bad", ["", "abc", "G" * 64, "A" * 64, 5])
def test_malformed_predecessor_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="64 lower-case hex"):
        frame_key({}, bad)


def test_key_does_not_depend_on_the_process() -> None:
    keys = set()
    for hash_seed, locale in (("0", "C"), ("1", "tr_TR.UTF-8"), ("77", "de_DE.UTF-8")):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "LC_ALL": locale, "TZ": "Asia/Tokyo"}
        command = [sys.executable, "-c", KEY_IN_ANOTHER_PROCESS]
        keys.add(subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout)
    assert len(keys) == 1
