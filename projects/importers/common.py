"""What all importers do alike: title, rate, seed, prompts, init image, and names of samplers, borders and flows.

The samplers' names here are those of render/diffusion, which this room may not import; a test compares the two.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from keyframes.errors import printable

from .conversion import Conversion
from .report import as_number, plain_number

MODEL_SAMPLER = "default"  # the sampler that comes with the model
_SAME = (
    "euler, euler a, heun, ddim, ddpm, plms, unipc, lcm, tcd, dpm2, dpm2 karras, dpm2 a, dpm2 a karras, dpm++ 2m, "
    "dpm++ 2m karras, dpm++ 2m sde, dpm++ 2m sde karras, dpm++ sde, dpm++ sde karras"
)
SAMPLERS: dict[str, str] = {
    **{name: name for name in _SAME.split(", ")},
    "euler ancestral": "euler a",
    "euler karras": "euler",
    "dpm2 ancestral": "dpm2 a",
}
# Up to early 2023 Deforum's files held the sampler's place in this list.
_INDEXED = (
    "Euler a, Euler, LMS, Heun, DPM2, DPM2 a, DPM++ 2S a, DPM++ 2M, DPM++ SDE, DPM fast, DPM adaptive, LMS Karras, "
    "DPM2 Karras, DPM2 a Karras, DPM++ 2S a Karras, DPM++ 2M Karras, DPM++ SDE Karras, DDIM, PLMS"
)
BY_INDEX = tuple(_INDEXED.split(", "))
BORDERS = {"replicate": "replicate", "wrap": "wrap", "border": "replicate", "reflection": "reflect"}
_SAMPLING = {"bicubic": "bicubic", "bilinear": "bilinear"}
STANDS_STILL = "Reverie has only 2D, 3D, and Video Input with its video; the camera stands still."
_FLOWS = {"": "dis", "dis medium": "dis", "dis fine": "dis-fine", "farneback": "farneback"}


def put_title(job: Conversion, *setting: str) -> None:
    """Write the title that a setting holds, without its time stamp, else the file's name."""
    batch = next(map(job.values.get, setting), "")
    text = batch if isinstance(batch, str) else ""
    text = re.sub(r"[_ ]*(\{timestring\}|\d{14})", "", text[:2000]).strip()
    job.put("title", printable(text or Path(job.name).stem)[:1000], *setting)


def put_rate(job: Conversion, setting: str, otherwise: float, *, quiet: bool = False) -> float:
    """Write the frames per second: `otherwise`, and a note unless `quiet`, for a number that is not allowed."""
    fps = job.number(setting, otherwise=otherwise)
    if not 0 < fps <= 240:
        if not quiet:
            job.missing(setting, f"allowed: above 0, up to 240; using {otherwise:g}.")
        fps = otherwise
    job.put("fps", plain_number(fps), setting)
    return fps


def put_seed(job: Conversion, *names: str) -> int:
    """Write the seed. A random one becomes a number made from the file, the same at every import."""
    number = as_number(job.get(*names))
    if number is not None and 0 <= number <= 2**53:
        seed = int(number)
    else:
        text = json.dumps(job.values, sort_keys=True, default=str)
        digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=4).digest()
        seed = int.from_bytes(digest, "little")
        job.report.remarks.append(f"The file asks for a random seed; this project uses {seed}.")
    job.put("seed", seed, *names)
    return seed


def put_border(job: Conversion, setting: str, borders: Mapping[str, str] = BORDERS) -> None:
    """Write what fills the parts that the camera uncovers."""
    border = job.choice(setting, borders, "replicate", "Reverie has no such border; using replicate.")
    job.put("motion.border", border, setting)


def put_sampling(job: Conversion) -> None:
    """Write how pixels are sampled."""
    why = "Reverie has no such sampling; using bilinear."
    sampling = job.choice("sampling_mode", _SAMPLING, "bilinear", why)
    job.put("motion.sampling", sampling, "sampling_mode")


def note_model(job: Conversion, setting: str) -> None:
    """Name the file's checkpoint in the report: the project has a model of its own."""
    if job.has(setting):
        job.report.remarks.append(f"The file's model is {job.text(setting)}.")
        job.carried("model", setting)


def put_init_image(job: Conversion) -> None:
    """Write the init image, if its file lies next to the project."""
    value = job.values.get("init_image")
    if value is None or (isinstance(value, str) and value.strip().lower() in ("", "none")):
        job.report.note("init_image", "missing", "the file names no init image.")
    elif path := job.file("init_image", value):
        job.put("init_image", path, "init_image", "use_init")


def put_prompts(job: Conversion, prompts: Mapping[int, object], setting: str, empty: object = "") -> None:
    """Write prompts at their frames; an empty one, and a note, if there are none."""
    for frame, text in (prompts or {0: empty}).items():
        job.put(f"prompts.{frame}", text)
    if not prompts:
        job.report.note(setting, "missing", "no usable prompt; the project has an empty one.")


def clean(text: str) -> str:
    """A prompt's text as TOML can hold it, without spaces around it."""
    return text.replace("\0", " ").strip()


def our_sampler(name: object) -> str | None:
    """The project's name for a sampler given by name or index; None if there is none."""
    if isinstance(name, int) and not isinstance(name, bool):
        return our_sampler(BY_INDEX[name]) if 0 <= name < len(BY_INDEX) else None
    plain = re.sub(r"[\s_]+", " ", str(name)[:100].strip().strip("\"'() ").lower().replace("dpmpp", "dpm++"))
    return SAMPLERS.get(plain) or SAMPLERS.get(re.sub(r"^k ?", "", plain))


def flow_of(job: Conversion, name: str) -> str:
    """The method of optical flow that a setting names. RAFT is used where its package is installed."""
    value = str(job.values.get(name) or "")[:100].strip()
    method = value.casefold()
    if method == "raft" and find_spec("torchvision") is not None:
        return "raft"
    if method == "raft":
        why = 'RAFT needs torchvision, which is not installed; using DIS. With torchvision, write "raft".'
        job.report.note(name, "changed", why, value)
    elif method not in _FLOWS:
        job.report.note(name, "changed", "Reverie has no such optical flow; using DIS.", value)
    return _FLOWS.get(method, "dis")
