"""Steps, bumps and their sums: formulas, positions, errors that fall as 1/n, the network that they are, refusals."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.approximation import bump, bumps, fit_bumps, network, step, step_position, wiggly
from course_lib.backprop import forward

pytestmark = pytest.mark.filterwarnings("error")

GRID = np.linspace(0, 1, 20_001)
numbers = st.floats(-1e6, 1e6)


# --- the test function -----------------------------------------------------------------------------------------------


def test_the_wiggly_function_has_its_known_values():
    np.testing.assert_allclose(wiggly([0.0, 0.5, 1.0]), [0.25, 0.4902601, 0.8433347], atol=5.1e-8)
    assert wiggly(GRID).var() == pytest.approx(0.04094, abs=2e-5)


def test_the_wiggly_function_is_its_formula():
    x = np.linspace(-2, 3, 101)
    expected = 0.2 + 0.4 * x**2 + 0.3 * x * np.sin(15 * x) + 0.05 * np.cos(50 * x)
    np.testing.assert_allclose(wiggly(x), expected, rtol=1e-13, atol=1e-15)


def test_on_the_unit_interval_it_stays_between_0_and_1():
    assert 0 < wiggly(GRID).min() and wiggly(GRID).max() < 1


# --- steps and bumps -------------------------------------------------------------------------------------------------


@given(weight=numbers.filter(lambda w: abs(w) > 1e-3), position=st.floats(-100, 100))
@settings(deadline=None)
def test_a_step_is_at_half_of_its_height_at_its_position(weight, position):
    bias = -weight * position
    assert step_position(weight, bias) == pytest.approx(position, rel=1e-12, abs=1e-12)
    assert float(step(step_position(weight, bias), weight, bias)) == pytest.approx(0.5, abs=1e-6)


def test_the_position_of_a_known_step():
    assert step_position(1000, -400) == 0.4


def test_a_step_is_its_formula_and_goes_down_for_a_negative_weight():
    np.testing.assert_allclose(step(GRID, 7.0, -3.0), 1 / (1 + np.exp(3 - 7 * GRID)), rtol=1e-14)
    np.testing.assert_allclose(step(GRID, -7.0, 3.0), 1 - step(GRID, 7.0, -3.0), atol=1e-15)


def test_a_bump_is_a_step_up_minus_a_step_down():
    expected = 3 * (step(GRID, 50.0, -10.0) - step(GRID, 50.0, -35.0))
    np.testing.assert_allclose(bump(GRID, 0.2, 0.7, 3.0, 50.0), expected, atol=1e-13)


def test_the_area_of_a_bump_is_width_times_height_at_any_weight():
    x = np.linspace(-50, 50, 200_001)
    for weight in (1.0, 10.0, 1000.0):
        area = bump(x, 0.2, 0.7, 3.0, weight).sum() * (x[1] - x[0])
        assert area == pytest.approx(1.5, rel=1e-3)


# --- sums of bumps ---------------------------------------------------------------------------------------------------


def errors(n):
    """Of the sum of n bumps with weight 50 n, without half a bump at either end, where it falls to 0."""
    interior = GRID[(GRID >= 0.5 / n) & (GRID <= 1 - 0.5 / n)]
    return bumps(interior, *fit_bumps(wiggly, n), 50.0 * n) - wiggly(interior)


def test_the_sum_of_bumps_is_the_sum():
    edges, heights = np.array([0.0, 0.1, 0.5, 0.7]), np.array([1.0, -2.0, 3.0])
    one_by_one = sum(bump(GRID, edges[k], edges[k + 1], heights[k], 80.0) for k in range(3))
    np.testing.assert_allclose(bumps(GRID, edges, heights, 80.0), one_by_one, atol=1e-14)


def test_equal_heights_make_one_wide_bump():
    many = bumps(GRID, np.linspace(0.2, 0.8, 11), np.full(10, 2.0), 60.0)
    np.testing.assert_allclose(many, bump(GRID, 0.2, 0.8, 2.0, 60.0), atol=1e-13)


def test_heights_are_the_function_in_the_middle():
    edges, heights = fit_bumps(np.cos, 4, -1.0, 3.0)
    np.testing.assert_array_equal(edges, [-1, 0, 1, 2, 3])
    np.testing.assert_array_equal(heights, np.cos([-0.5, 0.5, 1.5, 2.5]))


@pytest.mark.parametrize(
    ("n", "largest", "rms"),
    [(5, 0.4195, 0.1354), (20, 0.1272, 0.0330), (50, 0.0560, 0.0130), (100, 0.0281, 0.0065), (200, 0.0141, 0.0032)],
)
def test_the_errors_are_the_known_ones(n, largest, rms):
    assert np.abs(errors(n)).max() == pytest.approx(largest, abs=5.1e-5)
    assert np.sqrt(np.mean(errors(n) ** 2)) == pytest.approx(rms, abs=5.1e-5)


@pytest.mark.parametrize("n", [5, 20, 50, 100, 200])
def test_the_error_is_at_most_slope_over_2n(n):
    slope = np.abs(np.diff(wiggly(GRID))).max() / (GRID[1] - GRID[0])
    assert np.abs(errors(n)).max() <= slope / (2 * n) * 1.01


def test_twice_as_many_bumps_halve_the_error():
    largest = [np.abs(errors(n)).max() for n in (50, 100, 200)]
    np.testing.assert_allclose(np.divide(largest[:-1], largest[1:]), 2, rtol=0.03)


@pytest.mark.parametrize("n", [1, 2, 20])
def test_the_sum_of_bumps_is_a_network_with_2n_sigmoid_units(n):
    edges, heights = fit_bumps(wiggly, n)
    weights, biases = network(edges, heights, 50.0 * n)
    assert [w.shape for w in weights] == [(1, 2 * n), (2 * n, 1)]
    output, _ = forward(GRID[:, None], weights, biases, "sigmoid", "linear")
    np.testing.assert_allclose(output[:, 0], bumps(GRID, edges, heights, 50.0 * n), atol=1e-12)


# --- numbers at the ends, dtypes, and whose arrays they are ----------------------------------------------------------

FUNCTIONS = {
    "wiggly": wiggly,
    "step": lambda x: step(x, 1e300, -1e300),
    "bump": lambda x: bump(x, -1e308, 1e308, 2.0, 1e300),
    "bumps": lambda x: bumps(x, [0.0, 0.5, 1.0], [1.0, 2.0], 5e-324),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_shape_and_dtype_are_kept_and_the_argument_stays(name, dtype):
    x = np.linspace(0, 1, 6, dtype=dtype).reshape(2, 3)
    x.flags.writeable = False
    y = FUNCTIONS[name](x)
    assert (y.dtype, y.shape) == (dtype, (2, 3)) and not np.shares_memory(x, y)
    assert FUNCTIONS[name](dtype(0.5)).shape == () and FUNCTIONS[name](x[:0]).shape == (0, 3)


@pytest.mark.parametrize("name", FUNCTIONS)
@given(x=st.floats(allow_nan=False, allow_infinity=False))
@settings(deadline=None)
def test_no_finite_number_makes_a_warning_or_a_nan(name, x):
    assert not np.isnan(FUNCTIONS[name](x))


INF = float("inf")
REFUSED = {
    "x of integers": (lambda: wiggly([1, 2]), TypeError, "x: got an array of int64; takes float16"),
    "x infinite": (lambda: wiggly([INF]), ValueError, "x: got inf; takes finite numbers"),
    "x of step": (lambda: step([np.nan], 1.0, 0.0), ValueError, "x: got nan; takes finite numbers"),
    "weight of step": (lambda: step([1.0], INF, 0.0), ValueError, "weight: got inf; takes a number in [-inf, inf]"),
    "bias of step": (lambda: step([1.0], 1.0, "0"), TypeError, "bias: got '0'; takes a number in [-inf, inf]"),
    "no step": (lambda: step_position(0.0, 1.0), ValueError, "weight: got 0.0; takes another number"),
    "an empty bump": (lambda: bump([1.0], 2.0, 2.0, 1.0, 1.0), ValueError, "start, end: got 2.0 and 2.0; they take"),
    "height": (lambda: bump([1.0], 0.0, 2.0, INF, 1.0), ValueError, "height: got inf; takes a number in"),
    "weight of bump": (lambda: bump([1.0], 0.0, 2.0, 1.0, 0.0), ValueError, "weight: got 0.0; takes a number in (0"),
    "one edge": (lambda: bumps([1.0], [0.0], [], 1.0), ValueError, "edges: got the shape (1,); takes (n + 1,)"),
    "edges that fall": (lambda: bumps([1.0], [0.0, 2.0, 1.0], [1.0, 1.0], 1.0), ValueError, "edges: got 2 and then 1"),
    "heights": (lambda: bumps([1.0], [0.0, 2.0], [1.0, 1.0], 1.0), ValueError, "heights: got the shape (2,); takes (1"),
    "n": (lambda: fit_bumps(wiggly, 0), ValueError, "n: got 0; takes a whole number of at least 1"),
    "n, a float": (lambda: fit_bumps(wiggly, 2.0), TypeError, "n: got 2.0; takes a whole number of at least 1"),
    "interval": (lambda: fit_bumps(wiggly, 2, 1.0, 0.0), ValueError, "low, high: got 1.0 and 0.0; they take low <"),
    "function": (lambda: fit_bumps(lambda x: x[1:], 3), ValueError, "function: got the shape (2,); takes (3,)"),
    "infinite bias": (lambda: network([0.0, 1e10], [1.0], 1e300), ValueError, "weight, edges: got 1e+300 and up to"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_argument_is_refused(what):
    call, error, message = REFUSED[what]
    with pytest.raises(error, match="^" + re.escape(message)):
        call()
