"""A handful of the golden films, on the machine that they were recorded on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from . import store
from .inputs import write_inputs
from .projects import golden_projects
from .shots import shoot

SOME = ("2d reveal", "3d ground", "cadence flow", "color prompt", "mask pictures", "video flow", "everything")
PROJECTS = golden_projects()
RECORD = store.load()


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_inputs(tmp_path_factory.mktemp("inputs"))


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def test_every_golden_project_is_recorded_and_no_other() -> None:
    assert set(RECORD.films) == set(PROJECTS)


@pytest.mark.parametrize("name", SOME)
def test_pixels_are_those_recorded(name: str, inputs: Path) -> None:
    if RECORD.machine != store.this_machine():
        pytest.skip(f"the goldens are of another machine: {RECORD.machine}; record your own to compare")
    made = shoot(PROJECTS[name], inputs).recorded()
    assert made.frames == RECORD.films[name].frames, (
        f"python -m tests.goldens check '{name}' says how far apart"
    )
