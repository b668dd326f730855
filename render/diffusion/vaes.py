"""Another VAE than the model's own: found, checked against the model before anything is loaded, and read.

An AutoencoderKL (a retrained one, or one that does not overflow in half precision), or an AutoencoderTiny (TAESD,
Bohan 2023: a hundredth of the work, a little softer), of the same latents.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from keyframes.errors import EnvironmentFault
from render.assets.loading import loading
from render.diffusion.catalogue import LATENT_CHANNELS, ModelSource
from render.diffusion.defaults import read_json
from render.diffusion.holding import INDEX
from render.diffusion.hub import fetching, in_cache, missing_shards
from render.diffusion.sides import vae_factor
from render.diffusion.weights import PICKLES, WEIGHTS, fingerprint, weights_in

CLASSES = ("AutoencoderKL", "AutoencoderTiny")
CONFIG = "config.json"
EXAMPLES = 'Examples: "models/my-vae" (a diffusers folder), "madebyollin/taesd" (in the hub\'s cache).'


@dataclass(frozen=True, kw_only=True)
class VaeSource:
    """A VAE's folder: its class in diffusers, its config and a digest of its files."""

    name: str
    path: Path
    kind: str
    config: Mapping[str, Any]
    digest: str


def find_vae(name: str, *, folder: Path) -> VaeSource:
    """Find a VAE: a diffusers folder of one, a model's folder (its VAE is taken), or a hub name in the cache.

    Paths are relative to `folder` (the project's), then to the working directory. Raises EnvironmentFault for one
    that is not there, is damaged, or is of another class.
    """
    given = name.strip()
    if given.lower().endswith((*PICKLES, WEIGHTS)):
        raise EnvironmentFault(
            f'vae "{given}" is a file; a VAE is a folder with its {CONFIG} here. {EXAMPLES}'
        )
    places = [base / Path(given).expanduser() for base in (folder, Path.cwd())]
    for place in places:
        if (place / INDEX).is_file():
            place = place / "vae"
        if (place / CONFIG).is_file():
            return _described(given, place)
    cached = in_cache(given)
    if cached is None:
        looked = ", ".join(dict.fromkeys(str(place) for place in places))
        hub = f" From the hub: {fetching(given)}" if given.count("/") == 1 else ""
        raise EnvironmentFault(f'vae "{given}" was not found. Looked for {looked}. {EXAMPLES}{hub}')
    return _described(given, cached.parent)


def check_vae(vae: VaeSource, source: ModelSource) -> None:
    """Check that a VAE's latents are those of a model. Raises EnvironmentFault if they are not."""
    own = (
        {} if source.path is None or source.kind == "single-file" else read_json(source.path / "vae" / CONFIG)
    )
    kind = str(own.get("_class_name", CLASSES[0]))
    what = f'vae "{vae.name}" does not fit "{source.name}"'
    if kind not in CLASSES:
        raise EnvironmentFault(
            f"{what}: its own is an {kind}, which no other can stand in for. Leave vae out."
        )
    if not own and source.path is None:
        return  # known when it has been fetched
    pairs = (
        ("channels in its latents", _channels(own), _channels(vae.config)),
        ("pixels along a latent's side", vae_factor(own), vae_factor(vae.config)),
    )
    for name, wanted, given in pairs:
        if wanted != given:
            raise EnvironmentFault(
                f"{what}: {given} {name}, and the model has {wanted}. Use one made for {source.family} models."
            )
    if own.get("latents_mean") is not None and vae.config.get("latents_mean") is None:
        raise EnvironmentFault(
            f"{what}: the model's latents are shifted by channel, its are not. Leave vae out."
        )


def load_vae(vae: VaeSource, dtype: Any) -> Any:
    """Read a VAE's weights. Raises EnvironmentFault where diffusers cannot."""
    half = [file for file in vae.path.glob(f"*{WEIGHTS}") if ".fp16." in file.name]
    alone = len(half) == len(list(vae.path.glob(f"*{WEIGHTS}")))
    with loading(f'vae "{vae.name}" ({vae.path})'):
        return getattr(import_module("diffusers"), vae.kind).from_pretrained(
            str(vae.path),
            dtype=dtype,
            variant="fp16" if alone else None,
            use_safetensors=True,
            local_files_only=True,
        )


def _described(name: str, path: Path) -> VaeSource:
    config = read_json(path / CONFIG)
    kind = str(config.get("_class_name"))
    if kind not in CLASSES:
        raise EnvironmentFault(f'vae "{name}" is a {kind}; allowed are {" and ".join(CLASSES)}.')
    if gone := missing_shards(path):
        raise EnvironmentFault(
            f'vae "{name}" is half downloaded: {path / gone[0]} is missing. Fetch it again.'
        )
    files = weights_in(path, f'vae "{name}"')
    digest = fingerprint([(file.name, file) for file in (path / CONFIG, *files)])
    return VaeSource(name=name, path=path, kind=kind, config=config, digest=digest)


def _channels(config: Mapping[str, Any]) -> int:
    return int(config.get("latent_channels") or LATENT_CHANNELS)
