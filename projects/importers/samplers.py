"""Samplers as other programs name them, and the names that a project has for them.

The right column are names of the diffusion room's own list, which this room may not import: a test compares the two.
"""

from __future__ import annotations

import re

OWN = "default"
NAMES: dict[str, str] = {
    "euler": "euler",
    "euler a": "euler a",
    "euler ancestral": "euler a",
    "euler karras": "euler karras",
    "heun": "heun",
    "ddim": "ddim",
    "ddpm": "ddpm",
    "plms": "plms",
    "unipc": "unipc",
    "lcm": "lcm",
    "tcd": "tcd",
    "dpm2": "dpm2",
    "dpm2 karras": "dpm2 karras",
    "dpm2 a": "dpm2 a",
    "dpm2 ancestral": "dpm2 a",
    "dpm2 a karras": "dpm2 a karras",
    "dpm++ 2m": "dpm++ 2m",
    "dpm++ 2m karras": "dpm++ 2m karras",
    "dpm++ 2m sde": "dpm++ 2m sde",
    "dpm++ 2m sde karras": "dpm++ 2m sde karras",
    "dpm++ sde": "dpm++ sde",
    "dpm++ sde karras": "dpm++ sde karras",
}
# Up to early 2023 the file held the sampler's place in this list.
BY_INDEX: tuple[str, ...] = (
    "Euler a",
    "Euler",
    "LMS",
    "Heun",
    "DPM2",
    "DPM2 a",
    "DPM++ 2S a",
    "DPM++ 2M",
    "DPM++ SDE",
    "DPM fast",
    "DPM adaptive",
    "LMS Karras",
    "DPM2 Karras",
    "DPM2 a Karras",
    "DPM++ 2S a Karras",
    "DPM++ 2M Karras",
    "DPM++ SDE Karras",
    "DDIM",
    "PLMS",
)


def our_sampler(name: object) -> str | None:
    """The project's name for a sampler given by name or index; None if there is none."""
    if isinstance(name, int) and not isinstance(name, bool):
        return our_sampler(BY_INDEX[name]) if 0 <= name < len(BY_INDEX) else None
    plain = re.sub(r"[\s_]+", " ", str(name)[:100].strip().strip("\"'() ").lower().replace("dpmpp", "dpm++"))
    return NAMES.get(plain) or NAMES.get(re.sub(r"^k ?", "", plain))
