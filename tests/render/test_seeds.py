"""Seeds and subseeds in a film: what is painted, and what a change of them paints anew."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from render.diffusion import Canvas, DiffusionPainter, version_seed
from render.resolve import ResolvedProject, resolve
from tests.fakes import keys_of, load, project_text


def setup(folder: Path, diffusion: str = "") -> ResolvedProject:
    return resolve(load(folder, project_text(12, diffusion=diffusion)))


def test_a_strength_of_0_is_no_change(tmp_path: Path) -> None:
    plain = keys_of(setup(tmp_path))
    assert keys_of(setup(tmp_path, "subseed = 77")) == plain
    assert keys_of(setup(tmp_path, "seed_iter_n = 1")) == plain


def test_travel_paints_anew_from_where_it_begins(tmp_path: Path) -> None:
    plain = keys_of(setup(tmp_path))
    travelled = keys_of(setup(tmp_path, 'subseed_strength = "0: (0), 4: (0), 10: (1)"'))
    assert [a == b for a, b in zip(plain, travelled, strict=True)] == [True] * 5 + [False] * 7
    other = keys_of(setup(tmp_path, 'subseed_strength = "0: (0), 4: (0), 10: (1)"\nsubseed = 5'))
    assert other[4] == travelled[4]
    assert other[5] != travelled[5]


@pytest.mark.parametrize(
    ("behavior", "seeds"),
    [("ladder", [3, 5, 4, 6]), ("alternate", [3, 4, 3, 4]), ("fixed", [3] * 4), ("iter", [3, 4, 5, 6])],
)
def test_behaviors(tmp_path: Path, behavior: str, seeds: list[int]) -> None:
    made = setup(tmp_path, f'seed_behavior = "{behavior}"')
    assert [made.paint.seed_of(made.rows[frame]) for frame in range(4)] == seeds


def test_the_first_seed_lasts_one_frame_and_the_others_n(tmp_path: Path) -> None:
    made = setup(tmp_path, "seed_iter_n = 3")
    assert [made.paint.seed_of(made.rows[frame]) for frame in range(8)] == [3, 4, 4, 4, 5, 5, 5, 6]


def test_each_version_has_a_seed_of_its_own() -> None:
    seeds = [version_seed(7, version) for version in range(9)]
    assert seeds[0] == 7
    assert len(set(seeds)) == 9
    assert version_seed(8, 1) not in seeds


@pytest.mark.sketch
def test_a_model_paints_from_the_travelled_noise(tmp_path: Path) -> None:
    """At 1 it paints what the subseed's own frame would be; half way, something else than both."""
    from render.diffusion import find_model
    from tests.models import load_model

    lines = "steps = 2\nsubseed = 8\nsubseed_strength = "
    text = project_text(2, top="size = [64, 64]", diffusion=lines + "{share}").replace('"fake"', '"sketch"')
    model = load_model(find_model("sketch", folder=tmp_path), device="cpu")

    def painted(share: float, seed: int) -> torch.Tensor:
        made = resolve(load(tmp_path, text.format(share=share).replace("seed = 3", f"seed = {seed}", 1)))
        return DiffusionPainter(model).paint(Canvas(), made.paint.inputs(made.rows[0]).job)

    there = painted(1.0, 3)
    assert torch.allclose(there, painted(0.0, 8), atol=1e-4)
    half = painted(0.5, 3)
    assert (half - there).abs().mean() > 0.01
    assert (half - painted(0.0, 3)).abs().mean() > 0.01
