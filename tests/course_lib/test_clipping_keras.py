"""Clipping against Keras' optimizers: a step of gradient descent with learning rate 1 is the clipped gradient."""

import keras
import numpy as np
import pytest
from keras import ops

from course_lib.clipping import by_global_norm, by_norm, by_value

# Keras' own, on reading a variable of TensorFlow with NumPy 2
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")


def of_keras(gs, **arguments):
    """What Keras makes of gradients, one a variable."""
    optimizer = keras.optimizers.SGD(1.0, **arguments)
    variables = [keras.Variable(np.zeros(g.shape), dtype="float32") for g in gs]
    optimizer.apply([ops.convert_to_tensor(g) for g in gs], variables)
    return [-ops.convert_to_numpy(v) for v in variables]


def gradients(seed):
    rng = np.random.default_rng(seed)
    sizes = 10.0 ** rng.uniform(-3, 3, 3)
    shapes = [(4, 3), (3,), (2, 2, 2)]
    return [(rng.normal(size=s) * size).astype("float32") for s, size in zip(shapes, sizes, strict=True)]


def assert_same(ours, theirs):
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-6, atol=1e-9)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("c", [0.01, 1.0, 100.0])
def test_the_three_are_clipvalue_clipnorm_and_global_clipnorm(seed, c):
    gs = gradients(seed)
    assert_same([by_value(g, c) for g in gs], of_keras(gs, clipvalue=c))
    assert_same([by_norm(g, c) for g in gs], of_keras(gs, clipnorm=c))
    assert_same(by_global_norm(gs, c)[0], of_keras(gs, global_clipnorm=c))


def test_the_published_example_of_two_variables():
    gs = [np.float32([-0.9]), np.float32([-100.0])]
    assert_same(of_keras(gs, clipnorm=1.0), [[-0.9], [-1.0]])
    theirs = of_keras(gs, global_clipnorm=1.0)
    assert_same(by_global_norm(gs, 1.0)[0], theirs)
    assert theirs[0][0] == pytest.approx(-0.009, abs=5e-5)


def test_a_gradient_of_nan_spoils_all_of_them_in_both():
    gs = [np.float32([1.0, np.nan]), np.float32([1.0])]
    for clipped in (by_global_norm(gs, 1.0)[0], of_keras(gs, global_clipnorm=1.0)):
        assert all(np.isnan(g).all() for g in clipped)


def test_keras_loses_gradients_whose_norm_overflows_in_float32():
    # the difference that the docstring of by_global_norm names
    gs = [np.float32([1e30, 1e30])]
    assert not np.allclose(of_keras(gs, global_clipnorm=1.0)[0], 0.5**0.5)
    np.testing.assert_allclose(by_global_norm(gs, 1.0)[0][0], 0.5**0.5, rtol=1e-6)
