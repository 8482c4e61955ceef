"""Dropout against Keras' layers: other random numbers, so moments and values are compared; and its reading of rate."""

import keras
import numpy as np
import pytest
from keras import ops

from course_lib.dropout import ALPHA_PRIME, alpha_dropout, dropout

X = np.random.default_rng(0).normal(size=(400, 500)).astype("float32")
RNG = np.random.default_rng(1)


def of_keras(layer, x):
    return ops.convert_to_numpy(layer(x, training=True))


@pytest.mark.parametrize("rate", [0.2, 0.4, 0.75])
def test_values_and_share_of_dropout_are_those_of_keras(rate):
    ones = np.ones((400, 500), "float32")
    ours, theirs = dropout(ones, rate, RNG), of_keras(keras.layers.Dropout(rate, seed=0), ones)
    np.testing.assert_allclose(np.unique(ours), np.unique(theirs), rtol=1e-6)
    five_sd = 5 * (rate * (1 - rate) / ones.size) ** 0.5
    assert (ours == 0).mean() == pytest.approx(rate, abs=five_sd)
    assert (theirs == 0).mean() == pytest.approx(rate, abs=five_sd)


@pytest.mark.parametrize("rate", [0.2, 0.4, 0.75])
def test_what_is_kept_and_what_is_dropped_by_alpha_dropout_become_what_they_do_in_keras(rate):
    x = np.where(np.arange(2000) % 2, 1.0, 0.0).astype("float32")
    ours, theirs = alpha_dropout(x, rate, RNG), of_keras(keras.layers.AlphaDropout(rate, seed=0), x)
    for value in (0.0, 1.0):
        np.testing.assert_allclose(np.unique(ours[x == value]), np.unique(theirs[x == value]), rtol=2e-6)


@pytest.mark.parametrize("rate", [0.2, 0.5])
@pytest.mark.parametrize("make, ours", [(keras.layers.Dropout, dropout), (keras.layers.AlphaDropout, alpha_dropout)])
def test_moments_on_normal_numbers_are_those_of_keras(make, ours, rate):
    y, theirs = ours(X, rate, RNG), of_keras(make(rate, seed=0), X)
    assert y.mean() == pytest.approx(float(theirs.mean()), abs=0.02)
    assert y.std() == pytest.approx(float(theirs.std()), abs=0.02)


def test_the_published_spread_at_rate_0_2():
    assert of_keras(keras.layers.AlphaDropout(0.2, seed=0), X).std() == pytest.approx(0.9995, abs=0.01)
    assert of_keras(keras.layers.Dropout(0.2, seed=0), X).std() == pytest.approx(1.1172, abs=0.01)


def test_alpha_prime_is_the_limit_of_keras_selu():
    assert float(ops.convert_to_numpy(keras.activations.selu(ops.array([-100.0])))[0]) == pytest.approx(ALPHA_PRIME)


def test_both_layers_give_x_at_inference_as_rate_0_does():
    for make, ours in ((keras.layers.Dropout, dropout), (keras.layers.AlphaDropout, alpha_dropout)):
        np.testing.assert_array_equal(ops.convert_to_numpy(make(0.5)(X, training=False)), X)
        np.testing.assert_array_equal(ours(X, 0.0, RNG), X)


def test_at_rate_1_keras_dropout_gives_zeros_and_its_alpha_dropout_divides_by_zero():
    # the difference that the docstring of alpha_dropout names; when Keras mends it, that sentence goes
    np.testing.assert_array_equal(of_keras(keras.layers.Dropout(1.0), X), 0)
    np.testing.assert_array_equal(dropout(X, 1.0, RNG), 0)
    with pytest.raises(ZeroDivisionError):
        keras.layers.AlphaDropout(1.0)(X, training=True)
    np.testing.assert_array_equal(alpha_dropout(X, 1.0, RNG), 0)
