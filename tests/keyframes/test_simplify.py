"""Few keys for many values."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyframes import Clock, parse_schedule
from keyframes.simplify import keys_text, simplify

curves = st.lists(st.floats(-10, 10), min_size=1, max_size=60)


@given(curves, st.floats(0, 1))
def test_the_schedule_is_within_the_tolerance(values: list[float], tolerance: float) -> None:
    given_values = np.array(values)
    text = keys_text(given_values, tolerance)
    found = parse_schedule(text, lane="zoom", clock=Clock(frames=len(values))).values()
    assert np.abs(found - given_values).max() <= tolerance + 0.51e-4


def test_straight_lines_need_two_keys() -> None:
    assert simplify(np.linspace(0, 5, 100), 1e-9) == [0, 99]
    assert keys_text(np.ones(50), 0.0) == "0: (1)"
    assert keys_text(np.array([0.0, 1.0, 2.0, 1.0, 0.0]), 0.01) == "0: (0), 2: (2), 4: (0)"


def test_impossible_wishes() -> None:
    with pytest.raises(ValueError, match="tolerance"):
        simplify(np.ones(3), -1)
