"""Callbacks on every backend of Keras: against training by hand, Keras' own schedules and callbacks, and the tape."""

import math
import re

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib import callbacks
from course_lib.callbacks import BestModel, GradientNorms, PerBatchSchedule, RangeTest, range_test, suggest
from course_lib.early_stopping import early_stop
from course_lib.schedules import constant, cosine, one_cycle, piecewise, to_keras

# Keras' own, on reading a variable of TensorFlow with NumPy 2
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")
several_steps = pytest.mark.backend("tensorflow", "jax", reason="`FAST`: 50 steps at a time, compiled")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(24, 5)).astype("float32")
Y = (X @ RNG.normal(size=(5, 2)) + 0.1 * RNG.normal(size=(24, 2))).astype("float32")
BATCHES = [(X[i : i + 8], Y[i : i + 8]) for i in (0, 8, 16)]
IN_ORDER = {"batch_size": 8, "shuffle": False, "verbose": 0}


def model(optimizer=None, restless=False, **arguments):
    """A small network, with the same weights on every backend; restless: training moves more than its weights."""
    keras.utils.set_random_seed(0)
    more = [keras.layers.BatchNormalization(), keras.layers.Dropout(0.3, seed=1)] if restless else []
    first, last = keras.layers.Dense(6, "tanh", name="a"), keras.layers.Dense(2, name="b", kernel_regularizer="l2")
    made = keras.Sequential([keras.Input((5,)), first, *more, last])
    start = np.random.default_rng(1)
    for layer in (first, last):
        layer.kernel.assign(start.normal(scale=0.5, size=layer.kernel.shape))
    made.compile(optimizer or keras.optimizers.SGD(0.1, momentum=0.9), "mse", **arguments)
    return made


def numbers(variables):
    return [np.array(keras.ops.convert_to_numpy(v)) for v in variables]


def assert_same(ours, theirs):
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(a, b, strict=True)


def by_hand(trained, rates):
    """Loss of each batch, when a batch after the other is trained on with these learning rates."""
    losses = []
    for t, rate in enumerate(rates):
        trained.optimizer.learning_rate = rate
        trained.reset_metrics()
        losses.append(float(trained.train_on_batch(*BATCHES[t % 3], return_dict=True)["loss"]))
    return losses


# --- range test ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("restless", [False, True])
def test_the_losses_are_those_of_single_batches_trained_on_by_hand(restless):
    seen = range_test(model(restless=restless), X, Y, low=1e-3, high=0.1, steps=10, **IN_ORDER)
    np.testing.assert_allclose(seen.rates, 1e-3 * 100 ** (np.arange(10) / 9), rtol=1e-12)
    np.testing.assert_array_equal(seen.losses, by_hand(model(restless=restless), seen.rates))


def test_the_loss_before_the_first_update_is_that_of_the_first_batch_with_its_penalty():
    untrained = model()
    expected = untrained.evaluate(*BATCHES[0], verbose=0)
    seen = range_test(untrained, X, Y, low=1e-3, high=0.1, steps=2, **IN_ORDER)
    assert seen.losses[0] == pytest.approx(expected, rel=1e-6)


def test_keras_own_logs_would_show_a_mean_that_hides_the_rise():
    logged = []
    kept = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: logged.append(float(logs["loss"])))
    trained = model()
    seen = range_test(trained, X, Y, low=1e-3, high=1.0, steps=3, **IN_ORDER)
    trained.fit(X, Y, callbacks=[PerBatchSchedule(lambda t: seen.rates[t]), kept], **IN_ORDER)
    np.testing.assert_allclose(logged, np.cumsum(seen.losses) / [1, 2, 3], rtol=1e-5)
    assert abs(logged[2] - seen.losses[2]) > 0.01


@pytest.mark.parametrize("make", [lambda: keras.optimizers.SGD(0.1, momentum=0.9), lambda: keras.optimizers.Adam(0.01)])
@pytest.mark.parametrize("high", [0.1, 1e4])
def test_afterwards_everything_is_what_it_was_to_the_bit(make, high):
    tested, other = model(make(), restless=True), model(make(), restless=True)
    for each in (tested, other):
        each.fit(X, Y, epochs=2, **IN_ORDER)
    before = numbers([*tested.variables, *tested.optimizer.variables])
    assert len(before) > 12
    range_test(tested, X, Y, high=high, steps=20, **IN_ORDER)
    assert_same(numbers([*tested.variables, *tested.optimizer.variables]), before)
    for each in (tested, other):
        each.fit(X, Y, epochs=2, **IN_ORDER)
    assert_same(numbers(tested.variables), numbers(other.variables))


def test_so_it_is_with_a_model_that_was_never_trained():
    tested, other = model(keras.optimizers.Adam(0.01)), model(keras.optimizers.Adam(0.01))
    range_test(tested, X, Y, steps=20, **IN_ORDER)
    assert int(tested.optimizer.iterations) == 0
    for each in (tested, other):
        each.fit(X, Y, epochs=2, **IN_ORDER)
    assert_same(numbers(tested.variables), numbers(other.variables))


def test_so_it_is_after_an_interruption(monkeypatch):
    def interrupted(self, batch, logs):
        if batch == 1:
            raise KeyboardInterrupt

    tested = model(restless=True)
    tested.fit(X, Y, **IN_ORDER)
    before = numbers([*tested.variables, *tested.optimizer.variables])
    monkeypatch.setattr(callbacks._Growth, "on_train_batch_end", interrupted)
    with pytest.raises(KeyboardInterrupt):
        range_test(tested, X, Y, **IN_ORDER)
    assert_same(numbers([*tested.variables, *tested.optimizer.variables]), before)


def test_it_stops_where_the_loss_diverges_and_keeps_the_loss_that_says_so():
    seen = range_test(model(), X, Y, low=1e-3, high=1e6, steps=60, **IN_ORDER)
    assert 5 < len(seen.losses) == len(seen.rates) < 60
    assert np.median(seen.losses[-5:]) > 4 * np.median(seen.losses) or not np.isfinite(seen.losses[-1])
    for n in range(1, len(seen.losses)):
        assert np.isfinite(seen.losses[n - 1]) and np.median(seen.losses[:n][-5:]) <= 4 * np.median(seen.losses[:n])
    further = range_test(model(), X, Y, low=1e-3, high=1e6, steps=60, diverged=1e300, **IN_ORDER)
    assert len(further.losses) > len(seen.losses)
    assert not np.isfinite(further.losses[-1]) and np.isfinite(further.losses[:-1]).all()
    np.testing.assert_array_equal(further.losses[: len(seen.losses)], seen.losses)


def test_it_goes_through_the_data_again_until_it_has_its_steps():
    assert len(range_test(model(), X, Y, high=0.01, steps=7, **IN_ORDER).losses) == 7
    assert len(range_test(model(), X, Y, high=0.01, steps=7, batch_size=24).losses) == 7


def unbuilt():
    made = keras.Sequential([keras.layers.Dense(1)])
    made.compile("sgd", "mse")
    return made


REFUSED = {
    "model": (lambda: range_test([1], X, Y), TypeError, "model: got a list; takes a Keras model"),
    "low": (lambda: range_test(model(), X, Y, low=0), ValueError, "low: got 0; takes a number in (0, inf)"),
    "high": (lambda: range_test(model(), X, Y, high=1e-5), ValueError, "high: got 1e-05; takes a number in (1e-0"),
    "steps": (lambda: range_test(model(), X, Y, steps=1), ValueError, "steps: got 1; takes a whole number of at le"),
    "diverged": (lambda: range_test(model(), X, Y, diverged=1), ValueError, "diverged: got 1; takes a number in (1,"),
    "epochs": (lambda: range_test(model(), X, Y, epochs=3), TypeError, "epochs: got 3; the test sets it itself"),
    "not built": (lambda: range_test(unbuilt(), X, Y), ValueError, "model: got one that is not built"),
    "not compiled": (
        lambda: range_test(keras.Sequential([keras.Input((5,)), keras.layers.Dense(2)]), X, Y),
        ValueError, "model: got one that is not compiled",
    ),
    "a schedule": (
        lambda: range_test(model(keras.optimizers.SGD(to_keras(constant(0.1)))), X, Y), ValueError,
        "learning_rate: got an optimizer with a schedule; takes one with a number",
    ),
    "no function": (lambda: PerBatchSchedule(0.1), TypeError, "schedule: got 0.1; takes a function of the step"),
    "rate": (
        lambda: model().fit(X, Y, callbacks=[PerBatchSchedule(lambda t: 0.1 - t)], **IN_ORDER), ValueError,
        "schedule(1): got -0.9; takes a number in [0, inf)",
    ),
    "monitor": (lambda: BestModel(3), TypeError, "monitor: got 3; takes a name in the logs"),
    "mode": (lambda: BestModel("loss", "auto"), ValueError, "mode: got 'auto'; takes 'min', 'max'"),
    "min_delta": (lambda: BestModel(min_delta=-1), ValueError, "min_delta: got -1; takes a number in [0, inf)"),
    "no such value": (
        lambda: model().fit(X, Y, callbacks=[BestModel("val_loss")], **IN_ORDER), ValueError,
        "monitor: got 'val_loss'; takes one of 'loss'",
    ),
    "every": (lambda: GradientNorms(X, Y, every=0), ValueError, "every: got 0; takes a whole number of at least 1"),
    "stop_below": (lambda: GradientNorms(X, Y, stop_below=-1), ValueError, "stop_below: got -1; takes a number in [0"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_argument_is_refused(what):
    call, error, message = REFUSED[what]
    with pytest.raises(error, match="^" + re.escape(message)):
        call()


# --- suggestions -----------------------------------------------------------------------------------------------------

RATES = np.geomspace(1e-5, 10, 301)  # 50 a decade
VALLEY = 1.0 + 1.3 / (1 + (RATES / 1e-2) ** 2) + (RATES / 0.5) ** 3


def test_the_steepest_fall_and_a_tenth_of_the_lowest_are_found_where_calculus_finds_them():
    fine = np.geomspace(1e-5, 10, 300_001)
    slope = fine * (-2.6 * fine / 1e-4 / (1 + (fine / 1e-2) ** 2) ** 2 + 6 * (fine / 0.5) ** 2 / 0.5 / 2)
    found = suggest((RATES, VALLEY), width=1)
    step = math.log(10) / 50
    assert abs(math.log(found.steepest / fine[np.argmin(slope)])) <= step
    fine_valley = 1.0 + 1.3 / (1 + (fine / 1e-2) ** 2) + (fine / 0.5) ** 3
    assert abs(math.log(10 * found.tenth / fine[np.argmin(fine_valley)])) <= step


@given(shift=st.floats(-3, 3), factor=st.floats(0.01, 100), times=st.floats(0.1, 10))
@settings(deadline=None)
def test_they_do_not_depend_on_the_units(shift, factor, times):
    a, b = suggest((RATES, VALLEY)), suggest((RATES * times, VALLEY * factor + shift))
    np.testing.assert_allclose(np.array(b) / times, a, rtol=1e-9)


def test_smoothing_finds_them_in_noise_and_shifts_nothing():
    rng = np.random.default_rng(1)
    clean = suggest((RATES, VALLEY), width=1)
    for _ in range(5):
        noisy = suggest((RATES, VALLEY + 0.05 * rng.normal(size=301)), width=31)
        assert abs(math.log10(noisy.steepest / clean.steepest)) < 0.3
        assert abs(math.log10(noisy.tenth / clean.tenth)) < 0.3
    line = np.abs(np.arange(301) - 150.0)  # a mean over the past would move its corner
    assert suggest((RATES, line), width=11).tenth == pytest.approx(RATES[150] / 10)


def test_a_fall_past_the_lowest_loss_is_not_the_steepest():
    assert suggest(([1.0, 2.0, 4.0, 8.0, 16.0], [3.0, 2.5, 1.0, 9.0, 2.0]), width=1) == (2.0, 0.4)


@pytest.mark.parametrize("end", [np.nan, np.inf])
def test_what_follows_a_loss_that_is_not_finite_is_left_out(end):
    cut = np.where(np.arange(301) < 250, VALLEY, -1e9)
    cut[250] = end
    assert suggest((RATES, cut)) == suggest((RATES[:250], VALLEY[:250]))


def test_it_takes_what_the_test_gives():
    seen = range_test(model(), X, Y, low=1e-4, high=1e3, steps=60, **IN_ORDER)
    found = suggest(seen)
    assert isinstance(seen, RangeTest)
    assert 1e-4 <= found.steepest < 10 * found.tenth < seen.rates[-1]
    start = model().evaluate(X, Y, verbose=0)
    for rate in found:
        trained = model(keras.optimizers.SGD(rate, momentum=0.9))
        trained.fit(X, Y, epochs=5, **IN_ORDER)
        assert trained.evaluate(X, Y, verbose=0) < start


BAD = {
    "shapes": (([1.0, 2.0], [1.0]), {}, "rates, losses: got the shapes (2,) and (1,); they take (n,) both"),
    "order": (([2.0, 1.0], [1.0, 0.5]), {}, "rates: got 1; takes positive numbers that increase"),
    "zero": (([0.0, 1.0], [1.0, 0.5]), {}, "rates: got 0; takes positive numbers that increase"),
    "rates": (([1.0, np.inf], [1.0, 0.5]), {}, "rates: got inf; takes positive numbers that increase"),
    "width": (([1.0, 2.0], [1.0, 0.5]), {"width": 2}, "width: got 2; takes an odd number"),
    "rising": (([1.0, 2.0], [0.5, 1.0]), {}, "losses: got a loss that never fell"),
    "diverged": (([1.0, 2.0], [np.nan, 1.0]), {}, "losses: got a loss that never fell"),
    "empty": ((np.zeros(0), np.zeros(0)), {}, "losses: got a loss that never fell"),
}


@pytest.mark.parametrize("what", BAD)
def test_what_is_no_range_test_is_refused(what):
    seen, arguments, message = BAD[what]
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        suggest(seen, **arguments)


# --- a schedule by batches -------------------------------------------------------------------------------------------

SCHEDULES = {
    "piecewise": piecewise([2, 7], [0.1, 0.05, 0.01]),
    "cosine": cosine(0.1, 12),
    "one_cycle": one_cycle(0.2, 12),
}


@pytest.mark.parametrize("make", [lambda r: keras.optimizers.SGD(r, momentum=0.9), lambda r: keras.optimizers.Adam(r)])
@pytest.mark.parametrize("name", SCHEDULES)
def test_training_is_that_with_the_keras_schedule(name, make):
    ours, theirs = model(make(0.5)), model(make(to_keras(SCHEDULES[name])))
    scheduled = PerBatchSchedule(SCHEDULES[name])
    ours.fit(X, Y, epochs=4, callbacks=[scheduled], **IN_ORDER)
    theirs.fit(X, Y, epochs=4, **IN_ORDER)
    assert scheduled.rates == SCHEDULES[name](np.arange(12)).tolist()
    if name == "piecewise":  # computed without rounding
        assert_same(numbers(ours.weights), numbers(theirs.weights))
    else:  # the schedule of Keras computes in float32
        for a, b in zip(numbers(ours.weights), numbers(theirs.weights), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", SCHEDULES)
def test_training_is_that_by_hand_to_the_bit(name):
    ours, theirs = model(), model()
    ours.fit(X, Y, epochs=4, callbacks=[PerBatchSchedule(SCHEDULES[name])], **IN_ORDER)
    by_hand(theirs, [SCHEDULES[name](t) for t in range(12)])
    assert_same(numbers(ours.weights), numbers(theirs.weights))
    assert float(ours.optimizer.learning_rate) == np.float32(SCHEDULES[name](11))


def test_it_takes_any_function_of_the_step_and_every_fit_begins_at_0():
    steps, scheduled = [], None
    scheduled = PerBatchSchedule(lambda t: steps.append(t) or 0.1 / (1 + t))
    trained = model()
    trained.fit(X, Y, callbacks=[scheduled], **IN_ORDER)
    trained.fit(X, Y, callbacks=[scheduled], **IN_ORDER)
    assert steps == [0, 1, 2, 0, 1, 2]
    assert scheduled.rates == [0.1, 0.05, 0.1 / 3]


def test_it_takes_a_schedule_of_keras():
    scheduled = PerBatchSchedule(keras.optimizers.schedules.CosineDecay(0.1, 6))
    model().fit(X, Y, epochs=2, callbacks=[scheduled], **IN_ORDER)
    np.testing.assert_allclose(scheduled.rates, cosine(0.1, 6)(np.arange(6)), rtol=1e-5)


@several_steps
def test_with_a_block_of_batches_keras_calls_once_and_what_is_per_batch_is_refused():
    called = []
    each = keras.callbacks.LambdaCallback(on_train_batch_begin=lambda batch, logs: called.append(batch))
    blocks = model(steps_per_execution=3)
    blocks.fit(X, Y, callbacks=[each], **IN_ORDER)
    assert called == [0]
    for callback in (PerBatchSchedule(cosine(0.1, 3)), GradientNorms(X, Y, every=1)):
        with pytest.raises(ValueError, match=r"^steps_per_execution: got 3, with which callbacks see one batch in 3;"):
            blocks.fit(X, Y, callbacks=[callback], **IN_ORDER)
    with pytest.raises(ValueError, match=r"^steps_per_execution: got 3, .*; takes 1: compile the model with"):
        range_test(blocks, X, Y, **IN_ORDER)


# --- norms of gradients ----------------------------------------------------------------------------------------------


def by_formula(trained):
    """The norms at X and Y: a hidden layer of tanh, a linear one, and the mean squared error without the penalty."""
    w_a, b_a, w_b, b_b = (w.astype(np.float64) for w in trained.get_weights())
    hidden = np.tanh(X @ w_a + b_a)
    delta = 2 * (hidden @ w_b + b_b - Y) / Y.size
    return [np.linalg.norm(X.T @ (delta @ w_b.T * (1 - hidden**2))), np.linalg.norm(hidden.T @ delta)]


def by_tape(trained):
    import tensorflow as tf

    kernels = [trained.get_layer(name).kernel.value for name in ("a", "b")]
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((trained(X, training=True) - Y) ** 2)
    return [float(tf.norm(gradient)) for gradient in tape.gradient(loss, kernels)]


@pytest.mark.parametrize(("every", "steps"), [(None, [0, 3, 6]), (1, [0, 1, 2, 3, 4, 5, 6]), (2, [0, 2, 4, 6])])
def test_the_norms_are_those_of_the_formula_before_training_and_after_the_steps_it_says(every, steps):
    watched, other = model(), model()
    norms = GradientNorms(X, Y, every)
    watched.fit(X, Y, epochs=1, **IN_ORDER)
    watched.fit(X, Y, epochs=2, callbacks=[norms], **IN_ORDER)
    by_hand(other, [0.1] * 3)
    expected = [by_formula(other)]
    for t in range(6):
        other.train_on_batch(*BATCHES[t % 3])
        expected.append(by_formula(other))
    assert norms.steps == steps
    assert list(norms.norms) == ["a", "b"]
    np.testing.assert_allclose(np.transpose(list(norms.norms.values())), np.array(expected)[steps], rtol=1e-5)
    if keras.backend.backend() == "tensorflow":
        np.testing.assert_allclose([norms.norms[name][-1] for name in ("a", "b")], by_tape(watched), rtol=1e-5)
    assert_same(numbers(watched.weights), numbers(other.weights))


@several_steps
def test_after_every_epoch_it_works_with_a_block_of_batches_too():
    norms, single = GradientNorms(X, Y), GradientNorms(X, Y)
    model(steps_per_execution=3).fit(X, Y, epochs=2, callbacks=[norms], **IN_ORDER)
    model().fit(X, Y, epochs=2, callbacks=[single], **IN_ORDER)
    assert norms.steps == single.steps == [0, 3, 6]
    np.testing.assert_allclose(norms.norms["a"], single.norms["a"], rtol=1e-5)


def test_training_stops_where_all_gradients_together_are_small():
    free = GradientNorms(X, Y, every=1)
    model(keras.optimizers.SGD(0.1)).fit(X, Y, epochs=10, callbacks=[free], **IN_ORDER)
    together = np.hypot(free.norms["a"], free.norms["b"])
    limit = (together[0] + together.min()) / 2
    norms = GradientNorms(X, Y, every=1, stop_below=limit)
    model(keras.optimizers.SGD(0.1)).fit(X, Y, epochs=10, callbacks=[norms], **IN_ORDER)
    assert norms.steps[-1] == np.argmax(together < limit) > 0


def test_every_fit_is_looked_at_anew():
    norms, watched = GradientNorms(X, Y), model()
    for _ in range(2):
        watched.fit(X, Y, callbacks=[norms], **IN_ORDER)
        assert norms.steps == [0, 3] and len(norms.norms["a"]) == 2


# --- the best model --------------------------------------------------------------------------------------------------


DELTAS = (0.0, 0.02, 0.3)


def stopping(min_delta, patience):
    return keras.callbacks.EarlyStopping(min_delta=min_delta, patience=patience, restore_best_weights=True)


def overfit(*others):
    """A training that gets worse on the validation data: the model, the weights after each epoch, and the logs."""
    trained, kept = model(keras.optimizers.Adam(0.2), metrics=[keras.metrics.R2Score()]), []
    keep = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: kept.append(trained.get_weights()))
    history = trained.fit(
        X[:8], Y[:8], validation_data=(X[8:], Y[8:]), epochs=12, callbacks=[keep, *others], **IN_ORDER
    ).history
    return trained, kept, history


@pytest.fixture(scope="module")
def overfitted(tmp_path_factory):
    """One such training, which all callbacks look at; `BestModel()` is the last and has the last word."""
    path = tmp_path_factory.mktemp("checkpoint") / "best.keras"
    theirs = {delta: stopping(delta, 99) for delta in DELTAS}
    ours = {delta: BestModel(min_delta=delta) for delta in DELTAS}
    grows = BestModel("val_r2_score", "max")
    file = keras.callbacks.ModelCheckpoint(path, "val_loss", mode="min", save_best_only=True)
    last = BestModel()
    trained, kept, history = overfit(file, grows, *theirs.values(), *ours.values(), last)
    return {
        "model": trained, "kept": kept, "history": history, "best": last, "ours": ours, "theirs": theirs,
        "grows": grows, "path": path,
    }  # fmt: skip


def test_at_the_end_the_model_is_that_of_the_smallest_loss(overfitted):
    best, losses = overfitted["best"], overfitted["history"]["val_loss"]
    assert best.history == losses and len(losses) == 12
    assert best.saves == [k for k, loss in enumerate(losses) if k == 0 or loss < min(losses[:k])]
    assert 1 < len(best.saves) < 12 and best.saves[-1] == np.argmin(losses) < 11
    assert_same(overfitted["model"].get_weights(), overfitted["kept"][best.saves[-1]])
    evaluated = overfitted["model"].evaluate(X[8:], Y[8:], verbose=0)[0]
    assert evaluated == pytest.approx(min(losses), rel=1e-5)


def test_it_is_what_keras_writes_to_a_file(overfitted):
    assert_same(overfitted["best"].weights, keras.models.load_model(overfitted["path"]).get_weights())


@pytest.mark.parametrize("min_delta", DELTAS)
def test_min_delta_is_that_of_keras_early_stopping(overfitted, min_delta):
    ours, theirs = (overfitted[whose][min_delta] for whose in ("ours", "theirs"))
    assert_same(ours.weights, theirs.best_weights)
    assert ours.saves[-1] == theirs.best_epoch == early_stop(overfitted["history"]["val_loss"], 99, min_delta)[0]


def test_min_delta_makes_a_difference(overfitted):
    assert overfitted["ours"][0.3].saves[-1] < overfitted["best"].saves[-1]


def test_for_what_should_grow_there_is_max(overfitted):
    scores = overfitted["history"]["val_r2_score"]
    assert overfitted["grows"].saves[-1] == np.argmax(scores) != np.argmin(scores)
    assert_same(overfitted["grows"].weights, overfitted["kept"][np.argmax(scores)])


def test_what_stops_training_does_not_choose_the_weights():
    stop, best = stopping(0.3, 4), BestModel()
    trained, kept, history = overfit(stop, best)
    losses = history["val_loss"]
    assert stop.best_epoch < np.argmin(losses) < len(losses) - 1 == stop.stopped_epoch < 11
    assert_same(trained.get_weights(), kept[np.argmin(losses)])


def test_a_training_without_epochs_leaves_the_weights_as_they_are():
    trained, best = model(), BestModel("loss")
    before = trained.get_weights()
    trained.fit(X, Y, epochs=0, callbacks=[best], **IN_ORDER)
    assert best.weights is None and best.saves == []
    assert_same(trained.get_weights(), before)


def test_every_fit_has_a_best_of_its_own():
    best, trained = BestModel("loss"), model()
    for epochs in (3, 2):
        trained.fit(X, Y, epochs=epochs, callbacks=[best], **IN_ORDER)
        assert len(best.history) == epochs and best.saves[0] == 0


def test_after_an_interruption_the_weights_are_there_to_be_set():
    def interrupt(epoch, logs):
        if epoch == 1:
            raise KeyboardInterrupt

    best, trained = BestModel("loss"), model()
    assert best.weights is None
    with pytest.raises(KeyboardInterrupt):
        trained.fit(
            X, Y, epochs=3, callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=interrupt), best], **IN_ORDER
        )
    once = model()
    once.fit(X, Y, **IN_ORDER)
    assert best.saves == [0]
    assert_same(best.weights, once.get_weights())
