"""What all importers do alike: titles, whole numbers, seeds, init images."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

from keyframes.errors import printable

from .draft import Draft
from .settings import Given, as_number


def title_of(batch: object, name: str) -> str:
    """The batch's name without its time stamp, else the file's."""
    text = batch if isinstance(batch, str) else ""
    text = re.sub(r"[_ ]*(\{timestring\}|\d{14})", "", text[:2000]).strip()
    return printable(text or Path(name).stem)[:1000]


def whole(given: Given, names: tuple[str, ...], *, low: int, high: int, otherwise: int) -> int:
    """A whole number of a range; one outside it is cut to it, and told of."""
    number = given.number(*names, otherwise=otherwise)
    found = int(min(max(number, low), high))
    if not low <= number <= high:
        used = next((name for name in names if given.has(name)), names[0])
        given.report.note(used, "missing", f"allowed: {low} to {high}; {found} is taken.", number)
    return found


def seed_of(given: Given, *names: str) -> int:
    """The seed. One that is left to chance becomes a number made from the file: the same at every import."""
    number = as_number(given.get(*names))
    if number is not None and 0 <= number <= 2**53:
        return int(number)
    text = json.dumps(given.values, sort_keys=True, default=str)
    seed = int.from_bytes(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=4).digest(), "little")
    given.report.remarks.append(f"Its seed was left to chance; this project has {seed}.")
    return seed


def init_image_of(given: Given, draft: Draft, folder: Path) -> None:
    """Carry the init image if its file lies beside the project."""
    value = given.values.get("init_image")
    if value is None or (isinstance(value, str) and value.strip().lower() in ("", "none")):
        given.report.note("init_image", "missing", "the file names no init image.")
        return
    path = str(value)[:1000].strip()
    if re.match(r"[a-z]+://", path, re.IGNORECASE):
        why = "is an address of the web: fetch it, and write its file's name as init_image."
        given.report.note("init_image", "missing", why, path)
        return
    for candidate in dict.fromkeys((path, re.split(r"[\\/]", path)[-1])):
        if _lies_beside(candidate, folder):
            draft.put("init_image", candidate)
            given.carried("init_image", "init_image", "use_init")
            return
    why = "there is no such file beside the project: copy it there, and write its name as init_image."
    given.report.note("init_image", "missing", why, path)


def file_of(given: Given, name: str, value: object, folder: Path) -> str | None:
    """A path as a project may have it: of a file beside the project. Any other is told of under `name`."""
    path = str(value)[:1000].strip()
    why = "there is no such file beside the project: copy it there, and write its name into the project."
    if re.match(r"[a-z]+://", path, re.IGNORECASE):
        why = "is an address of the web: fetch it, and write its file's name into the project."
    else:
        for candidate in dict.fromkeys((path, re.split(r"[\\/]", path)[-1])):
            if candidate and _lies_beside(candidate, folder):
                return candidate
    given.report.note(name, "missing", why, path)
    return None


def _lies_beside(path: str, folder: Path) -> bool:
    try:
        found = (folder / path).resolve()
        return found.is_relative_to(folder.resolve()) and found.is_file()
    except (OSError, ValueError, RuntimeError):
        return False
