"""Penalties against Keras' regularizers, constraints and weight decay, and their gradients against Keras' own."""

import keras
import numpy as np
import pytest
from keras import ops, regularizers

from course_lib.penalties import (
    elastic_net,
    elastic_net_gradient,
    l1,
    l1_gradient,
    l2,
    l2_gradient,
    max_norm,
    weight_decay,
)

# Keras' own, on reading a variable of TensorFlow with NumPy 2
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

W = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")
W[0, 0] = 0.0
THEIRS = {
    "l1": (l1, l1_gradient, (0.01,), regularizers.L1(0.01)),
    "l2": (l2, l2_gradient, (0.01,), regularizers.L2(0.01)),
    "elastic net": (elastic_net, elastic_net_gradient, (0.04, 0.25), regularizers.L1L2(l1=0.01, l2=0.03)),
}


@pytest.mark.parametrize("case", THEIRS)
def test_a_penalty_is_that_of_keras(case):
    penalty, _, arguments, theirs = THEIRS[case]
    expected = float(ops.convert_to_numpy(theirs(ops.convert_to_tensor(W))))
    assert penalty(W, *arguments) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("case", THEIRS)
def test_the_gradient_is_what_moves_the_weights_of_a_layer(case):
    _, gradient, arguments, theirs = THEIRS[case]
    layer = keras.layers.Dense(4, use_bias=False, kernel_regularizer=theirs)
    model = keras.Sequential([keras.Input((5,)), layer])
    model.set_weights([W])
    model.compile(keras.optimizers.SGD(1.0), loss=lambda y, p: 0.0 * ops.mean(p))
    model.fit(np.ones((1, 5), "float32"), np.ones((1, 4), "float32"), verbose=0)
    compared = W != 0 if keras.backend.backend() == "jax" else W == W  # in JAX the derivative of |w| at 0 is 1
    moved = W - model.get_weights()[0]
    np.testing.assert_allclose(moved[compared], gradient(W, *arguments)[compared], rtol=1e-4, atol=1e-7)


def test_one_number_for_l1_l2_is_no_elastic_net():
    w = np.float32([[1, -2], [3, 0]])
    theirs = float(ops.convert_to_numpy(regularizers.L1L2(0.01)(ops.convert_to_tensor(w))))
    assert theirs == pytest.approx(0.06, rel=1e-6) == pytest.approx(float(l1(w, 0.01)), rel=1e-6)


def test_the_loss_of_a_model_has_the_penalty_and_its_metrics_have_not():
    layer = keras.layers.Dense(1, use_bias=False, kernel_regularizer=regularizers.L2(0.1))
    model = keras.Sequential([keras.Input((1,)), layer])
    model.set_weights([np.float32([[2.0]])])
    model.compile("sgd", "mse", metrics=["mse"])
    x = np.float32([[1], [2], [3]])
    loss, mse = model.evaluate(x, 2 * x, verbose=0)
    assert (loss, mse) == (pytest.approx(float(l2([[2.0]], 0.1)), rel=1e-6), pytest.approx(0, abs=1e-12))


@pytest.mark.parametrize("limit", [0.5, 1.5, 100.0])
def test_max_norm_is_the_constraint_of_keras(limit):
    for w, axis in ((W, 0), (np.random.default_rng(1).normal(size=(3, 3, 2, 4)).astype("float32"), (0, 1, 2))):
        theirs = keras.constraints.MaxNorm(limit, axis=list(axis) if isinstance(axis, tuple) else axis)
        expected = ops.convert_to_numpy(theirs(ops.convert_to_tensor(w)))
        np.testing.assert_allclose(max_norm(w, limit, axis=axis), expected, rtol=1e-6)


def test_its_epsilon_is_that_of_keras():
    w = np.float32([[1e-6], [0]])
    expected = ops.convert_to_numpy(keras.constraints.MaxNorm(1.0)(ops.convert_to_tensor(w)))
    assert expected[0, 0] == pytest.approx(1e-6 / 1.1, rel=1e-5)
    np.testing.assert_allclose(max_norm(w, 1.0), expected, rtol=1e-6)


@pytest.mark.parametrize("make", [keras.optimizers.SGD, keras.optimizers.Adam, keras.optimizers.AdamW])
def test_weight_decay_is_that_of_every_optimizer_of_keras_for_a_gradient_of_zero(make):
    optimizer, variable = make(0.1, weight_decay=0.5), keras.Variable(W)
    optimizer.apply([ops.zeros((5, 4))], [variable])
    np.testing.assert_allclose(ops.convert_to_numpy(variable), weight_decay(W, 0.5, 0.1), rtol=1e-6)
    assert weight_decay([1.0], 0.5, 0.1)[0] == pytest.approx(0.95)
