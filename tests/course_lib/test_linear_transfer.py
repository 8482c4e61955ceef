"""Transfer in a linear model: where gradient descent ends, a law of Pythagoras, means over many draws, and refusals."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.linear_transfer import frozen_left, left, nearest_fit

pytestmark = pytest.mark.filterwarnings("error")


def task(seed, n, d):
    """Inputs, the weights that task A left, and those of task B."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)), rng.normal(size=d), rng.normal(size=d)


@pytest.mark.parametrize("n", [3, 8, 12])
def test_gradient_descent_from_the_start_ends_there(n):
    x, start, goal = task(0, n, 8)
    y = x @ goal + (0 if n <= 8 else np.random.default_rng(1).normal(size=n))  # more examples than weights: no fit
    w = start.copy()
    rate = 1 / np.linalg.eigvalsh(x.T @ x)[-1]
    for _ in range(20_000):
        w -= rate * x.T @ (x @ w - y)
    np.testing.assert_allclose(nearest_fit(x, y, start), w, atol=1e-8)


def test_no_other_weights_that_fit_are_nearer_to_the_start():
    x, start, goal = task(1, 3, 6)
    w = nearest_fit(x, x @ goal, start)
    np.testing.assert_allclose(x @ w, x @ goal, atol=1e-12)
    across = np.linalg.svd(x)[2][3:]  # directions that no example sees
    for step in 0.1 * across:
        assert np.linalg.norm(w + step - start) > np.linalg.norm(w - start)


@given(seed=st.integers(0, 2**32), n=st.integers(1, 10))
@settings(deadline=None, max_examples=30)
def test_what_is_left_and_what_was_moved_are_the_distance(seed, n):
    x, start, goal = task(seed, n, 10)
    w = nearest_fit(x, x @ goal, start)
    squares = np.sum((w - goal) ** 2) + np.sum((w - start) ** 2)
    np.testing.assert_allclose(squares, np.sum((start - goal) ** 2), rtol=1e-6)


@pytest.mark.parametrize(("n", "d"), [(0, 5), (2, 5), (4, 5), (5, 5), (9, 5)])
def test_the_mean_over_many_draws_is_what_is_left(n, d):
    rng = np.random.default_rng([n, d])
    start, goal = rng.normal(size=(2, d))
    distance = float(np.sum((start - goal) ** 2))
    if n == 0:
        assert left(distance, n, d) == distance
        return
    draws = [rng.normal(size=(n, d)) for _ in range(1500)]
    errors = [np.sum((nearest_fit(x, x @ goal, start) - goal) ** 2) for x in draws]
    error = np.std(errors) / np.sqrt(len(errors))
    assert abs(np.mean(errors) - left(distance, n, d)) <= 4 * error + 1e-9
    assert error < 0.02 * distance


@pytest.mark.parametrize(("n", "kept"), [(8, 3), (20, 3), (6, 1)])
def test_the_mean_over_many_draws_is_what_frozen_features_leave(n, kept):
    rng, d = np.random.default_rng([n, kept]), 6
    goal = rng.normal(size=d)
    outside = float(np.sum(goal[kept:] ** 2))
    errors = []
    for _ in range(3000):
        x = rng.normal(size=(n, d))
        head = np.linalg.lstsq(x[:, :kept], x @ goal)[0]
        errors.append(np.sum((head - goal[:kept]) ** 2) + outside)
    assert np.mean(errors) == pytest.approx(frozen_left(outside, n, kept), rel=0.04)
    assert np.mean(errors) > 1.04 * outside


REFUSED = {
    "x": ([1.0], [1.0], [1.0], "x: got the shape (1,); takes (examples, features)"),
    "no example": (np.zeros((0, 2)), np.zeros(0), [1.0, 1.0], "x: got the shape (0, 2); takes (examples, features)"),
    "y": ([[1.0]], [1.0, 2.0], [1.0], "y: got the shape (2,); takes (1,) to fit x"),
    "start": ([[1.0]], [1.0], [1.0, 2.0], "start: got the shape (2,); takes (1,) to fit x"),
    "nan": ([[1.0]], [1.0], [np.nan], "start: got nan; takes finite numbers"),
    "inf": ([[np.inf]], [1.0], [0.0], "x: got inf; takes finite numbers"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_argument_is_refused(what):
    *arguments, message = REFUSED[what]
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        nearest_fit(*arguments)


def test_too_few_examples_for_frozen_features_are_refused():
    with pytest.raises(ValueError, match=r"^examples: got 4; takes a whole number of at least 5$"):
        frozen_left(1.0, 4, 3)
