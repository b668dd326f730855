"""The machine that was measured on, and how steady it was."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from importlib.metadata import version
from pathlib import Path
from statistics import median

import torch

from render.ffmpeg import find_ffmpeg

from .tables import spread

_LIBRARIES = (
    "torch",
    "diffusers",
    "transformers",
    "kornia",
    "opencv-python-headless",
    "numpy",
    "pillow",
)


def describe(device: torch.device) -> str:
    """The machine in one line: processor, cores, memory, GPU, system, and the libraries that do the work."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    cores = f"{allowed} of {os.cpu_count()} cores, {torch.get_num_threads()} torch threads"
    gpu = f"; {torch.cuda.get_device_name(device)}" if device.type == "cuda" else ""
    libraries = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    system = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    return f"{_processor()}, {cores}, {_memory()}{gpu}; {system}; {libraries}; {_ffmpeg()}"


class Probe:
    """A piece of work that is always the same, timed now and then: how steady the machine was.

    Times that differ by more than a few percent mean that something else ran; then only the ratios of the
    paired measurements say something.
    """

    def __init__(self) -> None:
        self._matrix = torch.rand(384, 384, generator=torch.Generator().manual_seed(0))
        self._times: list[float] = []
        self._load, self._spent = _load(), _spent()

    def look(self) -> None:
        """Time the work once (some milliseconds)."""
        for _ in range(3):
            began = time.perf_counter()
            self._matrix @ self._matrix
            self._times.append(time.perf_counter() - began)

    def report(self) -> str:
        """The probe's times, the cores that the run really had on average (with its ffmpegs, of which those
        that still run do not count), and the load averages (of 1 minute) at the start and now.
        """
        middle = median(self._times) * 1000
        times = f"{middle:.2f} ms ({spread([seconds * 1000 for seconds in self._times])})"
        elapsed, busy = (now - then for now, then in zip(_spent(), self._spent, strict=True))
        cores = f"{busy / elapsed:.2f} cores had over {elapsed:.0f} s"
        return (
            f"fixed work {times}, {len(self._times)} times; {cores}; load average {self._load} to {_load()}"
        )


def _spent() -> tuple[float, float]:
    """Seconds by the clock, and of processors, by this process and those that it started and that ended."""
    times = os.times()
    return times.elapsed, times.user + times.system + times.children_user + times.children_system


def _load() -> str:
    return f"{os.getloadavg()[0]:.2f}" if hasattr(os, "getloadavg") else "unknown"


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _memory() -> str:
    if not hasattr(os, "sysconf") or "SC_PHYS_PAGES" not in os.sysconf_names:
        return "memory unknown"
    return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB"


def _ffmpeg() -> str:
    version_text = subprocess.run(
        [str(find_ffmpeg()), "-version"], capture_output=True, text=True, check=True
    )
    return " ".join(version_text.stdout.split()[:3]).replace(" version", "")
