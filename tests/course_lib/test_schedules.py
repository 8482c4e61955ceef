"""Schedules: published values, formulas at every step, boundaries, laws, and what they refuse."""

import copy
import doctest
import math
import pickle
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib import schedules
from course_lib.schedules import (
    SCHEDULES,
    constant,
    cosine,
    cosine_restarts,
    exponential,
    linear,
    one_cycle,
    piecewise,
    power,
    reduce_on_plateau,
    step_decay,
    triangular,
    warmup,
)

pytestmark = pytest.mark.filterwarnings("error")

T = np.arange(1000)
EACH = {
    "constant": constant(0.1),
    "power": power(0.1, 100, 0.5),
    "exponential": exponential(0.1, 100, 0.5),
    "step_decay": step_decay(0.1, 100, 0.5),
    "piecewise": piecewise([100, 200], [0.1, 0.05, 0.01]),
    "linear": linear(0.1, 100, 0.01),
    "cosine": cosine(0.1, 100, 0.1),
    "cosine_restarts": cosine_restarts(0.1, 100, 2.0, 0.5, 0.1),
    "triangular": triangular(0.01, 0.1, 50),
    "one_cycle": one_cycle(0.1, 100),
    "warmup": warmup(cosine(0.1, 100), 20),
}
every = pytest.mark.parametrize("name", EACH)


def test_the_examples_in_the_docstrings_are_right():
    result = doctest.testmod(schedules)
    assert result.attempted > 0
    assert result.failed == 0


def test_every_schedule_is_tested():
    assert list(EACH) == list(SCHEDULES)
    assert all(type(EACH[name]) is SCHEDULES[name] for name in EACH)


@pytest.mark.parametrize(
    "schedule, steps, values",
    [
        (power(0.01, 1e4), [0, 1e4, 2e4], [0.01, 0.005, 0.0033333333]),
        (cosine(0.1, 100), [0, 25, 50, 100], [0.1, 0.0853553391, 0.05, 0]),
        (exponential(0.1, 10, 0.5), [10, 15], [0.05, 0.0353553391]),
        (piecewise([50, 75], [0.1, 0.02, 0.004]), [0, 50, 51, 75, 76], [0.1, 0.1, 0.02, 0.02, 0.004]),
    ],
)
def test_values_are_those_published(schedule, steps, values):
    np.testing.assert_allclose(schedule(np.array(steps)), values, rtol=1e-8, atol=1e-16)


def fall(part):
    return (1 + math.cos(math.pi * part)) / 2


def restarts_by_hand(t, first, t_mul, m_mul, alpha):
    length, height = first, 1.0
    while t >= length:
        t, length, height = t - length, length * t_mul, height * m_mul
    return alpha + (1 - alpha) * height * fall(t / length)


def one_cycle_by_hand(t, peak, end, first, last):
    if t <= peak:
        return first + (1 - first) * (1 - fall(t / peak))
    return last + (1 - last) * fall(min((t - peak) / (end - peak), 1))


BY_HAND = {
    "power": (power(0.3, 7, 2.5), lambda t: 0.3 / (1 + t / 7) ** 2.5),
    "power 1 is the default": (power(0.3, 7), lambda t: 0.3 / (1 + t / 7)),
    "exponential": (exponential(0.3, 7, 0.9), lambda t: 0.3 * 0.9 ** (t / 7)),
    "exponential growth": (exponential(1e-5, 100, 10), lambda t: 1e-5 * 10 ** (t / 100)),
    "step_decay": (step_decay(0.3, 7, 0.9), lambda t: 0.3 * 0.9 ** (t // 7)),
    "piecewise": (piecewise([3, 8], [3, 2, 1]), lambda t: 3 if t <= 3 else 2 if t <= 8 else 1),
    "piecewise, right": (piecewise([3, 8], [3, 2, 1], "right"), lambda t: 3 if t < 3 else 2 if t < 8 else 1),
    "piecewise without boundaries": (piecewise([], [0.5]), lambda t: 0.5),
    "linear": (linear(0.3, 700, 0.1), lambda t: 0.3 - 0.2 * min(t, 700) / 700),
    "linear upward": (linear(0, 700, 0.1), lambda t: 0.1 * min(t, 700) / 700),
    "linear's end": (linear(0.3, 10), lambda t: 0.3 + (1e-4 - 0.3) * min(t, 10) / 10),
    "cosine": (cosine(0.3, 700, 0.2), lambda t: 0.3 * (0.2 + 0.8 * fall(min(t, 700) / 700))),
    "cosine_restarts": (cosine_restarts(1, 10, 2, 0.9, 0.1), lambda t: restarts_by_hand(t, 10, 2, 0.9, 0.1)),
    "cosine_restarts, defaults": (cosine_restarts(1, 10), lambda t: restarts_by_hand(t, 10, 2, 1, 0)),
    "cosine_restarts by 1": (cosine_restarts(1, 7, 1, 0.9), lambda t: restarts_by_hand(t, 7, 1, 0.9, 0)),
    "cosine_restarts by 1.5": (cosine_restarts(1, 16, 1.5), lambda t: restarts_by_hand(t, 16, 1.5, 1, 0)),
    "cosine_restarts by 3": (cosine_restarts(1, 7, 3), lambda t: restarts_by_hand(t, 7, 3, 1, 0)),
    "triangular": (triangular(0.1, 0.6, 10), lambda t: 0.1 + 0.05 * (10 - abs(10 - t % 20))),
    "one_cycle": (one_cycle(1, 900), lambda t: one_cycle_by_hand(t, 269, 899, 1 / 25, 1 / 250000)),
    "one_cycle, other arguments": (
        one_cycle(1, 900, 0.5, 10, 100, "total_steps"),
        lambda t: one_cycle_by_hand(t, 450, 900, 0.1, 0.001),
    ),
    "warmup": (warmup(cosine(1, 700), 4), lambda t: (t + 1) / 5 if t < 4 else fall(min(t - 4, 700) / 700)),
    "warmup from a share": (warmup(constant(1), 4, 0.2), lambda t: 0.2 + 0.8 * min(t, 4) / 4),
    "warmup from 0": (warmup(constant(1), 4, 0), lambda t: min(t, 4) / 4),
    "warmup from all": (warmup(cosine(1, 9), 4, 1), lambda t: fall(min(max(t - 4, 0), 9) / 9)),
    "warmup of no steps": (warmup(cosine(1, 700), 0), lambda t: fall(min(t, 700) / 700)),
    "warmup of any function": (warmup(lambda t: 1 / (1 + t), 4), lambda t: (t + 1) / 5 if t < 4 else 1 / (t - 3)),
    "warmup of a warmup": (warmup(warmup(constant(1), 1), 3), lambda t: [1 / 8, 2 / 8, 3 / 8, 4 / 8, 1][min(t, 4)]),
}


@pytest.mark.parametrize("case", BY_HAND)
def test_a_schedule_is_its_formula_at_every_one_of_1000_steps(case):
    schedule, by_hand = BY_HAND[case]
    np.testing.assert_allclose(schedule(T), [by_hand(t) for t in T.tolist()], rtol=1e-11, atol=1e-14)


@every
def test_one_step_gives_a_float_and_an_array_the_same_in_its_shape(name):
    schedule = EACH[name]
    table = schedule(T)
    assert (table.shape, table.dtype) == ((1000,), np.float64)
    for t in (0, 1, 20, 50, 100, 101, 999):
        for step in (t, float(t), np.int64(t), np.float32(t), np.array(t)):
            assert type(schedule(step)) is float
            assert schedule(step) == pytest.approx(table[t], rel=1e-6)
        assert schedule(t) == table[t]
    np.testing.assert_array_equal(schedule(T.reshape(10, 100)), table.reshape(10, 100))
    np.testing.assert_array_equal(schedule(T[:3].tolist()), table[:3])
    assert schedule(np.zeros((0, 2))).shape == (0, 2)


@every
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_steps_keep_their_dtype_and_are_not_changed(name, dtype):
    steps = T.astype(dtype)
    steps.flags.writeable = False
    rates = EACH[name](steps)
    assert rates.dtype == dtype
    assert not np.shares_memory(rates, steps)
    np.testing.assert_allclose(rates, EACH[name](T), rtol=2e-3, atol=1e-7)


@every
@given(step=st.integers(0, 2**53) | st.floats(0, 2.0**53))
@settings(deadline=None)
def test_at_every_step_the_rate_is_a_number_from_0_to_the_peak_without_a_warning(name, step):
    assert 0 <= EACH[name](step) <= 0.1 * (1 + 1e-12)


@every
def test_the_arguments_are_attributes_and_a_change_of_one_is_checked(name):
    schedule = EACH[name]
    assert tuple(getattr(schedule, field) for field in schedule._fields) == tuple(schedule)
    assert type(schedule)(*schedule) == schedule
    assert type(schedule)(**schedule._asdict()) == schedule
    assert repr(schedule).startswith(f"{name}({schedule._fields[0]}=")
    assert copy.deepcopy(schedule) == pickle.loads(pickle.dumps(schedule)) == schedule
    with pytest.raises((TypeError, ValueError), match=f"^{schedule._fields[0]}: got None; takes"):
        schedule._replace(**{schedule._fields[0]: None})


# --- boundaries ------------------------------------------------------------------------------------------------------


@given(s=st.integers(1, 300), k=st.integers(1, 50))
@settings(deadline=None)
def test_step_decay_falls_at_the_multiples_of_decay_steps_and_not_before(s, k):
    schedule = step_decay(1.0, s, 0.5)
    assert schedule(k * s) == 0.5**k
    assert schedule(k * s - 1) == 0.5 ** (k - 1)


@given(first=st.integers(1, 50), t_mul=st.sampled_from([1.0, 1.1, 1.3, 1.5, 2.0, 3.0, 7.0, 10.0]), k=st.integers(0, 8))
@settings(deadline=None)
def test_every_restart_begins_with_its_peak_at_its_own_step(first, t_mul, k):
    schedule = cosine_restarts(1.0, first, t_mul, 0.5)
    begin = first * sum(t_mul**i for i in range(k))
    assert schedule(begin) == pytest.approx(0.5**k, rel=1e-9)
    if k > 0:
        length = first * t_mul ** (k - 1)
        assert schedule(begin - 0.01 * length) < 0.01 * 0.5 ** (k - 1)


@pytest.mark.parametrize("t_mul", [1.0, 2.0])
def test_a_cycle_is_the_plain_cosine(t_mul):
    restarts = cosine_restarts(0.1, 10, t_mul, alpha=0.2)
    np.testing.assert_allclose(restarts(T[:10]), cosine(0.1, 10, 0.2)(T[:10]), rtol=1e-13)
    second = cosine(0.1, 10 * t_mul, 0.2)(T[:10])
    np.testing.assert_allclose(restarts(T[10:20]), second, rtol=1e-13)


@pytest.mark.parametrize("schedule, end", [(cosine(0.1, 100, 0.3), 0.03), (linear(0.1, 100, 0.03), 0.03)])
def test_at_the_end_and_after_it_the_last_value_stays(schedule, end):
    np.testing.assert_allclose(schedule([100, 101, 1e6]), end, rtol=1e-14)
    assert schedule(99) > end * (1 + 1e-4)


def test_cosine_ends_at_exactly_0():
    assert cosine(0.1, 100)(100) == 0


def test_triangular_has_its_corners_at_multiples_of_half_a_cycle():
    schedule = triangular(0.25, 1.0, 7)
    np.testing.assert_allclose(schedule([0, 7, 14, 21, 7000, 7007]), [0.25, 1, 0.25, 1, 0.25, 1], rtol=1e-12)


@pytest.mark.parametrize("end_at, peak, end", [("last_step", 29, 99), ("total_steps", 30, 100)])
def test_one_cycle_begins_peaks_and_ends_where_it_says(end_at, peak, end):
    rates = one_cycle(1.0, 100, end_at=end_at)(np.arange(120))
    assert rates[0] == pytest.approx(1 / 25, rel=1e-12)
    assert rates.argmax() == peak
    assert rates[peak] == 1
    np.testing.assert_allclose(rates[end:], 1 / 250000, rtol=1e-9)
    assert rates[end - 1] > 1 / 250000 * 1.1
    assert np.all(np.diff(rates[: peak + 1]) > 0) and np.all(np.diff(rates[peak : end + 1]) < 0)


@pytest.mark.parametrize("total_steps", [2, 3])
def test_one_cycle_of_few_steps_begins_at_its_peak(total_steps):
    rates = one_cycle(1.0, total_steps)(np.arange(total_steps))
    assert rates[0] == 1
    assert rates[-1] == pytest.approx(1 / 250000)


@given(n=st.integers(1, 300))
@settings(deadline=None)
def test_warmup_rises_in_equal_steps_from_above_0_to_the_first_rate_of_the_schedule(n):
    rates = warmup(constant(1.0), n)(np.arange(n + 3))
    np.testing.assert_allclose(np.diff(np.r_[0.0, rates[: n + 1]]), 1 / (n + 1), rtol=1e-9)
    np.testing.assert_array_equal(rates[n:], 1)


def test_warmup_gives_the_schedule_its_own_steps():
    seen = []

    def record(t):
        seen.append(t.tolist())
        return 0.0 * t + 1

    warmup(record, 3)([0, 2, 3, 4, 10])
    assert seen == [[0, 0, 0, 1, 7]]


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["power", "exponential", "step_decay", "piecewise", "linear", "cosine"])
def test_a_decay_never_rises_and_begins_at_its_initial_rate(name):
    rates = EACH[name](T)
    assert rates[0] == pytest.approx(0.1, rel=1e-15)
    assert np.all(np.diff(rates) <= 0)


def test_exponential_and_step_decay_agree_at_the_multiples_of_decay_steps():
    t = T[::100]
    np.testing.assert_allclose(EACH["exponential"](t), EACH["step_decay"](t), rtol=1e-13)
    assert np.all(EACH["exponential"](T) <= EACH["step_decay"](T) * (1 + 1e-12))


@pytest.mark.parametrize("name", ["constant", "power", "exponential", "step_decay", "cosine", "cosine_restarts"])
def test_twice_the_initial_rate_gives_twice_the_rate(name):
    twice = EACH[name]._replace(initial_learning_rate=0.2)
    np.testing.assert_array_equal(twice(T), 2 * EACH[name](T))


def test_multiplying_the_rate_of_the_epoch_before_is_another_schedule_and_falls_to_nothing():
    rate, compounded = 0.01, []
    for epoch in range(31):
        if epoch >= 10:
            rate *= math.exp(-0.1 * epoch)
        compounded.append(rate)
    stated = exponential(0.01, 1, math.exp(-0.1))
    np.testing.assert_allclose(stated([10, 15, 20, 30]), [3.68e-3, 2.23e-3, 1.35e-3, 4.98e-4], rtol=3e-3)
    assert compounded[10] == pytest.approx(stated(10), rel=1e-12) == pytest.approx(3.68e-3, rel=1e-3)
    assert compounded[20] == pytest.approx(6.83e-10, rel=1e-3)
    assert compounded[30] == pytest.approx(5.75e-21, rel=1e-3)


def test_descend_follows_a_schedule():
    from course_lib.optimizers import descend

    path = descend("sgd", lambda w: np.ones(1), [0.0], 5, linear(0.4, 4, 0.0))
    np.testing.assert_allclose(np.diff(path[:, 0]), [-0.4, -0.3, -0.2, -0.1, 0.0], atol=1e-15)


def test_extreme_arguments_make_no_warning_and_no_nan():
    for schedule in (
        power(1e308, 1, 1e308),
        power(5e-324, 1e308),
        exponential(1e308, 1, 1e308),
        exponential(1e-308, 1, 1e-308),
        step_decay(1, 1, 1e308),
        cosine(1e308, 1e308),
        cosine_restarts(1e308, 1, 1e308, 1e-308),
        cosine_restarts(1, 1, 1 + 1e-9),
        cosine_restarts(1, 1e308),
        triangular(0, 1e308, 1),
        one_cycle(1e308, 2, 1e-300, 1e308, 1e308),
        one_cycle(1, 2**60, 1 - 1e-16),
        linear(0, 1, 1e308),
        warmup(constant(1e308), 1e308),
        warmup(constant(1.0), 5e-324),
    ):
        assert not np.isnan(schedule(np.array([0.0, 0.5, 1, 2, 1e9, 2.0**53]))).any(), schedule


# --- refusals --------------------------------------------------------------------------------------------------------

REFUSED = {
    "constant": (lambda: constant(-0.1), ValueError, "initial_learning_rate: got -0.1; takes a number in [0, inf)"),
    "power, rate": (lambda: power(0.0, 10), ValueError, "initial_learning_rate: got 0.0; takes a number in (0, inf)"),
    "power, steps": (lambda: power(0.1, 0), ValueError, "decay_steps: got 0; takes a number in [1, inf)"),
    "power, power": (lambda: power(0.1, 10, -1), ValueError, "power: got -1; takes a number in [0, inf)"),
    "exponential, rate": (lambda: exponential("0.1", 10, 0.5), TypeError, "initial_learning_rate: got '0.1'; takes a"),
    "exponential, steps": (lambda: exponential(0.1, np.inf, 0.5), ValueError, "decay_steps: got inf; takes a number"),
    "exponential, decay": (lambda: exponential(0.1, 10, 0), ValueError, "decay_rate: got 0; takes a number in (0, inf"),
    "step_decay, rate": (lambda: step_decay(np.nan, 10, 0.5), ValueError, "initial_learning_rate: got nan; takes"),
    "step_decay, steps": (lambda: step_decay(0.1, 0.5, 0.5), ValueError, "decay_steps: got 0.5; takes a number in [1"),
    "step_decay, decay": (lambda: step_decay(0.1, 10, -0.5), ValueError, "decay_rate: got -0.5; takes a number in (0"),
    "piecewise, order": (lambda: piecewise([5, 5], [1, 2, 3]), ValueError, "boundaries: got (5.0, 5.0); takes increas"),
    "piecewise, length": (
        lambda: piecewise([5], [1, 2, 3]),
        ValueError,
        "boundaries, values: got 1 and 3; takes one more value",
    ),
    "piecewise, value": (lambda: piecewise([5], [1, -2]), ValueError, "values[1]: got -2; takes a number in [0, inf)"),
    "piecewise, boundary": (lambda: piecewise(["5"], [1, 2]), TypeError, "boundaries[0]: got '5'; takes a number"),
    "piecewise, number": (lambda: piecewise(5, [1, 2]), TypeError, "boundaries: got 5; takes a sequence of numbers"),
    "piecewise, side": (lambda: piecewise([5], [1, 2], "up"), ValueError, "side: got 'up'; takes 'left', 'right'"),
    "linear, end": (lambda: linear(0.1, 10, -1), ValueError, "end_learning_rate: got -1; takes a number in [0, inf)"),
    "linear, steps": (lambda: linear(0.1, 0), ValueError, "decay_steps: got 0; takes a number in [1, inf)"),
    "linear, rate": (lambda: linear(-0.1, 10), ValueError, "initial_learning_rate: got -0.1; takes a number in [0"),
    "cosine, alpha": (lambda: cosine(0.1, 10, 1.1), ValueError, "alpha: got 1.1; takes a number in [0, 1]"),
    "cosine, steps": (lambda: cosine(0.1, True), TypeError, "decay_steps: got True; takes a number in [1, inf)"),
    "cosine, rate": (lambda: cosine(0, 10), ValueError, "initial_learning_rate: got 0; takes a number in (0, inf)"),
    "restarts, first": (lambda: cosine_restarts(0.1, 0), ValueError, "first_decay_steps: got 0; takes a number in [1"),
    "restarts, t_mul": (lambda: cosine_restarts(0.1, 9, 0.5), ValueError, "t_mul: got 0.5; takes a number in [1, inf)"),
    "restarts, m_mul": (lambda: cosine_restarts(0.1, 9, 2, 0), ValueError, "m_mul: got 0; takes a number in (0, 1]"),
    "restarts, alpha": (lambda: cosine_restarts(0.1, 9, alpha=-1), ValueError, "alpha: got -1; takes a number in [0,"),
    "triangular, low": (lambda: triangular(-1, 1, 5), ValueError, "initial_learning_rate: got -1; takes a number in"),
    "triangular, high": (
        lambda: triangular(0.1, 0.05, 5),
        ValueError,
        "max_learning_rate: got 0.05; takes a number in [0.1, inf)",
    ),
    "triangular, size": (lambda: triangular(0, 1, 0), ValueError, "step_size: got 0; takes a number in [1, inf)"),
    "one_cycle, max": (lambda: one_cycle(0, 10), ValueError, "max_learning_rate: got 0; takes a number in (0, inf)"),
    "one_cycle, total": (lambda: one_cycle(1, 10.5), TypeError, "total_steps: got 10.5; takes a whole number of at le"),
    "one_cycle, 1 step": (lambda: one_cycle(1, 1), ValueError, "total_steps: got 1; takes a whole number of at least"),
    "one_cycle, start": (lambda: one_cycle(1, 9, 1), ValueError, "pct_start: got 1; takes a number in (0, 1)"),
    "one_cycle, div": (lambda: one_cycle(1, 9, div_factor=0.5), ValueError, "div_factor: got 0.5; takes a number in"),
    "one_cycle, final": (lambda: one_cycle(1, 9, final_div_factor=0), ValueError, "final_div_factor: got 0; takes"),
    "one_cycle, end_at": (lambda: one_cycle(1, 9, end_at="end"), ValueError, "end_at: got 'end'; takes 'last_step',"),
    "warmup, schedule": (lambda: warmup(0.1, 10), TypeError, "schedule: got 0.1; takes a schedule, or a function"),
    "warmup, steps": (lambda: warmup(constant(1), -1), ValueError, "warmup_steps: got -1; takes a number in [0, inf)"),
    "warmup, start": (lambda: warmup(constant(1), 5, 2), ValueError, "start_factor: got 2; takes a number in [0, 1]"),
    "step below 0": (lambda: EACH["cosine"](-1), ValueError, "step: got -1; takes numbers in [0, 2**53]"),
    "steps below 0": (lambda: EACH["cosine"]([1, -2]), ValueError, "step: got -2; takes numbers in [0, 2**53]"),
    "step nan": (lambda: EACH["linear"](math.nan), ValueError, "step: got nan; takes numbers in [0, 2**53]"),
    "step inf": (lambda: EACH["power"](math.inf), ValueError, "step: got inf; takes numbers in [0, 2**53]"),
    "step True": (lambda: EACH["cosine"](True), TypeError, "step: got an array of bool; takes float16"),
    "complex steps": (lambda: EACH["cosine"](np.ones(2, complex)), TypeError, "step: got an array of complex128"),
    "to_keras": (lambda: schedules._described(math.exp), TypeError, "schedule: got <built-in function exp>; takes one"),
    "to_keras, inside": (lambda: schedules._described(warmup(math.exp, 3)), TypeError, "schedule: got <built-in func"),
    "unknown name": (lambda: schedules.sine, AttributeError, "has no attribute 'sine'"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_bad_argument_is_refused_by_name_with_what_it_got_and_what_it_takes(case):
    call, error, message = REFUSED[case]
    with pytest.raises(error, match=re.escape(message)):
        call()


# --- on a plateau ----------------------------------------------------------------------------------------------------


def test_the_first_epoch_has_the_first_learning_rate_and_so_have_all_while_losses_fall():
    assert reduce_on_plateau([], 0.1).tolist() == [0.1]
    assert reduce_on_plateau([3.0, 2.0, 1.0], 0.1, patience=1).tolist() == [0.1] * 4


def test_after_patience_epochs_without_improvement_the_next_one_has_a_lower_learning_rate():
    rates = reduce_on_plateau([1.0] * 6, 0.1, 0.5, patience=2)
    np.testing.assert_allclose(rates, [0.1, 0.1, 0.1, 0.05, 0.05, 0.025, 0.025])


def test_a_new_minimum_by_less_than_min_delta_is_no_improvement():
    history = [1.0, 0.95, 0.9]
    assert reduce_on_plateau(history, 0.1, 0.5, patience=1, min_delta=0.01).tolist() == [0.1] * 4
    assert reduce_on_plateau(history, 0.1, 0.5, patience=1, min_delta=0.06).tolist() == [0.1, 0.1, 0.05, 0.05]


def test_during_the_cooldown_nothing_is_counted():
    rates = reduce_on_plateau([1.0] * 7, 0.1, 0.5, patience=1, cooldown=2)
    np.testing.assert_allclose(rates, [0.1, 0.1, 0.05, 0.05, 0.025, 0.025, 0.0125, 0.0125])


def test_a_learning_rate_never_falls_below_the_lowest_and_is_never_raised_to_it():
    assert reduce_on_plateau([1.0] * 5, 0.1, 0.1, patience=1, min_learning_rate=0.05)[-1] == 0.05
    assert reduce_on_plateau([1.0] * 5, 0.1, 0.1, patience=1, min_learning_rate=0.5)[-1] == 0.1


def test_the_losses_are_a_row_of_real_numbers():
    with pytest.raises(ValueError, match=r"history: got the shape \(1, 2\); takes a row"):
        reduce_on_plateau([[1.0, 2.0]], 0.1)
