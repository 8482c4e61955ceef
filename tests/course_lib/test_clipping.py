"""Clipping: lengths, directions, what is left alone, and what is refused."""

import doctest
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from course_lib import clipping
from course_lib.clipping import by_global_norm, by_norm, by_value

pytestmark = pytest.mark.filterwarnings("error")

# none so small that its square vanishes: what is compared with squares it
some_gradients = arrays.arrays(
    np.float64, (2, 3), elements=st.floats(-100, 100).map(lambda x: x if abs(x) > 1e-9 else 0.0)
)
any_gradients = arrays.arrays(np.float64, (2, 3), elements=st.floats(allow_nan=False, allow_infinity=False))
limits = st.floats(0, 300)


def angle(a, b):
    return np.degrees(abs(np.arctan2(a[0], a[1]) - np.arctan2(b[0], b[1])))


def test_the_examples_in_the_docstrings_are_right():
    result = doctest.testmod(clipping)
    assert result.attempted > 0
    assert result.failed == 0


def test_the_published_example_turns_by_value_and_keeps_its_direction_by_norm():
    g = np.array([0.9, 100.0])
    np.testing.assert_array_equal(by_value(g, 1.0), [0.9, 1.0])
    assert angle(by_value(g, 1.0), g) == pytest.approx(41.5, abs=0.05)
    assert angle(by_norm(g, 1.0), g) == pytest.approx(0, abs=1e-6)


def test_the_published_example_of_two_variables_differs_between_each_and_all_together():
    gs = [np.array([-0.9]), np.array([-100.0])]
    np.testing.assert_allclose(np.concatenate([by_norm(g, 1.0) for g in gs]), [-0.9, -1.0])
    clipped, norm = by_global_norm(gs, 1.0)
    np.testing.assert_allclose(np.concatenate(clipped), [-0.009, -1.0], atol=5e-5)
    assert norm == pytest.approx(np.hypot(0.9, 100))


@given(g=some_gradients, c=limits)
@settings(deadline=None)
def test_by_value_is_the_nearest_point_of_a_cube(g, c):
    clipped = by_value(g, c)
    np.testing.assert_array_equal(clipped, np.sign(g) * np.minimum(np.abs(g), c))


@given(g=some_gradients, c=limits, epsilon=st.sampled_from([0.0, 1e-6, 1.0]))
@settings(deadline=None)
def test_by_norm_is_the_formula(g, c, epsilon):
    length = np.linalg.norm(g) + epsilon
    expected = g * (min(1.0, c / length) if length else 1.0)
    np.testing.assert_allclose(by_norm(g, c, epsilon=epsilon), expected, rtol=1e-12, atol=1e-300)


@given(g=some_gradients, c=limits)
@settings(deadline=None)
def test_what_is_short_enough_comes_out_as_it_is(g, c):
    clipped = by_norm(g, c)
    if np.linalg.norm(g) < c * (1 - 1e-12):
        np.testing.assert_array_equal(clipped, g)
    else:
        assert np.linalg.norm(clipped) <= c * (1 + 1e-12)
    np.testing.assert_allclose(by_norm(clipped, c), clipped, rtol=1e-12)


def test_a_gradient_exactly_as_long_as_the_limit_comes_out_as_it_is_unless_there_is_an_epsilon():
    g = np.array([3.0, 4.0])
    np.testing.assert_array_equal(by_norm(g, 5.0), g)
    np.testing.assert_allclose(by_norm(g, 5.0, epsilon=1.0), g * 5 / 6, rtol=1e-14)


@given(g=some_gradients, c=st.floats(0.01, 300), exponent=st.integers(-400, 400))
@settings(deadline=None)
def test_the_scale_does_not_matter_where_the_limit_has_it_too(g, c, exponent):
    g = np.where(np.abs(g) < 1e-6, 0.0, g)
    scaled = by_norm(g * 2.0**exponent, c * 2.0**exponent) * 2.0**-exponent
    np.testing.assert_allclose(scaled, by_norm(g, c), rtol=1e-12, atol=1e-18)


@given(gs=st.lists(some_gradients, min_size=1, max_size=4), c=limits)
@settings(deadline=None)
def test_by_global_norm_is_by_norm_of_all_in_one(gs, c):
    clipped, norm = by_global_norm(gs, c)
    together = np.concatenate([g.ravel() for g in gs])
    np.testing.assert_allclose(np.concatenate([g.ravel() for g in clipped]), by_norm(together, c), rtol=1e-13)
    assert norm == pytest.approx(np.linalg.norm(together), rel=1e-12)
    assert type(norm) is float


@given(g=any_gradients, c=st.floats(0, allow_nan=False, allow_infinity=False))
@settings(deadline=None)
def test_no_finite_gradient_makes_a_warning_or_leaves_the_finite_numbers(g, c):
    for dtype in (np.float16, np.float32, np.float64):
        with np.errstate(over="ignore"):
            given = g.astype(dtype)
        given[~np.isfinite(given)] = np.finfo(dtype).max
        for clipped in (by_value(given, c), by_norm(given, c), *by_global_norm([given, given], c)[0]):
            assert clipped.dtype == dtype
            assert np.isfinite(clipped).all()


def test_the_largest_numbers_have_the_right_direction_after_clipping_though_their_norm_overflows():
    clipped, norm = by_global_norm([np.full(2, 1e308), np.full(2, -1e308)], 2.0)
    np.testing.assert_allclose(np.concatenate(clipped), [1, 1, -1, -1], rtol=1e-14)
    assert norm == pytest.approx(2e308) if np.isfinite(norm) else norm == np.inf
    np.testing.assert_allclose(by_norm(np.float16([6e4, 6e4]), 1.0), 0.5**0.5, rtol=1e-3)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_gradient_in_float16_is_clipped_right_beside_one_that_leaves_its_range(dtype):
    clipped, _ = by_global_norm([np.array([0.0, 100.0], dtype), np.full(4, 1e9)], 1e6)
    np.testing.assert_allclose(clipped[0], [0, 100 * 1e6 / 2e9], rtol=1e-3)
    np.testing.assert_allclose(clipped[1], 5e5, rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_zeros_stay_zeros_and_nothing_stays_nothing(dtype):
    for c in (0.0, 1.0):
        for clip in (by_value, by_norm):
            np.testing.assert_array_equal(clip(np.zeros((2, 2), dtype), c), np.zeros((2, 2), dtype), strict=True)
            np.testing.assert_array_equal(clip(np.zeros((0, 2), dtype), c), np.zeros((0, 2), dtype), strict=True)
    assert by_global_norm([], 1.0) == ([], 0.0)


def test_a_limit_of_zero_gives_zeros():
    g = np.array([[1.0, -2.0]])
    for clipped in (by_value(g, 0.0), by_norm(g, 0.0), by_global_norm([g], 0.0)[0][0]):
        np.testing.assert_array_equal(clipped, [[0, 0]])


@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan])
def test_a_gradient_that_is_not_finite_comes_out_as_nan_whole(bad):
    g = np.array([1.0, bad])
    assert np.isnan(by_norm(g, 1.0)).all()
    clipped, norm = by_global_norm([g, np.ones(2)], 1.0)
    assert np.isnan(clipped).all()
    assert not np.isfinite(norm)


def test_each_gradient_keeps_its_dtype_and_shape():
    gs = [np.ones((2, 3), np.float16), np.ones(4, np.float32), np.array(1.0)]
    for c in (0.1, 100.0):
        clipped, _ = by_global_norm(gs, c)
        assert [(g.dtype, g.shape) for g in clipped] == [(g.dtype, g.shape) for g in gs]
        assert all(isinstance(g, np.ndarray) for g in [*clipped, by_value(gs[2], c), by_norm(gs[2], c)])


@pytest.mark.parametrize("c", [0.1, 100.0])
def test_arguments_are_neither_changed_nor_handed_back(c):
    g = np.array([3.0, -4.0])
    g.flags.writeable = False
    for clipped in (by_value(g, c), by_norm(g, c), by_global_norm([g], c)[0][0]):
        assert not np.shares_memory(clipped, g)
        clipped[0] = 7.0
    np.testing.assert_array_equal(g, [3.0, -4.0])


G = np.ones(2)
REFUSED = {
    "by_value, c": (lambda: by_value(G, -1.0), ValueError, "c: got -1.0; takes a number in [0, inf)"),
    "by_value, g": (lambda: by_value([1, 2], 1.0), TypeError, "g: got an array of int64; takes float16"),
    "by_norm, c": (lambda: by_norm(G, np.nan), ValueError, "c: got nan; takes a number in [0, inf)"),
    "by_norm, c is no number": (lambda: by_norm(G, None), TypeError, "c: got None; takes a number"),
    "by_norm, g": (lambda: by_norm("abc", 1.0), TypeError, "g: got an array of <U3"),
    "by_norm, epsilon": (lambda: by_norm(G, 1.0, epsilon=-1e-6), ValueError, "epsilon: got -1e-06; takes"),
    "by_global_norm, c": (lambda: by_global_norm([G], np.inf), ValueError, "c: got inf; takes a number in [0, inf)"),
    "by_global_norm, one array": (lambda: by_global_norm(G, 1.0), TypeError, "gs: got a ndarray; takes a list"),
    "by_global_norm, None": (lambda: by_global_norm([G, None], 1.0), TypeError, "gs[1]: got an array of object"),
    "by_global_norm, epsilon": (lambda: by_global_norm([G], 1.0, epsilon=True), TypeError, "epsilon: got True"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_bad_argument_is_refused_by_name_with_what_it_got_and_what_it_takes(case):
    call, error, message = REFUSED[case]
    with pytest.raises(error, match=re.escape(message)):
        call()
