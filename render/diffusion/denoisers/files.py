"""Another denoiser than the model's own: one GGUF or .safetensors file, found and checked before anything is loaded.

The rest of the model (text encoders, VAE, scheduler, and the denoiser's config) is a diffusers folder, whose own
denoiser need not have its weights.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from keyframes.errors import EnvironmentFault
from render.diffusion.denoisers.gguf import GGUF, READABLE, read_gguf_header
from render.diffusion.denoisers.layouts import Layout, Shapes, layout_of, own_names
from render.diffusion.weights import PICKLES, WEIGHTS, fingerprint, read_header

EXAMPLES = 'Examples: "flux1-dev-Q4_K_S.gguf", "models/my-unet.safetensors".'
_SCALED = (".scale_weight", ".weight_scale", ".comfy_quant", "scaled_fp8")


@dataclass(frozen=True, kw_only=True)
class DenoiserFile:
    """A denoiser's file: how it is stored, its tensors' shapes by bare name, the types of its numbers (those of most
    bytes first), their bytes in all, and a digest of the file.
    """

    name: str
    path: Path
    layout: Layout
    shapes: Shapes
    kinds: tuple[str, ...]
    size: int
    digest: str

    @property
    def is_gguf(self) -> bool:
        """Whether diffusers reads it as GGUF, its numbers staying as they are stored."""
        return self.path.suffix.lower() == GGUF

    def told(self) -> str:
        """What it is, in words."""
        form = "GGUF" if self.is_gguf else WEIGHTS
        return f"{self.name} ({self.layout.family}, {form}: {', '.join(self.kinds)}, {self.size / 2**30:.2f} GiB)"


def find_denoiser(name: str, *, folder: Path) -> DenoiserFile:
    """Find a denoiser's file. Paths are relative to `folder` (the project's), then to the working directory.

    Raises EnvironmentFault for one that is not there, is damaged, is no denoiser of a family that paints here, or is
    stored in a way that cannot be read.
    """
    given = name.strip()
    told = f'denoiser "{given}"'
    if given.lower().endswith(PICKLES):
        raise EnvironmentFault(
            f"{told} is a pickle, which can run code when it is opened. Use {GGUF} or {WEIGHTS}."
        )
    if not given.lower().endswith((GGUF, WEIGHTS)):
        raise EnvironmentFault(f"{told} is not a {GGUF} or {WEIGHTS} file. {EXAMPLES}")
    places = [base / Path(given).expanduser() for base in (folder, Path.cwd())]
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        looked = ", ".join(dict.fromkeys(str(place) for place in places))
        raise EnvironmentFault(f"{told} was not found. Looked for {looked}. {EXAMPLES}")
    shapes, sizes = _gguf(path, told) if path.suffix.lower() == GGUF else _safetensors(path, told)
    layout = layout_of(shapes)
    if layout is None:
        some = ", ".join(list(shapes)[:2])
        raise EnvironmentFault(
            f"{told} is no denoiser of a family that paints here (its tensors are {some} ...): a text encoder, a VAE, "
            "a LoRA, a ControlNet, or of another family?"
        )
    return DenoiserFile(
        name=given,
        path=path,
        layout=layout,
        shapes=shapes,
        kinds=tuple(sorted(sizes, key=lambda kind: -sizes[kind])),
        size=sum(sizes.values()),
        digest=fingerprint([("denoiser", path)]),
    )


def _gguf(path: Path, told: str) -> tuple[Shapes, Mapping[str, int]]:
    """Shapes by bare name, and bytes by type."""
    tensors = read_gguf_header(path)
    own = own_names(tensors)
    sizes: Counter[str] = Counter()
    for stored in own.values():
        sizes[tensors[stored].kind] += tensors[stored].size
    if unknown := sorted(set(sizes) - READABLE):
        raise EnvironmentFault(
            f"{told}: diffusers does not read its numbers ({', '.join(unknown)}). Use a file of one of "
            f"{', '.join(sorted(READABLE))}."
        )
    return {name: tensors[stored].shape for name, stored in own.items()}, sizes


def _safetensors(path: Path, told: str) -> tuple[Shapes, Mapping[str, int]]:
    tensors = read_header(path)
    if scaled := next((name for name in tensors if name.endswith(_SCALED)), None):
        raise EnvironmentFault(
            f"{told} is stored with scales of its own ({scaled}), which diffusers does not read. Use a {GGUF} file, "
            'or half precision with quantize = "fp8".'
        )
    own = own_names(tensors)
    sizes: Counter[str] = Counter()
    for stored in own.values():
        start, stop = tensors[stored]["data_offsets"]
        sizes[tensors[stored]["dtype"]] += int(stop) - int(start)
    return {name: tuple(tensors[stored]["shape"]) for name, stored in own.items()}, sizes
