"""What this machine has and what a model needs of it: the answers of `reverie doctor`."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from keyframes import EnvironmentFault
from projects import Project

PACKAGES = (
    *("torch", "diffusers", "transformers", "kornia", "numpy", "opencv-python-headless"),
    *("imageio-ffmpeg", "peft", "pillow", "pydantic"),
)
_OPTIONAL = ("gguf", "torchao", "bitsandbytes")


def examine(packages: Sequence[str] = PACKAGES) -> Iterator[tuple[str, str, bool]]:
    """(what, what was found or is missing, whether it is fine) for each thing that rendering needs."""
    checks: dict[str, Callable[[], str]] = {
        "reverie": _reverie,
        "packages": partial(_packages, packages),
        "device": _device,
        "memory": _memory,
        "disk": _disk,
        "ffmpeg": _ffmpeg,
        "models": _models,
    }
    for name, look in checks.items():
        try:
            yield name, look(), True
        except Exception as error:  # whatever fails is a finding
            yield name, (str(error) or type(error).__name__).splitlines()[0], False


def describe_models(
    project: Project | None = None, *, name: str | None = None, device: str = "auto"
) -> Iterator[list[tuple[str, str]]]:
    """(title, text) lines for each model of a project, or for the model `name` as the project would find it.

    What would be loaded and why, its defaults, the memory that it needs. No weights are read. Raises EnvironmentFault
    for a model that is not there.
    """
    from .diffusion import WeightOptions, check_weights, checkup, find_model
    from .resolve.models import model_names, project_weights

    folder = None if project is None else project.folder
    size = None if project is None else project.file.size
    weights = WeightOptions() if project is None else project_weights(project)
    names = [name] if name is not None else [] if project is None else model_names(project.file.model)
    for wanted in names:
        source = find_model(wanted, folder=folder, weights=weights)
        check_weights(source)
        yield list(checkup(source, size=size, device=device))


def _reverie() -> str:
    own = _version("reverie") or "not installed"
    return f"{own}, Python {platform.python_version()}, {platform.system()} {platform.machine()}"


def _packages(needed: Sequence[str]) -> str:
    found = {name: _version(name) for name in (*needed, *_OPTIONAL)}
    missing = [name for name in needed if found[name] is None]
    if missing:
        raise EnvironmentFault(f"{', '.join(missing)}. Install with: pip install {' '.join(missing)}")
    return ", ".join(f"{name} {number}" for name, number in found.items() if number is not None)


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _device() -> str:
    import torch

    from .devices import find_device, find_dtype

    device = find_device("auto")
    cores = f"{os.cpu_count()} CPU cores, torch uses {torch.get_num_threads()}"
    if device.type == "cuda":
        total = torch.cuda.get_device_properties(device).total_memory / 2**30
        cores = f"{torch.cuda.get_device_name(device)}, {total:.0f} GiB; {cores}"
    return f"{device}, {find_dtype('auto', device)}; {cores}"


def _memory() -> str:
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return f"{pages * size / 2**30:.1f} GiB"


def _disk() -> str:
    return f"{shutil.disk_usage(Path.cwd()).free / 2**30:.1f} GiB free here"


def _ffmpeg() -> str:
    from .ffmpeg import find_ffmpeg, run_ffmpeg
    from .video.encode import check_encoder

    picture = ["-f", "lavfi", "-i", "color=size=16x16:rate=1:duration=1", "-f", "null", "-"]
    run_ffmpeg(picture, doing="trying ffmpeg")
    check_encoder("film.mp4", sound=True)
    return f"{find_ffmpeg()} runs"


def _models() -> str:
    from .assets.find import BUILT_IN
    from .diffusion import find_model

    names = sorted(path.parent.name for path in BUILT_IN.glob("*/model_index.json"))
    return ", ".join(f"{name} ({find_model(name).family})" for name in names) or "no built-in model"
