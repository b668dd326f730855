"""An IP-Adapter found by its name, described, and checked against a model. Importable without torch.

The published layout: `models/ip-adapter_sd15.safetensors`, and the picture encoder in `models/image_encoder/`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keyframes.errors import EnvironmentFault
from render.diffusion.catalogue import ModelSource
from render.diffusion.defaults import read_json
from render.diffusion.families.table import FAMILIES, family_named
from render.diffusion.hub import in_cache
from render.diffusion.weights import WEIGHTS, fingerprint, read_header

ENCODER, CONFIG = "image_encoder", "config.json"
EXAMPLE = "h94/IP-Adapter/models/ip-adapter_sd15.safetensors"
_UNET = "unet"


@dataclass(frozen=True, kw_only=True)
class AdapterFile:
    """An IP-Adapter's file and its picture encoder's folder.

    `whole`: it reads the encoder's embedding of the whole picture, else what its last layer but one says of each part
    (the "plus" kinds). `width` is that of the texts it stands beside. `digest`: the sha256 of all files.
    """

    name: str
    path: Path
    encoder: Path
    whole: bool
    width: int
    digest: str


def find_adapter(name: str, encoder: str = "", *, folder: Path | None = None) -> AdapterFile:
    """Find an IP-Adapter: a .safetensors file, or org/name/path/in/it.safetensors in the hub's local cache.

    `encoder`: its picture encoder's folder, by default `image_encoder` beside the file. Paths are relative to `folder`
    (the project's), then to the working directory. Raises EnvironmentFault for one that is not there, is damaged, is
    none, or needs more than a picture.
    """
    given = name.strip()
    if not given.lower().endswith(WEIGHTS):
        raise EnvironmentFault(
            f'IP-Adapter "{given}" is no {WEIGHTS} file; pickles can run code when they are opened. Example: {EXAMPLE}'
        )
    path = _place(given, folder)
    if path is None:
        repository = "/".join(given.split("/")[:2]) if given.count("/") > 1 else "h94/IP-Adapter"
        raise EnvironmentFault(
            f"IP-Adapter \"{given}\" was not found in the project's folder, here or in the hub's cache. "
            f"Fetch it with: hf download {repository}"
        )
    eyes = path.parent / ENCODER
    if encoder.strip():
        found = _place(f"{encoder.strip().rstrip('/')}/{CONFIG}", folder)
        eyes = Path(encoder.strip()) if found is None else found.parent
    return _described(given, path, eyes)


def check_adapter(file: AdapterFile, source: ModelSource) -> None:
    """Check an IP-Adapter against a model. Raises EnvironmentFault for another family, or other widths."""
    if not source.family:
        return
    row = family_named(source.family)
    if row.denoiser != _UNET:
        allowed = ", ".join(known.name for known in FAMILIES if known.denoiser == _UNET)
        raise EnvironmentFault(
            f'IP-Adapter "{file.name}": IP-Adapters are for {allowed} models here, and "{source.name}" is a '
            f"{row.name} model."
        )
    if source.path is None or source.kind == "single-file":
        return
    width = read_json(source.path / row.denoiser / CONFIG).get("cross_attention_dim")
    if isinstance(width, int) and width != file.width:
        raise EnvironmentFault(
            f'IP-Adapter "{file.name}" does not fit "{source.name}", a {row.name} model: it stands beside texts of '
            f"width {file.width}, and the model's are {width} wide. Use one that was trained on this family."
        )


def _place(name: str, folder: Path | None) -> Path | None:
    for base in (folder, Path.cwd()):
        if base is not None and (base / Path(name).expanduser()).is_file():
            return base / Path(name).expanduser()
    if name.count("/") < 2:
        return None
    owner, repository, inside = name.split("/", 2)
    return in_cache(f"{owner}/{repository}", inside)


def _described(name: str, path: Path, encoder: Path) -> AdapterFile:
    shapes = {tensor: tuple(entry["shape"]) for tensor, entry in read_header(path).items()}
    keys = [
        tensor for tensor in shapes if tensor.startswith("ip_adapter.") and tensor.endswith("to_k_ip.weight")
    ]
    if not keys or not any(tensor.startswith("image_proj.") for tensor in shapes):
        raise EnvironmentFault(
            f'IP-Adapter "{name}": {path} is none: it has no image_proj and ip_adapter tensors.'
        )
    told_who = "image_proj.norm.weight" in shapes and "image_proj.proj.weight" not in shapes
    if told_who or any("perceiver_resampler" in tensor for tensor in shapes):
        raise EnvironmentFault(
            f'IP-Adapter "{name}" is for faces (FaceID): it wants to be told who is seen, not a picture.'
        )
    if not (encoder / CONFIG).is_file() or not list(encoder.glob(f"*{WEIGHTS}")):
        raise EnvironmentFault(
            f'IP-Adapter "{name}": its picture encoder is not in {encoder} ({CONFIG} and {WEIGHTS} weights). Put it '
            "there, or say where it is: encoder = ..."
        )
    weights = sorted(encoder.glob(f"*{WEIGHTS}"))
    for file in weights:
        read_header(file)
    _check_encoder(name, shapes, read_json(encoder / CONFIG), encoder)
    files = [("adapter", path), *((f"encoder/{file.name}", file) for file in (encoder / CONFIG, *weights))]
    return AdapterFile(
        name=name,
        path=path,
        encoder=encoder,
        whole="image_proj.proj.weight" in shapes,
        width=int(shapes[keys[0]][1]),
        digest=fingerprint(files),
    )


def _check_encoder(
    name: str, shapes: Mapping[str, tuple[int, ...]], config: Mapping[str, Any], encoder: Path
) -> None:
    """Check that an adapter reads what its encoder says: there are a large and a huge one."""
    for tensor, key in (
        ("image_proj.proj.weight", "projection_dim"),
        ("image_proj.proj_in.weight", "hidden_size"),
        ("image_proj.proj.0.weight", "hidden_size"),
    ):
        if tensor in shapes and isinstance(config.get(key), int) and shapes[tensor][1] != config[key]:
            raise EnvironmentFault(
                f'IP-Adapter "{name}" reads {shapes[tensor][1]} numbers of a picture, and the encoder in {encoder} '
                f"gives {config[key]}. Name the encoder that it was trained with: encoder = ..."
            )
