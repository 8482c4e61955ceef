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


@pytest.mark.parametrize("penalty", [{"l2": 0.02}, {"l1": 0.01}, {"l1": 0.01, "l2": 0.02}])
def test_after_twenty_steps_with_a_penalty_the_weights_are_those_of_keras(penalty):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(64, 6)).astype(np.float32), rng.integers(0, 4, 64)
    weights, order = first_weights([6, 5, 4], 1, 0), orders(64, 1, 20, 8, 0)
    trained = train(weights, x, y, order, np.full(20, 0.1), **penalty)

    def regularizer():
        return keras.regularizers.L1L2(**{"l1": 0.0, "l2": 0.0, **penalty})

    dense = keras.layers.Dense
    hidden, last = dense(5, "relu", kernel_regularizer=regularizer()), dense(4, kernel_regularizer=regularizer())
    model = keras.Sequential([keras.Input((6,)), hidden, last])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.1), loss)
    model.set_weights([stack[0].squeeze() for layer in weights for stack in layer])
    seen = order[0].ravel()
    model.fit(x[seen], y[seen], batch_size=8, shuffle=False, verbose=0)
    stacks = (stack for layer in trained.weights for stack in layer)
    for theirs, ours in zip(model.get_weights(), stacks, strict=True):
        np.testing.assert_allclose(ours[0].squeeze(), theirs, atol=1e-5)
