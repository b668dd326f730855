"""Finding an asset by the name that a project gives it. Importable without torch; the network is never used."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from keyframes.errors import EnvironmentFault, quoted
from projects.files import digest_of
from render.assets.files import INDEX, PICKLES, WEIGHTS, fingerprint, read_json, weights_in
from render.assets.kinds import Kind

BUILT_IN = Path(__file__).parents[1] / "models"
_MODELS, _BETWEEN = "models--", "--"  # in the names of the hub's folders
_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")


@dataclass(frozen=True, kw_only=True)
class Asset:
    """An asset that was found: its name in the project, its file or folder, a digest of what is in it, and its config
    ({} for a file).
    """

    kind: Kind
    name: str
    path: Path
    digest: str
    config: Mapping[str, Any] = field(default_factory=dict)

    @property
    def class_name(self) -> str:
        """Its class in diffusers, or its `model_type` in transformers."""
        return _class_name(self.config)

    def __str__(self) -> str:
        return f'{self.kind.noun} "{self.name}" ({self.path})'


def find_asset(kind: Kind, name: str, *, folder: Path | None = None) -> Asset:
    """Find, check and fingerprint an asset; nothing of it is loaded.

    A name is a path, relative to `folder` (the project's) or else to the working directory, or org/name on the hub if
    the kind has it there and it is in the local cache. Raises EnvironmentFault for an asset that is not there, is
    damaged, is a pickle, or is of a class that the kind does not allow.
    """
    path = find_path(kind, name, folder=folder)
    if path is None:
        raise not_found(kind, name, folder=folder)
    return asset_at(kind, name.strip(), path)


def find_path(kind: Kind, name: str, *, folder: Path | None = None) -> Path | None:
    """Return the file or folder of an asset's name; None for one that is not there.

    Raises EnvironmentFault for a name that the kind cannot have, such as a pickle's.
    """
    given = name.strip()
    check_ending(kind, given)
    for place in _places(kind, given, folder):
        if (path := _at(kind, place)) is not None:
            return path
    return _cached(kind, given)


def asset_at(kind: Kind, name: str, path: Path) -> Asset:
    """Check and fingerprint the asset in a file or folder. Raises EnvironmentFault as find_asset."""
    check_ending(kind, path.name)
    what = f'{kind.noun} "{name}"'
    if not kind.marker or path.is_file():
        digest = fingerprint([(kind.label, path)]) if kind.label else digest_of(path)
        return Asset(kind=kind, name=name, path=path, digest=digest)
    config = read_json(path / kind.marker)
    if kind.classes and _class_name(config) not in kind.classes:
        allowed = (f"{known} ({word})" if word else known for known, word in kind.classes.items())
        raise EnvironmentFault(
            f"{what} is a {quoted(_class_name(config), 60)}. Allowed: {', '.join(allowed)}. {kind.examples}"
        )
    if kind.needs and not any((path / file).is_file() for file in kind.needs):
        raise EnvironmentFault(f"{what}: {path} has none of {', '.join(kind.needs)}. Fetch it again.")
    files = [path / kind.marker, *weights_in(path, what)]
    if kind.counted:
        files = sorted(file for file in path.iterdir() if file.suffix in (*kind.counted, WEIGHTS))
    digest = fingerprint([(file.name, file) for file in files])
    return Asset(kind=kind, name=name, path=path, digest=digest, config=config)


def is_hub_name(kind: Kind, name: str, *, folder: Path | None = None) -> bool:
    """Tell whether a name can only be the hub's: org/name, and no folder org here."""
    if not kind.on_hub or _HUB_NAME.fullmatch(_repository(name)) is None:
        return False
    first = name.partition("/")[0]
    return not any((base / first).is_dir() for base in (folder, Path.cwd()) if base is not None)


def not_found(kind: Kind, name: str, *, folder: Path | None = None) -> EnvironmentFault:
    """Say where an asset was looked for, which names are near, and how to get it."""
    given, what = name.strip(), f'{kind.noun} "{name.strip()}"'
    places = _places(kind, given, folder)
    empty = next((place for place in places if given and kind.marker and place.is_dir()), None)
    if empty is not None:
        return EnvironmentFault(
            f"{what}: {empty} has no {kind.marker}: it is not {kind.form}. {kind.examples}"
        )
    looked = ", ".join(dict.fromkeys(str(place) for place in places))
    within = f" (with a {kind.marker} in it)" if kind.marker and not kind.suffixes else ""
    cache = " and in the hub's cache" if kind.on_hub else ""
    near = _near(kind, given, places)
    hint = f"Did you mean {', '.join(near)}?" if near else ""
    get = f"Fetch one with: {fetching(kind.usual)}" if kind.usual else ""
    if kind.fetch:
        get = f"Fetch it once with: {kind.fetch}"
    elif is_hub_name(kind, given, folder=folder):
        get = f"Fetch it with: {fetching(_repository(given))}"
    said = (f"{what} was not found. Looked for {looked}{within}{cache}.", hint, kind.examples, get)
    return EnvironmentFault(" ".join(part for part in said if part))


def in_cache(name: str, file: str = "config.json") -> Path | None:
    """Return the path of a repository's file in the cache; None if it is not there, or `name` cannot be one."""
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        found = try_to_load_from_cache(name, file)
    except HFValidationError:
        return None
    return Path(found) if isinstance(found, str) else None


def cached_names() -> list[str]:
    """Return the names, org/name, of all models that the cache holds, whole or in part."""
    cache = _cache()
    if not cache.is_dir():
        return []
    return sorted(
        path.name.removeprefix(_MODELS).replace(_BETWEEN, "/", 1)
        for path in cache.iterdir()
        if path.name.startswith(_MODELS) and path.is_dir()
    )


def unfinished(name: str) -> int:
    """Return how many downloads of a model were broken off."""
    return sum(1 for _ in _home(name).glob("blobs/*.incomplete"))


def fetching(name: str) -> str:
    """Return how a model is fetched."""
    return f"hf download {name}"


def check_ending(kind: Kind, name: str) -> None:
    """Raise EnvironmentFault for a file's name that the kind cannot have."""
    what, lower = f'{kind.noun} "{name}"', name.lower()
    if not kind.suffixes:
        if lower.endswith((*PICKLES, WEIGHTS)):
            raise EnvironmentFault(
                f"{what} is a single file. Here it must be {kind.form}, with {kind.marker} and {WEIGHTS} weights. "
                f"{kind.examples}"
            )
        return
    if lower.endswith(kind.suffixes):
        return
    allowed = " or ".join(kind.suffixes[:2])
    if lower.endswith(PICKLES):
        raise EnvironmentFault(
            f"{what} is a pickle, which can run code when it is opened. Use its {allowed} form. {kind.examples}"
        )
    if not kind.marker:
        raise EnvironmentFault(f"{what} is not a {allowed} file. {kind.examples}")


def _places(kind: Kind, name: str, folder: Path | None) -> list[Path]:
    """Return where a name may be, in the order of looking."""
    if kind.in_torch:
        return [torch_cache() / name]
    bases = [base for base in (folder, Path.cwd()) if base is not None]
    places = [base / Path(name).expanduser() for base in bases]
    return [*places, BUILT_IN / name] if kind.built_in else places


def _at(kind: Kind, place: Path) -> Path | None:
    """Return an asset's file or folder at a place, if there is one."""
    if kind.suffixes and place.name.lower().endswith(kind.suffixes):
        return place if place.is_file() else None
    if not kind.marker:
        return None
    if kind.part and (place / INDEX).is_file():
        place = place / kind.part
    return place if (place / kind.marker).is_file() else None


def _cached(kind: Kind, name: str) -> Path | None:
    """Return an asset's file or folder in the hub's cache: org/name, or org/name/path/in/it."""
    if not kind.on_hub:
        return None
    inside = name.removeprefix(_repository(name)).strip("/")
    if kind.suffixes and inside:
        return in_cache(_repository(name), inside)
    marked = in_cache(_repository(name), f"{inside}/{kind.marker}".strip("/")) if kind.marker else None
    return None if marked is None else marked.parent


def _repository(name: str) -> str:
    return "/".join(name.split("/")[:2])


def _near(kind: Kind, name: str, places: list[Path]) -> list[str]:
    """Return names that are like one and that are there: beside the places, and in the hub's cache."""
    parents = dict.fromkeys(place.parent for place in places)
    beside = [
        path.name for folder in parents if folder.is_dir() for path in _sorted(folder) if _at(kind, path)
    ]
    near = get_close_matches(Path(name).name, list(dict.fromkeys(beside)), n=3, cutoff=0.5)
    return near + (get_close_matches(name, cached_names(), n=2, cutoff=0.6) if kind.on_hub else [])


def _sorted(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:  # it may be closed to us; then there is nothing to propose
        return []


def _class_name(config: Mapping[str, Any]) -> str:
    return str(config.get("_class_name") or config.get("model_type"))


def torch_cache() -> Path:
    """Return the folder where torch keeps the weights that it fetches (torch.hub.get_dir), without torch."""
    cache = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    home = os.environ.get("TORCH_HOME", os.path.join(cache, "torch"))
    return Path(home).expanduser() / "hub" / "checkpoints"


def _home(name: str) -> Path:
    return _cache() / f"{_MODELS}{name.replace('/', _BETWEEN)}"


def _cache() -> Path:
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE)
