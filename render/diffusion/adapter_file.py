"""An IP-Adapter: found with its image encoder, and described. Importable without torch.

The published layout: `models/ip-adapter_sd15.safetensors`, and the image encoder in `models/image_encoder/`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from keyframes.errors import EnvironmentFault
from render.assets.files import CONFIG, fingerprint, read_header, read_json, weights_in
from render.assets.find import Asset, find_asset, find_path
from render.assets.kinds import IMAGE_ENCODER, IP_ADAPTER

ENCODER = "image_encoder"
_READS = (  # a tensor of the adapter, and the setting of the encoder's config that its second dimension is
    ("image_proj.proj.weight", "projection_dim"),
    ("image_proj.proj_in.weight", "hidden_size"),
    ("image_proj.proj.0.weight", "hidden_size"),
)


@dataclass(frozen=True, kw_only=True)
class AdapterFile:
    """An IP-Adapter's file and its image encoder's folder.

    `whole`: it reads the encoder's embedding of the whole picture; otherwise the output of the last layer but one for
    each part of it (the "plus" kinds). `width`: that of the prompt embeddings beside which it stands. `digest`: of all
    files.
    """

    name: str
    path: Path
    encoder: Path
    whole: bool
    width: int
    digest: str


def find_adapter(name: str, encoder: str = "", *, folder: Path | None = None) -> AdapterFile:
    """Find an IP-Adapter: a .safetensors file, or org/name/path/in/it.safetensors in the hub's local cache.

    `encoder`: its image encoder's folder, by default `image_encoder` beside the file. Paths are relative to `folder`
    (the project's), then to the working directory. Raises EnvironmentFault for one that is not there, is damaged, is
    another kind of file, or needs more than a picture.
    """
    adapter = find_asset(IP_ADAPTER, name, folder=folder)
    beside = adapter.path.parent / ENCODER
    if encoder.strip():
        beside = find_path(IMAGE_ENCODER, encoder, folder=folder) or Path(encoder.strip())
    if not (beside / CONFIG).is_file():
        raise EnvironmentFault(
            f'IP-Adapter "{adapter.name}": its image encoder is not in {beside} ({CONFIG} and .safetensors weights). '
            "Put it there, or name its folder: encoder = ..."
        )
    return _described(adapter, beside)


def _described(adapter: Asset, encoder: Path) -> AdapterFile:
    shapes = {tensor: stored.shape for tensor, stored in read_header(adapter.path).items()}
    keys = [name for name in shapes if name.startswith("ip_adapter.") and name.endswith("to_k_ip.weight")]
    what = f'IP-Adapter "{adapter.name}"'
    if not keys or not any(tensor.startswith("image_proj.") for tensor in shapes):
        raise EnvironmentFault(
            f"{what}: {adapter.path} is another kind of file: it has no image_proj and ip_adapter tensors."
        )
    of_faces = "image_proj.norm.weight" in shapes and "image_proj.proj.weight" not in shapes
    if of_faces or any("perceiver_resampler" in tensor for tensor in shapes):
        raise EnvironmentFault(f"{what} is for faces (FaceID): it needs a face embedding, not a picture.")
    weights = weights_in(encoder, f"{what}: its image encoder")
    _check_encoder(what, shapes, encoder)
    files = [
        ("adapter", adapter.path),
        *((f"encoder/{file.name}", file) for file in (encoder / CONFIG, *weights)),
    ]
    return AdapterFile(
        name=adapter.name,
        path=adapter.path,
        encoder=encoder,
        whole="image_proj.proj.weight" in shapes,
        width=int(shapes[keys[0]][1]),
        digest=fingerprint(files),
    )


def _check_encoder(what: str, shapes: Mapping[str, tuple[int, ...]], encoder: Path) -> None:
    """Check that an adapter reads what its encoder gives: there are a large and a huge one."""
    config = read_json(encoder / CONFIG)
    for tensor, key in _READS:
        if tensor in shapes and isinstance(config.get(key), int) and shapes[tensor][1] != config[key]:
            raise EnvironmentFault(
                f"{what} reads {shapes[tensor][1]} numbers of a picture, and the encoder in {encoder} gives "
                f"{config[key]}. Name the encoder that it was trained with: encoder = ..."
            )
