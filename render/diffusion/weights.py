"""Other weights than a model's own: a denoiser from a file, another VAE, parts quantised at loading or stored so.

A VAE is an AutoencoderKL (a retrained one, or one that does not overflow in half precision), or an AutoencoderTiny
(TAESD, Bohan 2023: a hundredth of the work, a little softer), of the same latents. The small decoder of CLIP guidance
is an AutoencoderTiny too. Importable without torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple

from keyframes.errors import EnvironmentFault
from render.assets.find import Asset
from render.assets.kinds import VAE
from render.diffusion.denoiser_file import DenoiserFile
from render.diffusion.families.table import vae_channels, vae_factor
from render.diffusion.layouts import misfits
from render.diffusion.model_source import ModelSource

TORCHAO, BITSANDBYTES = "torchao", "bitsandbytes"
SMALL_READER = "CLIP"  # text encoders of this kind are left as they are: they are small


class QuantizationMethod(NamedTuple):
    """A quantisation method: its package, and the bytes that a linear layer's weight then takes."""

    package: str
    bytes_each: float
    description: str


METHODS: Mapping[str, QuantizationMethod] = {
    "int8": QuantizationMethod(TORCHAO, 1.0, "whole numbers of 8 bits, a scale for each row"),
    "fp8": QuantizationMethod(TORCHAO, 1.0, "floats of 8 bits (e4m3), a scale for each tensor"),
    "nf4": QuantizationMethod(BITSANDBYTES, 0.5625, "NormalFloat of 4 bits, a scale for each 64"),
    "llm-int8": QuantizationMethod(BITSANDBYTES, 1.0, "LLM.int8()"),
}


def check_method(name: str) -> None:
    """Raise EnvironmentFault if the package of a method is not installed."""
    _check_package(METHODS[name].package, f'quantize = "{name}"')


def check_stored(config: Mapping[str, Any], what: str) -> None:
    """Check by a part's config that it was quantised with a known library that is installed.

    `what` names the part in the message. Raises EnvironmentFault if not.
    """
    method = stored_method(config)
    if not method:
        return
    if method not in (TORCHAO, BITSANDBYTES):
        raise EnvironmentFault(
            f"{what} is quantised ({method}), which Reverie does not load: only {BITSANDBYTES}, {TORCHAO}, and GGUF "
            "as a denoiser. Use the same model in half precision."
        )
    _check_package(method, f"{what} is quantised ({method}) and")


def stored_method(config: Mapping[str, Any]) -> str:
    """Return the name of the library that a part was quantised with, by its config; "" if it was not."""
    given = config.get("quantization_config")
    if given is None:
        return ""
    return str(given.get("quant_method", "unknown")) if isinstance(given, Mapping) else "unknown"


def in_pipeline(name: str, parts: Mapping[str, str], dtype: Any) -> Any:
    """Return diffusers' config that quantises parts, each given with its library, while they are loaded."""
    mapping = {
        part: _config(name, "diffusers" if library == "diffusers" else "transformers", dtype)
        for part, library in parts.items()
    }
    return import_module("diffusers").PipelineQuantizationConfig(quant_mapping=mapping)


def in_place(module: Any, name: str) -> None:
    """Quantise the linear layers of a loaded module with torchao."""
    import_module("torchao.quantization").quantize_(module, _of_torchao(name))


def _config(name: str, library: str, dtype: Any) -> Any:
    made = import_module(library)
    if METHODS[name].package == TORCHAO:
        return made.TorchAoConfig(_of_torchao(name))
    if name == "nf4":
        return made.BitsAndBytesConfig(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=dtype
        )
    return made.BitsAndBytesConfig(load_in_8bit=True)


def _of_torchao(name: str) -> Any:
    library = import_module("torchao.quantization")
    return library.Int8WeightOnlyConfig() if name == "int8" else library.Float8WeightOnlyConfig()


def _check_package(package: str, what: str) -> None:
    if find_spec(package) is None:
        raise EnvironmentFault(
            f'{what} needs the package {package}. Install it with: pip install "reverie[{package}]"'
        )


def check_weights(source: ModelSource) -> None:
    """Check that a model's weights can be had as its WeightOptions say; nothing is known of one that is not here yet.

    Raises EnvironmentFault if they cannot.
    """
    if source.path is None:
        return
    if (denoiser := source.weights.denoiser) is not None:
        _check_denoiser(denoiser, source)
    if method := source.weights.quantize:
        _check_quantize(method, source)


def check_device(source: ModelSource, device: str) -> None:
    """Raise EnvironmentFault for weights that a kind of device ("cpu", "cuda", "mps") cannot use."""
    packages = {
        f'model "{source.name}": its {part} is quantised ({package}), which': package
        for part, package in stored_parts(source).items()
    }
    if method := source.weights.quantize:
        packages = {f'quantize = "{method}"': METHODS[method].package, **packages}
    for what, package in packages.items():
        if package == BITSANDBYTES and device == "cpu":
            raise EnvironmentFault(
                f"{what} needs a GPU: {BITSANDBYTES} does not work on the CPU in diffusers. Use a machine with one; on "
                'the CPU quantize = "int8" works, with a model in half precision.'
            )


def stored_parts(source: ModelSource) -> dict[str, str]:
    """Return the parts that are stored quantised in a model's folder, with the library that did it."""
    methods = {part: stored_method(source.config(part)) for part in source.parts}
    if source.weights.denoiser is not None:
        methods.pop(source.row.denoiser, None)
    return {part: method for part, method in methods.items() if method}


def quantised_parts(source: ModelSource) -> dict[str, str]:
    """Return the parts that are quantised at loading, with the library of their classes: the denoiser and the big text
    encoders, without those that are stored quantised.
    """
    if not source.weights.quantize:
        return {}
    stored, denoiser = stored_parts(source), source.weights.denoiser
    found = {}
    for part, (library, class_name) in source.parts.items():
        reads = part.startswith("text_encoder") and not class_name.startswith(SMALL_READER)
        paints = part == source.row.denoiser and not (denoiser and denoiser.is_gguf)
        if (reads or paints) and part not in stored:
            found[part] = library
    return found


def check_vae(vae: Asset, source: ModelSource) -> None:
    """Check that the latents of a VAE, or of a decoder, are those of a model.

    Nothing is known of a model that has not been fetched. Raises EnvironmentFault if they are not.
    """
    if source.path is None:
        return
    own = source.config("vae")
    what = f'{vae.kind.noun} "{vae.name}" does not fit "{source.name}"'
    class_name = str(own.get("_class_name", "AutoencoderKL"))
    if vae.kind is VAE and class_name not in VAE.classes:
        raise EnvironmentFault(
            f"{what}: this model uses {class_name}, and its VAE cannot be replaced. Leave vae out."
        )
    pairs = (
        ("channels in its latents", vae_channels(own), vae_channels(vae.config)),
        ("pixels along a latent's side", vae_factor(own), vae_factor(vae.config)),
    )
    for name, wanted, given in pairs:
        if wanted != given:
            raise EnvironmentFault(
                f"{what}: {given} {name}, and the model has {wanted}. Use one made for {source.family} models."
            )
    if vae.kind is VAE and own.get("latents_mean") is not None and vae.config.get("latents_mean") is None:
        raise EnvironmentFault(
            f"{what}: the model's latents are shifted by channel, its are not. Leave vae out."
        )


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
    config = source.config(source.row.denoiser)
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
