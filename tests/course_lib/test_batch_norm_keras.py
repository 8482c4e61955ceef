"""Batch normalization against Keras' layer: training, moving statistics, inference, and gradients."""

import keras
import numpy as np
import pytest
from keras import ops

from course_lib._keras_gradients import with_gradients
from course_lib.batch_norm import batch_norm, batch_norm_gradient, fold

# Keras' own, on reading a variable of TensorFlow with NumPy 2
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

SHAPES = pytest.mark.parametrize("shape", [(8, 3), (6, 2, 5, 3), (1, 3)])


def case(shape=(8, 3), seed=0):
    """Input, gamma, beta, state in float32."""
    rng, n = np.random.default_rng(seed), shape[-1]
    x, gamma, beta = rng.normal(2, 3, shape), rng.normal(size=n), rng.normal(size=n)
    numbers = (x, gamma, beta, rng.normal(size=n), rng.uniform(1, 2, n))
    x, gamma, beta, mean, variance = (array.astype("float32") for array in numbers)
    return x, gamma, beta, (mean, variance)


def layer_of(gamma, beta, state, axes=2, **arguments):
    layer = keras.layers.BatchNormalization(**arguments)
    layer.build((*[None] * (axes - 1), len(gamma)))
    layer.set_weights([gamma, beta, *state])
    return layer


def assert_same(a, b):
    np.testing.assert_allclose(a, ops.convert_to_numpy(b), rtol=2e-5, atol=2e-6)


@SHAPES
@pytest.mark.parametrize("arguments", [{}, {"momentum": 0.5, "epsilon": 0.25}])
def test_training_and_inference_are_those_of_keras_at_every_one_of_10_steps(shape, arguments):
    _, gamma, beta, state = case(shape)
    layer = layer_of(gamma, beta, state, len(shape), **arguments)
    for seed in range(10):
        x = case(shape, seed)[0]
        y, state = batch_norm(x, gamma, beta, state, True, **arguments)
        assert_same(y, layer(x, training=True))
        for ours, theirs in zip(state, layer.get_weights()[2:], strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=2e-6)
        assert_same(batch_norm(x, gamma, beta, state, False, **arguments)[0], layer(x, training=False))
    scale, shift = fold(gamma, beta, state, arguments.get("epsilon", 1e-3))
    assert_same(scale * x + shift, layer(x, training=False))


def test_a_fresh_layer_has_zeros_and_ones_and_two_trainable_variables_of_four():
    layer = keras.layers.BatchNormalization()
    layer.build((None, 2))
    assert [(v.name, v.trainable) for v in layer.variables] == [
        ("gamma", True), ("beta", True), ("moving_mean", False), ("moving_variance", False),
    ]  # fmt: skip
    assert [w.tolist() for w in layer.get_weights()] == [[1, 1], [0, 0], [0, 0], [1, 1]]
    assert (layer.momentum, layer.epsilon) == (0.99, 0.001)


def test_a_frozen_layer_is_at_inference_also_in_training():
    x, gamma, beta, state = case()
    layer = layer_of(gamma, beta, state)
    layer.trainable = False
    assert_same(batch_norm(x, gamma, beta, state, False)[0], layer(x, training=True))
    np.testing.assert_array_equal(layer.get_weights()[2:], state)


@SHAPES
@pytest.mark.parametrize("epsilon", [1e-3, 0.5])
def test_the_gradient_is_that_of_automatic_differentiation(shape, epsilon):
    x, gamma, beta, state = case(shape)
    upstream = np.random.default_rng(3).normal(size=shape).astype("float32")
    upstream_tensor = ops.convert_to_tensor(upstream)
    layer = layer_of(gamma, beta, state, len(shape), epsilon=epsilon)

    def loss(watched):
        point, *parameters = watched
        with keras.StatelessScope(zip((layer.gamma, layer.beta), parameters, strict=True)):
            return ops.sum(layer(point, training=True) * upstream_tensor), []

    _, theirs = with_gradients(loss)([ops.convert_to_tensor(a) for a in (x, gamma, beta)])
    for ours, expected in zip(batch_norm_gradient(upstream, x, gamma, epsilon), theirs, strict=True):
        np.testing.assert_allclose(ours, ops.convert_to_numpy(expected), rtol=1e-4, atol=2e-5)


def test_a_bias_before_it_changes_nothing_in_training():
    x, gamma, beta, state = case()
    layer = layer_of(gamma, beta, state)
    assert_same(batch_norm(x, gamma, beta, state, True)[0], layer(x + 7.0, training=True))


def test_one_step_on_normal_numbers_moves_the_statistics_by_a_hundredth():
    x = np.random.default_rng(0).normal(5, 3, (256, 1)).astype("float32")
    one = (np.float32([1]), np.float32([0]))
    layer = layer_of(*one, (np.float32([0]), np.float32([1])))
    layer(x, training=True)
    assert layer.get_weights()[2][0] == pytest.approx(0.01 * x.mean(), rel=1e-5)
    assert layer.get_weights()[3][0] == pytest.approx(0.99 + 0.01 * x.var(), rel=1e-5)
