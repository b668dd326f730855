"""FizzNodes' prompt schedules in the words of a project: keys, the texts round every prompt, and blending."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from keyframes import Clock, ProjectError

from .common import title_of
from .draft import Draft
from .fizz_table import TEXT
from .keyed_text import keyed_text, placed
from .report import Report
from .settings import Given

LENGTH = 120  # FizzNodes' own
_WEIGHT = re.compile(r"\bpw_[abcd]\b")


def from_keyed_text(values: Mapping[str, Any], *, name: str, folder: Path, draft: Draft) -> Report:
    """A schedule in a text file of its own: prompts and nothing else."""
    given = Given(dict(values), {}, Report(source=name, written_by="hand, for FizzNodes"))
    draft.put("title", title_of(None, name))
    pairs = keyed_text(str(values["text"]))
    whole = [int(key) for key, _ in pairs if re.fullmatch(r"\d{1,5}", key)]
    frames = max(LENGTH, max(whole, default=0) + 1)
    draft.put("frames", frames)
    draft.put("seed", 0)
    given.report.remarks.append(
        f"The text does not say how long the film is: {frames} frames are taken, change it."
    )
    carry_schedule(draft, placed(pairs, Clock(frames=frames, fps=15.0, seed=0)))
    given.carried("prompts", "text")
    given.settle(TEXT)
    return given.report


def carry_schedule(
    draft: Draft,
    keyed: Mapping[int, str],
    before: str = "",
    after: str = "",
    weights: Mapping[str, str] | None = None,
) -> list[str]:
    """Write the prompts at their frames, blended in a straight line from one to the next as FizzNodes does.

    before, after: what stands round every prompt; each may have its own --neg. weights: what pw_a to pw_d stand for
    in back-ticks. Returns the weights that are used and have no value.
    """
    known, lost = dict(weights or {}), []

    def filled(match: re.Match[str]) -> str:
        if match[0] not in known:
            lost.append(match[0])
        return known.get(match[0], "0")

    first, _, first_negative = before.partition("--neg")
    last, _, last_negative = after.partition("--neg")
    for frame, text in keyed.items():
        pieces = text.replace("\0", " ").split("`")
        pieces[1::2] = [_WEIGHT.sub(filled, piece) for piece in pieces[1::2]]
        positive, _, negative = "`".join(pieces).partition("--neg")
        negative = _joined(first_negative, negative)
        draft.put(
            f"prompts.{frame}", f"{positive.strip()} --neg {negative}" if negative else positive.strip()
        )
    for place, text in (("prefix", first), ("suffix", last), ("negative", last_negative)):
        if text.strip():
            draft.put(f"prompts.{place}", text.replace("\0", " ").strip())
    draft.put("prompts.blend", "linear")
    return list(dict.fromkeys(lost))


def read_keyed(text: str, clock: Clock, given: Given, name: str) -> dict[int, str]:
    """The prompts of a node's text; none, and a note, for one that cannot be read."""
    try:
        return placed(keyed_text(text), clock)
    except ProjectError as error:
        given.report.note(name, "missing", f"this schedule is not right. {error.problems[0]}", text)
        return {}


def _joined(*texts: str) -> str:
    return " ".join(text.strip() for text in texts if text.strip())
