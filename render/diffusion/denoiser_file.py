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
from typing import Any

from keyframes.errors import EnvironmentFault
from render.assets.files import CONFIG, WEIGHTS, Stored, first_line, read_header, read_json
from render.assets.find import find_asset
from render.assets.kinds import DENOISER, GGUF
from render.assets.loading import loading
from render.diffusion.layouts import PREFIX, Layout, Shapes, layout_of, own_names

PACKAGE = "gguf"
READABLE = frozenset(  # the types that diffusers' own layers can read
    {
        *("F32", "F16", "BF16", "Q8_0", "Q5_1", "Q5_0", "Q4_1", "Q4_0"),
        *("Q6_K", "Q5_K", "Q4_K", "Q3_K", "Q2_K", "IQ4_XS", "IQ4_NL"),
    }
)
_OF_UNETS = "input_blocks."
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


def load_denoiser(denoiser: DenoiserFile, folder: Path, dtype: Any) -> Any:
    """Return diffusers' module of a denoiser's file; `folder` holds its config.

    GGUF's weights stay in their blocks; each linear layer is dequantised to `dtype` when it is used. Raises
    EnvironmentFault for a file that diffusers cannot read, or that lacks weights.
    """
    what = f'denoiser "{denoiser.name}" ({denoiser.path})'
    with loading(what, "It may be incomplete: fetch it again."):
        try:
            module = _module(denoiser, folder, dtype)
        except NotImplementedError as error:  # torch's, for what is still without data
            raise ValueError("weights are missing") from error
    _dequantise_small(module, dtype)
    return module


def _module(denoiser: DenoiserFile, folder: Path, dtype: Any) -> Any:
    diffusers = import_module("diffusers")
    kind = getattr(diffusers, str(read_json(folder / CONFIG).get("_class_name")))
    stored = import_module("diffusers.loaders.single_file_utils").load_single_file_checkpoint(
        str(denoiser.path), local_files_only=True
    )
    start = PREFIX if any(name.startswith(_OF_UNETS) for name in denoiser.shapes) else ""  # UNets' is wanted
    return kind.from_single_file(
        {start + name: stored[given] for name, given in own_names(stored).items()},
        config=str(folder),
        dtype=dtype,
        quantization_config=diffusers.GGUFQuantizationConfig(compute_dtype=dtype)
        if denoiser.is_gguf
        else None,
        local_files_only=True,
    )


def _dequantise_small(module: Any, dtype: Any) -> None:
    """Dequantise the weights of all but linear layers: diffusers does that itself for linear layers alone."""
    from torch.nn import Parameter

    for part in module.modules():
        if type(part).__name__ == "GGUFLinear":
            continue
        for name, weight in part.named_parameters(recurse=False):
            if getattr(weight, "quant_type", None) is not None:
                plain = import_module("diffusers.quantizers.gguf.utils").dequantize_gguf_tensor(weight)
                part._parameters[name] = Parameter(plain.to(dtype), requires_grad=False)
