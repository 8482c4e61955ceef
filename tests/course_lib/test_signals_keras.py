"""Signals of a Keras model: those of the NumPy network, and a model that is left as it was."""

import re
import time

import keras
import numpy as np
import pytest

from course_lib.backprop import forward
from course_lib.losses import sparse_categorical_crossentropy_gradient
from course_lib.signals import network_signals, summary, watch

# Keras' own, on reading a variable of TensorFlow with NumPy 2
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(32, 6)).astype("float32"), RNG.integers(0, 4, 32)
LOSS = "sparse_categorical_crossentropy"


def dense(name, n, activation=None, **arguments):
    return keras.layers.Dense(n, activation, name=name, **arguments)


def compiled(*layers, loss=LOSS):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((6,)), *layers])
    model.compile("adam", loss)
    return model


def plain():
    return compiled(dense("a", 9, "tanh"), dense("b", 8, "tanh"), dense("c", 4, "softmax"))


def restless():
    """A model whose training moves more than its weights."""
    return compiled(
        dense("a", 9), keras.layers.BatchNormalization(name="norm"), keras.layers.ReLU(name="relu"),
        keras.layers.Dropout(0.5, name="drop"), dense("c", 4, "softmax"),
    )  # fmt: skip


def state(model):
    variables = (*model.variables, *model.non_trainable_variables, *model.optimizer.variables)
    return [keras.ops.convert_to_numpy(v).copy() for v in variables]


def assert_near(ours, theirs, tolerance=1e-5):
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=1e-7)


def test_they_are_those_of_the_numpy_network():
    model = plain()
    weights, biases = model.get_weights()[::2], model.get_weights()[1::2]
    output, cache = forward(X, weights, biases, "tanh", "softmax")
    expected = network_signals(cache, weights, biases, sparse_categorical_crossentropy_gradient(Y, output))
    seen = watch(model)(X, Y)
    for ours, theirs in zip(seen, expected, strict=True):
        assert list(ours) == ["a", "b", "c"]
        for name, number in zip(ours, theirs, strict=True):
            assert_near(ours[name], theirs[number], 2e-4)


def test_every_layer_has_an_activation_and_those_with_a_kernel_a_gradient():
    seen = watch(restless())(X, Y)
    assert list(seen.activations) == ["a", "norm", "relu", "drop", "c"]
    assert list(seen.gradients) == ["a", "c"]
    assert seen.activations["relu"].zeros < seen.activations["drop"].zeros


def test_training_normalizes_by_the_batch_and_inference_by_the_moving_statistics():
    model = restless()
    assert watch(model)(X, Y).activations["norm"].mean == pytest.approx(0, abs=1e-6)
    still = watch(model, training=False)(X, Y)
    first = keras.ops.convert_to_numpy(model.layers[0](X))
    assert_near(still.activations["norm"], summary(first / np.float32(np.sqrt(1.001))))
    assert still.activations["drop"] == still.activations["relu"]


@pytest.mark.parametrize("training", [True, False])
def test_the_model_is_left_as_it_was(training):
    model = restless()
    model.fit(X, Y, epochs=1, verbose=0)
    before = state(model)
    look = watch(model, training)
    look(X, Y), look(X[:7], Y[:7])
    for a, b in zip(before, state(model), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_training_that_is_watched_is_the_training():
    watched, alone = restless(), restless()
    look = watch(watched)
    for model in (alone, watched):
        keras.utils.set_random_seed(1)
        callback = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: look(X, Y))
        model.fit(X, Y, epochs=3, verbose=0, callbacks=[callback] if model is watched else [])
    for a, b in zip(alone.get_weights(), watched.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_it_sees_the_weights_of_the_moment():
    model = plain()
    look = watch(model)
    first = look(X, Y)
    model.layers[0].set_weights([np.zeros((6, 9)), np.zeros(9)])
    assert look(X, Y).activations["a"].zeros == 1.0 and first.activations["a"].zeros == 0.0


def test_a_frozen_kernel_has_a_gradient_too():
    model = plain()
    expected = watch(model)(X, Y)
    model.layers[0].trainable = False
    model.compile("adam", LOSS)
    assert_near(watch(model)(X, Y).gradients["a"], expected.gradients["a"])


def test_a_kernel_that_the_loss_does_not_depend_on_has_a_gradient_of_zeros():
    stop = keras.layers.Lambda(keras.ops.stop_gradient, name="stop")
    seen = watch(compiled(dense("a", 9), stop, dense("c", 4, "softmax")))(X, Y)
    assert seen.gradients["a"] == (0.0, 0.0, 0.0, 1.0)
    assert seen.gradients["c"].largest > 0


def test_penalties_are_not_part_of_the_gradient():
    model, other = plain(), compiled(
        dense("a", 9, "tanh", kernel_regularizer="l2"), dense("b", 8, "tanh"), dense("c", 4, "softmax")
    )  # fmt: skip
    other.set_weights(model.get_weights())
    assert_near(watch(other)(X, Y).gradients["a"], watch(model)(X, Y).gradients["a"])


def test_a_functional_model_and_a_loss_object_do_as_well():
    x = keras.Input((6,))
    h = dense("a", 8, "relu")(x)
    model = keras.Model(x, dense("out", 4)(keras.layers.Add(name="sum")([h, dense("b", 8)(h)])))
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    seen = watch(model)(X, Y)
    assert set(seen.activations) == {"a", "b", "sum", "out"} and set(seen.gradients) == {"a", "b", "out"}


def test_it_is_cheap_after_the_first_time():
    look = watch(plain())
    look(X, Y)
    start = time.perf_counter()
    for _ in range(10):
        look(X, Y)
    assert (time.perf_counter() - start) / 10 < 0.2  # measured: below 1 ms


def two_inputs():
    inputs = [keras.Input((6,)), keras.Input((6,))]
    model = keras.Model(inputs, dense("a", 2)(keras.layers.Add()(inputs)))
    model.compile("sgd", "mse")
    return model


def two_outputs():
    x = keras.Input((6,))
    model = keras.Model(x, [dense("a", 2)(x), dense("b", 2)(x)])
    model.compile("sgd", "mse")
    return model


REFUSED = {
    "no model": (lambda: watch([1]), TypeError, "model: got a list; takes a Keras model"),
    "training": (lambda: watch(plain(), 1), TypeError, "training: got 1; takes True or False"),
    "not built": (lambda: watch(keras.Sequential([dense("a", 2)])), ValueError, "model: got one that is not built"),
    "not compiled": (
        lambda: watch(keras.Sequential([keras.Input((6,)), dense("a", 2)])), ValueError, "model: got one without a loss"
    ),
    "inputs": (lambda: watch(two_inputs()), ValueError, "model: got 2 inputs; takes one"),
    "outputs": (lambda: watch(two_outputs()), ValueError, "model: got 2 outputs; takes one"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_argument_is_refused(what):
    call, error, message = REFUSED[what]
    with pytest.raises(error, match="^" + re.escape(message)):
        call()
