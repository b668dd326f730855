"""Parseq's prompts as it saves them for its editor: texts with the frames at which they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .report import Report
from .settings import as_number

_OWN = "${...} is Parseq's own language, left in as text: import the manifest with its rendered frames."


def prompts_of(given: object, count: int, report: Report) -> dict[int, str]:
    """Frame -> prompt of a manifest without rendered frames. Where two are shown at once the later one is taken."""
    if not isinstance(given, Mapping) or given.get("enabled") is False:
        return {}
    shown = _shown(given, count)
    if any("${" in text for _, _, text in shown):
        report.note("prompts", "changed", _OWN)
    keyed: dict[int, str] = {}
    last = -1
    for start, stop, text in sorted(shown, key=lambda item: item[0]):
        if start <= last:
            why = "prompts that are shown together are mixed only in Parseq's rendered frames: the later one is taken."
            report.note("prompts", "changed", why)
        if keyed and start > last + 1:
            keyed.setdefault(last + 1, "")
        keyed[start] = text
        last = max(last, stop)
    return keyed


def _shown(given: Mapping[str, Any], count: int) -> list[tuple[int, int, str]]:
    """(first frame, last frame, text) of each prompt."""
    listed = given.get("promptList")
    common = given.get("commonPrompt")
    if not isinstance(listed, list):
        return [(0, count - 1, _joined(given, {}))]
    found = []
    for prompt in listed:
        if not isinstance(prompt, Mapping):
            continue
        everywhere = prompt.get("allFrames") is True
        start = 0 if everywhere else int(as_number(prompt.get("from")) or 0)
        stop = as_number(prompt.get("to"))
        last = count - 1 if everywhere or stop is None else int(stop)
        if 0 <= start < count and start <= last:
            found.append((start, last, _joined(prompt, common if isinstance(common, Mapping) else {})))
    return found


def _joined(prompt: Mapping[str, Any], common: Mapping[str, Any]) -> str:
    """Deforum's one text of a prompt and what all prompts share."""

    def both(side: str) -> str:
        parts = (str(part.get(side) or "").strip() for part in (prompt, common))
        return " ".join(part.replace("\n", " ") for part in parts if part)

    negative = both("negative")
    return f"{both('positive')} --neg {negative}" if negative else both("positive")
