"""Weights of 8 or 4 bits: stored in a model's files, or made when it is loaded.

The libraries torchao and bitsandbytes do the work, through diffusers and transformers; Reverie does not install them
itself. Importable without torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from keyframes.errors import EnvironmentFault

TORCHAO, BITSANDBYTES = "torchao", "bitsandbytes"
SMALL_READER = "CLIP"  # text encoders of this kind are left as they are: they are small


@dataclass(frozen=True, kw_only=True)
class QuantizationMethod:
    """A quantisation method: its package, and the bytes that a linear layer's weight then takes."""

    package: str
    bytes_each: float
    description: str


METHODS: Mapping[str, QuantizationMethod] = {
    "int8": QuantizationMethod(
        package=TORCHAO, bytes_each=1.0, description="whole numbers of 8 bits, a scale for each row"
    ),
    "fp8": QuantizationMethod(
        package=TORCHAO, bytes_each=1.0, description="floats of 8 bits (e4m3), a scale for each tensor"
    ),
    "nf4": QuantizationMethod(
        package=BITSANDBYTES, bytes_each=0.5625, description="NormalFloat of 4 bits, a scale for each 64"
    ),
    "llm-int8": QuantizationMethod(package=BITSANDBYTES, bytes_each=1.0, description="LLM.int8()"),
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


def check_device(package: str, device: str, what: str) -> None:
    """Raise EnvironmentFault for a package that does not work on a kind of device ("cpu", "cuda", "mps")."""
    if package == BITSANDBYTES and device == "cpu":
        raise EnvironmentFault(
            f"{what} needs a GPU: {BITSANDBYTES} does not work on the CPU in diffusers. Use a machine with one; on "
            'the CPU quantize = "int8" works, with a model in half precision.'
        )


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
