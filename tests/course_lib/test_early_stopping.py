"""Early stopping: by hand, by its laws, and against scikit-learn where its rule differs."""

import doctest
import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib import early_stopping
from course_lib.early_stopping import early_stop, expected_error, judge_twice, learned
from course_lib.optimizers import descend

pytestmark = pytest.mark.filterwarnings("error")

histories = st.lists(st.integers(0, 12).map(lambda k: k / 8), min_size=1, max_size=40)  # ties occur


def test_the_examples_in_the_docstrings_are_right():
    result = doctest.testmod(early_stopping)
    assert result.attempted > 0
    assert result.failed == 0


def test_a_published_run_keeps_epoch_5_and_stops_patience_epochs_later():
    losses = [1.1, 0.8, 0.65, 0.6, 0.55, 0.5324, 0.54, 0.56, 0.55, 0.5]
    assert early_stop(losses, 3) == (5, 8)


def test_a_run_whose_longest_wait_is_9_epochs_goes_on_with_patience_10_and_ends_10_after_its_last_best():
    saves = [0, 1, 2, 3, 4, 5, 6, 7, 9, 11, 13, 15, 17, 20, 24, 28, 33, 38, 44, 50, 53, 62]
    assert (len(saves), max(np.diff(saves))) == (22, 9)
    losses = np.full(100, 2.0)
    losses[saves] = np.linspace(1.2, 0.57, 22)
    assert early_stop(losses, 10) == (62, 72)
    assert early_stop(losses, 8) == (53, 61)


def test_because_of_min_delta_the_best_is_not_always_the_smallest():
    losses = [0.5, 0.4991, 0.4995]
    assert early_stop(losses, 2, min_delta=0.001) == (0, 2)
    assert early_stop(losses, 2) == (1, None)


def test_small_improvements_count_once_they_add_up():
    losses = [0.5, 0.4996, 0.4992, 0.4988, 0.4984]
    assert early_stop(losses, 4, min_delta=0.001) == (3, None)


@pytest.mark.parametrize(
    "losses, patience, expected",
    [
        ([1.0], 0, (0, None)),
        ([1.0, 1.0], 0, (0, 1)),  # a tie is no improvement
        ([1.0, 1.0], 1, (0, 1)),
        ([1.0, 1.0], 2, (0, None)),
        ([1.0, 1.0, 1.0], 2, (0, 2)),
        ([3.0, 2.0, 1.0], 0, (2, None)),
        ([3.0, 4.0, 1.0], 1, (0, 1)),  # what comes after the stop does not count
        ([3.0, 4.0, 1.0], 2, (2, None)),
        ([3, 4, 1], 2, (2, None)),  # whole numbers
        ([1.0, 2.0, 0.5, 2.0, 2.0], 2, (2, 4)),  # an improvement starts the wait anew
        ([1.0, math.nan, 0.5, math.nan, math.nan], 2, (2, 4)),
        ([math.nan, 1.0, 0.5], 2, (0, 2)),
        ([math.inf, 1.0], 1, (1, None)),
        ([1.0, -math.inf, 0.0], 1, (1, 2)),
    ],
)
def test_by_hand(losses, patience, expected):
    assert early_stop(losses, patience) == expected


@pytest.mark.parametrize("value, improves", [(0.75, False), (np.nextafter(0.75, 0), True), (0.76, False)])
def test_the_boundary_is_the_best_less_min_delta_and_does_not_belong_to_it(value, improves):
    assert early_stop([1.0, value], 5, min_delta=0.25)[0] == improves


@given(losses=histories, patience=st.integers(0, 8), min_delta=st.sampled_from([0.0, 0.125, 0.5]))
@settings(deadline=None)
def test_it_is_what_a_loop_that_counts_and_remembers_does(losses, patience, min_delta):
    best, best_loss, wait, stop = None, None, 0, None
    for epoch, loss in enumerate(losses):
        wait += 1
        if best_loss is None or loss < best_loss - min_delta:
            best, best_loss, wait = epoch, loss, 0
        elif wait >= patience and epoch > 0:
            stop = epoch
            break
    assert early_stop(losses, patience, min_delta) == (best, stop)


@given(losses=histories, patience=st.integers(0, 8), shift=st.integers(-4, 4), exponent=st.integers(-9, 9))
@settings(deadline=None)
def test_neither_the_unit_nor_the_zero_of_the_loss_matters(losses, patience, shift, exponent):
    moved = [(loss + shift) * 2.0**exponent for loss in losses]
    assert early_stop(moved, patience, 0.125 * 2.0**exponent) == early_stop(losses, patience, 0.125)


@given(losses=histories, patience=st.integers(0, 8))
@settings(deadline=None)
def test_what_happens_after_the_stop_cannot_change_it_and_more_patience_stops_no_sooner(losses, patience):
    best, stop = early_stop(losses, patience)
    if stop is not None:
        assert early_stop(losses[: stop + 1], patience) == (best, stop)
        assert early_stop(losses[:stop], patience) == (best, None)
        later = early_stop(losses, patience + 1)[1]
        assert later is None or later > stop or patience == 0


def test_scikit_learn_waits_one_epoch_longer():
    pytest.importorskip("sklearn")
    from sklearn.neural_network import MLPRegressor

    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(60, 3)), rng.normal(size=60)
    model = MLPRegressor(
        hidden_layer_sizes=4, learning_rate_init=0.3, n_iter_no_change=5, tol=0.0, max_iter=500, random_state=0
    )
    losses = model.fit(x, y).loss_curve_
    assert len(losses) < 500
    assert early_stop(losses, 6)[1] == len(losses) - 1
    assert early_stop(losses, 5)[1] < len(losses) - 1


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_histories_are_taken_in_every_dtype_and_not_changed_and_indices_are_python_s(dtype):
    losses = np.array([1.0, 0.5, 0.75, 0.75], dtype)
    losses.flags.writeable = False
    best, stop = early_stop(losses, 2)
    assert (best, stop) == (1, 3)
    assert type(best) is type(stop) is int


@pytest.mark.parametrize("curvature, rate", [(1.0, 0.1), (0.01, 0.1), (15.0, 0.1), (1.0, 0.0), (0.0, 0.1), (30.0, 0.1)])
def test_the_share_that_is_learned_is_where_gradient_descent_is_in_a_bowl_from_0_to_1(curvature, rate):
    way = descend("sgd", lambda w: curvature * (w - 1), 0.0, 40, rate)
    np.testing.assert_allclose(learned(curvature, rate, np.arange(41)), np.ravel(way), rtol=1e-9, atol=1e-12)


def test_all_curvatures_and_all_steps_are_taken_at_once_in_every_dtype_and_whole_numbers_too():
    table = learned(np.array([[1], [2]]), 0.25, np.array([0, 1, 2], np.float32))
    np.testing.assert_array_equal(table, [[0, 0.25, 0.4375], [0, 0.5, 0.75]])
    assert table.dtype == expected_error(np.float32(0.5), 1, 1).dtype == np.float64


@pytest.mark.parametrize("share, signal, noise", [(0.3, 2.0, 0.7), (0.9, -1.0, 3.0), (1.2, 0.5, 0.5)])
def test_the_expected_error_is_the_mean_over_many_draws(share, signal, noise):
    said = signal + noise * np.random.default_rng(0).standard_normal(400_000)
    errors = (share * said - signal) ** 2
    assert abs(expected_error(share, signal, noise) - errors.mean()) < 5 * errors.std() / np.sqrt(errors.size)


def test_the_error_is_lowest_where_and_as_low_as_the_docstring_says():
    f, a, s = np.linspace(0, 1, 100_001), 1.7, 0.9
    errors = expected_error(f, a, s)
    assert abs(f[errors.argmin()] - a**2 / (a**2 + s**2)) <= 1e-5
    np.testing.assert_allclose(errors.min(), a**2 * s**2 / (a**2 + s**2), rtol=1e-9)


errors = st.integers(1, 3).flatmap(
    lambda runs: st.integers(1, 6).flatmap(
        lambda k: st.lists(st.lists(st.integers(0, 9), min_size=k, max_size=k), min_size=runs, max_size=runs)
    )
)


@given(a=errors, data=st.data())
@settings(deadline=None)
def test_the_report_is_never_too_bad_and_what_is_said_does_not_depend_on_who_comes_first(a, data):
    b = [data.draw(st.permutations(row)) for row in a]
    judged = judge_twice(a, b)
    assert (judged.honest >= judged.reported).all()
    for one, other in zip(judged, judge_twice(b, a), strict=True):
        np.testing.assert_array_equal(one, other)


def test_each_chooses_and_the_other_judges():
    rng = np.random.default_rng(0)
    a, b = rng.random((5, 4, 7)), rng.random((5, 4, 7))
    judged = judge_twice(a, b)
    for place in np.ndindex(5, 4):
        i, j = (min(range(7), key=e[place].tolist().__getitem__) for e in (a, b))
        assert judged.reported[place] == (a[place][i] + b[place][j]) / 2
        assert judged.honest[place] == (b[place][i] + a[place][j]) / 2


def test_where_both_choose_the_same_or_there_is_one_choice_the_report_is_right():
    for a, b in (([0.5, 0.4, 0.6], [0.3, 0.2, 0.9]), ([0.5], [0.1])):
        reported, honest = judge_twice(a, b)
        assert reported == honest == (min(a) + min(b)) / 2


def test_a_value_that_is_no_number_spoils_its_own_run_alone():
    reported, honest = judge_twice([[0.5, math.nan], [0.5, 0.4]], [[0.5, 0.4], [0.5, 0.4]])
    assert np.isnan([reported[0], honest[0]]).all() and reported[1] == honest[1] == 0.4


REFUSED = {
    "errors of two shapes": (lambda: judge_twice([1.0], [1.0, 2.0]), ValueError, "a, b: got the shapes (1,) and (2,)"),
    "nothing to choose": (lambda: judge_twice([], []), ValueError, "a, b: got the shapes (0,) and (0,)"),
    "a number to choose": (lambda: judge_twice(1.0, 1.0), ValueError, "a, b: got the shapes () and ()"),
    "errors in words": (lambda: judge_twice(["a"], ["b"]), TypeError, "a: got an array of <U1"),
    "curvature below 0": (lambda: learned(-1.0, 0.1, 1), ValueError, "curvature: got -1; takes numbers in [0, inf)"),
    "learning rate below 0": (lambda: learned(1.0, -0.1, 1), ValueError, "learning_rate: got -0.1; takes a number"),
    "steps below 0": (lambda: learned(1.0, 0.1, -1), ValueError, "steps: got -1; takes numbers in [0, inf)"),
    "steps in words": (lambda: learned(1.0, 0.1, "ten"), TypeError, "steps: got an array of <U3"),
    "share in words": (lambda: expected_error("a", 1.0, 1.0), TypeError, "share: got an array of <U1"),
    "signal in words": (lambda: expected_error(0.5, "a", 1.0), TypeError, "signal: got an array of <U1"),
    "noise below 0": (lambda: expected_error(0.5, 1.0, -1.0), ValueError, "noise: got -1; takes numbers in [0, inf)"),
    "empty": (lambda: early_stop([], 1), ValueError, "history: got the shape (0,); takes a row of one or more numbers"),
    "table": (lambda: early_stop([[1.0]], 1), ValueError, "history: got the shape (1, 1); takes a row"),
    "a number": (lambda: early_stop(1.0, 1), ValueError, "history: got the shape (); takes a row"),
    "words": (lambda: early_stop(["a"], 1), TypeError, "history: got an array of <U1"),
    "truths": (lambda: early_stop([True], 1), TypeError, "history: got an array of bool"),
    "patience below 0": (lambda: early_stop([1.0], -1), ValueError, "patience: got -1; takes a whole number of at"),
    "patience 1.5": (lambda: early_stop([1.0], 1.5), TypeError, "patience: got 1.5; takes a whole number of at least"),
    "min_delta below 0": (lambda: early_stop([1.0], 1, -0.1), ValueError, "min_delta: got -0.1; takes a number in [0"),
    "min_delta infinite": (lambda: early_stop([1.0], 1, np.inf), ValueError, "min_delta: got inf; takes a number"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_bad_argument_is_refused_by_name_with_what_it_got_and_what_it_takes(case):
    call, error, message = REFUSED[case]
    with pytest.raises(error, match=re.escape(message)):
        call()
