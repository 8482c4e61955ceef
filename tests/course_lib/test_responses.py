"""Filters by what they answer, against SciPy; and the table of rules, against what the rules do when they are tried."""

import re

import numpy as np
import pytest
import scipy.signal
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.optimizers import (
    RULES,
    Part,
    Rule,
    ar1,
    ar1_of_squares,
    arma,
    arma1,
    descend,
    describe,
    frequency_response,
    impulse_response,
    no_filter,
    no_normalizer,
    parallel,
    rule,
    series,
    step_response,
    sum_of_squares,
)

pytestmark = pytest.mark.filterwarnings("error")

BETA = 0.9
#: A filter -> the coefficients (b, a) that it has by its formula.
FILTERS = {
    "no_filter": (no_filter(), [1.0], [1.0]),
    "momentum": (ar1(BETA), [1.0], [1.0, -BETA]),
    "Nesterov": (arma1(BETA), [1 + BETA, -BETA], [1.0, -BETA]),
    "Adam's mean": (ar1(BETA, unit_dc=True), [1 - BETA], [1.0, -BETA]),
    "mean of three": (arma([1 / 3, 1 / 3, 1 / 3]), [1 / 3, 1 / 3, 1 / 3], [1.0]),
    "Butterworth of order 2": (arma(*scipy.signal.butter(2, 0.1)), *scipy.signal.butter(2, 0.1)),
    "Butterworth of order 5": (arma(*scipy.signal.butter(5, 0.4)), *scipy.signal.butter(5, 0.4)),
    "elliptic, a_0 of 2": (
        arma(*(2 * c for c in scipy.signal.ellip(3, 1, 40, 0.3))),
        *scipy.signal.ellip(3, 1, 40, 0.3),
    ),
    "longer b": (arma([1.0, -2.0, 3.0, 0.5], [1.0, -0.5]), [1.0, -2.0, 3.0, 0.5], [1.0, -0.5]),
    "longer a": (arma([0.3], [1.0, -0.5, 0.2, 0.1]), [0.3], [1.0, -0.5, 0.2, 0.1]),
}
betas = st.floats(0, 0.999)
orders = st.integers(1, 4)
cutoffs = st.floats(0.05, 0.95)


def along(part, gradients):
    """gain · array along a stream of gradients of any shape."""
    state, out = part.init(np.zeros_like(gradients[0])), []
    for t, g in enumerate(gradients, 1):
        array, gain, state = part.update(g, state, t)
        out.append(gain * array)
    return np.array(out)


# --- numbers that are published --------------------------------------------------------------------------------------


def test_the_step_response_of_a_running_mean_is_the_published_one():
    s = step_response(ar1(0.9, unit_dc=True), 60)
    assert s[[0, 1, 9, 21, 43]] == pytest.approx([0.1, 0.19, 0.6513216, 0.9015229, 0.9903023], abs=5e-8)
    assert np.flatnonzero(s >= 0.90)[0] == 21
    assert np.flatnonzero(s >= 0.99)[0] == 43


def test_the_step_response_of_momentum_is_the_published_one():
    s = step_response(ar1(0.9), 600)
    assert s[[0, 1, 9]] == pytest.approx([1, 1.9, 6.513216], abs=5e-7)
    assert s[-1] == pytest.approx(10, abs=1e-12)


def test_a_compensated_mean_answers_a_step_at_once_and_for_good():
    np.testing.assert_allclose(step_response(ar1(0.9, unit_dc=True, compensated=True), 100), 1, rtol=0, atol=4e-16)


def test_a_slow_mean_has_come_to_63_per_cent_of_a_step_after_1000():
    assert step_response(ar1(0.999, unit_dc=True), 1000)[-1] == pytest.approx(0.632, abs=5e-4)
    assert step_response(ar1_of_squares(0.999, 0.0), 1000)[-1] ** 2 == pytest.approx(0.632, abs=5e-4)


@pytest.mark.parametrize(
    "part, at_zero, at_nyquist, decibel",
    [(ar1(0.9), 10, 0.5263158, -25.575), (arma1(0.9), 10, 1.4736842, -16.632),
     (ar1(0.9, unit_dc=True), 1, 0.0526316, -25.575)],
    ids=["momentum", "nesterov", "adam"],
)  # fmt: skip
def test_the_gain_at_both_ends_is_the_published_one(part, at_zero, at_nyquist, decibel):
    zero, nyquist = np.abs(frequency_response(part, [0.0, 0.5]))
    assert zero == pytest.approx(at_zero, rel=1e-12)
    assert nyquist == pytest.approx(at_nyquist, abs=5e-8)
    assert 20 * np.log10(nyquist / zero) == pytest.approx(decibel, abs=5e-4)


def test_the_power_of_momentum_is_halved_at_the_published_cutoff():
    f = np.linspace(0, 0.5, 500_001)
    power = np.abs(frequency_response(ar1(0.9), f)) ** 2
    assert f[np.argmax(power < power[0] / 2)] == pytest.approx(0.01678, abs=5e-6)


def test_the_power_of_nesterov_s_filter_is_halved_where_its_formula_says():
    # |1 + beta - beta / z|² = |1 - beta / z|² / (1 - beta)² / 2, solved for the cosine: 0.017113, printed as 0.01712
    top, bottom = (1.9**2 + 0.9**2, 2 * 1.9 * 0.9), (1 + 0.9**2, 2 * 0.9)
    cutoff = np.arccos((50 * bottom[0] - top[0]) / (50 * bottom[1] - top[1])) / (2 * np.pi)
    assert cutoff == pytest.approx(0.01712, abs=1e-5)
    assert np.abs(frequency_response(arma1(0.9), [cutoff]))[0] ** 2 == pytest.approx(50, rel=1e-9)


def test_momentum_damps_from_0_1757_on_and_nesterov_nowhere():
    f = np.linspace(0, 0.5, 50_001)
    assert f[np.argmax(np.abs(frequency_response(ar1(0.9), f)) < 1)] == pytest.approx(0.1757, abs=5e-5)
    assert np.abs(frequency_response(arma1(0.9), f)).min() > 1.47


def test_the_zero_and_the_pole_of_nesterov_s_filter_are_the_published_ones():
    h = impulse_response(arma1(0.9), 3)
    pole = h[2] / h[1]
    assert pole == pytest.approx(0.9, rel=1e-12)
    assert pole - h[1] / h[0] == pytest.approx(0.4736842, abs=5e-8)  # h_1 = h_0 · (pole - zero)


# --- SciPy, an implementation by others ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FILTERS)
def test_impulse_and_step_response_are_those_of_scipy(name):
    part, b, a = FILTERS[name]
    for answer, x in ((impulse_response, np.eye(80)[0]), (step_response, np.ones(80))):
        np.testing.assert_allclose(answer(part, 80), scipy.signal.lfilter(b, a, x), rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("name", FILTERS)
def test_the_frequency_response_is_that_of_scipy(name):
    part, b, a = FILTERS[name]
    f = np.linspace(0, 0.5, 201)
    expected = scipy.signal.freqz(b, a, worN=2 * np.pi * f)[1]
    np.testing.assert_allclose(frequency_response(part, f), expected, rtol=1e-9, atol=1e-10)


@given(order=orders, cutoff=cutoffs, seed=st.integers(0, 99))
@settings(deadline=None, max_examples=40)
def test_arma_filters_any_stream_as_scipy_does(order, cutoff, seed):
    b, a = scipy.signal.butter(order, cutoff)
    g = np.random.default_rng(seed).normal(size=(40, 2, 3))
    np.testing.assert_allclose(along(arma(b, a), g), scipy.signal.lfilter(b, a, g, axis=0), rtol=1e-9, atol=1e-11)


def test_the_butterworth_of_the_documentation_is_that_of_scipy():
    k = np.tan(np.pi / 20)
    b, a = [k**2, 2 * k**2, k**2], [1 + 2**0.5 * k + k**2, 2 * k**2 - 2, 1 - 2**0.5 * k + k**2]
    theirs_b, theirs_a = scipy.signal.butter(2, 2 / 20)
    np.testing.assert_allclose(np.divide(b, a[0]), theirs_b, rtol=1e-12)
    np.testing.assert_allclose(np.divide(a, a[0]), theirs_a, rtol=1e-12)


# --- laws ------------------------------------------------------------------------------------------------------------


@given(beta=betas)
@settings(deadline=None)
def test_ar1_answers_an_impulse_by_powers_of_beta(beta):
    powers = beta ** np.arange(30)
    np.testing.assert_allclose(impulse_response(ar1(beta), 30), powers, rtol=1e-12, atol=1e-300)
    mean = impulse_response(ar1(beta, unit_dc=True), 30)
    np.testing.assert_allclose(mean, (1 - beta) * powers, rtol=1e-12, atol=1e-300)


@given(beta=betas)
@settings(deadline=None)
def test_the_gain_of_a_compensated_filter_is_part_of_its_answer(beta):
    t = np.arange(1, 31)
    expected = (1 - beta) * beta ** (t - 1.0) / (1 - beta**t)
    answer = impulse_response(ar1(beta, unit_dc=True, compensated=True), 30)
    np.testing.assert_allclose(answer, expected, rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize("name", FILTERS)
def test_the_step_response_adds_up_the_impulse_response(name):
    part = FILTERS[name][0]
    np.testing.assert_allclose(step_response(part, 50), np.cumsum(impulse_response(part, 50)), rtol=1e-10, atol=1e-13)


@given(beta=st.floats(0, 0.95))
@settings(deadline=None, max_examples=30)
def test_a_constant_is_answered_by_the_sum_of_the_impulse_response(beta):
    for part, dc in ((ar1(beta), 1 / (1 - beta)), (arma1(beta), 1 / (1 - beta)), (ar1(beta, unit_dc=True), 1)):
        assert frequency_response(part, [0.0])[0] == pytest.approx(dc, rel=1e-9)
        assert impulse_response(part, 800).sum() == pytest.approx(dc, rel=1e-9)


@pytest.mark.parametrize("name", FILTERS)
def test_a_wave_comes_out_as_large_and_as_late_as_the_frequency_response_says(name):
    part, f, t = FILTERS[name][0], 0.07, np.arange(1500)
    y = along(part, np.cos(2 * np.pi * f * t)[:, None])[:, 0]
    h = frequency_response(part, [f])[0]
    expected = np.abs(h) * np.cos(2 * np.pi * f * t + np.angle(h))
    np.testing.assert_allclose(y[-100:], expected[-100:], atol=1e-9)


@pytest.mark.parametrize("name", ["momentum", "Nesterov", "Adam's mean", "mean of three", "Butterworth of order 2"])
def test_a_filter_that_remembers_makes_a_slow_wave_late(name):
    assert np.angle(frequency_response(FILTERS[name][0], [0.01]))[0] < 0


@given(beta=st.floats(0.001, 0.95))
@settings(deadline=None, max_examples=30)
def test_nesterov_s_answer_is_momentum_s_one_step_ahead_beside_the_newest_gradient(beta):
    now = np.eye(30)[0]
    np.testing.assert_allclose(
        impulse_response(arma1(beta), 30), now + impulse_response(ar1(beta), 31)[1:], rtol=1e-12, atol=1e-300
    )


def test_a_long_impulse_response_takes_no_more_memory_than_itself():
    h = impulse_response(ar1(0.999), 200_000)  # an impulse cut from a square of zeros would be 320 GB
    assert h.shape == (200_000,) and h[1000] == pytest.approx(0.999**1000)


def noise(part):
    """The variance of a filter's output for gradients that are noise of variance 1."""
    return np.sum(impulse_response(part, 2000) ** 2)


@given(beta=st.floats(0.01, 0.98))
@settings(deadline=None, max_examples=30)
def test_nesterov_passes_more_noise_than_momentum_and_both_more_than_sgd(beta):
    assert noise(no_filter()) == 1
    assert noise(ar1(beta)) == pytest.approx(1 / (1 - beta**2))
    assert noise(arma1(beta)) == pytest.approx((1 + beta) ** 2 + beta**4 / (1 - beta**2))
    assert noise(arma1(beta)) > noise(ar1(beta)) > 1 > noise(ar1(beta, unit_dc=True))


@pytest.mark.parametrize("name", FILTERS)
def test_noise_is_the_mean_power_over_all_frequencies(name):
    part = FILTERS[name][0]
    f = (np.arange(4000) + 0.5) / 8000
    assert np.mean(np.abs(frequency_response(part, f)) ** 2) == pytest.approx(noise(part), rel=1e-9)


# --- arma ------------------------------------------------------------------------------------------------------------


@given(beta=st.floats(0, 0.99), seed=st.integers(0, 99))
@settings(deadline=None, max_examples=30)
def test_no_filter_ar1_and_arma1_are_special_cases_of_arma(beta, seed):
    g = np.random.default_rng(seed).normal(size=(30, 4))
    for part, same in (
        (no_filter(), arma([1])),
        (ar1(beta), arma([1], [1, -beta])),
        (ar1(beta, unit_dc=True), arma([1 - beta], [1, -beta])),
        (arma1(beta), arma([1 + beta, -beta], [1, -beta])),
    ):
        np.testing.assert_allclose(along(same, g), along(part, g), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_arma_keeps_the_dtype_of_the_weights_and_one_array_for_each_delay(dtype):
    part = arma(*scipy.signal.butter(3, 0.5))
    y, gain, state = part.update(np.ones((2, 3), dtype), part.init(np.ones((2, 3), dtype)), 1)
    assert y.dtype == (gain * y).dtype == dtype
    assert [(array.dtype, array.shape) for array in state] == [(dtype, (2, 3))] * 3
    assert arma([0.5]).update(np.ones(1, dtype), (), 1)[0].dtype == dtype


def test_arma_writes_to_nothing_and_gives_no_warning():
    part, g = arma(*scipy.signal.butter(2, 0.1)), np.array([1.7e308, -5e-324])
    state = part.init(g)
    for array in (g, *state):
        array.flags.writeable = False
    with np.errstate(all="raise"):
        for t in range(1, 6):
            _, _, state = part.update(g, state, t)


def test_arma_takes_numpy_arrays_and_whole_numbers():
    np.testing.assert_array_equal(impulse_response(arma(np.array([1, 2]), [2]), 3), [0.5, 1.0, 0.0])


def test_an_optimizer_with_a_butterworth_filter_takes_the_steps_that_scipy_filters():
    b, a = scipy.signal.butter(2, 0.1)
    path = descend(parallel(arma(b, a), no_normalizer()), lambda w: 3 * w, [1.0, -2.0], 50, 0.02)
    np.testing.assert_allclose(-np.diff(path, axis=0), 0.02 * scipy.signal.lfilter(b, a, 3 * path[:-1], axis=0),
                               rtol=1e-9, atol=1e-12)  # fmt: skip
    assert np.abs(path[-1]).max() < np.abs(path[0]).max()


# --- parts of your own -----------------------------------------------------------------------------------------------


def two_memories(fast=0.5, slow=0.9):
    """A part of two fields, as a reader writes one: its state is an array for both memories, and a number apart."""

    def update(g, state, t):
        both, newest = state
        both = np.stack([fast * both[0] + g, slow * both[1] + g])
        return both[0] - 0.5 * both[1] + 0.25 * newest, 2.0, (both, g)

    return Part(lambda w: (np.zeros((2, *w.shape)), np.zeros(w.shape)), update)


def test_the_frequency_response_of_a_part_of_your_own_is_that_of_its_impulse_response():
    part = two_memories()
    f = np.linspace(0, 0.5, 33)
    delays = np.exp(-2j * np.pi * np.outer(f, np.arange(600)))
    np.testing.assert_allclose(frequency_response(part, f), delays @ impulse_response(part, 600), rtol=1e-9)


def test_the_answer_has_the_shape_of_the_frequencies():
    for part in (no_filter(), ar1(0.9), arma(*scipy.signal.butter(3, 0.2))):
        assert frequency_response(part, 0.25).shape == ()
        grid = frequency_response(part, np.linspace(0, 0.5, 6).reshape(2, 3))
        assert grid.shape == (2, 3) and grid.dtype == complex
        assert grid[1, 2] == pytest.approx(frequency_response(part, [0.5])[0])
        assert frequency_response(part, np.empty(0)).shape == (0,)


def test_a_compensated_filter_without_memory_has_a_frequency_response():
    np.testing.assert_allclose(frequency_response(ar1(0.0, compensated=True), [0.0, 0.3]), 1)


def clipped():
    return Part(lambda w: np.zeros_like(w), lambda g, m, t: (np.clip(0.5 * m + g, -9, 9), 1.0, 0.5 * m + g), "clipped")


def sum_of_all():
    return Part(lambda w: np.zeros_like(w), lambda g, m, t: (m + g, 1.0, m + g), "sum")


def counting():
    return Part(lambda w: np.zeros_like(w), lambda g, m, t: (g, 1.0, m + 1), "counting")


def clocked():
    return Part(lambda w: (), lambda g, state, t: (g, 1.0 if t < 500 else 0.5, ()), "clocked")


def whole_numbers():
    return Part(lambda w: np.zeros(w.shape, int), lambda g, m, t: (g, 1.0, m), "whole")


REFUSED = {
    "compensation": (
        lambda: frequency_response(ar1(0.9, unit_dc=True, compensated=True), [0.1]),
        ValueError,
        "part: got 'AR1(0.9), unit DC gain', which changes with t; takes a filter without compensation",
    ),
    "a gain that changes late": (lambda: frequency_response(clocked(), [0.1]), ValueError, "'clocked', which changes"),
    "Nadam's filter": (lambda: frequency_response(rule("nadam").filter, [0.1]), ValueError, "which changes with t"),
    "a normalizer": (
        lambda: frequency_response(ar1_of_squares(0.9), [0.1]),
        ValueError,
        "part: got 'AR1(0.9) of squares', which is not linear; takes a filter",
    ),
    "no normalizer": (lambda: frequency_response(no_normalizer(), [0.1]), ValueError, "'none', which is not linear"),
    "a filter that clips": (lambda: frequency_response(clipped(), [0.1]), ValueError, "'clipped', which is not linear"),
    "a filter that counts": (lambda: frequency_response(counting(), [0.1]), ValueError, "which is not linear"),
    "a filter that never forgets": (
        lambda: frequency_response(sum_of_all(), [0.1]),
        ValueError,
        "part: got 'sum', which keeps what went in for ever; takes a filter that forgets",
    ),
    "a state of whole numbers": (
        lambda: frequency_response(whole_numbers(), [0.1]),
        TypeError,
        "state of the part: got an array of int64",
    ),
    "radians": (
        lambda: frequency_response(ar1(0.9), [0.1, 3.14]),
        ValueError,
        "frequencies: got 3.14; takes cycles per step in [0, 0.5]",
    ),
    "a negative frequency": (lambda: frequency_response(ar1(0.9), -0.1), ValueError, "frequencies: got -0.1; takes"),
    "no frequency": (lambda: frequency_response(ar1(0.9), np.nan), ValueError, "frequencies: got nan; takes"),
    "a name as frequency": (lambda: frequency_response(ar1(0.9), "low"), TypeError, "frequencies: got an array of <U3"),
    "a rule": (
        lambda: impulse_response(rule("adam"), 3),
        TypeError,
        "part: got a Rule; takes a Part, such as ar1(0.9) or rule('adam').filter",
    ),
    "a rule to step": (lambda: step_response(rule("adam"), 3), TypeError, "part: got a Rule; takes a Part"),
    "a name": (lambda: frequency_response("adam", [0.1]), TypeError, "part: got a str; takes a Part"),
    "n of 0": (lambda: impulse_response(ar1(0.9), 0), ValueError, "n: got 0; takes a whole number of at least 1"),
    "n of 1.5": (lambda: step_response(ar1(0.9), 1.5), TypeError, "n: got 1.5; takes a whole number of at least 1"),
    "b of nothing": (lambda: arma([]), ValueError, "b: got no number; takes at least one"),
    "a of nothing": (lambda: arma([1.0], []), ValueError, "a: got no number; takes at least one"),
    "b not finite": (lambda: arma([1.0, np.inf]), ValueError, "b[1]: got inf; takes a number in (-inf, inf)"),
    "a in two rows": (lambda: arma([1.0], [[1.0, 0.5]]), TypeError, "a[0]: got [1.0, 0.5]; takes a number in"),
    "b of one number": (lambda: arma(0.5), TypeError, "b: got 0.5; takes a row of numbers"),
    "b as text": (lambda: arma("12"), TypeError, "b: got '12'; takes a row of numbers"),
    "a_0 of 0": (lambda: arma([1.0], [0.0, 1.0]), ValueError, "a[0]: got 0.0; takes another number, for it divides"),
    "a pole on the circle": (
        lambda: arma([1.0], [1.0, -1.0]),
        ValueError,
        "a: got a pole of size 1; takes poles inside the unit circle, or nothing ever fades",
    ),
    "b and a swapped": (lambda: arma([1.0, -0.9], [1.0, -2.0]), ValueError, "a: got a pole of size 2; takes"),
    "gradient of another shape": (
        lambda: arma([1.0, 1.0]).update(np.ones(3), (np.ones(2),), 1),
        ValueError,
        "gradient, state: got the shapes (3,) and (2,)",
    ),
    "rule of no name": (lambda: describe("adan"), ValueError, "rule: got 'adan'; takes 'sgd', 'momentum'"),
    "what is no rule": (lambda: describe(ar1(0.9)), TypeError, "rule: got a Part; takes a Rule, or the name of one"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_bad_argument_is_refused_by_name_with_what_it_got_and_what_it_takes(case):
    call, error, message = REFUSED[case]
    with pytest.raises(error, match=re.escape(message)):
        call()


# --- the table: what a rule says of itself, against what it does -----------------------------------------------------
#
# The sign of a gradient reaches the filter alone: normalizers see its square or its size. So turning the sign of one
# gradient, and comparing the steps after it, shows the weight that the filter gives it, whatever the normalizer does.

NAMES = sorted(RULES)
LINEAR = sorted(set(RULES) - {"lion"})
T = 12


def steps(built, gradients, lr=1.0, first=1, w=0.0):
    rates, weights = np.broadcast_to(lr, len(gradients)), np.full(1, w)
    state, out = built.init(weights), []
    for k, (g, rate) in enumerate(zip(gradients, rates, strict=True)):
        step, state = built.update(np.array([g]), state, first + k, rate, weights)
        out.append(step[0])
    return np.array(out)


def filter_seen_from_outside(built):
    """The weights in the step T of the gradients of the steps T, T - 1, …, 1, the first of them as 1."""
    ones = np.ones(T)
    last = steps(built, ones)[-1]
    by_age = [last - steps(built, np.where(np.arange(T) == T - 1 - k, -1.0, 1.0))[-1] for k in range(T)]
    return np.array(by_age) / by_age[0]


@pytest.mark.parametrize("name", sorted(set(LINEAR) - {"rmsprop_momentum"}))
def test_the_filter_in_the_table_is_the_one_that_the_signs_of_gradients_meet(name):
    filter = rule(name).filter
    impulses = np.eye(T)  # at another time each, for a compensated filter tells them apart
    expected = np.array([along(filter, impulses[T - 1 - k][:, None])[-1, 0] for k in range(T)])
    np.testing.assert_allclose(filter_seen_from_outside(rule(name)), expected / expected[0], rtol=1e-9, atol=1e-13)


KINDS = {  # the weights that a filter called so has, the newest as 1
    "none": lambda: np.eye(T)[0],
    "AR1(0.9)": lambda: 0.9 ** np.arange(T),
    "AR1(0.9), unit DC gain": lambda: 0.9 ** np.arange(T),
    "ARMA1(0.9)": lambda: np.r_[1.9, 0.9 ** np.arange(2, T + 1)] / 1.9,
}


@pytest.mark.parametrize("name", sorted(set(LINEAR) - {"rmsprop_momentum", "nadam"}))
def test_the_name_of_a_filter_in_the_table_is_what_it_does(name):
    np.testing.assert_allclose(filter_seen_from_outside(rule(name)), KINDS[describe(name).filter](), atol=1e-9)


def test_nadam_s_filter_looks_ahead_and_its_memory_grows():
    seen = filter_seen_from_outside(rule("nadam"))
    assert seen[1] < 0.9**1  # the newest gradient counts for more than in Adam, as in Nesterov's filter
    np.testing.assert_allclose(seen[2:] / seen[1:-1], 0.9, rtol=1e-9)
    one, later = (steps(rule("nadam"), np.ones(2), first=first) for first in (1, 500))
    assert not np.allclose(one, later)


def test_the_filter_of_rmsprop_with_momentum_comes_after_its_normalizer():
    impulse = np.eye(T)[0]
    built = rule("rmsprop_momentum", epsilon=1e-30)
    np.testing.assert_allclose(steps(built, impulse), 10**0.5 * 0.9 ** np.arange(T), rtol=1e-9)
    apart = parallel(built.filter, built.normalizer)  # side by side, the normalizer of a later step would divide it
    np.testing.assert_allclose(steps(apart, impulse), 10**0.5 * 0.9 ** (np.arange(T) / 2), rtol=1e-9)
    assert (describe(built).combined, describe(apart).combined) == ("series", "parallel")


@pytest.mark.parametrize("name", [name for name in NAMES if describe(name).combined.startswith(("parallel", "series"))])
def test_the_parts_in_the_table_combined_as_it_says_are_the_rule(name):
    built, g = rule(name), np.random.default_rng(0).normal(size=40)
    lr = np.geomspace(1, 0.01, 40)
    row = describe(name)
    parts = (
        (built.filter, built.normalizer) if row.combined.startswith("parallel") else (built.normalizer, built.filter)
    )
    again = (parallel if row.combined.startswith("parallel") else series)(*parts, lr_at=row.lr_at)
    np.testing.assert_allclose(steps(again, g, lr), steps(built, g, lr), rtol=1e-12)


def test_lion_is_the_sign_of_the_filter_in_the_table():
    for betas in ({}, {"beta_1": 0.5, "beta_2": 0.8}, {"beta_1": 0.7, "beta_2": 0.7}):
        built, g = rule("lion", **betas), np.random.default_rng(0).normal(size=300)
        np.testing.assert_array_equal(steps(built, g), np.sign(along(built.filter, g[:, None])[:, 0]))
    assert impulse_response(rule("lion").filter, 900)[:2] == pytest.approx([0.1, 0.9 * 0.01])


#: In the table -> the steps for 1000, 1, 1, … without filter: what a normalizer of this name makes of a large gradient.
MEMORY = {
    "none": lambda k: 1.0 + 0 * k,
    "sum of squares": lambda k: 1 / np.sqrt(0.1 + 1e6 + k),
    "AR1(0.9) of squares": lambda k: 1 / np.sqrt(0.1 * 0.9**k * 1e6 + 1 - 0.9**k),
    "AR1(0.999) of squares": lambda k: np.sqrt(1 - 0.999 ** (k + 1)) / np.sqrt(0.001 * 0.999**k * 1e6 + 1 - 0.999**k),
    "largest gradient, fading by 0.999": lambda k: 1 / np.maximum(0.999**k * 1000, 1),
    "largest AR1(0.999) of squares so far": lambda k: np.sqrt(1 - 0.999 ** (k + 1)) / np.sqrt(0.001 * 1e6) + 0 * k,
}


@pytest.mark.parametrize("name", sorted(set(LINEAR) - {"adadelta"}))
def test_the_name_of_a_normalizer_in_the_table_is_what_it_divides_by(name):
    normalizer, k = describe(name).normalizer, np.arange(1, 60.0)
    bare = parallel(no_filter(), rule(name).normalizer)
    g = np.r_[1000.0, np.ones(59)]
    np.testing.assert_allclose(steps(bare, g)[1:], MEMORY[normalizer](k), rtol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_a_rule_with_a_normalizer_in_the_table_asks_for_no_unit_of_the_gradient(name):
    g = 100 + np.arange(8.0)
    tenfold = steps(rule(name), 1000 * g) / steps(rule(name), g)
    np.testing.assert_allclose(tenfold, 1000 if describe(name).normalizer == "none" else 1, rtol=1e-3)


def test_adadelta_s_steps_grow_by_their_own_feedback():
    out = steps(rule("adadelta"), np.ones(400))
    assert (np.diff(out) > 0).all()
    v = a = 0.0
    for step in out:
        v = 0.95 * v + 0.05
        assert step == pytest.approx(((a + 1e-7) / (v + 1e-7)) ** 0.5, rel=1e-9)
        a = 0.95 * a + 0.05 * step**2
    assert describe("adadelta").combined == "feedback"


COMPENSATED = {"adam": "both", "adam_paper": "both", "adamw": "both", "amsgrad": "both", "nadam": "both",
               "adamax": "filter"}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_compensation_is_found_where_the_formula_of_the_rule_has_it(name):
    assert describe(name).compensation == COMPENSATED.get(name, "none")


def test_compensation_of_rules_of_your_own_is_found_by_part():
    mean, size = ar1(0.9, unit_dc=True, compensated=True), ar1_of_squares(0.9, compensated=True)
    assert describe(parallel(mean, ar1_of_squares(0.9))).compensation == "filter"
    assert describe(parallel(ar1(0.9), size)).compensation == "normalizer"
    assert describe(series(size, mean)).compensation == "both"
    assert describe(parallel(ar1(0.9), sum_of_squares())).compensation == "none"
    by_hand = Rule(lambda w: (), lambda g, state, t, lr, w=None: (lr * g / t, ()))
    assert describe(by_hand)[:4] == ("own", "own", "own", "own")


@pytest.mark.parametrize("name", NAMES)
def test_the_learning_rate_is_at_the_input_where_the_step_goes_on_at_a_rate_of_0(name):
    rate_at_once = np.where(np.arange(6) == 0, 1.0, 0.0)
    goes_on = steps(rule(name), np.ones(6), rate_at_once)[1:].any()
    assert describe(name).lr_at == ("input" if goes_on else "output")
    assert goes_on == (name in {"momentum", "nesterov", "rmsprop_momentum"})


@pytest.mark.parametrize("lr_at", ["input", "output"])
@pytest.mark.parametrize("name", ["momentum", "nesterov", "rmsprop_momentum"])
def test_the_place_of_the_learning_rate_is_the_one_asked_for(name, lr_at):
    assert describe(rule(name, lr_at=lr_at)).lr_at == lr_at


def test_the_weights_are_needed_by_decay_alone():
    assert [name for name in NAMES if describe(name).needs_weights] == ["adamw"]
    assert describe(rule("lion", decay=0.1)).needs_weights
    assert describe(rule("lion", decay=0.1)).combined == "sign of the filter, decay beside it"
    assert not describe(rule("adamw", decay=0)).needs_weights
    assert describe(rule("adamw", decay=0)) == describe("adam")


def test_a_row_says_the_hyperparameters_that_the_rule_was_given():
    row = describe(rule("adam", beta_1=0.5, beta_2=0.75))
    assert (row.filter, row.normalizer) == ("AR1(0.5), unit DC gain", "AR1(0.75) of squares")
    assert describe(rule("nesterov", momentum=0.25)).filter == "ARMA1(0.25)"
    assert describe(rule("amsgrad", beta_2=0.5)).normalizer == "largest AR1(0.5) of squares so far"
    assert describe(rule("adamax", beta_2=0.5)).normalizer == "largest gradient, fading by 0.5"
    assert describe(rule("adadelta", rho=0.5)).normalizer.startswith("AR1(0.5) of squares")
    assert describe(rule("nadam", beta_1=0.5)).filter.startswith("AR1(0.5)")


def test_arma_says_how_far_back_its_outputs_and_its_inputs_count():
    assert arma([0.3], [1.0, -0.5, 0.2]).kind == "ARMA(2, 0)"
    assert arma([1.0, 2.0, 3.0, 4.0], [1.0, -0.5]).kind == "ARMA(1, 3)"


def test_a_filter_says_unit_dc_gain_if_it_has_it():
    for part in (*(part for part, _, _ in FILTERS.values()), rule("lion").filter):
        unit = frequency_response(part, [0.0])[0] == pytest.approx(1, rel=1e-9)
        assert part.kind.endswith("unit DC gain") == (unit and part.kind != "none"), part.kind


def test_a_rule_of_a_part_of_your_own_has_a_row():
    assert describe(parallel(two_memories(), no_normalizer(), lr_at="input"))[:5] == (
        "own", "none", "parallel", "none", "input"
    )  # fmt: skip
    assert describe(parallel(arma(*scipy.signal.butter(2, 0.1)), no_normalizer())).filter == "ARMA(2, 2), unit DC gain"
