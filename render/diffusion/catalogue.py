"""Which model a project means: its name looked up in the project's folder, among the built-in models and on
the hub.

Importable without torch or diffusers; nothing here touches the network.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from keyframes.errors import EnvironmentFault
from render.diffusion.defaults import (
    ModelDefaults,
    defaults_of_file,
    defaults_of_folder,
    defaults_of_name,
    read_json,
)
from render.diffusion.denoisers.gguf import GGUF
from render.diffusion.families.table import (
    FAMILIES,
    FIRST_TENSOR,
    FamilyRow,
    family_named,
    family_of_pipeline,
    family_of_tensors,
)
from render.diffusion.holding import INDEX, Holding
from render.diffusion.hub import cached_names, fetching, missing_shards, unfinished
from render.diffusion.quantise import check_stored
from render.diffusion.samplers import SAMPLER_NAMES, samplers_of
from render.diffusion.weights import CONFIGS, PICKLES, WEIGHTS, fingerprint, read_header

Kind = Literal["folder", "single-file", "hub"]
BUILT_IN = Path(__file__).parents[1] / "models"
LATENT_CHANNELS = 4
_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_WITHOUT_WEIGHTS = ("scheduler", "tokenizer")
_AS_IT_IS = Holding()
_CONFIG_NAMES = ("config.json", "scheduler_config.json", "tokenizer.json", "vocab.json")


@dataclass(frozen=True, kw_only=True)
class ModelSource:
    """Where a model is, and what it is.

    A hub model that is not in the local cache yet has no `path`, and its `family` and `fingerprint` are "":
    they are known once it has been fetched (render.diffusion.load.fetch_model). `holding`: how its weights are held;
    it is in the fingerprint.
    """

    name: str
    kind: Kind
    path: Path | None
    family: str
    fingerprint: str
    defaults: ModelDefaults
    holding: Holding = field(default_factory=Holding)

    @property
    def samplers(self) -> tuple[str, ...]:
        """Names of the samplers that work for it; all names while its family is not known."""
        return samplers_of(family_named(self.family).samplers) if self.family else SAMPLER_NAMES


def find_model(name: str, *, folder: Path | None = None, holding: Holding = _AS_IT_IS) -> ModelSource:
    """Find a model by its name: a .safetensors file, a diffusers folder, a built-in model, or org/name on the
    hub.

    Paths are relative to `folder` (the project's), then to the working directory. With a denoiser of its own
    (`holding`) the folder's need not have its weights. Raises EnvironmentFault for a model that is not there, is
    damaged, is of no known family, or is a pickle.
    """
    given = name.strip()
    if given.lower().endswith(PICKLES):
        raise EnvironmentFault(
            f'model "{given}" is a pickle, which can run code when it is opened. Use its .safetensors form.'
        )
    if given.lower().endswith(GGUF):
        raise EnvironmentFault(
            f'model "{given}" is a GGUF file, which holds a denoiser alone. Name the model that it was made from, for '
            f'its other parts, and this file beside it: model = "black-forest-labs/FLUX.1-dev", and under [diffusion] '
            f'denoiser = "{given}".'
        )
    places = [base / Path(given).expanduser() for base in (folder, Path.cwd()) if base is not None]
    if given.lower().endswith(WEIGHTS):
        for place in places:
            if place.is_file():
                return source_of_file(given, place, holding=holding)
        raise _not_found(given, places)
    for place in (*places, BUILT_IN / given):
        if given and place.is_dir():
            return source_of_folder(given, place, holding=holding)
    if not _HUB_NAME.fullmatch(given) or any(place.parent.is_dir() for place in places):
        raise _not_found(given, [*places, BUILT_IN / given])
    return _source_on_hub(given, holding)


def source_of_folder(
    name: str, path: Path, *, kind: Kind = "folder", holding: Holding = _AS_IT_IS
) -> ModelSource:
    """Describe a diffusers folder. Raises EnvironmentFault for one that cannot paint."""
    if not (path / INDEX).is_file():
        raise EnvironmentFault(f'model "{name}": {path} has no {INDEX}: it is not a diffusers folder.')
    index = read_json(path / INDEX)
    row = family_of_pipeline(str(index.get("_class_name")))
    if row is None:
        raise EnvironmentFault(
            f'model "{name}" is a {index.get("_class_name")}. Families that paint here: '
            f"{', '.join(pipeline for known in FAMILIES for pipeline in known.pipelines[:1])}."
        )
    files = list(_files(name, path, index, row, apart=row.denoiser if holding.denoiser else ""))
    _check_channels(name, path, row)
    return ModelSource(
        name=name,
        kind=kind,
        path=path,
        family=row.name,
        fingerprint=holding.stamped(fingerprint(files)),
        defaults=defaults_of_folder(path, row, name),
        holding=holding,
    )


def source_of_file(name: str, path: Path, *, holding: Holding = _AS_IT_IS) -> ModelSource:
    """Describe a single .safetensors file. Raises EnvironmentFault for one that is not a whole model."""
    tensors = read_header(path)
    row = family_of_tensors(tensors)
    if row is not None and tensors[FIRST_TENSOR]["shape"][1] != LATENT_CHANNELS:
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
        fingerprint=holding.stamped(fingerprint([("model", path)])),
        defaults=defaults_of_file(path, row),
        holding=holding,
    )


def _files(
    name: str, path: Path, index: Mapping[str, Any], row: FamilyRow, *, apart: str
) -> Iterator[tuple[str, Path]]:
    """Yield the files that make the model, and check them: no part from unknown code, no pickles, nothing cut
    short. Of the part that is `apart`, only its config.
    """
    yield INDEX, path / INDEX
    for part, entry in _parts(index, omitted=row.omitted):
        if entry[0] not in row.libraries:
            raise EnvironmentFault(
                f'model "{name}": its {part} is code of its own ({entry[0]}), which is not run.'
            )
        found = sorted(file for file in (path / part).iterdir()) if (path / part).is_dir() else []
        if part == apart:
            found = [file for file in found if file.name == "config.json"]
        weights = [file for file in found if file.suffix == WEIGHTS]
        if not weights and part != apart and not part.startswith(_WITHOUT_WEIGHTS):
            raise EnvironmentFault(_without_weights(name, path / part, found))
        if not any(file.name in _CONFIG_NAMES or file.suffix == ".model" for file in found):
            wanted = ", ".join(_CONFIG_NAMES)
            raise EnvironmentFault(f'model "{name}": {path / part} has none of {wanted}. Fetch it again.')
        if part != apart:
            if gone := missing_shards(path / part):
                raise EnvironmentFault(half_downloaded(name, part, gone))
            check_stored(read_json(path / part / "config.json"), f'model "{name}": its {part}')
        for file in weights:
            read_header(file)
        yield from ((f"{part}/{file.name}", file) for file in found if file.suffix in (*CONFIGS, WEIGHTS))


def _parts(index: Mapping[str, Any], *, omitted: tuple[str, ...] = ()) -> Iterator[tuple[str, list[Any]]]:
    """Yield the parts that a model_index.json names, with their library and class."""
    for part, entry in index.items():
        if not part.startswith("_") and part not in omitted and isinstance(entry, list) and None not in entry:
            yield part, entry


def _is_complete(path: Path, holding: Holding) -> bool:
    """Tell whether a cached hub model has its weights: a single config may have been cached alone. A denoiser that is
    held apart needs none.
    """
    row = family_of_pipeline(str(read_json(path / INDEX).get("_class_name")))
    omitted = row.omitted if row else ()
    if row and holding.denoiser:
        omitted = (*omitted, row.denoiser)
    parts = [part for part, _ in _parts(read_json(path / INDEX), omitted=omitted)]
    needed = [part for part in parts if not part.startswith(_WITHOUT_WEIGHTS)]
    return all(any((path / part).glob(f"*{WEIGHTS}")) and not missing_shards(path / part) for part in needed)


def half_downloaded(name: str, part: str, gone: list[str]) -> str:
    """Say what a part's weights lack."""
    more = f" and {len(gone) - 1} more" if len(gone) > 1 else ""
    again = fetching(name) if _HUB_NAME.fullmatch(name) else "fetch it again"
    return f'model "{name}" is half downloaded: {part}/{gone[0]}{more} is missing. Go on with: {again}'


def _check_channels(name: str, path: Path, row: FamilyRow) -> None:
    """Refuse denoisers that want more than latents: those for inpainting, depth or editing."""
    wanted = read_json(path / row.denoiser / "config.json").get("in_channels")
    vae = read_json(path / "vae" / "config.json")
    given = int(vae.get("latent_channels") or vae.get("z_dim") or LATENT_CHANNELS) * row.packing**2
    if wanted is not None and wanted != given:
        raise EnvironmentFault(
            f'model "{name}": its {row.denoiser} takes {wanted} channels and its vae gives {given}: it is for '
            "inpainting or editing. Use one for text to image."
        )


def _without_weights(name: str, part: Path, found: list[Path]) -> str:
    """Say why a part cannot be loaded."""
    if any(file.suffix in PICKLES for file in found):
        return (
            f'model "{name}": {part} has only pickles, which can run code when they are opened. '
            "Use a model with .safetensors weights."
        )
    return f'model "{name}": {part} has no .safetensors weights. Fetch it again.'


def cached_folder(name: str) -> Path | None:
    """Return the folder of a hub model that is in the local cache, whole or not; None if there is none."""
    from huggingface_hub import try_to_load_from_cache

    cached = try_to_load_from_cache(name, INDEX) if _HUB_NAME.fullmatch(name) else None
    return Path(cached).parent if isinstance(cached, str) else None


def state_on_hub(name: str) -> str:
    """Say how much of a hub model that cannot be loaded yet is in the local cache, and how the rest is had."""
    folder = cached_folder(name)
    if folder is None and not unfinished(name):
        near = get_close_matches(name, [known for known in cached_names() if known != name], n=3, cutoff=0.6)
        hint = f" In the cache are {', '.join(near)}." if near else ""
        return f"not here yet; it is fetched when it is first rendered with, or with: {fetching(name)}.{hint}"
    broken = f"{unfinished(name)} files broken off" if unfinished(name) else "files are missing"
    for part in sorted(path for path in folder.iterdir() if path.is_dir()) if folder else ():
        if gone := missing_shards(part):
            broken = f"{part.name}/{gone[0]} is missing"
            break
    return f"half downloaded ({broken}); go on with: {fetching(name)}"


def _source_on_hub(name: str, holding: Holding) -> ModelSource:
    """Look a hub name up in the local cache, without the network."""
    cached = cached_folder(name)
    if cached is not None and _is_complete(cached, holding):
        return source_of_folder(name, cached, kind="hub", holding=holding)
    return ModelSource(
        name=name,
        kind="hub",
        path=None,
        family="",
        fingerprint="",
        defaults=defaults_of_name(name),
        holding=holding,
    )


def _not_found(name: str, places: list[Path]) -> EnvironmentFault:
    """Say where a model was looked for, what is there instead, and what names look like."""
    beside = [path for place in dict.fromkeys(place.parent for place in places) for path in _models_in(place)]
    names = dict.fromkeys([*(path.name for path in beside), *(path.name for path in _models_in(BUILT_IN))])
    near = get_close_matches(Path(name).name, list(names), n=3, cutoff=0.5)
    near += get_close_matches(name, cached_names(), n=2, cutoff=0.6)
    hint = f"Did you mean {', '.join(near)}? " if near else ""
    looked = ", ".join(dict.fromkeys(str(place) for place in places))
    return EnvironmentFault(
        f'model "{name}" was not found. Looked for {looked}. {hint}'
        'Examples: "sketch" (built in), "models/my-model" (a diffusers folder), "models/x.safetensors", '
        '"stabilityai/sdxl-turbo" (fetched from the hub).'
    )


def _models_in(folder: Path) -> list[Path]:
    """Return the models that lie in a folder."""
    if not folder.is_dir():
        return []
    return [path for path in sorted(folder.iterdir()) if path.suffix == WEIGHTS or (path / INDEX).is_file()]
