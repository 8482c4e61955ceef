"""Dropout: values, shares, moments, and the same draws whatever the dtype."""

import doctest
import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from course_lib import dropout as module
from course_lib.dropout import alpha_dropout, dropout, masks

pytestmark = pytest.mark.filterwarnings("error")

BOTH = pytest.mark.parametrize("drop", [dropout, alpha_dropout])
RATES = [0.0, 0.2, 0.5, 1 - 1e-9, 1.0]
any_activations = arrays.arrays(np.float64, (2, 3), elements=st.floats(allow_nan=False, allow_infinity=False))


def rng(seed=0):
    return np.random.default_rng(seed)


def test_the_examples_in_the_docstrings_are_right():
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0


def test_at_rate_0_4_values_are_0_or_five_thirds_with_the_shares_that_are_asked_for():
    y = dropout(np.ones(100_000), 0.4, rng())
    np.testing.assert_allclose(np.unique(y), [0, 1 / 0.6], rtol=1e-15)
    assert y.mean() == pytest.approx(1, abs=5 * math.sqrt(0.4 / 0.6 / 100_000))
    zeros = (dropout(np.ones((1000, 128)), 0.4, rng(1)) == 0).sum(1)
    assert zeros.mean() == pytest.approx(0.4 * 128, abs=5 * 5.54 / math.sqrt(1000))
    assert zeros.std() == pytest.approx(5.54, abs=5 * 5.54 / math.sqrt(2000))


@given(x=arrays.arrays(np.float64, (4, 5), elements=st.floats(-100, 100)), rate=st.floats(0, 0.99))
@settings(deadline=None)
def test_what_is_kept_is_divided_by_the_share_that_is_kept_and_what_is_drawn_below_rate_is_dropped(x, rate):
    dropped = rng().random(x.shape) < rate
    np.testing.assert_allclose(dropout(x, rate, rng()), np.where(dropped, 0, x / (1 - rate)), rtol=1e-14)


def test_the_mean_of_many_draws_is_what_went_in_and_their_variance_is_the_formula():
    x, rate, n = np.array([2.0, -1.0, 0.5, 0.0]), 0.2, 40_000
    y = dropout(np.broadcast_to(x, (n, 4)), rate, rng())
    sd = np.abs(x) * math.sqrt(rate / (1 - rate))
    assert np.all(np.abs(y.mean(0) - x) <= 5 * sd / math.sqrt(n))
    np.testing.assert_allclose(y.std(0), sd, rtol=0.02)


def test_every_example_has_a_mask_of_its_own():
    y = dropout(np.ones((2, 50)), 0.5, rng())
    assert not np.array_equal(y[0], y[1])


def test_alpha_prime_is_where_selu_ends_on_the_left():
    assert module.ALPHA_PRIME == pytest.approx(-1.6732632423543772 * 1.0507009873554805, rel=1e-14)


def test_alpha_dropout_is_its_formula():
    x, rate, ap = rng(1).normal(size=(20, 5)), 0.3, -1.7580993408473766
    m = rng().random(x.shape) >= rate
    a = ((1 - rate) * (1 + rate * ap**2)) ** -0.5
    b = -a * ap * rate
    np.testing.assert_allclose(alpha_dropout(x, rate, rng()), a * (m * x + (1 - m) * ap) + b, rtol=1e-12)


@pytest.mark.parametrize("rate", [0.05, 0.2, 0.5, 0.9])
def test_alpha_dropout_keeps_mean_0_and_variance_1_exactly(rate):
    # no sampling: what becomes of 0 and of 1 when kept, and of any number when dropped, gives both moments
    kept = next(seed for seed in range(1000) if rng(seed).random() >= rate)
    dropped = next(seed for seed in range(1000) if rng(seed).random() < rate)
    b, one, d = (
        float(alpha_dropout([x], rate, rng(seed))[0]) for x, seed in ((0.0, kept), (1.0, kept), (5.0, dropped))
    )
    assert (1 - rate) * b + rate * d == pytest.approx(0, abs=1e-14)
    assert (1 - rate) * ((one - b) ** 2 + b**2) + rate * d**2 == pytest.approx(1, rel=1e-13)


def test_on_normal_numbers_alpha_dropout_keeps_the_spread_and_dropout_widens_it():
    x = rng(1).normal(size=400_000)
    assert alpha_dropout(x, 0.2, rng()).std() == pytest.approx(1.0, abs=0.006)
    assert dropout(x, 0.2, rng()).std() == pytest.approx(math.sqrt(1.25), abs=0.006)


@BOTH
def test_rate_0_gives_x_and_rate_1_one_constant_zero(drop):
    x = rng(1).normal(size=(3, 4))
    np.testing.assert_array_equal(drop(x, 0.0, rng()), x)
    np.testing.assert_array_equal(drop(x, 1.0, rng()), np.zeros((3, 4)))
    np.testing.assert_array_equal(drop(np.full(2, 1e308), 1, rng()), [0, 0])


@BOTH
@pytest.mark.parametrize("rate", RATES)
@given(x=any_activations)
@settings(deadline=None, max_examples=30)
def test_no_finite_input_makes_a_warning_or_a_nan(drop, rate, x):
    for dtype in (np.float16, np.float32, np.float64):
        with np.errstate(over="ignore"):
            given = x.astype(dtype)
        given[~np.isfinite(given)] = np.finfo(dtype).max
        y = drop(given, rate, rng())
        assert y.dtype == dtype
        assert not np.isnan(y).any()


@BOTH
def test_a_kept_0_is_no_nan_in_float16_though_it_is_multiplied_by_more_than_float16_holds(drop):
    assert (rng().random(1_000_000) >= 1 - 1e-5).any()
    assert np.isfinite(drop(np.zeros(1_000_000, np.float16), 1 - 1e-5, rng())).all()


@BOTH
@pytest.mark.parametrize("shape", [(), (0,), (0, 3), (5,), (2, 3, 4)])
def test_shapes_are_kept(drop, shape):
    y = drop(np.ones(shape), 0.5, rng())
    assert isinstance(y, np.ndarray)
    assert y.shape == shape


@BOTH
def test_the_same_generator_drops_the_same_whatever_the_dtype_and_the_rate_that_is_drawn_for(drop):
    x = np.ones((4, 5))
    for dtype in (np.float16, np.float32):
        np.testing.assert_allclose(drop(x.astype(dtype), 0.5, rng()), drop(x, 0.5, rng()), rtol=2e-3)
    for rate in RATES:
        used = rng()
        drop(x, rate, used)
        assert used.random() == rng().random(21)[-1]  # one draw for each number
    assert not np.array_equal(drop(x, 0.5, rng(1)), drop(x, 0.5, rng(2)))


@BOTH
@pytest.mark.parametrize("rate", RATES)
def test_x_is_neither_changed_nor_handed_back(drop, rate):
    x = np.ones((3, 4))
    x.flags.writeable = False
    y = drop(x, rate, rng())
    assert not np.shares_memory(x, y)
    y[0] = 3.0


REFUSED = {
    "rate below 0": ((np.ones(2), -0.1, rng()), ValueError, "rate: got -0.1; takes a number in [0, 1]"),
    "rate above 1": ((np.ones(2), 1.1, rng()), ValueError, "rate: got 1.1; takes a number in [0, 1]"),
    "rate nan": ((np.ones(2), math.nan, rng()), ValueError, "rate: got nan; takes a number in [0, 1]"),
    "rate None": ((np.ones(2), None, rng()), TypeError, "rate: got None; takes a number in [0, 1]"),
    "whole numbers": ((np.ones(2, int), 0.5, rng()), TypeError, "x: got an array of int64; takes float16"),
    "seed": ((np.ones(2), 0.5, 0), TypeError, "rng: got 0; takes a numpy.random.Generator, as numpy.random"),
    "no generator": ((np.ones(2), 0.5, None), TypeError, "rng: got None; takes a numpy.random.Generator"),
    "old generator": ((np.ones(2), 0.5, np.random.RandomState(0)), TypeError, "rng: got a RandomState; takes a numpy"),
}


@BOTH
@pytest.mark.parametrize("case", REFUSED)
def test_a_bad_argument_is_refused_by_name_with_what_it_got_and_what_it_takes(drop, case):
    arguments, error, message = REFUSED[case]
    with pytest.raises(error, match=re.escape(message)):
        drop(*arguments)


def test_masks_are_what_dropout_makes_of_ones_from_the_draws_of_the_runs_generator():
    draw, by_hand = masks([0.0, 0.3], runs=1, seed=5), np.random.default_rng([5, 0, 2])
    for _ in range(3):
        numbers = by_hand.random((4, 6), np.float32)
        np.testing.assert_allclose(draw(1, (1, 4, 6))[0], np.where(numbers < np.float32(0.3), 0, 1 / 0.7), rtol=1e-6)


def test_a_layer_in_which_no_network_drops_anything_has_no_masks_and_uses_no_draws():
    draw = masks([0.0, 0.3], runs=1, seed=5)
    assert draw(0, (1, 4, 6)) is None
    np.testing.assert_array_equal(draw(1, (1, 4, 6)), masks([0.3], 1, 5)(0, (1, 4, 6)))


def test_networks_of_the_same_run_are_dealt_the_same_numbers_and_those_of_other_runs_others():
    draw = masks([[0.2, 0.2, 0.6, 0.6, 0.0, 0.0]], runs=2, seed=0)
    kept = draw(0, (6, 50, 40)) > 0
    assert not np.array_equal(kept[0], kept[1])
    for run in range(2):
        assert (kept[2 + run] <= kept[run]).all()  # what a lower rate drops, a higher one drops too
    assert kept[4:].all()
    assert [kept[i].mean() for i in (0, 1, 2, 3)] == pytest.approx([0.8, 0.8, 0.4, 0.4], abs=0.05)


def test_the_mean_of_the_factors_is_1_at_every_rate():
    factors = masks([[0.1, 0.5, 0.9]], runs=1, seed=1)(0, (3, 200, 200))
    np.testing.assert_allclose(factors.mean(axis=(1, 2)), 1, atol=0.05)


def test_every_example_has_its_own_mask_unless_it_is_shared():
    own, shared = (masks([0.5], 1, 0, shared=s)(0, (1, 30, 20)) for s in (False, True))
    assert own.shape == (1, 30, 20) and shared.shape == (1, 1, 20)
    assert len(np.unique(own[0], axis=0)) == 30


def test_masks_of_a_later_step_are_new_ones():
    draw = masks([0.5], 1, 0)
    assert not np.array_equal(draw(0, (1, 30, 20)), draw(0, (1, 30, 20)))
