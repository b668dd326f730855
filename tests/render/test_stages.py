"""The list of stages: what a new one needs, and that keys and pixels are made from the same list."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from projects import Picture
from render.frame import FrameMaker, painted_frame, stages_of
from render.plans import film_keys
from render.resolve import ResolvedProject, resolve
from render.stages.stage import Stages, run

from ..fakes import FakePainter, load, project_text

PAGE = Path(__file__).parents[2] / "docs" / "architecture.md"


def film_of(folder: Path, **tables: str) -> ResolvedProject:
    return resolve(load(folder, project_text(4, **tables)))


def made(film: ResolvedProject, stages: Stages) -> list[Picture]:
    """All frames of a film, made by a list of stages."""
    pictures: dict[int, Picture] = {}
    maker = FrameMaker(film, FakePainter(film), pictures.__getitem__, pictures.__getitem__, stages)
    for number in range(film.frames):
        pictures[number] = maker.make(painted_frame(film, number), lambda done, count: None)
    maker.close()
    return list(pictures.values())


@pytest.fixture(scope="module")
def vignette() -> Any:
    """The stage that the page on the architecture shows."""
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(code.splitlines()) < 30
    names: dict[str, Any] = {}
    exec(code, names)
    return names["Vignette"]


def test_a_new_stage_is_one_class_and_one_place_in_the_list(home: Path, vignette: Any) -> None:
    film = film_of(home)
    plain = stages_of(film)
    keys, pictures = film_keys(film)[0], made(film, plain)
    for amount, same in ((0.5, [True, False, False, False]), (0.0, [True] * 4)):
        stages = (*plain, vignette(amount))
        assert [a == b for a, b in zip(keys, film_keys(film, stages=stages)[0], strict=True)] == same
        shown = made(film, stages)
        assert [bool((a == b).all()) for a, b in zip(pictures, shown, strict=True)] == same
        if amount:
            assert shown[3][:4, :4].mean() < pictures[3][:4, :4].mean() - 5


def test_the_page_names_files_that_are_there() -> None:
    page = PAGE.read_text(encoding="utf-8")
    walk = page[page.index("The picture passes") : page.index("## Adding a stage")]
    folder = Path("render")
    for name in re.findall(r"`([\w/]+\.py)`", walk):
        folder = Path(name).parent if "/" in name else folder
        assert (PAGE.parents[1] / folder / Path(name).name).is_file(), name
    assert len(re.findall(r"^\d+\. |, \d+\. ", walk, re.MULTILINE)) <= 25


def test_apply_gets_nothing_but_its_inputs_and_the_canvas(home: Path) -> None:
    """No stage can reach a setting that its inputs, and so the key, do not have."""
    everything = 'symmetry = "both"\nnoise = 0.1\necho = 0.1\nsaturation = 1.2\ncontrast = 1.1'
    for stage in stages_of(film_of(home, coherence=everything)):
        assert isinstance(vars(type(stage))["apply"], staticmethod), stage.name


def test_a_run_is_the_stages_one_after_another(home: Path) -> None:
    film = film_of(home)
    calls: list[object] = []

    class Noting:
        name = "noting"

        def __init__(self, number: int) -> None:
            self.number = number

        def inputs(self, frame: Any) -> int | None:
            return self.number if self.number else None

        @staticmethod
        def apply(canvas: Any, inputs: int) -> Any:
            calls.append(inputs)
            return canvas

    run((Noting(3), Noting(0), Noting(1)), painted_frame(film, 1), np)  # type: ignore[arg-type]
    assert calls == [3, 1]
