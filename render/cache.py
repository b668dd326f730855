"""What is remembered from run to run, in small JSON files in the user's cache folder (XDG): how fast this machine
painted, which pictures a clip has.

It is a convenience: if a file cannot be read nothing is known, and if it cannot be written the render continues.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from keyframes import ReverieError
from projects.files import write_atomic

SPEEDS = "speed.json"  # seconds for each denoiser evaluation, by model and size


def cache_file(name: str) -> Path:
    """Where a file of the cache is."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "reverie" / name


def recall(name: str) -> Any:
    """What a file of the cache holds, None if it cannot be read."""
    try:
        return json.loads(cache_file(name).read_text())
    except (OSError, ValueError):
        return None


def keep(name: str, value: object) -> None:
    """Put a value into a file of the cache."""
    path = cache_file(name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, json.dumps(value).encode())
    except (OSError, ReverieError):
        return


def known_seconds(fingerprint: str, size: tuple[int, int], calls: int) -> float | None:
    """The estimate for `calls` evaluations, or None if this model was never painted with at this size here."""
    per_call = _speeds().get(_name(fingerprint, size))
    return None if per_call is None else per_call * calls


def remember_seconds(fingerprint: str, size: tuple[int, int], seconds: float, calls: int) -> None:
    """Note how long `calls` evaluations took, everything of a frame included."""
    if calls > 0:
        keep(SPEEDS, {**_speeds(), _name(fingerprint, size): seconds / calls})


def _speeds() -> dict[str, float]:
    try:
        return {str(name): float(seconds) for name, seconds in recall(SPEEDS).items()}
    except (ValueError, AttributeError, TypeError):
        return {}


def _name(fingerprint: str, size: tuple[int, int]) -> str:
    return f"{fingerprint[:16]} {size[0]}x{size[1]}"
