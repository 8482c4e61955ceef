"""Backpropagation against Keras: random networks, in float32 and, where Keras has it, in float64."""

import keras
import numpy as np
import pytest
from keras import ops

from course_lib._keras_gradients import with_gradients
from course_lib.activations import ACTIVATIONS
from course_lib.backprop import backward, forward
from course_lib.losses import mse_gradient, sparse_categorical_crossentropy_gradient

# Keras' own, on reading a variable of TensorFlow with NumPy 2
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

FLOAT64 = pytest.mark.backend("tensorflow", reason="float64 from end to end: elsewhere Keras itself takes float32")
DTYPES = pytest.mark.parametrize("dtype", ["float32", pytest.param("float64", marks=FLOAT64)])
ROUNDING = {"float32": 1e-5, "float64": 1e-11}
#: Keras has the constants of these in float32.
TOLERANCE = {"selu": 1e-6, "gelu": 1e-6, "leaky_relu": 1e-6}


def networks(activation, output_activation, sizes, seed, dtype):
    """A Keras model, and its kernels and biases."""
    layers = [keras.layers.Dense(n, activation, dtype=dtype) for n in sizes[1:-1]]
    layers.append(keras.layers.Dense(sizes[-1], output_activation, dtype=dtype))
    model = keras.Sequential([keras.Input((sizes[0],), dtype=dtype), *layers], name=f"n{seed}")
    rng = np.random.default_rng(seed)
    model.set_weights([rng.normal(0, 0.6, w.shape) for w in model.get_weights()])
    return model, model.get_weights()[::2], model.get_weights()[1::2]


def compare(model, weights, biases, x, activation, output_activation, loss, gradient, tolerance):
    def outputs_and_loss(values):
        with keras.StatelessScope(zip(model.trainable_variables, values, strict=True)):
            theirs = model(ops.convert_to_tensor(x))
        return loss(theirs), [theirs]

    values = [ops.convert_to_tensor(v) for v in model.trainable_variables]
    [theirs], expected = [map(ops.convert_to_numpy, group) for group in with_gradients(outputs_and_loss)(values)]
    output, cache = forward(x, weights, biases, activation, output_activation)
    np.testing.assert_allclose(output, theirs, rtol=tolerance, atol=tolerance)
    dw, db = backward(cache, weights, biases, gradient(output))
    for ours, reference in zip([g for pair in zip(dw, db, strict=True) for g in pair], expected, strict=True):
        np.testing.assert_allclose(ours, reference, rtol=tolerance, atol=tolerance * np.abs(reference).max())


@DTYPES
@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
def test_gradients_of_a_regression_are_those_of_keras(activation, dtype):
    rng = np.random.default_rng(9)
    for seed, sizes in enumerate([(3, 2), (4, 6, 3), (5, 7, 6, 5, 2)]):
        model, weights, biases = networks(activation, "linear", sizes, seed, dtype)
        y = rng.normal(size=(8, sizes[-1])).astype(dtype)
        compare(
            model, weights, biases, rng.normal(size=(8, sizes[0])).astype(dtype), activation, "linear",
            lambda p, y=y: keras.ops.mean(keras.losses.mean_squared_error(y, p)),
            lambda p, y=y: mse_gradient(y, p),
            max(TOLERANCE.get(activation, 1e-12), ROUNDING[dtype]),
        )  # fmt: skip


@DTYPES
@pytest.mark.parametrize("output_activation, from_logits", [("softmax", False), ("linear", True)])
def test_gradients_of_a_classification_are_those_of_keras(output_activation, from_logits, dtype):
    rng = np.random.default_rng(9)
    model, weights, biases = networks("tanh", output_activation, (6, 9, 8, 4), 3, dtype)
    y = rng.integers(0, 4, 16)
    compare(
        model, weights, biases, rng.normal(size=(16, 6)).astype(dtype), "tanh", output_activation,
        lambda p: keras.ops.mean(keras.losses.sparse_categorical_crossentropy(y, p, from_logits)),
        lambda p: sparse_categorical_crossentropy_gradient(y, p, from_logits),
        ROUNDING[dtype],
    )  # fmt: skip
