"""Schedules against Keras' own over 1000 steps, and as Keras schedules: in training, saved, and on every backend."""

import doctest
import json
import re

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from course_lib import _keras_schedule, schedules
from course_lib.schedules import (
    SCHEDULES,
    constant,
    cosine,
    cosine_restarts,
    exponential,
    linear,
    one_cycle,
    piecewise,
    power,
    reduce_on_plateau,
    step_decay,
    to_keras,
    triangular,
    warmup,
)

# Keras' own, on reading a variable of TensorFlow with NumPy 2
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

K = keras.optimizers.schedules
STEPS = np.arange(1000)
THEIRS = {
    "power": (power(0.1, 125), K.InverseTimeDecay(0.1, 250, 2.0)),
    "power, published": (power(0.01, 1e4), K.InverseTimeDecay(0.01, 1, 1e-4)),
    "exponential": (exponential(0.1, 100, 0.5), K.ExponentialDecay(0.1, 100, 0.5)),
    "step_decay": (step_decay(0.1, 100, 0.5), K.ExponentialDecay(0.1, 100, 0.5, staircase=True)),
    "step_decay by 7": (step_decay(0.1, 7, 0.99), K.ExponentialDecay(0.1, 7, 0.99, staircase=True)),
    "piecewise": (piecewise([100, 550], [0.1, 0.02, 0.004]), K.PiecewiseConstantDecay([100, 550], [0.1, 0.02, 0.004])),
    "linear": (linear(0.1, 700, 0.01), K.PolynomialDecay(0.1, 700, 0.01)),
    "linear, defaults": (linear(0.1, 700), K.PolynomialDecay(0.1, 700)),
    "cosine": (cosine(0.1, 700), K.CosineDecay(0.1, 700)),
    "cosine, alpha": (cosine(0.1, 700, 0.25), K.CosineDecay(0.1, 700, alpha=0.25)),
    "cosine_restarts, defaults": (cosine_restarts(0.1, 20), K.CosineDecayRestarts(0.1, 20)),
    "cosine_restarts": (
        cosine_restarts(0.1, 20, 2.0, 0.75, 0.125),
        K.CosineDecayRestarts(0.1, 20, 2.0, 0.75, 0.125),
    ),
    "cosine_restarts by 1": (cosine_restarts(0.1, 30, 1.0, 0.9), K.CosineDecayRestarts(0.1, 30, 1.0, 0.9)),
    "cosine_restarts by 3": (cosine_restarts(0.1, 10, 3.0), K.CosineDecayRestarts(0.1, 10, 3.0)),
    "warmup": (
        warmup(cosine(0.1, 600, 0.25), 100, 0.0),
        K.CosineDecay(0.0, 600, 0.25, warmup_target=0.1, warmup_steps=100),
    ),
    "warmup from a share": (
        warmup(cosine(0.1, 600), 100, 0.25),
        K.CosineDecay(0.025, 600, warmup_target=0.1, warmup_steps=100),
    ),
}
EACH = {
    "constant": constant(0.1),
    "power": power(0.1, 100, 0.5),
    "exponential": exponential(0.1, 100, 0.5),
    "step_decay": step_decay(0.1, 100, 0.5),
    "piecewise": piecewise([100, 200], [0.1, 0.05, 0.01], "right"),
    "linear": linear(0.1, 100, 0.01),
    "cosine": cosine(0.1, 100, 0.1),
    "cosine_restarts": cosine_restarts(0.1, 10, 1.1, 0.9, 0.1),
    "triangular": triangular(0.01, 0.1, 50),
    "one_cycle": one_cycle(0.1, 100),
    "warmup": warmup(warmup(cosine(0.1, 100), 20, 0.5), 30),
}
every = pytest.mark.parametrize("name", EACH)


def of_keras(schedule, steps=STEPS):
    one_by_one = isinstance(schedule, K.PiecewiseConstantDecay) or getattr(schedule, "warmup_target", None) is not None
    if one_by_one:
        return ops.convert_to_numpy(ops.map(schedule, ops.convert_to_tensor(steps)))
    return ops.convert_to_numpy(schedule(ops.convert_to_tensor(steps)))


def assert_same(ours, theirs):
    # what float32 leaves of 0.1: a triangle or half a cosine near its foot keeps the rounding of its whole height
    np.testing.assert_allclose(ours, theirs, rtol=2e-6, atol=2e-7)


def test_every_schedule_is_tested():
    assert list(EACH) == list(SCHEDULES)


def test_the_examples_in_the_docstrings_are_right():
    result = doctest.testmod(_keras_schedule)
    assert result.attempted > 0
    assert result.failed == 0


# --- Keras' own ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", THEIRS)
def test_a_schedule_is_keras_own_at_every_one_of_1000_steps(case):
    ours, theirs = THEIRS[case]
    assert_same(ours(STEPS), of_keras(theirs))


@pytest.mark.parametrize("case", THEIRS)
def test_so_is_the_keras_schedule_made_of_it(case):
    ours, theirs = THEIRS[case]
    assert_same(of_keras(to_keras(ours)), of_keras(theirs))


def test_a_schedule_that_is_one_step_off_would_be_noticed():
    ours, theirs = THEIRS["cosine"]
    assert np.abs(ours(STEPS + 1) - of_keras(theirs)).max() > 1e-4


def test_keras_restarts_one_step_late_where_its_logarithm_is_rounded_down():
    # the difference that the docstring of cosine_restarts names; when Keras mends it, that sentence goes
    ours, theirs = cosine_restarts(0.1, 10, 1.1), K.CosineDecayRestarts(0.1, 10, 1.1)
    assert ours(21) == pytest.approx(0.1)  # the second cycle has 11 steps: 10, …, 20
    assert of_keras(theirs, [21])[0] == pytest.approx(0, abs=1e-6)
    np.testing.assert_allclose(ours(np.array([20, 22])), of_keras(theirs, [20, 22]), rtol=1e-5)
    assert of_keras(to_keras(ours), [21])[0] == pytest.approx(0.1, rel=1e-6)


# --- as Keras schedules ----------------------------------------------------------------------------------------------


@every
def test_the_keras_schedule_computes_what_the_schedule_does(name):
    schedule = EACH[name]
    converted = to_keras(schedule)
    assert isinstance(converted, K.LearningRateSchedule)
    table = ops.convert_to_numpy(converted(ops.arange(1000)))
    assert table.dtype == np.float32
    assert_same(table, schedule(STEPS))
    for step in (0, 29, 150):
        assert_same(float(ops.convert_to_numpy(converted(step))), table[step])


@every
def test_it_is_saved_as_json_and_read_back(name):
    written = json.dumps(K.serialize(to_keras(EACH[name])))
    assert "course_lib>KerasSchedule" in written
    read = K.deserialize(json.loads(written))
    assert type(read) is schedules.KerasSchedule
    assert read.schedule == EACH[name]
    assert read.get_config() == to_keras(EACH[name]).get_config()
    assert repr(read) == f"KerasSchedule({EACH[name]!r})"


def model(optimizer):
    keras.utils.set_random_seed(0)
    made = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    made.compile(optimizer, "mse")
    return made


class Rates(keras.callbacks.Callback):
    """The learning rate before every batch."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def on_train_batch_begin(self, batch, logs=None):
        self.seen.append(float(ops.convert_to_numpy(self.model.optimizer.learning_rate)))


X = np.random.default_rng(0).normal(size=(40, 3)).astype("float32")


@every
def test_in_training_step_0_is_the_first_batch(name):
    trained, rates = model(keras.optimizers.SGD(to_keras(EACH[name]))), Rates()
    trained.fit(X, X[:, :2], batch_size=8, epochs=3, verbose=0, callbacks=[rates])
    np.testing.assert_allclose(rates.seen, EACH[name](np.arange(15)), rtol=3e-6)


def test_a_model_that_is_saved_goes_on_where_it_was(tmp_path):
    trained = model(keras.optimizers.Adam(to_keras(EACH["warmup"])))
    trained.fit(X, X[:, :2], batch_size=8, epochs=4, verbose=0, shuffle=False)
    trained.save(tmp_path / "model.keras")
    loaded, rates = keras.models.load_model(tmp_path / "model.keras"), Rates()
    loaded.fit(X, X[:, :2], batch_size=8, epochs=4, verbose=0, shuffle=False, callbacks=[rates])
    trained.fit(X, X[:, :2], batch_size=8, epochs=4, verbose=0, shuffle=False)
    np.testing.assert_allclose(rates.seen, EACH["warmup"](np.arange(20, 40)), rtol=3e-6)
    for a, b in zip(loaded.get_weights(), trained.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_weights_of_few_digits_do_not_round_the_step():
    before = keras.config.floatx()
    try:
        keras.config.set_floatx("float16")
        rate = to_keras(exponential(0.1, 10000, 0.5))(5001)
        assert float(ops.convert_to_numpy(rate)) == pytest.approx(0.1 * 0.5**0.5001, rel=1e-6)
    finally:
        keras.config.set_floatx(before)


def test_the_schedule_of_a_keras_callback_gets_a_float():
    trained, seen = model(keras.optimizers.SGD(0.5)), []
    schedule = keras.callbacks.LearningRateScheduler(lambda epoch: seen.append(epoch) or EACH["cosine"](epoch))
    trained.fit(X, X[:, :2], epochs=2, verbose=0, callbacks=[schedule])
    assert seen == [0, 1]
    assert float(ops.convert_to_numpy(trained.optimizer.learning_rate)) == pytest.approx(EACH["cosine"](1))


def test_one_more_factor_of_the_rate_before_is_what_a_two_argument_callback_computes():
    trained, rates = model(keras.optimizers.SGD(0.01)), []
    compounding = keras.callbacks.LearningRateScheduler(lambda e, lr: lr if e < 10 else lr * float(np.exp(-0.1 * e)))
    kept = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda e, logs: rates.append(float(ops.convert_to_numpy(trained.optimizer.learning_rate)))
    )
    trained.fit(X, X[:, :2], batch_size=40, epochs=21, verbose=0, callbacks=[compounding, kept])
    np.testing.assert_allclose([rates[10], rates[15], rates[20]], [3.68e-3, 5.53e-6, 6.83e-10], rtol=2e-3)


@pytest.mark.parametrize("schedule", [abs, 0.1, warmup(lambda t: 0.1 + 0 * t, 3), K.CosineDecay(0.1, 10)])
def test_what_cannot_be_saved_is_refused(schedule):
    with pytest.raises(TypeError, match=r"^schedule: got .*; takes one of constant, power, "):
        to_keras(schedule)


def test_bad_arguments_in_a_file_are_refused():
    with pytest.raises(ValueError, match=re.escape("alpha: got 2; takes a number in [0, 1]")):
        schedules.KerasSchedule("cosine", {"initial_learning_rate": 0.1, "decay_steps": 10, "alpha": 2})
    with pytest.raises(ValueError, match="schedule: got 'sine'; takes 'constant', 'power', "):
        schedules.KerasSchedule("sine", {})


class _Model:
    """As much of a model as `ReduceLROnPlateau` looks at."""

    class optimizer:
        learning_rate = 0.0


@given(
    history=st.lists(st.integers(0, 12).map(lambda k: k / 10) | st.just(np.nan), min_size=1, max_size=30),
    patience=st.integers(0, 5),
    min_delta=st.sampled_from([0.0, 1e-4, 0.1, 0.3]),
    cooldown=st.integers(0, 4),
    lowest=st.sampled_from([0.0, 0.01, 0.5]),
)
@settings(deadline=None, max_examples=300, derandomize=True)
def test_learning_rates_on_a_plateau_are_those_of_keras_callback(history, patience, min_delta, cooldown, lowest):
    callback = keras.callbacks.ReduceLROnPlateau(
        "val_loss", 0.5, patience, mode="min", min_delta=min_delta, cooldown=cooldown, min_lr=lowest
    )
    model = _Model()
    model.optimizer.learning_rate = 0.125
    callback.set_model(model)
    callback.on_train_begin()
    rates = [0.125]
    for epoch, loss in enumerate(history):
        callback.on_epoch_end(epoch, {"val_loss": loss})
        rates.append(model.optimizer.learning_rate)
    ours = reduce_on_plateau(history, 0.125, 0.5, patience, min_delta, cooldown, lowest)
    np.testing.assert_allclose(ours, rates, rtol=1e-6)
