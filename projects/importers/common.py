"""What all importers do alike: title, rate, seed, init image, sampler, optical flow."""

from __future__ import annotations

import hashlib
import json
import re
from importlib.util import find_spec
from pathlib import Path

from keyframes.errors import printable

from .conversion import Conversion
from .names import FLOWS
from .rules import as_number, plain_number

_NO_RAFT = (
    'RAFT needs torchvision, which is not installed here: DIS is taken; with it, "raft" can be written.'
)


def put_title(job: Conversion, name: str, *setting: str) -> None:
    """The title that a setting holds, without its time stamp, else the file's name."""
    batch = next(map(job.values.get, setting), "")
    text = batch if isinstance(batch, str) else ""
    text = re.sub(r"[_ ]*(\{timestring\}|\d{14})", "", text[:2000]).strip()
    job.put("title", printable(text or Path(name).stem)[:1000], *setting)


def put_rate(job: Conversion, setting: str, otherwise: float, why: str = "") -> float:
    """The frames per second; `otherwise` for a number that is not allowed, and a note if there is a why."""
    fps = job.number(setting, otherwise=otherwise)
    if not 0 < fps <= 240:
        if why:
            job.missing(setting, why)
        fps = otherwise
    job.put("fps", plain_number(fps), setting)
    return fps


def put_seed(job: Conversion, *names: str) -> int:
    """The seed. One that is left to chance becomes a number made from the file: the same at every import."""
    number = as_number(job.get(*names))
    if number is not None and 0 <= number <= 2**53:
        seed = int(number)
    else:
        text = json.dumps(job.values, sort_keys=True, default=str)
        digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=4).digest()
        seed = int.from_bytes(digest, "little")
        job.report.remarks.append(f"Its seed was left to chance; this project has {seed}.")
    job.put("seed", seed, *names)
    return seed


def put_init_image(job: Conversion) -> None:
    """The init image, if its file lies beside the project."""
    value = job.values.get("init_image")
    if value is None or (isinstance(value, str) and value.strip().lower() in ("", "none")):
        job.report.note("init_image", "missing", "the file names no init image.")
    elif path := job.file("init_image", value):
        job.put("init_image", path, "init_image", "use_init")


def flow_of(job: Conversion, name: str) -> str:
    """The method of optical flow that a setting names. RAFT is taken where its package is installed."""
    value = str(job.values.get(name) or "")[:100].strip()
    method = value.casefold()
    if method == "raft" and find_spec("torchvision") is not None:
        return "raft"
    if method not in FLOWS:
        why = _NO_RAFT if method == "raft" else "this flow is not here: DIS is taken."
        job.report.note(name, "changed", why, value)
    return FLOWS.get(method, "dis")
