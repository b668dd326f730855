"""Which weights a model is loaded with: a denoiser from another file, parts quantised at loading, parts stored so.

Importable without torch.
"""

from __future__ import annotations

from collections.abc import Iterator

from keyframes.errors import EnvironmentFault
from render.assets.files import CONFIG, INDEX, read_json
from render.diffusion.catalogue import ModelSource
from render.diffusion.denoisers.denoiser_file import DenoiserFile
from render.diffusion.denoisers.layouts import misfits
from render.diffusion.families.table import family_named
from render.diffusion.quantise import METHODS, SMALL_READER, TORCHAO, check_device, stored_method


def check_weights(source: ModelSource) -> None:
    """Check that a model's weights can be had as its WeightOptions say. Raises EnvironmentFault if they cannot.

    Nothing is known of a hub model that has not been fetched.
    """
    if source.path is None:
        return
    if (denoiser := source.weights.denoiser) is not None:
        _check_denoiser(denoiser, source)
    if method := source.weights.quantize:
        _check_quantize(method, source)


def check_devices(source: ModelSource, device: str) -> None:
    """Raise EnvironmentFault for weights that a kind of device ("cpu", "cuda", "mps") cannot use."""
    if method := source.weights.quantize:
        check_device(METHODS[method].package, device, f'quantize = "{method}"')
    for part, package in stored_parts(source):
        check_device(package, device, f'model "{source.name}": its {part} is quantised ({package}), which')


def stored_parts(source: ModelSource) -> Iterator[tuple[str, str]]:
    """Yield the parts that are stored quantised in a model's folder, with the library that did it."""
    if source.path is None or source.kind == "single-file":
        return
    for part in sorted(path for path in source.path.iterdir() if path.is_dir()):
        apart = part.name == family_named(source.family).denoiser and source.weights.denoiser is not None
        if not apart and (method := stored_method(read_json(part / CONFIG))):
            yield part.name, method


def quantised_parts(source: ModelSource) -> dict[str, str]:
    """Return the parts that are quantised at loading, with the library of their classes: the denoiser and the big text
    encoders, without those that are stored quantised.
    """
    if not source.weights.quantize or source.path is None:
        return {}
    row, stored = family_named(source.family), dict(stored_parts(source))
    denoiser = source.weights.denoiser
    found = {}
    for part, entry in read_json(source.path / INDEX).items():
        if part in stored or not isinstance(entry, list) or None in entry:
            continue
        reads = part.startswith("text_encoder") and not str(entry[1]).startswith(SMALL_READER)
        paints = part == row.denoiser and not (denoiser is not None and denoiser.is_gguf)
        if reads or paints:
            found[part] = str(entry[0])
    return found


def _check_denoiser(denoiser: DenoiserFile, source: ModelSource) -> None:
    what = f'denoiser "{denoiser.name}" does not fit "{source.name}"'
    if source.kind == "single-file" or source.path is None:
        raise EnvironmentFault(
            f"{what}, a single file with a denoiser in it. Name a diffusers folder or a hub model for the rest."
        )
    if denoiser.layout.family != source.family:
        raise EnvironmentFault(
            f"{what}: it is of the family {denoiser.layout.family}, the model of {source.family}. Use a model of the "
            "same family for the rest."
        )
    config = source.config(family_named(source.family).denoiser)
    for misfit in misfits(denoiser.layout, denoiser.shapes, config):
        raise EnvironmentFault(
            f"{what}: it has {misfit}. For the rest, use the model that it was made from (Flux.1 dev, schnell ...)."
        )


def _check_quantize(method: str, source: ModelSource) -> None:
    if source.kind == "single-file":
        raise EnvironmentFault(
            f'quantize = "{method}" is not for "{source.name}", a single file. Name a diffusers folder or a hub model.'
        )
    parts, denoiser = quantised_parts(source), source.weights.denoiser
    if not parts:
        raise EnvironmentFault(
            f'quantize = "{method}" finds nothing to do: all parts of "{source.name}" are quantised already. '
            "Leave it out."
        )
    if denoiser is not None and not denoiser.is_gguf and METHODS[method].package != TORCHAO:
        others = " or ".join(f'"{name}"' for name, known in METHODS.items() if known.package == TORCHAO)
        raise EnvironmentFault(
            f'quantize = "{method}" cannot quantise a denoiser from a .safetensors file. Use {others}, or a diffusers '
            "folder."
        )
