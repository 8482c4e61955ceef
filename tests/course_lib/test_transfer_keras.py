"""Transfer with Keras: a source that stays as it was, layers that are frozen, and stages one after the other."""

import re

import keras
import numpy as np
import pytest

from course_lib.transfer import Stage, fine_tune, freeze, thaw, transplant

# Keras' own, on reading a variable of TensorFlow with NumPy 2
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(40, 6)).astype("float32"), RNG.integers(0, 2, 40)
LOSS = "binary_crossentropy"


def source():
    """A model of six layers with weights, statistics and names of its own."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((6,)), keras.layers.Dense(8, "selu"), keras.layers.BatchNormalization(),
            keras.layers.Dense(7, "selu"), keras.layers.Dropout(0.2), keras.layers.Dense(4, "softmax"),
        ]
    )  # fmt: skip
    model.compile("adam", "sparse_categorical_crossentropy")
    rng = np.random.default_rng(1)
    model.set_weights([rng.uniform(0.1, 1, w.shape) for w in model.get_weights()])
    return model


def numpy(tensor):
    return keras.ops.convert_to_numpy(tensor).copy()


def head():
    return keras.layers.Dense(1, "sigmoid")


def assert_same(ours, theirs):
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(a, b)


def weights(model, layers=slice(None)):
    return [w for layer in model.layers[layers] for w in layer.get_weights()]


def changed(model, before):
    """Of each layer with weights, whether one of them differs."""
    after = [layer.get_weights() for layer in model.layers]
    return [any((a != b).any() for a, b in zip(x, y, strict=True)) for x, y in zip(before, after, strict=True) if x]


# --- transplant ------------------------------------------------------------------------------------------------------


def test_the_new_model_computes_what_the_kept_layers_compute():
    model = source()
    kept = X
    for layer in model.layers[:-1]:
        kept = layer(kept)
    np.testing.assert_allclose(numpy(transplant(model)(X)), numpy(kept), rtol=1e-6)
    whole = transplant(model, drop=0)
    assert_same([numpy(whole(X))], [numpy(model(X))])


def test_weights_and_statistics_are_copied_into_layers_of_its_own():
    model = source()
    new = transplant(model, head())
    assert_same(weights(new, slice(4)), weights(model, slice(4)))
    assert new.output_shape == (None, 1) and len(new.layers) == 5
    assert not set(map(id, new.layers)) & set(map(id, model.layers))
    assert not set(map(id, new.variables)) & set(map(id, model.variables))


def test_training_the_new_model_leaves_the_source_and_its_optimizer_as_they_were():
    model = source()
    model.fit(X, Y, verbose=0)
    before, moments = weights(model), [numpy(v) for v in model.optimizer.variables]
    new = transplant(model, head())
    fine_tune(new, X, Y, [Stage(0, 2, 0.1)], loss=LOSS, verbose=0)
    assert_same(weights(model), before)
    assert_same([numpy(v) for v in model.optimizer.variables], moments)
    assert all(changed(new, [layer.get_weights() for layer in model.layers[:4]] + [new.layers[4].get_weights()])[:3])


def test_training_the_source_leaves_the_new_model_as_it_was():
    model = source()
    new = transplant(model, head())
    before = weights(new)
    model.fit(X, Y, verbose=0)
    assert_same(weights(new), before)


def test_frozen_layers_are_frozen_in_the_copy_and_their_weights_are_those_of_the_source():
    model = source()
    freeze(model, 3)
    new = transplant(model, head())
    assert [layer.trainable for layer in new.layers] == [False, False, False, True, True]
    assert_same(weights(new, slice(4)), weights(model, slice(4)))


@pytest.mark.parametrize(("drop", "layers"), [(0, 6), (1, 5), (3, 3), (5, 1)])
def test_drop_layers_stay_behind(drop, layers):
    assert len(transplant(source(), head(), drop=drop).layers) == layers


def test_the_dtype_of_the_input_is_kept():
    model = keras.Sequential([keras.Input((3,), dtype="int32"), keras.layers.Embedding(5, 2), keras.layers.Flatten()])
    new = transplant(model, head(), drop=0)
    assert keras.backend.standardize_dtype(new.inputs[0].dtype) == "int32"
    assert new(np.zeros((2, 3), "int32")).shape == (2, 1)


# --- freeze and thaw -------------------------------------------------------------------------------------------------


def test_freeze_and_thaw_are_for_the_first_layers_and_leave_the_others():
    model = source()
    freeze(model, 3)
    assert [layer.trainable for layer in model.layers] == [False] * 3 + [True] * 2
    freeze(model, 1)
    assert [layer.trainable for layer in model.layers] == [False] * 3 + [True] * 2
    thaw(model, 2)
    assert [layer.trainable for layer in model.layers] == [True, True, False, True, True]
    thaw(model)
    assert all(layer.trainable for layer in model.layers)


def test_training_leaves_frozen_layers_and_their_statistics_as_they_are():
    model = source()
    new = transplant(model, head())
    before = [layer.get_weights() for layer in new.layers]
    fine_tune(new, X, Y, [Stage(2, 1, 0.1)], loss=LOSS, verbose=0)
    assert changed(new, before) == [False, False, True, True]


# --- fine_tune -------------------------------------------------------------------------------------------------------


def test_stages_follow_each_other_with_their_epochs_and_learning_rates():
    seen = []
    watch = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda *_: seen.append(
            (sum(not layer.trainable for layer in new.layers), float(numpy(new.optimizer.learning_rate)))
        )
    )
    new = transplant(source(), head())
    stages = [Stage(4, 2, 0.5), (1, 1, 0.25), Stage(0, 3, 0.125)]
    histories = fine_tune(new, X, Y, stages, loss=LOSS, metrics=["accuracy"], callbacks=[watch], verbose=0)
    assert seen == [(4, 0.5)] * 2 + [(1, 0.25)] + [(0, 0.125)] * 3
    assert [len(history["loss"]) for history in histories] == [2, 1, 3]
    assert all(set(history) == {"loss", "accuracy"} for history in histories)


def test_one_stage_is_compile_and_fit():
    ours = keras.Sequential([keras.Input((6,)), keras.layers.Dense(5, "tanh"), head()])
    theirs = transplant(ours, drop=0)
    theirs.compile(keras.optimizers.SGD(0.1), LOSS)
    history = theirs.fit(X, Y, epochs=2, batch_size=8, shuffle=False, verbose=0).history
    [mine] = fine_tune(ours, X, Y, [Stage(0, 2, 0.1)], loss=LOSS, batch_size=8, shuffle=False, verbose=0)
    np.testing.assert_allclose(mine["loss"], history["loss"], rtol=1e-6)
    for a, b in zip(weights(ours), weights(theirs), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7)


def test_an_optimizer_is_made_anew_for_every_stage():
    made = []

    def optimizer(learning_rate):
        made.append(keras.optimizers.Adam(learning_rate))
        return made[-1]

    new = transplant(source(), head())
    fine_tune(new, X, Y, [Stage(4, 1, 0.5), Stage(0, 1, 0.25)], loss=LOSS, optimizer=optimizer, verbose=0)
    assert [float(numpy(o.learning_rate)) for o in made] == [0.5, 0.25]
    assert [int(numpy(o.iterations)) for o in made] == [2, 2] and new.optimizer is made[1]


def test_nothing_is_trained_if_a_later_stage_is_wrong():
    new = transplant(source(), head())
    before = weights(new)
    with pytest.raises(ValueError, match=re.escape("stages[1].frozen: got 6; takes 0 to 5, the number of layers")):
        fine_tune(new, X, Y, [Stage(0, 1, 0.1), Stage(6, 1, 0.1)], loss=LOSS, verbose=0)
    assert_same(weights(new), before)


def tune(stages, **arguments):
    return fine_tune(transplant(source(), head()), X, Y, stages, loss=LOSS, verbose=0, **arguments)


MISSING = keras.Sequential([keras.layers.Dense(2)])
REFUSED = {
    "source": (lambda: transplant([1], head()), TypeError, "source: got a list; takes a keras.Sequential"),
    "not built": (lambda: transplant(MISSING, head()), ValueError, "source: got a model that is not built; takes one"),
    "drop": (lambda: transplant(source(), head(), drop=6), ValueError, "drop: got 6; takes 0 to 5, the number of"),
    "drop below 0": (lambda: transplant(source(), drop=-1), ValueError, "drop: got -1; takes a whole number of at"),
    "head": (lambda: transplant(source(), "softmax"), TypeError, "head[0]: got a str; takes a Keras layer"),
    "nothing left": (lambda: transplant(source(), drop=5), ValueError, "drop, head: got 5 and no layer; one layer or"),
    "count": (lambda: freeze(source(), 6), ValueError, "count: got 6; takes 0 to 5, the number of layers"),
    "count below 0": (lambda: thaw(source(), -1), ValueError, "count: got -1; takes a whole number of at least 0"),
    "model": (lambda: freeze(None, 1), TypeError, "model: got a NoneType; takes a keras.Sequential"),
    "no stage": (lambda: tune([]), ValueError, "stages: got none; takes one or more"),
    "stages": (lambda: tune(3), TypeError, "stages: got a int; takes a list of Stage(frozen, epochs, learning_rate)"),
    "a stage": (lambda: tune([3]), TypeError, "stages[0]: got 3; takes Stage(frozen, epochs, learning_rate)"),
    "epochs": (lambda: tune([(0, 0, 0.1)]), ValueError, "stages[0].epochs: got 0; takes a whole number of at least 1"),
    "rate": (lambda: tune([(0, 1, 0.0)]), ValueError, "stages[0].learning_rate: got 0.0; takes a number in (0, inf)"),
    "epochs for all": (lambda: tune([(0, 1, 0.1)], epochs=3), TypeError, "epochs: got one for all; each stage has"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_argument_is_refused(what):
    call, error, message = REFUSED[what]
    with pytest.raises(error, match="^" + re.escape(message)):
        call()


def test_a_layer_of_the_source_is_no_new_one():
    model = source()
    with pytest.raises(ValueError, match=r"^head\[0\]: got the layer '\w+' of the source; takes a new one$"):
        transplant(model, model.layers[-1])


def test_a_new_layer_with_the_name_of_a_kept_one_is_refused():
    model = source()
    with pytest.raises(ValueError, match=r"^head\[0\]: got the name '\w+', which a kept layer has; takes another$"):
        transplant(model, keras.layers.Dense(1, name=model.layers[0].name))
    assert transplant(model, keras.layers.Dense(1, name=model.layers[-1].name)).output_shape == (None, 1)
