"""Where a picture-text model is, and what shows pictures to it: found and checked before anything is loaded.

Importable without torch; nothing here touches the network.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keyframes.errors import EnvironmentFault
from render.diffusion.catalogue import ModelSource
from render.diffusion.defaults import read_json
from render.diffusion.hub import in_cache
from render.diffusion.sides import vae_factor
from render.diffusion.weights import CONFIGS, WEIGHTS, fingerprint, weights_in

AUTO = "auto"
BESIDE = "picture_text"  # a painting model's own picture-text model lies in this folder of it
FOR_REAL_MODELS = "laion/CLIP-ViT-B-32-laion2B-s34B-b79K"
_TOKENIZERS = ("tokenizer.json", "vocab.json")
_DECODER = "AutoencoderTiny"


@dataclass(frozen=True, kw_only=True)
class Found:
    """A folder of a model, and the digest of what is in it."""

    name: str
    path: Path
    digest: str


def find_picture_text(name: str, source: ModelSource, *, folder: Path) -> Found:
    """Find a picture-text model: "auto" (the painting model's own, else a usual one), a folder, or a hub name that is
    in the local cache.

    Paths are relative to `folder` (the project's), then to the working directory. Raises EnvironmentFault for one that
    is not there, is no CLIPModel, or has no safetensors weights.
    """
    given = name.strip()
    if given == AUTO:
        own = None if source.path is None else source.path / BESIDE
        if own is not None and (own / "config.json").is_file():
            return _checked(f"{source.name}/{BESIDE}", own)
        given = FOR_REAL_MODELS
    path = _place(given, folder)
    if path is None:
        raise EnvironmentFault(
            f'picture-text model "{given}" is not here. Examples: "models/my-clip" (a folder of a CLIPModel), '
            f'"sketch/{BESIDE}" beside the project, or fetch one: hf download {FOR_REAL_MODELS}'
        )
    return _checked(given, path)


def find_decoder(name: str, source: ModelSource, *, folder: Path) -> Found | None:
    """Find a small decoder for the painting model's latents, an AutoencoderTiny; None for "auto", the model's own VAE.

    Raises EnvironmentFault for one that is not there, is another kind of model, or is for other latents.
    """
    given = name.strip()
    if given == AUTO:
        return None
    path = _place(given, folder)
    if path is None:
        raise EnvironmentFault(
            f'decoder "{given}" is not here. Examples: "auto", "models/taesd" (a folder of an {_DECODER})'
        )
    config = read_json(path / "config.json")
    if config.get("_class_name") != _DECODER:
        raise EnvironmentFault(
            f'decoder "{given}" is a {config.get("_class_name")}; allowed is an {_DECODER}.'
        )
    _check_latents(given, config, source)
    return _found(given, path)


def _check_latents(name: str, config: dict[str, Any], source: ModelSource) -> None:
    if source.path is None or source.kind == "single-file":
        return
    vae = read_json(source.path / "vae" / "config.json")
    wanted = (int(vae.get("latent_channels") or vae.get("z_dim") or 4), vae_factor(vae))
    given = (int(config.get("latent_channels") or 4), vae_factor(config))
    if given != wanted:
        raise EnvironmentFault(
            f'decoder "{name}" is for latents of {given[0]} channels, {given[1]} pixels each; those of {source.name} '
            f"have {wanted[0]} and {wanted[1]}."
        )


def _place(name: str, folder: Path) -> Path | None:
    """A model's folder: relative to the project, to the working directory, or in the hub's cache."""
    for base in (folder, Path.cwd()):
        if (base / Path(name).expanduser() / "config.json").is_file():
            return base / Path(name).expanduser()
    cached = in_cache(name)
    return None if cached is None else cached.parent


def _checked(name: str, path: Path) -> Found:
    kind = read_json(path / "config.json").get("model_type")
    if kind != "clip":
        raise EnvironmentFault(
            f'picture-text model "{name}": {path} is a {kind} model; allowed is a CLIPModel of transformers.'
        )
    if not any((path / file).is_file() for file in _TOKENIZERS):
        raise EnvironmentFault(f'picture-text model "{name}": {path} has none of {", ".join(_TOKENIZERS)}.')
    return _found(name, path)


def _found(name: str, path: Path) -> Found:
    weights_in(path, f'"{name}"')
    files = sorted(file for file in path.iterdir() if file.suffix in (*CONFIGS, WEIGHTS))
    return Found(name=name, path=path, digest=fingerprint([(file.name, file) for file in files]))
