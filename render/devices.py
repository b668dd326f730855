"""Devices and precision by their names, and giving memory back."""

from __future__ import annotations

import gc

import torch

from keyframes.errors import EnvironmentFault

_DTYPES = {
    "float32": torch.float32,
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
    "fp32": torch.float32,
    "fp16": torch.float16,
    "bf16": torch.bfloat16,
}


def find_device(name: str = "auto") -> torch.device:
    """Return the device: "auto" is the first GPU there is, else the CPU.

    Raises EnvironmentFault for one that is not there, saying what to do about it.
    """
    if name == "auto":
        mps = torch.backends.mps.is_available()
        return torch.device("cuda" if torch.cuda.is_available() else "mps" if mps else "cpu")
    kind, _, number = name.partition(":")
    if kind not in ("cpu", "cuda", "mps") or (number and not number.isdecimal()):
        allowed = '"auto", "cpu", "cuda", "cuda:1" and "mps"'
        raise EnvironmentFault(f'device "{name}" is not known. Allowed are {allowed}.')
    if kind == "cuda":
        _check_cuda(name, int(number or 0))
    if kind == "mps" and not torch.backends.mps.is_available():
        raise EnvironmentFault('device "mps" needs a Mac with Apple silicon. Use device = "cpu" or "auto".')
    return torch.device(name)


def find_dtype(name: str, device: torch.device) -> torch.dtype:
    """Return the precision: "auto" is float16 on a GPU (what these models are published in), float32 on the CPU.

    Raises EnvironmentFault for an unknown name, and for float16 on the CPU, which is slower there than float32.
    """
    if name == "auto":
        return torch.float32 if device.type == "cpu" else torch.float16
    if name not in _DTYPES:
        raise EnvironmentFault(f'dtype "{name}" is not known. Allowed are "auto", {", ".join(_DTYPES)}.')
    if device.type == "cpu" and _DTYPES[name] == torch.float16:
        raise EnvironmentFault('dtype "float16" is not for the CPU. Use "float32", "bfloat16" or "auto".')
    return _DTYPES[name]


def _check_cuda(name: str, number: int) -> None:
    if torch.version.cuda is None and getattr(torch.version, "hip", None) is None:
        raise EnvironmentFault(
            f'device "{name}" needs a torch built for it; this is {torch.__version__}, for the CPU. Install '
            'one as https://pytorch.org/get-started/locally says, or use device = "cpu".'
        )
    if not torch.cuda.is_available():
        raise EnvironmentFault(
            f'device "{name}": torch finds no GPU. Check the driver with nvidia-smi, or use device = "cpu".'
        )
    if number >= torch.cuda.device_count():
        last = torch.cuda.device_count() - 1
        raise EnvironmentFault(f'device "{name}" is not there: the last one is "cuda:{last}".')


def release(device: torch.device, *, cycles: bool = True) -> None:
    """Give unused memory back to the device; with `cycles`, also that of objects that only refer to each other."""
    if cycles:
        gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
    if device.type == "mps":
        torch.mps.empty_cache()
