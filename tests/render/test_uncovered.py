"""What a move uncovers, forecast from its lanes, against what the moved picture shows."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from render.space.uncovered import deepest_corner, deepest_hole, reach

from motion import Move, hole_depth, warp
from render.resolve import resolve

from ..fakes import load, project_text

STILL = {
    "angle": 0.0,
    "zoom": 1.0,
    "translation_x": 0.0,
    "translation_y": 0.0,
    "transform_center_x": 0.5,
    "transform_center_y": 0.5,
}


def measured(lanes: dict[str, float], size: tuple[int, int], reach: int) -> float:
    """The deepest share that the render finds: over every pixel of the moved coverage."""
    coverage = warp(torch.zeros(1, 3, size[1], size[0]), [Move(**lanes)]).coverage
    return float(hole_depth(coverage, reach=reach, feather=0).max())


@settings(deadline=None, max_examples=150)
@given(
    angle=st.floats(-8, 8) | st.sampled_from([0.0, 90.0, 180.0]),
    zoom=st.floats(0.9, 1.1) | st.sampled_from([0.5, 1.0, 3.0]),
    x=st.floats(-9, 9) | st.sampled_from([0.0, 200.0]),
    y=st.floats(-9, 9) | st.just(0.0),
    center=st.floats(-0.5, 1.5) | st.just(0.5),
    size=st.sampled_from([(64, 64), (96, 40), (33, 57), (3, 20)]),
)
def test_the_forecast_is_what_is_found(
    angle: float, zoom: float, x: float, y: float, center: float, size: tuple[int, int]
) -> None:
    moved = {"angle": angle, "zoom": zoom, "translation_x": x, "translation_y": y}
    lanes = {**STILL, **moved, "transform_center_x": center}
    forecast = deepest_corner(lanes, size, 4)
    assert forecast == pytest.approx(measured(lanes, size, 4), abs=2e-4)


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
    assert deepest_corner({**STILL, **lanes}, (512, 512), reach((512, 512))) == pytest.approx(deepest)


@pytest.mark.parametrize(
    ("size", "pixels"), [((512, 512), 8), ((256, 256), 4), ((1920, 1080), 17), ((16, 900), 2)]
)
def test_the_reach_goes_by_the_shorter_side(size: tuple[int, int], pixels: int) -> None:
    assert reach(size) == pixels


def test_only_reveal_looks_for_holes(home: Path) -> None:
    def found(border: str, frame: int) -> float:
        text = project_text(4, motion=f"translation_x = 9\nborder = '{border}'")
        setup = resolve(load(home, text))
        return deepest_hole(setup, setup.timeline.row(frame))

    assert [found(border, 1) for border in ("reveal", "replicate", "wrap", "reflect")] == [1, 0, 0, 0]
    assert found("reveal", 0) == 0, "frame 0 is not moved"
