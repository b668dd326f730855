"""What is recorded of golden films: digests in `goldens.json`, pictures in a folder outside of the repository."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

from projects import Picture

RECORD = Path(__file__).parent / "goldens.json"


@dataclass(frozen=True)
class Recorded:
    """SHA-256 of each frame's pixels, and of all keys together."""

    frames: tuple[str, ...]
    keys: str


@dataclass(frozen=True)
class Record:
    """The whole file: what it was recorded on, and the films."""

    machine: Mapping[str, str]
    films: dict[str, Recorded]


def this_machine() -> dict[str, str]:
    """All that arithmetic on this machine may depend on."""
    return {
        "machine": platform.machine(),
        "cpu": torch.backends.cpu.get_cpu_capability(),
        "torch": torch.__version__,
        "cv2": cv2.__version__,
        "numpy": np.__version__,
    }


def load() -> Record:
    """What is recorded; empty if nothing is."""
    if not RECORD.exists():
        return Record(machine={}, films={})
    given = json.loads(RECORD.read_text(encoding="utf-8"))
    films = {name: Recorded(tuple(film["frames"]), film["keys"]) for name, film in given["films"].items()}
    return Record(machine=given["machine"], films=films)


def save(films: Mapping[str, Recorded]) -> None:
    """Write the record, as of this machine."""
    ordered = {name: asdict(films[name]) for name in sorted(films)}
    RECORD.write_text(
        json.dumps({"machine": this_machine(), "films": ordered}, indent=1) + "\n", encoding="utf-8"
    )


def keep_pictures(folder: Path, name: str, pictures: Sequence[Picture]) -> None:
    """Keep a film's pictures for `distance`."""
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(folder / f"{name.replace(' ', '-')}.npz", *pictures)


def kept_pictures(folder: Path, name: str) -> list[Picture]:
    """The pictures that were kept, none if there are none."""
    path = folder / f"{name.replace(' ', '-')}.npz"
    if not path.exists():
        return []
    with np.load(path) as kept:
        return [kept[f"arr_{number}"] for number in range(len(kept.files))]


def distance(before: Sequence[Picture], now: Sequence[Picture], known: Recorded) -> str:
    """How far a film is from the one recorded, in words."""
    from .shots import digest

    if tuple(digest(picture) for picture in before) != known.frames:
        return "the pictures that were recorded are not at hand"
    if [picture.shape for picture in before] != [picture.shape for picture in now]:
        return "another size or length"
    apart = np.stack(now).astype(float) - np.stack(before)
    worst = min(psnr(one) for one in apart)
    return f"at most {np.abs(apart).max():.0f} levels, PSNR {psnr(apart):.1f} dB, worst frame {worst:.1f} dB"


def psnr(apart: np.ndarray) -> float:
    """Peak signal to noise ratio of a difference in levels, dB."""
    error = float((apart**2).mean())
    return float("inf") if error == 0 else 10 * float(np.log10(255**2 / error))
