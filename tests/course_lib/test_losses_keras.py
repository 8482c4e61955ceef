"""Losses and their gradients against Keras, in float32 and, where Keras has it, in float64."""

import keras
import numpy as np
import pytest
from keras import ops

from course_lib import losses
from course_lib._keras_gradients import with_gradients
from course_lib.activations import sigmoid, softmax

RNG = np.random.default_rng(0)
Z, Y = RNG.normal(0, 2, (6, 4)), RNG.normal(size=(6, 4))
SOFT, HARD = softmax(Y), np.eye(4)[[0, 3, 1, 2, 2, 0]]
CASES = {
    "mse": ("mse", Y, Z, {}),
    "mae": ("mae", Y, Z, {}),
    "huber": ("huber", Y, Z, {}),
    "huber, delta": ("huber", Y, Z, {"delta": 0.5}),
    "hinge": ("hinge", np.sign(Y), Z, {}),
    "binary": ("binary_crossentropy", HARD, sigmoid(Z), {}),
    "binary, soft": ("binary_crossentropy", SOFT, sigmoid(Z), {}),
    "binary, logits": ("binary_crossentropy", SOFT, Z, {"from_logits": True}),
    "binary, far logits": ("binary_crossentropy", SOFT, 1e4 * Z, {"from_logits": True}),
    "categorical": ("categorical_crossentropy", SOFT, softmax(Z), {}),
    "categorical, sums": ("categorical_crossentropy", HARD, np.exp(Z), {}),
    "categorical, logits": ("categorical_crossentropy", SOFT, Z, {"from_logits": True}),
    "categorical, far logits": ("categorical_crossentropy", SOFT, 1e4 * Z, {"from_logits": True}),
    "sparse": ("sparse_categorical_crossentropy", HARD.argmax(-1), softmax(Z), {}),
    "sparse, logits": ("sparse_categorical_crossentropy", HARD.argmax(-1), Z, {"from_logits": True}),
}
EACH = pytest.mark.parametrize("case", CASES)
FLOAT64 = pytest.mark.backend("tensorflow", reason="float64 from end to end: elsewhere Keras itself takes float32")
DTYPES = pytest.mark.parametrize("dtype", ["float32", pytest.param("float64", marks=FLOAT64)])


def arguments(case, dtype):
    """Name, y, p, options; numbers in this dtype, classes as they are."""
    name, y, p, options = CASES[case]
    return name, y.astype(dtype) if y.dtype.kind == "f" else y, p.astype(dtype), options


def tensor_of_theirs(name, y, p, options):
    function = getattr(keras.losses, {"mse": "mean_squared_error", "mae": "mean_absolute_error"}.get(name, name))
    return ops.mean(function(y, p, **options))


def theirs(name, y, p, options):
    return float(ops.convert_to_numpy(tensor_of_theirs(name, y, ops.convert_to_tensor(p), options)))


def gradient_of_theirs(name, y, p, options):
    """By automatic differentiation."""
    both = with_gradients(lambda watched: (tensor_of_theirs(name, y, watched[0], options), []))
    return ops.convert_to_numpy(both([ops.convert_to_tensor(p)])[1][0])


@EACH
@DTYPES
def test_the_loss_is_that_of_keras(case, dtype):
    name, y, p, options = arguments(case, dtype)
    rounding = {"float32": 1e-6, "float64": 1e-12}[dtype]
    assert getattr(losses, name)(y, p, **options) == pytest.approx(theirs(name, y, p, options), rel=rounding)


@EACH
@DTYPES
def test_the_gradient_is_that_of_automatic_differentiation(case, dtype):
    name, y, p, options = arguments(case, dtype)
    expected = gradient_of_theirs(name, y, p, options)
    rtol, atol = {"float32": (1e-5, 1e-7), "float64": (1e-9, 1e-12)}[dtype]
    np.testing.assert_allclose(getattr(losses, f"{name}_gradient")(y, p, **options), expected, rtol=rtol, atol=atol)


@DTYPES
def test_probabilities_are_clipped_as_in_keras(dtype):
    p = np.array([[0.0, 1.0], [1.0, 0.0], [1e-8, 1.0], [1e-6, 1 - 1e-6]], dtype)
    y = np.array([[1.0, 0.0], [1.0, 0.0], [1.0, 0.0], [1.0, 0.0]], dtype)
    for name in ("binary_crossentropy", "categorical_crossentropy"):
        assert getattr(losses, name)(y, p) == pytest.approx(theirs(name, y, p, {}), rel=1e-6)
        expected = gradient_of_theirs(name, y, p, {})
        np.testing.assert_allclose(getattr(losses, f"{name}_gradient")(y, p), expected, rtol=1e-5, atol=1e-9)


def test_detached_probabilities_lose_what_logits_keep():
    for logit in (50.0, 100.0, 200.0):
        p = sigmoid(np.float32([[logit]]))
        detached = theirs("binary_crossentropy", np.float32([[0]]), p, {})
        assert detached == pytest.approx(15.942385, abs=1e-6)
        assert losses.binary_crossentropy([[0]], p) == pytest.approx(detached, abs=1e-6)


def test_keras_takes_0_for_minus_1_only_where_all_labels_are_0_or_1():
    p, (zeros, ones) = np.array([0.5, -2.0, -1.0]), np.array([[1.0, 0, 1], [1.0, -1, 1]])
    for y in (zeros, ones):
        assert theirs("hinge", y, p, {}) == pytest.approx(losses.hinge(ones, p), rel=1e-6)
    assert theirs("hinge", np.array([1.0, 0, -1]), p, {}) != pytest.approx(losses.hinge([1, -1, -1], p), rel=0.1)


def test_a_class_of_keras_reduces_to_the_same_number():
    for name, ours in (("Huber", losses.huber), ("MeanSquaredError", losses.mse)):
        assert float(getattr(keras.losses, name)()(Y, Z)) == pytest.approx(ours(Y, Z), rel=1e-6)
