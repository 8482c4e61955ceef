"""Batch normalization: its formula, moments, moving statistics by hand, gradients by differences, and refusals."""

import doctest
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from course_lib import batch_norm as module
from course_lib.batch_norm import batch_norm, batch_norm_gradient, fold

pytestmark = pytest.mark.filterwarnings("error")

ONE, ZERO = np.ones(3), np.zeros(3)
FRESH = (ZERO, ONE)
some_batches = arrays.arrays(np.float64, (6, 3), elements=st.floats(-100, 100))
any_batches = arrays.arrays(np.float64, (4, 3), elements=st.floats(allow_nan=False, allow_infinity=False))
DTYPES = pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])


def case(seed=0, shape=(8, 3)):
    """Input, gamma, beta and a state that is not the fresh one."""
    rng = np.random.default_rng(seed)
    state = (rng.normal(size=shape[-1]), rng.uniform(0.5, 2, shape[-1]))
    return rng.normal(2, 3, shape), rng.normal(size=shape[-1]), rng.normal(size=shape[-1]), state


def test_the_examples_in_the_docstrings_are_right():
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0


# --- training --------------------------------------------------------------------------------------------------------


@given(x=some_batches, epsilon=st.floats(1e-6, 10))
@settings(deadline=None)
def test_in_training_it_is_its_formula_with_the_biased_variance_and_epsilon_inside_the_root(x, epsilon):
    _, gamma, beta, state = case()
    y, _ = batch_norm(x, gamma, beta, state, True, epsilon=epsilon)
    expected = gamma * (x - x.mean(0)) / np.sqrt(((x - x.mean(0)) ** 2).sum(0) / 6 + epsilon) + beta
    np.testing.assert_allclose(y, expected, rtol=1e-9, atol=1e-9)


def test_two_numbers_by_hand():
    # mean 2, variance 1 (unbiased it would be 2), root of 1 + 3 = 2
    y, (mean, variance) = batch_norm([[1.0], [3.0]], [4.0], [10.0], ([0.0], [1.0]), True, 0.75, 3.0)
    np.testing.assert_allclose(y, [[8], [12]], rtol=1e-15)
    np.testing.assert_allclose([mean[0], variance[0]], [0.5, 1.0], rtol=1e-15)
    _, (_, variance) = batch_norm([[1.0], [3.0]], [4.0], [10.0], ([0.0], [1.0]), True, 0.75, 3.0, unbiased=True)
    np.testing.assert_allclose(variance, [1.25], rtol=1e-15)


def test_the_output_has_mean_beta_and_standard_deviation_gamma():
    x, gamma, beta, state = case(shape=(50, 4, 3))
    y, _ = batch_norm(x, gamma, beta, state, True, epsilon=1e-12)
    np.testing.assert_allclose(y.mean((0, 1)), beta, rtol=1e-12)
    np.testing.assert_allclose(y.std((0, 1)), np.abs(gamma), rtol=1e-9)


@given(x=some_batches, scale=st.floats(0.1, 10), shift=st.floats(-100, 100))
@settings(deadline=None)
def test_neither_a_shift_of_the_input_nor_its_scale_passes_through(x, scale, shift):
    x = x + 200 * np.arange(6)[:, None]  # so that no feature is constant
    y = batch_norm(x, ONE, ZERO, FRESH, True, epsilon=1e-12)[0]
    np.testing.assert_allclose(batch_norm(x + shift, ONE, ZERO, FRESH, True, epsilon=1e-12)[0], y, atol=1e-9)
    np.testing.assert_allclose(batch_norm(x * scale, ONE, ZERO, FRESH, True, epsilon=1e-12)[0], y, atol=1e-9)
    np.testing.assert_allclose(batch_norm(-x, ONE, ZERO, FRESH, True, epsilon=1e-12)[0], -y, atol=1e-9)


def test_the_state_plays_no_part_in_the_output_of_training():
    x, gamma, beta, state = case()
    y, _ = batch_norm(x, gamma, beta, state, True)
    np.testing.assert_array_equal(batch_norm(x, gamma, beta, FRESH, True)[0], y)


def test_every_axis_but_the_last_belongs_to_the_batch():
    x, gamma, beta, state = case(shape=(4, 2, 5, 3))
    y, after = batch_norm(x, gamma, beta, state, True)
    flat, after_flat = batch_norm(x.reshape(40, 3), gamma, beta, state, True)
    np.testing.assert_array_equal(y.reshape(40, 3), flat)
    np.testing.assert_array_equal(after, after_flat)


# --- the state -------------------------------------------------------------------------------------------------------


def test_one_step_from_a_fresh_state_moves_it_by_a_hundredth():
    x = np.random.default_rng(0).normal(5, 3, (256, 3))
    _, (mean, variance) = batch_norm(x, ONE, ZERO, FRESH, True)
    np.testing.assert_allclose(mean, 0.01 * x.mean(0), rtol=1e-12)
    np.testing.assert_allclose(variance, 0.99 + 0.01 * x.var(0), rtol=1e-12)


@pytest.mark.parametrize("unbiased", [False, True])
def test_the_state_is_the_moving_average_at_every_one_of_20_steps(unbiased):
    _, gamma, beta, state = case()
    mean, variance = state
    for seed in range(20):
        x = case(seed)[0]
        _, state = batch_norm(x, gamma, beta, state, True, 0.8, unbiased=unbiased)
        mean = 0.8 * mean + 0.2 * x.mean(0)
        variance = 0.8 * variance + 0.2 * x.var(0, ddof=1 if unbiased else 0)
        np.testing.assert_allclose(state, (mean, variance), rtol=1e-12)


def test_with_one_batch_again_and_again_the_state_reaches_its_moments():
    x, gamma, beta, state = case()
    for _ in range(200):
        state = batch_norm(x, gamma, beta, state, True, 0.8)[1]
    np.testing.assert_allclose(state, (x.mean(0), x.var(0)), rtol=1e-12)
    training, inference = (batch_norm(x, gamma, beta, state, t)[0] for t in (True, False))
    np.testing.assert_allclose(training, inference, rtol=1e-10)


def test_momentum_0_keeps_the_newest_alone_and_1_the_oldest():
    x, gamma, beta, state = case()
    np.testing.assert_allclose(batch_norm(x, gamma, beta, state, True, 0)[1], (x.mean(0), x.var(0)), rtol=1e-12)
    np.testing.assert_array_equal(batch_norm(x, gamma, beta, state, True, 1)[1], state)
    huge = (ZERO, np.full(3, np.inf))  # what inputs beyond 1e154 leave
    assert np.isfinite(batch_norm(x, gamma, beta, huge, True, 0)[1]).all()
    assert not np.isnan(batch_norm(x * 1e200, gamma, beta, state, True, 1)[1]).any()


# --- inference -------------------------------------------------------------------------------------------------------


def test_at_inference_it_is_its_formula_with_the_state_which_stays():
    x, gamma, beta, state = case()
    y, after = batch_norm(x, gamma, beta, state, False, epsilon=0.5)
    np.testing.assert_allclose(y, gamma * (x - state[0]) / np.sqrt(state[1] + 0.5) + beta, rtol=1e-12, atol=1e-14)
    np.testing.assert_array_equal(after, state)


def test_at_inference_an_example_does_not_depend_on_the_others_and_in_training_it_does():
    x, gamma, beta, state = case()
    y, alone = (batch_norm(part, gamma, beta, state, False)[0] for part in (x, x[:1]))
    np.testing.assert_array_equal(alone, y[:1])
    y, fewer = (batch_norm(part, gamma, beta, state, True)[0] for part in (x, x[:4]))
    assert np.abs(fewer - y[:4]).min() > 1e-6


def test_after_one_step_inference_is_far_from_training():
    x = np.random.default_rng(0).normal(5, 3, (4096, 3))
    _, state = batch_norm(x, ONE, ZERO, FRESH, True)
    y, _ = batch_norm(x, ONE, ZERO, state, False)
    assert y.mean() == pytest.approx(4.76, abs=0.1)


@given(x=some_batches, epsilon=st.floats(1e-3, 10))
@settings(deadline=None)
def test_fold_is_the_layer_at_inference_as_one_scale_and_one_shift(x, epsilon):
    _, gamma, beta, state = case()
    scale, shift = fold(gamma, beta, state, epsilon)
    y, _ = batch_norm(x, gamma, beta, state, False, epsilon=epsilon)
    np.testing.assert_allclose(scale * x + shift, y, rtol=1e-9, atol=1e-9)


# --- the gradient ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(5, 3), (2, 3, 3), (1, 3), (2, 3)])
@pytest.mark.parametrize("epsilon", [1e-3, 1.0])
def test_the_gradient_is_the_derivative_of_the_output_of_training(shape, epsilon):
    x, gamma, beta, state = case(1, shape)
    upstream, h = np.random.default_rng(2).normal(size=shape), 1e-6
    arguments = {"x": x, "gamma": gamma, "beta": beta}

    def loss(**changed):
        return np.sum(upstream * batch_norm(**{**arguments, **changed}, state=state, training=True, epsilon=epsilon)[0])

    gradients = batch_norm_gradient(upstream, x, gamma, epsilon)
    for name, gradient in zip(arguments, gradients, strict=True):
        point = arguments[name]
        by_differences = [
            (loss(**{name: point + d.reshape(point.shape)}) - loss(**{name: point - d.reshape(point.shape)})) / (2 * h)
            for d in h * np.eye(point.size)
        ]
        np.testing.assert_allclose(gradient.ravel(), by_differences, rtol=1e-6, atol=2e-8)


def test_the_gradient_has_no_part_along_what_normalization_takes_out():
    x, gamma, _, _ = case()
    dx, _, _ = batch_norm_gradient(np.random.default_rng(2).normal(size=x.shape), x, gamma, 1e-12)
    np.testing.assert_allclose(dx.sum(0), 0, atol=1e-14)
    np.testing.assert_allclose((dx * (x - x.mean(0))).sum(0), 0, atol=1e-12)


def test_the_gradient_of_beta_is_the_sum_and_that_of_gamma_the_sum_with_what_gamma_multiplies():
    x, gamma, _, _ = case()
    upstream = np.random.default_rng(2).normal(size=x.shape)
    _, dgamma, dbeta = batch_norm_gradient(upstream, x, gamma, 0.5)
    z, _ = batch_norm(x, ONE, ZERO, FRESH, True, epsilon=0.5)
    np.testing.assert_allclose(dbeta, upstream.sum(0), rtol=1e-12)
    np.testing.assert_allclose(dgamma, (upstream * z).sum(0), rtol=1e-12)


def test_the_default_epsilon_is_the_same_everywhere():
    x, gamma, beta, state = case()
    for value, explicit in (
        (batch_norm(x, gamma, beta, state, True), batch_norm(x, gamma, beta, state, True, 0.99, 0.001)),
        (batch_norm_gradient(x, x, gamma), batch_norm_gradient(x, x, gamma, 0.001)),
        (fold(gamma, beta, state), fold(gamma, beta, state, 0.001)),
    ):
        np.testing.assert_array_equal(value[0], explicit[0])


# --- numbers at the ends ---------------------------------------------------------------------------------------------


@DTYPES
@given(x=any_batches)
@settings(deadline=None, max_examples=50)
def test_no_finite_batch_makes_a_warning_or_a_nan(dtype, x):
    with np.errstate(over="ignore"):
        x = x.astype(dtype)
    x[~np.isfinite(x)] = np.finfo(dtype).max
    for training in (True, False):
        y, state = batch_norm(x, ONE, ZERO, FRESH, training)
        assert y.dtype == dtype
        assert not np.isnan(y).any() and not np.isnan(state).any()
        assert not training or np.abs(y).max() <= 3**0.5 * 1.01  # the furthest that one of four can be from the others
    for gradient in batch_norm_gradient(np.ones_like(x), x, ONE):
        assert not np.isnan(gradient).any()


@pytest.mark.parametrize("value", [0.0, 0.1, -1e8, 1e308, 5e-324])
def test_a_constant_feature_gives_beta_exactly_and_has_no_variance(value):
    _, gamma, beta, state = case()
    x = np.full((7, 3), value)
    y, (_, variance) = batch_norm(x, gamma, beta, state, True, 0.0)
    np.testing.assert_array_equal(y, np.broadcast_to(beta, (7, 3)))
    np.testing.assert_array_equal(variance, 0)
    dx, dgamma, _ = batch_norm_gradient(np.eye(7, 3), x, gamma)
    np.testing.assert_array_equal(dgamma, 0)
    np.testing.assert_allclose(dx, gamma / np.sqrt(1e-3) * (np.eye(7, 3) - 1 / 7), rtol=1e-12)


def test_a_large_mean_costs_no_digits():
    x = np.array([0.25, 0.5, 1.0, 2.0])[:, None]
    np.testing.assert_array_equal(
        batch_norm(x + 2.0**40, [1.0], [0.0], ([0.0], [1.0]), True)[0],
        batch_norm(x, [1.0], [0.0], ([0.0], [1.0]), True)[0],
    )


def test_the_largest_numbers_are_normalized_though_their_squares_overflow():
    y, _ = batch_norm([[1e308], [-1e308], [1e308], [-1e308]], [1.0], [0.0], ([0.0], [1.0]), True)
    np.testing.assert_allclose(y[:, 0], [1, -1, 1, -1], rtol=1e-12)


def test_float16_does_not_overflow_on_the_way():
    x = np.array([[6e4], [5e4], [-6e4]], np.float16)
    y, _ = batch_norm(x, [1.0], [0.0], ([0.0], [1.0]), True)
    np.testing.assert_allclose(y, batch_norm(x.astype(float), [1.0], [0.0], ([0.0], [1.0]), True)[0], rtol=1e-3)


@pytest.mark.parametrize("training", [True, False])
def test_an_empty_batch_leaves_the_state_and_gives_an_empty_output(training):
    x, gamma, beta, state = np.zeros((0, 3)), *case()[1:]
    y, after = batch_norm(x, gamma, beta, state, training)
    assert y.shape == (0, 3)
    np.testing.assert_array_equal(after, state)
    dx, dgamma, dbeta = batch_norm_gradient(x, x, gamma)
    assert dx.shape == (0, 3)
    np.testing.assert_array_equal([dgamma, dbeta], np.zeros((2, 3)))


def test_no_features_are_no_trouble():
    none = np.zeros(0)
    y, _ = batch_norm(np.zeros((4, 0)), none, none, (none, none), True)
    assert y.shape == (4, 0)


# --- dtypes, and whose arrays they are -------------------------------------------------------------------------------


@DTYPES
@pytest.mark.parametrize("training", [True, False])
def test_every_array_keeps_its_dtype(dtype, training):
    x, gamma, beta, state = case()
    y, after = batch_norm(x.astype(dtype), gamma, beta, (state[0].astype(np.float32), state[1].astype(dtype)), training)
    assert (y.dtype, after[0].dtype, after[1].dtype) == (dtype, np.float32, dtype)
    gradients = batch_norm_gradient(x, x.astype(dtype), gamma.astype(np.float32))
    assert [g.dtype for g in gradients] == [dtype, np.float32, np.float32]
    scale, shift = fold(gamma.astype(dtype), beta.astype(np.float32), state)
    assert (scale.dtype, shift.dtype) == (dtype, np.float32)


@pytest.mark.parametrize("training", [True, False])
def test_arguments_are_neither_changed_nor_handed_back(training):
    x, gamma, beta, state = case()
    arguments = (x, gamma, beta, *state)
    for array in arguments:
        array.flags.writeable = False
    y, after = batch_norm(x, gamma, beta, state, training)
    for result in (y, *after, *batch_norm_gradient(x, x, gamma), *fold(gamma, beta, state)):
        assert not any(np.shares_memory(result, array) for array in arguments)
        result[...] = 0.0


X, GAMMA, BETA, STATE = case()
REFUSED = {
    "x": (lambda: batch_norm([[1, 2, 3]], GAMMA, BETA, STATE, True), TypeError, "x: got an array of int64; takes"),
    "x, a number": (lambda: batch_norm(1.0, GAMMA, BETA, STATE, True), ValueError, "x: got a single number; takes an"),
    "gamma": (lambda: batch_norm(X, GAMMA[:2], BETA, STATE, True), ValueError, "gamma: got the shape (2,); takes (3,)"),
    "beta": (lambda: batch_norm(X, GAMMA, 0.0, STATE, True), ValueError, "beta: got the shape (); takes (3,)"),
    "state": (lambda: batch_norm(X, GAMMA, BETA, None, True), TypeError, "state: got a NoneType; takes the pair"),
    "state of one": (lambda: batch_norm(X, GAMMA, BETA, (ZERO,), True), TypeError, "state: got a tuple; takes the"),
    "mean": (lambda: batch_norm(X, GAMMA, BETA, (ZERO[:2], ONE), True), ValueError, "state[0]: got the shape (2,)"),
    "variance": (
        lambda: batch_norm(X, GAMMA, BETA, (ZERO, -ONE), False),
        ValueError,
        "state[1]: got a variance of -1; takes at least 0",
    ),
    "training": (lambda: batch_norm(X, GAMMA, BETA, STATE, 1), TypeError, "training: got 1; takes True or False"),
    "momentum": (
        lambda: batch_norm(X, GAMMA, BETA, STATE, True, 1.1),
        ValueError,
        "momentum: got 1.1; takes a number in [0, 1]",
    ),
    "epsilon": (
        lambda: batch_norm(X, GAMMA, BETA, STATE, True, epsilon=0.0),
        ValueError,
        "epsilon: got 0.0; takes a number in (0, inf)",
    ),
    "unbiased": (
        lambda: batch_norm(X, GAMMA, BETA, STATE, True, unbiased=None),
        TypeError,
        "unbiased: got None; takes True or False",
    ),
    "unbiased of one": (
        lambda: batch_norm(X[:1], GAMMA, BETA, STATE, True, unbiased=True),
        ValueError,
        "x: got 1 number(s) a feature; an unbiased variance takes two or more",
    ),
    "upstream": (
        lambda: batch_norm_gradient(X[:2], X, GAMMA),
        ValueError,
        "upstream, x: got the shapes (2, 3) and (8, 3); they take the same",
    ),
    "gradient, gamma": (lambda: batch_norm_gradient(X, X, GAMMA[:1]), ValueError, "gamma: got the shape (1,); takes"),
    "gradient, epsilon": (lambda: batch_norm_gradient(X, X, GAMMA, -1.0), ValueError, "epsilon: got -1.0; takes"),
    "fold, beta": (lambda: fold(GAMMA, BETA[:2], STATE), ValueError, "beta: got the shape (2,); takes (3,)"),
    "fold, state": (lambda: fold(GAMMA, BETA, (ZERO, ONE[:2])), ValueError, "state[1]: got the shape (2,); takes (3,)"),
    "fold, epsilon": (lambda: fold(GAMMA, BETA, STATE, "1"), TypeError, "epsilon: got '1'; takes a number in (0, inf)"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_bad_argument_is_refused_by_name_with_what_it_got_and_what_it_takes(case):
    call, error, message = REFUSED[case]
    with pytest.raises(error, match=re.escape(message)):
        call()
