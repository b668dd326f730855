"""Parseq's formulas between key frames: read, and computed for all frames of a stretch at once.

The grammar is Parseq's, also where it surprises: `*`, `/`, `%` and `^` bind equally, and every chain is read from the
right, so 10 - 3 - 2 is 10 - (3 - 2). Random functions, and those that read sounds or notes of Parseq's editor, are
refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from .parseq_functions import FUNCTIONS, Argument, Stretch, call
from .rewrite import Numbers

_LONGEST, _DEEPEST = 500, 30
_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)(?P<unit>[fsb]?)|(?P<mark>(?:if|else|and|or|true|false)\b|<=|>=|==|!=|&&|\|\|"
    r'|[-+*/%^:<>=(),])|(?P<name>[A-Za-z_]\w*)|"(?P<text>[^"\\\n]*)"|#[^\n]*)',
    re.ASCII,
)
_LEVELS = (("and", "or"), (">", ">=", "<", "<=", "==", "!=", "&&", "||"), ("+", "-"), ("*", "/", "%", "^"))


class Token(NamedTuple):
    """kind: number, name, text, mark, or end."""

    kind: str
    text: str
    unit: str = ""


class Formula:
    """A formula, read from left to right by Parseq's levels; its values are computed as it is read.

    Raises ValueError, with the reason, for a text that is too long or has unknown signs.
    """

    def __init__(self, text: str) -> None:
        if len(text) > _LONGEST:
            raise ValueError(f"is longer than {_LONGEST} characters")
        self._tokens, at, text = list[Token](), 0, text.rstrip()
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None or match.end() == at:
                raise ValueError(f'unknown text "{text[at : at + 20].strip()}"')
            at = match.end()
            for kind in ("number", "mark", "name", "text"):
                if match[kind] is not None:
                    self._tokens.append(Token(kind, match[kind], match["unit"] or ""))
        self._tokens.append(Token("end", "the end"))

    def values(self, stretch: Stretch) -> Numbers:
        """The value at each frame. Raises ValueError, with the reason, for a formula that is not understood."""
        self._stretch, self._at, self._depth = stretch, 0, 0
        self._steps = 20 * len(self._tokens) + 200
        with np.errstate(all="ignore"):
            found = self._level(0)
        if self._next.kind != "end":
            raise ValueError(f'unexpected "{self._next.text}"')
        return found

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _level(self, number: int) -> Numbers:
        """A chain of a level's operators, read from the right."""
        if number == len(_LEVELS):
            return self._negation()
        self._steps -= 1
        if self._steps < 0:
            raise ValueError("is too complex")
        left = self._level(number + 1)
        if not self._is(*_LEVELS[number]):
            return left
        operator = _OPERATORS[self._take().text]
        return np.asarray(operator(left, self._level(number)), dtype=np.float64)

    def _is(self, *marks: str) -> bool:
        return self._next.kind == "mark" and self._next.text in marks

    def _take(self, mark: str = "") -> Token:
        token = self._next
        if mark and not self._is(mark):
            raise ValueError(f'expected "{mark}", not "{token.text}"')
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def _negation(self) -> Numbers:
        if not self._is("-"):
            return self._unary()
        self._take()
        return -self._unary()

    def _unary(self) -> Numbers:
        token = self._take()
        if token.kind == "number":
            return self._stretch.constant(float(token.text), token.unit)
        if token.kind == "mark" and token.text in ("true", "false"):
            return self._stretch.constant(float(token.text == "true"))
        if token.kind == "name" and not self._is("("):
            return self._stretch.variable(token.text)
        if token.kind != "name" and token not in (Token("mark", "("), Token("mark", "if")):
            raise ValueError(f'unexpected "{token.text}"')
        self._depth += 1
        if self._depth > _DEEPEST:
            raise ValueError(f"is nested deeper than {_DEEPEST}")
        if token.kind == "name":
            if token.text not in FUNCTIONS:
                raise ValueError(f"{token.text}() is not supported")
            found = call(token.text, self._arguments(), self._stretch)
        elif token.text == "if":
            found = self._conditional()
        else:
            found = self._level(0)
            self._take(")")
        self._depth -= 1
        return found

    def _conditional(self) -> Numbers:
        """`if` condition value, perhaps `else` value. A condition in brackets may be followed by a negative value."""
        start, depth = self._at, self._depth
        try:
            condition, value = self._level(0), self._level(0)
        except ValueError:
            self._at, self._depth = start, depth
            condition, value = self._unary(), self._level(0)
        other = self._stretch.constant(0.0)
        if self._is("else"):
            self._take()
            other = self._level(0)
        return np.where(condition > 0, value, other)

    def _arguments(self) -> list[tuple[str, Argument]]:
        """The arguments of a call: the name or "", and the value."""
        self._take("(")
        found: list[tuple[str, Argument]] = []
        while not self._is(")"):
            key = ""
            if self._next.kind == "name" and self._tokens[self._at + 1] == Token("mark", "="):
                key = self._take().text
                self._take("=")
            found.append((key, self._take().text if self._next.kind == "text" else self._level(0)))
            if not self._is(")"):
                self._take(",")
        self._take(")")
        return found


def _both(a: Numbers, b: Numbers) -> Numbers:
    return np.asarray((a > 0) & (b > 0), dtype=np.float64)


def _either(a: Numbers, b: Numbers) -> Numbers:
    return np.asarray((a > 0) | (b > 0), dtype=np.float64)


_OPERATORS: Mapping[str, Callable[[Numbers, Numbers], Numbers]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "%": np.fmod,
    "^": np.power,
    ">": np.greater,
    ">=": np.greater_equal,
    "<": np.less,
    "<=": np.less_equal,
    "==": np.equal,
    "!=": np.not_equal,
    **dict.fromkeys(("and", "&&"), _both),
    **dict.fromkeys(("or", "||"), _either),
}
