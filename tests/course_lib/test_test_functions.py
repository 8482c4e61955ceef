"""The test functions: their gradients by complex steps, their minima, and what they refuse."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib import test_functions

pytestmark = pytest.mark.filterwarnings("error")

FUNCTIONS = test_functions.TEST_FUNCTIONS
by_name = pytest.mark.parametrize("name", FUNCTIONS)
coordinates = st.floats(-5, 5)


def hessian(f, point, h=1e-5):
    """Central differences of the gradient."""
    rows = [(f.gradient(point + d) - f.gradient(point - d)) / (2 * h) for d in h * np.eye(2)]
    return np.array(rows)


def test_the_six_are_there():
    assert list(FUNCTIONS) == ["beale", "rosenbrock", "himmelblau", "booth", "saddle", "elongated_quadratic"]


@by_name
@given(x=coordinates, y=coordinates)
@settings(deadline=None, max_examples=50)
def test_the_gradient_is_the_derivative_of_the_value(name, x, y):
    f = FUNCTIONS[name]
    h = 1e-30  # f(x + ih) = f(x) + ih f'(x) - …: the imaginary part holds the derivative to the last digit
    by_complex_step = [f.value([x + 1j * h, y]).imag / h, f.value([x, y + 1j * h]).imag / h]
    np.testing.assert_allclose(f.gradient([x, y]), by_complex_step, rtol=1e-11, atol=1e-9)


@by_name
def test_the_gradient_vanishes_at_every_minimum_and_the_curvature_is_positive(name):
    f = FUNCTIONS[name]
    for point in f.minima:
        np.testing.assert_allclose(f.value(point), 0, atol=1e-25)
        np.testing.assert_allclose(f.gradient(point), 0, atol=1e-12)
        assert np.linalg.eigvalsh(hessian(f, point)).min() > 0


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if name != "saddle"])
@given(x=coordinates, y=coordinates)
@settings(deadline=None, max_examples=50)
def test_no_point_lies_below_the_minima(name, x, y):
    assert FUNCTIONS[name].value([x, y]) >= 0


@by_name
def test_the_window_shows_the_minima(name):
    f = FUNCTIONS[name]
    (x_low, x_high), (y_low, y_high) = f.window
    assert x_low < x_high
    assert y_low < y_high
    assert f.minima.shape == (len(f.minima), 2)
    assert ((f.minima > [x_low, y_low]) & (f.minima < [x_high, y_high])).all()


def test_himmelblau_s_function_has_four_minima_and_the_saddle_none():
    assert {name: len(f.minima) for name, f in FUNCTIONS.items()} == {
        "beale": 1, "rosenbrock": 1, "himmelblau": 4, "booth": 1, "saddle": 0, "elongated_quadratic": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    "name, point, value",
    [
        ("beale", (3, 0.5), 0.0),
        ("beale", (0, 1), 14.203125),
        ("beale", (1, 1), 14.203125),
        ("beale", (0, 0), 14.203125),
        ("beale", (1, -1), 5.703125),
        ("rosenbrock", (-1, 1), 4.0),
        ("rosenbrock", (0, 0), 1.0),
        ("himmelblau", (0, 0), 170.0),
        ("booth", (0, 0), 74.0),
        ("saddle", (1, 2), -3.0),
        ("elongated_quadratic", (1, 1), 13.0),
    ],
)
def test_known_values(name, point, value):
    assert FUNCTIONS[name].value(point) == value


def test_beale_s_function_has_a_saddle_at_0_1():
    f = FUNCTIONS["beale"]
    np.testing.assert_array_equal(f.gradient([0, 1]), 0)
    low, high = np.linalg.eigvalsh(hessian(f, np.array([0.0, 1.0])))
    assert low < 0 < high


@pytest.mark.parametrize("name, curvatures", [("booth", [2, 18]), ("elongated_quadratic", [1, 25])])
def test_the_quadratics_are_as_steep_as_their_docstrings_say(name, curvatures):
    assert np.linalg.eigvalsh(hessian(FUNCTIONS[name], np.zeros(2))) == pytest.approx(curvatures, rel=1e-6)


@by_name
@pytest.mark.parametrize("shape", [(), (5,), (3, 4)])
def test_points_of_any_number_of_axes_are_served_at_once(name, shape):
    f = FUNCTIONS[name]
    points = np.random.default_rng(0).uniform(-2, 2, (*shape, 2))
    values, gradients = f.value(points), f.gradient(points)
    assert values.shape == shape
    assert gradients.shape == (*shape, 2)
    for i in np.ndindex(shape):
        np.testing.assert_allclose(values[i], f.value(points[i]), rtol=1e-12)
        np.testing.assert_allclose(gradients[i], f.gradient(points[i]), rtol=1e-12, atol=1e-12)


@by_name
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("shape", [(2,), (3, 2)])
def test_the_dtype_is_kept(name, dtype, shape):
    f = FUNCTIONS[name]
    points = np.ones(shape, dtype)
    assert f.value(points).dtype == dtype
    assert f.gradient(points).dtype == dtype


@by_name
def test_integers_are_taken_as_float64_without_overflow(name):
    f = FUNCTIONS[name]
    points = np.array([[100, 120]], np.int8)
    np.testing.assert_array_equal(f.value(points), f.value(points.astype(float)))
    assert f.gradient(points).dtype == np.float64


@by_name
@pytest.mark.parametrize("size", [1e200, 1.7e308])
def test_far_away_values_are_inf_or_nan_without_a_warning(name, size):
    f = FUNCTIONS[name]
    with np.errstate(all="raise"):
        assert not np.isfinite(f.value([size, -size / 3]))
        f.gradient([size, -size / 3])


@by_name
def test_the_points_are_not_written_to(name):
    f = FUNCTIONS[name]
    points = np.ones((3, 2))
    points.flags.writeable = False
    f.value(points)
    f.gradient(points)
    with pytest.raises(ValueError, match="read-only"):
        f.minima[...] = 0


@by_name
@pytest.mark.parametrize("part", ["value", "gradient"])
def test_points_without_two_coordinates_are_refused(name, part):
    function = getattr(FUNCTIONS[name], part)
    with pytest.raises(ValueError, match=r"points: got shape \(3,\); takes shape \(…, 2\)"):
        function([1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match=r"points: got shape \(\); takes shape \(…, 2\)"):
        function(1.0)
    with pytest.raises(TypeError, match="points: got an array of <U1; takes real numbers"):
        function(["a", "b"])
