"""What a move uncovers, forecast from its lanes, against what the moved picture shows."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from motion import Move, hole_depth, warp
from render.frame import painted_frame, stages_of
from render.resolve import resolve
from render.stages.hole_estimate import deepest_hole
from render.stages.mask import Strength
from render.stages.uncovered import reach

from ..fakes import load, project_text

Lanes = dict[str, float]


def measured(moves: list[Lanes], size: tuple[int, int], reach: int) -> float:
    """The deepest share that the render finds: over every pixel of the moved coverage."""
    coverage = warp(torch.zeros(1, 3, size[1], size[0]), [Move(**lanes) for lanes in moves]).coverage
    return float(hole_depth(coverage, reach=reach, feather=0).max())


def forecast(moves: list[Lanes], size: tuple[int, int], reach: int) -> float:
    return deepest_hole(tuple(tuple(lanes.items()) for lanes in moves), size, reach)


@settings(deadline=None, max_examples=150)
@given(
    moves=st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "angle": st.floats(-8, 8) | st.sampled_from([0.0, 90.0, 180.0]),
                "zoom": st.floats(0.9, 1.1) | st.sampled_from([0.5, 1.0, 3.0]),
                "translation_x": st.floats(-9, 9) | st.sampled_from([0.0, 200.0]),
                "translation_y": st.floats(-9, 9) | st.just(0.0),
                "transform_center_x": st.floats(-0.5, 1.5),
            },
        ),
        min_size=1,
        max_size=2,
    ),
    size=st.sampled_from([(64, 64), (96, 40), (33, 57), (3, 20)]),
)
def test_the_forecast_is_what_is_found(moves: list[Lanes], size: tuple[int, int]) -> None:
    assert forecast(moves, size, 4) == pytest.approx(measured(moves, size, 4), abs=2e-4)


@pytest.mark.parametrize(
    ("lanes", "deepest"),
    [
        ({}, 0),
        ({"zoom": 1.02}, 0),
        ({"zoom": 1.05, "angle": 2, "translation_x": 2}, 0),
        ({"translation_x": 2}, 0.25),
        ({"translation_y": -12}, 1),
        ({"angle": 45}, 1),
        ({"zoom": 0.1}, 1),
        ({"translation_x": 0.5}, 1 / 16),
    ],
)
def test_moves(lanes: dict[str, float], deepest: float) -> None:
    assert forecast([lanes], (512, 512), reach((512, 512))) == pytest.approx(deepest)


@pytest.mark.parametrize(
    ("size", "pixels"), [((512, 512), 8), ((256, 256), 4), ((1920, 1080), 17), ((16, 900), 2)]
)
def test_the_reach_goes_by_the_shorter_side(size: tuple[int, int], pixels: int) -> None:
    assert reach(size) == pixels


def test_only_reveal_looks_for_holes(home: Path) -> None:
    def found(border: str, frame: int) -> float:
        text = project_text(4, motion=f"translation_x = 9\nborder = '{border}'")
        film = resolve(load(home, text))
        strength = next(stage for stage in stages_of(film) if isinstance(stage, Strength))
        return strength.hole.deepest(painted_frame(film, frame))

    assert [found(border, 1) for border in ("reveal", "replicate", "wrap", "reflect")] == [1, 0, 0, 0]
    assert found("reveal", 0) == 0, "frame 0 is not moved"
