"""A film on a device that runs out of memory on the way: what the journal says, and going on the same way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch

import render as api
from projects import Project, Take, read_project
from render.film import Resumable
from render.resolve import resolve

from ..fakes import files
from ..tiny import tiny_sd


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny model."""
    folder = tmp_path_factory.mktemp("films")
    tiny_sd(folder / "tiny")
    return folder


def project(folder: Path, more: str = "") -> Project:
    text = (
        'model = "tiny"\nframes = 6\nsize = [64, 64]\nprompts = "0: a cat"\n[motion]\nborder = "replicate"\n'
        f"[diffusion]\nsteps = 2\ncfg_scale = 3\n{more}"
    )
    return read_project(text, name="dream.toml", folder=folder)


@contextmanager
def small_device(from_picture: int) -> Iterator[None]:
    """A device where, from the n-th picture decoded on, a whole picture's latents do not fit any more."""
    decoded = [0]

    def fault(module: torch.nn.Module, given: tuple[Any, ...]) -> None:
        if type(module).__name__ != "Decoder":
            return
        whole = given[0].shape[-1] >= 8
        decoded[0] += whole
        if whole and decoded[0] > from_picture:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")

    handle = torch.nn.modules.module.register_module_forward_pre_hook(fault)
    try:
        yield
    finally:
        handle.remove()


def render(
    film: Project, take: Path, frames: str | None = None, told: list[str] | None = None
) -> dict[str, bytes]:
    studio = api.Studio(device="cpu", notice=None if told is None else told.append)
    api.render(film, take=take, studio=studio, film=False, metadata=False, frames=frames)
    return files(take)


@pytest.mark.parametrize("more", ["", "cadence = 2\n"])
def test_the_rung_is_in_the_journal_and_a_resume_takes_it(films: Path, tmp_path: Path, more: str) -> None:
    film, told = project(films, more), list[str]()
    plain = render(film, tmp_path / "plain")
    with small_device(1):
        once = render(film, tmp_path / "once", told=told)
    assert told[-1].endswith("from here on the VAE works in tiles.")
    journal = Take(tmp_path / "once" / "originals" if more else tmp_path / "once")
    tiled = {frame for frame, entry in journal.entries.items() if entry.notes == ("memory: tiles",)}
    assert tiled == ({2, 4} if more else {1, 2, 3, 4, 5})
    changed = [name for name in plain if plain[name] != once[name]]
    assert changed == [f"{frame:06d}.png" for frame in range(2 if more else 1, 6)]

    parts = tmp_path / "parts"
    with small_device(1):
        render(film, parts, "0-3")
    assert render(film, parts) == once, "with memory enough again, it goes on as it began"


def test_a_frame_painted_anew_before_it_is_free_of_it(films: Path, tmp_path: Path) -> None:
    film, take = project(films), tmp_path / "take"
    with small_device(2):
        render(film, take)
    (take / "frames" / "000001.png").unlink()
    plain = render(film, tmp_path / "plain")
    found = render(film, take)
    assert found["000001.png"] == plain["000001.png"]
    assert found["000005.png"] != plain["000005.png"], "its key is the same, so it is kept"


def test_notes_are_those_of_the_models_rung(films: Path) -> None:
    painter = api.Studio(device="cpu").painter(resolve(project(films)))
    assert isinstance(painter, Resumable)
    assert painter.notes == (), "no model is loaded yet"
    painter.resume(1, ("memory: tiles",))
    assert painter.notes == ("memory: tiles",)
    painter.resume(1, ())
    assert painter.notes == ()
