"""The largest curvature, against eigenvalues of matrices, and where it decides whether gradient descent settles."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.curvature import largest_curvature
from course_lib.optimizers import descend


def bowl(eigenvalues, seed=0):
    """A symmetric matrix with these eigenvalues, in directions drawn at random."""
    q, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=2 * [len(eigenvalues)]))
    return q * eigenvalues @ q.T


@settings(max_examples=30)
@given(st.lists(st.floats(-5, 5), min_size=2, max_size=6), st.integers(0, 99))
def test_it_is_the_eigenvalue_of_the_largest_size(others, seed):
    h = bowl([9.0, *others], seed)
    start = np.random.default_rng(seed + 1).normal(size=len(h))
    found = largest_curvature(lambda w: h @ w, np.ones(len(h)), start, steps=60)
    assert found.value == pytest.approx(9.0, rel=1e-6)
    assert np.allclose(h @ found.direction, found.value * found.direction, atol=1e-5)


def test_a_curvature_that_is_largest_downward_is_negative():
    assert largest_curvature(lambda w: [-9.0, 4.0] * w, np.ones(2), np.ones(2)).value == pytest.approx(-9.0)


def test_it_is_that_of_the_place_and_not_of_the_minimum():
    def gradient(w):  # of the sum of w⁴ / 12: the curvature at w is w²
        return w**3 / 3

    assert largest_curvature(gradient, [3.0, 1.0], [1.0, 1.0]).value == pytest.approx(9.0, rel=1e-6)


def test_a_jump_of_the_slope_between_the_two_points_counts_as_jump_over_2h():
    def gradient(w):  # of 2 w² + max(w, 0) / 2
        return 4 * w + 0.5 * (w > 0)

    for h in (1e-3, 0.1):
        assert largest_curvature(gradient, [0.0], [1.0], h=h).value == pytest.approx(4 + 0.5 / (2 * h))
        assert largest_curvature(gradient, [1.5 * h], [1.0], h=h).value == pytest.approx(4.0)


def test_the_shape_is_kept_and_the_direction_has_length_1():
    h = bowl([3.0, 1.0, 0.5, 0.2])
    found = largest_curvature(lambda w: (h @ w.ravel()).reshape(2, 2), np.zeros((2, 2)), np.eye(2), steps=40)
    assert found.direction.shape == (2, 2) and np.linalg.norm(found.direction) == pytest.approx(1.0)
    assert found.value == pytest.approx(3.0)


def test_each_step_is_one_product_with_two_gradients():
    calls = []
    largest_curvature(lambda w: calls.append(w) or 2 * w, np.ones(3), np.ones(3), steps=7)
    assert len(calls) == 14


def test_slopes_are_compared_at_the_distance_h_on_both_sides():
    places = []
    largest_curvature(lambda w: places.append(w.copy()) or 2 * w, [5.0], [2.0], steps=1, h=0.25)
    assert [float(w[0]) for w in places] == [5.25, 4.75]


def test_by_default_there_are_20_products_with_slopes_one_ten_thousandth_ahead_and_behind():
    places = []
    largest_curvature(lambda w: places.append(float(w[0])) or 2 * w, [0.0], [2.0])
    assert len(places) == 40 and places[:2] == [1e-4, -1e-4]


@pytest.mark.parametrize(("factor", "settles"), [(0.99, True), (1.01, False)])
def test_gradient_descent_settles_below_two_over_it_and_not_above(factor, settles):
    h = bowl([7.0, 2.0, 1.0])
    found = largest_curvature(lambda w: h @ w, np.ones(3), np.arange(1.0, 4), steps=60)
    way = descend("sgd", lambda w: h @ w, found.direction, 300, factor * 2 / found.value)
    assert (np.linalg.norm(way[-1]) < 0.01) == settles


@pytest.mark.parametrize("start", [np.zeros(2), np.array([1.0, 0.0]), np.array([np.nan, 1.0])])
def test_a_start_that_leads_nowhere_is_refused(start):
    with pytest.raises(ValueError, match="start: got a direction along which no slope changes"):
        largest_curvature(lambda w: [0.0, 1.0] * w, np.ones(2), start)


def test_a_gradient_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"gradient: got the shape \(3,\); takes \(2,\) to fit w"):
        largest_curvature(lambda w: np.ones(3), np.ones(2), np.ones(2))
