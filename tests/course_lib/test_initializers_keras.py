"""Initializers against Keras' own: moments and bounds; and as initializers of Keras: in layers, saved, in any dtype."""

import json
import math
import re

import keras
import numpy as np
import pytest
from keras import ops

from course_lib import initializers
from course_lib.initializers import INITIALIZERS, fans, he_normal, orthogonal, to_keras, variance_scaling

# Keras' own, on reading a variable of TensorFlow with NumPy 2
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

NAMED = sorted(set(INITIALIZERS) - {"variance_scaling", "orthogonal"})
THEIRS = {
    name: getattr(keras.initializers, "".join(part.capitalize() for part in name.split("_")))
    for name in NAMED
}

#: JAX has float64 only if it is told so for the whole process.
FLOAT64 = pytest.mark.backend("tensorflow", "torch", reason="variables of float64")
#: Numbers beyond the bound of a truncated distribution. On PyTorch, Keras draws each up to four times and then takes
#: the first, whatever it is: one number in 230,000 is beyond.
ASTRAY = 1 if keras.backend.backend() == "torch" else 0


def numpy(x):
    return ops.convert_to_numpy(x)


@pytest.mark.parametrize("shape", [(300, 100), (3, 3, 16, 64), (20_000,)])
@pytest.mark.parametrize("name", NAMED)
def test_variance_and_bound_are_those_of_keras(name, shape):
    ours = INITIALIZERS[name](shape, np.random.default_rng(0))
    theirs = numpy(THEIRS[name](seed=0)(shape)).astype(np.float64)
    spread = math.sqrt(2 * 1.4 / ours.size)  # of the ratio of two variances, for a kurtosis of at most 2.4
    assert abs(np.mean(ours**2) / np.mean(theirs**2) - 1) < 4 * spread
    assert np.abs(ours).max() == pytest.approx(np.sort(np.abs(theirs), axis=None)[-1 - ASTRAY], rel=0.01)
    assert abs(ours.mean()) < 4 * ours.std() / math.sqrt(ours.size)


@pytest.mark.parametrize("mode", initializers.MODES)
@pytest.mark.parametrize("distribution", initializers.DISTRIBUTIONS)
def test_variance_scaling_is_that_of_keras_in_every_mode(distribution, mode):
    ours = variance_scaling((80, 500), 3.0, mode, distribution, np.random.default_rng(0))
    theirs = numpy(keras.initializers.VarianceScaling(3.0, mode, distribution, seed=1)((80, 500))).astype(np.float64)
    assert abs(np.mean(ours**2) / np.mean(theirs**2) - 1) < 4 * math.sqrt(2 * 2 / ours.size)


def test_plain_normal_is_the_truncated_one_in_keras():
    w = numpy(keras.initializers.VarianceScaling(1.0, "fan_in", "normal", seed=0)((300, 100)))
    assert np.count_nonzero(np.abs(w) * math.sqrt(300) > 2.28) <= ASTRAY


@pytest.mark.parametrize("shape", [(300, 100), (20, 70), (3, 3, 4, 10)])
def test_both_are_orthogonal(shape):
    for w in (orthogonal(shape, 1.5, np.random.default_rng(0)), numpy(keras.initializers.Orthogonal(1.5, 0)(shape))):
        values = np.linalg.svd(w.reshape(-1, shape[-1]), compute_uv=False)
        np.testing.assert_allclose(values, 1.5, rtol=1e-5)


# --- as one of Keras -------------------------------------------------------------------------------------------------

EACH = {
    **{name: to_keras(INITIALIZERS[name], 3) for name in NAMED},
    "orthogonal": to_keras(orthogonal, 3, gain=2.0),
    "variance_scaling": to_keras(variance_scaling, 3, scale=0.5, mode="fan_avg", distribution="untruncated_normal"),
}


@pytest.mark.parametrize("name", EACH)
def test_a_layer_starts_from_what_the_initializer_draws(name):
    layer = keras.layers.Dense(7, kernel_initializer=EACH[name])
    layer.build((None, 5))
    expected = INITIALIZERS[name]((5, 7), rng=np.random.default_rng(3), **EACH[name].arguments)
    np.testing.assert_array_equal(numpy(layer.kernel), expected.astype("float32"))


@pytest.mark.parametrize("name", EACH)
def test_it_survives_its_configuration_as_json(name):
    config = json.loads(json.dumps(keras.initializers.serialize(EACH[name])))
    assert config["registered_name"] == "course_lib>KerasInitializer"
    again = keras.initializers.deserialize(config)
    np.testing.assert_array_equal(numpy(again((4, 3))), numpy(EACH[name]((4, 3))))


def test_a_model_with_it_is_saved_and_loaded(tmp_path):
    layer = keras.layers.Dense(3, kernel_initializer=to_keras(he_normal, 5))
    model = keras.Sequential([keras.Input((4,)), layer])
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again.get_weights()[0], model.get_weights()[0])
    assert isinstance(again.layers[0].kernel_initializer, initializers.KerasInitializer)
    assert again.layers[0].kernel_initializer.get_config() == {"initializer": "he_normal", "seed": 5, "arguments": {}}


@pytest.mark.parametrize("dtype", [None, "float16", "bfloat16", "float32", pytest.param("float64", marks=FLOAT64)])
def test_it_draws_in_the_dtype_that_it_is_asked_for(dtype):
    w = to_keras(he_normal, 0)((6, 5), dtype)
    assert keras.backend.standardize_dtype(w.dtype) == (dtype or "float32")
    expected = he_normal((6, 5), np.random.default_rng(0))
    np.testing.assert_allclose(numpy(ops.cast(w, "float32")), expected, rtol=1e-2 if dtype == "bfloat16" else 1e-3)


def test_every_call_draws_the_same_and_another_seed_other_numbers():
    initializer = to_keras(he_normal, 0)
    np.testing.assert_array_equal(numpy(initializer((6, 5))), numpy(initializer((6, 5))))
    assert (numpy(to_keras(he_normal, 1)((6, 5))) != numpy(initializer((6, 5)))).all()


def test_convolutions_have_their_fans():
    layer = keras.layers.Conv2D(64, 3, kernel_initializer=to_keras(he_normal, 0))
    layer.build((None, 8, 8, 16))
    assert fans(tuple(layer.kernel.shape)) == (144, 576)
    assert numpy(layer.kernel).var() == pytest.approx(2 / 144, rel=0.05)


@pytest.mark.parametrize("bad", [abs, fans, "he_normal", keras.initializers.HeNormal()])
def test_what_cannot_be_saved_is_refused(bad):
    with pytest.raises(TypeError, match=r"^initializer: got .*; takes one of variance_scaling, glorot_uniform, "):
        to_keras(bad, 0)


def test_bad_arguments_are_refused_before_a_layer_is_built():
    with pytest.raises(ValueError, match=re.escape("gain: got -1; takes a number in (0, inf)")):
        to_keras(orthogonal, 0, gain=-1)
    with pytest.raises(ValueError, match="distribution: got 'normal'; takes 'uniform', "):
        to_keras(variance_scaling, 0, scale=1.0, mode="fan_in", distribution="normal")
    with pytest.raises(TypeError, match="gain"):
        to_keras(orthogonal, 0)
    with pytest.raises(TypeError, match="seed: got None; takes a whole number of at least 0"):
        to_keras(he_normal, None)
    with pytest.raises(ValueError, match="initializer: got 'she_normal'; takes 'variance_scaling', "):
        initializers.KerasInitializer("she_normal", 0, {})
