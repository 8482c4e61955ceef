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


def test_the_squared_error_with_a_penalty_takes_the_steps_of_keras():
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(64, 6)).astype(np.float32), rng.normal(size=(64, 2)).astype(np.float32)
    weights, order = first_weights([6, 5, 2], 2, 0), orders(64, 2, 20, 8, 0)
    trained = train(weights, x, y, order, np.full(20, 0.01), "adam", strengths=[0.02, 0.1], loss="squared")
    for run, strength in enumerate((0.02, 0.1)):
        layers = [keras.layers.Dense(n, a, kernel_regularizer=keras.regularizers.L2(strength))
                  for n, a in ((5, "relu"), (2, "linear"))]  # fmt: skip
        model = keras.Sequential([keras.Input((6,)), *layers])
        model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mse")
        model.set_weights([stack[run].squeeze() for layer in weights for stack in layer])
        seen = order[run].ravel()
        model.fit(x[seen], y[seen], batch_size=8, shuffle=False, verbose=0)
        stacks = (stack for layer in trained.weights for stack in layer)
        for theirs, ours in zip(model.get_weights(), stacks, strict=True):
            np.testing.assert_allclose(ours[run].squeeze(), theirs, atol=1e-5)
