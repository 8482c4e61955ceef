"""Gradients of a function of tensors: the same on every backend of Keras, and nothing else is touched."""

import keras
import numpy as np
import pytest
from keras import ops

from course_lib._keras_gradients import with_gradients

A, B = np.float32([[1.0, -2.0], [0.5, 3.0]]), np.float32([2.0, -1.0])


def both(f, *arrays):
    more, gradients = with_gradients(f)([ops.convert_to_tensor(a) for a in arrays])
    return [ops.convert_to_numpy(a) for a in more], [ops.convert_to_numpy(g) for g in gradients]


def test_they_are_those_of_calculus_and_what_else_is_given_comes_along():
    [product], [of_a, of_b] = both(lambda w: (ops.sum(ops.matmul(w[0], w[1]) ** 2), [ops.matmul(w[0], w[1])]), A, B)
    np.testing.assert_allclose(product, A @ B)
    np.testing.assert_allclose(of_a, 2 * np.outer(A @ B, B), rtol=1e-6)
    np.testing.assert_allclose(of_b, 2 * A.T @ (A @ B), rtol=1e-6)


def test_what_the_value_does_not_depend_on_has_a_gradient_of_zeros():
    _, [of_a, of_b] = both(lambda w: (ops.sum(w[1]), []), A, B)
    assert of_a.tolist() == [[0, 0], [0, 0]] and of_b.tolist() == [1, 1]


def test_other_arguments_are_taken_as_they_are():
    f = with_gradients(lambda w, scale, shift: (ops.sum(scale * w[0] + shift), []))
    for scale in (2.0, 5.0):
        numbers = ops.convert_to_tensor(np.float32(scale)), ops.convert_to_tensor(np.float32(7.0))
        _, [gradient] = f([ops.convert_to_tensor(B)], *numbers)
        assert ops.convert_to_numpy(gradient).tolist() == [scale, scale]


def test_a_variable_can_be_watched_and_stays_as_it_is():
    variable = keras.Variable(B)
    _, [gradient] = with_gradients(lambda w: (ops.sum(w[0] ** 2), []))([ops.convert_to_tensor(variable)])
    np.testing.assert_allclose(ops.convert_to_numpy(gradient), 2 * B)
    np.testing.assert_array_equal(ops.convert_to_numpy(variable), B)


def test_another_backend_is_refused(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "openvino")
    with pytest.raises(NotImplementedError, match=r"^keras: its backend is openvino; takes tensorflow, jax, torch$"):
        with_gradients(lambda w: (w, []))
