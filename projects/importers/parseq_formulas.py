"""Parseq's formulas between key frames: parsed, and evaluated for all frames of a stretch at once.

The grammar is Parseq's, also where it surprises: `*`, `/`, `%` and `^` bind equally, and every chain is read from the
right, so 10 - 3 - 2 is 10 - (3 - 2). Random functions, and those that read sounds or notes of Parseq's editor, are
refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import NamedTuple

import numpy as np

from .runs_to_keys import Numbers

NAMES = (
    *("L", "S", "C", "P", "f", "s", "b", "k", "final_frame", "prev_computed_value"),
    *("active_keyframe", "next_keyframe", "active_keyframe_value", "next_keyframe_value"),
    *("prev_keyframe", "prev_keyframe_value"),
)
_MOST_POINTS = 24  # of a polynomial: with more it swings wildly


class Field:
    """One field over the film. at, value: its key frames, rising, with the first and last frame among them.

    made: the values computed so far.
    """

    def __init__(self, at: Numbers, value: Numbers, count: int, fps: float, bpm: float) -> None:
        self.at, self.value, self.count, self.fps = at, value, count, fps
        self.frames_per_beat = fps * 60 / bpm
        self.frames = np.arange(count, dtype=np.float64)
        self.made: Numbers = np.zeros(count)

    @cached_property
    def variables(self) -> dict[str, Numbers]:
        """The variables that are quick to compute, at every frame."""
        before = np.maximum(np.searchsorted(self.at, self.frames, side="right") - 1, 0)
        after = np.minimum(before + 1, len(self.at) - 1)
        return {
            "f": self.frames,
            "s": self.frames / self.fps,
            "b": self.frames / self.frames_per_beat,
            "k": self.frames - self.at[before],
            "L": np.interp(self.frames, self.at, self.value),
            "S": self.value[before],
            "final_frame": np.full(self.count, self.count - 1.0),
            **dict.fromkeys(("active_keyframe", "prev_keyframe"), self.at[before]),
            **dict.fromkeys(("active_keyframe_value", "prev_keyframe_value"), self.value[before]),
            "next_keyframe": self.at[after],
            "next_keyframe_value": self.value[after],
        }

    @cached_property
    def spline(self) -> Numbers:
        """The natural cubic spline through the points: its second derivative is 0 at both ends."""
        at, value = self.at, self.value
        if len(at) < 3:
            return self.variables["L"]
        width, rise = np.diff(at), np.diff(value) / np.diff(at)
        matrix = np.eye(len(at))
        inner = np.arange(1, len(at) - 1)
        matrix[inner, inner - 1], matrix[inner, inner + 1] = width[:-1], width[1:]
        matrix[inner, inner] = 2 * (width[:-1] + width[1:])
        bend = np.linalg.solve(matrix, np.concatenate([[0.0], 6 * np.diff(rise), [0.0]]))
        i = np.clip(np.searchsorted(at, self.frames, side="right") - 1, 0, len(width) - 1)
        x = self.frames - at[i]
        slope = rise[i] - width[i] * (2 * bend[i] + bend[i + 1]) / 6
        cubic = bend[i] / 2 + x * (bend[i + 1] - bend[i]) / (6 * width[i])
        return np.asarray(value[i] + x * (slope + x * cubic))

    @cached_property
    def polynomial(self) -> Numbers:
        """The polynomial through all points, by Neville's scheme. Raises ValueError for more than 24 points."""
        if len(self.at) > _MOST_POINTS:
            raise ValueError(f"P supports at most {_MOST_POINTS} key frames, not {len(self.at)}")
        rows = [np.full(self.count, value) for value in self.value]
        for step in range(1, len(rows)):
            rows = [
                ((self.frames - self.at[i + step]) * rows[i] + (self.at[i] - self.frames) * rows[i + 1])
                / (self.at[i] - self.at[i + step])
                for i in range(len(rows) - 1)
            ]
        return rows[0]


class Scope:
    """The frames `start` to before `stop` of a field."""

    def __init__(self, field: Field, start: int, stop: int) -> None:
        self.field, self.part, self.count = field, slice(start, stop), stop - start

    def variable(self, name: str) -> Numbers:
        """One of NAMES at each of the frames."""
        if name == "prev_computed_value":  # its formula is computed one frame at a time
            start = self.part.start
            return self.field.made[start - 1 : start] if start else np.zeros(1)
        if name == "C":
            return self.field.spline[self.part]
        return (self.field.polynomial if name == "P" else self.field.variables[name])[self.part]


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
