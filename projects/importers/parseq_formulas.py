"""Parseq's formulas between key frames: read, and worked out for all frames of a stretch at once.

Its grammar is followed where it surprises: `*`, `/`, `%` and `^` bind alike, and every chain is read from the right, so
10 - 3 - 2 is 10 - (3 - 2) there. What Parseq draws by lot, and what reads sounds or notes of its editor, is refused by
name. Nothing is evaluated but what stands here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from .parseq_scope import Scope
from .runs_to_keys import Numbers

Node = Callable[[Scope], Numbers]
Function = Callable[[Scope, Mapping[str, Numbers], str], Numbers]

LONGEST, DEEPEST = 500, 30
_TOKEN = re.compile(
    r'\s*(?:(\d+(?:\.\d+)?)([fsb]?)|([A-Za-z_]\w*)|"([^"\\\n]*)"|(<=|>=|==|!=|&&|\|\||[-+*/%^:<>=(),])|#[^\n]*)',
    re.ASCII,
)
_KEYWORDS = ("if", "else", "and", "or", "true", "false")
_LEVELS = (("and", "or"), (">", ">=", "<", "<=", "==", "!=", "&&", "||"), ("+", "-"), ("*", "/", "%", "^"))


@dataclass(frozen=True)
class Token:
    """kind: number, name, text, mark, or end."""

    kind: str
    text: str
    unit: str = ""


def formula(text: str, functions: Mapping[str, Callable[[list[tuple[str, Node | str]]], Node]]) -> Node:
    """The formula as something to ask for its values. functions: name -> what makes a node of the given arguments.

    Raises ValueError, saying what, for one that is not understood.
    """
    if len(text) > LONGEST:
        raise ValueError(f"is longer than {LONGEST} letters")
    reader = _Reader(_tokens(text), functions)
    node = reader.level(0)
    if reader.next.kind != "end":
        raise ValueError(f'"{reader.next.text}" is not expected')
    return node


def _tokens(text: str) -> list[Token]:
    found, at, text = [], 0, text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.end() == at:
            raise ValueError(f'"{text[at : at + 20].strip()}" is not known')
        number, unit, name, quoted, mark = match.groups()
        at = match.end()
        if number is not None:
            found.append(Token("number", number, unit))
        elif name is not None:
            found.append(Token("mark" if name in _KEYWORDS else "name", name))
        elif quoted is not None:
            found.append(Token("text", quoted))
        elif mark is not None:
            found.append(Token("mark", mark))
    return [*found, Token("end", "the end")]


class _Reader:
    """Reads tokens from left to right, by Parseq's levels."""

    def __init__(
        self,
        tokens: list[Token],
        functions: Mapping[str, Callable[[list[tuple[str, Node | str]]], Node]],
    ) -> None:
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
            raise ValueError("is too involved")
        left = self.level(number + 1)
        if self.next.kind != "mark" or self.next.text not in _LEVELS[number]:
            return left
        return _joined(self._take().text, left, self.level(number))

    def _take(self, text: str = "") -> Token:
        token = self.next
        if text and (token.kind, token.text) != ("mark", text):
            raise ValueError(f'"{text}" is expected, not "{token.text}"')
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def _is(self, text: str) -> bool:
        return (self.next.kind, self.next.text) == ("mark", text)

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
        if token.kind == "name" and not self._is("("):
            return _variable(token.text)
        if token.kind == "mark" and token.text in ("true", "false"):
            return _constant(float(token.text == "true"), "")
        if token.kind != "name" and token not in (Token("mark", "("), Token("mark", "if")):
            raise ValueError(f'"{token.text}" is not expected')
        self._depth += 1
        if self._depth > DEEPEST:
            raise ValueError(f"is nested deeper than {DEEPEST}")
        node = self._nested(token)
        self._depth -= 1
        return node

    def _nested(self, token: Token) -> Node:
        if token.kind == "name":
            return self._call(token.text)
        return self._conditional() if token.text == "if" else self._in_brackets()

    def _in_brackets(self) -> Node:
        node = self.level(0)
        self._take(")")
        return node

    def _conditional(self) -> Node:
        """`if` condition value, perhaps `else` value. A condition in brackets may be followed by a negative value."""
        start, depth = self._at, self._depth
        try:
            condition, value = self.level(0), self.level(0)
        except ValueError:
            self._at, self._depth = start, depth
            condition, value = self._unary(), self.level(0)
        other = _constant(0.0, "")
        if self._is("else"):
            self._take()
            other = self.level(0)
        return lambda scope: np.where(condition(scope) > 0, value(scope), other(scope))

    def _call(self, name: str) -> Node:
        if name not in self._functions:
            raise ValueError(f"{name}() has no counterpart here")
        self._take("(")
        given: list[tuple[str, Node | str]] = []
        while not self._is(")"):
            key = ""
            if self.next.kind == "name" and self._tokens[self._at + 1] == Token("mark", "="):
                key = self._take().text
                self._take("=")
            given.append((key, self._take().text if self.next.kind == "text" else self.level(0)))
            if not self._is(")"):
                self._take(",")
        self._take(")")
        return self._functions[name](given)


def _constant(number: float, unit: str) -> Node:
    if unit == "s":
        return lambda scope: np.full(scope.count, number * scope.fps)
    if unit == "b":
        return lambda scope: np.full(scope.count, number * scope.frames_per_beat)
    return lambda scope: np.full(scope.count, number)


def _variable(name: str) -> Node:
    if name not in Scope.NAMES:
        raise ValueError(f"{name} has no counterpart here")
    return lambda scope: scope.value(name)


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
    "and": lambda a, b: np.asarray((a > 0) & (b > 0), dtype=np.float64),
    "or": lambda a, b: np.asarray((a > 0) | (b > 0), dtype=np.float64),
}


def _joined(mark: str, left: Node, right: Node) -> Node:
    operator = _OPERATORS[{"&&": "and", "||": "or"}.get(mark, mark)]
    return lambda scope: np.asarray(operator(left(scope), right(scope)), dtype=np.float64)
