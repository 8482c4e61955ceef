"""Activations: their values, their derivatives by differences, laws, moments, extreme numbers, and refusals."""

import inspect
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from course_lib.activations import (
    ACTIVATIONS,
    elu,
    elu_derivative,
    gelu,
    gelu_derivative,
    hard_sigmoid,
    hard_sigmoid_derivative,
    leaky_relu,
    leaky_relu_derivative,
    relu,
    selu_constants,
    selu_derivative,
    sigmoid,
    sigmoid_derivative,
    silu,
    softmax,
    softmax_derivative,
    softplus,
    tanh,
)

pytestmark = pytest.mark.filterwarnings("error")

POINTWISE = sorted(set(ACTIVATIONS) - {"softmax"})
DTYPES = pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
EACH = pytest.mark.parametrize("name", POINTWISE)
any_numbers = arrays.arrays(np.float64, 5, elements=st.floats(allow_nan=False, allow_infinity=False))
some_numbers = arrays.arrays(np.float64, (2, 5), elements=st.floats(-30, 30))


def differences(function, x, h=1e-5):
    return (function(x + h) - function(x - h)) / (2 * h)


# --- derivatives -----------------------------------------------------------------------------------------------------


def test_the_table_has_the_twelve_of_the_course_under_their_own_names():
    assert list(ACTIVATIONS) == [
        "linear", "sigmoid", "hard_sigmoid", "tanh", "softplus", "relu", "leaky_relu", "elu", "selu", "gelu", "silu",
        "softmax",
    ]  # fmt: skip
    for name, (function, derivative) in ACTIVATIONS.items():
        assert (function.__name__, derivative.__name__) == (name, f"{name}_derivative")
        assert inspect.signature(function).parameters.keys() == inspect.signature(derivative).parameters.keys()


@EACH
def test_the_derivative_is_the_slope_of_the_function(name):
    function, derivative = ACTIVATIONS[name]
    x = np.linspace(-8, 8, 1601) + 1e-3  # never within a step of a kink
    np.testing.assert_allclose(derivative(x), differences(function, x), rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize(
    "name, options",
    [
        ("hard_sigmoid", {"slope": 0.2}),
        ("leaky_relu", {"negative_slope": 0.01}),
        ("leaky_relu", {"negative_slope": 1.5}),
        ("elu", {"alpha": 0.3}),
        ("gelu", {"approximate": True}),
    ],
)
def test_the_derivative_is_the_slope_in_every_variant(name, options):
    function, derivative = ACTIVATIONS[name]
    x = np.linspace(-8, 8, 1601) + 1e-3
    np.testing.assert_allclose(
        derivative(x, **options), differences(lambda x: function(x, **options), x), rtol=1e-8, atol=1e-9
    )
    assert np.abs(function(x, **options) - function(x)).max() > 1e-5


@given(x=some_numbers)
@settings(deadline=None, max_examples=50)
def test_the_jacobian_of_softmax_is_made_of_its_slopes(x):
    jacobian = softmax_derivative(x)
    assert jacobian.shape == (2, 5, 5)
    for j, step in enumerate(1e-5 * np.eye(5)):
        by_differences = (softmax(x + step) - softmax(x - step)) / 2e-5
        np.testing.assert_allclose(jacobian[..., j], by_differences, atol=1e-9)


@pytest.mark.parametrize(
    "name, at_kinks",
    [("relu", [0.0]), ("leaky_relu", [0.2]), ("selu", [1.0507009873554805]), ("hard_sigmoid", [0.0, 0.0])],
)
def test_at_a_kink_the_derivative_is_the_flatter_side(name, at_kinks):
    kinks = [-3.0, 3.0] if name == "hard_sigmoid" else [0.0]
    np.testing.assert_allclose(ACTIVATIONS[name][1](kinks), at_kinks, rtol=1e-15)


@pytest.mark.parametrize("alpha", [0.1, 0.3, 1.0, 1.673])
def test_the_slope_of_elu_from_the_left_of_0_is_alpha(alpha):
    assert (elu(-1e-7, alpha) - elu(0.0, alpha)) / -1e-7 == pytest.approx(alpha, rel=1e-6)
    assert elu_derivative(0.0, alpha) == alpha


def test_the_slopes_of_selu_on_both_sides_of_0():
    alpha, scale = selu_constants()
    assert selu_derivative(-1e-12) == pytest.approx(1.7580993408473766, rel=1e-9)
    assert alpha * scale == pytest.approx(1.7580993408473766, rel=1e-12)
    assert selu_derivative(1e-12) == scale


# --- values ----------------------------------------------------------------------------------------------------------


def test_the_slope_of_the_sigmoid_is_a_quarter_at_0_and_less_elsewhere():
    assert sigmoid_derivative(0.0) == 0.25
    assert sigmoid_derivative(np.linspace(0.01, 50, 99)).max() < 0.25


@given(x=some_numbers)
@settings(deadline=None)
def test_tanh_is_a_stretched_sigmoid(x):
    np.testing.assert_allclose(tanh(x), 2 * sigmoid(2 * x) - 1, rtol=0, atol=5e-16)


@given(x=some_numbers)
@settings(deadline=None)
def test_sigmoid_of_minus_x_is_the_rest_and_the_logit_its_inverse(x):
    np.testing.assert_allclose(sigmoid(-x), 1 - sigmoid(x), atol=2e-16)
    small = x / 10
    np.testing.assert_allclose(np.log(sigmoid(small) / (1 - sigmoid(small))), small, atol=1e-12)


@given(x=some_numbers)
@settings(deadline=None)
def test_softplus_minus_its_mirror_image_is_x_and_so_are_those_of_gelu_and_silu_together(x):
    np.testing.assert_allclose(softplus(x) - softplus(-x), x, atol=1e-13)
    for function in (gelu, silu, relu):
        np.testing.assert_allclose(function(x) - function(-x), x, atol=1e-13)


def test_the_hard_sigmoid_ends_at_3():
    expected = [0, 1 / 12, 0.5, 2 / 3, 11 / 12, 59 / 60, 1]
    np.testing.assert_allclose(hard_sigmoid([-3, -2.5, 0.0, 1, 2.5, 2.9, 3]), expected, atol=1e-15)
    np.testing.assert_allclose(hard_sigmoid([-2.5, 0.0, 1, 2.5], slope=0.2), [0, 0.5, 0.7, 1], atol=1e-15)
    np.testing.assert_array_equal(hard_sigmoid_derivative([-2.5, -2.4, 2.4, 2.5], slope=0.2), [0, 0.2, 0.2, 0])


def test_the_slopes_of_leaky_relu():
    np.testing.assert_array_equal(leaky_relu([-5.0, 5.0]), [-1.0, 5.0])
    np.testing.assert_array_equal(leaky_relu([-5.0, 5.0], 2.0), [-10.0, 5.0])  # not max(2 x, x)
    np.testing.assert_array_equal(leaky_relu_derivative([-5.0, 5.0], 0.01), [0.01, 1.0])


def test_gelu_at_numbers_from_a_table_of_the_normal_distribution():
    np.testing.assert_allclose(gelu([-1.0, 1.0, 2.0]), [-0.1586552539, 0.8413447461, 1.9544997361], rtol=1e-9)
    np.testing.assert_allclose(gelu(-20.0), -20 * 2.753624e-89, rtol=1e-6)  # 1 - Φ(20) would be 0
    assert gelu_derivative(-0.7517915246) == pytest.approx(0, abs=1e-9)


def test_the_approximation_of_gelu_is_near_it_and_differs():
    x = np.linspace(-6, 6, 1001)
    off = np.abs(gelu(x, approximate=True) - gelu(x)).max()
    assert 4e-4 < off < 5e-4


def test_the_constants_of_selu_are_those_of_the_paper():
    alpha, scale = selu_constants()
    assert alpha == pytest.approx(1.6732632423543778, rel=1e-14)
    assert scale == pytest.approx(1.0507009873554805, rel=1e-14)


@pytest.mark.parametrize(
    "name, mean, variance, tolerance",
    [
        ("selu", 0.0, 1.0, 1e-11),
        ("elu", 0.16052, 0.61918, 5e-6),
        ("relu", 0.39894, 0.34085, 5e-6),
        ("tanh", 0.0, 0.39429, 5e-6),
        ("sigmoid", 0.5, 0.04338, 5e-6),
    ],
)
def test_mean_and_variance_of_the_output_under_normal_numbers(name, mean, variance, tolerance):
    function = ACTIVATIONS[name][0]
    z, weight = np.polynomial.legendre.leggauss(200)
    z, weight = np.concatenate([6.5 * z - 6.5, 6.5 * z + 6.5]), np.tile(6.5 * weight, 2)  # each side of the kink
    weight = weight * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    first, second = weight @ function(z), weight @ function(z) ** 2
    assert first == pytest.approx(mean, abs=tolerance)
    assert second - first**2 == pytest.approx(variance, abs=tolerance)


@given(x=some_numbers, shift=st.floats(-100, 100))
@settings(deadline=None)
def test_softmax_gives_shares_that_a_shift_does_not_change(x, shift):
    p = softmax(x)
    np.testing.assert_allclose(p.sum(-1), 1, rtol=1e-14)
    np.testing.assert_allclose(softmax(x + shift), p, rtol=1e-12)
    np.testing.assert_allclose(p, np.exp(x) / np.exp(x).sum(-1, keepdims=True), rtol=1e-12)
    np.testing.assert_allclose(softmax_derivative(x).sum(-1), 0, atol=1e-15)


@pytest.mark.parametrize("size", [1e3, 1e4, 1e300])
def test_softmax_of_equal_numbers_gives_equal_shares_however_large_they_are(size):
    for x in (size, -size):
        np.testing.assert_array_equal(softmax([x, x, x - size]), [0.5, 0.5, 0])


def test_softmax_of_two_is_a_sigmoid_of_the_difference():
    x = np.linspace(-20, 20, 41)
    np.testing.assert_allclose(softmax(np.stack([x, 0 * x], -1))[:, 0], sigmoid(x), rtol=1e-14)


# --- numbers at the ends ---------------------------------------------------------------------------------------------


@DTYPES
@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
@given(x=any_numbers)
@settings(deadline=None, max_examples=30)
def test_no_finite_number_makes_a_warning_or_a_nan(name, dtype, x):
    with np.errstate(over="ignore"):
        x = x.astype(dtype)
    x[~np.isfinite(x)] = np.finfo(dtype).max
    for function in ACTIVATIONS[name]:
        y = function(x)
        assert y.dtype == dtype
        assert y.shape[:1] == x.shape
        assert not np.isnan(y).any()


@EACH
@pytest.mark.parametrize("size", [1e4, 1e300])
def test_far_out_every_function_is_a_line(name, size):
    function, derivative = ACTIVATIONS[name]
    slope = {"selu": 1.0507009873554805}.get(name, 0.0 if "sigmoid" in name or name == "tanh" else 1.0)
    np.testing.assert_allclose(derivative(size), slope, rtol=1e-12)
    np.testing.assert_allclose(function(size), slope * size if slope else 1.0, rtol=1e-12)
    left = {"linear": 1.0, "leaky_relu": 0.2}.get(name, 0.0)
    np.testing.assert_array_equal(derivative(-size), left)
    if name == "gelu":
        np.testing.assert_array_equal(gelu_derivative([size, -size], approximate=True), [1, 0])
        np.testing.assert_array_equal(gelu([size, -size], approximate=True), [size, 0])


@pytest.mark.parametrize("name", ["sigmoid", "tanh"])
def test_the_derivative_of_what_saturates_keeps_its_digits(name):
    factor, exponent = {"sigmoid": (1, 1), "tanh": (4, 2)}[name]
    x = np.array([-300.0, 300.0])
    np.testing.assert_allclose(ACTIVATIONS[name][1](x), factor * np.exp(-exponent * 300.0), rtol=1e-12)


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0), (2, 1)])
@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_every_shape_is_kept_an_empty_one_too(name, shape):
    function, derivative = ACTIVATIONS[name]
    x = np.ones(shape)
    assert function(x).shape == shape
    assert derivative(x).shape == (shape if name != "softmax" else (*shape, shape[-1]))


@EACH
def test_a_single_number_gives_a_single_number(name):
    for function in ACTIVATIONS[name]:
        assert function(0.5).shape == ()


@DTYPES
@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_values_in_fewer_digits_are_rounded_ones(name, dtype):
    x = np.linspace(-4, 4, 33).astype(dtype)
    for function in ACTIVATIONS[name]:
        np.testing.assert_array_equal(function(x), function(x.astype(np.float64)).astype(dtype))


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_the_argument_is_neither_changed_nor_handed_back(name):
    x = np.linspace(-4, 4, 9)
    x.flags.writeable = False
    for function in ACTIVATIONS[name]:
        y = function(x)
        assert not np.shares_memory(y, x)
        y[...] = 0.0


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
@pytest.mark.parametrize("bad, got", [([1, 2], "int64"), ([1j], "complex128"), (["a"], "<U1"), (None, "object")])
def test_what_holds_no_real_numbers_is_refused(name, bad, got):
    for function in ACTIVATIONS[name]:
        with pytest.raises(TypeError, match=re.escape(f"x: got an array of {got}; takes float16, float32 or float64")):
            function(bad)


REFUSED = {
    "softmax": (lambda: softmax(1.0), ValueError, "x: got a single number; takes an array whose last axis is"),
    "softmax, Jacobian": (lambda: softmax_derivative(1.0), ValueError, "x: got a single number; takes an array"),
    "rows": (lambda: relu([[1.0], [1.0, 2.0]]), ValueError, "x: got rows of different lengths; takes an array"),
    "slope": (lambda: hard_sigmoid(1.0, 0.0), ValueError, "slope: got 0.0; takes a number in (0, inf)"),
    "slope'": (lambda: hard_sigmoid_derivative(1.0, -1), ValueError, "slope: got -1; takes a number in (0, inf)"),
    "leaky": (lambda: leaky_relu(1.0, -0.1), ValueError, "negative_slope: got -0.1; takes a number in [0, inf)"),
    "leaky'": (lambda: leaky_relu_derivative(1.0, "1"), TypeError, "negative_slope: got '1'; takes a number in [0,"),
    "elu": (lambda: elu(1.0, np.inf), ValueError, "alpha: got inf; takes a number in [0, inf)"),
    "elu'": (lambda: elu_derivative(1.0, True), TypeError, "alpha: got True; takes a number in [0, inf)"),
    "gelu": (lambda: gelu(1.0, "tanh"), TypeError, "approximate: got 'tanh'; takes True or False"),
    "gelu'": (lambda: gelu_derivative(1.0, 1), TypeError, "approximate: got 1; takes True or False"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_bad_argument_is_refused_by_name_with_what_it_got_and_what_it_takes(case):
    call, error, message = REFUSED[case]
    with pytest.raises(error, match=re.escape(message)):
        call()
