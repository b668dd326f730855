"""From the text of an expression to the steps that compute it: its words, and precedence climbing over them.

Python's `ast` would say what binds to what, but not where a mistake is nor what to write instead, and its limits on
nesting differ from one Python to the next; with the checks that it needs around it, it is longer than this.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from keyframes.clock import Clock
from keyframes.errors import Place, ScheduleError, did_you_mean, quoted
from keyframes.functions import FUNCTIONS, MOVING, NEEDS_SOUND, NEEDS_TEMPO, OPERATORS, VARIABLES, Sample

MAX_NESTING = 128  # brackets within brackets, signs before signs
MAX_VALUE = 1e15

_COMPARISONS = frozenset({"<", "<=", "==", "!=", ">=", ">"})
_TIGHTNESS = {"or": 1, "and": 2, **dict.fromkeys(_COMPARISONS, 4), "|": 5, "^": 6, "&": 7, "<<": 8, ">>": 8}
_TIGHTNESS |= {"+": 9, "-": 9, "*": 10, "/": 10, "//": 10, "%": 10, "**": 12}
_NOT, _UNARY = 3, 11

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


class Step(NamedTuple):
    """One step of the stack machine: takes `takes` values off the stack and puts one on."""

    apply: Callable[[Sample, list[Any]], Any]
    takes: int


class Parser:
    """Precedence climbing (Clarke 1986). Its methods emit steps and say whether the value is a condition."""

    def __init__(self, text: str, clock: Clock, place: Place, moving: bool) -> None:
        self.tokens = tokenize(text, place)
        self.clock, self.place, self.moving = clock, place, moving
        self.at = self.depth = self.draws = 0
        self.steps: list[Step] = []

    def parse(self) -> tuple[Step, ...]:
        self.choice()
        if self.token.kind != "end":
            raise self.unexpected()
        return tuple(self.steps)

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def take(self) -> Token:
        token = self.tokens[self.at]
        self.at += token.kind != "end"
        return token

    def took(self, word: str) -> bool:
        found = self.token.text == word and self.token.kind != "end"
        self.at += found
        return found

    def emit(self, work: Callable[..., Any], count: int) -> None:
        self.steps.append(
            Step(lambda sample, arguments: np.asarray(work(*arguments), dtype=np.float64), count)
        )

    def choice(self) -> bool:
        """`a if c else b`, or just `a`."""
        truth = self.climb(1)
        if not self.took("if"):
            return truth
        self.climb(1)
        if not self.took("else"):
            raise self.error('"if" needs an "else".', self.token, "Example: 1 if t < 10 else 2.")
        other = self.choice()
        self.emit(lambda a, c, b: np.where(c != 0, a, b), 3)
        return truth and other

    def climb(self, least: int) -> bool:
        """Operands joined by operators that bind at least as tightly as `least`."""
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise self.error(
                "this expression is nested too deeply.", self.token, f"Allowed: {MAX_NESTING} levels."
            )
        truth = self.operand()
        while _TIGHTNESS.get(self.token.text, 0) >= least:
            if self.token.text in _COMPARISONS:
                truth = self.comparison()
            else:
                truth = self.operation(self.take(), truth)
        self.depth -= 1
        return truth

    def comparison(self) -> bool:
        """A chain such as `0 < t <= 10`: all of its links must hold."""
        chain = []
        while self.token.text in _COMPARISONS:
            chain.append(OPERATORS[self.take().text])
            self.climb(5)

        def all_hold(*values: Any) -> Any:
            links = [link(a, b) for link, (a, b) in zip(chain, pairwise(values), strict=True)]
            return np.logical_and.reduce(np.broadcast_arrays(*links))

        self.emit(all_hold, len(chain) + 1)
        return True

    def operation(self, sign: Token, left: bool) -> bool:
        tightness = _TIGHTNESS[sign.text]
        right = self.climb(_UNARY if sign.text == "**" else tightness + 1)
        if sign.text == "^" and not (left and right):
            hint = "For a power write **, as in t**2; ^ means either-or and takes two conditions."
            raise self.error('"^" is not a power here.', sign, hint)
        self.emit(OPERATORS[sign.text], 2)
        return sign.text in ("and", "or") or (sign.text in ("&", "|", "^") and left and right)

    def operand(self) -> bool:
        token = self.take()
        if token.kind == "number":
            return self.number(token)
        if token.kind == "name":
            return self.call(token) if self.token.text == "(" else self.variable(token)
        if token.text == "(":
            truth = self.choice()
            self.close(token)
            return truth
        if token.text == "not":
            self.climb(_NOT)
            self.emit(OPERATORS["not"], 1)
            return True
        if token.text in ("-", "+", "~"):
            return self.signed(token)
        self.at -= token.kind != "end"
        raise self.unexpected()

    def signed(self, sign: Token) -> bool:
        truth = self.climb(_UNARY)
        if sign.text == "-":
            self.emit(OPERATORS["negative"], 1)
        elif sign.text == "~":  # the opposite of a condition, as in numexpr; else the bits of a whole number
            self.emit(OPERATORS["not" if truth else "~"], 1)
        return truth and sign.text == "~"

    def number(self, token: Token) -> bool:
        value = np.float64(token.text)
        if not value <= MAX_VALUE:
            raise self.error(
                f"{quoted(token.text, 20)} is too large.", token, f"Allowed: up to {MAX_VALUE:g}."
            )
        self.steps.append(Step(lambda sample, arguments: value, 0))
        return False

    def variable(self, token: Token) -> bool:
        self.check_variable(token)
        read = VARIABLES[token.text][1]
        self.steps.append(Step(lambda sample, arguments: np.asarray(read(sample), dtype=np.float64), 0))
        return False

    def check_variable(self, token: Token) -> None:
        name = token.text
        if name in FUNCTIONS:
            raise self.error(f"{quoted(name)} is a function.", token, f"Write {FUNCTIONS[name].usage}.")
        if name not in VARIABLES:
            allowed = [known for known in VARIABLES if self.moving or known not in MOVING]
            hint = did_you_mean(name, [*allowed, *FUNCTIONS]) or f"Known: {', '.join(allowed)}."
            raise self.error(f"{quoted(name)} is not a variable.", token, hint)
        silent = self.clock.audio is None
        if name in NEEDS_TEMPO and self.clock.bpm is None and silent:
            hint = 'Give the project a bpm, such as bpm = 120, or a sound track: audio = "song.mp3".'
            raise self.error(f"{quoted(name)} needs a tempo.", token, hint)
        if name in NEEDS_SOUND and silent:
            hint = 'Give the project a sound track: audio = "song.mp3", a file beside it.'
            raise self.error(f"{quoted(name)} comes from the sound track, and there is none.", token, hint)
        if name in MOVING and not self.moving:
            raise self.error(
                f"{quoted(name)} changes with the frame.", token, "The place of a key may use max_f, fps, s."
            )

    def call(self, name: Token) -> bool:
        function = FUNCTIONS.get(name.text)
        if function is None:
            hint = did_you_mean(name.text, FUNCTIONS) or "Examples: sin(t), min(a, b), where(t > 5, 1, 0)."
            raise self.error(f"{quoted(name.text)} is not a function.", name, hint)
        if name.text == "rand" and not self.moving:
            raise self.error("the place of a key cannot be random.", name, "Use max_f, fps or s.")
        bracket, count = self.take(), 0
        while self.token.text != ")" or count:
            self.choice()
            count += 1
            if not self.took(","):
                break
        self.close(bracket)
        if not function.low <= count <= function.high:
            raise self.error(f"{name.text} cannot take {count} values.", name, f"Write {function.usage}.")
        draw, self.draws = self.draws, self.draws + (name.text == "rand")
        apply = function.apply
        self.steps.append(Step(lambda sample, arguments: apply(sample, draw, *arguments), count))
        return False

    def close(self, bracket: Token) -> None:
        if not self.took(")"):
            if self.token.kind == "end":
                raise self.error("this bracket is never closed.", bracket, 'Add a ")".')
            raise self.unexpected()

    def unexpected(self) -> ScheduleError:
        token = self.token
        if token.kind == "end":
            return self.error("the expression ends too early.", token, "A number or a name should follow.")
        hint = "Is an operator missing before it, as in 2*t?" if token.kind in ("number", "name") else ""
        return self.error(
            f"{quoted(token.text)} is not allowed here.", token, hint or "Example: 1 + 0.01*sin(t)."
        )

    def error(self, what: str, token: Token, hint: str) -> ScheduleError:
        return self.place.error(what, token.start, hint)
