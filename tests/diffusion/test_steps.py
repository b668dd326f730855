"""How many steps a strength means."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from render.diffusion import StepPlan, step_plan


@pytest.mark.parametrize(
    ("steps", "strength", "count"),
    [
        (20, 0.5, 10),
        (100, 0.29, 29),
        (50, 0.58, 29),
        (20, 0.35, 7),
        (20, 0.04, 0),
        (20, 0.05, 1),
        (20, 0, 0),
        (20, 1, 20),
    ],
)
def test_scaled(steps: int, strength: float, count: int) -> None:
    """The decimal product rounded down: diffusers' int(100 * 0.29) is 28."""
    assert step_plan(steps, strength) == StepPlan(total=steps, count=count)


@given(steps=st.integers(1, 1000), hundredths=st.integers(0, 100))
def test_scaled_is_whole_number_arithmetic(steps: int, hundredths: int) -> None:
    assert step_plan(steps, hundredths / 100).count == steps * hundredths // 100


@given(steps=st.integers(1, 150), hundredths=st.integers(1, 100))
def test_exact_runs_the_steps_asked_for(steps: int, hundredths: int) -> None:
    plan = step_plan(steps, hundredths / 100, "exact")
    available = 10 * hundredths  # of the 1000 noise levels
    assert plan.count == min(steps, available)
    assert plan.count / plan.total >= hundredths / 100 - 1e-9
    assert plan.total <= 1000


def test_exact_is_comfyui_s_schedule() -> None:
    """8 steps at denoise 0.5 are the last 8 of 16."""
    assert step_plan(8, 0.5, "exact") == StepPlan(total=16, count=8)
    assert step_plan(8, 0.5, "exact").skipped == 8
    assert step_plan(8, 0.0, "exact").count == 0


@pytest.mark.parametrize(
    ("steps", "strength", "mode"),
    [(0, 0.5, "scaled"), (1001, 0.5, "scaled"), (5, 1.1, "scaled"), (5, -0.1, "exact"),
    (5, float("nan"), "scaled"), (5, 0.5, "precise")],
)  # fmt: skip
def test_out_of_range(steps: int, strength: float, mode: str) -> None:
    with pytest.raises(ValueError, match="allowed"):
        step_plan(steps, strength, mode)  # type: ignore[arg-type]
