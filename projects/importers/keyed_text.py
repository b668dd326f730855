"""Prompt schedules as FizzNodes for ComfyUI has them: `"0": "a prompt", "12": "another"`, with expressions for keys."""

from __future__ import annotations

import json
import re

from keyframes import Clock, Problem, ScheduleError, parse_position
from keyframes.errors import quoted

LANE = "text"
EXAMPLE = 'Example: "0": "a lighthouse", "48": "a calm sea".'
MAX_TEXT = 4_000_000

_ENTRY = re.compile(
    r"""(?:"(?P<quoted>[^"\\]{0,500})"|'(?P<single>[^'\\]{0,500})'|(?P<bare>[^\s"':,{}][^"':,{}]{0,500}))"""
    r"""\s*:\s*"(?P<text>(?:[^"\\]|\\.)*)"\s*(?:,|(?=["'}\w(])|$)""",
    re.DOTALL,
)
_GAP = re.compile(r"[\s,]*+")
_TEXT_LIKE_IT = re.compile(r"""\s*+\{?+\s*+(?:"[^"\n]{1,100}"|'[^'\n]{1,100}'|\d{1,9})\s*:\s*["']""")


def is_keyed_text(text: str) -> bool:
    """Whether a text that is no JSON looks like such a schedule."""
    return _TEXT_LIKE_IT.match(text) is not None


def keyed_text(text: str) -> list[tuple[str, str]]:
    """(key, prompt) as written. Braces round the whole, commas after the last entry and missing ones are forgiven.

    Raises ScheduleError, with a column, for text that is no schedule.
    """
    if len(text) > MAX_TEXT:
        raise _error(f"the prompts have {len(text)} characters.", f"Allowed: {MAX_TEXT}.", 0, text)
    at, stop = 0, len(text)
    braces = re.fullmatch(r"(\s*\{)(.*)\}\s*", text, re.DOTALL)
    if braces:
        at, stop = braces.end(1), braces.end(2)
    found: list[tuple[str, str]] = []
    while (at := _gap_end(text, at, stop)) < stop:
        entry = _ENTRY.match(text, at, stop)
        if entry is None:
            raise _error("this is no key with a prompt.", EXAMPLE, at, text)
        key = next(part for part in entry.group("quoted", "single", "bare") if part is not None)
        found.append((key.strip(), _unescaped(entry["text"], at, text)))
        at = entry.end()
    if not found:
        raise _error("there is no prompt.", EXAMPLE, 0, text)
    return found


def _gap_end(text: str, at: int, stop: int) -> int:
    """Where white space and commas from `at` on end."""
    gap = _GAP.match(text, at, stop)
    return gap.end() if gap else at


def placed(pairs: list[tuple[str, str]], clock: Clock) -> dict[int, str]:
    """Frame -> prompt. In a key `max_f` is the number of frames, as FizzNodes has it; a later one of a frame wins.

    Raises ScheduleError for a key that is no frame, or lies before frame 0.
    """
    found: dict[int, str] = {}
    for key, text in pairs:
        named = re.sub(r"\bmax_f\b", f"({clock.frames})", key)
        frame = int(parse_position(named, clock=clock, dialect="deforum"))
        if frame < 0:
            raise ScheduleError(
                Problem(what=f"the key {quoted(key, 30)} lies before frame 0.", where=LANE, hint=EXAMPLE)
            )
        found[frame] = text
    return dict(sorted(found.items()))


def _unescaped(text: str, at: int, whole: str) -> str:
    try:
        return str(json.loads(f'"{text}"', strict=False))
    except ValueError as error:
        hint = r'Allowed after a \ are " \ / b f n r t and u with four digits.'
        raise _error("this prompt has a wrong escape.", hint, at, whole) from error


def _error(what: str, hint: str, at: int, text: str) -> ScheduleError:
    line = text.count("\n", 0, at) + 1
    return ScheduleError(
        Problem(what=f"{what} Line {line}: {quoted(text[at : at + 60].strip(), 40)}", where=LANE, hint=hint)
    )
