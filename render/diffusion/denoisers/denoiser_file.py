"""Another denoiser than the model's own: one GGUF or .safetensors file, checked before anything is loaded.

The rest of the model (text encoders, VAE, scheduler, and the denoiser's config) is a diffusers folder, whose own
denoiser need not have its weights. GGUF (tensors in blocks of a few bits, as llama.cpp and ComfyUI-GGUF store them) is
read by the package gguf, an extra: pip install "reverie[gguf]". Importable without torch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from struct import error as StructError

from keyframes.errors import EnvironmentFault
from render.assets.files import WEIGHTS, Stored, read_header
from render.assets.find import find_asset
from render.assets.kinds import DENOISER, GGUF
from render.assets.loading import first_line
from render.diffusion.denoisers.layouts import Layout, Shapes, layout_of, own_names

PACKAGE = "gguf"
READABLE = frozenset(  # the types that diffusers' own layers can read
    {
        *("F32", "F16", "BF16", "Q8_0", "Q5_1", "Q5_0", "Q4_1", "Q4_0"),
        *("Q6_K", "Q5_K", "Q4_K", "Q3_K", "Q2_K", "IQ4_XS", "IQ4_NL"),
    }
)
_SCALED = (".scale_weight", ".weight_scale", ".comfy_quant", "scaled_fp8")


@dataclass(frozen=True)
class _Block(Stored):
    """A tensor of a GGUF file, whose type does not say how many bytes it takes."""

    size: int = 0

    @property
    def bytes(self) -> int:
        return self.size


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

    def describe(self) -> str:
        """Describe it in a line."""
        form = "GGUF" if self.is_gguf else WEIGHTS
        return f"{self.name} ({self.layout.family}, {form}: {', '.join(self.kinds)}, {self.size / 2**30:.2f} GiB)"


def find_denoiser(name: str, *, folder: Path) -> DenoiserFile:
    """Find a denoiser's file. Paths are relative to `folder` (the project's), then to the working directory.

    Raises EnvironmentFault for one that is not there, is damaged, belongs to no family that paints here, or is stored
    in a way that cannot be read.
    """
    asset = find_asset(DENOISER, name, folder=folder)
    what = f'denoiser "{asset.name}"'
    if asset.path.suffix.lower() == GGUF:
        tensors = read_gguf_header(asset.path, what)
    else:
        tensors = _safetensors(asset.path, what)
    own = {name: tensors[stored] for name, stored in own_names(tensors).items()}
    sizes: Counter[str] = Counter()
    for tensor in own.values():
        sizes[tensor.dtype] += tensor.bytes
    unknown = sorted(set(sizes) - READABLE)
    if unknown and asset.path.suffix.lower() == GGUF:
        raise EnvironmentFault(
            f"{what}: diffusers cannot read its numbers ({', '.join(unknown)}). Use a file of one of "
            f"{', '.join(sorted(READABLE))}."
        )
    shapes = {name: tensor.shape for name, tensor in own.items()}
    layout = layout_of(shapes)
    if layout is None:
        raise EnvironmentFault(
            f"{what} is no denoiser of a family that paints here (its tensors are {', '.join(list(shapes)[:2])} ...): "
            "a text encoder, a VAE, a LoRA, a ControlNet, or of another family?"
        )
    return DenoiserFile(
        name=asset.name,
        path=asset.path,
        layout=layout,
        shapes=shapes,
        kinds=tuple(sorted(sizes, key=lambda kind: -sizes[kind])),
        size=sum(sizes.values()),
        digest=asset.digest,
    )


def read_gguf_header(path: Path, what: str) -> Mapping[str, Stored]:
    """Return a GGUF file's tensors by name, their shapes as torch has them; their numbers are not read.

    what: what the file is, for the message. Raises EnvironmentFault without the package, and for a file that is damaged
    or cut short.
    """
    if find_spec(PACKAGE) is None:
        raise EnvironmentFault(
            f'{what} is a GGUF file, which needs the package {PACKAGE}. Install it with: pip install "reverie[gguf]"'
        )
    try:
        return {
            tensor.name: _Block(
                tuple(int(side) for side in reversed(tensor.shape)),
                tensor.tensor_type.name,
                int(tensor.n_bytes),
            )
            for tensor in import_module(PACKAGE).GGUFReader(str(path)).tensors
        }
    except (ValueError, KeyError, IndexError, TypeError, OverflowError, UnicodeError, StructError) as error:
        raise EnvironmentFault(
            f"{path}: not a readable GGUF file: {first_line(error)} Fetch it again."
        ) from error


def _safetensors(path: Path, what: str) -> Mapping[str, Stored]:
    tensors = read_header(path)
    if scaled := next((name for name in tensors if name.endswith(_SCALED)), None):
        raise EnvironmentFault(
            f"{what} is stored with scales of its own ({scaled}), which diffusers does not read. Use a {GGUF} file, or "
            'half precision with quantize = "fp8".'
        )
    return tensors
