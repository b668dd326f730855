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
from render.diffusion.weights import PICKLES, WEIGHTS, fingerprint, read_header

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
    cached = _in_cache(given)
    if cached is not None:
        return _described(given, cached)
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


def _in_cache(name: str) -> Path | None:
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        cached = try_to_load_from_cache(name, CONFIG)
    except HFValidationError:
        return None
    return Path(cached).parent if isinstance(cached, str) else None


def _described(name: str, path: Path) -> ControlFile:
    config = read_json(path / CONFIG)
    kind = str(config.get("_class_name"))
    if kind not in EXAMPLES:
        raise EnvironmentFault(
            f'ControlNet "{name}" is a {quoted(kind, 60)}. Allowed: '
            f"{', '.join(f'{known} ({families_of(known)})' for known in EXAMPLES)}."
        )
    weights = sorted(path.glob(f"*{WEIGHTS}"))
    if not weights:
        pickled = any(file.suffix in PICKLES for file in path.iterdir())
        why = "only pickles, which can run code when they are opened" if pickled else f"no {WEIGHTS} weights"
        raise EnvironmentFault(f'ControlNet "{name}": {path} has {why}.')
    for file in weights:
        read_header(file)
    files = [(file.name, file) for file in (path / CONFIG, *weights)]
    return ControlFile(name=name, path=path, kind=kind, config=config, digest=fingerprint(files))
