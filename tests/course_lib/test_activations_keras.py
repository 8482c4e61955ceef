"""Activations and their derivatives against Keras, in float64."""

import keras
import numpy as np
import pytest
from keras import ops

from course_lib.activations import ACTIVATIONS, leaky_relu, selu_constants

X = np.concatenate([np.linspace(-8, 8, 161), [-1e4, -50.0, 50.0, 1e4, -3.0, 0.0, 3.0]])
ROWS = np.random.default_rng(0).normal(0, 3, (6, 5))
#: Keras has the constants of selu and gelu in float32.
ABSOLUTE = {"selu": 1e-7, "gelu": 1e-7}


def theirs(name):
    return getattr(keras.activations, name)


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_values_are_those_of_keras(name):
    x = ROWS if name == "softmax" else X
    expected = ops.convert_to_numpy(theirs(name)(ops.convert_to_tensor(x, "float64")))
    np.testing.assert_allclose(ACTIVATIONS[name][0](x), expected, rtol=1e-7, atol=ABSOLUTE.get(name, 1e-12))


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="automatic differentiation by TensorFlow")
@pytest.mark.parametrize("name", sorted(set(ACTIVATIONS) - {"softmax"}))
def test_derivatives_are_those_that_tensorflow_finds_at_kinks_too(name):
    import tensorflow as tf

    point = tf.constant(X)
    with tf.GradientTape() as tape:
        tape.watch(point)
        y = theirs(name)(point)
    expected = tape.gradient(y, point)
    np.testing.assert_allclose(ACTIVATIONS[name][1](X), expected, rtol=1e-7, atol=ABSOLUTE.get(name, 1e-12))


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="automatic differentiation by TensorFlow")
def test_the_jacobian_of_softmax_is_the_one_that_tensorflow_finds():
    import tensorflow as tf

    point = tf.constant(ROWS)
    with tf.GradientTape() as tape:
        tape.watch(point)
        y = keras.activations.softmax(point)
    np.testing.assert_allclose(ACTIVATIONS["softmax"][1](ROWS), tape.batch_jacobian(y, point), atol=1e-14)


def test_the_slope_of_the_layer_is_another_than_that_of_the_function():
    x = np.float32([-1.0])
    assert leaky_relu(x) == pytest.approx(-0.2)
    assert ops.convert_to_numpy(keras.activations.leaky_relu(x))[0] == pytest.approx(-0.2)
    assert ops.convert_to_numpy(keras.layers.LeakyReLU()(x))[0] == pytest.approx(-0.3)


def test_the_constants_of_selu_are_those_of_keras():
    alpha, scale = selu_constants()
    far = ops.convert_to_numpy(keras.activations.selu(np.float32([-100.0, 1.0])))
    np.testing.assert_allclose(far, [-alpha * scale, scale], rtol=1e-6)
