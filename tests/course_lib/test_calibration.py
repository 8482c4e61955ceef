"""The best temperature against the cross-entropy of `losses`, tried one by one."""

import doctest

import numpy as np
import pytest

from course_lib import calibration
from course_lib.activations import softmax
from course_lib.calibration import best_temperature
from course_lib.losses import sparse_categorical_crossentropy

pytestmark = pytest.mark.filterwarnings("error")

GRID = np.geomspace(0.1, 10, 25)


def test_the_examples_in_the_docstrings_are_right():
    result = doctest.testmod(calibration)
    assert result.attempted > 0 and result.failed == 0


@pytest.mark.parametrize("size", [0.3, 3.0])
def test_no_other_temperature_has_a_lower_cross_entropy(size):
    rng = np.random.default_rng(0)
    scores, labels = size * rng.normal(size=(4, 50, 3)), rng.integers(0, 3, 50)
    scores[..., np.arange(50), labels] += size
    found = best_temperature(scores, labels, GRID)
    for one, t in zip(scores, found, strict=True):
        costs = [sparse_categorical_crossentropy(labels, one / u, from_logits=True) for u in GRID]
        assert t == GRID[np.argmin(costs)]
    assert found.shape == (4,) and (np.mean(found) > 1) == (size > 1)


def test_labels_that_are_drawn_from_the_probabilities_have_temperature_1():
    rng = np.random.default_rng(1)
    scores = rng.normal(size=(20_000, 4))
    labels = (softmax(scores).cumsum(axis=1) < rng.random((20_000, 1))).sum(axis=1)
    assert best_temperature(scores, labels, [0.8, 0.9, 1.0, 1.1, 1.2]) == 1.0
    assert best_temperature(5 * scores, labels, [1.0, 4.0, 5.0, 6.0]) == 5.0


def test_of_equal_temperatures_the_first_is_taken_and_large_scores_make_no_warning():
    assert best_temperature(np.full((2, 3), 1e300), [0, 1], [2.0, 1.0]) == 2.0
    assert best_temperature(np.array([[1e300, -1e300]] * 2), [0, 0], [2.0, 1.0]) == 2.0
