"""What the NumPy modules take as an array and as a generator, and the norm that never overflows."""

import doctest
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from course_lib import _numbers
from course_lib._numbers import generator, nonnegative, reals, scaled_norm

pytestmark = pytest.mark.filterwarnings("error")


def test_the_examples_in_the_docstrings_are_right():
    result = doctest.testmod(_numbers)
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_an_array_passes_as_it_is(dtype):
    x = np.ones((2, 3), dtype)
    assert reals("x", x) is x
    assert reals("x", x, (2, 3)) is x


def test_sequences_and_numbers_become_float64():
    assert reals("x", [[1.0, 2.0]]).dtype == reals("x", 1.0).dtype == np.float64
    assert reals("x", np.float32(1)).dtype == np.float32


@pytest.mark.parametrize(
    "x, error, message",
    [
        ([1, 2], TypeError, "x: got an array of int64; takes float16, float32 or float64"),
        ([True], TypeError, "x: got an array of bool"),
        (np.ones(2, complex), TypeError, "x: got an array of complex128"),
        (np.ones(2, np.longdouble), TypeError, "x: got an array of float128"),
        ("abc", TypeError, "x: got an array of <U3"),
        (None, TypeError, "x: got an array of object"),
        ([[1.0], [1.0, 2.0]], ValueError, "x: got rows of different lengths; takes an array"),
    ],
)
def test_what_is_no_array_of_real_numbers_is_refused(x, error, message):
    if "128" in message and np.dtype(np.longdouble).itemsize == 8:
        pytest.skip("here a long double is a double")
    with pytest.raises(error, match=re.escape(message.replace("float128", str(np.dtype(np.longdouble))))):
        reals("x", x)


def test_a_wrong_shape_is_refused():
    with pytest.raises(ValueError, match=re.escape("gamma: got the shape (2,); takes (3,)")):
        reals("gamma", np.ones(2), (3,))


@pytest.mark.parametrize("x", [0, 2.5, [0, 3], np.float16([0.5, 0.0])])
def test_numbers_of_at_least_0_become_float64(x):
    found = nonnegative("x", x)
    assert found.dtype == np.float64 and np.array_equal(found, x)


@pytest.mark.parametrize("bad", [-0.25, -1, np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("positive, takes", [(False, "[0, inf)"), (True, "(0, inf)")])
def test_a_number_below_0_and_one_that_is_not_finite_are_refused(bad, positive, takes):
    with pytest.raises(ValueError, match=re.escape(f"x: got {bad:g}; takes numbers in {takes}")):
        nonnegative("x", [1.0, bad], positive=positive)


def test_0_is_refused_where_numbers_must_be_positive():
    assert nonnegative("x", [1e-300], positive=True) == 1e-300
    with pytest.raises(ValueError, match=re.escape("x: got 0; takes numbers in (0, inf)")):
        nonnegative("x", [1.0, 0.0], positive=True)


def test_as_many_numbers_in_another_shape_are_refused():
    with pytest.raises(ValueError, match=re.escape("w: got the shape (3, 2); takes (2, 3)")):
        reals("w", np.ones((3, 2)), (2, 3))


def test_a_generator_passes():
    rng = np.random.default_rng(0)
    assert generator("rng", rng) is rng


@pytest.mark.parametrize(
    "rng, got",
    [(0, "0"), (None, "None"), (np.random, "a module"), (np.random.RandomState(0), "a RandomState"), ([1], "a list")],
)
def test_what_is_no_generator_is_refused(rng, got):
    with pytest.raises(TypeError, match=re.escape(f"rng: got {got}; takes a numpy.random.Generator, as ")):
        generator("rng", rng)


@given(x=arrays.arrays(np.float64, (3, 4), elements=st.floats(-1e3, 1e3)), exponent=st.integers(-900, 900))
@settings(deadline=None, max_examples=50)
def test_the_norm_is_the_product_at_every_scale(x, exponent):
    x = np.where(np.abs(x) < 1e-3, 0.0, x)
    for axis in (None, 0, (0, 1)):
        size, ratio = scaled_norm(x * 2.0**exponent, axis)
        expected = np.sqrt(np.sum(x**2, axis=axis, keepdims=True))
        assert size.shape == ratio.shape == expected.shape
        np.testing.assert_allclose(size * 2.0**-exponent * ratio if np.any(x) else 0 * ratio, expected, rtol=1e-12)
        assert np.all(size > 0)


@pytest.mark.parametrize("unit", [2.0**-1070, 2.0**-600, 1.0, 2.0**600, 2.0**1020])
def test_the_norm_of_3_and_4_is_5_in_every_unit(unit):
    size, ratio = scaled_norm(np.array([3.0, -4.0]) * unit)
    assert size[0] == 4 * unit and ratio[0] == 1.25


def test_nothing_and_zeros_have_the_norm_zero():
    for x in (np.zeros((2, 3)), np.zeros((0, 3))):
        size, ratio = scaled_norm(x)
        assert float(size[0, 0] * ratio[0, 0]) == 0
