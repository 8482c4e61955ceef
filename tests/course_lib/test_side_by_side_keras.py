"""Trainings side by side against Keras: the same weights after the same batches."""

import keras
import numpy as np
import pytest

from course_lib.schedules import linear, to_keras
from course_lib.side_by_side import cross_entropy, first_weights, orders, train


@pytest.mark.parametrize(("rule", "rate"), [("sgd", 0.1), ("adam", 0.01), ("rmsprop", 0.01)])
def test_after_twenty_steps_of_a_schedule_weights_and_loss_are_those_of_keras(rule, rate):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(64, 6)).astype(np.float32), rng.integers(0, 4, 64)
    weights, order, schedule = first_weights([6, 5, 4], 2, 0), orders(64, 2, 20, 8, 0), linear(rate, 20, 0.01)
    trained = train(weights, x, y, order, schedule(np.arange(20)), rule)
    for run in range(2):
        model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(5, "relu"), keras.layers.Dense(4)])
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        optimizer = keras.optimizers.get({"class_name": rule, "config": {"learning_rate": to_keras(schedule)}})
        model.compile(optimizer=optimizer, loss=loss)
        model.set_weights([stack[run].squeeze() for layer in weights for stack in layer])
        seen = order[run].ravel()
        model.fit(x[seen], y[seen], batch_size=8, shuffle=False, verbose=0)
        stacks = (stack for layer in trained.weights for stack in layer)
        for theirs, ours in zip(model.get_weights(), stacks, strict=True):
            np.testing.assert_allclose(ours[run].squeeze(), theirs, atol=1e-5)
        np.testing.assert_allclose(
            cross_entropy(trained.weights, x, y)[run], model.evaluate(x, y, verbose=0), rtol=1e-5
        )


def after_the_steps_of_keras(weights, run, x, y, order, optimizer, loss, frozen=0, **penalty):
    """The weights that Keras has after the same batches, kernels and biases in the order of the layers."""
    sizes = [kernels.shape[2] for kernels, _ in weights]
    layers = [
        keras.layers.Dense(
            units,
            "linear" if k + 1 == len(sizes) else "relu",
            kernel_regularizer=keras.regularizers.L1L2(**{"l1": 0.0, "l2": 0.0, **penalty}),
            trainable=k >= frozen,
        )
        for k, units in enumerate(sizes)
    ]
    model = keras.Sequential([keras.Input((6,)), *layers])
    model.compile(optimizer, loss)
    for layer, (kernels, biases) in zip(layers, weights, strict=True):
        layer.set_weights([kernels[run], biases[run, 0]])
    seen = order[run].ravel()
    model.fit(x[seen], y[seen], batch_size=order.shape[2], shuffle=False, verbose=0)
    return [array for layer in layers for array in layer.get_weights()]


def assert_are(trained, run, theirs):
    stacks = (stack for layer in trained.weights for stack in layer)
    for ours, expected in zip(stacks, theirs, strict=True):
        np.testing.assert_allclose(ours[run].squeeze(), expected, atol=1e-5)


@pytest.mark.parametrize("frozen", [0, 1])
@pytest.mark.parametrize("penalty", [{"l2": 0.02}, {"l1": 0.01}, {"l1": 0.01, "l2": 0.02}])
def test_after_twenty_steps_with_a_penalty_the_weights_are_those_of_keras(penalty, frozen):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(64, 6)).astype(np.float32), rng.integers(0, 4, 64)
    weights, order = first_weights([6, 5, 4], 1, 0), orders(64, 1, 20, 8, 0)
    trained = train(weights, x, y, order, np.full(20, 0.1), frozen=frozen, **penalty)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    assert_are(
        trained,
        0,
        after_the_steps_of_keras(weights, 0, x, y, order, keras.optimizers.SGD(0.1), loss, frozen, **penalty),
    )


def test_the_squared_error_with_a_penalty_takes_the_steps_of_keras():
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(64, 6)).astype(np.float32), rng.normal(size=(64, 2)).astype(np.float32)
    weights, order, strengths = first_weights([6, 5, 2], 2, 0), orders(64, 2, 20, 8, 0), (0.02, 0.1)
    trained = train(weights, x, y, order, np.full(20, 0.01), "adam", l2=strengths, loss="squared")
    for run, l2 in enumerate(strengths):
        adam = keras.optimizers.Adam(0.01)
        assert_are(trained, run, after_the_steps_of_keras(weights, run, x, y, order, adam, "mse", l2=l2))
