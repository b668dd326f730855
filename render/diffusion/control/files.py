"""A ControlNet found by its name and described: what it is, and what it was made for.

Importable without torch; nothing here touches the network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keyframes.errors import EnvironmentFault, quoted
from render.diffusion.defaults import read_json
from render.diffusion.families.table import FAMILIES
from render.diffusion.hub import in_cache
from render.diffusion.weights import PICKLES, WEIGHTS, fingerprint, weights_in

CONFIG = "config.json"
UNET, SD3, FLUX = "ControlNetModel", "SD3ControlNetModel", "FluxControlNetModel"


@dataclass(frozen=True, kw_only=True)
class ControlFile:
    """A ControlNet's folder. `kind` is its class in diffusers; `digest` the sha256 of its files."""

    name: str
    path: Path
    kind: str
    config: Mapping[str, Any]
    digest: str


def find_control(name: str, *, folder: Path | None = None) -> ControlFile:
    """Find a ControlNet: a diffusers folder, or org/name in the hub's local cache.

    Paths are relative to `folder` (the project's), then to the working directory. Raises EnvironmentFault for one
    that is not there, is damaged, is a pickle, or is of a class that is not known here.
    """
    given = name.strip()
    if given.lower().endswith((*PICKLES, WEIGHTS)):
        raise EnvironmentFault(
            f'ControlNet "{given}" is a single file. Here ControlNets are diffusers folders, with {CONFIG} and '
            f"{WEIGHTS} weights. Example: {EXAMPLES[UNET]}"
        )
    places = [base / Path(given).expanduser() for base in (folder, Path.cwd()) if base is not None]
    for place in places:
        if (place / CONFIG).is_file():
            return _described(given, place)
    cached = in_cache(given)
    if cached is not None:
        return _described(given, cached.parent)
    looked = ", ".join(dict.fromkeys(str(place) for place in places))
    raise EnvironmentFault(
        f'ControlNet "{given}" was not found. Looked for {looked} (with a {CONFIG} in it) and in the hub\'s cache. '
        f"Fetch one of the hub with: hf download {given if given.count('/') == 1 else EXAMPLES[UNET]}"
    )


EXAMPLES: Mapping[str, str] = {
    UNET: "lllyasviel/control_v11p_sd15_canny",
    SD3: "InstantX/SD3-Controlnet-Canny",
    FLUX: "InstantX/FLUX.1-dev-Controlnet-Canny",
}


def families_of(kind: str) -> str:
    """Return the names of the families that a class of ControlNets steers, "" for a class that is not known."""
    return ", ".join(row.name for row in FAMILIES if row.control == kind)


def _described(name: str, path: Path) -> ControlFile:
    config = read_json(path / CONFIG)
    kind = str(config.get("_class_name"))
    if kind not in EXAMPLES:
        raise EnvironmentFault(
            f'ControlNet "{name}" is a {quoted(kind, 60)}. Allowed: '
            f"{', '.join(f'{known} ({families_of(known)})' for known in EXAMPLES)}."
        )
    weights = weights_in(path, f'ControlNet "{name}"')
    files = [(file.name, file) for file in (path / CONFIG, *weights)]
    return ControlFile(name=name, path=path, kind=kind, config=config, digest=fingerprint(files))
