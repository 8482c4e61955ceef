"""The noisy bowl: against every run that there could be, one by one, and what its formulas promise."""

import doctest
import itertools

import numpy as np
import pytest

from course_lib import noisy_bowl
from course_lib.noisy_bowl import best_rate, floor, mean_square
from course_lib.optimizers import descend, no_filter
from course_lib.optimizers.loop import noise_floor
from course_lib.schedules import cosine, power

pytestmark = pytest.mark.filterwarnings("error")


def test_the_examples_in_the_docstrings_are_right():
    result = doctest.testmod(noisy_bowl)
    assert result.attempted > 0 and result.failed == 0


@pytest.mark.parametrize(("curvature", "noise", "start"), [(1.0, 1.0, 1.0), (0.3, 2.0, 0.25), (2.0, 0.5, 4.0)])
def test_the_mean_square_is_that_of_all_runs_whose_noise_is_plus_or_minus_sigma(curvature, noise, start):
    rates = [0.5, 0.1, 0.7, 0.02, 0.3]
    signs = np.array(list(itertools.product([-1.0, 1.0], repeat=len(rates)))).T
    draws = iter(noise * signs)
    path = descend("sgd", lambda w: curvature * w + next(draws), np.full(32, np.sqrt(start)), 5, rates.__getitem__)
    np.testing.assert_allclose(mean_square(rates, curvature, noise, start), np.mean(path**2, axis=1), rtol=1e-12)


def test_directions_side_by_side_are_the_directions_one_by_one():
    rates, curvature, noise, start = cosine(0.5, 50)(np.arange(50)), [1.0, 0.1], [0.5, 2.0], [1.0, 3.0]
    together = mean_square(rates, curvature, noise, start)
    for i in range(2):
        np.testing.assert_array_equal(together[:, i], mean_square(rates, curvature[i], noise[i], start[i]))


def test_beyond_the_edge_the_mean_square_grows_and_what_is_infinite_stays_so():
    path = mean_square(np.full(3000, 2.5))
    assert (np.diff(path[:100]) > 0).all() and path[-1] == np.inf and not np.isnan(path).any()
    assert mean_square([1e200, 1e200, 1.0])[-1] == np.inf  # a rate of 1 / curvature would multiply it by 0


@pytest.mark.parametrize("rate", [0.02, 0.1, 1.0, 1.9])
@pytest.mark.parametrize(("curvature", "noise"), [(1.0, 1.0), (0.5, 3.0)])
def test_at_the_floor_a_step_changes_nothing_and_everything_ends_there(rate, curvature, noise):
    at = float(floor(rate, curvature, noise))
    np.testing.assert_allclose(mean_square([rate], curvature, noise, at)[1], at, rtol=1e-12)
    np.testing.assert_allclose(mean_square(np.full(4000, rate), curvature, noise, 7.0)[-1], at, rtol=1e-6)


@pytest.mark.parametrize("curvature, noise", [(1.0, 1.0), (0.5, 0.3), (1.5, 2.0)])
def test_the_floor_is_that_of_the_loop_without_a_filter(curvature, noise):
    rates = np.array([0.01, 0.3, 1.2])
    expected = noise**2 * noise_floor(no_filter(), rates, curvature)
    np.testing.assert_allclose(floor(rates, curvature, noise), expected, rtol=1e-9)


def test_there_is_no_floor_at_the_edge_and_beyond():
    assert floor([1.99, 2.0, 3.0]).tolist()[1:] == [np.inf, np.inf] and np.isfinite(floor(1.99))


def test_without_noise_the_floor_is_0():
    assert floor(0.1, noise=0.0) == 0


@pytest.mark.parametrize("m", [0.01, 1.0, 50.0])
@pytest.mark.parametrize(("curvature", "noise"), [(1.0, 1.0), (0.2, 3.0)])
def test_the_best_rate_is_the_lowest_point_over_all_rates(m, curvature, noise):
    best = best_rate(m, curvature, noise)
    after = [mean_square([factor * best], curvature, noise, m)[1] for factor in (0.999, 1.0, 1.001)]
    assert after[1] < min(after[0], after[2])


def test_the_best_rate_for_several_directions_makes_the_sum_of_their_losses_smallest():
    curvature, noise, m = np.array([1.0, 0.1, 0.01]), np.array([1.0, 0.5, 0.1]), np.array([1.0, 10.0, 100.0])
    best = best_rate(m, curvature, noise)
    after = [mean_square([f * best], curvature, noise, m)[1] @ curvature for f in (0.999, 1.0, 1.001)]
    assert after[1] < min(after[0], after[2])


def test_without_noise_the_best_rate_is_one_over_the_curvature():
    assert best_rate(3.0, 0.25, 0.0) == 4.0


def test_in_one_direction_the_best_rates_are_a_power_schedule():
    m, rates = 1.0, []
    for _ in range(200):
        rates.append(best_rate(m))
        m = mean_square(rates[-1:], start=m)[-1]
    np.testing.assert_allclose(rates, power(0.5, 2)(np.arange(200)), rtol=1e-12)


def test_in_one_direction_no_other_rates_end_lower_than_the_best_ones():
    best, rng = power(0.5, 2)(np.arange(30)), np.random.default_rng(0)
    end = mean_square(best)[-1]
    for _ in range(50):
        assert mean_square(best * np.exp(0.1 * rng.normal(size=30)))[-1] > end
