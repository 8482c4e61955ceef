"""Early stopping against Keras' callback, which is given the same losses epoch by epoch."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.early_stopping import early_stop

# Eighths: their sums are exact, in Keras' float32 too, so ties are ties in both.
losses = st.lists(st.integers(0, 12).map(lambda k: k / 8) | st.just(np.nan), min_size=1, max_size=30)


class Model:
    """As much of a model as the callback looks at: its weights are the number of the epoch."""

    stop_training = False
    epoch = -1
    optimizer = None

    def get_weights(self):
        return [self.epoch]

    def set_weights(self, weights):
        self.epoch = weights[0]


def of_keras(history, patience, min_delta=0.0, **arguments):
    """(epoch whose weights are restored, epoch after which it stopped)."""
    callback = keras.callbacks.EarlyStopping(
        "val_loss", min_delta, patience, mode="min", restore_best_weights=True, **arguments
    )
    model, stop = Model(), None
    callback.set_model(model)
    callback.on_train_begin()
    for model.epoch, loss in enumerate(history):
        callback.on_epoch_end(model.epoch, {"val_loss": loss})
        if model.stop_training:
            stop = model.epoch
            break
    callback.on_train_end()
    return model.epoch, stop


@given(history=losses, patience=st.integers(0, 6), min_delta=st.sampled_from([0.0, 0.125, 0.375]))
@settings(deadline=None, max_examples=300)
def test_it_keeps_and_stops_as_keras_callback_does(history, patience, min_delta):
    assert early_stop(history, patience, min_delta) == of_keras(history, patience, min_delta)


@pytest.mark.parametrize("bad_start", [[np.nan, 1.0, 0.5], [np.inf, 1.0, 2.0]])
def test_also_where_the_first_loss_is_no_number(bad_start):
    for patience in range(4):
        assert early_stop(bad_start, patience) == of_keras(bad_start, patience)


def test_keras_compares_in_float32():
    history = [0.8, 0.7]  # in float64, 0.7 + 0.1 is less than 0.8 by one unit in the last place
    assert early_stop(history, 1, 0.1) == (1, None)
    assert of_keras(history, 1, 0.1) == (0, 1)


def test_min_delta_keeps_an_epoch_that_is_not_the_best():
    history = [0.5, 0.4991, 0.4995]
    assert of_keras(history, 5, 0.001) == (0, None) == early_stop(history, 5, 0.001)


def test_in_real_training_the_weights_that_are_restored_are_those_of_best():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(40, 8)).astype("float32"), rng.normal(size=(40, 1)).astype("float32")
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(32, "relu"), keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.02), "mse")
    kept = []
    history = model.fit(
        x[:20], y[:20], validation_data=(x[20:], y[20:]), epochs=60, verbose=0,
        callbacks=[
            keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: kept.append(model.get_weights())),
            keras.callbacks.EarlyStopping(patience=4, restore_best_weights=True),
        ],
    ).history["val_loss"]  # fmt: skip
    best, stop = early_stop(history, 4)
    assert stop == len(history) - 1 == best + 4 < 59
    for a, b in zip(model.get_weights(), kept[best], strict=True):
        np.testing.assert_array_equal(a, b)


def test_restoring_is_not_keras_default():
    assert keras.callbacks.EarlyStopping().restore_best_weights is False
