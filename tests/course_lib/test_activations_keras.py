"""Activations and their derivatives against Keras, in float32 and, where Keras has it, in float64."""

import keras
import numpy as np
import pytest
from keras import ops

from course_lib._keras_gradients import with_gradients
from course_lib.activations import ACTIVATIONS, leaky_relu, selu_constants

X = np.concatenate([np.linspace(-8, 8, 161), [-1e4, -50.0, 50.0, 1e4, -3.0, 0.0, 3.0]])
ROWS = np.random.default_rng(0).normal(0, 3, (6, 5))
ALPHA, SCALE = selu_constants()
#: Keras has the constants of selu and gelu in float32.
ABSOLUTE = {"selu": 1e-7, "gelu": 1e-7}
FLOAT64 = pytest.mark.backend("tensorflow", reason="float64 from end to end: elsewhere Keras itself takes float32")
DTYPES = pytest.mark.parametrize("dtype", ["float32", pytest.param("float64", marks=FLOAT64)])
#: Where a derivative jumps, at 0, Keras takes its value on one side or the other, as the backend does.
KINKS = {
    "selu": {"tensorflow": SCALE, "jax": ALPHA * SCALE, "torch": ALPHA * SCALE},
    "leaky_relu": {"tensorflow": 0.2, "jax": 1.0, "torch": 0.2},
}


def assert_same(ours, theirs, name, dtype):
    assert ours.dtype == dtype
    tolerance = {"float32": (1e-6, 1e-6), "float64": (1e-7, ABSOLUTE.get(name, 1e-12))}
    rtol, atol = tolerance[dtype]
    np.testing.assert_allclose(ours, ops.convert_to_numpy(theirs), rtol=rtol, atol=atol)


def theirs(name):
    return getattr(keras.activations, name)


@DTYPES
@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_values_are_those_of_keras(name, dtype):
    x = (ROWS if name == "softmax" else X).astype(dtype)
    assert_same(ACTIVATIONS[name][0](x), theirs(name)(ops.convert_to_tensor(x)), name, dtype)


def derivative(function, x):
    """Of the sum of what the function gives, by automatic differentiation."""
    differentiated = with_gradients(lambda watched: (ops.sum(function(watched[0])), []))
    return differentiated([ops.convert_to_tensor(x)])[1][0]


@DTYPES
@pytest.mark.parametrize("name", sorted(set(ACTIVATIONS) - {"softmax"}))
def test_derivatives_are_those_of_automatic_differentiation_at_kinks_too(name, dtype):
    x = (X[X != 0] if name in KINKS else X).astype(dtype)
    assert_same(ACTIVATIONS[name][1](x), derivative(theirs(name), x), name, dtype)


@pytest.mark.parametrize("name", KINKS)
def test_where_backends_do_not_agree_on_a_kink_ours_is_that_of_tensorflow(name):
    found = ops.convert_to_numpy(derivative(theirs(name), np.float32([0.0])))
    assert found[0] == pytest.approx(KINKS[name][keras.backend.backend()], rel=1e-6)
    assert ACTIVATIONS[name][1](np.float32([0.0]))[0] == pytest.approx(KINKS[name]["tensorflow"], rel=1e-6)


@DTYPES
def test_the_jacobian_of_softmax_is_that_of_automatic_differentiation(dtype):
    x = ROWS.astype(dtype)
    jacobian = ACTIVATIONS["softmax"][1](x)
    for k in range(x.shape[1]):
        assert_same(jacobian[:, k], derivative(lambda x, k=k: keras.activations.softmax(x)[:, k], x), "softmax", dtype)


def test_the_slope_of_the_layer_is_another_than_that_of_the_function():
    x = np.float32([-1.0])
    assert leaky_relu(x) == pytest.approx(-0.2)
    assert ops.convert_to_numpy(keras.activations.leaky_relu(x))[0] == pytest.approx(-0.2)
    assert ops.convert_to_numpy(keras.layers.LeakyReLU()(x))[0] == pytest.approx(-0.3)


def test_the_constants_of_selu_are_those_of_keras():
    far = ops.convert_to_numpy(keras.activations.selu(np.float32([-100.0, 1.0])))
    np.testing.assert_allclose(far, [-ALPHA * SCALE, SCALE], rtol=1e-6)
