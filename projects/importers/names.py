"""What other programs call samplers, borders and methods of optical flow, and what a project calls them.

The samplers' names here are those of render/diffusion, which this room may not import: a test compares the two.
"""

from __future__ import annotations

import re

OWN = "default"  # the sampler that comes with the model
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
BORDERS = {"replicate": "replicate", "wrap": "wrap", "border": "replicate", "reflection": "reflect"}
SAMPLING = {"bicubic": "bicubic", "bilinear": "bilinear"}
FLOWS = {"": "dis", "dis medium": "dis", "dis fine": "dis-fine", "farneback": "farneback"}

# Up to early 2023 the file held the sampler's place in this list.
_INDEXED = (
    "Euler a, Euler, LMS, Heun, DPM2, DPM2 a, DPM++ 2S a, DPM++ 2M, DPM++ SDE, DPM fast, DPM adaptive, LMS Karras, "
    "DPM2 Karras, DPM2 a Karras, DPM++ 2S a Karras, DPM++ 2M Karras, DPM++ SDE Karras, DDIM, PLMS"
)
BY_INDEX: tuple[str, ...] = tuple(_INDEXED.split(", "))


def our_sampler(name: object) -> str | None:
    """The project's name for a sampler given by name or index; None if there is none."""
    if isinstance(name, int) and not isinstance(name, bool):
        return our_sampler(BY_INDEX[name]) if 0 <= name < len(BY_INDEX) else None
    plain = re.sub(r"[\s_]+", " ", str(name)[:100].strip().strip("\"'() ").lower().replace("dpmpp", "dpm++"))
    return SAMPLERS.get(plain) or SAMPLERS.get(re.sub(r"^k ?", "", plain))
