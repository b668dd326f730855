"""The words of an expression: numbers, names and signs, each with its column."""

from __future__ import annotations

import re
from typing import NamedTuple

from keyframes.errors import Problem, ScheduleError, quoted

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
      | (?P<name>[A-Za-z_][A-Za-z_0-9]*)
      | (?P<sign>\*\*|//|<<|>>|<=|>=|==|!=|[-+*/%<>&|^~(),])
      | (?P<end>$)
    )""",
    re.VERBOSE | re.ASCII,
)
_HINTS = {
    "=": "To compare, write ==.",
    "!": "For the opposite of a condition write not.",
    ".": "Only numbers have a point: 0.5.",
    "−": "Write the minus sign of the keyboard, -.",
    "×": "To multiply, write *.",
    "?": "A choice is written where(c, a, b) or: a if c else b.",
    "'": "An expression has no text in it.",
    '"': "An expression has no text in it.",
}
KEYWORDS = frozenset({"and", "or", "not", "if", "else"})


class Token(NamedTuple):
    """One word: its kind (`number`, `name`, `sign`, `keyword`, `end`), its text, and where it starts."""

    kind: str
    text: str
    start: int


class Place(NamedTuple):
    """Where a piece of text stands: which lane, in which whole text, from which character on."""

    where: str = ""
    source: str = ""
    offset: int = 0

    def error(
        self, what: str, start: int | None = 0, hint: str = "", frame: int | None = None
    ) -> ScheduleError:
        """The error for a mistake at character `start` of the piece (None: nowhere in particular)."""
        column = None if start is None else self.offset + start + 1
        return ScheduleError(
            Problem(what=what, where=self.where, column=column, text=self.source, hint=hint, frame=frame)
        )

    def moved(self, by: int) -> Place:
        """The place of what stands `by` characters further on."""
        return self._replace(offset=self.offset + by)


def tokenize(text: str, place: Place) -> list[Token]:
    """`text` in tokens, the last of kind `end`. Raises ScheduleError at a character with no meaning here."""
    tokens: list[Token] = []
    at = 0
    while not tokens or tokens[-1].kind != "end":
        match = _TOKEN.match(text, at)
        if match is None:
            raise _stranger(text, at, place)
        kind = str(match.lastgroup)
        word = match[kind]
        tokens.append(Token("keyword" if word in KEYWORDS else kind, word, match.start(kind)))
        at = match.end()
    return tokens


def _stranger(text: str, at: int, place: Place) -> ScheduleError:
    while text[at] in " \t\n\r\f\v":  # what the pattern skips
        at += 1
    char = text[at]
    name = quoted(char) if char.isascii() else f"{quoted(char)} (U+{ord(char):04X})"
    hint = _HINTS.get(char, "Allowed: numbers, + - * / // % **, comparisons, names and functions.")
    return place.error(f"{name} has no meaning in an expression.", at, hint)
