"""How the lectures train: the settings that all of them share change the speed, not what is learned."""

import keras
import numpy as np
import pytest

from course_lib.training import FAST

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
    one = {**FAST, "steps_per_execution": 1}
    assert one == {"steps_per_execution": 1, "jit_compile": True} and FAST["steps_per_execution"] == 50
    with pytest.raises(TypeError):
        FAST["steps_per_execution"] = 1
