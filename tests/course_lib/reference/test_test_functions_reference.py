"""The test functions against JAX: gradients at many points, and what kind of points the minima are."""

import numpy as np
import pytest

jax = pytest.importorskip("jax", reason="JAX is not installed here: make references")

from course_lib.test_functions import TEST_FUNCTIONS  # noqa: E402

#: Each by its formula, for JAX to differentiate.
FORMULAS = {
    "beale": lambda x, y: (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2,
    "rosenbrock": lambda x, y: (1 - x) ** 2 + 100 * (y - x**2) ** 2,
    "himmelblau": lambda x, y: (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2,
    "booth": lambda x, y: (x + 2 * y - 7) ** 2 + (2 * x + y - 5) ** 2,
    "saddle": lambda x, y: x**2 - y**2,
    "elongated_quadratic": lambda x, y: (x**2 + 25 * y**2) / 2,
}
#: Where a gradient is 0 and no minimum is: the signs of the curvatures.
SADDLES = {"beale": [(0.0, 1.0)], "saddle": [(0.0, 0.0)]}

each = pytest.mark.parametrize("name", FORMULAS)


@pytest.fixture(autouse=True)
def float64():
    """JAX in float64, for these tests only."""
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", before)


def of_point(name):
    return lambda point: FORMULAS[name](point[0], point[1])


def curvatures(name, point):
    """The eigenvalues of the Hessian, in rising order."""
    return np.linalg.eigvalsh(np.asarray(jax.hessian(of_point(name))(jax.numpy.asarray(point))))


def test_all_of_them_are_compared():
    assert set(FORMULAS) == set(TEST_FUNCTIONS)


@each
def test_values_and_gradients_are_those_of_jax_at_10_000_points(name):
    ours = TEST_FUNCTIONS[name]
    low, high = np.transpose(ours.window)
    points = np.random.default_rng(0).uniform(low - 1, high + 1, (10_000, 2))
    value, gradient = jax.vmap(jax.value_and_grad(of_point(name)))(points)
    np.testing.assert_allclose(ours.value(points), value, rtol=1e-12, atol=1e-12 * np.abs(value).max())
    np.testing.assert_allclose(ours.gradient(points), gradient, rtol=1e-12, atol=1e-13 * np.abs(gradient).max())


@each
def test_at_its_minima_a_function_is_flat_and_curved_upward_in_every_direction(name):
    for point in TEST_FUNCTIONS[name].minima:
        slope = jax.grad(of_point(name))(jax.numpy.asarray(point))
        np.testing.assert_allclose(slope, 0, atol=1e-10)
        assert curvatures(name, point)[0] > 0.1
        assert FORMULAS[name](*point) == pytest.approx(0, abs=1e-20)


@pytest.mark.parametrize("name", SADDLES)
def test_at_a_saddle_it_is_flat_and_curved_both_ways(name):
    for point in SADDLES[name]:
        np.testing.assert_allclose(jax.grad(of_point(name))(jax.numpy.asarray(point)), 0, atol=1e-12)
        np.testing.assert_allclose(TEST_FUNCTIONS[name].gradient(point), 0, atol=1e-12)
        down, up = curvatures(name, point)
        assert down < -0.1 < 0.1 < up


def test_the_valley_of_the_elongated_quadratic_is_25_times_as_curved_across_as_along():
    assert curvatures("elongated_quadratic", (0.3, -0.2)).tolist() == [1.0, 25.0]
