"""The models that paint: found by name, checked, fingerprinted, with what they are best run with.

Importable without torch or diffusers; nothing here touches the network.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from keyframes.errors import EnvironmentFault
from render.assets.files import (
    CONFIG,
    CONFIGS,
    INDEX,
    WEIGHTS,
    fingerprint,
    missing_shards,
    read_header,
    read_json,
    weights_in,
)
from render.assets.find import (
    Asset,
    asset_at,
    cached_names,
    fetching,
    find_asset,
    find_path,
    in_cache,
    is_hub_name,
    not_found,
    unfinished,
)
from render.assets.kinds import GGUF, MODEL, Kind
from render.diffusion.families.table import (
    FAMILIES,
    FIRST_TENSOR,
    LATENT_CHANNELS,
    FamilyRow,
    family_of_pipeline,
    family_of_tensors,
    vae_channels,
)
from render.diffusion.model_source import (
    Form,
    ModelSource,
    WeightOptions,
    defaults_of_file,
    defaults_of_folder,
    defaults_of_name,
    parts_of_index,
)
from render.diffusion.weights import check_stored

AUTO = "auto"
_WITHOUT_WEIGHTS = ("scheduler", "tokenizer")
_CONFIG_NAMES = (CONFIG, "scheduler_config.json", "tokenizer.json", "vocab.json")
_PLAIN = WeightOptions()


def find_model(name: str, *, folder: Path | None = None, weights: WeightOptions = _PLAIN) -> ModelSource:
    """Find a model by its name: a .safetensors file, a diffusers folder, a built-in model, or org/name on the hub.

    Paths are relative to `folder` (the project's), then to the working directory. With a denoiser of its own
    (`weights`) the folder need not have the denoiser's weights. Raises EnvironmentFault for a model that is not there,
    is damaged, belongs to no known family, or is a pickle.
    """
    given = name.strip()
    if given.lower().endswith(GGUF):
        raise EnvironmentFault(
            f'model "{given}" is a GGUF file, which holds a denoiser alone. Name the model that it was made from, for '
            f'its other parts, and this file beside it: model = "black-forest-labs/FLUX.1-dev", and under [diffusion] '
            f'denoiser = "{given}".'
        )
    path, hub = find_path(MODEL, given, folder=folder), is_hub_name(MODEL, given, folder=folder)
    if path is None and not hub:
        raise not_found(MODEL, given, folder=folder)
    if path is None or (hub and not _is_complete(path, weights)):
        defaults = defaults_of_name(given)
        return ModelSource(
            name=given, kind="hub", path=None, family="", fingerprint="", defaults=defaults, weights=weights
        )
    if path.is_file():
        return _source_of_file(given, path, weights)
    return source_of_folder(given, path, kind="hub" if hub else "folder", weights=weights)


def find_for(kind: Kind, name: str, source: ModelSource, *, folder: Path | None = None) -> Asset:
    """Find an asset that a model may bring along: "auto" is the one in the model's own folder, else the usual one.

    Raises EnvironmentFault as find_asset.
    """
    if name.strip() != AUTO:
        return find_asset(kind, name, folder=folder)
    own = None if source.path is None else source.path / kind.own
    if own is not None and (own / kind.marker).is_file():
        return asset_at(kind, f"{source.name}/{kind.own}", own)
    return find_asset(kind, kind.usual, folder=folder)


def source_of_folder(
    name: str, path: Path, *, kind: Form = "folder", weights: WeightOptions = _PLAIN
) -> ModelSource:
    """Describe a diffusers folder. Raises EnvironmentFault for one that cannot paint."""
    index = read_json(path / INDEX)
    row = family_of_pipeline(str(index.get("_class_name")))
    if row is None:
        raise EnvironmentFault(
            f'model "{name}" is a {index.get("_class_name")}. Families that paint here: '
            f"{', '.join(pipeline for known in FAMILIES for pipeline in known.pipelines[:1])}."
        )
    files = list(_files(name, path, index, row, apart=row.denoiser if weights.denoiser else ""))
    _check_channels(name, path, row)
    return ModelSource(
        name=name,
        kind=kind,
        path=path,
        family=row.name,
        fingerprint=weights.stamped(fingerprint(files)),
        defaults=defaults_of_folder(path, row, name),
        weights=weights,
    )


def _source_of_file(name: str, path: Path, weights: WeightOptions) -> ModelSource:
    """Describe a single .safetensors file. Raises EnvironmentFault for one that is not a whole model."""
    tensors = read_header(path)
    row = family_of_tensors(tensors)
    if row is not None and tensors[FIRST_TENSOR].shape[1] != LATENT_CHANNELS:
        raise EnvironmentFault(
            f'model "{name}": {path} is for inpainting or editing; use one for text to image.'
        )
    if row is None:
        raise EnvironmentFault(
            f'model "{name}": {path} is not a whole Stable Diffusion model (a LoRA, a VAE or part of one?). '
            "Models of other families than sd and sdxl are diffusers folders here."
        )
    return ModelSource(
        name=name,
        kind="single-file",
        path=path,
        family=row.name,
        fingerprint=weights.stamped(fingerprint([("model", path)])),
        defaults=defaults_of_file(path, row),
        weights=weights,
    )


def _files(
    name: str, path: Path, index: Mapping[str, Any], row: FamilyRow, *, apart: str
) -> Iterator[tuple[str, Path]]:
    """Yield the files that make the model, each checked: no part from unknown code, no pickles, nothing cut short.

    Of the part that is `apart`, only its config.
    """
    yield INDEX, path / INDEX
    for part, (library, _) in parts_of_index(index, omitted=row.omitted).items():
        if library not in row.libraries:
            raise EnvironmentFault(
                f'model "{name}": its {part} is code of its own ({library}), which is never run.'
            )
        home = path / part
        found = sorted(home.iterdir()) if home.is_dir() else []
        if part == apart:
            found = [file for file in found if file.name == CONFIG]
        elif not part.startswith(_WITHOUT_WEIGHTS) or any(file.suffix == WEIGHTS for file in found):
            if gone := missing_shards(home):
                raise EnvironmentFault(_half_downloaded(name, part, gone))
            weights_in(home, f'model "{name}"')
        if not any(file.name in _CONFIG_NAMES or file.suffix == ".model" for file in found):
            wanted = ", ".join(_CONFIG_NAMES)
            raise EnvironmentFault(f'model "{name}": {home} has none of {wanted}. Fetch it again.')
        if part != apart:
            check_stored(read_json(home / CONFIG), f'model "{name}": its {part}')
        yield from ((f"{part}/{file.name}", file) for file in found if file.suffix in (*CONFIGS, WEIGHTS))


def _is_complete(path: Path, weights: WeightOptions) -> bool:
    """Tell whether a cached hub model has its weights: a config may have been cached alone. A denoiser that a file
    stands in for needs none.
    """
    index = read_json(path / INDEX)
    row = family_of_pipeline(str(index.get("_class_name")))
    omitted = row.omitted if row else ()
    if row and weights.denoiser:
        omitted = (*omitted, row.denoiser)
    needed = [
        part for part in parts_of_index(index, omitted=omitted) if not part.startswith(_WITHOUT_WEIGHTS)
    ]
    return all(any((path / part).glob(f"*{WEIGHTS}")) and not missing_shards(path / part) for part in needed)


def _half_downloaded(name: str, part: str, gone: list[str]) -> str:
    """Say which files a part lacks."""
    more = f" and {len(gone) - 1} more" if len(gone) > 1 else ""
    again = fetching(name) if is_hub_name(MODEL, name) else "fetch it again"
    return f'model "{name}" is half downloaded: {part}/{gone[0]}{more} is missing. Go on with: {again}'


def _check_channels(name: str, path: Path, row: FamilyRow) -> None:
    """Refuse denoisers with other inputs than latents: those for inpainting, depth or editing."""
    wanted = read_json(path / row.denoiser / CONFIG).get("in_channels")
    vae = read_json(path / "vae" / CONFIG)
    given = vae_channels(vae) * row.packing**2
    if wanted is not None and wanted != given:
        raise EnvironmentFault(
            f'model "{name}": its {row.denoiser} takes {wanted} channels and its vae gives {given}: it is for '
            "inpainting or editing. Use one for text to image."
        )


def state_on_hub(name: str) -> str:
    """Say how much of a hub model that cannot be loaded yet is in the local cache, and how to get the rest."""
    cached = in_cache(name, INDEX)
    folder = None if cached is None else cached.parent
    if folder is None and not unfinished(name):
        near = get_close_matches(name, [known for known in cached_names() if known != name], n=3, cutoff=0.6)
        hint = f" In the cache are {', '.join(near)}." if near else ""
        return f"not here yet; it is fetched when it is first rendered with, or with: {fetching(name)}.{hint}"
    broken = f"{unfinished(name)} files broken off" if unfinished(name) else "files are missing"
    for part in sorted(path for path in folder.iterdir() if path.is_dir()) if folder else ():
        if gone := missing_shards(part):
            broken = f"{part.name}/{gone[0]} is missing"
            break
    return f"half downloaded ({broken}); continue with: {fetching(name)}"
