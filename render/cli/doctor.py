"""doctor: what this machine has, in a form to paste into a report."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import click

from .options import device_option, outside_option

_PACKAGES = (
    *("torch", "diffusers", "transformers", "kornia", "numba", "numpy", "opencv-python-headless"),
    *("imageio-ffmpeg", "peft", "pillow", "pydantic"),
)
_OPTIONAL = ("gguf", "torchao", "bitsandbytes")


@click.command()
@click.argument("project", required=False, type=click.Path(path_type=Path), metavar="[PROJECT.toml]")
@click.option("-m", "--model", metavar="NAME", help="Say what would be loaded for this name, and why.")
@device_option
@outside_option
def doctor(project: Path | None, model: str | None, device: str, allow_outside: bool) -> int:
    """Say what this machine has: ffmpeg, torch, device, memory, disk, models. Exit code 3 if something is missing.

    With --model or a project: what would be loaded and why, its defaults and where they come from, the memory that
    it needs, and what is done on a card of 8, 12, 16 or 24 GB. No weights are read.
    """
    if project is not None or model is not None:
        _look_at_models(project, model, device, allow_outside)
        return 0
    faults = 0
    for name, look in _CHECKS.items():
        try:
            found = look()
        except Exception as error:  # a doctor reports what fails and goes on
            faults += 1
            found = f"MISSING: {str(error).splitlines()[0]}"
        click.echo(f"{name:<10} {found}")
    return 3 if faults else 0


def _look_at_models(project: Path | None, model: str | None, device: str, allow_outside: bool) -> None:
    """Tell of the model of a name, looked for from the project's folder, or of each that a project names."""
    from keyframes.errors import printable
    from projects import load_project
    from render.checkpoints import model_names, project_holding
    from render.diffusion.catalogue import find_model
    from render.diffusion.checkup import checkup
    from render.diffusion.holding import Holding, check_holding

    loaded = None if project is None else load_project(project, allow_outside=allow_outside)
    folder = None if loaded is None else loaded.folder
    names = [model] if model is not None else [] if loaded is None else model_names(loaded.file.model)
    size = None if loaded is None else loaded.file.size
    holding = Holding() if loaded is None else project_holding(loaded)
    for number, name in enumerate(names):
        if number:
            click.echo()
        source = find_model(name, folder=folder, holding=holding)
        check_holding(source)
        for title, text in checkup(source, size=size, device=device):
            click.echo(printable(f"{title:<10} {text}"))


def _reverie() -> str:
    try:
        own = version("reverie")
    except PackageNotFoundError:
        own = "not installed"
    return f"{own}, Python {platform.python_version()}, {platform.system()} {platform.machine()}"


def _packages() -> str:
    found = []
    for name in _PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"{name} MISSING")
    for name in _OPTIONAL:
        with suppress(PackageNotFoundError):
            found.append(f"{name} {version(name)}")
    return ", ".join(found)


def _device() -> str:
    import torch

    from render.diffusion.devices import find_device, find_dtype

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
    usage = shutil.disk_usage(Path.cwd())
    return f"{usage.free / 2**30:.1f} GiB free here"


def _ffmpeg() -> str:
    from render.ffmpeg import find_ffmpeg, run_ffmpeg

    run_ffmpeg(
        ["-f", "lavfi", "-i", "color=size=16x16:rate=1:duration=1", "-f", "null", "-"], doing="trying ffmpeg"
    )
    return f"{find_ffmpeg()} runs"


def _models() -> str:
    from render.diffusion.catalogue import BUILT_IN, find_model

    names = sorted(path.parent.name for path in BUILT_IN.glob("*/model_index.json"))
    return ", ".join(f"{name} ({find_model(name).family})" for name in names) or "no built-in model"


_CHECKS: dict[str, Callable[[], str]] = {
    "reverie": _reverie,
    "packages": _packages,
    "device": _device,
    "memory": _memory,
    "disk": _disk,
    "ffmpeg": _ffmpeg,
    "models": _models,
}
