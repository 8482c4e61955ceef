"""What several runs say together: a mean and how far it may be off."""

import doctest
import statistics

import numpy as np
import pytest

from course_lib import runs
from course_lib.runs import mean_and_error

pytestmark = pytest.mark.filterwarnings("error")


def test_the_examples_in_the_docstrings_are_right():
    result = doctest.testmod(runs)
    assert result.attempted > 0 and result.failed == 0


def test_it_is_the_mean_and_the_standard_error_of_the_standard_library():
    values = np.random.default_rng(0).normal(size=7).tolist()
    expected = statistics.mean(values), statistics.stdev(values) / 7**0.5
    assert mean_and_error(values) == pytest.approx(expected, rel=1e-14)


def test_means_of_many_draws_are_off_by_the_standard_error():
    draws = np.random.default_rng(1).normal(2, 3, size=(4000, 20))
    means, errors = np.transpose([mean_and_error(row) for row in draws])
    assert means.std() == pytest.approx(3 / np.sqrt(20), rel=0.05)
    assert np.sqrt(np.mean(errors**2)) == pytest.approx(3 / np.sqrt(20), rel=0.02)


def test_whole_numbers_and_float32_are_taken_and_computed_in_float64():
    assert mean_and_error([1, 2, 3]) == pytest.approx((2.0, 3**-0.5), rel=1e-15)
    values = np.full(1000, 0.1, np.float32)
    assert mean_and_error(values)[0] == pytest.approx(float(np.float32(0.1)), rel=1e-15)


def test_where_a_run_diverged_so_does_the_mean():
    assert np.isnan(mean_and_error([1.0, np.nan])).all()
