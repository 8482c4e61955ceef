"""How the lectures train: the settings that all of them share change the speed, not what is learned."""

import subprocess
import sys

import keras
import numpy as np
import pytest

from course_lib import training
from course_lib.training import FAST, batches

X = np.random.default_rng(0).normal(size=(3200, 8)).astype(np.float32)
Y = np.abs(X[:, :1]) + X[:, 1:2]


def trained(**settings):
    """The weights of a small network after one epoch of 100 steps."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(16, activation="relu"), keras.layers.Dense(1)])
    model.compile(optimizer="sgd", loss="mse", **settings)
    model.fit(X, Y, batch_size=32, epochs=1, verbose=0)
    return model.get_weights()


@pytest.fixture(scope="module")
def plain():
    return trained(steps_per_execution=1, jit_compile=False)


@pytest.mark.backend("tensorflow", "jax", reason="`FAST`: 50 steps at a time, compiled")
def test_many_steps_at_a_time_are_the_same_arithmetic(plain):
    for w, expected in zip(trained(steps_per_execution=50, jit_compile=False), plain, strict=True):
        np.testing.assert_array_equal(w, expected)


def test_the_fast_settings_differ_in_the_last_digits_only(plain):
    for w, expected in zip(trained(**FAST), plain, strict=True):
        np.testing.assert_allclose(w, expected, rtol=0, atol=1e-5)


def test_the_fast_settings_give_the_same_bits_twice():
    for w, again in zip(trained(**FAST), trained(**FAST), strict=True):
        np.testing.assert_array_equal(w, again)


def test_a_lecture_overrides_a_setting_for_itself_alone():
    before = dict(FAST)
    assert {**FAST, "steps_per_execution": 7} == FAST | {"steps_per_execution": 7}
    assert FAST == before
    with pytest.raises(TypeError):
        FAST["steps_per_execution"] = 1


def test_fast_is_what_the_backend_can():
    expected = {"steps_per_execution": 1, "jit_compile": False}
    if keras.backend.backend() != "torch":
        expected = {"steps_per_execution": 50, "jit_compile": True}
    assert FAST == expected


def test_on_pytorch_it_is_one_step_at_a_time_and_not_compiled(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "torch")
    assert training.FAST == {"steps_per_execution": 1, "jit_compile": False}


def test_the_module_has_no_other_name():
    with pytest.raises(ImportError, match="cannot import name 'FASTER'"):
        from course_lib.training import FASTER  # noqa: F401


def test_no_framework_is_loaded_before_somebody_asks_for_fast():
    code = "import course_lib.training, sys; print('keras' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "False\n"


@pytest.fixture(params=["own backend", "another backend"])
def backend(request, monkeypatch):
    """`batches` as the backend of this run makes it, and as one without tf.data does."""
    if request.param == "another backend":
        monkeypatch.setattr(keras.backend, "backend", lambda: "torch")


def of(made):
    """The batches as arrays."""
    several = made if not isinstance(made, keras.utils.PyDataset) else (made[k] for k in range(len(made)))
    return [tuple(map(np.asarray, pair)) for pair in several]


def test_drawn_batches_keep_example_and_answer_together(backend):
    found = of(batches(X[:70], Y[:70], 32, np.random.default_rng(1)))
    assert [len(x) for x, _ in found] == [32, 32, 6]
    x, y = (np.concatenate(part) for part in zip(*found, strict=True))
    order = np.random.default_rng(1).permutation(70)
    np.testing.assert_array_equal(x, X[:70][order])
    np.testing.assert_array_equal(y, Y[:70][order])


@pytest.mark.filterwarnings("error::UserWarning")  # Keras gives one to a PyDataset that was not set up
def test_a_fit_of_batches_is_the_fit_of_the_arrays():
    ends = []
    order = np.random.default_rng(0).permutation(len(X))
    for given in ((X[order], Y[order]), (batches(X, Y, 32, np.random.default_rng(0)),)):
        keras.utils.set_random_seed(0)
        model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(1)])
        model.compile(optimizer="sgd", loss="mse", **FAST)
        sizes = {"batch_size": 32} if len(given) == 2 else {}
        model.fit(*given, epochs=2, verbose=0, shuffle=False, **sizes)
        ends.append(model.get_weights())
    for ours, theirs in zip(*ends, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_labels_may_be_plain_numbers(backend):
    ((_, labels),) = of(batches(X[:5], np.arange(5), 5, np.random.default_rng(1)))
    assert sorted(labels) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(("x", "y", "shapes"), [(1.0, [1.0], r"\(\) and \(1,\)"), ([1.0], 1.0, r"\(1,\) and \(\)")])
def test_one_number_is_no_row_of_examples(x, y, shapes):
    with pytest.raises(ValueError, match=rf"^x, y: got the shapes {shapes}; they take"):
        batches(x, y, 1, np.random.default_rng(0))
