"""Parseq's formulas between key frames: parsed, and evaluated for all frames of a stretch at once.

The grammar is Parseq's, also where it surprises: `*`, `/`, `%` and `^` bind equally, and every chain is read from the
right, so 10 - 3 - 2 is 10 - (3 - 2). Random functions, and those that read sounds or notes of Parseq's editor, are
refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from .parseq_scope import NAMES, Scope
from .runs_to_keys import Numbers

Node = Callable[[Scope], Numbers]
Arguments = list[tuple[str, Node | str]]  # (name or "", value)
Functions = Mapping[str, Callable[[Arguments], Node]]

LONGEST, DEEPEST = 500, 30
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


def formula(text: str, functions: Functions) -> Node:
    """Parse a formula into a function of the scope. functions: name -> what makes a node of the arguments.

    Raises ValueError, with the reason, for one that is not understood.
    """
    if len(text) > LONGEST:
        raise ValueError(f"is longer than {LONGEST} characters")
    parser = _Parser(_tokens(text), functions)
    node = parser.level(0)
    if parser.next.kind != "end":
        raise ValueError(f'unexpected "{parser.next.text}"')
    return node


def _tokens(text: str) -> list[Token]:
    found, at, text = [], 0, text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.end() == at:
            raise ValueError(f'unknown text "{text[at : at + 20].strip()}"')
        at = match.end()
        for kind in ("number", "mark", "name", "text"):
            if match[kind] is not None:
                found.append(Token(kind, match[kind], match["unit"] or ""))
    return [*found, Token("end", "the end")]


class _Parser:
    """Reads tokens from left to right, by Parseq's levels."""

    def __init__(self, tokens: list[Token], functions: Functions) -> None:
        self._tokens, self._functions = tokens, functions
        self._at = self._depth = 0
        self._steps = 20 * len(tokens) + 200

    @property
    def next(self) -> Token:
        return self._tokens[self._at]

    def level(self, number: int) -> Node:
        """A chain of a level's operators, read from the right."""
        if number == len(_LEVELS):
            return self._negation()
        self._steps -= 1
        if self._steps < 0:
            raise ValueError("is too complex")
        left = self.level(number + 1)
        if not self._is(*_LEVELS[number]):
            return left
        operator, right = _OPERATORS[self._take().text], self.level(number)
        return lambda scope: np.asarray(operator(left(scope), right(scope)), dtype=np.float64)

    def _is(self, *marks: str) -> bool:
        return self.next.kind == "mark" and self.next.text in marks

    def _take(self, mark: str = "") -> Token:
        token = self.next
        if mark and not self._is(mark):
            raise ValueError(f'expected "{mark}", not "{token.text}"')
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def _negation(self) -> Node:
        if not self._is("-"):
            return self._unary()
        self._take()
        inner = self._unary()
        return lambda scope: -inner(scope)

    def _unary(self) -> Node:
        token = self._take()
        if token.kind == "number":
            return _constant(float(token.text), token.unit)
        if token.kind == "mark" and token.text in ("true", "false"):
            return _constant(float(token.text == "true"))
        if token.kind == "name" and not self._is("("):
            return _variable(token.text)
        if token.kind != "name" and token not in (Token("mark", "("), Token("mark", "if")):
            raise ValueError(f'unexpected "{token.text}"')
        self._depth += 1
        if self._depth > DEEPEST:
            raise ValueError(f"is nested deeper than {DEEPEST}")
        if token.kind == "name":
            node = self._call(token.text)
        elif token.text == "if":
            node = self._conditional()
        else:
            node = self.level(0)
            self._take(")")
        self._depth -= 1
        return node

    def _conditional(self) -> Node:
        """`if` condition value, perhaps `else` value. A condition in brackets may be followed by a negative value."""
        start, depth = self._at, self._depth
        try:
            condition, value = self.level(0), self.level(0)
        except ValueError:
            self._at, self._depth = start, depth
            condition, value = self._unary(), self.level(0)
        other = _constant(0.0)
        if self._is("else"):
            self._take()
            other = self.level(0)
        return lambda scope: np.where(condition(scope) > 0, value(scope), other(scope))

    def _call(self, name: str) -> Node:
        if name not in self._functions:
            raise ValueError(f"{name}() is not supported")
        self._take("(")
        arguments: Arguments = []
        while not self._is(")"):
            key = ""
            if self.next.kind == "name" and self._tokens[self._at + 1] == Token("mark", "="):
                key = self._take().text
                self._take("=")
            arguments.append((key, self._take().text if self.next.kind == "text" else self.level(0)))
            if not self._is(")"):
                self._take(",")
        self._take(")")
        return self._functions[name](arguments)


def _constant(number: float, unit: str = "") -> Node:
    def node(scope: Scope) -> Numbers:
        frames = {"s": scope.field.fps, "b": scope.field.frames_per_beat}.get(unit, 1.0)
        return np.full(scope.count, number * frames)

    return node


def _variable(name: str) -> Node:
    if name not in NAMES:
        raise ValueError(f"{name} is not supported")
    return lambda scope: scope.variable(name)


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
