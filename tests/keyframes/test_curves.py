"""Curves: their shapes, their place in a schedule, and that they never overshoot where they should not."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import PchipInterpolator  # type: ignore[import-untyped]

from keyframes import Clock, Curve, ScheduleError, parse_curve, parse_schedule
from keyframes.curves import NAMES, monotone_slopes

U = np.linspace(0, 1, 101)
CLOCK = Clock(frames=101)


def values(text: str) -> np.ndarray:
    return parse_schedule(text, lane="zoom", clock=CLOCK).values()


def css_twin(u: float, x1: float, y1: float, x2: float, y2: float) -> float:
    """The CSS timing function from its definition: the point of the polynomial curve with x = u."""
    roots = np.roots([1 + 3 * x1 - 3 * x2, 3 * x2 - 6 * x1, 3 * x1, -u])
    s = min(root.real for root in roots if abs(root.imag) < 1e-6 and -1e-9 <= root.real <= 1 + 1e-9)
    return float(3 * s * (1 - s) ** 2 * y1 + 3 * s * s * (1 - s) * y2 + s**3)


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("ease-in", (0.42, 0, 1, 1)),
        ("ease-out", (0, 0, 0.58, 1)),
        ("ease-in-out", (0.42, 0, 0.58, 1)),
        ("bezier(.25, .1, .25, 1)", (0.25, 0.1, 0.25, 1)),
        ("bezier(.4,0,.2,1.4)", (0.4, 0, 0.2, 1.4)),
    ],
)
def test_eases_are_those_of_css(text: str, points: tuple[float, float, float, float]) -> None:
    found = parse_curve(text).shape(U)
    np.testing.assert_allclose(found, [css_twin(u, *points) for u in U], atol=1e-6)


def test_known_values() -> None:
    assert parse_curve("linear").shape(U).tolist() == U.tolist()
    assert parse_curve("hold").shape(np.array([0, 0.5, 0.999])).tolist() == [0, 0, 0]
    np.testing.assert_allclose(parse_curve("smooth").shape(np.array([0.25, 0.5])), [0.15625, 0.5])
    assert (
        parse_curve("ease-in").shape(np.array([0.5]))[0]
        < 0.5
        < parse_curve("ease-out").shape(np.array([0.5]))[0]
    )


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("bezier", "spline")])
def test_every_curve_meets_both_keys_and_stays_between(name: str) -> None:
    found = values(f"{name}; 0: (2), 50: (7), 100: (3)")
    assert found[0] == 2
    assert found[50] == 7
    assert found[100] == 3
    assert found.min() >= 2
    assert found.max() <= 7
    assert (np.diff(found[:51]) >= -1e-12).all()


def test_the_word_after_a_value_shapes_the_way_from_that_key() -> None:
    mixed = values("0: (0) hold, 20: (10) smooth, 60: (30), 100: (0)")
    assert (mixed[:20] == 0).all()
    np.testing.assert_allclose(mixed[20:61], 10 + 20 * parse_curve("smooth").shape(np.arange(41) / 40))
    np.testing.assert_allclose(mixed[60:], 30 - 30 * np.arange(41) / 40)


def test_a_key_may_differ_from_its_lane() -> None:
    mixed = values("smooth; 0: 0, 50: 10 linear, 100: 20")
    np.testing.assert_allclose(mixed[:51], 10 * parse_curve("smooth").shape(np.arange(51) / 50))
    np.testing.assert_allclose(mixed[50:], 10 + np.arange(51) / 5)
    table = parse_schedule(
        {"curve": "smooth", "0": 0, "50": "10 linear", "100": 20}, lane="zoom", clock=CLOCK
    )
    np.testing.assert_array_equal(table.values(), mixed)


def test_a_curve_shapes_the_ramp_to_an_expression() -> None:
    found = values("0: 0 smooth, 10: (t), 20: 5")
    np.testing.assert_allclose(found[:11], 10 * parse_curve("smooth").shape(np.arange(11) / 10))
    np.testing.assert_allclose(found[10:20], np.arange(10, 20))


def test_cubic_runs_to_an_expression_and_starts_again_after_it() -> None:
    found = values("cubic; 0: 0, 10: 4, 20: (t/2), 40: 1, 60: 9, 80: 10")
    assert found[10] == 4
    assert found[19] < 10
    np.testing.assert_allclose(found[20:40], np.arange(20, 40) / 2)
    assert found[40] == 1
    assert found[60] == 9
    assert (np.diff(found[40:81]) > 0).all()


def test_cubic_has_one_tangent_on_both_sides_of_a_key() -> None:
    schedule = parse_schedule("cubic; 0: 1, 20: 9, 80: 10", lane="zoom", clock=CLOCK)
    before, at, after = schedule.at(np.array([20 - 1e-5, 20, 20 + 1e-5]))
    assert at - before == pytest.approx(after - at, rel=1e-3)
    assert after > at


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.integers(0, 100), st.integers(-50, 50), min_size=3, max_size=9))
def test_cubic_slopes_are_those_of_scipys_pchip(keys: dict[int, int]) -> None:
    x = np.array(sorted(keys), dtype=float)
    y = np.array([keys[int(place)] for place in x], dtype=float)
    expected = PchipInterpolator(x, y).derivative()(x)
    np.testing.assert_allclose(monotone_slopes(x, y)[1:-1], expected[1:-1], atol=1e-9)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.integers(0, 100), st.floats(-1e3, 1e3), min_size=1, max_size=12))
def test_cubic_never_overshoots_its_keys(keys: dict[int, float]) -> None:
    found = values("cubic; " + ", ".join(f"{frame}: {value!r}" for frame, value in keys.items()))
    places = sorted(keys)
    for left, right in pairwise(places):
        low, high = sorted((keys[left], keys[right]))
        assert (found[left : right + 1] >= low - 1e-9 * max(1, abs(low))).all()
        assert (found[left : right + 1] <= high + 1e-9 * max(1, abs(high))).all()
    for place in places:
        assert found[place] == pytest.approx(keys[place])


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(NAMES[:-1])
    | st.tuples(*[st.floats(0, 1)] * 4).map(
        lambda p: f"bezier({p[0]:.3f}, {p[1]:.3f}, {p[2]:.3f}, {p[3]:.3f})"
    )
)
def test_str_then_parse_is_the_same_curve(text: str) -> None:
    assert parse_curve(str(parse_curve(text))) == parse_curve(text)


@pytest.mark.parametrize(
    "text", ["", "smoth", "bezier", "bezier(1)", "bezier(-1,0,1,1)", "bezier(0,1e9,1,1)", "Linear"]
)
def test_an_unknown_curve_is_refused(text: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        parse_curve(text)
    assert caught.value.problem.hint


def test_curves_are_values() -> None:
    assert Curve() == parse_curve("linear")
    assert str(Curve(name="bezier", points=(0.1, 0.2, 0.3, 0.4))) == "bezier(0.1, 0.2, 0.3, 0.4)"


def test_spline_passes_through_its_keys_with_the_slope_of_their_neighbours() -> None:
    x, y = np.array([0.0, 10, 25, 60, 99]), np.array([0.0, 4, -3, 5, 5])
    schedule = parse_schedule(
        "spline; " + ", ".join(f"{at:g}: {value:g}" for at, value in zip(x, y, strict=True)),
        lane="zoom",
        clock=CLOCK,
    )
    np.testing.assert_allclose(schedule.at(x), y, atol=1e-12)
    step = 1e-5
    inner = (schedule.at(x[1:-1] + step) - schedule.at(x[1:-1] - step)) / (2 * step)
    np.testing.assert_allclose(inner, (y[2:] - y[:-2]) / (x[2:] - x[:-2]), atol=1e-5)
    straight = parse_schedule("spline; 0: 1, 7: 8, 30: 31, 100: 101", lane="zoom", clock=CLOCK).values()
    np.testing.assert_allclose(straight, 1 + np.arange(101.0), atol=1e-9)
