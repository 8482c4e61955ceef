"""Initializers: fans, moments within four standard errors, bounds, orthogonality, signals in depth, and refusals."""

import math
import re

import numpy as np
import pytest

from course_lib import initializers as module
from course_lib.activations import relu, selu, tanh
from course_lib.initializers import (
    DISTRIBUTIONS,
    INITIALIZERS,
    MODES,
    fans,
    glorot_normal,
    glorot_uniform,
    he_normal,
    he_uniform,
    lecun_normal,
    lecun_uniform,
    orthogonal,
    to_keras,
    variance_scaling,
)

pytestmark = pytest.mark.filterwarnings("error")

#: name -> (initializer, variance of a kernel with these fans, largest number in standard deviations)
LEFT = 0.87962566103423978
NAMED = {
    "glorot_uniform": (glorot_uniform, lambda i, o: 2 / (i + o), math.sqrt(3)),
    "glorot_normal": (glorot_normal, lambda i, o: 2 / (i + o), 2 / LEFT),
    "he_uniform": (he_uniform, lambda i, o: 2 / i, math.sqrt(3)),
    "he_normal": (he_normal, lambda i, o: 2 / i, 2 / LEFT),
    "lecun_uniform": (lecun_uniform, lambda i, o: 1 / i, math.sqrt(3)),
    "lecun_normal": (lecun_normal, lambda i, o: 1 / i, 2 / LEFT),
}
EACH = pytest.mark.parametrize("name", NAMED)


def rng(seed=0):
    return np.random.default_rng(seed)


def assert_moments(w, variance):
    """Mean 0 and this variance, each within four of its standard errors."""
    assert abs(w.mean()) < 4 * math.sqrt(variance / w.size)
    fourth = np.mean(w**4)
    assert abs(np.mean(w**2) - variance) < 4 * math.sqrt((fourth - variance**2) / w.size)


# --- fans ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "shape, expected",
    [
        ((7,), (7, 7)),
        ((300, 100), (300, 100)),
        ((5, 3, 4), (15, 20)),
        ((3, 3, 64, 128), (576, 1152)),
        ((2, 3, 4, 5, 6), (120, 144)),
        ([np.int64(3), 2], (3, 2)),
        ((0, 3), (0, 3)),
        ((3, 0, 2, 2), (0, 0)),
    ],
)
def test_fans_of_one_to_five_axes(shape, expected):
    assert fans(shape) == expected
    assert all(type(fan) is int for fan in fans(shape))


# --- moments and bounds ----------------------------------------------------------------------------------------------


@EACH
@pytest.mark.parametrize("shape", [(300, 100), (100, 300), (3, 3, 16, 64), (40_000,)])
def test_mean_and_variance_are_those_of_the_formula(name, shape):
    initializer, variance, _ = NAMED[name]
    w = initializer(shape, rng())
    assert (w.shape, w.dtype) == (shape, np.float64)
    assert_moments(w, variance(*fans(shape)))


@EACH
def test_no_number_is_beyond_the_bound_and_some_are_near_it(name):
    initializer, variance, bound = NAMED[name]
    w = np.abs(initializer((300, 200), rng())) / math.sqrt(variance(300, 200))
    assert bound * 0.999 < w.max() <= bound * (1 + 1e-12)


def test_the_numbers_of_a_layer_of_300_and_100():
    w = glorot_uniform((300, 100), rng())
    assert np.abs(w).max() == pytest.approx(0.1224745, rel=1e-3)
    assert np.abs(w).max() <= 0.1224745
    assert_moments(w, 0.005)
    assert math.sqrt(0.005) == pytest.approx(0.0707107, abs=1e-7)
    # the truncated normal distribution ends at 2.27 standard deviations, and the other does not
    assert np.abs(he_normal((300, 100), rng())).max() / math.sqrt(2 / 300) == pytest.approx(2.2737, abs=5e-3)
    untruncated = variance_scaling((300, 100), 2.0, "fan_in", "untruncated_normal", rng())
    assert np.abs(untruncated).max() / math.sqrt(2 / 300) > 3.5


def test_to_truncate_alone_would_leave_too_small_a_variance():
    assert module._LEFT == pytest.approx(LEFT, rel=1e-14)
    z = module._truncated((200, 200), rng())
    assert np.abs(z).max() <= 2
    assert_moments(z, LEFT**2)


@pytest.mark.parametrize("scale", [0.1, 1.0, 7.0])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_the_variance_is_scale_divided_by_the_fan(distribution, mode, scale):
    w = variance_scaling((80, 500), scale, mode, distribution, rng(3))
    assert_moments(w, scale / {"fan_in": 80, "fan_out": 500, "fan_avg": 290}[mode])


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_a_larger_scale_makes_the_same_numbers_larger(distribution):
    small, large = (variance_scaling((9, 8), scale, "fan_in", distribution, rng()) for scale in (1.0, 4.0))
    np.testing.assert_allclose(large, 2 * small, rtol=1e-14)


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
@pytest.mark.parametrize("scale", [1e-308, 1e308])
def test_extreme_scales_overflow_nowhere(distribution, scale):
    w = variance_scaling((5, 5), scale, "fan_avg", distribution, rng())
    assert np.isfinite(w).all() and w.all()


@pytest.mark.parametrize("name", INITIALIZERS)
@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (2, 0, 3), (0, 0)])
def test_an_empty_kernel_is_no_trouble(name, shape):
    arguments = {"variance_scaling": (1.0, "fan_in", "uniform"), "orthogonal": (1.0,)}.get(name, ())
    assert INITIALIZERS[name](shape, *arguments, rng()).shape == shape


# --- orthogonality ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("gain", [1.0, 1.5])
@pytest.mark.parametrize("shape", [(300, 100), (100, 300), (64, 64), (3, 3, 4, 50), (2, 2, 2, 3), (1, 1)])
def test_columns_or_rows_are_orthogonal_and_of_length_gain(shape, gain):
    w = orthogonal(shape, gain, rng())
    assert (w.shape, w.dtype) == (shape, np.float64)
    w = w.reshape(-1, shape[-1])
    product = w.T @ w if len(w) >= shape[-1] else w @ w.T
    np.testing.assert_allclose(product, gain**2 * np.eye(len(product)), atol=1e-6)
    np.testing.assert_allclose(np.linalg.svd(w, compute_uv=False), gain, rtol=1e-12)


def test_lengths_are_kept_upward_and_shrink_downward():
    x = rng(1).normal(size=(2000, 300))
    down = np.linalg.norm(x @ orthogonal((300, 100), 1.0, rng()), axis=1) / np.linalg.norm(x, axis=1)
    assert down.mean() == pytest.approx(math.sqrt(1 / 3), abs=4 * down.std() / math.sqrt(2000) + 1e-3)
    x = x[:, :100]
    up = np.linalg.norm(x @ orthogonal((100, 300), 1.0, rng()), axis=1) / np.linalg.norm(x, axis=1)
    np.testing.assert_allclose(up, 1, rtol=1e-12)


def test_every_direction_is_as_likely_as_its_opposite():
    # without the signs, the first number of a QR decomposition is negative always
    first = np.array([orthogonal((3, 3), 1.0, generator)[0, 0] for generator in [rng()] for _ in range(2000)])
    assert_moments(first, 1 / 3)


# --- what it is for --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "initializer, activation, expected",
    [
        (he_normal, relu, lambda a: np.mean(a**2)),  # relu halves the mean square, and 2 / fan_in makes up for it
        (lecun_normal, selu, lambda a: np.mean(a**2)),
        (lecun_uniform, lambda z: z, lambda a: np.mean(a**2)),
    ],
)
def test_a_signal_keeps_its_size_through_50_layers(initializer, activation, expected):
    generator = rng(5)
    a = activation(generator.normal(size=(200, 200)))
    before = expected(a)
    for _ in range(50):
        a = activation(a @ initializer((200, 200), generator))
    assert 0.3 < expected(a) / before < 3


def test_with_weights_for_relu_a_selu_network_explodes_and_with_smaller_ones_a_tanh_network_fades():
    generator = rng(5)
    a = b = generator.normal(size=(200, 200))
    for _ in range(50):
        a = selu(a @ he_normal((200, 200), generator))
        b = tanh(b @ variance_scaling((200, 200), 1 / 3, "fan_in", "uniform", generator))
    assert a.std() > 10
    assert b.std() < 1e-6


# --- generators ------------------------------------------------------------------------------------------------------


@EACH
def test_the_same_generator_gives_the_same_numbers_and_then_others(name):
    initializer = NAMED[name][0]
    generator = rng(7)
    first, second = initializer((4, 5), generator), initializer((4, 5), generator)
    np.testing.assert_array_equal(first, initializer((4, 5), rng(7)))
    assert (first != second).all()


REFUSED = {
    "empty": (lambda: fans(()), ValueError, "shape: got (); takes one axis or more"),
    "number": (lambda: fans(3), TypeError, "shape: got 3; takes a tuple of whole numbers"),
    "negative": (lambda: fans((3, -1)), ValueError, "shape[1]: got -1; takes a whole number of at least 0"),
    "unknown": (lambda: glorot_uniform((None, 3), rng()), TypeError, "shape[0]: got None; takes a whole number of at"),
    "empty, drawn": (lambda: he_normal((), rng()), ValueError, "shape: got (); takes one axis or more"),
    "scale": (
        lambda: variance_scaling((2, 2), 0.0, "fan_in", "uniform", rng()),
        ValueError,
        "scale: got 0.0; takes a number in (0, inf)",
    ),
    "mode": (
        lambda: variance_scaling((2, 2), 1.0, "in", "uniform", rng()),
        ValueError,
        "mode: got 'in'; takes 'fan_in', 'fan_out', 'fan_avg'",
    ),
    "normal": (
        lambda: variance_scaling((2, 2), 1.0, "fan_in", "normal", rng()),
        ValueError,
        "distribution: got 'normal'; takes 'uniform', 'truncated_normal', 'untruncated_normal'",
    ),
    "rng": (lambda: lecun_normal((2, 2), 0), TypeError, "rng: got 0; takes a numpy.random.Generator"),
    "no rng": (lambda: glorot_normal((2, 2), None), TypeError, "rng: got None; takes a numpy.random.Generator"),
    "old rng": (lambda: he_uniform((2, 2), np.random.RandomState(0)), TypeError, "rng: got a RandomState; takes a"),
    "orthogonal vector": (lambda: orthogonal((3,), 1.0, rng()), ValueError, "shape: got (3,); takes two axes or more"),
    "gain": (lambda: orthogonal((3, 3), -1, rng()), ValueError, "gain: got -1; takes a number in (0, inf)"),
    "orthogonal rng": (lambda: orthogonal((3, 3), 1.0, 1), TypeError, "rng: got 1; takes a numpy.random.Generator"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_bad_argument_is_refused_by_name_with_what_it_got_and_what_it_takes(case):
    call, error, message = REFUSED[case]
    with pytest.raises(error, match=re.escape(message)):
        call()


def test_an_unknown_name_is_none_of_the_module():
    with pytest.raises(AttributeError, match="has no attribute 'he_normla'"):
        module.he_normla  # noqa: B018
    assert callable(to_keras)
