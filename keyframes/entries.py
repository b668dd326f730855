"""From schedule text to its entries, `key: value`, each with its place; their meaning is read elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from keyframes.errors import Place, quoted

MAX_TEXT = 4_000_000
MAX_ENTRY = 4_000
EXAMPLE = 'Example: "0: (1.0), 60: (1.03)".'

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
NUMBER = re.compile(_NUMBER, re.ASCII)
_PLAIN = re.compile(  # the common entry, whole: `60: (1.03),`
    rf"\s*(\d+)\s*:\s*(\()?\s*({_NUMBER})\s*(?(2)\)\s*(?:,|$|(?=\d+\s*:))|(?:,|$))", re.ASCII
)
_SPECIAL = re.compile(r"[\"'()\[\]{}:,]")
_PAIRS = {")": "(", "]": "[", "}": "{"}
_RUN_ON = re.compile(  # Disco's missing comma: `(1) 5` before a second colon
    r"""(?P<value>.*(?:\)\s*|\s))(?P<key>[^\s()"']+|"[^"]*"|'[^']*'|\([^()]*\))\s*""", re.DOTALL
)


class Entry(NamedTuple):
    """One entry as written: the texts of its key and value, and where each starts."""

    key: str
    key_at: int
    value: str
    value_at: int


class _Span(NamedTuple):
    """A stretch between commas and the colons in it, outside brackets and quotes."""

    start: int
    stop: int
    colons: tuple[int, ...]


def split_entries(text: str, place: Place) -> list[Entry]:
    """The entries of a schedule; a text that has no key at all is the value of key 0.

    Commas part entries outside brackets and quotes; one may be missing before a key, as in Disco, and one may
    follow the last entry. Raises ScheduleError with a column.
    """
    if len(text) > MAX_TEXT:
        raise place.error(f"this schedule has {len(text)} characters.", 0, f"Allowed: {MAX_TEXT}.")
    entries: list[Entry] = []
    at = 0
    while at < len(text):
        plain = _PLAIN.match(text, at)
        if plain:
            entries.append(Entry(plain[1], plain.start(1), plain[3], plain.start(3)))
            at = plain.end()
            continue
        span = _next_span(text, at, place)
        at = span.stop + 1
        if not span.colons:
            words = text[span.start : span.stop].strip()
            if span.stop == len(text) and not (entries and words):
                break  # one value, or nothing after one last comma
            if not words:
                raise place.error("a key is missing here.", span.start, EXAMPLE)
            what = f"{quoted(words, 30)} has no key."
            raise place.error(what, _first_word(text, span.start), f"Entries are key: value. {EXAMPLE}")
        entries.extend(_entries(text, span, place))
    body = text.strip()
    return entries or [Entry("0", 0, body, text.index(body))]


def _first_word(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def _next_span(text: str, start: int, place: Place) -> _Span:
    """The stretch from `start` to the next comma outside brackets and quotes."""
    opened: list[int] = []
    colons: list[int] = []
    at = start
    while match := _SPECIAL.search(text, at):
        here, sign, at = match.start(), match[0], match.end()
        if sign in "\"'":
            at = text.find(sign, at) + 1
            if not at:
                raise place.error("this quote is never closed.", here, f"Add a {sign}.")
        elif sign in "([{":
            opened.append(here)
        elif sign in _PAIRS:
            if not opened or text[opened.pop()] != _PAIRS[sign]:
                raise place.error(f'this "{sign}" closes nothing.', here, EXAMPLE)
        elif opened:
            continue
        elif sign == ":":
            colons.append(here)
        else:
            return _Span(start, here, tuple(colons))
    if opened:
        raise place.error("this bracket is never closed.", opened[0], EXAMPLE)
    return _Span(start, len(text), tuple(colons))


def _entries(text: str, span: _Span, place: Place) -> Iterator[Entry]:
    """The entries of one stretch: one for each of its colons."""
    key_from = span.start
    for colon, following in zip(span.colons, (*span.colons[1:], None), strict=True):
        value_to = span.stop
        next_key = value_to
        if following is not None:
            value_to = next_key = _run_on_key(text, colon + 1, following, place)
        yield _entry(text, key_from, colon, value_to, place)
        key_from = next_key


def _run_on_key(text: str, start: int, colon: int, place: Place) -> int:
    """Where the key of `colon` starts, in a stretch that begins with the value of the entry before it."""
    match = _RUN_ON.fullmatch(text, start, colon) if colon - start <= MAX_ENTRY else None
    if match is None or not match["value"].strip():
        raise place.error(
            'a second ":" in one entry.', colon, f"Is a comma missing before the key? {EXAMPLE}"
        )
    return match.start("key")


def _entry(text: str, start: int, colon: int, stop: int, place: Place) -> Entry:
    key_at, value_at = _first_word(text, start), _first_word(text, colon + 1)
    key, value = text[key_at:colon].rstrip(), text[value_at:stop].rstrip()
    if not key:
        raise place.error('a key is missing before ":".', colon, EXAMPLE)
    if not value:
        raise place.error(f"the key {quoted(key, 30)} has no value.", colon, EXAMPLE)
    return Entry(key, key_at, value, value_at)


def unwrap(text: str, at: int, place: Place, times: int = MAX_ENTRY) -> tuple[str, int]:
    """`text`, which starts at `at`, without the quotes and brackets that enclose all of it, and its new
    start.

    Raises ScheduleError when it is longer than 4,000 characters.
    """
    if len(text) > MAX_ENTRY:
        raise place.error(f"this entry has {len(text)} characters.", at, f"Allowed: {MAX_ENTRY}.")
    for _ in range(times):
        if len(text) < 2 or not _encloses(text):
            break
        at, text = at + 1, text[1:-1]
        at, text = at + len(text) - len(text.lstrip()), text.strip()
    return text, at


def _encloses(text: str) -> bool:
    """Whether the first and last character of `text` are a pair round everything between."""
    if text[0] in "\"'":
        return text.find(text[0], 1) == len(text) - 1
    if text[0] != "(" or text[-1] != ")":
        return False
    depth = 0
    for index, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if depth == 0:
            return index == len(text) - 1
    return False
