"""Masks as text: `!sky & (depth(0, 500) | color(#ff0000, 40))`.

    what             means
    sky              the picture of that name in the table [masks]: white is 1, black is 0
    everywhere       1 at every pixel
    depth(low, high) what is that far away, in 1/200 units like the lanes near and far
    color(#rrggbb, r) colours within r of that one: the distance in RGB, 0 to 442
    light(low, high) what is that bright, in grey levels, 0 to 255

    !a               not a: 1 - a
    a & b, a \\ b    a and b: the smaller; a without b: a & !b
    a ^ b            one of the two: the difference
    a | b            a or b: the larger

The signs bind in this order, `!` first; parentheses change it. Soft masks, between 0 and 1, stay soft.
They are not Python's signs, so masks have this small parser of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from keyframes import did_you_mean
from keyframes.errors import Place, quoted

MAX_LENGTH, MAX_DEEP = 2000, 50
EVERYWHERE = "everywhere"
# name: (how many numbers follow, what is allowed, an example)
_FUNCTIONS = {
    "depth": (2, 1e7, "depth(0, 500)"),
    "color": (1, 442.0, "color(#ff0000, 40)"),
    "light": (2, 255.0, "light(200, 255)"),
}
_SIGNS = (("|",), ("^",), ("&", "\\"))  # from the loosest to the tightest
_TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+\.?\d*|\.\d+)|(?P<name>[A-Za-z_]\w*)|(?P<color>\#[0-9A-Fa-f]{6}\b)|(?P<sign>[!&|^\\(),])|(?P<end>$))""",
    re.ASCII,
)
EXAMPLE = "Example: !sky & (depth(0, 500) | color(#ff0000, 40))"


@dataclass(frozen=True, kw_only=True)
class Mask:
    """One step of a mask: a `picture` by its name, `everywhere`, a function with its numbers, or a sign with its parts.

    name: of the picture, or the colour as `#rrggbb`, in lower case.
    """

    kind: str
    name: str = ""
    numbers: tuple[float, ...] = ()
    parts: tuple[Mask, ...] = ()

    def steps(self) -> Iterator[Mask]:
        """This and all that it is made of."""
        yield self
        for part in self.parts:
            yield from part.steps()

    def __str__(self) -> str:
        """The mask as text, with all of its parentheses."""
        if self.kind == "picture":
            return self.name
        if self.kind in _FUNCTIONS:
            given = [*([self.name] if self.name else []), *(f"{number:g}" for number in self.numbers)]
            return f"{self.kind}({', '.join(given)})"
        if self.kind == "!":
            return f"!{self.parts[0]}"
        return f"({f' {self.kind} '.join(map(str, self.parts))})" if self.parts else self.kind


def parse_mask(text: str, pictures: Iterable[str], *, where: str = "") -> Mask:
    """Read a mask. pictures: the names that [masks] has.

    Raises ScheduleError, with a column, for text that is not a mask, unknown names, and numbers out of range.
    """
    return _Parser(text, tuple(pictures), Place(where, text)).whole()


def uses_depth(masks: Iterable[Mask]) -> bool:
    """Whether one of these masks looks at depth."""
    return any(step.kind == "depth" for mask in masks for step in mask.steps())


class _Parser:
    def __init__(self, text: str, pictures: tuple[str, ...], place: Place) -> None:
        self._pictures, self._place, self._at, self._deep = pictures, place, 0, 0
        if len(text) > MAX_LENGTH:
            raise place.error(f"a mask has at most {MAX_LENGTH} characters.", 0)
        self._tokens = [*self._read(text)]

    def _read(self, text: str) -> Iterator[tuple[str, str, int]]:
        at = 0
        while True:
            found = _TOKEN.match(text, at)
            if found is None:
                at += len(text[at:]) - len(text[at:].lstrip())
                hint = "A colour is written #ff0000." if text[at] == "#" else EXAMPLE
                raise self._place.error(f"{quoted(text[at])} has no meaning in a mask.", at, hint)
            kind = str(found.lastgroup)
            yield kind, found[kind], found.start(kind)
            if kind == "end":
                return
            at = found.end()

    def whole(self) -> Mask:
        mask = self._joined(0)
        kind, word, start = self._tokens[self._at]
        if kind != "end":
            raise self._place.error(
                f"a sign is missing before {quoted(word)}.", start, f"Signs: & | ^ \\. {EXAMPLE}"
            )
        return mask

    def _joined(self, level: int) -> Mask:
        if level == len(_SIGNS):
            return self._operand()
        mask = self._joined(level + 1)
        while self._tokens[self._at][1] in _SIGNS[level] and self._tokens[self._at][0] == "sign":
            sign = self._take()[1]
            mask = Mask(kind=sign, parts=(mask, self._joined(level + 1)))
        return mask

    def _operand(self) -> Mask:
        kind, word, start = self._take()
        self._deep += 1
        if self._deep > MAX_DEEP:
            raise self._place.error("the mask is nested too deeply.", start)
        if word == "!":
            mask = Mask(kind="!", parts=(self._operand(),))
        elif word == "(":
            mask = self._joined(0)
            self._close(start)
        elif kind == "name":
            mask = self._named(word, start)
        else:
            what = (
                "the mask ends too early." if kind == "end" else f"a mask cannot begin with {quoted(word)}."
            )
            raise self._place.error(what, start, EXAMPLE)
        self._deep -= 1
        return mask

    def _named(self, word: str, start: int) -> Mask:
        if word in _FUNCTIONS and self._tokens[self._at][1] == "(":
            return self._function(word, start)
        if word == EVERYWHERE:
            return Mask(kind=EVERYWHERE)
        if word in self._pictures:
            return Mask(kind="picture", name=word)
        if word in _FUNCTIONS:
            raise self._place.error(f"{word} needs its numbers.", start, f"Example: {_FUNCTIONS[word][2]}")
        known = [*self._pictures, EVERYWHERE, *_FUNCTIONS]
        hint = (
            did_you_mean(word, known)
            or f"Known: {', '.join(known)}. Pictures are named in the table [masks]."
        )
        raise self._place.error(f"there is no mask {quoted(word)}.", start, hint)

    def _function(self, word: str, start: int) -> Mask:
        count, highest, example = _FUNCTIONS[word]
        hint = f"Example: {example}"
        bracket, name, numbers = self._take()[2], "", []
        wanted = [*(["color"] if word == "color" else []), *(["number"] * count)]
        for index, kind in enumerate(wanted):
            if index and self._take()[1] != ",":
                raise self._place.error(f"{word} takes {len(wanted)} values.", start, hint)
            found, value, at = self._take()
            if found != kind:
                raise self._place.error(f"{word} takes a {kind} here, not {quoted(value)}.", at, hint)
            if kind == "color":
                name = value.lower()
            elif float(value) > highest:
                raise self._place.error(f"{value} is out of range.", at, f"Allowed: 0 to {highest:g}. {hint}")
            else:
                numbers.append(float(value))
        if word != "color" and numbers[0] >= numbers[1]:
            raise self._place.error(f"{word} goes from the lower number to the higher one.", start, hint)
        self._close(bracket)
        return Mask(kind=word, name=name, numbers=tuple(numbers))

    def _take(self) -> tuple[str, str, int]:
        token = self._tokens[self._at]
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def _close(self, bracket: int) -> None:
        if self._take()[1] != ")":
            raise self._place.error("this parenthesis is not closed.", bracket, EXAMPLE)
