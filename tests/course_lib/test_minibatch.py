"""Noise, edge and floor of minibatches, against all batches that there are."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.minibatch import gradient_noise, largest_rate, noise_floor

RNG = np.random.default_rng(0)
X = RNG.normal(size=(6, 2)) * [1.0, 2.0]
Y = RNG.normal(size=6)
BEST = np.linalg.lstsq(X, Y)[0]
R = X @ BEST - Y
EVERY = [1, 2, 5, 6]


def batches(size):
    return [list(batch) for batch in combinations(range(len(X)), size)]


def moments_after(mean, second, rate, size):
    """Mean and second moment of w - best after one step, each an average over all batches, without a formula."""
    means, seconds = [], []
    for batch in batches(size):
        a = np.eye(2) - rate * X[batch].T @ X[batch] / size
        b = -rate * X[batch].T @ R[batch] / size
        means.append(a @ mean + b)
        cross = a @ np.outer(mean, b)
        seconds.append(a @ second @ a.T + cross + cross.T + np.outer(b, b))
    return np.mean(means, axis=0), np.mean(seconds, axis=0)


def second_moment(rate, size, steps, start=None):
    mean, second = np.zeros(2), np.zeros((2, 2)) if start is None else start
    for _ in range(steps):
        mean, second = moments_after(mean, second, rate, size)
    return second


@pytest.mark.parametrize("size", EVERY)
def test_the_noise_is_the_mean_square_distance_over_all_batches(size):
    g = RNG.normal(size=(6, 2, 3))
    distances = [np.sum((g[batch].mean(axis=0) - g.mean(axis=0)) ** 2) for batch in batches(size)]
    assert gradient_noise(g, size) == pytest.approx(np.mean(distances), abs=1e-15)


@given(st.integers(2, 40))
def test_one_example_has_all_the_noise_and_all_examples_have_none(n):
    g = np.arange(n)[:, None].astype(float)
    assert gradient_noise(g, 1) == pytest.approx(g.var())
    assert gradient_noise(g, n) == 0


def test_a_single_example_makes_no_noise():
    assert gradient_noise([[3.0, 4.0]], 1) == 0


@pytest.mark.parametrize("size", EVERY)
@pytest.mark.parametrize(("factor", "grows"), [(0.98, False), (1.02, True)])
def test_the_mean_square_grows_above_the_edge_and_not_below(size, factor, grows):
    rate = factor * largest_rate(X, size)
    before, after = (np.trace(second_moment(rate, size, steps, np.eye(2))) for steps in (200, 400))
    assert (after > 1.5 * before) == grows


def test_the_edge_of_all_examples_is_two_over_the_largest_eigenvalue():
    assert largest_rate(X, 6) == pytest.approx(2 / np.linalg.eigvalsh(X.T @ X / 6)[-1])


@pytest.mark.parametrize("size", EVERY)
def test_the_edge_for_one_weight_is_the_formula_of_the_docstring(size):
    x, c = X[:, :1], (6 - size) / (size * 5)
    second, fourth = np.mean(x**2), np.mean(x**4)
    assert largest_rate(x, size) == pytest.approx(2 * second / ((1 - c) * second**2 + c * fourth))


@settings(max_examples=20)
@given(st.integers(0, 10_000))
def test_larger_batches_have_no_lower_edge(seed):
    x = np.random.default_rng(seed).normal(size=(12, 3))
    edges = [largest_rate(x, size) for size in range(1, 13)]
    assert (np.diff(edges) > -1e-9).all()


@pytest.mark.parametrize("size", EVERY)
@pytest.mark.parametrize("share", [0.3, 0.6])
def test_the_floor_is_the_mean_loss_over_all_batches_in_the_long_run(size, share):
    rate = share * largest_rate(X, size)
    second = second_moment(rate, size, 600)
    expected = 0.5 * np.sum(X.T @ X / 6 * second)
    assert noise_floor(X, R, size, rate) == pytest.approx(expected, rel=1e-6, abs=1e-15)


@pytest.mark.parametrize("size", [1, 2, 5])
def test_the_floor_for_one_weight_is_the_formula_of_the_docstring(size):
    x, c, rate = X[:, :1], (6 - size) / (size * 5), 0.1
    r = x[:, 0] * np.linalg.lstsq(x, Y)[0] - Y
    second, fourth, noise = np.mean(x**2), np.mean(x**4), np.mean((r * x[:, 0]) ** 2)
    expected = c * rate * noise / (2 * (2 - rate * second - rate * c * (fourth / second - second)))
    assert noise_floor(x, r, size, rate) == pytest.approx(expected)


@pytest.mark.parametrize("size", [1, 2, 5])
def test_for_small_rates_the_floor_is_a_quarter_of_rate_times_noise(size):
    noise = gradient_noise(X * R[:, None], size)
    assert noise_floor(X, R, size, 1e-6) == pytest.approx(1e-6 * noise / 4, rel=1e-4)


def test_from_the_edge_on_there_is_no_floor():
    edge = largest_rate(X, 1)
    assert noise_floor(X, R, 1, edge) == noise_floor(X, R, 1, 2 * edge) == np.inf
    assert np.isfinite(noise_floor(X, R, 1, 0.999 * edge))


def test_without_errors_at_the_minimum_there_is_no_noise():
    assert noise_floor(X, np.zeros(6), 1, 0.01) == 0


@pytest.mark.parametrize("call", [
    lambda: gradient_noise(X, 7), lambda: largest_rate(X, 7), lambda: noise_floor(X, R, 7, 0.1)])  # fmt: skip
def test_a_batch_of_more_examples_than_there_are_is_refused(call):
    with pytest.raises(ValueError, match="batch_size: got 7; takes at most 6, the number of examples"):
        call()


@pytest.mark.parametrize("x", [np.zeros((3, 1)), np.ones((4, 2))])
def test_dependent_columns_are_refused(x):
    with pytest.raises(ValueError, match=r"x: got \d columns that are linearly dependent"):
        largest_rate(x, 1)


@pytest.mark.parametrize("x", [np.zeros((0, 2)), np.float64(1.0)])
def test_no_example_is_refused(x):
    with pytest.raises(ValueError, match="takes one row an example, one or more"):
        gradient_noise(x, 1)


@pytest.mark.parametrize("x", [np.ones(3), np.ones((3, 0)), np.ones((2, 2, 2))])
def test_inputs_that_are_no_table_are_refused(x):
    with pytest.raises(ValueError, match=r"x: got the shape .+; takes \(examples, features\)"):
        largest_rate(x, 1)
