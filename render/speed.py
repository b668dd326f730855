"""How fast this machine painted before: the plan estimates its time from it.

One small JSON file in the user's cache folder holds seconds per denoiser evaluation, by model and size. It is a
convenience: if it cannot be read nothing is known, and if it cannot be written the render continues.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from keyframes import ReverieError
from projects.files import write_atomic


def speed_file() -> Path:
    """Where the measurements are kept (XDG cache folder)."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "reverie" / "speed.json"


def known_seconds(fingerprint: str, size: tuple[int, int], calls: int) -> float | None:
    """The estimate for `calls` evaluations, or None if this model was never painted with at this size here."""
    per_call = _read().get(_name(fingerprint, size))
    return None if per_call is None else per_call * calls


def remember(fingerprint: str, size: tuple[int, int], seconds: float, calls: int) -> None:
    """Note how long `calls` evaluations took, everything of a frame included."""
    if calls <= 0:
        return
    known = {**_read(), _name(fingerprint, size): seconds / calls}
    path = speed_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, json.dumps(known).encode())
    except (OSError, ReverieError):
        return  # without it the next plan only lacks its estimate


def _read() -> dict[str, float]:
    try:
        known = json.loads(speed_file().read_text())
        return {str(name): float(seconds) for name, seconds in known.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def _name(fingerprint: str, size: tuple[int, int]) -> str:
    return f"{fingerprint[:16]} {size[0]}x{size[1]}"
